"""The sequential test: what it promises of false alarms, and how fast it is."""

from __future__ import annotations

import math
import random

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
    needed,
    settled,
    steps,
    strength,
    surprise,
    tolerated,
)
from functions.core.detection.tuning import EvidenceTuning

FEWEST_NATS = EvidenceTuning().fewest_nats
HIGHEST = EvidenceTuning().highest
SHARES = EvidenceTuning().shares

DRIFT = 0.005
USUAL = Normal(0.01, 0.002, 1.0)
NO_CAP = math.inf

normals = st.builds(Normal, st.floats(0.0, 1.0), st.floats(0.0, 0.1), st.floats(1.0, 9.0))
drifts = st.floats(0.0, 0.02)
arrivals = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 20), st.integers(0, 20)).map(
        lambda n: (n[0], n[1] + n[2], n[2])
    ),
    max_size=12,
)
"""Attempts without an event before; attempts, and events in them."""


def nats(trail: Trail) -> tuple[float, ...]:
    """The evidence by alternative."""
    return trail[1 : 1 + len(SHARES)]


def rates(step: Steps, normal: Normal) -> list[float]:
    """The rate that each alternative takes for tolerable, from what an event adds."""
    found = []
    for number, share in enumerate(SHARES):
        adds, takes = step[2 * number : 2 * number + 2]
        found.append(share / (math.exp((adds - takes) * normal.dispersion) - 1 + share))
    return found


@given(normals, drifts, arrivals)
def test_what_was_worked_out_late_is_what_would_have_been_worked_out_at_every_attempt(
    normal: Normal, drift: float, came: list[tuple[int, int, int]]
) -> None:
    step = steps(normal, drift)
    lazy = eager = COLD
    seen = 0
    for second, (between, attempts, events) in enumerate(came):
        for number in range(1, between + 1):
            eager = settled(eager, step, seen + number)
        seen += between + attempts
        lazy = after(lazy, step, seen, attempts, events, second, NO_CAP)
        eager = after(eager, step, seen, attempts, events, second, NO_CAP)
        assert nats(lazy) == pytest.approx(nats(eager), abs=1e-6)
        assume(not any(0.0 < s < 1e-6 for s in (*nats(lazy), *nats(eager))))
        assert began(lazy) == began(eager)


@given(normals, drifts, arrivals, st.floats(1, 50))
def test_evidence_after_an_event_is_never_negative_and_never_above_its_cap(
    normal: Normal, drift: float, came: list[tuple[int, int, int]], cap: float
) -> None:
    step, trail, seen = steps(normal, drift), COLD, 0
    for second, (between, attempts, events) in enumerate(came):
        seen += between + attempts
        trail = after(trail, step, seen, attempts, events, second, cap)
        assert all(0.0 <= s <= cap for s in nats(trail))
        assert all(s <= cap for s in nats(settled(trail, step, seen + 5)))


@given(normals, drifts)
def test_an_event_is_evidence_and_an_attempt_without_one_is_evidence_against(
    normal: Normal, drift: float
) -> None:
    step = steps(normal, drift)
    assert all(adds > takes > 0.0 for adds, takes in zip(step[::2], step[1::2], strict=True))


@given(normals, drifts)
def test_no_alternative_takes_the_normal_rate_for_a_trouble(normal: Normal, drift: float) -> None:
    assume(normal.rate < 0.96)
    assert all(rate > normal.rate for rate in rates(steps(normal, drift), normal))


@given(normals, drifts, st.floats(1, 5))
def test_dispersed_failures_weigh_less(normal: Normal, drift: float, more: float) -> None:
    wilder = Normal(normal.rate, normal.error, normal.dispersion * more)
    calm, wild = steps(normal, drift), steps(wilder, drift)
    assert wild == pytest.approx([weight / more for weight in calm])


