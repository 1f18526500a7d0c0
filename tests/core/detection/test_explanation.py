"""Which slice is to blame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts, attempts, blamed
from functions.core.counting.slices import ALL, crossing, disjoint, refines
from functions.core.detection.evidence import Normal, surprise
from functions.core.detection.explanation import (
    Crossing,
    Suspect,
    beside_it,
    causes,
    most_of_all,
    two_causes,
    without,
)
from functions.core.detection.tuning import ExplanationTuning
from tests.builders import counts
from tests.traffic import Fault, Traffic

MOST_CAUSES = ExplanationTuning().most_causes

HDFC_VISA = {"issuer": "HDFC", "network": "VISA"}
FAILED = "failed"
USUAL = Normal(0.003, 0.001, 1.0)
NEEDED = 20.0
"""Nats."""


def weighed(suspect: Suspect, total: int, events: int) -> Suspect:
    """The suspect with these attempts and events, where everything is as usual as USUAL."""
    nats = surprise(events, total, USUAL, 0.005)
    return Suspect(
        slice=suspect.slice,
        signal=suspect.signal,
        attempts=total,
        events=events,
        expected=total * USUAL.rate,
        nats=nats,
        sure=nats / NEEDED,
    )


def suspect(key: str, total: int, events: int) -> Suspect:
    return weighed(Suspect(key, FAILED, 0, 0, 0.0, 0.0, 0.0), total, events)


def uncounted(_: Suspect, __: Suspect) -> Suspect | None:
    """What two slices hold in common is not counted."""
    return None


def suspects(sums: Mapping[str, Counts]) -> list[Suspect]:
    return [suspect(key, attempts(seen), blamed(seen, "failed")) for key, seen in sums.items()]


def minute(*faults: Fault, rate: int = 200) -> Mapping[str, Counts]:
    """The sums over a minute in which the faults were there throughout."""
    sums: dict[str, Counts] = {}
    for coming in Traffic(rate=rate, faults=faults)(60):
        for bucket in coming.tally.seconds.values():
            for key, seen in bucket.slices.items():
                sums[key] = sums.get(key, NONE) + seen
    return sums


def to_blame(*faults: Fault, rate: int = 200) -> list[str]:
    standing = suspects(minute(*faults, rate=rate))
    return [cause.slice for cause in causes(standing, weighed, counted(standing))]


def counted(standing: list[Suspect]) -> Crossing:
    """What two slices hold in common, where that is a slice too."""
    by_slice = {suspect.slice: suspect for suspect in standing}

    def shared(suspect: Suspect, cause: Suspect) -> Suspect | None:
        return by_slice.get(crossing(suspect.slice, cause.slice))

    return shared


def place(share: float, rate: float, beside: float, total: int = 4000) -> list[str]:
    """What is named where one merchant with that share of all traffic fails at that rate, and the rest at
    another."""
    inside = round(share * total)
    ill, rest = round(rate * inside), round(beside * (total - inside))
    standing = [suspect("merchant=BIG", inside, ill), suspect(ALL, total, ill + rest)]
    return [cause.slice for cause in causes(standing, weighed, uncounted)]


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99])
@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_one_place_with_most_of_the_traffic_is_named_where_the_rest_is_well(
    share: float, rate: float
) -> None:
    assert place(share, rate, 0.0) == ["merchant=BIG"]


@pytest.mark.parametrize("share", [0.6, 0.8, 0.9, 0.97, 0.99])
@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_where_what_comes_beside_the_one_place_fails_too_it_is_all_traffic(
    share: float, rate: float
) -> None:
    assert place(share, rate, rate) == [ALL]


def test_nobody_is_named_while_what_little_comes_beside_the_one_place_has_not_told() -> None:
    assert place(0.99, 0.5, 0.0, total=60) == []
    assert place(0.99, 0.5, 0.0, total=600) == ["merchant=BIG"]


def test_what_comes_beside_the_one_place_says_by_its_payments_whether_it_fails_alike() -> None:
    big, every = suspect("merchant=BIG", 990, 495), suspect(ALL, 1000, 495)
    assert beside_it(every, big) < -6.0
    assert beside_it(suspect(ALL, 1000, 500), big) > 20.0
    assert beside_it(big, big) == 0.0
    assert most_of_all(every, [suspect("merchant=HALF", 500, 495)]) is None


def fault(where: Mapping[str, str], share: float) -> Fault:
    return Fault(where, share, start=0)


def test_ordinary_traffic_has_no_cause() -> None:
    assert to_blame() == []


def test_an_outage_of_one_route_is_blamed_on_the_route() -> None:
    assert to_blame(fault(HDFC_VISA, 0.5)) == ["issuer=HDFC&network=VISA"]


def test_a_partial_outage_of_one_route_is_blamed_on_the_route() -> None:
    assert to_blame(fault(HDFC_VISA, 0.08)) == ["issuer=HDFC&network=VISA"]


def test_an_outage_of_an_issuer_is_blamed_on_the_issuer_alone() -> None:
    assert to_blame(fault({"issuer": "SBI"}, 0.5)) == ["issuer=SBI"]


def test_an_outage_of_a_gateway_is_blamed_on_it_although_one_method_dominates_it() -> None:
    assert to_blame(fault({"gateway": "alpha"}, 0.3)) == ["gateway=alpha"]


def test_an_outage_of_one_method_of_a_gateway_is_blamed_on_both() -> None:
    assert to_blame(fault({"gateway": "beta", "method": "upi"}, 0.6)) == ["gateway=beta&method=upi"]


def test_when_everything_rises_alike_all_traffic_is_to_blame() -> None:
    assert to_blame(fault({}, 0.05)) == [ALL]


def test_two_outages_that_share_nothing_are_two_causes() -> None:
    other = {"issuer": "SBI", "network": "RUPAY"}
    found = to_blame(fault(HDFC_VISA, 0.5), fault(other, 0.5))
    assert sorted(found) == ["issuer=HDFC&network=VISA", "issuer=SBI&network=RUPAY"]


def test_an_outage_beside_a_known_one_is_found_and_the_known_one_is_not_found_again() -> None:
    faults = (fault(HDFC_VISA, 0.5), fault({"issuer": "SBI", "network": "RUPAY"}, 0.5))
    standing = suspects(minute(*faults))
    first, second = causes(standing, weighed, uncounted)
    assert causes(beside(first, standing), weighed, uncounted) == [second]


def test_a_known_cause_explains_all_that_it_raises() -> None:
    standing = suspects(minute(fault(HDFC_VISA, 0.5)))
    [cause] = causes(standing, weighed, uncounted)
    assert causes(beside(cause, standing), weighed, uncounted) == []


def beside(cause: Suspect, standing: list[Suspect]) -> list[Suspect]:
    left = [without(suspect, cause, weighed, uncounted) for suspect in standing]
    return [suspect for suspect in left if suspect is not None]


def test_a_known_cause_that_is_no_longer_counted_explains_nothing() -> None:
    gone = suspect("issuer=GONE", 0, 0)
    for other in suspects(minute()):
        assert without(other, gone, weighed, uncounted) == other


keys = st.sampled_from(
    [ALL, "issuer=A", "issuer=B", "network=X", "issuer=A&network=X", "issuer=B&network=X"]
)
numbers = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda n: (n[0] + n[1], n[1]))
made = st.builds(lambda key, n: suspect(key, *n), keys, numbers)


@given(made, made)
def test_what_a_cause_explains_is_taken_out_and_never_more(other: Suspect, cause: Suspect) -> None:
    left = without(other, cause, weighed, uncounted)
    if refines(other.slice, cause.slice):
        assert left is None
    elif disjoint(other.slice, cause.slice):
        assert left == other
    else:
        assert left is not None
        assert 0 <= left.events <= other.events
        assert 0 <= left.attempts <= other.attempts


@given(made, made, numbers)
def test_of_a_slice_that_crosses_the_cause_what_both_hold_is_taken_out(
    other: Suspect, cause: Suspect, shared: tuple[int, int]
) -> None:
    both = suspect("both", *shared)
    left = without(other, cause, weighed, lambda *_: both)
    apart = disjoint(other.slice, cause.slice) or refines(cause.slice, other.slice)
    if left is not None and not apart:
        assert left.events == max(0, other.events - both.events)
        assert left.attempts == max(0, other.attempts - both.attempts)


# Gateway G1 and issuer BETA share a tenth of all payments; both are counted, and what they share.
GATEWAY, ISSUER = "gateway=G1", "issuer=BETA"


def crossed(
    gateway: float, issuer: float, both: float, rest: float = 0.003, of: int = 1000
) -> list[Suspect]:
    """Suspects where these shares fail: of the gateway's alone, the issuer's alone, of what is in
    both, of all others."""
    cells = {
        "gateway": (0.3, gateway),
        "issuer": (0.15, issuer),
        "both": (0.1, both),
        "rest": (0.45, rest),
    }
    came = {
        name: (round(of * part), round(of * part * share)) for name, (part, share) in cells.items()
    }

    def together(key: str, *names: str) -> Suspect:
        return suspect(key, sum(came[n][0] for n in names), sum(came[n][1] for n in names))

    return [
        together(ALL, *cells),
        together(GATEWAY, "gateway", "both"),
        together(ISSUER, "issuer", "both"),
        together(f"{GATEWAY}&{ISSUER}", "both"),
    ]


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.3, 0.4, 0.58), [GATEWAY, ISSUER]),
        ((0.1, 0.1, 0.19), [GATEWAY, ISSUER]),
        ((0.3, 0.003, 0.3), [GATEWAY]),
        ((0.003, 0.4, 0.4), [ISSUER]),
        ((0.003, 0.003, 0.6), [f"{GATEWAY}&{ISSUER}"]),
        ((0.3, 0.3, 0.3, 0.3), [ALL]),
    ],
)
def test_of_one_cause_two_and_all_traffic_the_likeliest_is_named(
    shares: Sequence[float], told: list[str]
) -> None:
    gateway, issuer, both, *rest = shares
    standing = crossed(gateway, issuer, both, rest=rest[0] if rest else 0.003)
    found = causes(standing, weighed, counted(standing))
    assert sorted(cause.slice for cause in found) == sorted(told)


def test_what_two_causes_share_fails_for_either() -> None:
    likely, unlikely = crossed(0.4, 0.4, 0.64), crossed(0.4, 0.4, 0.003)
    [two] = two_causes(likely, weighed, counted(likely))
    for other in two_causes(unlikely, weighed, counted(unlikely)):
        assert other.nats < sum(part.nats for part in other.alone) < two.nats


def test_of_two_causes_the_one_that_is_not_proven_alone_is_waited_for() -> None:
    standing = crossed(0.5, 0.035, 0.5, of=400)
    assert [cause.slice for cause in causes(standing, weighed, counted(standing))] == [GATEWAY]


def test_where_nothing_is_known_of_what_two_slices_share_they_are_no_pair() -> None:
    standing = [one for one in crossed(0.3, 0.4, 0.58) if one.slice in (GATEWAY, ISSUER)]
    assert two_causes(standing, weighed, counted(standing)) == []


def test_slices_that_hold_the_same_payments_are_no_pair() -> None:
    standing = crossed(0.3, 0.4, 0.58)
    assert two_causes(standing, weighed, counted(standing))
    assert not two_causes(standing, weighed, counted(standing), inside=lambda *_: True)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.2))
def test_two_causes_hold_a_fair_part_each_and_nearly_all_together(
    gateway: float, issuer: float, both: float, rest: float
) -> None:
    tuning = ExplanationTuning()
    standing = crossed(gateway, issuer, both, rest)
    for two in two_causes(standing, weighed, counted(standing)):
        assert all(part.excess >= tuning.fair_alone * two.excess for part in two.alone)
        surely = standing[0].excess - tuning.doubt * standing[0].expected ** 0.5
        assert two.excess >= tuning.nearly_all * surely


@given(st.lists(made, max_size=8))
def test_every_cause_stood_out_and_none_lies_inside_of_another(standing: list[Suspect]) -> None:
    found = causes(standing, weighed, uncounted)
    assert len(found) <= MOST_CAUSES
    assert all(cause.sure >= 1.0 for cause in found)
    for number, cause in enumerate(found):
        assert not any(refines(later.slice, cause.slice) for later in found[number + 1 :])


@given(st.permutations(suspects(minute(fault(HDFC_VISA, 0.3), rate=20))))
def test_the_order_of_the_suspects_makes_no_difference(standing: list[Suspect]) -> None:
    assert [cause.slice for cause in causes(standing, weighed, uncounted)] == [
        "issuer=HDFC&network=VISA"
    ]


def test_no_more_causes_are_named_than_anybody_reads() -> None:
    faults = [
        fault({"issuer": issuer, "network": network}, 0.7)
        for issuer, network in (
            ("HDFC", "VISA"), ("ICICI", "MASTERCARD"), ("SBI", "RUPAY"), ("AXIS", "VISA")
        )
    ]  # fmt: skip
    assert len(to_blame(*faults)) <= MOST_CAUSES


def test_an_issuer_that_has_one_network_alone_is_blamed_in_the_fewest_words() -> None:
    good, bad = counts(approved=5000), counts(approved=500, failed=500, issuer=500)
    sums = {
        ALL: good + bad,
        "issuer=A": bad,
        "issuer=B": good,
        "network=X": bad,
        "network=Y": good,
        "issuer=A&network=X": bad,
        "issuer=B&network=Y": good,
    }
    [cause] = causes(suspects(sums), weighed, uncounted)
    assert cause.slice in ("issuer=A", "network=X")
