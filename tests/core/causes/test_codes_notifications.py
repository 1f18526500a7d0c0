"""The codes that come in providers' notifications beside those of published tables: PayPal's own,
Stripe's error codes, Razorpay's sources. No public table lists all of them, so the usual ones are asked.
"""

from __future__ import annotations

from typing import Final

import pytest

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import load
from functions.core.payments.event import Payment
from functions.core.payments.providers import payments_of
from tests.notifications import SAMPLES

KNOWLEDGE: Final = load()


@pytest.mark.parametrize(
    ("scheme", "code", "cause", "owner", "retry"),
    [
        ("paypal", "0000", "", "", ""),
        ("paypal", "0500", "customer", "customer", "later"),
        ("paypal", "5120", "customer", "customer", "later"),
        ("paypal", "5400", "customer", "customer", "after_fix"),
        ("paypal", "5920", "issuer", "issuer", "another_route"),
        ("paypal", "8220", "gateway", "gateway", "another_route"),
        ("paypal", "9500", "fraud", "issuer", "never"),
        ("paypal", "1360", "merchant", "merchant", "after_fix"),
        ("paypal", "PAYER_CANNOT_PAY", "customer", "customer", "after_fix"),
        ("paypal", "2001", "customer", "customer", "later"),
        ("stripe", "highest_risk_level", "fraud", "merchant", "never"),
        ("stripe", "payment_intent_authentication_failure", "customer", "customer", "after_fix"),
        ("stripe", "payment_method_provider_timeout", "timeout", "gateway", "after_reconciliation"),
        ("stripe", "rate_limit", "merchant", "us", "later"),
        ("stripe", "insufficient_funds", "customer", "customer", "later"),
        ("razorpay_source", "customer", "customer", "customer", "later"),
        ("razorpay_source", "business", "merchant", "merchant", "after_fix"),
        ("razorpay_source", "gateway", "gateway", "gateway", "after_reconciliation"),
        ("razorpay_upi", "payment_cancelled", "customer", "customer", "never"),
    ],
)
def test_usual_codes_are_known(scheme: str, code: str, cause: str, owner: str, retry: str) -> None:
    found = explain(scheme, code, KNOWLEDGE)
    assert (found.cause, found.owner, found.known) == (cause, owner, True)
    assert found.retry == retry or code == "payment_cancelled"


def test_a_generic_code_of_stripe_blames_nobody() -> None:
    assert explain("stripe", "card_declined", KNOWLEDGE).cause in ("unknown", "customer")
    assert explain("stripe_error", "card_declined", KNOWLEDGE).cause == "unknown"


@pytest.mark.parametrize("provider", SAMPLES)
def test_whatever_a_sample_fails_of_is_known(provider: str) -> None:
    failed = [
        payment
        for sample in SAMPLES[provider]
        for payment in payments_of(sample) or ()
        if isinstance(payment, Payment) and payment.status in ("failed", "denied")
    ]
    assert failed
    for payment in failed:
        assert explain(payment.error_scheme, payment.error_code, KNOWLEDGE).known
