"""Braintree: transactions as its API, its libraries and GraphQL give them, and webhooks as JSON.

Sources: https://developer.paypal.com/braintree/docs/reference/response/transaction,
https://developer.paypal.com/braintree/docs/reference/general/statuses,
https://developer.paypal.com/braintree/docs/guides/webhooks/overview,
https://developer.paypal.com/braintree/graphql/reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from functions.core.payments.providers.reading import (
    Fields,
    Object,
    Reading,
    at,
    currency_of,
    fields,
    first,
    no_payment,
    word,
)
from functions.core.payments.reasons import is_generic

NAME: Final = "braintree"

STATUSES: Final[Mapping[str, str]] = {
    "authorizing": "pending",
    "settlement_pending": "pending",
    "authorized": "approved",
    "submitted_for_settlement": "approved",
    "settlement_confirmed": "approved",
    "settling": "approved",
    "settled": "approved",
    "processor_declined": "denied",
    "gateway_rejected": "denied",
    "failed": "failed",
    "settlement_declined": "failed",
    "authorization_expired": "abandoned",
    "voided": "reversed",
}
"""A transaction's status → ours."""

KINDS: Final[Mapping[str, str]] = {
    "transaction_settled": "approved",
    "transaction_settlement_declined": "failed",
    "transaction_disbursed": "approved",
    "subscription_charged_successfully": "approved",
    "subscription_charged_unsuccessfully": "",
    "transaction_reviewed": "",
    "dispute_opened": "disputed",
    "dispute_accepted": "disputed",
    "dispute_auto_accepted": "disputed",
    "dispute_disputed": "disputed",
    "dispute_expired": "disputed",
    "dispute_under_review": "disputed",
    "dispute_lost": "disputed",
    "dispute_won": "disputed",
}
"""Kind of a webhook → status; empty where its transaction says it."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


def read(notification: Object) -> Reading:
    """A transaction, or a webhook with one in it."""
    kind = word(notification.get("kind")).lower()
    if not kind:
        return _transaction(_snake(notification), "", None, "transaction")
    subject = _snake(notification.get("subject")) or _snake(notification)
    dispute = at(subject, "dispute")
    it = first_object(
        at(subject, "transaction"),
        at(subject, "subscription", "transactions", 0),
        at(dispute, "transaction"),
    )
    if kind not in KINDS or it is None:
        return no_payment(NAME, kind)
    if dispute is not None:
        amounts = {"amount": at(dispute, "amount_disputed") or at(dispute, "amount")}
        code = {"currency_iso_code": at(dispute, "currency_iso_code")}
        it = {**it, **amounts, **code}
    return _transaction(it, KINDS[kind], notification.get("timestamp"), kind)


def first_object(*values: Any) -> Any:
    return next((value for value in values if isinstance(value, dict)), None)


def _snake(value: Any) -> Any:
    """Names as the Ruby and Python libraries spell them: `processorResponseCode` as
    `processor_response_code`."""
    if isinstance(value, dict):
        return {_snake_name(name): _snake(item) for name, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=1024)
def _snake_name(name: str) -> str:
    return _HUMP.sub(r"_\1", name).lower()


def _transaction(it: Any, status: str, when: Any, kind: str) -> Reading:
    state = word(at(it, "status")).lower()
    status = status or STATUSES.get(state, "")
    if status == "approved" and word(at(it, "type")).lower() == "credit":
        status = "refunded"
    if not status:
        return no_payment(NAME, f"{kind} {state}".strip())
    card = first_object(
        at(it, "credit_card"),
        at(it, "credit_card_details"),
        at(it, "apple_pay"),
        at(it, "apple_pay_details"),
        at(it, "android_pay_card"),
        at(it, "android_pay_details"),
        at(it, "payment_method_snapshot"),
    )
    newest = _newest(at(it, "status_history"), state)
    original = first(at(it, "refunded_transaction_id")) if status == "refunded" else None
    own = first(original, at(it, "id"), at(it, "legacy_id"))
    return [
        fields(
            transaction_id=first(at(it, "order_id"), own),
            attempt_id=own,
            payment_status=status,
            timestamp=first(
                when, at(newest, "timestamp"), at(it, "updated_at"), at(it, "created_at")
            ),
            **(_why(it, newest) if status in ("denied", "failed") else {}),
            amount=first(at(it, "amount"), at(it, "amount", "value")),
            currency=currency_of(
                at(it, "currency_iso_code"),
                at(it, "amount", "currency_code"),
                at(it, "amount", "currency_iso_code"),
            ),
            payment_method=_method(it),
            network=first(
                at(card, "card_type"),
                at(card, "brand_code"),
                at(card, "origin", "details", "brand"),
            ),
            issuer=first(at(card, "issuing_bank"), at(card, "bin_data", "issuing_bank")),
            country=first(
                at(card, "country_of_issuance"), at(card, "bin_data", "country_of_issuance")
            ),
            merchant_id=first(at(it, "merchant_account_id")),
            user_id=first(at(it, "customer", "id"), at(it, "customer_details", "id")),
            gateway=NAME,
        )
    ]


def _method(it: Any) -> str:
    """`credit_card`, `paypal_account`; of GraphQL the type's name."""
    told = word(at(it, "payment_instrument_type"), at(it, "payment_method_snapshot", "__typename"))
    spelt = _HUMP.sub(r"_\1", told).lower().removesuffix("_details")
    return "card" if spelt in ("credit_card", "debit_card") else spelt


def _newest(history: Any, state: str) -> Any:
    """The newest entry of the history with this status; entries may come in any order."""
    if not isinstance(history, list):
        return None
    entries = [
        entry
        for entry in history
        if word(at(entry, "status")).lower() == state and word(at(entry, "timestamp"))
    ]
    return max(entries, key=lambda entry: word(at(entry, "timestamp")), default=None)


def _why(it: Any, newest: Any) -> Fields:
    """What the gateway's own rules, the processor or the network said."""
    rejection = word(
        at(it, "gateway_rejection_reason"), at(newest, "gateway_rejection_reason")
    ).lower()
    settlement = word(at(it, "processor_settlement_response_code"))
    response = at(newest, "processor_response")
    code = word(
        settlement if word(at(it, "status")).lower() == "settlement_declined" else None,
        at(it, "processor_response_code"),
        at(it, "processor_response", "legacy_code"),
        at(response, "legacy_code"),
    )
    text = word(
        at(it, "processor_response_text"),
        at(it, "processor_response", "message"),
        at(response, "message"),
    )
    more = word(at(it, "additional_processor_response"), at(response, "additional_information"))
    message = f"{text}; {more}" if text and more else text or more
    network = word(at(it, "network_response_code"), at(newest, "network_response", "code"))
    if rejection:
        return fields(error_scheme=NAME, error_code=rejection, error_message=message)
    if network and (not code or is_generic(code, NAME)):
        return fields(error_scheme="iso8583", error_code=network, error_message=message)
    return fields(error_scheme=NAME if code else "", error_code=code, error_message=message)
