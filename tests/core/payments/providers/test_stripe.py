"""Stripe's events and objects, as payments."""

from __future__ import annotations

from typing import Any, Final

import pytest

from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.providers.stripe import STATUSES, read
from tests.notifications import (
    SECOND,
    STRIPE_CHARGE,
    STRIPE_DISPUTE,
    STRIPE_FAILED,
    STRIPE_SESSION,
    Json,
    changed,
)


def test_a_failed_payment_intent_tells_all_that_is_known_of_it() -> None:
    assert read(STRIPE_FAILED) == [
        {
            "transaction_id": "pi_made_up_1",
            "attempt_id": "ch_made_up_1",
            "payment_status": "failed",
            "timestamp": SECOND,
            "error_scheme": "stripe",
            "error_code": "insufficient_funds",
            "error_message": "Your card has insufficient funds.",
            "amount": 19.99,
            "currency": "USD",
            "payment_method": "card",
            "network": "visa",
            "issuer": "Example Bank",
            "country": "DE",
            "merchant_id": "acct_made_up",
            "user_id": "cus_made_up",
            "gateway": "stripe",
        }
    ]


def test_a_charge_is_a_try_at_its_payment_intent() -> None:
    (found,) = read(STRIPE_CHARGE)
    assert isinstance(found, dict)
    assert (found["transaction_id"], found["attempt_id"]) == ("pi_made_up_2", "ch_made_up_2")


def test_intent_and_charge_tell_of_a_try_by_the_same_ids() -> None:
    intent = changed(STRIPE_FAILED, data__object__id="pi_made_up_2")
    intent = changed(intent, data__object__last_payment_error__charge="ch_made_up_2")
    (one,), (two,) = read(intent), read(STRIPE_CHARGE)
    assert isinstance(one, dict)
    assert isinstance(two, dict)
    for name in ("transaction_id", "attempt_id", "payment_status", "timestamp"):
        assert one[name] == two[name]


@pytest.mark.parametrize(
    ("decline_code", "code", "network", "scheme_and_code"),
    [
        ("insufficient_funds", "card_declined", "51", ("stripe", "insufficient_funds")),
        ("generic_decline", "card_declined", "05", ("iso8583", "05")),
        ("generic_decline", "card_declined", None, ("stripe", "generic_decline")),
        (None, "expired_card", None, ("stripe", "expired_card")),
        (None, "card_declined", None, ("stripe", "card_declined")),
        (None, "card_declined", "91", ("iso8583", "91")),
        (None, "payment_intent_authentication_failure", None,
         ("stripe", "payment_intent_authentication_failure")),
        (None, None, None, (None, None)),
    ],
)  # fmt: skip
def test_the_code_that_says_most_is_taken(
    decline_code: Any, code: Any, network: Any, scheme_and_code: tuple[Any, Any]
) -> None:
    error = {"decline_code": decline_code, "code": code, "network_decline_code": network}
    (found,) = read(changed(STRIPE_FAILED, data__object__last_payment_error=error))
    assert isinstance(found, dict)
    assert (found.get("error_scheme"), found.get("error_code")) == scheme_and_code


def test_a_charge_whose_reason_is_generic_has_the_networks_code() -> None:
    (found,) = read(STRIPE_CHARGE)
    assert isinstance(found, dict)
    assert (found["error_scheme"], found["error_code"]) == ("iso8583", "05")
    assert found["error_message"] == "Your card was declined."


def test_a_blocked_charge_has_the_rule_as_its_code() -> None:
    outcome = {"type": "blocked", "reason": "highest_risk_level", "network_decline_code": None}
    (found,) = read(changed(STRIPE_CHARGE, data__object__outcome=outcome))
    assert isinstance(found, dict)
    assert (found["error_scheme"], found["error_code"]) == ("stripe", "highest_risk_level")


BASES: Final = {
    "payment_intent": STRIPE_FAILED,
    "charge": STRIPE_CHARGE,
    "charge.dispute": STRIPE_DISPUTE,
    "checkout.session": STRIPE_SESSION,
    "refund": STRIPE_CHARGE,
}


