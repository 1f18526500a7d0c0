"""Counts packed into one number: adding them is adding every field, and nothing spills over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.vocabulary import CAUSES, PATH_CAUSES
from functions.core.counting.counts import (
    BAD,
    BLAMED_AT,
    FIELDS,
    NONE,
    SPEEDS,
    Counts,
    approved,
    attempts,
    blamed,
    by_cause,
    counts_of,
    events,
    failures,
    field,
    fields,
    from_bytes,
    minus,
    one,
    payments,
    risen,
    shown,
    slower,
    speed,
    speeds,
    to_bytes,
)
from functions.core.payments.event import ATTEMPT_STATUSES, STATUSES
from tests.builders import counts

LARGEST = 2**62
values = st.dictionaries(st.sampled_from(FIELDS), st.integers(0, LARGEST))
packed = values.map(counts_of)
outcomes = st.sampled_from(
    [
        *((status, "") for status in STATUSES),
        *((status, cause) for status in ("failed", "denied", "reversed") for cause in CAUSES),
    ]
)
lists = st.lists(outcomes, max_size=12)


def unpacked(seen: Counts) -> dict[str, int]:
    return dict(zip(FIELDS, fields(seen), strict=True))


def of(outcomes: list[tuple[str, str]]) -> Counts:
    return sum(one(status, cause) for status, cause in outcomes)


@given(values)
def test_every_field_comes_back_as_it_was_packed(given: dict[str, int]) -> None:
    seen = counts_of(given)
    assert unpacked(seen) == {name: given.get(name, 0) for name in FIELDS}
    assert all(field(seen, name) == given.get(name, 0) for name in FIELDS)


@given(packed, packed)
def test_adding_counts_adds_them_field_by_field(first: Counts, second: Counts) -> None:
    both = unpacked(first + second)
    assert both == {n: field(first, n) + field(second, n) for n in FIELDS}


@given(packed, packed)
def test_what_was_added_can_be_taken_away_again(first: Counts, second: Counts) -> None:
    assert first + second - second == minus(first + second, second) == first


@given(packed, packed)
def test_taking_away_leaves_no_field_below_nothing(first: Counts, second: Counts) -> None:
    left = unpacked(minus(first, second))
    assert left == {n: max(0, field(first, n) - field(second, n)) for n in FIELDS}


@given(packed, st.integers(0, 3))
def test_counts_can_be_multiplied(seen: Counts, times: int) -> None:
    small = counts_of({name: field(seen, name) // 4 for name in FIELDS})
    assert unpacked(small * times) == {n: field(small, n) * times for n in FIELDS}


@given(packed)
def test_counts_come_back_from_their_bytes(seen: Counts) -> None:
    assert from_bytes(to_bytes(seen)) == seen


def test_few_payments_take_few_bytes() -> None:
    assert to_bytes(NONE) == b""
    assert len(to_bytes(counts(approved=200))) == 1


@given(lists)
def test_attempts_are_the_payments_with_a_final_outcome(paid: list[tuple[str, str]]) -> None:
    assert attempts(of(paid)) == sum(status in ATTEMPT_STATUSES for status, _ in paid)
    assert payments(of(paid)) == len(paid)


@given(lists)
def test_every_payment_is_counted_under_its_status(paid: list[tuple[str, str]]) -> None:
    seen = of(paid)
    for status in set(STATUSES) - {"abandoned", "disputed"}:  # counted as pending, as refunded
        number = approved(seen) if status == "approved" else field(seen, status)
        alike = {"pending": "abandoned", "refunded": "disputed"}.get(status)
        assert number == sum(had in (status, alike) for had, _ in paid)


@given(lists)
def test_what_customers_and_fraud_rules_did_is_nobodys_blame(paid: list[tuple[str, str]]) -> None:
    seen = of(paid)
    for signal in ("failed", "denied"):
        ours = sum(s == signal and c not in ("customer", "fraud") for s, c in paid)
        assert blamed(seen, signal) == ours
    assert blamed(seen, "attributable") == sum(cause in PATH_CAUSES for _, cause in paid)
    assert blamed(seen, "reversed") == sum(status == "reversed" for status, _ in paid)


@given(lists)
def test_what_is_blamed_has_its_field_where_it_is_looked_for(paid: list[tuple[str, str]]) -> None:
    seen = of(paid)
    for signal, at in BLAMED_AT.items():
        assert seen >> at & (2**64 - 1) == blamed(seen, signal)


@given(lists, st.lists(st.floats(0, 60_000), max_size=4))
def test_only_counts_with_something_wrong_in_them_are_called_bad(
    paid: list[tuple[str, str]], latencies: list[float]
) -> None:
    seen = of(paid) + sum(map(speed, latencies))
    went_well = not any(status in ATTEMPT_STATUSES - {"approved"} for status, _ in paid)
    assert (seen < BAD) == went_well


@given(st.lists(st.floats(0, 60_000), max_size=20))
def test_latencies_are_counted_by_the_bound_they_keep(latencies: list[float]) -> None:
    seen = speeds(sum(map(speed, latencies)))
    kept = [sum(latency <= bound for latency in latencies) for bound in SPEEDS]
    assert [sum(seen[: n + 1]) for n in range(len(SPEEDS))] == kept
    assert sum(seen) == len(latencies)


@given(lists)
def test_failures_are_what_did_not_succeed_each_still_an_attempt(
    paid: list[tuple[str, str]],
) -> None:
    bad = [(s, c) for s, c in paid if s in ATTEMPT_STATUSES and s != "approved"]
    assert failures(of([(s, c if s in ATTEMPT_STATUSES else "") for s, c in paid])) == of(bad)


@pytest.mark.parametrize("cause", CAUSES)
def test_attributable_is_what_the_payment_path_caused(cause: str) -> None:
    seen = counts(denied=4, **{cause: 4})
    assert events(seen, "attributable") == (4 if cause in PATH_CAUSES else 0)
    assert events(seen, "denied") == 4
    assert by_cause(seen) == {cause: 4}


def test_failures_are_the_counts_without_what_went_well() -> None:
    seen = counts(approved=5, refunded=2, pending=1, failed=3, issuer=3)
    assert failures(seen) == counts(failed=3, issuer=3)


def test_what_was_denied_is_not_taken_for_a_cause_of_what_failed() -> None:
    seen = counts(failed=10, denied=50, gateway=10, customer=45, fraud=5)
    assert shown(seen, "failed") == {"gateway": 10}


def test_what_is_attributable_has_causes_on_the_payment_path_alone() -> None:
    seen = counts(denied=60, issuer=10, customer=50)
    assert shown(seen, "attributable") == {"issuer": 10}


def test_what_is_denied_to_us_has_neither_customers_nor_fraud_rules_for_causes() -> None:
    seen = counts(denied=60, issuer=10, customer=50)
    assert shown(seen, "denied") == {"issuer": 10}


def test_the_causes_that_rose_are_those_above_the_rate_elsewhere() -> None:
    here = counts(approved=800, failed=90, denied=110, customer=110, issuer=90)
    elsewhere = counts(approved=900, denied=100, customer=100)
    assert risen(here, elsewhere, "reversed") == {"customer": 10, "issuer": 90}
    assert risen(here, elsewhere, "failed") == {"issuer": 90}


@given(st.lists(st.floats(1, 60_000), max_size=30), st.sampled_from(["approved", "failed"]))
def test_what_is_slower_is_the_sum_of_the_fields_from_a_bound_on(
    latencies: list[float], status: str
) -> None:
    came = sum((one(status, "") + speed(latency) for latency in latencies), NONE)
    for index in range(len(SPEEDS) + 1):
        assert slower(came, index) == sum(speeds(came)[index:])
