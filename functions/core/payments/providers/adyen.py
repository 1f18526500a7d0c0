"""Adyen: standard notifications, in batches and single, and answers of its Checkout API.

Sources: https://docs.adyen.com/development-resources/webhooks/webhook-types,
https://docs.adyen.com/development-resources/refusal-reasons,
https://docs.adyen.com/development-resources/currency-codes.
"""

from __future__ import annotations

import re
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
    is_true,
    no_payment,
    word,
)

NAME: Final = "adyen"

STATUSES: Final[Mapping[str, tuple[str, str]]] = {
    "AUTHORISATION": ("approved", "denied"),
    "AUTHORIZATION": ("approved", "denied"),
    "CAPTURE": ("approved", ""),
    "PENDING": ("pending", "pending"),
    "MANUAL_REVIEW_REJECT": ("reversed", ""),
    "CANCELLATION": ("reversed", ""),
    "CANCEL_OR_REFUND": ("reversed", ""),
    "TECHNICAL_CANCEL": ("reversed", ""),
    "VOID_PENDING_REFUND": ("reversed", ""),
    "EXPIRE": ("abandoned", "abandoned"),
    "OFFER_CLOSED": ("abandoned", "abandoned"),
    "REFUND": ("refunded", ""),
    "POSTPONED_REFUND": ("refunded", ""),
    "REFUND_WITH_DATA": ("refunded", ""),
    **dict.fromkeys(
        ("CHARGEBACK", "SECOND_CHARGEBACK", "NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK_REVERSED",
         "REQUEST_FOR_INFORMATION", "INFORMATION_SUPPLIED", "PREARBITRATION_LOST",
         "PREARBITRATION_WON", "ISSUER_RESPONSE_TIMEFRAME_EXPIRED", "DISPUTE_DEFENSE_PERIOD_ENDED",
         "DISPUTE_OPENED_WITH_CHARGEBACK"),
        ("disputed", "disputed"),
    ),
}  # fmt: skip
"""eventCode → status where it succeeded, and where it did not. Empty: what failed is not the payment
but something done to it later, such as a refund."""

RESULTS: Final[Mapping[str, str]] = {
    "authorised": "approved",
    "refused": "denied",
    "error": "failed",
    "cancelled": "abandoned",
    **dict.fromkeys(
        ("pending", "received", "redirectshopper", "challengeshopper", "identifyshopper",
         "presenttoshopper", "authenticationfinished", "authenticationnotrequired",
         "partiallyauthorised"),
        "pending",
    ),
}  # fmt: skip
"""resultCode of the API, in lower case → status."""

REASONS: Final[Mapping[str, str]] = {
    "refused": "2", "referral": "3", "acquirer error": "4", "blocked card": "5", "expired card": "6",
    "invalid amount": "7", "invalid card number": "8", "issuer unavailable": "9",
    "not supported": "10", "3d not authenticated": "11", "3d secure failed": "11",
    "not enough balance": "12", "acquirer fraud": "14", "cancelled": "15", "shopper cancelled": "16",
    "invalid pin": "17", "pin tries exceeded": "18", "pin validation not possible": "19",
    "fraud": "20", "not submitted": "21", "fraud-cancelled": "22", "transaction not permitted": "23",
    "cvc declined": "24", "restricted card": "25", "revocation of auth": "26",
    "declined non generic": "27", "withdrawal amount exceeded": "28",
    "withdrawal count exceeded": "29", "issuer suspected fraud": "31", "avs declined": "32",
    "card requires online pin": "33", "no checking account available on card": "34",
    "no savings account available on card": "35", "mobile pin required": "36",
    "contactless fallback": "37", "authentication required": "38", "rreq not received from ds": "39",
    "current aid is in penalty box": "40", "cvm required restart payment": "41",
    "3ds authentication error": "42",
    "transaction blocked by adyen to prevent excessive retry fees": "46",
}  # fmt: skip
"""Refusal reason as it is spelt, in lower case → its code (refusalReasonCode)."""

TECHNICAL: Final = frozenset(
    (("adyen", "4"), ("adyen", "9"), ("adyen", "21"), ("adyen", "39"), ("adyen", "42"),
     ("iso8583", "68"), ("iso8583", "90"), ("iso8583", "91"), ("iso8583", "92"), ("iso8583", "96"))
)  # fmt: skip
"""Codes of a payment that nobody decided on: it failed, and was not denied."""

EXCEPTIONS: Final[Mapping[str, int]] = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}
"""Adyen's own decimals, where they are not ISO's."""

CARDS: Final = frozenset(
    ("visa", "mc", "mastercard", "amex", "maestro", "jcb", "diners", "discover", "cup", "unionpay",
     "elo", "hipercard", "bcmc", "cartebancaire", "carnet", "dankort", "electron", "visadankort",
     "rupay", "troy", "eftpos_australia", "accel", "pulse", "star", "nyce", "uatp", "mir", "naranja",
     "cabal", "solo", "laser", "vpay")
)  # fmt: skip
"""paymentMethod where it is a card's network; before `_applepay` and the like, too."""

