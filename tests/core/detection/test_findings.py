"""What stands out and what explains it, on traffic made by hand: the same every second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import pytest

from functions.core.counting.counts import NONE, Counts
from functions.core.counting.slices import ALL
from functions.core.detection.budget import Budget
from functions.core.detection.findings import findings, suspicious
from functions.core.detection.normals import Normals
from functions.core.detection.span import FEWEST_EVENTS, Moment
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.troubles.incident import OPENED, Incident
from functions.core.troubles.life import Sighting
from tests.builders import NOW, counts, partial, tally

RULES = Rules(budget=Budget(learning_seconds=30))
FAILED = "failed"
A, B, X, Y = "issuer=A", "issuer=B", "network=X", "network=Y"
CALM_SECONDS = 180

Slices = Mapping[str, Counts]


def seen(total: int, share: float = 0.0, status: str = "failed", cause: str = "gateway") -> Counts:
    """So many attempts, of which that share failed."""
    bad = round(total * share)
    return counts(**{"approved": total - bad, status: bad, cause: bad})


def whole(**parts: Counts) -> Slices:
    """All traffic and its issuers."""
    issuers = {f"issuer={name}": came for name, came in parts.items()}
    return {ALL: sum(parts.values()), **issuers}


def segments(**parts: Counts) -> Slices:
    """All traffic, its issuers and networks, and the segments `AX`, `AY`, `BX`, `BY` of both."""
    slices: dict[str, Counts] = {}
    for name, came in parts.items():
        issuer, network = f"issuer={name[0]}", f"network={name[1]}"
        for key in (ALL, issuer, network):
            slices[key] = slices.get(key, NONE) + came
        slices[f"{issuer}&{network}"] = came
    return slices


def after(seconds: Iterable[Slices]) -> State:
    state = initial(RULES)
    for second, slices in enumerate(seconds):
        what = tally({NOW + second: slices})
        state, _ = step(state, [partial(second + 1, what, NOW + second)], RULES)
    return state


def moment(state: State) -> Moment:
    return Moment(state.window, state.tracker, Normals(state.tracker.baseline, RULES.budget))


def found(state: State, incidents: Sequence[Incident] = ()) -> list[Sighting]:
    return findings(moment(state), incidents)[0]


def places(state: State, incidents: Sequence[Incident] = ()) -> list[tuple[str, str]]:
    return [(item.verdict.slice, item.verdict.signal) for item in found(state, incidents)]


def told(state: State) -> list[str]:
    return [item.incident.slice for item in state.outbox if item.transition == OPENED]


def changed(calm: Slices, then: Slices, seconds: int = 5) -> State:
    """Three calm minutes, then this, for so many seconds."""
    return after([calm] * CALM_SECONDS + [then] * seconds)


WELL = whole(A=seen(100), B=seen(100))


def test_in_calm_nothing_is_found_and_nothing_is_worst() -> None:
    state = changed(WELL, WELL)
    assert found(state) == []
    assert suspicious(moment(state)) is None
    assert state.worst is None


def test_a_slice_that_fails_is_found_with_its_rate_and_what_is_normal_there() -> None:
    usual = whole(A=seen(100, 0.02), B=seen(100))
    [finding] = found(changed(usual, whole(A=seen(100, 0.4), B=seen(100)), 1))
    verdict = finding.verdict
    assert (verdict.slice, finding.began) == (A, NOW + CALM_SECONDS)
    assert verdict.rate == pytest.approx(0.4)
    assert pytest.approx(verdict.normal, abs=0.005) == 0.02
    assert verdict.normal < verdict.tolerated < verdict.at_least < verdict.rate
    assert verdict.score > 75


def test_the_worst_is_the_slice_that_an_incident_is_about() -> None:
    state = changed(WELL, whole(A=seen(100, 0.4), B=seen(100)))
    assert state.worst is not None
    assert state.worst.slice == A
    assert state.worst.score > 75


def test_what_is_suspicious_and_not_sure_is_worth_no_warning() -> None:
    state = changed(WELL, whole(A=seen(100, 0.03), B=seen(100)), 2)
    verdict = suspicious(moment(state))
    assert verdict is not None
    assert verdict.score < 50
    assert told(state) == []


@pytest.mark.parametrize("number", range(1, FEWEST_EVENTS))
def test_fewer_failures_than_may_be_one_customer_never_page(number: int) -> None:
    thin = whole(A=counts(approved=1), B=counts(approved=1))
    bad = whole(A=counts(failed=1, gateway=1), B=counts(approved=1))
    assert told(changed(thin, bad, number)) == []


def test_enough_failures_in_a_row_page_however_few_payments_there_are() -> None:
    thin = whole(A=counts(approved=1), B=counts(approved=1))
    bad = whole(A=counts(failed=1, gateway=1), B=counts(approved=1))
    assert told(changed(thin, bad, 15)) == [A]


# Issuer A always fails 30 %, issuer B hardly; B has nearly all of the traffic.
LAME = whole(A=seen(10, 0.3), B=seen(290))


def test_a_slice_that_always_fails_and_takes_more_and_more_of_the_traffic_is_no_finding() -> None:
    shifting = [whole(A=seen(10 * n, 0.3), B=seen(300 - 10 * n)) for n in range(2, 6)]
    state = after([LAME] * CALM_SECONDS + [mix for mix in shifting for _ in range(60)])
    assert found(state) == []
    assert told(state) == []


def test_a_slice_that_always_fails_and_takes_five_times_the_traffic_is_no_finding() -> None:
    state = changed(LAME, whole(A=seen(50, 0.3), B=seen(250)), 60)
    assert found(state) == []
    assert told(state) == []


def test_the_same_rise_without_a_shift_of_traffic_is_found() -> None:
    #  5 % of all traffic fails instead of 1 %, as above, but in issuer B
    state = changed(LAME, whole(A=seen(10, 0.3), B=seen(290, 0.0415)), 60)
    assert told(state)


def test_a_rise_on_top_of_a_shift_of_traffic_is_found() -> None:
    state = changed(LAME, whole(A=seen(50, 0.3), B=seen(250, 0.2)), 10)
    assert told(state)[:1] == [B]


def test_a_network_that_gets_the_payments_of_a_slice_that_always_fails_is_no_finding() -> None:
    usual = segments(AX=seen(40, 0.3), BX=seen(160), AY=seen(40, 0.3), BY=seen(160))
    moved = segments(AX=seen(80, 0.3), BX=seen(160), BY=seen(160))
    assert told(changed(usual, moved, 60)) == []


def test_an_incident_explains_its_slice_and_the_wider_ones() -> None:
    ill = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100))
    well = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
    state = changed(well, ill, 1)
    assert places(state) == [("issuer=A&network=X", "failed")]
    [incident] = state.incidents
    assert found(state, [incident]) == []


def test_what_an_incident_does_not_explain_is_found_beside_it() -> None:
    well = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
    ill = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100))
    both = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100, 0.4))
    state = after([well] * CALM_SECONDS + [ill] * 20 + [both] * 5)
    assert told(state) == ["issuer=A&network=X", "issuer=B&network=Y"]


def test_everything_rising_alike_is_blamed_on_all_traffic() -> None:
    well = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
    ill = segments(AX=seen(100, 0.2), AY=seen(100, 0.2), BX=seen(100, 0.2), BY=seen(100, 0.2))
    assert told(changed(well, ill)) == [ALL]


@pytest.mark.parametrize("cause", ["customer", "fraud"])
@pytest.mark.parametrize("status", ["denied", "failed"])
def test_what_customers_or_fraud_rules_refuse_is_never_found(status: str, cause: str) -> None:
    state = changed(WELL, whole(A=seen(100, 0.6, status, cause), B=seen(100)), 30)
    assert found(state) == []
    assert not any(item.incident.pages for item in state.outbox)


def test_failing_payments_explain_that_payments_are_denied_too() -> None:
    both = counts(approved=40, failed=30, denied=30, issuer=60)
    state = changed(WELL, whole(A=both, B=seen(100)))
    assert len(told(state)) == 1
    assert told(state) == [A]


def test_another_signal_is_a_finding_of_its_own() -> None:
    reversed_ = seen(100, 0.3, "reversed", "unknown")
    state = changed(WELL, whole(A=reversed_, B=seen(100)), 1)
    assert places(state) == [(A, "reversed")]


def test_a_rise_that_is_nothing_to_speak_of_opens_nothing_however_sure_it_is() -> None:
    usual = whole(A=seen(10_000, 0.010), B=seen(10_000, 0.010))
    slightly = whole(A=seen(10_000, 0.011), B=seen(10_000, 0.011))
    assert told(changed(usual, slightly, 120)) == []


def test_looking_changes_nothing() -> None:
    state = changed(WELL, whole(A=seen(100, 0.4), B=seen(100)))
    before = repr(msgspec.structs.replace(state, version=0))
    look: list[Callable[[Moment], object]] = [suspicious, lambda it: findings(it, state.incidents)]
    for what in look:
        assert what(moment(state)) == what(moment(state))
    assert repr(msgspec.structs.replace(state, version=0)) == before
