"""One canonical payment, and the one way from a JSON object to it.

Field names, aliases and statuses are the public contract (docs/events.md). Unknown fields are
ignored here; the archive keeps them.
"""

from __future__ import annotations

import hashlib
import math
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.cards import mask
from functions.core.payments.fields import FIELDS, Kind

STATUSES: Final = (
    "approved",
    "failed",
    "denied",
    "reversed",
    "backend_reversed",
    "refunded",
    "pending",
    "abandoned",
    "disputed",
)
ATTEMPT_STATUSES: Final = frozenset(STATUSES[:5])
"""A payment with one of these has a final outcome: it is an attempt.

Of the others, abandoned: ended before anybody was asked for the money. disputed: the customer claims
it back."""

DIMENSIONS: Final = tuple(field.name for field in FIELDS if field.kind == "dimension")

STATUS_SYNONYMS: Final[Mapping[str, str]] = {
    **{status: status for status in STATUSES},
    **dict.fromkeys(
        ("success", "succeeded", "successful", "ok", "paid", "captured", "settled", "completed",
         "complete", "authorized", "authorised", "approve", "accepted"),
        "approved",
    ),
    **dict.fromkeys(("fail", "failure", "error", "errored", "timeout", "timed_out"), "failed"),
    **dict.fromkeys(("decline", "declined", "deny", "refused", "rejected"), "denied"),
    **dict.fromkeys(("reverse", "reversal", "void", "voided", "cancelled", "canceled"), "reversed"),
    **dict.fromkeys(("backend_reversal", "system_reversed"), "backend_reversed"),
    **dict.fromkeys(("refund", "partially_refunded"), "refunded"),
    **dict.fromkeys(
        ("processing", "in_progress", "initiated", "created", "requires_action", "started"),
        "pending",
    ),
}  # fmt: skip

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    field.accepted[0]: field.accepted[1:] for field in FIELDS
}
"""Canonical field → the other names it may come under, first match wins."""


class Payment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One payment, or `count` payments that are alike.

    `timestamp_ms` is the event's own time, milliseconds since the epoch, UTC. `latency_ms` is the
    time the payment took. `amount` is in major units of `currency`. Everything from `region` to
    `currency` is a dimension; None means that the event did not say. `attempt_id` is the try's own id,
    where the payment has one besides its own. is_test: of a test system, so not counted. faults: kinds of
    fields that came and could not be read, such as "amount: not a number"; they are told, and not written.
    """

    transaction_id: str
    status: str
    timestamp_ms: int
    count: int = 1
    region: str | None = None
    device: str | None = None
    method: str | None = None
    network: str | None = None
    issuer: str | None = None
    gateway: str | None = None
    merchant: str | None = None
    country: str | None = None
    currency: str | None = None
    error_code: str | None = None
    error_scheme: str | None = None
    error_message: str | None = None
    latency_ms: float | None = None
    amount: float | None = None
    user_id: str | None = None
    correlation_id: str | None = None
    attempt_id: str | None = None
    is_test: bool = False
    faults: tuple[str, ...] = ()


_TYPES: Final[Mapping[Kind, Any]] = {
    "id": str | int | None,
    "status": str | None,
    "time": str | int | float | None,
    "count": int | str | None,
    "dimension": str | int | float | None,
    "text": str | int | float | None,
    "duration": float | int | str | None,
    "amount": float | int | str | None,
    "mark": bool | int | str | None,
}

RawEvent = msgspec.defstruct(
    "RawEvent",
    [(name, _TYPES[field.kind], None) for field in FIELDS for name in field.accepted],
    omit_defaults=True,
    gc=False,
)
"""A JSON object as it came, with every known field name and its permitted types."""


def to_payment(raw: Any) -> Payment:
    """A RawEvent as a Payment. Raises Malformed that names the field, what came, and what is wanted."""
    transaction_id = _first(raw, "transaction_id")
    status_word = _first(raw, "payment_status")
    when = _first(raw, "timestamp")
    missing = [
        name
        for name, value in (
            ("transaction_id", transaction_id),
            ("payment_status", status_word),
            ("timestamp", when),
        )
        if value is None or value == ""
    ]
    if missing:
        raise Malformed("missing_field", f"required: {', '.join(missing)}")
    values: dict[str, Any] = {
        "timestamp_ms": parse_timestamp(when),
        "transaction_id": str(transaction_id),
        "status": parse_status(status_word),
    }
    for name, value in msgspec.to_builtins(raw).items():  # without what is absent
        field, read = _READ[name]
        if field not in values:
            values[field] = read(value)
    return Payment(**values)


def correlation_id(payment: Payment) -> str:
    """The payment's correlation id, or one made from what identifies it: the same every time."""
    if payment.correlation_id is not None:
        return payment.correlation_id
    seed = f"{payment.transaction_id}|{payment.merchant or ''}|{payment.timestamp_ms}"
    return "pw-" + hashlib.blake2b(seed.encode(), digest_size=10).hexdigest()


@lru_cache(maxsize=4096)
def parse_status(word: str) -> str:
    """A status in any case and usual synonym as one of STATUSES; Malformed for any other word."""
    key = word.strip().lower().replace("-", "_").replace(" ", "_")
    status = STATUS_SYNONYMS.get(key)
    if status is None:
        raise Malformed(
            "unknown_status", f"payment_status {word[:40]!r} is none of {', '.join(STATUSES)}"
        )
    return status


