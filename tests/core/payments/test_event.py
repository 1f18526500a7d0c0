"""From a JSON object to a payment: the public contract of docs/events.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.event import (
    ALIASES,
    ATTEMPT_STATUSES,
    LARGEST_COUNT,
    LIVE_MARKS,
    LONGEST_VALUE,
    STATUS_SYNONYMS,
    STATUSES,
    Payment,
    correlation_id,
    iso_ms,
    parse_status,
    parse_timestamp,
    to_payment,
)
from functions.core.payments.reasons import SCHEME_OF
from tests.builders import NOW, payment, read

NAMES = [(name, alias) for name, others in ALIASES.items() for alias in others]
REQUIRED = ("transaction_id", "payment_status", "timestamp")
SAMPLES: dict[str, Any] = {
    "payment_status": "FAIL",
    "timestamp": NOW + 5,
    "amount": 12.5,
    "latency_ms": 80,
    "count": 3,
    "test": True,
}


def refusal(**fields: Any) -> Malformed:
    with pytest.raises(Malformed) as caught:
        read(**fields)
    return caught.value


def test_the_designs_example_is_valid_as_it_stands() -> None:
    example = {
        "transaction_id": "txn_82473",
        "user_id": "u12345",
        "payment_status": "FAIL",
        "timestamp": "2025-07-09T19:03:10Z",
        "device": "mobile",
        "region": "US-WEST",
    }
    assert read(**example) == Payment(
        transaction_id="txn_82473",
        user_id="u12345",
        status="failed",
        timestamp_ms=1_752_087_790_000,
        device="mobile",
        region="US-WEST",
    )


@pytest.mark.parametrize(("name", "alias"), NAMES, ids=lambda text: str(text))
def test_a_field_is_known_by_each_of_its_aliases(name: str, alias: str) -> None:
    value = SAMPLES.get(name, "some")
    opposite = not value if alias in LIVE_MARKS else value
    found = read(**{name: None, alias: opposite})
    if alias in SCHEME_OF:
        found = msgspec.structs.replace(found, error_scheme=None)
    assert found == read(**{name: value})


def test_a_fields_own_name_wins_over_its_aliases() -> None:
    assert read(issuer="HDFC", bank="SBI").issuer == "HDFC"


@pytest.mark.parametrize(("word", "status"), STATUS_SYNONYMS.items())
def test_every_synonym_of_a_status_is_understood_however_it_is_written(
    word: str, status: str
) -> None:
    for written in (word, word.upper(), word.title(), f" {word} ", word.replace("_", "-")):
        assert parse_status(written) == status
    assert parse_status(word.replace("_", " ")) == status


def test_what_is_not_over_or_comes_afterwards_is_no_attempt() -> None:
    assert set(STATUSES) - ATTEMPT_STATUSES == {"refunded", "pending", "abandoned", "disputed"}


@pytest.mark.parametrize(
    ("when", "ms"),
    [
        (1752087790, 1752087790000),
        (1752087790.123, 1752087790123),
        (1752087790123, 1752087790123),
        (1752087790123.9, 1752087790123),
        ("1752087790", 1752087790000),
        ("1752087790.5", 1752087790500),
        ("1752087790123", 1752087790123),
        (" 1752087790 ", 1752087790000),
        ("2025-07-09T19:03:10Z", 1752087790000),
        ("2025-07-09 19:03:10", 1752087790000),
        ("2025-07-09T19:03:10.7Z", 1752087790700),
        ("2025-07-09T19:03:10.123", 1752087790123),
        ("2025-07-09T19:03:10.123456Z", 1752087790123),
        ("2025-07-09T21:03:10+02:00", 1752087790000),
        ("2025-07-09T21:03:10+0200", 1752087790000),
        ("2025-07-09T14:33:10-04:30", 1752087790000),
        ("20250709T190310Z", 1752087790000),
        ("2025-07-09", 1752019200000),
        (0, 0),
        ("1970-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.999Z", 253402300799999),
    ],
)
def test_a_time_is_understood_in_every_shape(when: str | float, ms: int) -> None:
    assert parse_timestamp(when) == ms


@pytest.mark.parametrize("when", [1752087790.9999, "2025-07-09T19:03:10.999999Z"])
def test_a_payment_stays_in_the_second_it_was_made_in(when: str | float) -> None:
    assert read(timestamp=when).timestamp_ms // 1000 == 1752087790


@pytest.mark.parametrize(
    "when",
    [
        "yesterday", "", " ", "2025-13-01T00:00:00Z", "2025-07-09T25:00:00Z", "12:30", -1, "-1",
        1e21, "1" * 30, "1" * 5000, 10**400, float("nan"), float("inf"), "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
    ],
    ids=lambda when: str(when)[:30] if not isinstance(when, int) or when < 10**9 else "huge",
)  # fmt: skip
def test_what_is_no_time_between_1970_and_9999_is_refused(when: Any) -> None:
    with pytest.raises(Malformed, match="bad_timestamp"):
        parse_timestamp(when)


@given(st.integers(0, 253402300799999))
def test_milliseconds_come_back_from_iso_8601(ms: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    for text in (moment.isoformat(), moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"):
        assert parse_timestamp(text) == ms


@given(st.integers(0, 253402300799999))
def test_a_time_that_is_written_is_read_again(ms: int) -> None:
    assert parse_timestamp(iso_ms(ms)) == ms
    assert len(iso_ms(ms)) == len("2025-07-09T19:03:10.007Z")


def test_of_two_faults_the_time_is_told_first() -> None:
    assert refusal(timestamp="soon", payment_status="perhaps", count=0).reason == "bad_timestamp"


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("empty", [None, ""])
def test_a_required_field_that_is_missing_or_empty_is_named(name: str, empty: str | None) -> None:
    error = refusal(**{name: empty})
    assert (error.reason, error.detail) == ("missing_field", f"required: {name}")


def test_all_missing_fields_are_named_at_once() -> None:
    error = refusal(transaction_id=None, payment_status=None, timestamp=None)
    assert error.detail == "required: transaction_id, payment_status, timestamp"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"payment_status": "perhaps"}, "unknown_status"),
        ({"timestamp": "soon"}, "bad_timestamp"),
        ({"count": 0}, "bad_number"),
        ({"count": -5}, "bad_number"),
        ({"count": 10**400}, "bad_number"),
        ({"count": 1.5}, "bad_number"),
        ({"payment_status": ["ok"]}, "wrong_type"),
        ({"timestamp": {"at": 1}}, "wrong_type"),
        ({"transaction_id": True}, "wrong_type"),
        ({"count": LARGEST_COUNT + 1}, "bad_number"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_reason(
    fields: dict[str, Any], reason: str
) -> None:
    error = refusal(**fields)
    assert error.reason == reason
    assert len(error.detail) < 200


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"amount": "much"}, "amount: not a number"),
        ({"amount": "1e999"}, "amount: out of range"),
        ({"amount": 10**400}, "amount: out of range"),
        ({"amount": 1e18}, "amount: out of range"),
        ({"amount": [1]}, "amount: not a number"),
        ({"latency_ms": -1}, "latency_ms: out of range"),
        ({"latency_ms": 1.8e308}, "latency_ms: out of range"),
        ({"latency_ms": "slow"}, "latency_ms: not a number"),
        ({"latency_ms": True}, "latency_ms: true or false"),
        ({"count": "many"}, "count: not a number"),
        ({"count": {"of": 3}}, "count: an object"),
        ({"card": {"last4": "1111"}}, "network: an object"),
        ({"issuer": ["HDFC"]}, "issuer: a list"),
        ({"issuer": False}, "issuer: true or false"),
        ({"error_code": {"is": "51"}}, "error_code: an object"),
        ({"message": ["no"]}, "error_message: a list"),
        ({"test": {}}, "is_test: an object"),
    ],
)
def test_an_optional_field_that_cannot_be_read_costs_the_field_and_is_told(
    fields: dict[str, Any], fault: str
) -> None:
    found = read(**fields)
    assert found.faults == (fault,)
    assert msgspec.structs.replace(found, faults=()) == read()


def test_an_alias_of_another_shape_is_an_unknown_field_and_the_next_is_tried() -> None:
    found = read(card={"last4": "1111"}, brand="VISA", outcome={}, location={"city": "Pune"})
    assert found.network == "VISA"
    assert found.faults == ("region: an object",)


@pytest.mark.parametrize(
    "text", ["", " ", "N/A", "null", "None", "-", "unknown", "NaN", "(not set)"]
)
def test_what_says_nothing_is_absent(text: str) -> None:
    assert (
        read(issuer=text, error_code=text, amount=text, error_message=text, user_id=text) == read()
    )
    assert read(issuer=text, bank="HDFC").issuer == "HDFC"


def test_numbers_may_come_as_text() -> None:
    paid = read(amount="12.50", latency_ms="80", count="3")
    assert (paid.amount, paid.latency_ms, paid.count) == (12.5, 80.0, 3)


def test_a_number_that_is_empty_text_is_absent() -> None:
    assert read(amount="", latency_ms="").amount is None


def test_a_dimension_is_trimmed_and_bounded() -> None:
    assert read(issuer="  HDFC ").issuer == "HDFC"
    assert read(issuer="X" * 200).issuer == "X" * LONGEST_VALUE


def test_a_dimension_without_a_value_is_absent() -> None:
    assert read(issuer="   ").issuer is None


def test_a_dimension_is_one_line_so_that_it_writes_no_line_of_a_page() -> None:
    assert read(issuer="HDFC\nFirst: wire money\x00").issuer == "HDFC FIRST: WIRE MONEY"


def test_a_number_is_a_dimension_whatever_came_before_it() -> None:
    assert [read(merchant_id=value).merchant for value in (1, 1.0, "1")] == ["1", "1.0", "1"]


def test_a_card_number_in_a_dimension_is_masked() -> None:
    assert read(network="4111111111111111").network == "************1111"


def test_a_correlation_id_that_came_is_kept() -> None:
    assert correlation_id(read(correlation_id="c-1")) == "c-1"


def test_a_made_up_correlation_id_is_the_same_every_time_and_for_no_other_payment() -> None:
    one = payment(transaction_id="a", merchant="m")
    others = [
        payment(transaction_id="b", merchant="m"),
        payment(transaction_id="a", merchant="n"),
        payment(NOW + 1, transaction_id="a", merchant="m"),
    ]
    assert correlation_id(one).startswith("pw-")
    assert correlation_id(one) == correlation_id(payment(transaction_id="a", merchant="m"))
    assert correlation_id(one) not in map(correlation_id, others)


@pytest.mark.parametrize(
    "mark",
    [
        {"test": True}, {"is_test": 1}, {"sandbox": "true"}, {"livemode": False}, {"live": "no"},
        {"test_mode": "YES"}, {"live_mode": "false"}, {"livemode": 0}, {"environment": "sandbox"},
        {"mode": "Test"}, {"isLive": False},
    ],
)  # fmt: skip
def test_a_payment_of_a_test_system_is_marked(mark: dict[str, Any]) -> None:
    assert read(**mark).is_test


@pytest.mark.parametrize(
    "mark",
    [
        {},
        {"environment": "production"},
        {"mode": "live"},
        {"test": False},
        {"livemode": True},
        {"live": "true"},
        {"test": "x"},
        {"live": "x"},
    ],
)
def test_a_payment_is_real_unless_it_says_otherwise(mark: dict[str, Any]) -> None:
    assert not read(**mark).is_test


def test_a_payment_may_have_an_id_for_each_try() -> None:
    assert read(transaction_id="pi_1", charge_id="ch_2").attempt_id == "ch_2"


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"errorCode": "51"}, "51", None),
        (
            {"error_code": "BAD_REQUEST_ERROR", "errorReason": "incorrect_otp"},
            "incorrect_otp",
            None,
        ),
        ({"error_code": "Refused", "refusalReasonRaw": "51 : No funds"}, "51", "No funds"),
        ({"error_code": "DECLINED", "raw_response": "91 : Switch down"}, "91", "91 : Switch down"),
        ({"failureCode": "card_declined", "declineCode": "lost_card"}, "lost_card", None),
        ({"error_code": "BAD_REQUEST_ERROR", "errorSource": "bank"}, "BAD_REQUEST_ERROR", "issuer"),
        (
            {"status_detail": "cc_rejected_high_risk", "errorMessage": "no"},
            "cc_rejected_high_risk",
            "no",
        ),
    ],
)
def test_why_it_failed_is_found_under_the_names_of_other_languages(
    fields: dict[str, str], code: str, message: str | None
) -> None:
    payment = read(**fields)
    assert (payment.error_code, payment.error_message) == (code, message)


@pytest.mark.parametrize(
    "fields",
    [{"environment": "Test Mode"}, {"env": "dev"}, {"environment": "pre-prod"}, {"isSandbox": True},
     {"testmode": "1"}, {"is_production": False}, {"isLiveMode": "false"}, {"environment": "QA"}],
    ids=str,
)  # fmt: skip
def test_a_test_system_is_known_by_other_marks_too(fields: dict[str, Any]) -> None:
    assert read(**fields).is_test


@pytest.mark.parametrize(
    "fields",
    [{"environment": "production"}, {"env": "PROD"}, {"is_production": True}, {"mode": "payment"}],
    ids=str,
)
def test_a_live_system_is_none(fields: dict[str, Any]) -> None:
    assert not read(**fields).is_test


@pytest.mark.parametrize("silent", ["", " ", "N/A", "null", "-"])
@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("transaction_id", "id"), "p1"),
        (("timestamp", "created_at"), 1752087790),
        (("payment_status", "status"), "failed"),
    ],
)
def test_what_says_nothing_gives_way_to_the_next_name_of_what_is_required(
    names: tuple[str, str], value: str | int, silent: str
) -> None:
    own = {"transaction_id": "p1", "timestamp": 1752087790, "payment_status": "failed"}
    payment = to_payment({**own, names[0]: silent, names[1]: value})
    assert payment == to_payment(own)
