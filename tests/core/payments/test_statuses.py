"""The words of a payment's life."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.statuses import (
    ATTEMPT_STATUSES,
    STATUS_SYNONYMS,
    STATUSES,
    parse_status,
)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("charge.succeeded payment_intent.succeeded COMPLETED SETTLED TXN_SUCCESS CHARGED Captured"
         " SentForSettle submitted_for_settlement partially_captured Authorised PAYMENT_SUCCESS"
         " aprobada aprovado approuvé bezahlt settled_successfully PARTIAL_CHARGED", "approved"),
        ("TXN_FAILURE PAYMENT_ERROR authentication_failed AUTHORIZATION_FAILED UNSUCCESSFUL"
         " CAPTURE_FAILED fehlgeschlagen timed-out payment.failed", "failed"),
        ("processor_declined gateway_rejected soft_decline HARD_DECLINE blocked Refused"
         " rechazada refusé abgelehnt NOT_AUTHORIZED JUSPAY_DECLINED", "denied"),
        ("voided reversal auth_reversed AUTHORIZATION_CANCELED estornado", "reversed"),
        ("AUTO_REFUNDED partially_refunded REFUND_PENDING charge.refunded reembolsado", "refunded"),
        ("requires_payment_method requires_capture requires_action ChallengeShopper"
         " RedirectShopper IdentifyShopper AUTHENTICATION_PENDING PENDING_VBV open unpaid"
         " PAYER_ACTION_REQUIRED authenticated on_hold pendiente FDSPendingReview", "pending"),
        ("expired canceled Cancelled abandoned USER_DROPPED payment_intent.canceled not_attempted"
         " checkout.session.expired caducada", "abandoned"),
        ("chargeback charged_back dispute CHARGEBACK_REVERSED NOTIFICATION_OF_CHARGEBACK"
         " under_dispute contestado", "disputed"),
    ],
)  # fmt: skip
def test_the_words_of_providers_have_a_place(words: str, status: str) -> None:
    for word in words.split():
        assert parse_status(word) == status, word


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("authorizationSucceeded PaymentSucceeded settlementRequested capture_success accredited"
         " checkout.order.completed net.authorize.payment.authcapture.created TRADE_SUCCESS FUNDED",
         "approved"),
        ("TechnicalDecline gateway_timeout issuer_timeout authorizationTimeout checkout.order.failed"
         " failed_3ds network_failure MALFORMED", "failed"),
        ("authorizationRefused declined_by_issuer issuer_decline rejected_high_risk FRAUD_RISK_REJECTED"
         " bank_rejected DECLINED_INSUFFICIENT_FUNDS NOTAUTHED net.authorize.payment.fraud.declined",
         "denied"),
        ("pending_waiting_transfer PENDING_CONTINGENCY awaiting_3ds WAITING_FOR_CONFIRMATION"
         " INIT_THREEDS send_otp CHECKOUT.ORDER.APPROVED requires_something_new", "pending"),
        ("customer_abandoned user_abandoned shopper_canceled expired_by_system canceled_by_merchant"
         " COLLECT_EXPIRED TIMED_OUT_BY_CUSTOMER", "abandoned"),
        ("INQUIRY_EVIDENCE_REQUIRED dispute_needs_response chargebackReversal", "disputed"),
        ("refund_declined REFUND_SENT_TO_BANK", "refunded"),
    ],
)  # fmt: skip
def test_a_clear_word_keeps_its_place_among_others(words: str, status: str) -> None:
    for word in words.split():
        assert parse_status(word) == status, word


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PAYMENT HAS BEEN DECLINED", "denied"),
        ("payment was declined", "denied"),
        ("Declined (insufficient funds)", "denied"),
        ("declined: 51", "denied"),
        ("Approved - 00", "approved"),
    ],
)
def test_a_status_in_a_sentence_is_read(word: str, status: str) -> None:
    assert parse_status(word) == status


@pytest.mark.parametrize(
    "word",
    ["authorized_declined", "failed_refund", "approved_not", "risk_approved", "bank_accepted",
     "paid_payout_failed", "customer_approved", "payout.paid", "error_none"],
)  # fmt: skip
def test_words_that_say_two_things_or_of_something_else_are_unknown(word: str) -> None:
    with pytest.raises(Malformed):
        parse_status(word)


def test_what_is_not_over_or_comes_afterwards_is_no_attempt() -> None:
    assert set(STATUSES) - ATTEMPT_STATUSES == {"refunded", "pending", "abandoned", "disputed"}


def test_no_two_words_of_the_same_letters_mean_different_things() -> None:
    letters: dict[str, str] = {}
    for word, status in STATUS_SYNONYMS.items():
        assert letters.setdefault(word.replace("_", ""), status) == status


@given(st.text(max_size=200))
def test_any_other_word_is_refused_in_few_words(word: str) -> None:
    try:
        assert parse_status(word) in STATUSES
    except Malformed as error:
        told = error
    else:
        return
    assert told.reason == "unknown_status"
    assert len(told.detail) < 300
