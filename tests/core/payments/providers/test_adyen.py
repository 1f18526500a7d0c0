"""Adyen's notifications, as payments."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.causes.knowledge import load
from functions.core.payments.providers.adyen import REASONS, STATUSES, read
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import ADYEN_BATCH, ADYEN_ITEM, Json, changed


def only(notification: Json) -> dict[str, Any]:
    (found,) = read(notification)
    assert isinstance(found, dict)
    return found


def test_each_item_of_a_batch_is_a_payment() -> None:
    refused, approved = read(ADYEN_BATCH)
    assert refused == {
        "transaction_id": "order-1",
        "attempt_id": "PSPMADEUP0000001",
        "payment_status": "denied",
        "timestamp": "2026-05-28T22:26:40+02:00",
        "error_scheme": "iso8583",
        "error_code": "51",
        "error_message": "Refused; 51 : Insufficient funds",
        "amount": 20.5,
        "currency": "EUR",
        "payment_method": "card",
        "network": "mc",
        "issuer": "EXAMPLE BANK",
        "country": "NL",
        "merchant_id": "Example_EU",
        "gateway": "adyen",
    }
    assert isinstance(approved, dict)
    assert approved["payment_status"] == "approved"
    assert (approved["payment_method"], approved["network"]) == ("applepay", "visa")
    assert "error_code" not in approved


def test_an_item_alone_is_read_too_and_a_wrapped_one() -> None:
    assert only(ADYEN_ITEM) == only({"NotificationRequestItem": ADYEN_ITEM}) == read(ADYEN_BATCH)[0]


@pytest.mark.parametrize("success", [True, "true", "TRUE", " true "])
def test_success_is_a_text_or_true(success: Any) -> None:
    assert only({**ADYEN_ITEM, "success": success})["payment_status"] == "approved"


@pytest.mark.parametrize(
    ("reason", "raw", "scheme", "code", "status"),
    [
        ("Refused : 51", None, "iso8583", "51", "denied"),
        ("Refused : 05 : Do not honor", None, "iso8583", "05", "denied"),
        ("51 : Not sufficient funds", None, "iso8583", "51", "denied"),
        ("51 Not sufficient funds", None, "iso8583", "51", "denied"),
        ("DECLINED | 05", None, "iso8583", "05", "denied"),
        ("Withdrawal count exceeded", "DECLINED 3 of 12 tries", "adyen", "29", "denied"),
        ("Refused", "91 : Issuer not available", "iso8583", "91", "failed"),
        ("Refused", "DECLINED", "adyen", "2", "denied"),
        ("Refused", None, "adyen", "2", "denied"),
        ("Not enough balance", None, "adyen", "12", "denied"),
        ("NOT ENOUGH BALANCE ", None, "adyen", "12", "denied"),
        ("Issuer Unavailable", None, "adyen", "9", "failed"),
        ("Acquirer Error", None, "adyen", "4", "failed"),
        ("FRAUD", None, "adyen", "20", "denied"),
        ("something nobody knows", None, "adyen", "something nobody knows", "denied"),
        ("", None, None, None, "denied"),
        (None, None, None, None, "denied"),
    ],
)
def test_the_acquirers_code_is_taken_before_adyens(
    reason: Any, raw: Any, scheme: Any, code: Any, status: str
) -> None:
    found = only({**ADYEN_ITEM, "reason": reason, "additionalData": {"refusalReasonRaw": raw}})
    assert (found.get("error_scheme"), found.get("error_code")) == (scheme, code)
    assert found["payment_status"] == status


def test_every_reason_that_is_known_by_name_is_in_the_knowledge_base() -> None:
    assert {("adyen", code) for code in REASONS.values()} <= set(load())


@pytest.mark.parametrize("event", STATUSES)
@pytest.mark.parametrize("success", [True, False])
def test_every_known_event_has_its_status(event: str, success: bool) -> None:
    (found,) = read({**ADYEN_ITEM, "eventCode": event, "success": str(success).lower()})
    status = STATUSES[event][0 if success else 1]
    if not status:
        assert found == NoPayment("adyen", f"{event} that failed")
    else:
        assert isinstance(found, dict)
        assert found["payment_status"] == status


@pytest.mark.parametrize("event", ["REPORT_AVAILABLE", "RECURRING_CONTRACT", "PAYOUT_THIRDPARTY"])
def test_other_events_are_no_payments(event: str) -> None:
    assert read({**ADYEN_ITEM, "eventCode": event, "success": "true"}) == [
        NoPayment("adyen", event)
    ]


def test_what_comes_later_is_of_the_payment_that_it_changes() -> None:
    capture = {
        **ADYEN_ITEM,
        "eventCode": "CAPTURE",
        "success": "true",
        "merchantReference": "",
        "originalReference": "PSPMADEUP0000001",
        "pspReference": "PSPMADEUP0000009",
    }
    found = only(capture)
    assert (found["transaction_id"], found["attempt_id"]) == ("PSPMADEUP0000001",) * 2


def test_a_notification_of_the_test_system_is_marked() -> None:
    for found in read({**ADYEN_BATCH, "live": "false"}):
        assert isinstance(found, dict)
        assert found["test"] is True
    assert only({**ADYEN_ITEM, "live": "false"})["test"] is True


def test_a_flat_item_has_its_amount_as_text() -> None:
    flat = {**changed(ADYEN_ITEM, amount=...), "value": "4990", "currency": "EUR"}
    assert only(flat)["amount"] == 49.9


def test_adyens_own_decimals_are_known() -> None:
    assert only(changed(ADYEN_ITEM, amount={"value": 100, "currency": "CLP"}))["amount"] == 1.0


def test_an_answer_of_the_api_is_read_as_well() -> None:
    answer = {
        "pspReference": "PSPMADEUP0000003",
        "resultCode": "Refused",
        "refusalReason": "CVC Declined",
        "refusalReasonCode": "24",
        "merchantReference": "order-3",
        "amount": {"value": 100, "currency": "EUR"},
        "paymentMethod": {"brand": "visa", "type": "scheme"},
        "createdAt": "2026-05-28T20:26:40Z",
    }
    found = only(answer)
    assert (found["payment_status"], found["error_scheme"], found["error_code"]) == (
        "denied",
        "adyen",
        "24",
    )
    assert (found["payment_method"], found["network"]) == ("card", "visa")
    challenge = only({**answer, "resultCode": "ChallengeShopper"})
    assert challenge["payment_status"] == "pending"


@pytest.mark.parametrize("items", [[], None, "x", {}])
def test_a_batch_of_nothing_is_no_payment(items: Any) -> None:
    (found,) = read({"live": "true", "notificationItems": items})
    assert isinstance(found, NoPayment)
