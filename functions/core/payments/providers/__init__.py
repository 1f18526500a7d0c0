"""Payments out of what providers and message services send, recognised by its shape.

    object ── recognise ──► a provider's reader ──► fields in the names of docs/events.md ──► Payment
       ▲          │                            └──► NoPayment: well formed, and no payment
       └─ unwrap ─┘ of an envelope

A provider is a module of data and one pure function, `read`. A new one is a module and a row of
PROVIDERS.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from functions.core.errors import Malformed
from functions.core.payments.event import ALIASES, Payment, to_payment
from functions.core.payments.mapping import EventMapping
from functions.core.payments.providers import (
    adyen,
    braintree,
    checkout,
    paypal,
    razorpay,
    stripe,
    wrapped,
)
from functions.core.payments.providers.reading import (
    Fields,
    NoPayment,
    Object,
    Reader,
    Reading,
    no_payment,
)
from functions.core.payments.providers.wrappings import unwrap_of
from functions.core.payments.readers import Senders

Found = list[Payment | NoPayment | Malformed]

DEEPEST: Final = 5
"""So many envelopes inside each other are opened."""


class Provider(NamedTuple):
    """keys: an object without any of them is not its own. is_own: told by few more looks."""

    name: str
    keys: tuple[str, ...]
    is_own: Callable[[Object], bool]
    read: Reader


def _is_stripe(it: Object) -> bool:
    kind = it.get("object")
    return isinstance(kind, str) and (
        kind in stripe.KINDS or (kind == "event" and "type" in it) or kind.startswith("v2.core.")
    )


def _is_adyen(it: Object) -> bool:
    if "notificationItems" in it or "NotificationRequestItem" in it:
        return True
    return "pspReference" in it and ("eventCode" in it or "resultCode" in it)


def _is_razorpay(it: Object) -> bool:
    entity = it.get("entity")
    if entity == "event":
        return "payload" in it
    if entity is None:
        return razorpay.is_row(it)
    return entity in ("payment", "refund") and "amount" in it


def _is_braintree(it: Object) -> bool:
    if "kind" in it:
        inside = ("subject", "transaction", "subscription", "dispute")
        return it["kind"] == "check" or any(name in it for name in inside)
    if "paymentMethodSnapshot" in it:
        return "status" in it
    # Of its own names two at least: one alone may be another's, and then on some of the rows only.
    return "id" in it and "status" in it and sum(name in it for name in _OF_BRAINTREE) > 1


_OF_BRAINTREE: Final = (
    "processorResponseCode", "processor_response_code", "processorResponseText",
    "processor_response_text", "gatewayRejectionReason", "gateway_rejection_reason",
    "paymentInstrumentType", "payment_instrument_type", "currencyIsoCode", "currency_iso_code",
    "merchantAccountId", "merchant_account_id", "statusHistory", "status_history",
)  # fmt: skip


def _is_checkout(it: Object) -> bool:
    if "requested_on" in it:
        return "id" in it and "status" in it
    return isinstance(it.get("data"), dict) and isinstance(it.get("type"), str)


def _is_paypal(it: Object) -> bool:
    if "event_type" in it:
        return "resource" in it
    return "status" in it and ("purchase_units" in it or "create_time" in it)


PROVIDERS: Final = (
    Provider(stripe.NAME, ("object",), _is_stripe, stripe.read),
    Provider(
        adyen.NAME,
        ("notificationItems", "NotificationRequestItem", "pspReference"),
        _is_adyen,
        adyen.read,
    ),
    Provider(
        razorpay.NAME,
        ("entity", *razorpay.OF_ROWS),
        _is_razorpay,
        razorpay.read,
    ),
    Provider(
        braintree.NAME,
        ("kind", "paymentMethodSnapshot", *_OF_BRAINTREE),
        _is_braintree,
        braintree.read,
    ),
    Provider(checkout.NAME, ("created_on", "requested_on"), _is_checkout, checkout.read),
    Provider(
        paypal.NAME,
        ("event_type", "purchase_units", "seller_receivable_breakdown", "seller_protection",
         "final_capture", "supplementary_data"),
        _is_paypal,
        paypal.read,
    ),
)  # fmt: skip

AMBIGUOUS: Final = frozenset(
    ("object", "entity", "requested_on", "purchase_units", "paymentMethodSnapshot",
     "processorResponseCode", "processor_response_code", "paymentInstrumentType",
     "payment_instrument_type", "pspReference", *razorpay.OF_ROWS)
)  # fmt: skip
"""Keys of a provider's objects that may be readable as if they were in our own fields, which they are
not: Razorpay's amounts are in paise. What has one is asked about before it is read as our own; any
other object when that went wrong."""


def marks_of(mapping: EventMapping | None) -> frozenset[str]:
    """Keys of which an object has one at least that is asked about before it is read as our own: those
    above, and where the mapping's required fields lie."""
    return AMBIGUOUS if mapping is None else AMBIGUOUS | mapping.roots