_RAW: Final = re.compile(
    r"(?:^|[:|/\s])\s{0,9}([0-9]{2})\s{0,9}(?:$|[:|/-])|^\s{0,9}([0-9]{2})\s(?=[A-Za-z])", re.ASCII
)
"""An acquirer's code in a text: `51 : Not sufficient funds`, `Refused : 51`, `51 Not sufficient`."""


def read(notification: Object) -> Reading:
    """A batch, one item with or without its wrapping, or an answer of the API."""
    items = notification.get("notificationItems")
    if items is None:
        return _item(notification, notification.get("live"))
    if not isinstance(items, list) or not items:
        return no_payment(NAME, "a notification without items")
    return [found for item in items for found in _item(item, notification.get("live"))]


def _item(item: Any, live: Any) -> Reading:
    it = at(item, "NotificationRequestItem") or item
    extra = at(it, "additionalData")
    event = word(at(it, "eventCode")).upper()
    why: Fields = {}
    if event:
        succeeded = is_true(at(it, "success"))
        status = STATUSES.get(event, ("", ""))[0 if succeeded else 1]
        if event.startswith("AUTHORI") and not succeeded:
            why = _why(at(it, "reason"), extra, at(it, "refusalReasonCode"))
    else:
        status = RESULTS.get(word(at(it, "resultCode")).lower(), "")
        if status in ("denied", "failed"):
            why = _why(at(it, "refusalReason"), extra, at(it, "refusalReasonCode"))
    if status == "denied" and (why.get("error_scheme"), why.get("error_code")) in TECHNICAL:
        status = "failed"
    if not status:
        failed = " that failed" if event in STATUSES else ""
        return no_payment(NAME, f"{event or word(at(it, 'resultCode'))}{failed}")
    payment = first(at(it, "originalReference"), at(it, "pspReference"))
    currency = currency_of(at(it, "amount", "currency"), at(it, "currency"))
    amount = first(at(it, "amount", "value"), at(it, "value"))
    spelt = word(
        at(it, "paymentMethod"), at(it, "paymentMethod", "type"), at(extra, "paymentMethod")
    )
    method, network = _method(spelt, word(at(it, "paymentMethod", "brand")))
    return [
        fields(
            transaction_id=first(at(it, "merchantReference"), payment),
            attempt_id=payment,
            payment_status=status,
            timestamp=first(
                at(it, "eventDate"),
                at(it, "creationDate"),
                at(it, "timestamp"),
                at(it, "createdAt"),
            ),
            **why,
            amount=major_units(amount, currency, EXCEPTIONS),
            currency=currency,
            payment_method=method,
            network=network,
            issuer=first(
                at(extra, "cardIssuingBank"), at(extra, "issuerName"), at(extra, "issuer")
            ),
            country=first(
                at(extra, "cardIssuingCountry"),
                at(extra, "issuerCountry"),
                at(extra, "cardCountry"),
            ),
            merchant_id=first(at(it, "merchantAccountCode"), at(it, "merchantAccount")),
            user_id=first(at(extra, "shopperReference")),
            gateway=NAME,
            test=is_false(first(live) if isinstance(live, str) else live)
            or is_false(at(it, "live")),
        )
    ]


def _why(reason: Any, extra: Any, code: Any) -> Fields:
    """The acquirer's own code where it is told; else Adyen's, by number or by name."""
    reason_text = word(reason)
    raw = word(at(extra, "refusalReasonRaw"), at(extra, "acquirerResponseCode"))
    named = next(
        (found for part in reason_text.split(" : ") if (found := REASONS.get(_folded(part)))), ""
    )
    message = f"{reason_text}; {raw}" if reason_text and raw else reason_text or raw
    for text in (raw, reason_text):
        if numbered := _RAW.search(text):
            return fields(
                error_scheme="iso8583", error_code=numbered[1] or numbered[2], error_message=message
            )
    own = word(code, at(extra, "refusalReasonCode")) or named
    if not own and reason_text:
        return fields(error_scheme=NAME, error_code=reason_text, error_message=message)
    return fields(error_scheme=NAME if own else "", error_code=own, error_message=message)


def _folded(reason: str) -> str:
    return reason.strip().rstrip(".").lower()


def _method(spelt: str, brand: str) -> tuple[str, str]:
    """Method and network of `ideal`, `visa`, `visa_applepay`; `scheme` is a card whose brand is apart."""
    word_ = spelt.lower()
    network, _, wallet = word_.partition("_")
    if network in CARDS and wallet:
        return wallet, network
    if word_ in CARDS:
        return "card", word_
    if word_ == "scheme":
        return "card", brand
    return spelt, brand