@pytest.mark.parametrize("event", STATUSES)
def test_every_known_event_has_its_status(event: str) -> None:
    kind = event.rpartition(".")[0]
    base = BASES[kind]
    if event == "payment_intent.canceled":
        base = changed(base, data__object__latest_charge=None)
    (found,) = read({**base, "type": event})
    assert isinstance(found, dict)
    assert found["payment_status"] == STATUSES[event]


@pytest.mark.parametrize(
    ("state", "status"), [("paid", "approved"), ("unpaid", "pending"), ("no_payment_required", "")]
)
def test_a_completed_session_is_what_its_payment_status_says(state: str, status: str) -> None:
    (found,) = read(changed(STRIPE_SESSION, data__object__payment_status=state))
    if not status:
        assert found == NoPayment("stripe", "checkout.session.completed")
        return
    assert isinstance(found, dict)
    assert (found["payment_status"], found["transaction_id"]) == (status, "pi_made_up_3")
    assert (found["amount"], found["currency"]) == (3500.0, "JPY")


@pytest.mark.parametrize(
    ("charge", "error", "status"),
    [
        (None, None, "abandoned"),
        ("ch_made_up_1", {"code": "card_declined"}, "abandoned"),
        ("ch_made_up_1", None, "reversed"),
    ],
)
def test_a_cancelled_intent_was_abandoned_or_where_it_was_authorised_reversed(
    charge: Any, error: Any, status: str
) -> None:
    event = changed(
        STRIPE_FAILED,
        type="payment_intent.canceled",
        data__object__latest_charge=charge,
        data__object__last_payment_error=error,
    )
    (found,) = read(event)
    assert isinstance(found, dict)
    assert found["payment_status"] == status


def test_a_dispute_names_its_payment_and_its_charge() -> None:
    (found,) = read(STRIPE_DISPUTE)
    assert isinstance(found, dict)
    assert found["payment_status"] == "disputed"
    assert (found["transaction_id"], found["attempt_id"]) == ("pi_made_up_1", "ch_made_up_1")


def test_an_event_of_test_mode_is_marked() -> None:
    (found,) = read(changed(STRIPE_FAILED, livemode=False))
    assert isinstance(found, dict)
    assert found["test"] is True


@pytest.mark.parametrize(
    "event", ["customer.created", "invoice.paid", "payout.failed", "charge.updated", "new.thing"]
)
def test_other_events_are_no_payments(event: str) -> None:
    assert read({**STRIPE_FAILED, "type": event}) == [NoPayment("stripe", event)]


@pytest.mark.parametrize(
    ("state", "error", "status"),
    [
        ("requires_payment_method", {"code": "card_declined"}, "failed"),
        ("requires_payment_method", None, "pending"),
        ("requires_action", None, "pending"),
        ("requires_capture", None, "pending"),
        ("processing", None, "pending"),
        ("succeeded", None, "approved"),
    ],
)
def test_a_bare_intent_is_what_its_state_says(state: str, error: Any, status: str) -> None:
    intent = {**STRIPE_FAILED["data"]["object"], "status": state, "last_payment_error": error}
    (found,) = read(intent)
    assert isinstance(found, dict)
    assert (found["payment_status"], found["timestamp"]) == (status, SECOND - 30)


def test_a_charge_inside_of_an_older_intent_is_found() -> None:
    charge = STRIPE_CHARGE["data"]["object"]
    intent: Json = {
        **STRIPE_FAILED["data"]["object"],
        "latest_charge": ...,
        "last_payment_error": None,
        "status": "succeeded",
        "charges": {"data": [charge]},
    }
    del intent["latest_charge"]
    (found,) = read(intent)
    assert isinstance(found, dict)
    assert (found["attempt_id"], found["network"]) == ("ch_made_up_2", "mastercard")


@pytest.mark.parametrize(
    "sample",
    [
        {"object": "event", "type": "payment_intent.payment_failed"},
        {"object": "event", "type": "payment_intent.payment_failed", "data": None},
        {"object": "event", "type": "payment_intent.payment_failed", "data": {"object": []}},
        {"object": "event"},
        {"object": "event", "type": 7},
    ],
)
def test_nothing_that_is_missing_raises(sample: Json) -> None:
    assert len(read(sample)) == 1
