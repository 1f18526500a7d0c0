"""Which slice is to blame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.core.localise import MOST_CAUSES, causes, without
from functions.core.score import DEFAULT_THRESHOLDS, SLICE_SIGNALS, Verdict, judge
from functions.core.slices import ALL
from functions.core.tally import Counts, plus
from tests.builders import counts
from tests.traffic import Fault, Traffic

HDFC_VISA = {"issuer": "HDFC", "network": "VISA"}


def judged(key: str, seen: Counts) -> Verdict:
    return judge(key, seen, SLICE_SIGNALS, DEFAULT_THRESHOLDS, 1e-6)


def minute(*faults: Fault, rate: int = 200) -> Mapping[str, Counts]:
    """The sums over a minute in which the faults were there throughout."""
    sums: dict[str, Counts] = {}
    for coming in Traffic(rate=rate, faults=faults)(60):
        for bucket in coming.tally.seconds.values():
            for key, seen in bucket.slices.items():
                sums[key] = plus(sums[key], seen) if key in sums else seen
    return sums


def blamed(*faults: Fault, known: Sequence[Verdict] = (), rate: int = 200) -> list[str]:
    return [cause.slice for cause in causes(minute(*faults, rate=rate), judged, known)]


def fault(where: Mapping[str, str], share: float) -> Fault:
    return Fault(where, share, start=0)


def test_ordinary_traffic_has_no_cause() -> None:
    assert blamed() == []


def test_an_outage_of_one_route_is_blamed_on_the_route() -> None:
    assert blamed(fault(HDFC_VISA, 0.5)) == ["issuer=HDFC&network=VISA"]


def test_a_partial_outage_of_one_route_is_blamed_on_the_route() -> None:
    assert blamed(fault(HDFC_VISA, 0.08)) == ["issuer=HDFC&network=VISA"]


def test_an_outage_of_an_issuer_is_blamed_on_the_issuer_alone() -> None:
    assert blamed(fault({"issuer": "SBI"}, 0.5)) == ["issuer=SBI"]


def test_an_outage_of_a_gateway_is_blamed_on_it_although_one_method_dominates_it() -> None:
    assert blamed(fault({"gateway": "alpha"}, 0.3)) == ["gateway=alpha"]


def test_an_outage_of_one_method_of_a_gateway_is_blamed_on_both() -> None:
    assert blamed(fault({"gateway": "beta", "method": "upi"}, 0.6)) == ["gateway=beta&method=upi"]


def test_when_everything_rises_alike_all_traffic_is_blamed() -> None:
    assert blamed(fault({}, 0.05)) == [ALL]


def test_two_outages_that_share_nothing_are_two_causes() -> None:
    other = {"issuer": "SBI", "network": "RUPAY"}
    found = blamed(fault(HDFC_VISA, 0.5), fault(other, 0.5))
    assert sorted(found) == ["issuer=HDFC&network=VISA", "issuer=SBI&network=RUPAY"]


def test_an_outage_beside_a_known_one_is_found_and_the_known_one_is_not_found_again() -> None:
    faults = (fault(HDFC_VISA, 0.5), fault({"issuer": "SBI", "network": "RUPAY"}, 0.5))
    [first, second] = causes(minute(*faults), judged)
    assert blamed(*faults, known=[first]) == [second.slice]


def test_a_known_cause_explains_all_that_it_raises() -> None:
    [cause] = causes(minute(fault(HDFC_VISA, 0.5)), judged)
    assert blamed(fault(HDFC_VISA, 0.5), known=[cause]) == []


def test_a_known_cause_that_is_no_longer_counted_explains_nothing() -> None:
    sums = minute()
    assert without(sums, sums, judged("issuer=GONE", counts(failed=5))) == sums


def test_no_more_causes_are_named_than_anybody_reads() -> None:
    faults = [
        fault({"issuer": issuer, "network": network}, 0.7)
        for issuer, network in (
            ("HDFC", "VISA"), ("ICICI", "MASTERCARD"), ("SBI", "RUPAY"), ("AXIS", "VISA")
        )
    ]  # fmt: skip
    assert len(blamed(*faults)) <= MOST_CAUSES


def test_an_issuer_that_has_one_network_alone_is_blamed_in_the_fewest_words() -> None:
    good, bad = counts(approved=5000), counts(approved=500, failed=500, issuer=500)
    sums = {
        ALL: plus(good, bad),
        "issuer=A": bad,
        "issuer=B": good,
        "network=X": bad,
        "network=Y": good,
        "issuer=A&network=X": bad,
        "issuer=B&network=Y": good,
    }
    [cause] = causes(sums, judged)
    assert cause.slice in ("issuer=A", "network=X")


def test_judging_changes_nothing_of_the_sums() -> None:
    sums = dict(minute(fault(HDFC_VISA, 0.5)))
    before = {key: list(seen) for key, seen in sums.items()}
    causes(sums, judged)
    assert sums == before
