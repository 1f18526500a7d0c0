"""A drift: what fails more and more, so slowly that each half hour looks like the one before."""

from __future__ import annotations

import math
import random

import pytest
from msgspec.structs import replace

from functions.core.detection.drift import going_on, with_kind
from functions.core.detection.findings import as_now
from functions.core.troubles.incident import CLOSED, DRIFT, OPENED, WORSE, Incident
from tests.builders import NOW, incident
from tests.slow_traffic import HOUR, Rate, after
from tests.steady_traffic import A, changed, moment, seen, whole


def leak(base: float, points: float, lasts: float, begins: float = 3.0) -> Rate:
    return lambda hour: base + points * min(1.0, max(0.0, hour - begins) / lasts)


LEAKS = {
    (base, lasts): leak(base, 0.05, lasts) for base in (0.005, 0.01, 0.02, 0.04) for lasts in (2, 3)
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("base", "lasts"), LEAKS)
def test_a_leak_of_five_points_over_hours_is_told_once_as_one_warning_or_before_it_is_slow(
    base: float, lasts: int, seed: int
) -> None:
    state, told = after(6.5, LEAKS[base, lasts], seed)
    first = told[0].incident
    assert (first.slice, first.signal) == (A, "failed")
    assert first.detected_at - NOW < (3 + lasts + 0.5) * HOUR
    assert [one.incident.id for one in state.followed if one.incident.is_open] == [first.id]
    if first.kind == DRIFT:
        assert {item.incident.severity for item in told} == {"warning"}
        assert [item.transition for item in told] == [OPENED]


def wandering(base: float, seed: int) -> Rate:
    """By a tenth of itself from quarter to quarter of an hour: AR(1)."""
    rng, at, shape = random.Random(seed), 0.0, list[float]()
    for _ in range(100):
        at = 0.7 * at + math.sqrt(0.51) * rng.gauss(0.0, 0.1)
        shape.append(base * (1 + at))
    return lambda hour: shape[int(hour * 4)]


def by_day(base: float, share: float, first: float) -> Rate:
    """So much more and less than the mean over a day that begins at that hour."""
    return lambda hour: base * (1 - share * math.cos(2 * math.pi * (hour + first) / 24))


TRAPS = {
    **{f"wanders about {base}": wandering(base, 3) for base in (0.005, 0.02, 0.08)},
    **{
        f"day about {base} by {share} from {first}": by_day(base, share, first)
        for base, share, first in ((0.005, 0.5, 0), (0.02, 0.33, 6), (0.08, 0.5, 0))
    },
}


@pytest.mark.parametrize("trap", TRAPS)
def test_what_wanders_or_follows_the_day_is_not_told(trap: str) -> None:
    assert after(14.0, TRAPS[trap])[1] == ()


def test_a_drift_that_lasts_does_not_become_normal() -> None:
    state, told = after(13.5, LEAKS[0.01, 2])
    [item] = state.followed
    assert item.incident.id == told[0].incident.id
    assert item.incident.is_open
    assert moment(state).normals.normal(A, "failed").rate < 0.02


@pytest.mark.parametrize("lasts", [2, 5])
def test_a_leak_is_over_when_its_slice_is_well_again(lasts: int) -> None:
    ends = 4.0 + lasts

    def rate(hour: float) -> float:
        return leak(0.01, 0.05, lasts)(hour) if hour < ends else 0.01

    state, told = after(ends + 0.5, rate)
    # An outage gets worse, a drift does not.
    worse = [WORSE] if told[0].incident.kind != DRIFT else []
    assert [item.transition for item in told] == [OPENED, *worse, CLOSED]
    assert not [one for one in state.incidents if one.is_open]


CALM = whole(A=seen(50, 0.02), B=seen(50))
ILL = changed(CALM, whole(A=seen(50, 0.5), B=seen(50)), 30)
DRIFTING: Incident = incident(
    slice=A, kind=DRIFT, rate=0.1, normal=0.02, started_at=NOW + 180, score=60.0
)


def test_an_outage_is_no_drift() -> None:
    [opened] = [item for item in ILL.outbox if item.transition == OPENED]
    assert opened.incident.kind == ""
    found = as_now(moment(ILL), opened.incident)
    assert with_kind(found, moment(ILL)) == found


def test_a_drift_that_rises_by_twice_as_much_as_it_was_told_with_is_an_outage() -> None:
    now = moment(ILL)
    seen_now = as_now(now, DRIFTING)
    assert going_on(seen_now, DRIFTING, now) == seen_now
    worse = replace(DRIFTING, worst=replace(DRIFTING.worst, rate=0.4))
    still = going_on(seen_now, worse, now)
    assert (still.kind, still.verdict.severity) == (DRIFT, "warning")


def test_an_incident_that_is_no_drift_stays_what_it_is() -> None:
    outage = replace(DRIFTING, kind="")
    seen_now = as_now(moment(ILL), outage)
    assert going_on(seen_now, outage, moment(ILL)) == seen_now
