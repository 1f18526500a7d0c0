"""Razorpay: webhooks, payments and refunds as its API gives them, which say so in `entity`.

Sources: https://razorpay.com/docs/webhooks/payloads/payments/, https://razorpay.com/docs/api/payments/,
https://razorpay.com/docs/errors/.
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
from functions.core.payments.reasons import is_generic
from functions.core.payments.values import is_absent

NAME: Final = "razorpay"

STATUSES: Final[Mapping[str, str]] = {
    "payment.created": "pending",
    "payment.pending": "pending",
    "payment.authorized": "approved",
    "payment.captured": "approved",
    "payment.failed": "failed",
    "order.paid": "approved",
    "payment_link.paid": "approved",
    "invoice.paid": "approved",
    "subscription.charged": "approved",
    "qr_code.credited": "approved",
    "virtual_account.credited": "approved",
    "refund.created": "refunded",
    "refund.processed": "refunded",
    "payment.dispute.created": "disputed",
    "payment.dispute.under_review": "disputed",
    "payment.dispute.action_required": "disputed",
    "payment.dispute.won": "disputed",
    "payment.dispute.lost": "disputed",
    "payment.dispute.closed": "disputed",
}
"""Event → status of the payment that it holds."""

STATES: Final[Mapping[str, str]] = {
    "created": "pending",
    "pending": "pending",
    "authorized": "approved",
    "captured": "approved",
    "failed": "failed",
    "refunded": "refunded",
    "processed": "refunded",
}
"""A payment's own status → ours; of a refund, too."""

SCHEMES: Final[Mapping[str, str]] = {
    "card": "razorpay_card",
    "emi": "razorpay_card",
    "upi": "razorpay_upi",
}
"""Method → whose codes its reasons are; of any other: razorpay."""


OF_ROWS: Final = ("error_source", "error_step", "amount_refunded", "refund_status", "acquirer_data")
"""Names of a payment's fields that hardly anybody else has, be they null."""
_PAYMENT_ID: Final = "pay_"


def is_row(it: Object) -> bool:
    """Whether it is a payment that lost its `entity` in somebody's table: its id is a payment's, one of its
    fields has a name of Razorpay's, and its amount is in the smallest unit."""
    is_one = word(it.get("id")).startswith(_PAYMENT_ID) and any(name in it for name in OF_ROWS)
    return is_one and "amount_unit" not in it and not is_major(it.get("amount"))


def is_major(amount: Any) -> bool:
    """Whether an amount has decimals, which Razorpay's own never have: somebody turned it into rupees."""
    if isinstance(amount, str):
        return not amount.strip().isdecimal()
    return not isinstance(amount, int)


def read(notification: Object) -> Reading:
    """A webhook, a payment or a refund."""
    if "entity" not in notification and "payload" not in notification:
        return _row(notification)
    payload = notification.get("payload")
    if not isinstance(payload, dict):
        return _payment(notification, "", notification)
    event = word(notification.get("event"))
    payment = at(payload, "payment", "entity")
    if event.startswith("refund."):
        payment = at(payload, "refund", "entity") or payment
    if payment is None:
        payment = at(payload, "dispute", "entity")
    if not STATUSES.get(event) or payment is None:
        return no_payment(NAME, event)
    return _payment(payment, event, notification)


def _row(it: Object) -> Reading:
    """A payment in somebody's table: the fields besides are that table's, the amount is Razorpay's."""
    status = STATES.get(word(it.get("status")).lower(), it.get("status"))
    fields_ = {**it, "status": status, "amount_unit": "minor"}
    if status == "failed":
        fields_ |= _why(it, word(it.get("method")).lower())
    fields_.setdefault("gateway", NAME)
    return [fields_]


def _payment(it: Any, event: str, notification: Object) -> Reading:
    kind = word(at(it, "entity"))
    status = STATUSES.get(event) or STATES.get(word(at(it, "status")).lower(), "")
    if not status or kind not in ("", "payment", "refund", "dispute"):
        return no_payment(NAME, event or f"{kind} {word(at(it, 'status'))}".strip())
    method = word(at(it, "method"))
    currency = currency_of(at(it, "currency"))
    payment_id = first(at(it, "payment_id")) if kind in ("refund", "dispute") else None
    card = at(it, "card")
    return [
        fields(
            transaction_id=first(at(it, "order_id"), payment_id, at(it, "id")),
            attempt_id=first(payment_id, at(it, "id")),
            payment_status=status,
            timestamp=first(notification.get("created_at"), at(it, "created_at")),
            **(_why(it, method.lower()) if status == "failed" else {}),
            amount=major_units(at(it, "amount"), currency),
            currency=currency,
            payment_method=method,
            network=first(at(card, "network")),
            issuer=first(at(card, "issuer"), at(it, "bank"), at(it, "wallet")),
            country=first(at(card, "country")) or _home(at(card, "international")),
            merchant_id=first(notification.get("account_id"), at(it, "merchant_id")),
            user_id=first(at(it, "customer_id")),
            gateway=NAME,
        )
    ]


def _home(international: Any) -> str:
    """Where the card is from, as far as it is told: in India, or abroad."""
    return "IN" if international is False else ""


def _why(it: Any, method: str) -> Fields:
    """The reason, which is specific; the code is one of three that say next to nothing."""
    error = at(it, "error")
    reason = word(at(it, "error_reason"), at(error, "reason"))
    code = word(at(it, "error_code"), at(error, "code"))
    source = word(at(it, "error_source"), at(error, "source"))
    step = word(at(it, "error_step"), at(error, "step"))
    told = word(at(it, "error_description"), at(error, "description"))
    where = ", ".join(filter(None, (f"source {source}" if source else "", step)))
    message = f"{told} ({where})" if told and where else told or where
    specific = next((said for said in (reason, code) if _says_why(said)), "")
    scheme = SCHEMES.get(method, NAME)
    if not specific and _says_why(source):
        scheme, specific = "razorpay_source", source.lower()
    found = specific or reason or code
    return fields(error_scheme=scheme if found else "", error_code=found, error_message=message)


def _says_why(said: str) -> bool:
    return not is_absent(said) and not is_generic(said, NAME)
