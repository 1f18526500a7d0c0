"""Objects that senders of no known format put around a payment: `{"event": {…}}`, `{"payload": …}`.

    {"type": "payment.failed", "created": 1780000000, "data": {"id": "p1", …}}
       └ its status            └ its time                └ the payment

An object is taken for a wrapping only where what lies in it is a payment with what stands around it,
and it is none itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from functions.core.errors import Malformed
from functions.core.payments.event import ALIASES
from functions.core.payments.fields import FIELDS
from functions.core.payments.nested import spread
from functions.core.payments.providers.reading import Fields, Object
from functions.core.payments.statuses import known_status

MOST: Final = 10_000
"""Objects in one list. Pages of an API have a hundred."""

_MEMBERS: Final = (
    "event", "payload", "data", "payment", "transaction", "txn", "order", "object", "body", "message",
    "detail", "resource", "content", "record", "result", "response", "attributes", "entity",
    "notification", "charge", "item", "items", "payments", "transactions", "events", "records",
    "results", "charges", "document", "fullDocument", "_source", "value", "msg",
)  # fmt: skip
"""Names under which a payment lies, or a list of them."""
_KINDS_OF_EVENTS: Final = ("type", "event", "event_type", "eventType", "event_name", "eventName",
                           "action", "topic")  # fmt: skip
_OTHER_THINGS: Final = re.compile(
    r"(payout|transfer|withdrawal|settlement|mandate|customer|account|subscription|product|plan|report)s?"
    r"[\W_]",
    re.IGNORECASE,
)
"""What an event is of that is no payment, though it may have an id, a status and a time."""
_FIELD_OF: Final[Mapping[str, str]] = {
    name: field.accepted[0] for field in FIELDS for name in field.accepted
}
_AROUND: Final = frozenset(
    name for field in FIELDS for name in field.accepted if field.kind not in ("status", "text")
)
"""Names that say something of the payment from outside, too. A status beside it is the message's own."""
_REQUIRED: Final = ("transaction_id", "payment_status", "timestamp")


def members_of(it: Object) -> Iterator[list[Any]]:
    """The objects that may be payments, of each member that has some. Raises Malformed for a list that
    is too long."""
    for name in _MEMBERS:
        inner = it.get(name)
        if isinstance(inner, dict) and inner:
            yield [inner]
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield bounded(inner)


def bounded(items: list[Any]) -> list[Any]:
    """Raises Malformed for more than MOST."""
    if len(items) > MOST:
        raise Malformed("too_many", f"a list of {len(items):,} objects, of at most {MOST:,}")
    return items


def filled(inner: Any, around: Object) -> Fields:
    """An object in our own fields, with what the object around it says of it besides."""
    if not isinstance(inner, dict):
        return {}
    fields = dict(spread(inner)[0])
    told = {_FIELD_OF.get(name) for name, value in fields.items() if value is not None}
    for name in _AROUND.intersection(around):
        value = around[name]
        if not isinstance(value, dict | list) and _FIELD_OF[name] not in told:
            fields[name] = value
    word = kind_of(around) or kind_of(inner)
    status = known_status(word)
    if "payment_status" not in told and status is not None:
        fields["payment_status"] = word
    elif status in ("refunded", "disputed"):
        # What it holds is a refund or a dispute, and the status is that one's own.
        fields["payment_status"] = word
    return fields


def kind_of(around: Object) -> str:
    """The event's own word for what happened, `payment.failed`; empty where it has none."""
    said = (around.get(name) for name in _KINDS_OF_EVENTS)
    return next((word for word in said if isinstance(word, str) and word), "")


def is_of_another_thing(around: Object) -> bool:
    """Whether the event tells of a payout, a customer and the like."""
    return _OTHER_THINGS.match(kind_of(around)) is not None


def is_payment(fields: Mapping[str, Any]) -> bool:
    """Whether all that a payment needs is there."""
    return all(
        any(isinstance(fields.get(name), str | int | float) for name in (needed, *ALIASES[needed]))
        for needed in _REQUIRED
    )
