"""Braintree's transactions and webhooks, as payments."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.payments.providers.braintree import KINDS, STATUSES, read
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import (
    BRAINTREE_GRAPHQL,
    BRAINTREE_TRANSACTION,
    BRAINTREE_WEBHOOK,
    Json,
    changed,
)


def only(notification: Json) -> dict[str, Any]:
    (found,) = read(notification)
    assert isinstance(found, dict)
    return found


def test_a_declined_transaction_tells_all_that_is_known_of_it() -> None:
    assert read(BRAINTREE_TRANSACTION) == [
        {
            "transaction_id": "order-7",
            "attempt_id": "btmadeup1",
            "payment_status": "denied",
            "timestamp": "2026-05-28T20:26:40Z",
            "error_scheme": "braintree",
            "error_code": "2001",
            "error_message": "Insufficient Funds; 2001 : Insufficient Funds",
            "amount": "49.90",
            "currency": "GBP",
            "payment_method": "card",
            "network": "Visa",
            "issuer": "Example Bank",
            "country": "GBR",
            "merchant_id": "example_gbp",
            "gateway": "braintree",
        }
    ]


def test_names_of_the_ruby_and_python_libraries_are_the_same() -> None:
    spelt = {
        "id": "btmadeup1",
        "order_id": "order-7",
        "status": "processor_declined",
        "processor_response_code": "2001",
        "currency_iso_code": "GBP",
        "merchant_account_id": "example_gbp",
        "payment_instrument_type": "credit_card",
        "credit_card": {"card_type": "Visa", "country_of_issuance": "GBR"},
        "amount": "49.90",
        "updated_at": "2026-05-28T20:26:40Z",
    }
    whole = only(BRAINTREE_TRANSACTION)
    for name, value in only(spelt).items():
        assert value == whole[name] or name == "error_message"


def test_graphql_is_read_and_the_network_says_what_the_processor_does_not() -> None:
    found = only(BRAINTREE_GRAPHQL)
    assert (found["error_scheme"], found["error_code"]) == ("iso8583", "91")
    assert (found["network"], found["country"], found["issuer"]) == (
        "MASTERCARD",
        "USA",
        "Example Bank",
    )
    assert (found["amount"], found["currency"]) == ("12.00", "USD")
    assert found["payment_method"] == "card"
    assert found["timestamp"] == "2026-05-28T20:26:40.000000Z"


@pytest.mark.parametrize("state", STATUSES)
def test_every_state_has_its_status(state: str) -> None:
    found = only({**BRAINTREE_TRANSACTION, "status": state})
    assert found["payment_status"] == STATUSES[state]
    assert only({**BRAINTREE_TRANSACTION, "status": state.upper()}) == found


def test_a_rejection_of_the_gateway_has_its_reason_as_code() -> None:
    rejected = {
        **BRAINTREE_TRANSACTION,
        "status": "gateway_rejected",
        "gatewayRejectionReason": "cvv",
        "processorResponseCode": None,
    }
    found = only(rejected)
    assert (found["error_scheme"], found["error_code"]) == ("braintree", "cvv")


@pytest.mark.parametrize("kind", KINDS)
def test_every_known_kind_of_webhook_is_read(kind: str) -> None:
    transaction = {**BRAINTREE_TRANSACTION, "status": "settled"}
    subject: Json = {"transaction": transaction}
    if kind.startswith("dispute"):
        subject = {"dispute": {"amountDisputed": "10.00", "transaction": transaction}}
    if kind.startswith("subscription"):
        subject = {"subscription": {"transactions": [transaction]}}
    found = only({"kind": kind, "timestamp": "2026-05-28T21:00:00Z", "subject": subject})
    assert found["payment_status"] == (KINDS[kind] or "approved")
    assert found["timestamp"] == "2026-05-28T21:00:00Z"
    assert found["amount"] == ("10.00" if kind.startswith("dispute") else "49.90")


def test_a_settlement_that_is_declined_has_its_own_code() -> None:
    found = only(BRAINTREE_WEBHOOK)
    assert (found["payment_status"], found["error_code"]) == ("failed", "4001")


@pytest.mark.parametrize("kind", ["check", "disbursement", "sub_merchant_account_approved"])
def test_other_webhooks_are_no_payments(kind: str) -> None:
    webhook = {"kind": kind, "timestamp": "2026-05-28T20:26:40Z", "subject": {"check": True}}
    assert read(webhook) == [NoPayment("braintree", kind)]


def test_a_credit_is_a_refund_of_its_transaction() -> None:
    credit = {
        **BRAINTREE_TRANSACTION,
        "type": "credit",
        "status": "settled",
        "orderId": None,
        "refundedTransactionId": "btmadeup0",
    }
    found = only(credit)
    assert (found["payment_status"], found["transaction_id"]) == ("refunded", "btmadeup0")


def test_the_newest_entry_of_the_history_is_found_in_any_order() -> None:
    history = [
        {"timestamp": "2026-05-28T20:26:41Z", "status": "processor_declined"},
        {"timestamp": "2026-05-28T20:26:39Z", "status": "processor_declined"},
        {"timestamp": "2026-05-28T20:26:59Z", "status": "authorizing"},
        None,
    ]
    found = only(changed(BRAINTREE_TRANSACTION, statusHistory=history))
    assert found["timestamp"] == "2026-05-28T20:26:41Z"


def test_an_unknown_state_is_no_payment() -> None:
    found = read({**BRAINTREE_TRANSACTION, "status": "unrecognized"})
    assert found == [NoPayment("braintree", "transaction unrecognized")]