def recognise(it: Object) -> tuple[str, Reader] | None:
    """The provider whose shape an object has, and what reads it; None for any other object."""
    for name, keys, is_own, read in PROVIDERS:
        for key in keys:
            if key in it:
                if is_own(it):
                    return name, read
                break
    return None


def readings_of(it: Object, mapping: EventMapping | None = None, depth: int = 0) -> Reading | None:
    """The fields of each payment in an object, by the mapping, by its provider or out of envelopes.

    None for an object that none of them knows: in our own fields, or strange. Raises Malformed for
    an envelope that cannot be opened.
    """
    if mapping is not None and (fields := mapping.fields_of(it)) is not None:
        return [fields]
    if (found := recognise(it)) is not None:
        return found[1](it)
    if (envelope := unwrap_of(it)) is None:
        return _inside(it, mapping, depth)
    if depth >= DEEPEST:
        raise Malformed("too_deep", f"more than {DEEPEST} envelopes inside each other")
    content = envelope[1](it)
    if isinstance(content, list):
        return content
    reading: Reading = []
    for inner in content.objects:
        known = readings_of(inner, mapping, depth + 1)
        reading += [_timed(inner, content.when)] if known is None else known
    return reading


def _inside(it: Object, mapping: EventMapping | None, depth: int) -> Reading | None:
    """What lies in an object that nobody knows and that is no payment itself; None where no payment
    does."""
    if depth >= DEEPEST or wrapped.is_payment(it):
        return None
    for members in wrapped.members_of(it):
        reading: Reading = []
        is_one = False
        for inner in members:
            known = readings_of(inner, mapping, depth + 1) if isinstance(inner, dict) else None
            fields = {} if known is not None else wrapped.filled(inner, it)
            is_one = is_one or known is not None or wrapped.is_payment(fields)
            reading += [fields] if known is None else known
        if is_one and wrapped.is_of_another_thing(it):
            return no_payment("event", wrapped.kind_of(it))
        if is_one:
            return reading
    return None


def _timed(it: Object, when: Any) -> Fields:
    """An envelope's object in our own fields, with the envelope's time where it tells none."""
    if when is None or any(it.get(name) is not None for name in _TIMES):
        return dict(it)
    return {**it, "timestamp": when}


_TIMES: Final = ("timestamp", *ALIASES["timestamp"])


def payments_of(it: Object, mapping: EventMapping | None = None) -> Found | None:
    """The payments of an object that is not in our own fields, each by itself: what is wrong with
    one costs no other. None where nothing here knows its shape; raises nothing."""
    try:
        reading = readings_of(it, mapping)
    except Malformed as error:
        return [error]
    return None if reading is None else [_payment(item) for item in reading]


def _payment(item: Fields | NoPayment) -> Payment | NoPayment | Malformed:
    if isinstance(item, NoPayment):
        return item
    try:
        return to_payment(item)
    except Malformed as error:
        return error


def senders_of(mapping: EventMapping | None) -> Senders:
    """Who is asked what an object means: the mapping, where there is one, providers and envelopes."""
    return Senders(marks_of(mapping), partial(payments_of, mapping=mapping))


SENDERS: Final = senders_of(None)
