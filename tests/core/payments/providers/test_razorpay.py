"""Razorpay's webhooks and payments, as payments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import load
from functions.core.payments.codec import decode
from functions.core.payments.event import Payment
from functions.core.payments.providers.razorpay import STATUSES, read
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import RAZORPAY_FAILED, RAZORPAY_REFUND, SECOND, Json, changed

PAYMENT: Json = RAZORPAY_FAILED["payload"]["payment"]["entity"]


def only(notification: Json) -> dict[str, Any]:
    (found,) = read(notification)
    assert isinstance(found, dict)
    return found


def test_a_failed_payment_tells_all_that_is_known_of_it() -> None:
    assert read(RAZORPAY_FAILED) == [
        {
            "transaction_id": "order_made_up_1",
            "attempt_id": "pay_made_up_1",
            "payment_status": "failed",
            "timestamp": SECOND,
            "error_scheme": "razorpay_card",
            "error_code": "bank_technical_error",
            "error_message": "Payment failed because the bank is down. (source bank,"
            " payment_authorization)",
            "amount": 1250.5,
            "currency": "INR",
            "payment_method": "card",
            "network": "RuPay",
            "issuer": "SBIN",
            "country": "IN",
            "merchant_id": "acc_made_up",
            "gateway": "razorpay",
        }
    ]


def test_a_payment_alone_is_read_with_its_own_time() -> None:
    assert only(PAYMENT)["timestamp"] == SECOND - 20
    assert only(PAYMENT)["error_code"] == "bank_technical_error"


@pytest.mark.parametrize(
    ("code", "reason", "source", "scheme", "found"),
    [
        ("BAD_REQUEST_ERROR", "payment_cancelled", "customer", "razorpay_card", "payment_cancelled"),
        ("GATEWAY_ERROR", "gateway_technical_error", "gateway", "razorpay_card",
         "gateway_technical_error"),
        ("BAD_REQUEST_ERROR", "payment_failed", "customer", "razorpay_source", "customer"),
        ("BAD_REQUEST_ERROR", None, "business", "razorpay_source", "business"),
        ("BAD_REQUEST_ERROR", None, None, "razorpay_card", "BAD_REQUEST_ERROR"),
        ("BAD_REQUEST_ERROR", "payment_failed", "NA", "razorpay_card", "payment_failed"),
        (None, None, None, None, None),
    ],
)  # fmt: skip
def test_the_reason_says_more_than_the_code_and_the_source_more_than_nothing(
    code: Any, reason: Any, source: Any, scheme: Any, found: Any
) -> None:
    payment = {**PAYMENT, "error_code": code, "error_reason": reason, "error_source": source}
    read_ = only(payment)
    assert (read_.get("error_scheme"), read_.get("error_code")) == (scheme, found)


@pytest.mark.parametrize(
    ("method", "reason", "source", "cause"),
    [
        ("upi", "payment_cancelled", "customer", "customer"),
        ("upi", "incorrect_otp", "customer", "customer"),
        ("netbanking", "bank_technical_error", "bank", "issuer"),
        ("wallet", "gateway_technical_error", "gateway", "gateway"),
        ("card", "payment_failed", "customer", "customer"),
        ("card", None, "business", "merchant"),
        ("card", None, "internal", "gateway"),
        ("card", "payment_failed", "bank", "unknown"),
    ],
)
def test_a_generic_code_is_never_the_merchants_for_sure(
    method: str, reason: Any, source: str, cause: str
) -> None:
    payment = {
        **PAYMENT,
        "method": method,
        "error_reason": reason,
        "error_source": source,
        "error_description": None,
        "error_step": None,
    }
    found = only(payment)
    assert explain(found["error_scheme"], found["error_code"], load()).cause == cause


@pytest.mark.parametrize("event", STATUSES)
def test_every_known_event_has_its_status(event: str) -> None:
    base = RAZORPAY_REFUND if event.startswith("refund.") else RAZORPAY_FAILED
    assert only({**base, "event": event})["payment_status"] == STATUSES[event]


@pytest.mark.parametrize(
    "event", ["payment.downtime.started", "settlement.processed", "refund.failed", "x", ""]
)
def test_other_events_are_no_payments(event: str) -> None:
    (found,) = read({**RAZORPAY_FAILED, "event": event})
    assert found == NoPayment("razorpay", event or "an event without a type")


def test_an_event_without_its_payment_is_no_payment() -> None:
    assert read({**RAZORPAY_FAILED, "payload": {}}) == [NoPayment("razorpay", "payment.failed")]


def test_a_refund_is_of_its_payment() -> None:
    found = only(RAZORPAY_REFUND)
    assert found["payment_status"] == "refunded"
    assert (found["transaction_id"], found["amount"]) == ("pay_made_up_1", 10.0)


@pytest.mark.parametrize(
    ("state", "status"),
    [("created", "pending"), ("authorized", "approved"), ("captured", "approved"),
     ("refunded", "refunded"), ("FAILED", "failed")],
)  # fmt: skip
def test_a_payment_alone_is_what_its_status_says(state: str, status: str) -> None:
    assert only({**PAYMENT, "status": state})["payment_status"] == status


def test_netbanking_and_wallets_name_the_issuer() -> None:
    bank = only({**PAYMENT, "method": "netbanking", "card": None, "bank": "HDFC"})
    wallet = only({**PAYMENT, "method": "wallet", "card": None, "wallet": "paytm"})
    assert (bank["issuer"], wallet["issuer"]) == ("HDFC", "paytm")
    assert "country" not in bank


@pytest.mark.parametrize("international", [True, None])
def test_a_card_from_abroad_has_no_country(international: Any) -> None:
    changed_ = changed(RAZORPAY_FAILED, payload__payment__entity__card__international=international)
    assert "country" not in only(changed_)


ROW: Json = {
    "id": "pay_made_up_1", "status": "failed", "created_at": SECOND, "amount": 51000, "currency": "INR",
    "method": "upi", "error_code": "BAD_REQUEST_ERROR", "error_source": "customer",
    "error_reason": "incorrect_otp", "bank": "HDFC",
}  # fmt: skip


def decoded(*rows: Json) -> list[Payment]:
    found = decode(b"\n".join(json.dumps(row).encode() for row in rows))
    return [item for item in found if isinstance(item, Payment)]


def test_a_row_of_a_table_that_has_razorpays_id_and_names_is_in_its_smallest_unit() -> None:
    (found,) = decoded(ROW)
    assert (found.transaction_id, found.amount, found.currency) == ("pay_made_up_1", 510.0, "INR")
    assert (found.error_scheme, found.error_code, found.issuer) == (
        "razorpay_upi",
        "incorrect_otp",
        "HDFC",
    )
    assert found.gateway == "razorpay"


def test_so_is_one_that_went_well_alone_and_among_others() -> None:
    well = {
        **ROW,
        "status": "captured",
        "error_code": None,
        "error_source": None,
        "error_reason": None,
    }
    rows = [well, ROW, {**well, "method": "card"}, {**well, "amount": "51000"}]
    assert [row.amount for row in decoded(*rows)] == [510.0] * 4
    assert decoded(*rows) == [found for row in rows for found in decoded(row)]


@pytest.mark.parametrize(
    "change",
    [{"amount": 51000.0}, {"amount": "51000.00"}, {"id": "t1"}, {"amount_unit": "major"}, {}],
)
def test_without_such_evidence_a_row_is_in_our_own_fields(change: Json) -> None:
    row = {**ROW, **change}
    if not change:
        del row["error_source"]
    (found,) = decoded(row)
    assert (found.amount, found.gateway) == (51000.0, None)