_MILLISECONDS_FROM: Final = 1e11
"""Numbers from here on are epoch milliseconds: as seconds they would lie past the year 5000."""
_LAST_MS: Final = 253402300799999  # 9999-12-31T23:59:59.999Z
_FLOAT_ERROR_MS: Final = 0.001
"""More than what epoch seconds lose as a binary fraction: 10.123 is 10123 ms and not 10122."""
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def parse_timestamp(when: str | int | float) -> int:
    """ISO 8601, epoch seconds or epoch milliseconds as milliseconds since the epoch.

    A time without an offset is UTC; parts of a millisecond are cut off. Raises Malformed for
    anything else.
    """
    if isinstance(when, str):
        digits = when.strip()
        if _FAST_ISO.fullmatch(digits):
            return _minute_ms(digits[:16]) + _seconds_ms(digits[16:])
        return parse_timestamp(float(digits)) if _EPOCH.fullmatch(digits) else _iso_ms(digits)
    if isinstance(when, bool) or when != when:
        raise Malformed("bad_timestamp", f"timestamp {when!r} is not a time")
    if not 0 <= when <= _LAST_MS:
        shown = max(-1e300, min(when, 1e300))
        raise Malformed(
            "bad_timestamp", f"timestamp {shown:.6g} lies outside the years 1970 to 9999"
        )
    if when >= _MILLISECONDS_FROM:
        return int(when)
    return math.floor(when * 1000 + _FLOAT_ERROR_MS)


_EPOCH: Final = re.compile(r"-?\d+(\.\d+)?")
_FAST_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:[0-5]\d(\.\d{1,3})?Z?", re.ASCII)


@lru_cache(maxsize=8192)
def _minute_ms(minute: str) -> int:
    return _iso_ms(minute + ":00Z")


def _seconds_ms(rest: str) -> int:
    return round(float(rest[1:].rstrip("Z")) * 1000)


def _iso_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        ms = (moment - _EPOCH_START) // _MILLISECOND
    except (ValueError, OverflowError) as error:
        raise Malformed(
            "bad_timestamp", f"timestamp {text[:40]!r} is not ISO 8601: {error}"
        ) from None
    if not 0 <= ms <= _LAST_MS:
        raise Malformed(
            "bad_timestamp", f"timestamp {text[:40]!r} lies outside the years 1970 to 9999"
        )
    return ms


def iso_ms(timestamp_ms: int) -> str:
    """Milliseconds since the epoch as ISO 8601, UTC: what `parse_timestamp` reads."""
    return _iso_second(timestamp_ms // 1000) + _ISO_REST[timestamp_ms % 1000]


_ISO_REST: Final = tuple(f".{ms:03d}Z" for ms in range(1000))


@lru_cache(maxsize=4096)
def _iso_second(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


LONGEST_VALUE: Final = 64
"""Characters of a dimension's value that are kept."""


_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls and line ends, which would write lines of their own into a page, and half characters."""


@lru_cache(maxsize=65536)
def _value(text: str) -> str | None:
    """A dimension's value in one line: trimmed, masked, bounded. Empty means absent."""
    return mask(_UNPRINTABLE.sub(" ", text).strip())[:LONGEST_VALUE].rstrip() or None


def _number(name: str, least: float, raw: str | int | float) -> float | None:
    if raw == "":
        return None
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        raise Malformed("bad_number", f"{name} {str(raw)[:40]!r} is not a number") from None
    if not least <= number < math.inf:
        raise Malformed("bad_number", f"{name} {raw!r} is out of range")
    return number


LARGEST_COUNT: Final = 1_000_000_000


def _count(raw: str | int) -> int:
    try:
        count = int(raw)
    except ValueError:
        raise Malformed("bad_number", f"count {str(raw)[:40]!r} is not a whole number") from None
    if not 1 <= count <= LARGEST_COUNT:
        raise Malformed("bad_number", f"count {raw!r} is not between 1 and {LARGEST_COUNT}")
    return count


LIVE_MARKS: Final = frozenset(("livemode", "live_mode", "live"))
"""Marks that say the opposite: true is no test."""
_YES: Final = frozenset(("true", "1", "yes", "y", "on", "test", "sandbox"))
_NO: Final = frozenset(("false", "0", "no", "n", "off", "live", "production"))


def _mark(raw: bool | int | str, *, of_a_test: bool) -> bool:
    word = str(raw).strip().lower()
    return word in (_YES if of_a_test else _NO)


_READER_OF: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "id": str,
    "status": parse_status,
    "time": parse_timestamp,
    "count": _count,
    "dimension": lambda raw: _value(str(raw)),
    "text": str,
    "mark": lambda raw: raw,
}
_LEAST: Final[Mapping[Kind, float]] = {"duration": 0.0, "amount": -sys.float_info.max}

_READ: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    name: (
        field.name,
        partial(_number, field.name, _LEAST[field.kind])
        if field.kind in _LEAST
        else _READER_OF[field.kind],
    )
    for field in FIELDS
    for name in field.accepted
} | {
    name: ("is_test", partial(_mark, of_a_test=name not in LIVE_MARKS))
    for name in ALIASES["test"] + ("test",)
}
"""A field's name → a payment's attribute, and what makes its value of what came."""


def _first(raw: Any, canonical: str) -> Any:
    value = getattr(raw, canonical)
    if value is not None:
        return value
    for alias in ALIASES[canonical]:
        value = getattr(raw, alias)
        if value is not None:
            return value
    return None
