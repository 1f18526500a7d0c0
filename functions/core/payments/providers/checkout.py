"""Checkout.com: webhooks of payments and disputes, and payments as its API gives them.

Sources: https://www.checkout.com/docs/developer-resources/event-notifications/event-types,
https://www.checkout.com/docs/developer-resources/codes/api-response-codes,
https://www.checkout.com/docs/payments/accept-payments/calculating-the-amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from functions.core.payments.currencies import major_units
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

NAME: Final = "checkout"

STATUSES: Final[Mapping[str, str]] = {
    "payment_approved": "approved",
    "payment_captured": "approved",
    "payment_paid": "approved",
    "payment_capture_pending": "pending",
    "payment_pending": "pending",
    "payment_declined": "denied",
    "payment_authentication_failed": "failed",
    "authentication_failed": "failed",
    "authentication_started": "pending",
    "authentication_attempted": "pending",
    "authentication_approved": "pending",
    "authentication_expired": "abandoned",
    "payment_canceled": "abandoned",
    "payment_expired": "abandoned",
    "payment_voided": "reversed",
    "payment_returned": "reversed",
    "payment_refunded": "refunded",
    "payment_chargeback": "disputed",
    "payment_retrieval": "disputed",
}
"""Type of a webhook → status; every dispute_… is disputed."""

STATES: Final[Mapping[str, str]] = {
    "pending": "pending",
    "authorized": "approved",
    "card verified": "",
    "partially captured": "approved",
    "captured": "approved",
    "paid": "approved",
    "declined": "denied",
    "canceled": "abandoned",
    "expired": "abandoned",
    "voided": "reversed",
    "returned": "reversed",
    "partially refunded": "refunded",
    "refunded": "refunded",
}
"""Status of a payment of its API, in lower case → ours."""

EXCEPTIONS: Final[Mapping[str, int]] = {"CLP": 2}
"""Checkout.com's own decimals, where they are not ISO's."""


def read(notification: Object) -> Reading:
    """A webhook, or a payment."""
    event = word(notification.get("type")).lower()
    data = notification.get("data")
    if not isinstance(data, dict):
        return _payment(
            notification, word(notification.get("status")).lower(), STATES, notification
        )
    if event.startswith("dispute_"):
        return _payment(data, event, {event: "disputed"}, notification)
    return _payment(data, event, STATUSES, notification)


def _payment(it: Object, state: str, statuses: Mapping[str, str], notification: Object) -> Reading:
    status = statuses.get(state, "")
    if not status:
        return no_payment(NAME, state)
    source = at(it, "source")
    currency = currency_of(at(it, "currency"))
    payment = first(at(it, "payment_id"), at(it, "id"))
    action = at(it, "actions", 0)
    method = word(at(source, "type"), at(it, "payment_method"))
    return [
        fields(
            transaction_id=payment,
            # An action is one call; a try with its capture and refund is the payment itself.
            attempt_id=payment,
            payment_status=status,
            timestamp=first(
                notification.get("created_on"),
                at(it, "processed_on"),
                at(action, "processed_on"),
                at(it, "requested_on"),
            ),
            **(_why(it, action) if status in ("denied", "failed") else {}),
            amount=major_units(at(it, "amount"), currency, EXCEPTIONS),
            currency=currency,
            payment_method=method,
            network=first(at(source, "scheme"), at(source, "local_schemes", 0)),
            issuer=first(at(source, "issuer"), at(source, "bank")),
            country=first(at(source, "issuer_country")),
            merchant_id=first(
                at(it, "processing", "merchant_id"),
                at(it, "entity_id"),
                notification.get("entity_id"),
                at(it, "processing_channel_id"),
                at(it, "processing", "processing_channel_id"),
            ),
            user_id=first(at(it, "customer", "id")),
            gateway=NAME,
            test=_is_sandbox(notification),
        )
    ]


def _is_sandbox(notification: Object) -> bool:
    """By its links: a notification has no mark of its own."""
    links = notification.get("_links")
    if not isinstance(links, dict):
        return False
    return any(".sandbox." in word(at(link, "href")) for link in links.values())


def _why(it: Object, action: Any) -> Fields:
    code = word(at(it, "response_code"), at(action, "response_code"))
    summary = word(at(it, "response_summary"), at(action, "response_summary"))
    if not code and (reasons := at(it, "decline_reason") or at(it, "error_codes", 0)):
        code = word(reasons)
    return fields(error_scheme=NAME if code else "", error_code=code, error_message=summary)
