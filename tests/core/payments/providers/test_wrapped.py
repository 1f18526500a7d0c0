"""Objects that nobody knows, with a payment in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.errors import Malformed
from functions.core.payments.codec import decode
from functions.core.payments.event import Payment
from functions.core.payments.providers import payments_of
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.providers.wrapped import MOST
from tests.notifications import OWN, SECOND_MS, STRIPE_FAILED, Json


def payments(it: Json) -> list[Payment]:
    found = payments_of(it)
    assert found is not None
    assert all(isinstance(item, Payment) for item in found)
    return found  # type: ignore[return-value]  # checked above


@pytest.mark.parametrize(
    "wrapping",
    [
        {"event": OWN},
        {"payload": OWN},
        {"data": OWN},
        {"data": {"payment": OWN}},
        {"payload": {"data": {"object": OWN}}},
        {"version": 1, "event": "payment.updated", "data": OWN},
        {"events": [OWN]},
        {"specversion": "1.0", "type": "x", "data": {"event": OWN}},
        {"_id": "1", "_index": "payments", "_source": OWN},
    ],
)
def test_a_payment_in_own_fields_is_found_in_what_is_put_around_it(wrapping: Json) -> None:
    assert payments(wrapping) == payments_of({"event": OWN})
    assert decode(json.dumps(wrapping).encode()) == decode(json.dumps(OWN).encode())


def test_what_stands_around_it_says_what_it_does_not_say_itself() -> None:
    (found,) = payments(
        {
            "id": "evt_1",
            "type": "payment.failed",
            "timestamp": "2026-05-28T20:26:40Z",
            "livemode": False,
            "merchant_id": "m1",
            "data": {"payment_id": "t1", "issuer": "acme", "error": {"code": "51"}},
        }
    )
    assert (found.transaction_id, found.status, found.timestamp_ms) == ("t1", "failed", SECOND_MS)
    assert (found.merchant, found.issuer, found.error_code) == ("m1", "ACME", "51")
    assert found.is_test


@pytest.mark.parametrize(
    ("kind", "status"),
    [("refund.processed", "refunded"), ("charge.dispute.created", "disputed"), ("payment.x", "approved")],
)  # fmt: skip
def test_of_a_refund_the_status_is_not_the_payments(kind: str, status: str) -> None:
    (found,) = payments({"event": kind, "data": {"id": "1", "status": "ok", "time": 1_780_000_000}})
    assert found.status == status


@pytest.mark.parametrize("kind", ["payout.failed", "customer.created", "settlement.processed"])
def test_an_event_of_another_thing_is_no_payment(kind: str) -> None:
    it = {"event": kind, "data": {"id": "1", "status": "failed", "time": 1_780_000_000}}
    assert payments_of(it) == [NoPayment("event", kind)]


def test_of_a_list_each_is_read_by_itself() -> None:
    found = payments_of({"data": [OWN, {**OWN, "payment_status": "purple"}, STRIPE_FAILED]})
    assert found is not None
    first, second, third = found
    assert isinstance(first, Payment)
    assert isinstance(second, Malformed)
    assert isinstance(third, Payment)
    assert (second.reason, third.gateway) == ("unknown_status", "stripe")


@pytest.mark.parametrize(
    "it",
    [{"data": {"hello": 1}}, {"data": []}, {"data": [1, OWN]}, {"event": "x"}, {"payload": {"data": {}}},
     {"event": {"id": "1", "status": "ok"}}],
)  # fmt: skip
def test_what_holds_no_payment_is_nobodys(it: Json) -> None:
    assert payments_of(it) is None


def test_a_payment_that_holds_another_is_itself() -> None:
    assert payments_of({**OWN, "object": "x", "data": OWN}) is None
    (found,) = decode(json.dumps({**OWN, "object": "x", "data": {**OWN, "id": "2"}}).encode())
    assert isinstance(found, Payment)
    assert found.transaction_id == OWN["transaction_id"]


@pytest.mark.parametrize("name", ["data", "items", "events"])
def test_a_list_without_end_is_refused_whole(name: str) -> None:
    found = payments_of({name: [OWN] * (MOST + 1)})
    assert found is not None
    (fault,) = found
    assert isinstance(fault, Malformed)
    assert fault.reason == "too_many"


def test_what_is_put_around_without_end_is_opened_a_few_times() -> None:
    it: Any = OWN
    for _ in range(50):
        it = {"data": it}
    assert payments_of(it) is None
