"""What is kept out of what is normal, and for how long."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from msgspec.structs import replace

from functions.core.counting.slices import ALL
from functions.core.detection.evidence import surprise
from functions.core.detection.held_back import held_back, is_mixed, tainted
from functions.core.detection.normals import Normals
from functions.core.detection.state import State
from functions.core.detection.tracker import hot
from functions.core.detection.tuning import HoldingTuning
from functions.core.troubles.recovery import Followed
from tests.builders import NOW, followed
from tests.steady_traffic import (
    CALM_SECONDS,
    RULES,
    SINCE,
    UNLIKE,
    A,
    B,
    Slices,
    X,
    after,
    changed,
    evidence,
    normals,
    seen,
    segments,
    whole,
)

SUSPECTED_SECONDS = HoldingTuning().suspected_seconds
FAILED = "failed"
AX = "issuer=A&network=X"
WELL = segments(AX=seen(50), AY=seen(50), BX=seen(50), BY=seen(50))
CALM = changed(WELL, WELL)

# Issuer A always fails 30 %, issuer B hardly; A has a thirtieth of the traffic, and then a sixth.
LAME = whole(A=seen(10, 0.3), B=seen(290))
SHIFT = whole(A=seen(50, 0.3), B=seen(250))


def suspected(share: float, signal: str = FAILED) -> State:
    """Calm, but issuer A has gathered so much of the needed evidence."""
    state = evidence(CALM, share, A)
    if signal == FAILED:
        return state
    trails = {**state.tracker.evidence, FAILED: {}, signal: state.tracker.evidence[FAILED]}
    needed = state.tracker.needed
    return replace(state, tracker=replace(state.tracker, evidence=trails, hot=hot(trails, needed)))


def ill(*items: Followed) -> State:
    """Calm, with these incidents."""
    return replace(CALM, followed=items)


def outage(key: str = A, **fields: object) -> Followed:
    """One that adds half a percent to the failures of its slice, unless it is told more."""
    return followed(**{"slice": key, "started_at": SINCE, "rate": 0.005, "normal": 0.0, **fields})


def held(state: State, key: str, start: int = SINCE, end: int = SINCE + 60) -> bool:
    normals = Normals(state.tracker.baseline, RULES.budget, RULES.tuning)
    return held_back(state, RULES, normals)(key, start, end)


def test_in_calm_nothing_is_held_back() -> None:
    assert not any(held(CALM, key, NOW, SINCE + 60) for key in CALM.tracker.known)


@pytest.mark.parametrize(("share", "is_held"), [(0.1, False), (0.2, True)])
def test_a_slice_whose_normal_is_well_known_is_held_back_with_little_evidence(
    share: float, is_held: bool
) -> None:
    assert held(suspected(share), A) is is_held


@pytest.mark.parametrize(("share", "is_held"), [(0.2, False), (0.49, False), (0.51, True)])
def test_a_slice_that_may_be_taken_too_low_is_held_back_with_half_of_the_needed_evidence(
    share: float, is_held: bool
) -> None:
    #  it fails at a rate that two standard errors more would explain
    normal = normals(CALM).normal(A, FAILED)
    rate = normal.rate + 3 * normal.error
    an_attempt = surprise(round(rate * 1e9), 10**9, normal, normals(CALM).drift(FAILED)) / 1e9
    attempts = share * CALM.tracker.needed / an_attempt
    trails = {**CALM.tracker.evidence, FAILED: {}}
    nats = share * CALM.tracker.needed
    trails[FAILED] = {A: (0, attempts, rate * attempts, SINCE, (), nats, SINCE)}
    assert held(replace(CALM, tracker=replace(CALM.tracker, evidence=trails)), A) is is_held


def test_while_all_is_learned_a_slice_is_held_back_that_is_much_worse_than_its_sisters() -> None:
    broken = whole(A=seen(10, 0.3), B=seen(90, 0.01))
    state = after([broken] * 9)
    assert held(state, A, NOW, NOW + 9)
    assert not held(state, B, NOW, NOW + 9)
    assert not held(state, ALL, NOW, NOW + 9)
    unlike = whole(A=seen(10, 0.3), B=seen(90, 0.1))
    assert not held(after([unlike] * 9), A, NOW, NOW + 9)


def test_evidence_on_any_signal_holds_a_slice_back_and_no_other_slice() -> None:
    state = suspected(0.9, signal="reversed")
    assert held(state, A)
    assert not any(held(state, key) for key in state.tracker.known if key != A)


def test_a_suspected_slice_is_held_back_from_when_it_began() -> None:
    state = suspected(0.9)
    assert not held(state, A, SINCE - 60, SINCE)
    assert held(state, A, SINCE - 59, SINCE + 1)


def test_a_slice_that_is_suspected_for_long_and_not_proven_is_held_back_no_more() -> None:
    state, last = suspected(0.9), SINCE + SUSPECTED_SECONDS
    assert held(state, A, last - 60, last)
    assert not held(state, A, last - 59, last + 1)


def test_an_incidents_slice_is_held_back_and_all_that_lies_in_it() -> None:
    state = ill(outage())
    assert held(state, A)
    assert held(state, AX)
    assert held(state, f"{AX}&region=EU")


def test_what_shares_no_payment_with_an_incident_is_not_held_back() -> None:
    assert not held(ill(outage(rate=0.9)), B)
    assert not held(ill(outage(rate=0.9)), "issuer=B&network=X")


def test_an_incident_holds_back_from_its_first_bad_payment_on() -> None:
    state = ill(outage())
    assert not held(state, A, SINCE - 60, SINCE)
    assert held(state, A, SINCE - 59, SINCE + 1)


def test_an_incident_that_is_over_holds_back_what_came_until_then_while_it_is_remembered() -> None:
    state = ill(outage(closed_at=SINCE + 90))
    assert held(state, A, SINCE + 90, SINCE + 150)
    assert not held(state, A, SINCE + 91, SINCE + 150)


@pytest.mark.parametrize("days", [0, 1, 30])
def test_an_incident_is_held_back_as_long_as_it_lasts(days: int) -> None:
    clock = CALM.window.clock
    state = ill(outage(started_at=clock - 86_400 * days - 60))
    assert held(state, A, clock - 60, clock)


@pytest.mark.parametrize("signal", ["volume", "customer", "fraud"])
def test_an_incident_in_which_nothing_fails_nor_is_slow_spoils_nothing(signal: str) -> None:
    assert not held(ill(outage(signal=signal, rate=0.9)), A)


def test_what_incidents_spoil_is_told_from_their_beginning_with_all_slices() -> None:
    state = ill(outage(AX, rate=0.0021, closed_at=SINCE + 90), outage(B, signal="volume", rate=0.9))
    [stretch] = tainted(state, RULES)
    assert (stretch.start, stretch.end) == (SINCE, SINCE + 90)
    assert stretch.slices == {key for key in state.tracker.known if held(state, key)}
    assert {AX, A} <= stretch.slices
    assert not {B, ALL} & stretch.slices


def test_what_is_slow_teaches_nothing_while_it_lasts() -> None:
    state = ill(outage(signal="latency", rate=0.9, normal=0.05))
    assert held(state, A)
    assert held(state, ALL)
    assert not held(state, B)


def test_a_mix_of_few_payments_that_may_be_chance_mixes_nothing() -> None:
    lame, lamer = whole(A=seen(1, 1.0), B=seen(9)), whole(A=seen(2, 1.0), B=seen(8))
    calm = [lame] * CALM_SECONDS
    by_chance = after(calm + [lame, lame, lame, lamer] * 15, UNLIKE)
    assert not is_mixed(by_chance, normals(by_chance))
    shifted = after(calm + [lamer] * 60, UNLIKE)
    assert is_mixed(shifted, normals(shifted))


def test_one_of_several_incidents_is_enough() -> None:
    assert held(ill(outage(B, signal="volume"), outage(B), outage(A)), AX)


# Half of the payments are issuer A's: an incident of it adds half its rise to all traffic.
@pytest.mark.parametrize(("rate", "is_held"), [(0.0019, False), (0.0021, True)])
def test_a_wider_slice_is_held_back_that_gets_a_tenth_more_failures_than_may_drift(
    rate: float, is_held: bool
) -> None:
    assert held(ill(outage(rate=rate)), ALL) is is_held


@pytest.mark.parametrize(("rate", "is_held"), [(0.219, False), (0.221, True)])
def test_a_wider_slice_that_always_fails_takes_a_tenth_of_that(rate: float, is_held: bool) -> None:
    #  half of a rise by 4 points is a tenth of the 20 % that usually fail there
    state = ill(outage(normal=0.2, rate=0.2 + 2 * (rate - 0.2)))
    assert held(state, ALL) is is_held


def test_what_crosses_an_incident_is_held_back_when_all_traffic_is() -> None:
    assert not held(ill(outage(rate=0.0019)), X)
    assert held(ill(outage(rate=0.0021)), X)


@pytest.mark.parametrize(("rate", "is_held"), [(0.0019, False), (0.0021, True)])
def test_an_issuer_is_held_back_for_one_of_its_routes_by_its_own_payments(
    rate: float, is_held: bool
) -> None:
    state = ill(outage(AX, rate=rate))
    assert held(state, A) is is_held
    assert not held(state, ALL)  # a quarter of it, where a half is needed


@cache
def shifted(minutes: int) -> State:
    """So many minutes after a slice that always fails took more of the traffic."""
    return after([LAME] * CALM_SECONDS + [SHIFT] * (60 * minutes), UNLIKE)


def test_traffic_that_is_spread_as_usual_is_not_mixed() -> None:
    state = after([LAME] * CALM_SECONDS, UNLIKE)
    assert not is_mixed(state, normals(state))


def test_traffic_is_mixed_when_slices_that_always_fail_have_more_of_it() -> None:
    assert is_mixed(shifted(1), normals(shifted(1)))


def test_traffic_is_not_mixed_when_slices_that_hardly_fail_have_more_of_it() -> None:
    state = after([LAME] * CALM_SECONDS + [whole(A=seen(1, 0.3), B=seen(299))] * 60, UNLIKE)
    assert not is_mixed(state, normals(state))


def test_a_shift_that_hardly_moves_the_rate_mixes_nothing() -> None:
    slightly: Slices = whole(A=seen(60, 0.3), B=seen(1740))
    calm: Slices = whole(A=seen(61, 0.3), B=seen(1739))
    state = after([slightly] * CALM_SECONDS + [calm] * 60)
    assert not is_mixed(state, normals(state))


def test_traffic_that_stays_mixed_is_how_it_is_after_a_while() -> None:
    state = shifted(SUSPECTED_SECONDS // 60 + 3)
    cells = state.tracker.baseline.cells
    mixed = [cell for cell in cells if cell.mixed]
    assert sum(cell.end - cell.start for cell in mixed) == SUSPECTED_SECONDS
    assert not cells[-1].mixed
    assert all(one.end == other.start for one, other in pairwise(mixed))


def test_what_one_signal_of_a_slice_makes_doubtful_is_held_back_whatever_the_others_say() -> None:
    """The signals began at different seconds: neither hides the other, in whatever order they come."""
    early, late = evidence(CALM, 0.9, A), evidence(CALM, 0.9, A, began=SINCE + 600)
    trails = {**early.tracker.evidence, "attributable": late.tracker.evidence[FAILED]}
    both = replace(
        early,
        tracker=replace(early.tracker, evidence=trails, hot=hot(trails, early.tracker.needed)),
    )
    assert len(both.tracker.hot) == 2
    assert held(both, A, SINCE, SINCE + 60)
    assert held(both, A, SINCE + 600 + SUSPECTED_SECONDS - 60, SINCE + 600 + SUSPECTED_SECONDS)
