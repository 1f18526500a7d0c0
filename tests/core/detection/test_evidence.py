"""The sequential test: that it is exact, what it promises of false alarms, and how fast it is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from functions.core.detection.evidence import (
    COLD,
    WEEK,
    Normal,
    Steps,
    Trail,
    after,
    began,
    limit,
    needed,
    settled,
    steps,
    strength,
    surprise,
    tolerated,
)
from functions.core.detection.tuning import EvidenceTuning

TUNING = EvidenceTuning()
FEWEST_NATS, HIGHEST, MOST_STARTS = TUNING.fewest_nats, TUNING.highest, TUNING.most_starts
SIZES, BETWEEN, SMALLEST_RISE = TUNING.sizes, TUNING.between, TUNING.smallest_rise

DRIFT = 0.005
USUAL = Normal(0.01, 0.002, 1.0)
NO_CAP = math.inf

normals = st.builds(Normal, st.floats(0.0, 1.0), st.floats(0.0, 0.1), st.floats(1.0, 9.0))
drifts = st.floats(0.0, 0.02)
arrivals = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 20), st.integers(0, 20)).map(
        lambda n: (n[0], n[1] + n[2], n[1])
    ),
    max_size=40,
)
"""Attempts without an event before; attempts, and events in them."""


def fed(
    trail: Trail,
    step: Steps,
    seen: int,
    attempts: int,
    events: int,
    second: int,
    *,
    level: float = 0.0,
    cap: float = NO_CAP,
    most_starts: int = MOST_STARTS,
) -> Trail:
    return after(trail, step, seen, attempts, events, second, level, cap, most_starts)


def of_all(came: Sequence[tuple[int, int, int]], step: Steps) -> float:
    """The generalised likelihood ratio by its definition: over every start, after the first event of
    its arrival, and every size."""
    best = 0.0
    for number in range(len(came)):
        n = sum(between + attempts for between, attempts, _ in came[number:]) - came[number][0] - 1
        x = sum(events for _, _, events in came[number:]) - 1
        p = max(step.least, x / n if n else 0.0)
        nats = x * math.log(p / step.q)
        if p < 1:
            nats += (n - x) * math.log((1 - p) / (1 - step.q))
        best = max(best, nats / step.dispersion)
    return best


@given(normals, drifts, arrivals)
def test_evidence_is_that_of_the_best_of_all_starts_and_sizes(
    normal: Normal, drift: float, came: list[tuple[int, int, int]]
) -> None:
    step, trail, seen = steps(normal, drift), COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        trail = fed(trail, step, seen, attempts, events, second)
        exact = of_all(came[: second + 1], step)
        assert strength(trail) == pytest.approx(exact, rel=1e-6, abs=1e-6)


@given(normals, drifts, arrivals, st.floats(0.1, 10.0))
def test_evidence_below_what_is_asked_for_is_not_worked_out_and_the_rest_is(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], level: float
) -> None:
    step, whole, trail, seen = steps(normal, drift), COLD, COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        whole = fed(whole, step, seen, attempts, events, second)
        trail = fed(trail, step, seen, attempts, events, second, level=level)
        assert strength(trail) == (strength(whole) if strength(whole) >= level else 0.0)
        if strength(trail):
            assert began(trail) == began(whole)
        assert settled(trail, step, seen) == settled(whole, step, seen)


@given(normals, drifts, arrivals, st.integers(1, 200))
def test_attempts_without_an_event_take_evidence_away(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], more: int
) -> None:
    step, trail, seen = steps(normal, drift), COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        trail = fed(trail, step, seen, attempts, events, second)
    assert strength(settled(trail, step, seen + more)) <= strength(trail) + 1e-9


@given(normals, drifts, arrivals, st.integers(2, 5))
def test_who_is_kept_of_too_many_starts_adds_no_evidence(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], most: int
) -> None:
    step, exact, few, seen = steps(normal, drift), COLD, COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        exact = fed(exact, step, seen, attempts, events, second)
        few = fed(few, step, seen, attempts, events, second, most_starts=most)
        assert len(few[4]) < most
        assert 0.0 <= strength(few) <= strength(exact) + 1e-9


def test_few_starts_are_kept_however_long_it_lasts() -> None:
    drawn, step = random.Random(7), steps(USUAL, DRIFT)
    for rate in (0.005, step.q, step.least, 0.1, 0.9):
        trail, seen, most = COLD, 0, 0
        for second in range(20_000):
            seen += 1 + int(math.log(1 - drawn.random()) / math.log(1 - rate))
            trail = fed(trail, step, seen, 1, 1, second, cap=30.0, most_starts=1_000)
            most = max(most, 1 + len(trail[4]))
        assert most <= MOST_STARTS


@given(normals, drifts, arrivals, st.floats(1, 50))
def test_evidence_is_never_negative_and_never_above_its_cap(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], cap: float
) -> None:
    step, trail, exact, seen = steps(normal, drift), COLD, COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        exact = fed(exact, step, seen, attempts, events, second)
        trail = fed(trail, step, seen, attempts, events, second, cap=cap)
        assert 0.0 <= strength(trail) <= min(cap, strength(exact) + 1e-6)
        assert strength(settled(trail, step, seen + 5)) <= cap * (1 + 1e-9)


def test_evidence_that_has_reached_its_cap_can_fall_again() -> None:
    step, trail = steps(USUAL, DRIFT), COLD
    for second in range(100):
        trail = fed(trail, step, 100 * (second + 1), 100, 50, second, cap=30.0)
    assert strength(trail) == 30.0
    assert began(trail) == 0
    assert strength(settled(trail, step, 10_000 + 1000)) < 6.0
    uncapped = COLD
    for second in range(100):
        uncapped = fed(uncapped, step, 100 * (second + 1), 100, 50, second)
    assert strength(settled(uncapped, step, 10_000 + 1000)) > 1000.0


@given(normals, drifts)
def test_what_is_held_against_a_rate_lies_above_the_normal_one(
    normal: Normal, drift: float
) -> None:
    assume(normal.rate < 0.96)
    step = steps(normal, drift)
    assert normal.rate <= step.q < step.least < 1.0
    assert step.q == limit(normal, drift)
    assert step.adds > step.takes > 0.0


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 1e-3])
def test_a_low_rate_is_held_against_itself_and_no_floor(rate: float) -> None:
    assert limit(Normal(rate, 0.1 * rate, 1.0), DRIFT) < 1.5 * rate


@given(normals, drifts, arrivals, st.floats(1, 5))
def test_dispersed_failures_weigh_less(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], more: float
) -> None:
    wilder = Normal(normal.rate, normal.error, normal.dispersion * more)
    calm, wild, seen = COLD, COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        calm = fed(calm, steps(normal, drift), seen, attempts, events, second)
        wild = fed(wild, steps(wilder, drift), seen, attempts, events, second)
    assert strength(wild) == pytest.approx(strength(calm) / more, abs=1e-6)


@given(normals, drifts, arrivals, st.lists(st.floats(0.0, 0.3), min_size=40, max_size=40))
def test_held_against_rates_that_move_it_is_no_more_than_against_the_lowest_of_them(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], raised: list[float]
) -> None:
    assume(normal.rate < 0.6)
    lowest, trail, moved, seen = steps(normal, drift), COLD, COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        higher = Normal(normal.rate + raised[second], normal.error, normal.dispersion)
        seen += between + attempts
        trail = fed(trail, lowest, seen, attempts, events, second)
        moved = fed(moved, steps(higher, drift), seen, attempts, events, second)
        assert strength(moved) <= strength(trail) + 1e-9


def test_evidence_began_with_the_first_event_since_there_was_none() -> None:
    step = steps(USUAL, DRIFT)
    trail = fed(COLD, step, 10, 10, 2, 100)
    trail = fed(trail, step, 25, 10, 3, 107)
    assert began(trail) == 100
    later = fed(trail, step, 20_000, 10, 2, 900)
    assert began(later) == 900


def test_evidence_began_when_that_of_the_start_which_fits_best_began() -> None:
    #  a slow rise first, then an outage: the outage began when it began
    step, trail, seen = steps(USUAL, DRIFT), COLD, 0
    for second in range(100):
        seen += 30
        trail = fed(trail, step, seen, 30, 1, second)
    assert began(trail) < 90
    for second in range(100, 110):
        seen += 30
        trail = fed(trail, step, seen, 30, 30, second)
    assert began(trail) >= 90


def crossings(step: Steps, rate: float, enough: float, seed: int) -> float:
    """How often evidence reaches so many nats, for each event that it could start after, in traffic of
    that rate."""
    drawn = random.Random(seed)
    trail, seen, reached = COLD, 0, 0
    for _ in range(12_000):
        seen += 1 + int(math.log(1 - drawn.random()) / math.log(1 - rate))
        trail = fed(trail, step, seen, 1, 1, 0, level=enough)
        if strength(trail) >= enough:
            reached += 1
            trail = (seen, *COLD[1:])
    return reached / 12_000


NATS = 8.0
PROMISED = SIZES * math.exp(-(1 - BETWEEN) * NATS)


@pytest.mark.parametrize("rate", [1e-4, 0.01, 0.2, 0.6])
def test_as_long_as_a_rate_may_be_normal_few_starts_reach_what_is_needed(rate: float) -> None:
    step = steps(Normal(rate, 0.0, 1.0), DRIFT)
    for seed in range(3):
        assert crossings(step, step.q, NATS, seed) <= PROMISED


def test_once_a_rate_has_risen_more_starts_do_than_that() -> None:
    step = steps(USUAL, DRIFT)
    assert crossings(step, 2 * step.q, NATS, 1) > PROMISED


def test_the_share_of_long_runs_without_a_trouble_that_ever_alarm_is_below_what_is_promised() -> (
    None
):
    #  1,000 events each: L · K · e^(-(1-ε)h) is a half for this h
    step, events, runs = steps(USUAL, DRIFT), 1_000, 100
    enough = math.log(2 * SIZES * events) / (1 - BETWEEN)
    alarmed = 0
    for seed in range(runs):
        drawn, trail, seen = random.Random(seed), COLD, 0
        for _ in range(events):
            seen += 1 + int(math.log(1 - drawn.random()) / math.log(1 - step.q))
            trail = fed(trail, step, seen, 1, 1, 0, level=enough)
            if strength(trail):
                alarmed += 1
                break
    assert alarmed <= runs / 2


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def chance(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def ratio(share: float, p: float, q: float) -> float:
    """The log likelihood ratio an attempt, where that share of them are events."""
    at_p = (share * math.log(p) if share else 0.0) + (1 - share) * math.log1p(-p)
    return at_p - (share * math.log(q) if share else 0.0) - (1 - share) * math.log1p(-q)


def highest_ratio(share: float, least: float, q: float) -> float:
    return -math.log(q) if share == 1.0 else ratio(share, max(least, share), q)


def is_served(share: float, p: float, q: float, least: float) -> bool:
    return ratio(share, p, q) >= (1 - BETWEEN) * highest_ratio(share, least, q)


def cover(q: float) -> list[float]:
    """Alternatives, of which the best has nearly all of the evidence that any size has: each serves sizes
    from a little below to as far above, where the next one begins."""
    least = chance(logit(q) + math.log(SMALLEST_RISE))
    found = [least]
    while not is_served(1.0, found[-1], q, least):
        farthest = last(lambda size, p=found[-1]: is_served(chance(size), p, q, least), found[-1])
        found.append(
            chance(
                last(
                    lambda p, size=farthest: is_served(chance(size), chance(p), q, least),
                    chance(farthest),
                )
            )
        )
    return found


def last(holds: Callable[..., bool], start: float) -> float:
    """The highest log odds for which that holds, from a chance for which it does."""
    low, high = logit(start), 30.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


rates_in_log = st.floats(math.log(1e-5), math.log(HIGHEST)).map(math.exp)


@given(rates_in_log, st.floats(0.0, 1.0))
@example(1e-5, 1.0)
@example(1e-5, 0.001)
@example(0.9, 0.95)
@example(HIGHEST, 1.0)
def test_few_alternatives_have_nearly_all_the_evidence_that_any_size_has(
    q: float, at: float
) -> None:
    alternatives = cover(q)
    assert len(alternatives) <= SIZES
    low = alternatives[0]
    share = chance(logit(low) + at * (20.0 - logit(low)))
    best = max(ratio(share, p, q) for p in alternatives)
    assert best >= (1 - BETWEEN) * highest_ratio(share, low, q) - 1e-9


def failures_until(enough: float, normal: Normal, between: int = 0) -> int:
    """The failures, with so many successes before each, until there is so much evidence."""
    step, trail = steps(normal, DRIFT), COLD
    for number in range(1, 10_000):
        trail = fed(trail, step, number * (between + 1), 1, 1, number)
        if strength(trail) >= enough:
            return number
    raise AssertionError("never")


def test_a_total_outage_is_proven_within_few_failures() -> None:
    assert failures_until(16.0, USUAL) <= 5
    assert failures_until(25.0, Normal(0.1, 0.01, 1.0)) <= 14


@pytest.mark.parametrize("share", [0.025, 0.05, 0.2, 0.5])
def test_a_rise_is_proven_in_hardly_more_attempts_than_any_test_needs(share: float) -> None:
    between = round(1 / share) - 1
    attempts = failures_until(16.0, USUAL, between) * (between + 1)
    p, q = share, limit(USUAL, DRIFT)
    distance = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert attempts <= 1.1 * 16.0 / distance + 2 / share


@pytest.mark.parametrize("storm", [0.005, 0.01, 0.03])
@pytest.mark.parametrize("base", [5e-5, 1e-4, 5e-4])
def test_a_storm_over_a_low_base_is_proven_by_few_failures(base: float, storm: float) -> None:
    known = 14_000  # attempts: half an hour of 450 a minute, and the longer past
    normal = Normal(base, math.sqrt((base * known + 1) / known) / math.sqrt(known), 1.0)
    assert failures_until(20.0, normal, round(1 / storm) - 1) <= (12 if storm > 50 * base else 25)


rates_of_events = st.floats(0, 1e6)
budgets = st.floats(1e-6, 1e3)


@given(rates_of_events, rates_of_events, budgets)
def test_the_more_events_are_weighed_the_more_evidence_is_needed(
    one: float, two: float, budget: float
) -> None:
    few, many = sorted((one, two))
    assert FEWEST_NATS <= needed(few, budget) <= needed(many, budget)


@given(rates_of_events, budgets, budgets)
def test_the_more_false_alarms_are_allowed_the_less_evidence_is_needed(
    events: float, one: float, two: float
) -> None:
    strict, lax = sorted((one, two))
    assert needed(events, lax) <= needed(events, strict)


@given(rates_of_events, budgets)
def test_what_is_needed_keeps_the_budget(events: float, budget: float) -> None:
    starts = events * WEEK * SIZES
    assert starts * math.exp(-(1 - BETWEEN) * needed(events, budget)) <= budget * (1 + 1e-9)


@given(normals, drifts, st.integers(0, 400), st.integers(0, 400))
@example(Normal(1.0, 0.0, 1.0), 0.0, 1, 0)
@example(Normal(0.0, 0.0, 1.0), 0.0, 1, 0)
def test_a_stretch_surprises_the_more_of_it_fails(
    normal: Normal, drift: float, events: int, rest: int
) -> None:
    total = events + rest
    surprised = surprise(events, total, normal, drift)
    assert surprised >= 0.0
    assert surprise(events + 1, total + 1, normal, drift) >= surprised - 1e-9
    if total and events / total <= normal.rate:
        assert surprised == 0.0


def test_a_stretch_without_attempts_surprises_nobody() -> None:
    assert surprise(0, 0, USUAL, DRIFT) == 0.0


@given(normals, drifts)
def test_what_is_tolerated_lies_above_what_is_normal(normal: Normal, drift: float) -> None:
    assert tolerated(normal, drift) >= min(normal.rate, HIGHEST)


def test_what_is_worth_a_page_is_relative_where_a_rate_is_low() -> None:
    assert tolerated(Normal(1e-4, 0.0, 1.0), DRIFT) == pytest.approx(5e-4)
    assert tolerated(Normal(0.01, 0.0, 1.0), DRIFT) == pytest.approx(0.015)
    assert tolerated(Normal(0.2, 0.0, 1.0), DRIFT) == pytest.approx(0.24)


def test_a_cold_trail_has_no_strength() -> None:
    assert strength(COLD) == 0.0
    assert strength(settled(COLD, steps(USUAL, DRIFT), 10)) == 0.0
