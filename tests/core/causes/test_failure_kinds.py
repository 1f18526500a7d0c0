"""A kind of failures is told by clear words, whoever says them and in which style."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.failure_kinds import KINDS, TELLTALES, told
from functions.core.causes.vocabulary import CAUSES, OWNERS, RETRIES
from functions.core.causes.wording import feature, features


def kind(text: str) -> str:
    found = told(features(text))
    return found[0].name if found else ""


def test_a_kind_speaks_the_vocabulary_and_never_says_that_another_route_is_safe() -> None:
    for name, one in KINDS.items():
        assert one.name == name
        assert one.cause in CAUSES
        assert one.owner in OWNERS
        assert one.retry in RETRIES
        assert one.retry != "another_route"
        assert one.action.endswith(".")
        assert 0.5 < one.sure < 1.0


def test_what_may_have_been_charged_is_never_repeated_before_its_status_is_known() -> None:
    for one in KINDS.values():
        if one.cause in ("timeout", "network", "issuer"):
            assert one.retry == "after_reconciliation", one


def test_each_rule_names_a_kind_and_says_what_it_rests_on() -> None:
    for rule in TELLTALES:
        assert rule.kind in KINDS
        assert rule.why
        assert rule.groups
    assert {rule.kind for rule in TELLTALES} == set(KINDS)


@pytest.mark.parametrize("rule", TELLTALES, ids=lambda rule: rule.kind)
def test_a_rules_terms_are_words_or_pairs_that_a_text_can_have(rule: object) -> None:
    for group in (*rule.groups, rule.unless):  # type: ignore[attr-defined]
        for term in filter(None, group.split("|")):
            assert len(feature(term).split()) == len(term.split()) <= 2, term


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A merchant's own request.
        ("the field shippingAddress.city is mandatory", "request not valid"),
        ("MALFORMED_JSON: unexpected token at line 3", "request not valid"),
        ("amount must have two decimals", "request not valid"),
        ("unknown parameter: paymentMetod", "request not valid"),
        ("cvv missing", "request not valid"),
        ("eci value is invalid", "request not valid"),
        ("order id was used before, duplicate", "duplicate"),
        ("idempotency key reused with another body", "duplicate"),
        ("refund is more than what was captured", "operation not allowed"),
        ("this payment was already voided", "operation not allowed"),
        ("transaction is in the wrong state", "operation not allowed"),
        ("original authorization not found", "operation not allowed"),
        # Its account.
        ("merchant not enabled for this scheme", "not enabled for the merchant"),
        ("currency XYZ is not supported", "not enabled for the merchant"),
        ("terminal_not_configured", "not enabled for the merchant"),
        ("3ds is not configured", "not enabled for the merchant"),
        ("installments are not activated", "not enabled for the merchant"),
        ("Invalid API key", "credentials refused"),
        ("hmac signature mismatch", "credentials refused"),
        ("insufficient permissions", "credentials refused"),
        # Card data.
        ("expiration year is in the past", "wrong card data"),
        ("incorrect security code", "wrong card data"),
        ("Card number fails the Luhn check", "wrong card data"),
        ("the postcode does not match", "address does not match"),
        ("wrong OTP entered", "wrong PIN or password"),
        # Authentication.
        ("3-D Secure authentication required", "authentication not passed"),
        ("cardholder could not be authenticated", "authentication not passed"),
        ("SCA_REQUIRED", "authentication not passed"),
        ("user closed the 3ds page", "customer gave up"),
        ("checkout session expired", "customer gave up"),
        # Fraud.
        ("card reported as lost", "lost or stolen card"),
        ("PICK_UP_CARD", "lost or stolen card"),
        ("blocked by a risk rule", "suspected fraud"),
        ("email is on the blocklist", "suspected fraud"),
        ("sanctions screening hit", "law or sanctions"),
        # The card.
        ("RESTRICTED_CARD", "card or account blocked"),
        ("card not yet activated, inactive card", "card or account blocked"),
        ("bank account closed", "card or account does not exist"),
        ("mandate was revoked", "customer revoked it"),
        ("not enough balance", "no funds"),
        ("daily limit exceeded", "limit of the customer"),
        ("Do not honour", "declined by the issuer"),
        # The path.
        ("issuing bank temporarily unavailable", "issuer unavailable"),
        ("issuer system malfunction", "issuer unavailable"),
        ("PIN cannot be verified: not possible", "issuer unavailable"),
        ("card network is down", "network unavailable"),
        ("3DS directory server malfunction", "network unavailable"),
        ("acquirer error", "gateway or acquirer failed"),
        ("processor unavailable", "gateway or acquirer failed"),
        ("Internal Server Error", "gateway or acquirer failed"),
        ("HTTP 503", "gateway or acquirer failed"),
        ("too many requests", "too many requests"),
        ("no response from the acquirer", "no answer in time"),
        ("gateway timed out", "no answer in time"),
        ("HTTP status 504", "no answer in time"),
        # No kind.
        ("", ""),
        ("qzxv blorp", ""),
    ],
)
def test_the_clear_kinds_are_told(text: str, expected: str) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize(
    ("text", "not_this"),
    [
        ("connection lost", "lost or stolen card"),
        ("insufficient permissions", "no funds"),
        ("api rate limit exceeded", "limit of the customer"),
        ("refund limit exceeded", "limit of the customer"),
        ("token expired", "wrong card data"),
        ("country not valid", "suspected fraud"),
        ("beneficiary bank offline", "issuer unavailable"),
        ("session with the processor timed out", "customer gave up"),
    ],
)
def test_a_word_alone_does_not_tell_what_its_neighbours_take_back(text: str, not_this: str) -> None:
    assert kind(text) != not_this


@given(st.text(max_size=300))
def test_any_text_is_asked(text: str) -> None:
    found = told(features(text))
    assert found is None or found[1]
