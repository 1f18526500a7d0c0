"""PayPal's webhooks and orders, as payments."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.payments.providers.paypal import STATUSES, read
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import PAYPAL_DENIED, PAYPAL_ORDER, Json, changed


def only(notification: Json) -> dict[str, Any]:
    (found,) = read(notification)
    assert isinstance(found, dict)
    return found


def test_a_denied_capture_tells_all_that_is_known_of_it() -> None:
    assert read(PAYPAL_DENIED) == [
        {
            "transaction_id": "ORDERMADEUP1",
            "attempt_id": "CAPMADEUP1",
            "payment_status": "denied",
            "timestamp": "2026-05-28T20:26:40.000Z",
            "error_scheme": "paypal",
            "error_code": "5120",
            "amount": "30.00",
            "currency": "USD",
            "payment_method": "card",
            "network": "VISA",
            "country": "US",
            "merchant_id": "MERCHMADEUP",
            "gateway": "paypal",
        }
    ]


def test_an_order_is_one_payment_with_its_capture_as_the_try() -> None:
    found = only(PAYPAL_ORDER)
    assert (found["transaction_id"], found["attempt_id"]) == ("ORDERMADEUP2", "CAPMADEUP2")
    assert (found["amount"], found["currency"], found["payment_method"]) == (
        "3000",
        "JPY",
        "paypal",
    )
    assert (found["merchant_id"], found["user_id"]) == ("MERCHMADEUP", "PAYERMADEUP")


@pytest.mark.parametrize("event", STATUSES)
def test_every_known_event_has_its_status(event: str) -> None:
    base = PAYPAL_ORDER if event.startswith("CHECKOUT") else PAYPAL_DENIED
    assert only({**base, "event_type": event})["payment_status"] == STATUSES[event]


@pytest.mark.parametrize(
    ("code", "reason", "found"),
    [
        ("9500", None, "9500"),
        ("5100", "DECLINED_BY_RISK_FRAUD_FILTERS", "DECLINED_BY_RISK_FRAUD_FILTERS"),
        ("5100", None, "5100"),
        (None, "PAYER_CANNOT_PAY", "PAYER_CANNOT_PAY"),
        (None, "OTHER", "OTHER"),
        (None, None, None),
    ],
)
def test_the_processors_code_is_taken_unless_it_says_nothing(
    code: Any, reason: Any, found: Any
) -> None:
    denied = changed(
        PAYPAL_DENIED,
        resource__processor_response={"response_code": code},
        resource__status_details={"reason": reason},
    )
    assert only(denied).get("error_code") == found


def test_a_refund_is_of_the_capture_that_it_links_to() -> None:
    refund = {
        "event_type": "PAYMENT.CAPTURE.REFUNDED",
        "create_time": "2026-05-28T21:00:00Z",
        "resource": {
            "id": "REFUNDMADEUP",
            "status": "COMPLETED",
            "amount": {"currency_code": "USD", "value": "30.00"},
            "links": [
                None,
                {"rel": "self", "href": "https://api.paypal.com/v2/payments/refunds/REFUNDMADEUP"},
                {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/CAPMADEUP1"},
            ],
        },
    }
    assert only(refund)["attempt_id"] == "CAPMADEUP1"


def test_the_sandbox_is_a_test_system() -> None:
    links = [{"href": "https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH"}]
    assert only({**PAYPAL_DENIED, "links": links})["test"] is True


@pytest.mark.parametrize(
    "event", ["BILLING.SUBSCRIPTION.CREATED", "CUSTOMER.ACCOUNT-LIMITATION.ADDED", "VAULT.X"]
)
def test_other_events_are_no_payments(event: str) -> None:
    assert read({**PAYPAL_DENIED, "event_type": event}) == [NoPayment("paypal", event)]


def test_an_order_of_the_api_is_read_as_well() -> None:
    order = PAYPAL_ORDER["resource"]
    found = only({**order, "update_time": "2026-05-28T20:26:40Z"})
    assert (found["payment_status"], found["timestamp"]) == ("approved", "2026-05-28T20:26:40Z")


@pytest.mark.parametrize(
    ("capture", "status"),
    [
        ("COMPLETED", "approved"),
        ("DECLINED", "denied"),
        ("FAILED", "failed"),
        ("PENDING", "pending"),
    ],
)
@pytest.mark.parametrize("is_webhook", [True, False])
def test_a_completed_order_went_as_its_payment_went(
    capture: str, status: str, is_webhook: bool
) -> None:
    unit = {
        "amount": {"currency_code": "USD", "value": "10.00"},
        "payments": {"captures": [{"id": "CAPMADEUP2", "status": capture}]},
    }
    when = "2026-05-28T21:00:00Z"
    order = {
        "id": "ORDMADEUP",
        "status": "COMPLETED",
        "create_time": when,
        "purchase_units": [unit],
    }
    webhook = {"event_type": "CHECKOUT.ORDER.COMPLETED", "create_time": when, "resource": order}
    assert only(webhook if is_webhook else order)["payment_status"] == status


def test_an_order_that_is_voided_unpaid_was_abandoned() -> None:
    order = {"id": "ORDMADEUP", "status": "VOIDED", "create_time": "2026-05-28T21:00:00Z",
             "purchase_units": [{"amount": {"currency_code": "USD", "value": "10.00"}}]}  # fmt: skip
    assert only(order)["payment_status"] == "abandoned"
