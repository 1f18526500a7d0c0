"""What stands out and what explains it, on traffic made by hand: the same every second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from functions.core.counting.counts import Counts
from functions.core.counting.slices import ALL
from functions.core.detection.evidence import strength
from functions.core.detection.findings import (
    _left,
    as_now,
    findings,
    reaches_further,
    suspicious,
)
from functions.core.detection.span import Moment
from functions.core.detection.state import State
from functions.core.detection.tuning import EvidenceTuning
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from tests.builders import NOW, counts, incident
from tests.steady_traffic import (
    CALM_SECONDS,
    SINCE,
    UNLIKE,
    A,
    B,
    Slices,
    X,
    Y,
    after,
    changed,
    evidence,
    moment,
    seen,
    segments,
    told,
    whole,
)

FEWEST_EVENTS = EvidenceTuning().fewest_events


def found(state: State, incidents: Sequence[Incident] = ()) -> list[Sighting]:
    return findings(moment(state), incidents)[0]


def places(state: State, incidents: Sequence[Incident] = ()) -> list[tuple[str, str]]:
    return [(item.verdict.slice, item.verdict.signal) for item in found(state, incidents)]


WELL = whole(A=seen(100), B=seen(100))


def test_in_calm_nothing_is_found_and_nothing_is_worst() -> None:
    state = changed(WELL, WELL)
    assert found(state) == []
    assert suspicious(moment(state)) is None
    assert state.worst is None


def test_a_slice_that_fails_is_found_with_its_rate_and_what_is_normal_there() -> None:
    usual = whole(A=seen(100, 0.02), B=seen(100))
    [finding] = found(changed(usual, whole(A=seen(100, 0.4), B=seen(100)), 1, UNLIKE))
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
    state = changed(WELL, whole(A=seen(100, 0.02), B=seen(100)), 2)
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
    state = after([LAME] * CALM_SECONDS + [mix for mix in shifting for _ in range(60)], UNLIKE)
    assert found(state) == []
    assert told(state) == []


def test_a_slice_that_always_fails_and_takes_five_times_the_traffic_is_no_finding() -> None:
    state = changed(LAME, whole(A=seen(50, 0.3), B=seen(250)), 60, UNLIKE)
    assert found(state) == []
    assert told(state) == []


def test_the_same_rise_without_a_shift_of_traffic_is_found() -> None:
    #  5 % of all traffic fails instead of 1 %, as above, but in issuer B
    state = changed(LAME, whole(A=seen(10, 0.3), B=seen(290, 0.0415)), 60, UNLIKE)
    assert told(state)


def test_a_rise_on_top_of_a_shift_of_traffic_is_found() -> None:
    state = changed(LAME, whole(A=seen(50, 0.3), B=seen(250, 0.2)), 10, UNLIKE)
    assert told(state)[:1] == [B]


def test_a_network_that_gets_the_payments_of_a_slice_that_always_fails_is_no_finding() -> None:
    usual = segments(AX=seen(40, 0.3), BX=seen(160), AY=seen(40, 0.3), BY=seen(160))
    moved = segments(AX=seen(80, 0.3), BX=seen(160), BY=seen(160))
    assert told(changed(usual, moved, 60, UNLIKE)) == []


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
    slightly = whole(A=seen(10_000, 0.014), B=seen(10_000, 0.014))
    state = changed(usual, slightly, 60, UNLIKE)
    assert told(state) == []
    assert moment(state).since(SINCE).suspect(ALL, "failed").sure > 1.0
    state = evidence(state, 1.4, ALL)
    assert (found(state), explained(state)) == ([], {ALL})


ROUTES = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
ILL_ROUTE = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100))
ILL_ISSUER = segments(AX=seen(100, 0.4), AY=seen(100, 0.4), BX=seen(100), BY=seen(100))
AX, BX, BY = "issuer=A&network=X", "issuer=B&network=X", "issuer=B&network=Y"


def known(key: str) -> Incident:
    return incident(slice=key, started_at=SINCE)


def explained(state: State, incidents: Sequence[Incident] = ()) -> set[str]:
    return {key for _, key in findings(moment(state), incidents)[1]}


def test_evidence_that_an_incident_explains_says_nothing_new() -> None:
    state = evidence(changed(ROUTES, ILL_ROUTE, 10), 1.4, ALL, A, X, AX)
    assert explained(state, [known(AX)]) == {ALL, A, X, AX}
    assert found(state, [known(AX)]) == []


def test_evidence_that_is_found_or_not_yet_sure_is_not_explained() -> None:
    state = changed(ROUTES, ILL_ROUTE, 10)
    assert explained(evidence(state, 1.4, AX)) == set()
    assert explained(evidence(state, 0.9, B)) == set()


def test_a_few_failures_are_neither_found_nor_explained() -> None:
    thin = whole(A=counts(approved=1), B=counts(approved=100))
    few = counts(failed=FEWEST_EVENTS - 1, gateway=FEWEST_EVENTS - 1)
    state = evidence(changed(thin, whole(A=few, B=seen(100)), 1), 1.4, A)
    assert (found(state), explained(state)) == ([], set())


def test_what_a_shift_of_traffic_leaves_unsure_is_not_found() -> None:
    usual = {**LAME, X: seen(300, 0.01)}
    moved = {**whole(A=seen(50, 0.3), B=seen(250)), X: seen(300, 0.12)}
    state = evidence(changed(usual, moved, 1, UNLIKE), 1.4, X)
    span = moment(state).since(SINCE)
    suspect = span.suspect(X, "failed")
    assert suspect.sure > 1.0
    assert span.is_worth(suspect)
    assert (found(state), explained(state)) == ([], {X})


def test_of_a_shift_and_a_rise_the_rise_is_found_though_the_shift_shows_more_failures() -> None:
    state = evidence(
        changed(LAME, whole(A=seen(50, 0.3), B=seen(250, 0.04)), 10, UNLIKE), 1.4, ALL, B
    )
    assert places(state)[0] == (B, "failed")


def test_what_an_incident_explains_is_no_rival_of_what_is_found_beside_it() -> None:
    both = segments(AX=seen(100, 0.9), AY=seen(100), BX=seen(100), BY=seen(100, 0.2))
    state = evidence(changed(ROUTES, both, 10), 1.4, AX, BY)
    assert places(state, [known(AX)]) == [(BY, "failed")]


def test_a_wider_slice_may_explain_it_though_it_is_not_suspicious_yet() -> None:
    unevenly = segments(AX=seen(100, 0.4), AY=seen(100, 0.3), BX=seen(100), BY=seen(100))
    state = evidence(changed(ROUTES, unevenly, 10), 1.4, AX)
    assert places(state) == [(A, "failed")]


def test_of_signals_that_say_the_same_the_first_is_told() -> None:
    merchants = [f"merchant=m{number}" for number in range(3)]
    calm = {ALL: seen(900), **dict.fromkeys(merchants, seen(100))}
    ill = {ALL: 3 * seen(100, 0.4) + seen(600), **dict.fromkeys(merchants, seen(100, 0.4))}
    assert sorted(places(changed(calm, ill, 1))) == [(key, "failed") for key in merchants]


def test_each_trouble_began_when_its_own_evidence_did() -> None:
    both = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100, 0.4))
    state = evidence(changed(ROUTES, both, 10), 1.4, AX, began=SINCE + 3)
    later = evidence(state, 1.4, BY, began=SINCE + 7).tracker
    trails = {"failed": {**state.tracker.evidence["failed"], **later.evidence["failed"]}}
    tracker = msgspec.structs.replace(
        state.tracker,
        evidence={**state.tracker.evidence, **trails},
        hot=state.tracker.hot | later.hot,
    )
    state = msgspec.structs.replace(state, tracker=tracker)
    assert {item.verdict.slice: item.began - SINCE for item in found(state)} == {AX: 3, BY: 7}


GATEWAY, METHOD, BOTH = "gateway=G", "method=W", "gateway=G&method=W"


def served(gateway: int, method: int, both: Counts) -> Slices:
    """All traffic, a gateway and a method: what is in the gateway alone, in the method alone, in both."""
    return {
        ALL: both + seen(gateway + method + 900),
        GATEWAY: both + seen(gateway),
        METHOD: both + seen(method),
        "gateway=H": seen(900 + method),
        "method=C": seen(900 + gateway),
        BOTH: both,
    }


@pytest.mark.parametrize(
    ("gateway", "method", "place", "also"),
    [
        (0, 0, GATEWAY, (METHOD,)),  # the same payments: what can be changed
        (50, 0, METHOD, (GATEWAY,)),  # all of the method's go over the gateway, which has more
        (0, 50, GATEWAY, (METHOD,)),
        (1, 1, None, ()),  # nearly the same is not the same
        (50, 50, BOTH, ()),
    ],
)
def test_of_slices_that_hold_the_same_payments_it_is_told_of_both(
    gateway: int, method: int, place: str | None, also: tuple[str, ...]
) -> None:
    calm, ill = (served(gateway, method, seen(50, share)) for share in (0.0, 0.4))
    [incident] = changed(calm, ill, 10).incidents
    assert place in (incident.slice, None)
    assert incident.also == also


def test_what_has_a_gateway_alone_since_it_broke_is_not_always_there() -> None:
    calm, ill = served(50, 50, seen(50)), served(50, 0, seen(50, 0.4))
    [incident] = changed(calm, ill, 30).incidents
    assert incident.also == ()


def test_what_may_be_in_one_other_slice_by_chance_is_not_told_as_such() -> None:
    calm = {**whole(A=seen(1), B=seen(1)), X: seen(2), AX: seen(1), BX: seen(1)}
    ill = {
        **whole(A=seen(1, 1.0), B=seen(1)),
        X: seen(1) + seen(1, 1.0),
        AX: seen(1, 1.0),
        BX: seen(1),
    }
    [incident] = changed(calm, ill, 20).incidents
    assert incident.also == ()


def test_a_shift_of_traffic_beside_a_slice_that_fails_is_no_trouble_of_all_traffic() -> None:
    state = changed(LAME, whole(A=seen(50, 0.3), B=seen(250, 0.2)), 60, UNLIKE)
    assert told(state) == [B]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("grown", [20, 50, 100])
def test_a_shift_among_what_a_known_slice_leaves_is_no_trouble_of_all_traffic(
    share: float, grown: int
) -> None:
    calm = whole(A=seen(10, 0.3), B=seen(145), C=seen(145))
    then = whole(A=seen(grown, 0.3), B=seen(145, share), C=seen(155 - grown))
    assert told(changed(calm, then, 60, UNLIKE)) == [B]


def test_what_an_incident_that_is_over_showed_is_no_news_in_what_crosses_it() -> None:
    ill = segments(AX=seen(100, 0.4), AY=seen(100, 0.4), BX=seen(100), BY=seen(100))
    state = evidence(after([ROUTES] * CALM_SECONDS + [ill] * 20 + [ROUTES] * 5), 1.4, X, A)
    over = [incident(slice=A, started_at=SINCE, closed_at=SINCE + 22)]
    assert findings(moment(state), [], over)[0] == []
    assert findings(moment(state), [])[0] != []


def test_what_goes_on_beside_an_incident_that_is_over_is_told_for_all_that_it_showed() -> None:
    both = segments(AX=seen(100, 0.6), AY=seen(100, 0.4), BX=seen(100, 0.3), BY=seen(100))
    then = segments(AX=seen(100, 0.3), AY=seen(100), BX=seen(100, 0.3), BY=seen(100))
    state = evidence(after([ROUTES] * CALM_SECONDS + [both] * 20 + [then]), 1.4, X)
    over = [incident(slice=A, started_at=SINCE, closed_at=SINCE + 20)]
    [finding] = findings(moment(state), [], over)[0]
    assert (finding.verdict.slice, finding.began) == (X, SINCE)


def further(state: State, *incidents: Incident) -> Sighting | None:
    """What the first of the incidents turns out to be about, beside the others."""
    first, *others = incidents
    return reaches_further(moment(state), first, [other.slice for other in others])


@pytest.mark.parametrize(
    ("then", "wider"),
    [
        (ILL_ROUTE, None),
        (ILL_ISSUER, A),
        (segments(**dict.fromkeys(("AX", "AY", "BX", "BY"), seen(100, 0.4))), ALL),
    ],
)
def test_an_incident_reaches_as_far_as_explains_most(then: Slices, wider: str | None) -> None:
    sighting = further(changed(ROUTES, then, 10), known(AX))
    assert (sighting.verdict.slice if sighting else None) == wider


def test_an_incident_reaches_no_further_for_what_another_one_explains() -> None:
    both = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100, 0.4))
    state = changed(ROUTES, both, 10)
    assert further(state, known(AX), known(BY)) is None


def test_an_incident_reaches_no_further_for_a_trouble_that_begins_beside_it() -> None:
    both = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100, 0.4), BY=seen(100, 0.4))
    assert further(changed(ROUTES, both, 10), known(A)) is None


def test_an_incident_that_reaches_further_began_when_it_did_and_is_proven() -> None:
    sighting = further(changed(ROUTES, ILL_ISSUER, 10), known(AX))
    assert sighting is not None
    assert sighting.began == SINCE
    assert sighting.verdict.score > 75


def test_a_wider_slice_must_explain_clearly_more() -> None:
    slightly = segments(AX=seen(100, 0.4), AY=counts(approved=6, failed=1), BX=seen(100))
    state = changed(segments(AX=seen(100), AY=counts(approved=7), BX=seen(100)), slightly, 1)
    span = moment(state).since(SINCE)
    own, wider = span.suspect(AX, "failed"), span.suspect(A, "failed")
    assert 0.0 < wider.nats - own.nats < 5.0
    assert further(state, known(AX)) is None


def test_an_incident_whose_slice_fails_no_more_reaches_nowhere() -> None:
    state = changed(ROUTES, segments(AX=seen(100), AY=seen(100), BX=seen(100, 0.4), BY=seen(100)))
    assert further(state, known(AX)) is None


def test_what_failed_before_an_incident_began_is_not_what_it_reaches_to() -> None:
    before = segments(AX=seen(100), AY=seen(100, 0.4), BX=seen(100), BY=seen(100))
    state = after([ROUTES] * (CALM_SECONDS - 30) + [before] * 30 + [ILL_ROUTE] * 10)
    assert further(state, known(AX)) is None
    assert further(state, incident(slice=AX, started_at=SINCE - 30)) is not None


def test_the_causes_are_those_since_it_stands_out_and_more_than_elsewhere() -> None:
    usual = whole(A=seen(100, 0.05), B=seen(100, 0.05))
    ill = counts(approved=45, failed=55, gateway=5, issuer=50)
    [finding] = found(changed(usual, whole(A=ill, B=seen(100, 0.05)), 1, UNLIKE))
    assert finding.causes == {"issuer": 50}
    assert finding.elsewhere == pytest.approx(0.05)


def test_the_causes_of_before_it_stood_out_are_not_counted() -> None:
    usual = whole(A=seen(100, 0.05), B=seen(100))
    ill = counts(approved=45, failed=55, gateway=5, issuer=50)
    [finding] = found(changed(usual, whole(A=ill, B=seen(100)), 1, UNLIKE))
    assert finding.causes == {"gateway": 5, "issuer": 50}


def test_where_all_traffic_fails_nothing_is_elsewhere() -> None:
    [finding] = found(changed(WELL, whole(A=seen(100, 0.4), B=seen(100, 0.4)), 1))
    assert (finding.verdict.slice, finding.elsewhere) == (ALL, None)
    assert finding.causes == {"gateway": 80}


def test_an_open_incident_is_shown_as_the_window_has_it() -> None:
    state = changed(WELL, whole(A=seen(100, 0.4), B=seen(100)), 15)
    sighting = as_now(moment(state), known(A))
    assert sighting.verdict.rate == pytest.approx(0.1)
    assert sighting.verdict.attempts == 6000
    assert sighting.verdict.score >= 50.0
    assert sighting.began == SINCE


def test_what_is_not_found_scores_less_than_a_warning_whatever_its_evidence_is() -> None:
    verdict = suspicious(moment(evidence(changed(WELL, WELL), 1.5, A)))
    assert verdict is not None
    assert 45.0 < verdict.score < 50.0


def test_the_most_suspicious_is_the_slice_with_the_most_evidence() -> None:
    state = changed(WELL, whole(A=seen(100, 0.01), B=seen(100, 0.02)), 1)
    verdict = suspicious(moment(state))
    assert verdict is not None
    strengths = {
        key: strength(moment(state).trail(key, signal)) for signal, key in state.tracker.hot
    }
    assert strengths[verdict.slice] == max(strengths.values())


def test_looking_changes_nothing() -> None:
    state = changed(WELL, whole(A=seen(100, 0.4), B=seen(100)))
    before = repr(msgspec.structs.replace(state, version=0))
    look: list[Callable[[Moment], object]] = [suspicious, lambda it: findings(it, state.incidents)]
    for what in look:
        assert what(moment(state)) == what(moment(state))
    assert repr(msgspec.structs.replace(state, version=0)) == before


def test_what_is_left_of_a_slice_is_looked_for_since_the_last_incident_of_before() -> None:
    calm = segments(AX=seen(50), AY=seen(50), BX=seen(50), BY=seen(50))
    ill = segments(AX=seen(50, 0.5), AY=seen(50), BX=seen(50, 0.5), BY=seen(50))
    state = after([calm] * CALM_SECONDS + [ill] * 30 + [calm] * 40)
    over = SINCE + 30
    state = evidence(state, 1.2, A, began=over + 10)
    past = [(X, over), (Y, state.window.clock - 5)]
    left = _left(moment(state), A, "failed", [], past)
    assert left is None or left[1] > over
