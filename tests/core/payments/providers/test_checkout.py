"""Checkout.com's webhooks and payments, as payments."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.payments.providers.checkout import STATUSES, read
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import CHECKOUT_DECLINED, Json, changed


def only(notification: Json) -> dict[str, Any]:
    (found,) = read(notification)
    assert isinstance(found, dict)
    return found


def test_a_declined_payment_tells_all_that_is_known_of_it() -> None:
    assert read(CHECKOUT_DECLINED) == [
        {
            "transaction_id": "pay_made_up_co",
            "attempt_id": "pay_made_up_co",
            "payment_status": "denied",
            "timestamp": "2026-05-28T20:26:40.3352174Z",
            "error_scheme": "checkout",
            "error_code": "20051",
            "error_message": "Insufficient Funds",
            "amount": 40.0,
            "currency": "KWD",
            "payment_method": "card",
            "network": "VISA",
            "issuer": "EXAMPLE BANK",
            "country": "KW",
            "merchant_id": "pc_made_up",
            "user_id": "cus_made_up_co",
            "gateway": "checkout",
        }
    ]


@pytest.mark.parametrize("event", STATUSES)
def test_every_known_event_has_its_status(event: str) -> None:
    assert only({**CHECKOUT_DECLINED, "type": event})["payment_status"] == STATUSES[event]


def test_a_dispute_is_of_its_payment() -> None:
    dispute = {
        **CHECKOUT_DECLINED,
        "type": "dispute_received",
        "data": {
            "id": "dsp_made_up",
            "payment_id": "pay_made_up_co",
            "amount": 100,
            "currency": "EUR",
        },
    }
    found = only(dispute)
    assert (found["payment_status"], found["transaction_id"]) == ("disputed", "pay_made_up_co")


@pytest.mark.parametrize(
    "event", ["card_verified", "payment_capture_declined", "payment_void_declined", "new_thing"]
)
def test_other_events_are_no_payments(event: str) -> None:
    assert read({**CHECKOUT_DECLINED, "type": event}) == [NoPayment("checkout", event)]


def test_the_sandbox_is_a_test_system() -> None:
    links = {"self": {"href": "https://api.sandbox.checkout.com/events/evt_made_up"}, "x": None}
    assert only({**CHECKOUT_DECLINED, "_links": links})["test"] is True
    assert "test" not in only({**CHECKOUT_DECLINED, "_links": []})


def test_a_payment_of_the_api_is_read_as_well() -> None:
    payment = {
        "id": "pay_made_up_co",
        "requested_on": "2026-05-28T20:26:38Z",
        "source": {"type": "card", "scheme": "Mastercard", "issuer_country": "GB"},
        "amount": 1050,
        "currency": "GBP",
        "status": "Declined",
        "actions": [
            {
                "id": "act_made_up",
                "type": "Authorization",
                "processed_on": "2026-05-28T20:26:40Z",
                "response_code": "20005",
                "response_summary": "Declined - Do Not Honour",
            }
        ],
    }
    found = only(payment)
    assert (found["payment_status"], found["error_code"], found["timestamp"]) == (
        "denied",
        "20005",
        "2026-05-28T20:26:40Z",
    )


def test_numbers_as_text_and_text_as_numbers_are_read() -> None:
    found = only(changed(CHECKOUT_DECLINED, data__amount="40000", data__response_code=20051))
    assert (found["amount"], found["error_code"]) == (40.0, "20051")


def test_checkouts_own_decimals_are_known() -> None:
    assert only(changed(CHECKOUT_DECLINED, data__currency="CLP"))["amount"] == 400.0
