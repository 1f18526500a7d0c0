"""Payments that go missing: who fell silent, within what time, and what is no news."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts
from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL, Slice, disjoint, refines
from functions.core.counting.tally import Tally
from functions.core.detection.normals import Memory
from functions.core.detection.state import State, initial
from functions.core.detection.step import step
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.severity import CRITICAL
from tests.builders import NOW, counts, partial, tally
from tests.drawn_traffic import CALM, RULES, Told, Trouble, drawn

MINUTE = 60
G1, G2, G3, G4 = (f"gateway=G{number}" for number in range(1, 5))


def silence(key: str, minutes: int = 5, left: float = 0.0, start: int = CALM) -> Trouble:
    return Trouble(key, start, start + minutes * MINUTE, left=left)


def what(said: Sequence[Told]) -> list[tuple[str, str, str]]:
    return [(item.transition, item.slice, item.signal) for item in said]


# ── One that falls silent ──


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("key", "a_minute", "within"),
    [
        (G1, 400, 30),  # the best gateway: without it all traffic fails more
        (G4, 400, 120),  # the worst one: without it all traffic fails less
        (G1, 100, 135),
        (G2, 1200, 20),
        ("issuer=A", 300, 60),
        ("issuer=D", 300, 150),
        ("network=VISA", 200, 60),
        ("method=CARD", 200, 60),
        ("merchant=M4", 600, 90),
        ("gateway=G1&method=CARD", 400, 120),
    ],
)
def test_a_slice_that_falls_silent_is_one_incident_of_its_own_until_it_is_back(
    key: str, a_minute: float, within: int, seed: int
) -> None:
    said, _ = drawn(CALM + 7 * MINUTE, [silence(key)], a_minute=a_minute, seed=seed)
    assert what(said) == [(OPENED, key, VOLUME), (CLOSED, key, VOLUME)]
    opened, closed = said
    assert opened.second - CALM <= within
    assert -10 <= opened.began - CALM <= 3
    assert closed.second - CALM <= 5 * MINUTE + 60


def test_the_best_gateway_that_is_silent_for_half_an_hour_is_told_once_and_nothing_else_is() -> (
    None
):
    said, state = drawn(CALM + 40 * MINUTE, [silence(G1, 30)], a_minute=300)
    assert what(said) == [(OPENED, G1, VOLUME), (CLOSED, G1, VOLUME)]
    assert [incident.is_open for incident in state.incidents] == [False]


def test_all_traffic_that_nearly_stops_is_one_incident_about_all_of_it() -> None:
    said, state = drawn(CALM + 5 * MINUTE, [silence(ALL, left=0.05)])
    assert what(said) == [(OPENED, ALL, VOLUME)]
    assert said[0].second - CALM <= 60
    assert state.incidents[0].severity == CRITICAL


# ── Several ──


def test_two_that_fall_silent_at_once_are_told_by_their_own_names() -> None:
    said, _ = drawn(CALM + 5 * MINUTE, [silence(G1), silence(G2)])
    assert what(said) == [(OPENED, G1, VOLUME), (OPENED, G2, VOLUME)]
    assert said[1].second - CALM <= 60


@pytest.mark.parametrize("later", [0, 120])
def test_one_that_falls_silent_while_another_is_is_told_though_they_share_payments(
    later: int,
) -> None:
    troubles = [silence(G1, 15), silence("issuer=B", 10, start=CALM + later)]
    said, _ = drawn(CALM + 8 * MINUTE, troubles)
    assert what(said) == [(OPENED, G1, VOLUME), (OPENED, "issuer=B", VOLUME)]
    assert said[1].second - CALM - later <= 150


def test_what_lies_in_a_silent_slice_or_across_it_is_no_further_trouble() -> None:
    said, _ = drawn(CALM + 8 * MINUTE, [silence("method=CARD", 20)])
    assert what(said) == [(OPENED, "method=CARD", VOLUME)]


# ── What is no news ──


def night(second: int) -> float:
    """Down to a tenth within two hours."""
    return math.pow(10.0, -min(1.0, max(0.0, (second - CALM) / 7200)))


def sale(second: int) -> float:
    """Ten times the traffic within twenty minutes, and back again."""
    up, down = (second - CALM) / 1200, (CALM + 3600 - second) / 1200
    return math.pow(10.0, max(0.0, min(1.0, up, down)))


@pytest.mark.parametrize("a_minute", [60, 200])
@pytest.mark.parametrize("level", [lambda _: 1.0, night], ids=["calm", "night"])
def test_ordinary_traffic_and_a_quiet_night_open_nothing(
    level: Callable[[int], float], a_minute: float
) -> None:
    assert drawn(150 * MINUTE, a_minute=a_minute, level=level)[0] == []


def test_a_sale_opens_nothing() -> None:
    assert drawn(80 * MINUTE, a_minute=60, level=sale)[0] == []


def surge(times: float, minutes: int, start: int = 1500) -> Callable[[int], float]:
    """So many times the traffic for so many minutes, from one second to the next."""
    return lambda second: times if start <= second < start + minutes * MINUTE else 1.0


@pytest.mark.parametrize(("times", "minutes"), [(5, 4), (10, 30), (20, 15), (4, 70)])
def test_the_sudden_end_of_a_sale_is_no_loss(times: float, minutes: int) -> None:
    seconds = 1500 + (minutes + 15) * MINUTE
    assert drawn(seconds, a_minute=30, level=surge(times, minutes))[0] == []


@pytest.mark.parametrize("minutes", [10, 40])
def test_the_end_of_a_merchants_first_batch_is_no_loss(minutes: int) -> None:
    start, end = 1500, 1500 + minutes * MINUTE
    no_batch = [Trouble("merchant=M4", 0, start, 0.0), Trouble("merchant=M4", end, end + 3600, 0.0)]
    assert drawn(end + 20 * MINUTE, no_batch, a_minute=400)[0] == []


@pytest.mark.parametrize("later", [0, 5, 40])
def test_what_falls_below_the_level_of_before_is_lost_right_after_a_sale_too(later: int) -> None:
    end = 1500 + 25 * MINUTE
    lost = silence(ALL, 15, start=end + later * MINUTE, left=0.03)
    seconds = end + (later + 12) * MINUTE
    said, _ = drawn(seconds, [lost], a_minute=60, level=surge(10, 25))
    assert what(said) == [(OPENED, ALL, VOLUME)]
    assert said[0].second - lost.start <= 240


def test_a_slice_that_falls_silent_in_a_sale_is_told() -> None:
    start = 1500 + 10 * MINUTE
    said, _ = drawn(
        start + 15 * MINUTE, [silence(G1, 20, start=start)], a_minute=60, level=surge(10, 60)
    )
    assert what(said) == [(OPENED, G1, VOLUME)]


@pytest.mark.parametrize(("a_minute", "seed"), [(100, 1), (100, 2), (600, 1)])
def test_a_step_down_of_all_traffic_to_a_third_opens_nothing(a_minute: float, seed: int) -> None:
    third = silence(ALL, 60, left=0.33)
    assert drawn(CALM + 15 * MINUTE, [third], a_minute=a_minute, seed=seed)[0] == []


def test_a_slice_of_which_half_moves_elsewhere_opens_nothing() -> None:
    assert drawn(CALM + 15 * MINUTE, [silence(G3, 15, left=0.5)])[0] == []


def test_a_slice_whose_payments_come_in_batches_may_be_silent_between_them() -> None:
    between = [Trouble("merchant=M4", start, start + 570, 0.0) for start in range(0, 3600, 600)]
    assert drawn(3600, between, a_minute=400)[0] == []


def test_a_slice_of_few_payments_may_be_silent() -> None:
    assert drawn(CALM + 15 * MINUTE, [silence(G4)], a_minute=60)[0] == []


# ── When payments arrive ──


@pytest.mark.parametrize(("lag", "every"), [(70, 1), (0, 60), (20, 10)])
def test_payments_that_come_late_or_together_are_not_missing(lag: int, every: int) -> None:
    assert drawn(20 * MINUTE, lag=lag, every=every)[0] == []


@pytest.mark.parametrize(("lag", "every"), [(20, 1), (0, 10), (0, 60)])
def test_a_slice_that_falls_silent_is_found_where_payments_come_late_or_together(
    lag: int, every: int
) -> None:
    said, _ = drawn(CALM + 5 * MINUTE, [silence(G1)], lag=lag, every=every)
    assert what(said) == [(OPENED, G1, VOLUME)]
    assert said[0].second - CALM <= 120


def test_a_pipeline_that_stood_still_is_no_silence() -> None:
    """Neither payments nor ticks come: the clock stands, and jumps when it goes on."""
    still = range(CALM, CALM + 600)
    said, _ = drawn(CALM + 900, a_minute=100, still=still)
    assert said == []


# ── What is told of it ──


def test_the_rate_is_the_share_of_the_expected_payments_that_came() -> None:
    _, state = drawn(CALM + 2 * MINUTE, [silence(G1)])
    [incident] = state.incidents
    worst = incident.worst
    assert (worst.rate, worst.normal) == (0.0, 1.0)
    assert worst.attempts == pytest.approx(0.42 * 400, rel=0.15)
    assert NOW + CALM - 10 <= incident.started_at <= NOW + CALM + 3


@pytest.mark.parametrize("seed", range(3, 8))
def test_what_is_told_of_volume_lies_in_no_other_slice_that_is(seed: int) -> None:
    left = [(0.0, 0.02, 1.0)[(seed + number) % 3] for number in range(4)]
    troubles = [silence(f"gateway=G{n + 1}", left=share) for n, share in enumerate(left)]
    _, state = drawn(CALM + 3 * MINUTE, troubles, seed=seed)
    keys = [incident.slice for incident in state.incidents if incident.is_open]
    assert keys
    assert math.prod(left) == 0.0
    for one in keys:
        for two in keys:
            assert one == two or disjoint(one, two) or not refines(one, two)


# ── Laws, on traffic without chance ──

GATEWAYS = ("a", "b", "c", "d")


def plain(**a_minute: int) -> dict[str, int]:
    return a_minute


def after(*minutes: Mapping[str, int], every: int = 10) -> tuple[list[str], State]:
    """The slices that were told to be missing, and the state, after minutes in which so much came of each
    gateway, evenly, in arrivals every so many seconds."""
    state, memory, found = initial(RULES), Memory(), list[str]()
    steps = MINUTE // every
    for number in range(len(minutes) * steps):
        minute, part = divmod(number, steps)
        slices: dict[Slice, Counts] = {}
        for name, total in minutes[minute].items():
            came = total * (part + 1) // steps - total * part // steps
            for key in (ALL, f"gateway={name}") if came else ():
                slices[key] = slices.get(key, NONE) + counts(approved=came)
        at = NOW + (number + 1) * every - 1
        coming = tally({at: slices}) if slices else Tally()
        keys = [item.key for item in state.outbox]
        state, _ = step(state, [partial(number + 1, coming, at)], RULES, keys, memory)
        found += [
            item.incident.slice
            for item in state.outbox
            if (item.transition, item.incident.signal) == (OPENED, VOLUME)
        ]
    return found, state


@settings(max_examples=15)
@given(st.lists(st.integers(20, 3000), min_size=2, max_size=4), st.floats(0.35, 10.0))
def test_what_changes_alike_everywhere_and_by_less_than_to_a_third_is_no_collapse(
    before: list[int], factor: float
) -> None:
    usual = dict(zip(GATEWAYS, before, strict=False))
    then = {name: round(factor * total) for name, total in usual.items()}
    assert after(*[usual] * 10, *[then] * 5)[0] == []


@settings(max_examples=15)
@given(st.lists(st.integers(0, 500), min_size=3, max_size=3))
def test_what_is_found_of_volume_shares_no_payment(left: list[int]) -> None:
    """It may reach further later: then it is the same incident."""
    usual = dict.fromkeys(GATEWAYS[:3], 500)
    found, _ = after(*[usual] * 10, *[dict(zip(GATEWAYS, left, strict=False))] * 2)
    assert all(disjoint(one, two) for one, two in combinations(found, 2))


def test_what_two_silent_slices_miss_is_not_missing_all_around_them_too() -> None:
    """All traffic falls to a seventh, and what goes on falls by no more than it may."""
    usual, then = plain(a=500, b=500, c=500), plain(b=10, c=210)
    found, state = after(*[usual] * 10, *[then] * 3)
    told = sorted(one.slice for one in state.incidents if one.is_open)
    assert sorted(found) == told == ["gateway=a", "gateway=b"]


def test_a_surge_of_one_minute_is_not_expected_to_go_on() -> None:
    usual, surge = plain(a=20, b=1000), plain(a=2000, b=1000)
    assert after(*[usual] * 20, surge, *[usual] * 5)[0] == []


def test_the_evidence_that_payments_are_missing_has_an_end() -> None:
    _, state = after(*[plain(a=500, b=500)] * 10, *[plain(b=500)] * 9)
    tuning = RULES.tuning.evidence
    assert state.flow.volume["gateway=a"].nats == tuning.cap * state.tracker.needed


def test_a_shop_that_closes_at_the_same_hour_every_night_is_known_from_the_fourth_night_on() -> (
    None
):
    midnight = NOW // 86_400 * 86_400
    state, memory, nights = initial(RULES), Memory(), set[int]()
    for minute in range(5 * 24 * 60):
        hour = minute // 60 % 24
        slices = {ALL: counts(approved=60), "gateway=a": counts(approved=60)}
        at = midnight + minute * MINUTE
        coming = tally({at: slices}) if 8 <= hour < 22 else Tally()
        keys = [item.key for item in state.outbox]
        state, _ = step(state, [partial(minute + 1, coming, at)], RULES, keys, memory)
        if any(item.transition == OPENED for item in state.outbox):
            nights.add((minute - 12 * 60) // (24 * 60))  # from noon to noon
    assert nights == {0, 1, 2}
