"""Stripe: events and bare objects of payment intents, charges, checkout sessions, refunds, disputes.

Sources: https://docs.stripe.com/api/events/types, https://docs.stripe.com/api/payment_intents/object,
https://docs.stripe.com/api/charges/object, https://docs.stripe.com/currencies.
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
    is_false,
    no_payment,
    word,
)
from functions.core.payments.reasons import is_generic, most_telling

NAME: Final = "stripe"

STATUSES: Final[Mapping[str, str]] = {
    "payment_intent.created": "pending",
    "payment_intent.processing": "pending",
    "payment_intent.requires_action": "pending",
    "payment_intent.partially_funded": "pending",
    "payment_intent.amount_capturable_updated": "pending",
    "payment_intent.succeeded": "approved",
    "payment_intent.payment_failed": "failed",
    "payment_intent.canceled": "abandoned",
    "charge.pending": "pending",
    "charge.succeeded": "approved",
    "charge.captured": "approved",
    "charge.failed": "failed",
    "charge.expired": "abandoned",
    "charge.refunded": "refunded",
    "charge.dispute.created": "disputed",
    "charge.dispute.updated": "disputed",
    "charge.dispute.closed": "disputed",
    "charge.dispute.funds_withdrawn": "disputed",
    "charge.dispute.funds_reinstated": "disputed",
    "checkout.session.async_payment_succeeded": "approved",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "abandoned",
    "refund.created": "refunded",
}
"""Type of an event → status. Of a completed session, its own payment_status says it."""

OBJECT_STATUSES: Final[Mapping[tuple[str, str], str]] = {
    **{
        ("payment_intent", state): "pending"
        for state in ("requires_confirmation", "requires_action", "requires_capture", "processing")
    },
    ("payment_intent", "succeeded"): "approved",
    ("payment_intent", "canceled"): "abandoned",
    ("charge", "succeeded"): "approved",
    ("charge", "pending"): "pending",
    ("charge", "failed"): "failed",
    ("checkout.session", "paid"): "approved",
    ("checkout.session", "unpaid"): "pending",
    ("refund", "succeeded"): "refunded",
    ("refund", "pending"): "refunded",
}
"""Kind and state of a bare object → status."""
KINDS: Final = frozenset(("payment_intent", "charge", "checkout.session", "refund", "dispute"))

EXCEPTIONS: Final[Mapping[str, int]] = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Stripe's own decimals, where they are not ISO's."""


def read(notification: Object) -> Reading:
    """An event, or an object as its API gives it."""
    if notification.get("object") != "event":
        return _object(notification, "", notification)
    kind = word(notification.get("type"))
    return _object(at(notification, "data", "object") or {}, kind, notification)


def _object(it: Any, event: str, notification: Object) -> Reading:
    kind = word(at(it, "object")) or event.rpartition(".")[0]
    status = STATUSES.get(event, "") if event else _bare_status(it, kind)
    if event == "checkout.session.completed":
        status = OBJECT_STATUSES.get(("checkout.session", word(at(it, "payment_status"))), "")
    if not status:
        return no_payment(NAME, event or f"{kind} {word(at(it, 'status'))}".strip())
    if status == "abandoned" and _charge_id(it) and not at(it, "last_payment_error"):
        status = "reversed"  # its last try went well: an authorisation is given back
    error = at(it, "last_payment_error") if status == "failed" else None
    details = _details(it, error)
    card = _card(details)
    currency = currency_of(at(it, "currency"))
    amount = first(at(it, "amount"), at(it, "amount_total"))
    return [
        fields(
            transaction_id=_payment_id(it, kind),
            attempt_id=_charge_id(it, error) if kind != "charge" else first(at(it, "id")),
            payment_status=status,
            timestamp=first(notification.get("created"), at(it, "created")),
            **(_why(it, error) if status == "failed" else {}),
            amount=major_units(amount, currency, EXCEPTIONS),
            currency=currency,
            payment_method=first(at(details, "type"), _only(at(it, "payment_method_types"))),
            network=first(at(card, "network"), at(card, "brand")),
            issuer=first(at(card, "issuer"), at(details, word(at(details, "type")), "bank")),
            country=first(at(card, "country")),
            merchant_id=first(notification.get("account"), at(it, "on_behalf_of")),
            user_id=first(at(it, "customer")),
            gateway=NAME,
            test=is_false(first_of(notification.get("livemode"), at(it, "livemode"))),
        )
    ]


def first_of(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _bare_status(it: Any, kind: str) -> str:
    state = word(at(it, "status"))
    if kind == "dispute":
        return "disputed"
    if kind == "charge" and at(it, "refunded") is True:
        return "refunded"
    if kind == "payment_intent" and state == "requires_payment_method":
        return "failed" if at(it, "last_payment_error") else "pending"
    if kind == "checkout.session":
        if state == "expired":
            return "abandoned"
        state = word(at(it, "payment_status"))
    return OBJECT_STATUSES.get((kind, state), "")


def _payment_id(it: Any, kind: str) -> Any:
    """The payment intent, which all tries at a payment share; else what the object is of."""
    intent = at(it, "payment_intent")
    charge = at(it, "charge") if kind in ("refund", "dispute") else None
    own = at(it, "id")
    return first(intent, at(intent, "id"), charge, at(charge, "id"), own)


def _charge_id(it: Any, error: Any = None) -> Any:
    """The charge, which is one try; it comes as an id or, expanded, as an object."""
    latest = first_of(at(error, "charge"), at(it, "latest_charge"), at(it, "charge"))
    return first(latest, at(latest, "id"), at(it, "charges", "data", 0, "id"))


def _details(it: Any, error: Any) -> Any:
    """What the payment was made with, wherever it is told."""
    charge = first_of(at(it, "charges", "data", 0), at(it, "latest_charge"))
    return first_of(
        at(it, "payment_method_details"),
        at(error, "payment_method"),
        at(charge, "payment_method_details"),
        at(it, "payment_method") if not isinstance(at(it, "payment_method"), str) else None,
        at(error, "source"),
    )


def _card(details: Any) -> Any:
    kind = at(details, "type")
    return first_of(at(details, "card"), at(details, kind) if isinstance(kind, str) else None)


def _why(it: Any, error: Any) -> Fields:
    """The code that says most: Stripe's decline code, the network's behind a generic one."""
    charge = first_of(at(it, "charges", "data", 0), at(it, "latest_charge"), it)
    outcome = at(charge, "outcome")
    network = word(at(error, "network_decline_code"), at(outcome, "network_decline_code"))
    codes = [
        word(code)
        for code in (
            at(error, "decline_code"),
            at(outcome, "reason"),
            at(error, "code"),
            at(charge, "failure_code"),
        )
    ]
    code = most_telling(codes, NAME)
    message = first(
        at(error, "message"), at(charge, "failure_message"), at(outcome, "seller_message")
    )
    if network and (not code or is_generic(code, NAME)):
        return fields(error_scheme="iso8583", error_code=network, error_message=message)
    return fields(error_scheme=NAME if code else "", error_code=code, error_message=message)


def _only(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else None
