"""Of all that says why a payment failed, what says most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.payments.event import Payment
from functions.core.payments.reasons import (
    GENERIC,
    LONGEST_CODE,
    VAGUE,
    is_generic,
    most_telling,
    raw_words,
    reason_of,
    says_nothing,
)
from tests.builders import read


def failed(**fields: object) -> Payment:
    return read(payment_status="failed", **fields)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (
            {"error_code": "BAD_REQUEST_ERROR", "error_reason": "payment_cancelled"},
            "payment_cancelled",
        ),
        (
            {"error_code": "card_declined", "decline_code": "insufficient_funds"},
            "insufficient_funds",
        ),
        ({"decline_code": "generic_decline", "network_decline_code": "51"}, "51"),
        ({"refusalReason": "Refused", "network_decline_code": "05"}, "05"),
        ({"refusalReason": "Refused : 51"}, "51"),
        ({"refusalReason": "51 : Insufficient funds"}, "51"),
        ({"error_code": "Declined", "message": "91: Issuer unavailable"}, "91"),
        ({"error_code": "51", "failure_code": "card_declined"}, "51"),
        ({"error_code": "N/A", "failure_code": "expired_card"}, "expired_card"),
        ({"error_code": "card_declined"}, "card_declined"),
    ],
)
def test_a_specific_code_beats_a_generic_one(fields: dict[str, object], code: str) -> None:
    assert failed(**fields).error_code == code


def test_an_acquirers_words_are_code_and_message() -> None:
    found = failed(refusalReason="51 : Insufficient funds")
    assert (found.error_code, found.error_message) == ("51", "Insufficient funds")


def test_adyens_numbers_are_adyens() -> None:
    assert failed(refusalReasonCode="2").error_scheme == "adyen"
    assert failed(refusalReasonCode="2", error_scheme="iso8583").error_scheme == "iso8583"


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"error_reason": "payment_cancelled", "error_source": "customer"}, "customer"),
        ({"error_reason": "incorrect_otp", "error_source": "customer"}, "customer"),
        ({"error_reason": "insufficient_funds"}, "customer"),
        ({"error_reason": "bank_technical_error", "error_source": "bank"}, "issuer"),
        ({"error_reason": "gateway_technical_error", "error_source": "gateway"}, "gateway"),
        ({"error_source": "customer"}, "customer"),
        ({"error_source": "issuer_bank", "error_reason": "payment_failed"}, "issuer"),
        ({"error_source": "gateway"}, "gateway"),
        ({}, "unknown"),
    ],
)
def test_a_generic_code_blames_nobody_whoever_is_named_beside_it_is(
    fields: dict[str, object], cause: str
) -> None:
    payment = failed(error_code="BAD_REQUEST_ERROR", **fields)
    assert classify(payment, load()) == cause


@pytest.mark.parametrize("text", ["x", "order 17: shipped", "Call: later", "12:30:00 o'clock"])
def test_other_text_is_no_acquirers(text: str) -> None:
    assert raw_words(text) is None


@given(st.lists(st.text(max_size=300), max_size=3), st.none() | st.text(max_size=300))
def test_whatever_is_said_is_a_reason(codes: list[str], message: str | None) -> None:
    found = reason_of([("error_code", text) for text in codes], None, message)
    assert found.code is None or found.code in "\n".join([*codes, message or ""])


def test_a_code_without_end_is_not_generic() -> None:
    assert is_generic("Card-Declined")
    assert not is_generic("declined" * LONGEST_CODE)


def test_what_says_nothing_is_generic_and_what_says_whose_it_was_says_something() -> None:
    assert all(is_generic(word) and says_nothing(word) for word in GENERIC)
    assert all(is_generic(word) and not says_nothing(word) for word in VAGUE)
    assert is_generic("2046", "braintree")
    assert not is_generic("2046", "iso8583")


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (("generic_decline", "GATEWAY_ERROR", "expired_card"), "expired_card"),
        (("generic_decline", "GATEWAY_ERROR"), "GATEWAY_ERROR"),
        (("", "generic_decline", "declined"), "generic_decline"),
        (("", ""), ""),
    ],
)
def test_a_code_that_says_why_comes_before_one_that_says_whose_before_one_that_says_nothing(
    codes: tuple[str, ...], code: str
) -> None:
    assert most_telling(codes) == code
