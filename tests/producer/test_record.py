"""One row as payments: what it says and no more, and what is wrong with it in one word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.codec import decode
from functions.core.payments.event import LARGEST_COUNT, Payment
from producer.format import Format
from producer.moments import time_ms
from producer.record import NO_ROW, events, payments_of, scalar, whole
from tests.builders import event_bytes
from tests.notifications import ADYEN_ITEM, SAMPLES, STRIPE_FAILED

ATTEMPTS = Format.parse(
    '[columns]\ntimestamp = "at"\ntimestamp_format = "epoch_s"\ncount = "n"\nsuccesses = "ok"\n'
    'error_code = "code"\n[dimensions]\nmethod = "way"\n'
)
EVENTS = Format.parse(
    '[columns]\ntimestamp = "at"\ntimestamp_format = "epoch_ms"\nstatus = "s"\ncount = "n"\n'
)


def row(**values: Any) -> list[Payment]:
    return payments_of(
        {"at": 60, "n": 10, "ok": 7, "code": 91, "way": "upi", **values}, ATTEMPTS, "f-2"
    )


def reason(**values: Any) -> str:
    with pytest.raises(Malformed) as caught:
        row(**values)
    return caught.value.reason


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_attempts_and_successes_are_all_there_approved_and_failed(n: int, ok: int) -> None:
    if ok > n:
        assert reason(n=n, ok=ok) == "bad_number"
        return
    found = row(n=n, ok=ok)
    assert {payment.status: payment.count for payment in found} == {
        status: count for status, count in (("approved", ok), ("failed", n - ok)) if count
    }


def test_only_what_failed_has_the_rows_error_code() -> None:
    approved, failed = row()
    assert (approved.error_code, failed.error_code) == (None, "91")
    assert approved.method == failed.method == "upi"
    assert (approved.transaction_id, failed.transaction_id) == ("f-2-approved", "f-2-failed")


def test_a_row_has_the_time_of_its_column_even_before_1973() -> None:
    [payment] = payments_of({"at": 1, "s": "ok", "n": 3}, EVENTS, "f-2")
    assert (payment.timestamp_ms, payment.count, payment.transaction_id) == (1, 3, "f-2")


def test_a_row_that_stands_for_no_payments_gives_none() -> None:
    assert payments_of({"at": 1, "s": "ok", "n": 0}, EVENTS, "f-2") == []
    assert row(n=0, ok=0) == []


@pytest.mark.parametrize("column", ["at", "n", "ok"])
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_what_a_row_needs_and_leaves_empty_is_missed(column: str, empty: Any) -> None:
    assert reason(**{column: empty}) == "missing_field"


@pytest.mark.parametrize("column", ["code", "way"])
def test_what_a_row_may_leave_empty_is_absent(column: str) -> None:
    found = row(**{column: " "})[-1]
    assert (found.error_code if column == "code" else found.method) is None


@pytest.mark.parametrize("value", [["upi"], {"a": 1}])
def test_what_is_no_single_value_costs_its_field_and_is_told(value: Any) -> None:
    told: list[str] = []
    found = payments_of({"at": 60, "n": 10, "ok": 7, "way": value}, ATTEMPTS, "f-2", told.append)
    assert [payment.method for payment in found] == [None, None]
    assert told == [f"column 'way' holds a {type(value).__name__}"]
    assert reason(n=value) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "scalars"),
    [(" a ", "a"), (True, "true"), (False, "false"), (5, 5), (1.5, 1.5), (None, None)],
)
def test_a_value_is_a_text_or_a_number(value: Any, scalars: Any) -> None:
    assert scalar("c", value) == scalars


@given(st.integers(0, LARGEST_COUNT))
def test_a_whole_number_is_read_however_it_is_written(number: int) -> None:
    for written in (number, str(number), f" {number} ", float(number), f"{number}.0"):
        assert whole("count", written) == number


@pytest.mark.parametrize("value", ["", "many", "1.5", -1, "nan", "inf", LARGEST_COUNT + 1, 10**400])
def test_what_is_no_whole_number_is_a_bad_number(value: Any) -> None:
    with pytest.raises(Malformed) as caught:
        whole("count", value)
    assert caught.value.reason == "bad_number"
    assert "count" in caught.value.detail


@pytest.mark.parametrize(
    ("value", "form", "ms"),
    [
        ("2025-07-09T19:03:10Z", "iso8601", 1_752_087_790_000),
        (1_752_087_790.5, "epoch_s", 1_752_087_790_500),
        ("1", "epoch_s", 1_000),
        (1, "epoch_ms", 1),
        ("09/07/2025 21:03 +0200", "%d/%m/%Y %H:%M %z", 1_752_087_780_000),
        ("2025-07-09 19", "%Y-%m-%d %H", 1_752_087_600_000),
    ],
)
def test_a_time_is_read_in_its_form_and_is_utc_where_it_does_not_say(
    value: Any, form: str, ms: int
) -> None:
    assert time_ms(value, form) == ms


@pytest.mark.parametrize(
    ("value", "form"),
    [("noon", "epoch_s"), ("1e400", "epoch_ms"), ("-1", "epoch_s"), ("9" * 20, "epoch_ms"),
     ("2025", "%Y-%m"), ("1969", "%Y")],
)  # fmt: skip
def test_what_is_no_time_in_its_form_is_a_bad_timestamp(value: str, form: str) -> None:
    with pytest.raises(Malformed) as caught:
        time_ms(value, form)
    assert caught.value.reason == "bad_timestamp"


@pytest.mark.parametrize("name", ["transaction_id", "txn_id", "id"])
@pytest.mark.parametrize("value", [None, "", "t9", 9])
def test_an_event_without_an_id_gets_the_one_that_is_made_up(name: str, value: Any) -> None:
    text = event_bytes(**{"transaction_id": None, name: value}).decode()
    [payment] = events(text, "f-2")
    assert payment.transaction_id == (str(value) if value else "f-2")
    assert payments_of(text, None, "f-2") == [payment]


@pytest.mark.parametrize("sample", [s for samples in SAMPLES.values() for s in samples])
def test_a_providers_notification_is_the_payments_that_the_stream_makes_of_it(sample: Any) -> None:
    text = json.dumps(sample)
    assert payments_of(text, None, "f-2") == decode(text.encode())


def test_a_line_that_tells_of_no_payment_is_no_row_and_no_fault() -> None:
    with pytest.raises(Malformed) as caught:
        events(json.dumps({**STRIPE_FAILED, "type": "customer.created"}), "f-2")
    assert (caught.value.reason, caught.value.detail) == (
        NO_ROW,
        "stripe: customer.created is no payment",
    )


def test_a_bad_item_of_a_notification_is_told() -> None:
    with pytest.raises(Malformed) as caught:
        events(json.dumps({**ADYEN_ITEM, "eventDate": "never"}), "f-2")
    assert caught.value.reason == "bad_timestamp"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{broken", "bad_json"),
        ('{"payment_status":[]}', "wrong_type"),
        ('{"x":' + "[" * 100_000, "too_deep"),
        (json.dumps({"payment_status": "ok"}), "missing_field"),
    ],
    ids=["broken", "type", "deep", "missing"],
)
def test_a_line_that_is_no_event_says_why(text: str, why: str) -> None:
    with pytest.raises(Malformed) as caught:
        events(text, "f-2")
    assert caught.value.reason == why


@pytest.mark.parametrize(
    "ids", ['"transaction_id":""', '"txn_id":" ","transaction_id":""', '"txn_id":null']
)
def test_an_event_whose_ids_are_blank_has_the_made_up_one(ids: str) -> None:
    line = f'{{{ids},"status":"approved","timestamp":"2025-07-09T19:03:10Z"}}'
    assert [one.transaction_id for one in payments_of(line, None, "row-1")] == ["row-1"]
