"""What senders nest inside of their own fields is read as if it stood there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.payments.codec import decode
from functions.core.payments.event import Payment, names_read
from functions.core.payments.nested import OBJECTS, spread, typed
from tests.builders import event, read

RAZORPAYS_ERROR = {
    "code": "BAD_REQUEST_ERROR",
    "reason": "payment_cancelled",
    "source": "customer",
    "step": "payment_authentication",
    "description": "The customer left",
}


@pytest.mark.parametrize("name", ["error", "failure", "decline", "error_details", "lastError"])
def test_why_a_payment_failed_may_lie_in_an_object(name: str) -> None:
    found = read(payment_status="failed", **{name: RAZORPAYS_ERROR})
    assert (found.error_code, found.error_message) == ("payment_cancelled", "The customer left")
    assert classify(found, load()) == "customer"
    assert not found.faults


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"error": {"code": "51"}}, {"error_code": "51"}),
        ({"errors": [{"category": "X", "code": "91", "detail": "Down"}]},
         {"error_code": "91", "error_message": "Down"}),
        ({"error": {"type": "INSUFFICIENT_FUNDS"}}, {"error_code": "INSUFFICIENT_FUNDS"}),
        ({"decline": {"reason": "The bank did not answer"}},
         {"error_code": None, "error_message": "The bank did not answer"}),
        ({"error": {"source": "issuer"}, "error_code": "declined"},
         {"error_code": "declined", "error_message": "issuer"}),
        ({"error": "Not enough money"}, {"error_message": "Not enough money"}),
        ({"card": {"brand": "visa", "issuer": "Acme", "country": "in"}},
         {"network": "VISA", "issuer": "ACME", "country": "IN"}),
        ({"payment_method": {"type": "card", "card": {"brand": "mc"}}},
         {"method": "card", "network": "MASTERCARD"}),
        ({"merchant": {"name": "Shop", "id": "m1"}, "customer": {"id": "c1"}},
         {"merchant": "m1", "user_id": "c1"}),
        ({"issuer": {"id": 7, "name": "Acme"}, "gateway": {"name": "PayU"}},
         {"issuer": "ACME", "gateway": "payu"}),
        ({"payment_status": None, "status": {"state": "declined", "code": "51"}},
         {"status": "denied", "error_code": "51"}),
        ({"amount": {"units": "12", "nanos": 500_000_000, "currency_code": "USD"}},
         {"amount": 12.5, "currency": "USD"}),
        ({"amount": {"$numberDecimal": "12.50"}, "currency": "EUR"}, {"amount": 12.5}),
        ({"timestamp": {"$date": "2026-05-28T20:26:40Z"}}, {"timestamp_ms": 1_780_000_000_000}),
        ({"timestamp": {"$date": {"$numberLong": "1780000000000"}}},
         {"timestamp_ms": 1_780_000_000_000}),
        ({"timestamp": {"$timestamp": {"t": 1_780_000_000, "i": 1}}},
         {"timestamp_ms": 1_780_000_000_000}),
        ({"transaction_id": {"$oid": "507f1f77bcf86cd799439011"}},
         {"transaction_id": "507f1f77bcf86cd799439011"}),
        ({"count": {"$numberInt": "3"}, "latency_ms": {"$numberDouble": "80.5"}},
         {"count": 3, "latency_ms": 80.5}),
    ],
)  # fmt: skip
def test_what_is_nested_is_read_as_if_it_stood_outside(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = read(**fields)
    assert {name: getattr(found, name) for name in expected} == expected
    assert not found.faults


def test_what_stands_outside_comes_before_what_is_nested() -> None:
    found = read(card={"brand": "visa", "issuer": "A"}, brand="mc", bank="B")
    assert (found.network, found.issuer) == ("MASTERCARD", "B")
    assert read(error={"code": "51"}, error_code="91").error_code == "91"


def test_an_object_that_says_nothing_costs_its_field_as_before() -> None:
    assert read(card={}).faults == ("network: an object",)
    assert read(card={"number": "x"}).faults == ("network: an object",)
    assert read(error=False).faults == ()


def test_the_archive_and_try_are_told_where_it_came_from() -> None:
    values = event(error={"code": "51"}, card={"brand": "visa"})
    assert {"error.code", "card.brand"} <= names_read(values)
    assert spread({"errors": [{"code": "51"}]})[1] == {"error_code": "errors[0].code"}


@pytest.mark.parametrize(
    "value",
    [{"$date": {"$date": {}}}, {"$oid": {}}, {"$date": True}, {"$where": "1"}, {}, {"a": 1, "$date": 1},
     {"$timestamp": {}}, {"$numberDecimal": [1]}, "x", 7, None, [], {"$binary": "AAAA"}],
)  # fmt: skip
def test_what_is_no_typed_value_stays_as_it_is(value: Any) -> None:
    assert typed(value) == value


def test_a_long_number_is_a_whole_one_where_it_is() -> None:
    assert typed({"$numberLong": "-7"}) == -7
    assert typed({"$numberLong": "7.5"}) == "7.5"
    assert typed({"$numberLong": "9" * 5000}) == "9" * 5000


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(sorted({n for names in OBJECTS.values() for n in names} | {"$date", "$oid", "units", "nanos", "card"})),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*sorted(OBJECTS), "amount"]), anything, max_size=4))
def test_whatever_is_nested_costs_no_payment(nested: dict[str, Any]) -> None:
    nested.pop("status", None)
    (found,) = decode(json.dumps(event(**nested)).encode())
    assert isinstance(found, Payment)


def test_rows_at_once_are_read_as_each_by_itself() -> None:
    several: list[dict[str, Any]] = [
        {"error": None}, {"error": {"code": "51"}}, {"error": "Timed out"}, {}, {"error": {}},
        {"card": {"brand": "visa"}}, {"card": "mc"}, {"source": "web"}, {"source": {"type": "upi"}},
    ]  # fmt: skip
    rows = [
        event(transaction_id=f"t{n}", payment_status="failed", **fields)
        for n, fields in enumerate(several)
    ]
    lines = [json.dumps(row).encode() for row in rows]
    assert decode(b"\n".join(lines)) == [item for line in lines for item in decode(line)]
