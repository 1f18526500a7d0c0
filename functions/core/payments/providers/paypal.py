"""PayPal: webhooks of captures, authorisations, sales and orders.

Sources: https://developer.paypal.com/api/rest/webhooks/event-names/,
https://developer.paypal.com/docs/api/payments/v2/, https://developer.paypal.com/docs/api/orders/v2/.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from functions.core.payments.reasons import most_telling

NAME: Final = "paypal"

STATUSES: Final[Mapping[str, str]] = {
    "PAYMENT.AUTHORIZATION.CREATED": "approved",
    "PAYMENT.AUTHORIZATION.DENIED": "denied",
    "PAYMENT.AUTHORIZATION.VOIDED": "reversed",
    "PAYMENT.CAPTURE.COMPLETED": "approved",
    "PAYMENT.CAPTURE.PENDING": "pending",
    "PAYMENT.CAPTURE.DENIED": "denied",
    "PAYMENT.CAPTURE.DECLINED": "denied",
    "PAYMENT.CAPTURE.FAILED": "failed",
    "PAYMENT.CAPTURE.REFUNDED": "refunded",
    "PAYMENT.CAPTURE.REVERSED": "reversed",
    "PAYMENT.SALE.COMPLETED": "approved",
    "PAYMENT.SALE.PENDING": "pending",
    "PAYMENT.SALE.DENIED": "denied",
    "PAYMENT.SALE.REFUNDED": "refunded",
    "PAYMENT.SALE.REVERSED": "reversed",
    "PAYMENT.REFUND.COMPLETED": "refunded",
    "PAYMENT.ORDER.CANCELLED": "abandoned",
    "CHECKOUT.ORDER.APPROVED": "pending",
    "CHECKOUT.ORDER.SAVED": "pending",
    "CHECKOUT.ORDER.PROCESSED": "pending",
    "CHECKOUT.ORDER.COMPLETED": "approved",
    "CHECKOUT.ORDER.DECLINED": "denied",
    "CHECKOUT.ORDER.VOIDED": "abandoned",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "abandoned",
    "CUSTOMER.DISPUTE.CREATED": "disputed",
    "CUSTOMER.DISPUTE.UPDATED": "disputed",
    "CUSTOMER.DISPUTE.RESOLVED": "disputed",
    "RISK.DISPUTE.CREATED": "disputed",
}
"""event_type → status. An order that the payer approved is not paid yet."""

STATES: Final[Mapping[str, str]] = {
    "created": "pending",
    "saved": "pending",
    "approved": "pending",
    "payer_action_required": "pending",
    "pending": "pending",
    "completed": "approved",
    "captured": "approved",
    "partially_captured": "approved",
    "declined": "denied",
    "denied": "denied",
    "failed": "failed",
    "voided": "reversed",
    "refunded": "refunded",
    "partially_refunded": "refunded",
}
"""Status of a bare order or capture, in lower case → ours."""


def read(notification: Object) -> Reading:
    """A webhook, or an order as its API gives it."""
    event = word(notification.get("event_type")).upper()
    it = notification.get("resource")
    if not isinstance(it, dict):
        it = notification
        status = STATES.get(word(it.get("status")).lower(), "") if not event else ""
        if (
            status == "reversed"
            and "purchase_units" in it
            and _newest(at(it, "purchase_units", 0)) is None
        ):
            status = "abandoned"  # an order, of which nothing was authorised
    else:
        status = STATUSES.get(event, "")
    paid = word(at(_newest(at(it, "purchase_units", 0)), "status")).lower()
    if status == "approved" and paid in ("declined", "denied", "failed", "pending"):
        status = STATES[paid]  # an order is completed once it was tried, whatever came of it
    if not status:
        return no_payment(NAME, event or word(it.get("status")))
    unit = at(it, "purchase_units", 0)
    capture = _newest(unit)
    disputed = at(it, "disputed_transactions", 0)
    related = at(it, "supplementary_data", "related_ids")
    order = first(
        at(related, "order_id"),
        at(it, "id") if unit is not None else None,
        at(it, "parent_payment"),
        at(it, "billing_agreement_id") if event.startswith("PAYMENT.SALE") else None,
    )
    # A refund names what it gives back in its links alone.
    own = first(
        at(disputed, "seller_transaction_id"),
        at(it, "sale_id"),
        at(capture, "id"),
        _linked(it) if status == "refunded" else None,
        at(it, "id"),
    )
    money = _amount(it, unit, capture)
    source = at(it, "payment_source")
    method, card = _method(source)
    return [
        fields(
            transaction_id=first(order, own),
            attempt_id=own,
            payment_status=status,
            timestamp=first(
                notification.get("create_time"), at(it, "update_time"), at(it, "create_time")
            ),
            **(_why(it, capture, event) if status in ("denied", "failed") else {}),
            amount=first(at(money, "value"), at(money, "total")),
            currency=currency_of(at(money, "currency_code"), at(money, "currency")),
            payment_method=method,
            network=first(at(card, "brand"), at(it, "network_transaction_reference", "network")),
            issuer=first(at(card, "bin_details", "issuing_bank")),
            country=first(at(card, "bin_details", "bin_country_code")),
            merchant_id=first(
                at(it, "payee", "merchant_id"),
                at(unit, "payee", "merchant_id"),
                at(disputed, "seller", "merchant_id"),
            ),
            user_id=first(at(it, "payer", "payer_id")),
            gateway=NAME,
            test=_is_sandbox(notification) or _is_sandbox(it),
        )
    ]


def _newest(unit: Any) -> Any:
    """An order's payment: its last capture, or authorisation."""
    payments = at(unit, "payments")
    return at(payments, "captures", -1) or at(payments, "authorizations", -1)


def _amount(it: Any, unit: Any, capture: Any) -> Any:
    """Orders say it of what was captured, and of what is asked; disputes of what is in dispute."""
    return (
        at(it, "amount") or at(capture, "amount") or at(unit, "amount") or at(it, "dispute_amount")
    )


def _method(source: Any) -> tuple[str, Any]:
    """The only kind of source that is told: `{"card": {…}}`; a wallet may hold a card."""
    if not isinstance(source, dict) or not source:
        return NAME, None
    name, details = next(iter(source.items()))
    return name, at(details, "card") or details


def _linked(it: Any) -> str:
    """The id of the capture that a refund is of: the link `up`."""
    links = at(it, "links")
    for link in links if isinstance(links, list) else ():
        if word(at(link, "rel")) == "up":
            return word(at(link, "href")).rstrip("/").rpartition("/")[2]
    return ""


def _is_sandbox(it: Any) -> bool:
    links = at(it, "links")
    return isinstance(links, list) and any(
        ".sandbox.paypal.com" in word(at(link, "href")) for link in links
    )


def _why(it: Any, capture: Any, event: str) -> Fields:
    """The processor's code; where that says nothing, why PayPal itself refused."""
    response = at(it, "processor_response") or at(capture, "processor_response")
    code = word(at(response, "response_code"))
    reason = word(
        at(it, "status_details", "reason"),
        at(capture, "status_details", "reason"),
        at(it, "reason_code"),
    )
    message = first(at(it, "status_details", "description"), at(it, "reason"))
    found = most_telling((code, reason), NAME)
    return fields(
        error_scheme=NAME if found else "",
        error_code=found,
        error_message=message or (reason if reason != found else None),
    )
