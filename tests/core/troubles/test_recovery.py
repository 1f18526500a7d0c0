"""When an incident is over: storms that go on are not, and what ended is, within a minute or two."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.counts import Counts, attempts
from functions.core.troubles.incident import CALM, INCIDENT, RECOVERED, RECOVERING
from functions.core.troubles.recovery import (
    Followed,
    Life,
    Patience,
    RecoveryTuning,
    is_proven_well,
    mean_while_ill,
    nats,
    over_because,
    rates,
    recovering,
    without_level,
)
from tests.builders import NOW, counts, followed

TUNING, PATIENCE = RecoveryTuning(), Patience()
HOUR = 3600
Shape = Callable[[int], float]
"""Second → rate."""


def storm(normal: float, tolerated: float, rate: float, seen: int = 200) -> Followed:
    """An incident that has just opened, on so many attempts."""
    return followed(rate=rate, at_least=rate / 2, attempts=seen, normal=normal, tolerated=tolerated)


def payments(draw: random.Random, per_minute: int, rate: float) -> Counts:
    """Those of a second: as many as a Poisson process brings, of which that share fails."""
    total, waited = 0, draw.expovariate(1.0)
    while waited < per_minute / 60:
        total, waited = total + 1, waited + draw.expovariate(1.0)
    failed = sum(draw.random() < rate for _ in range(total))
    return counts(approved=total - failed, failed=failed)


def closing(
    item: Followed, seed: int, per_minute: int, seconds: int, shape: Shape
) -> tuple[int, str]:
    """The second in which the incident is closed, of these at most, and why."""
    draw = random.Random(seed)
    for second in range(1, seconds):
        item = recovering(item, payments(draw, per_minute, shape(second)), NOW + second)
        reason = over_because(item, NOW + second, PATIENCE)
        if reason:
            return second, reason
    return seconds, ""


def at_first(peak: float, then: float, seconds: int = 90) -> Shape:
    return lambda second: peak if second < seconds else then


STORMS: dict[str, tuple[float, float, int, Shape]] = {
    # normal, tolerated, a minute, shape
    "60 % at first, then 20 %": (0.003, 0.013, 400, at_first(0.6, 0.2)),
    "60 % at first, then 5 %": (0.005, 0.01, 400, at_first(0.6, 0.05)),
    "60 % for ten minutes, then 5 %": (0.003, 0.013, 400, at_first(0.6, 0.05, 600)),
    "60 % at first, then 2 % of a low base": (0.0001, 0.00025, 400, at_first(0.6, 0.02)),
    "60 % at first, then 2 %, of many payments": (0.003, 0.01, 1500, at_first(0.6, 0.02)),
    "saw tooth that is never well": (0.005, 0.01, 400, lambda s: 0.05 + 0.4 * (s % 120) / 120),
    "slow decay to five times what is tolerated": (
        0.005, 0.01, 400, lambda s: max(0.05, 0.6 * 0.5 ** (s / 300)),
    ),
    "steady, thin": (0.005, 0.01, 20, lambda s: 0.3),
    "60 % at first, then 20 %, thin": (0.005, 0.01, 20, at_first(0.6, 0.2)),
    "where much is always denied": (0.08, 0.1, 400, at_first(0.9, 0.4)),
    "where nearly all is always denied": (0.8, 0.85, 400, at_first(0.99, 0.96)),
}  # fmt: skip


@pytest.mark.parametrize("name", STORMS)
@pytest.mark.parametrize("seed", range(3))
def test_a_storm_is_not_closed_while_it_goes_on_at_a_lower_rate(name: str, seed: int) -> None:
    normal, tolerated, per_minute, shape = STORMS[name]
    begun = storm(normal, tolerated, shape(0))
    assert closing(begun, seed, per_minute, HOUR, shape) == (HOUR, "")


ENDS: dict[str, tuple[float, float, int, Shape, int]] = {
    # normal, tolerated, a minute, shape until it ends, seconds in which it is closed then
    "60 %": (0.005, 0.01, 400, lambda s: 0.6, 125),
    "60 % at first, then 20 %": (0.003, 0.013, 400, at_first(0.6, 0.2), 90),
    "60 % at first, then 5 %": (0.005, 0.01, 400, at_first(0.6, 0.05), 180),
    "on a low base": (0.0001, 0.00025, 450, lambda s: 0.015, 480),
    "on a low base, 20 %": (0.0001, 0.00025, 450, lambda s: 0.2, 125),
    "mild: its half is tolerated": (0.005, 0.01, 400, lambda s: 0.018, 600),
    "60 payments a minute": (0.005, 0.01, 60, lambda s: 0.6, 125),
    "5 payments a minute": (0.005, 0.01, 5, lambda s: 0.6, 900),
    "2,000 payments a minute": (0.005, 0.01, 2000, lambda s: 0.3, 40),
    "where much is always denied": (0.08, 0.1, 400, lambda s: 0.5, 90),
    "where nearly all is always denied": (0.8, 0.85, 400, lambda s: 0.97, 120),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("seed", range(3))
def test_what_ended_is_closed_soon(name: str, seed: int) -> None:
    normal, tolerated, per_minute, shape, within = ENDS[name]
    ends = 1200

    def until_then(second: int) -> float:
        return shape(second) if second < ends else normal

    begun = storm(normal, tolerated, shape(0))
    closed, reason = closing(begun, seed, per_minute, ends + HOUR, until_then)
    assert reason == RECOVERED
    assert 0 <= closed - ends <= within


shares = st.floats(0.0, 1.0)


@given(shares, shares, shares, st.integers(0, 5000), shares)
def test_what_is_well_is_less_than_what_is_ill(
    normal: float, tolerated: float, worst: float, seen: int, share: float
) -> None:
    life = Life(announced="critical", ill_attempts=seen, ill_events=round(share * seen))
    item = replace(storm(normal, tolerated, worst), life=life)
    found = rates(item)
    assert 0.0 < found.well < found.near <= found.ill < 1.0
    assert nats(0, 100, found.well, found.ill) > 0.0 > nats(100, 100, found.well, found.ill)


@given(st.floats(0.0001, 0.1), st.floats(1.1, 3.0), st.floats(0.0, 1.0))
def test_what_is_ill_is_half_of_the_mean_where_that_is_clear(
    normal: float, times: float, share: float
) -> None:
    tolerated = times * normal
    mean = 8.1 * tolerated + share * (0.95 - 8.1 * tolerated)
    if not 8.1 * tolerated < mean < 0.95:
        return
    seen = 10_000_000
    life = Life(ill_attempts=seen, ill_events=round(mean * seen))
    found = rates(replace(storm(normal, tolerated, 0.99), life=life))
    if mean / 2 > 4 * tolerated / (1 - tolerated):
        assert found.ill == pytest.approx(mean / 2, rel=1e-3)
        assert found.needed == TUNING.recovered_nats


came = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda n: counts(approved=n[0], failed=n[1])
    ),
    max_size=30,
)


@given(came)
def test_every_payment_is_counted_once_as_ill_or_as_well(every: Sequence[Counts]) -> None:
    item = storm(0.005, 0.01, 0.5, seen=100)
    total = 100
    for second, one in enumerate(every):
        item = recovering(item, one, NOW + second)
        total += attempts(one)
        life = item.life
        assert (item.incident.state == RECOVERING) == bool(life.well_since) == (life.recovery > 0)
        assert life.ill_events <= life.ill_attempts
        assert life.well_events <= life.well_attempts
        if attempts(one):
            counted = life.ill_attempts + life.well_attempts
            assert counted == total or mean_while_ill(item) > 0.01  # a level that fell, forgets
            total = counted


def test_a_stretch_that_proves_to_be_ill_yet_is_its_level_from_then_on() -> None:
    item = storm(0.005, 0.01, 0.6)
    for second in range(60):
        item = recovering(item, counts(approved=95, failed=5), NOW + second)
        if item.life.ill_attempts < 200:
            break
    assert item.incident.state == INCIDENT
    assert mean_while_ill(item) == pytest.approx(0.05)


def test_what_the_release_before_stored_is_judged_by_its_worst_moment() -> None:
    old = followed(rate=0.5, attempts=200)
    assert old.life.ill_attempts == 0
    assert mean_while_ill(old) == 0.5
    assert mean_while_ill(replace(old, life=without_level(old.life))) == 0.5
    proven = followed(well_since=NOW - 60, recovery=9.0)
    assert over_because(proven, NOW, PATIENCE) == RECOVERED


@pytest.mark.parametrize(
    ("again", "well_for", "seconds"),
    [(0, 0, 30), (1, 0, 60), (4, 0, 480), (9, 0, 480), (1, 300, 600), (1, 900, 1800), (1, 901, 60)],
)
def test_what_came_back_needs_to_be_well_for_longer_than_it_was_before(
    again: int, well_for: int, seconds: int
) -> None:
    item = followed(well_since=NOW, recovery=9.0, again=again, well_for=well_for)
    assert over_because(item, NOW + seconds - 1, PATIENCE) == ""
    assert over_because(item, NOW + seconds, PATIENCE) == RECOVERED


@pytest.mark.parametrize(
    ("again", "well_for", "seconds"),
    [(2, 1100, 2200), (2, 1700, 3400), (3, 3000, 3600), (1, 1100, 60)],
)
def test_what_came_back_twice_is_kept_open_however_long_it_was_well_between(
    again: int, well_for: int, seconds: int
) -> None:
    item = followed(well_since=NOW, recovery=9.0, again=again, well_for=well_for)
    assert over_because(item, NOW + seconds - 1, PATIENCE) == ""
    assert over_because(item, NOW + seconds, PATIENCE) == RECOVERED


def burst(item: Followed, at: int, seconds: int, well: int) -> Followed:
    """The open incident after so many seconds of failures from `at` on, and so many in which it was well."""
    for second in range(at, at + seconds + well):
        failed = 5 if second < at + seconds else 0
        item = recovering(item, counts(approved=10 - failed, failed=failed), second)
    return item


def test_what_is_ill_again_while_it_is_kept_open_came_back() -> None:
    item, at = storm(0.004, 0.01, 0.5), NOW
    for number in range(1, 6):
        item = burst(item, at, 60, 300)
        assert item.incident.times == number
        at += 360
    assert mean_while_ill(item) == pytest.approx(0.5, abs=0.05)


def test_what_was_well_for_some_seconds_only_did_not_come_back() -> None:
    assert burst(burst(storm(0.004, 0.01, 0.5), NOW, 60, 20), NOW + 80, 60, 0).incident.times == 1


def test_a_calm_stretch_with_little_evidence_must_last() -> None:
    little = followed(well_since=NOW, recovery=9.0, well_attempts=40)
    assert over_because(little, NOW + 119, PATIENCE) == ""
    assert over_because(little, NOW + 120, PATIENCE) == RECOVERED
    much = followed(well_since=NOW, recovery=9.0, well_attempts=400)
    assert over_because(much, NOW + 30, PATIENCE) == RECOVERED


def test_a_stretch_that_looks_ill_closes_nothing() -> None:
    ill = followed(well_since=NOW, recovery=14.0, well_attempts=400, well_events=20)
    assert over_because(ill, NOW + HOUR, PATIENCE) == ""
    assert (
        over_because(replace(ill, life=replace(ill.life, calm_since=NOW)), NOW + HOUR, PATIENCE)
        == CALM
    )


def test_what_is_proven_well_is_over_but_for_patience() -> None:
    ill = well = storm(0.004, 0.01, 0.4)
    for second in range(1, 60):
        well = recovering(well, counts(approved=10), NOW + second)
    assert is_proven_well(well, NOW + 59, PATIENCE)
    assert not is_proven_well(ill, NOW, PATIENCE)
    assert over_because(well, NOW + 59, replace(PATIENCE, recover_seconds=600)) == ""