def test_evidence_began_with_the_first_event_since_there_was_none() -> None:
    step = steps(USUAL, DRIFT)
    trail = after(COLD, step, 10, 10, 2, 100, NO_CAP)
    trail = after(trail, step, 25, 10, 3, 107, NO_CAP)
    assert began(trail) == 100
    later = after(trail, step, 20_000, 10, 1, 900, NO_CAP)
    assert began(later) == 900


def test_evidence_began_when_that_of_the_alternative_which_fits_best_began() -> None:
    #  a slow rise first, then an outage: the outage began when it began
    step, trail, seen = steps(USUAL, DRIFT), COLD, 0
    for second in range(100):
        seen += 30
        trail = after(trail, step, seen, 30, 1, second, NO_CAP)
    assert began(trail) < 90
    for second in range(100, 110):
        seen += 30
        trail = after(trail, step, seen, 30, 30, second, NO_CAP)
    assert began(trail) >= 90


def test_evidence_that_has_reached_its_cap_can_fall_again() -> None:
    step = steps(USUAL, DRIFT)
    trail = after(COLD, step, 10_000, 10_000, 10_000, 0, 30.0)
    assert strength(trail) == 30.0
    assert strength(settled(trail, step, 10_000 + 2000)) <= 0.0


def crossings(step: Steps, alternative: int, rate: float, enough: float, seed: int) -> float:
    """How often the alternative's evidence reaches so many nats, for each event that it could start
    after, in traffic of that rate."""
    drawn = random.Random(seed)
    trail, seen, reached = COLD, 0, 0
    for _ in range(12_000):
        seen += 1 + int(math.log(1 - drawn.random()) / math.log(1 - rate))
        trail = after(trail, step, seen, 1, 1, 0, NO_CAP)
        if nats(trail)[alternative] >= enough:
            reached += 1
            trail = (seen, *COLD[1:])
    return reached / 12_000


NATS = 6.0


@pytest.mark.parametrize("alternative", range(len(SHARES)))
@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_as_long_as_a_rate_is_tolerated_few_starts_reach_what_is_needed(
    alternative: int, rate: float
) -> None:
    normal = Normal(rate, 0.0, 1.0)
    step = steps(normal, DRIFT)
    worst = rates(step, normal)[alternative]
    for seed in range(3):
        assert crossings(step, alternative, worst, NATS, seed) <= math.exp(-NATS)


@pytest.mark.parametrize("alternative", range(len(SHARES)))
def test_once_a_rate_is_the_alternative_more_starts_do_than_that(alternative: int) -> None:
    step = steps(USUAL, DRIFT)
    tolerable, share = rates(step, USUAL)[alternative], SHARES[alternative]
    risen = tolerable + share * (1 - tolerable)
    assert crossings(step, alternative, risen, NATS, 1) > math.exp(-NATS)


def failures_until(enough: float, normal: Normal, between: int = 0) -> int:
    """The failures, with so many successes before each, until there is so much evidence."""
    step, trail = steps(normal, DRIFT), COLD
    for number in range(1, 10_000):
        trail = after(trail, step, number * (between + 1), 1, 1, number, NO_CAP)
        if strength(trail) >= enough:
            return number
    raise AssertionError("never")


def test_a_total_outage_is_proven_within_few_failures() -> None:
    assert failures_until(16.0, USUAL) <= 5
    assert failures_until(25.0, Normal(0.1, 0.01, 1.0)) <= 15


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_a_rise_is_proven_in_hardly_more_attempts_than_any_test_needs(share: float) -> None:
    between = round(1 / share) - 1
    attempts = failures_until(16.0, USUAL, between) * (between + 1)
    p, q = share, USUAL.rate
    distance = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert attempts <= 3 * (16.0 / distance + 1 / share)


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
    starts = events * WEEK * len(SHARES)
    assert starts * math.exp(-needed(events, budget)) <= budget * (1 + 1e-9)


@given(normals, drifts, st.integers(0, 400), st.integers(0, 400))
@example(Normal(1.0, 0.0, 1.0), 0.0, 1, 0)
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


def test_a_cold_trail_has_no_strength() -> None:
    cold: Trail = COLD
    assert strength(cold) < 0.0
