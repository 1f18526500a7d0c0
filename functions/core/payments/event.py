"""One canonical payment, and the one way from a JSON object to it.

Field names, aliases and statuses are the public contract (docs/events.md). Unknown fields are
ignored here; the archive keeps them.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.amounts import read_amount
from functions.core.payments.fields import BESIDE, FIELDS, Field
from functions.core.payments.nested import spread
from functions.core.payments.reasons import LONGEST_CODE, LONGEST_MESSAGE, reason_of
from functions.core.payments.sensitive import cut, quoted
from functions.core.payments.statuses import (
    ATTEMPT_STATUSES,
    STATUS_SYNONYMS,
    STATUSES,
    parse_status,
)
from functions.core.payments.times import iso_ms, parse_timestamp
from functions.core.payments.values import LONGEST_VALUE, cleaned, is_absent

__all__ = (
    "ALIASES", "ATTEMPT_STATUSES", "DIMENSIONS", "LARGEST_COUNT", "LIVE_MARKS", "LONGEST_ID",
    "LONGEST_LATENCY_MS", "LONGEST_VALUE", "STATUSES", "STATUS_SYNONYMS", "Payment",
    "correlation_id", "iso_ms", "mark", "names_read", "parse_status", "parse_timestamp", "to_payment",
)  # fmt: skip

DIMENSIONS: Final = tuple(field.name for field in FIELDS if field.kind == "dimension")

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    field.accepted[0]: field.accepted[1:] for field in FIELDS
}
"""Canonical field → the other names it may come under, first match wins."""


class Payment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
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


def to_payment(values: Mapping[str, Any]) -> Payment:
    """What came under the known names as a Payment.

    Raises Malformed where what is required is missing or cannot be read, or the count is impossible.
    Any other field that cannot be read is left out, and its kind is one of the payment's faults.
    """
    reading = _Reading(values)
    required = [reading.required(name) for name in _REQUIRED]
    missing = [name for name, value in zip(_REQUIRED, required, strict=True) if value is None]
    if missing:
        raise reading.absent(missing)
    transaction_id, status_word, when = required
    found: dict[str, Any] = {
        "timestamp_ms": parse_timestamp(when),
        "transaction_id": identity(str(transaction_id)),
        "status": parse_status(status_word),
    }
    reading.rest(found)
    if reading.faults:
        found["faults"] = tuple(dict.fromkeys(reading.faults))
    return Payment(**found)


def names_read(values: Mapping[str, Any]) -> frozenset[str]:
    """The names of what `to_payment` makes a payment of these values from; paths of what is nested."""
    reading = _Reading(values)
    for name in _REQUIRED:
        reading.required(name)
    reading.rest({})
    return frozenset(reading.whence.get(name, name) for name in reading.names)


_REQUIRED: Final = ("transaction_id", "payment_status", "timestamp")
_KIND_OF: Final = {field.accepted[0]: field.kind for field in FIELDS}
_FIELD: Final = {field.name: field for field in FIELDS}
_OPTIONAL: Final = tuple(
    field for field in FIELDS if field.kind not in ("id", "status", "time", "amount", "code")
)

_SAYS: Final[Mapping[str, str]] = {
    **{name: field.name for field in FIELDS for name in field.accepted},
    **{
        name: "amount" if about in ("amount_minor", "amount_unit", "exponent") else "error_code"
        for about, names in BESIDE.items()
        for name in names
    },
}
"""Name → the field that it says something of."""

LONGEST_ID: Final = 256
"""Characters of an id that are kept."""
LARGEST_COUNT: Final = 1_000_000_000
LONGEST_LATENCY_MS: Final = 86_400_000.0
"""A day. More is no latency."""
LIVE_MARKS: Final = frozenset(
    ("livemode", "live_mode", "liveMode", "live", "is_live", "isLive", "isLiveMode", "is_live_mode",
     "is_production", "isProduction")
)  # fmt: skip
"""Marks that say the opposite: true is no test."""

_SYSTEMS: Final = (
    "test", "testing", "testmode", "sandbox", "sandboxmode", "uat", "staging", "stage", "dev", "development",
    "qa", "demo", "preprod", "preproduction", "nonprod", "nonproduction", "simulator", "simulation",
)  # fmt: skip
"""Letters of words for systems whose money is none."""
_YES: Final = frozenset(("true", "1", "yes", "y", "on", "t", *_SYSTEMS))
_NO: Final = frozenset(("false", "0", "no", "n", "off", "f", *_SYSTEMS))


def identity(text: str) -> str:
    return cut(text, LONGEST_ID)


_BETWEEN: Final = re.compile(r"[\s_-]+")


class _FaultError(Exception):
    """A value is of no use to its field, for this reason."""


class _Reading:
    """The values of one event on their way into a payment. names: those that were of use."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values, self.whence = spread(values)
        self.faults: list[str] = []
        self.names: list[str] = []

    def required(self, canonical: str) -> Any:
        """The first value of the right kind that says something, else one that says nothing; None
        where there is none."""
        kinds = _REQUIRED_KINDS[_KIND_OF[canonical]]
        silent: tuple[str, str] | None = None
        for name in (canonical, *ALIASES[canonical]):
            value = self.values.get(name)
            if value is None or not isinstance(value, kinds) or isinstance(value, bool):
                continue
            if isinstance(value, str) and is_absent(value):
                silent = silent or (name, value)
                continue
            self.names.append(name)
            return value
        if silent is None or silent[1] == "":
            return None
        self.names.append(silent[0])
        return silent[1]

    def absent(self, missing: list[str]) -> Malformed:
        for canonical in missing:
            for name in (canonical, *ALIASES[canonical]):
                value = self.values.get(name)
                if value is not None and not isinstance(value, str):
                    return Malformed("wrong_type", f"{name} is {_kind(value)}")
        return Malformed("missing_field", f"required: {', '.join(missing)}")

    def rest(self, found: dict[str, Any]) -> None:
        """Enter what came for the optional fields."""
        came = {_SAYS.get(name) for name in self.values}
        for field in _OPTIONAL:
            if field.name in came and (value := self.value(field)) is not None:
                found[field.name] = value
        if "amount" in came:
            self.amount(found)
        if "error_code" in came or "error_message" in came:
            self.reason(found)

    def value(self, field: Field) -> Any:
        """What the field's first name of any use says; None where none is."""
        fault = ""
        for name in field.accepted:
            value = self.values.get(name)
            if value is None or (isinstance(value, str) and is_absent(value)):
                continue
            try:
                read = _read(field, name, value)
            except _FaultError as error:
                fault = fault or str(error)
                continue
            if read is not None:
                self.names.append(name)
                return read
        if fault:
            self.faults.append(f"{field.name}: {fault}")
        return None

    def text(self, name: str, longest: int) -> str | None:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        text = cut(str(value), longest)
        return None if is_absent(text) else text

    def beside(self, canonical: str) -> tuple[str, Any]:
        for name in BESIDE[canonical]:
            value = self.values.get(name)
            if value is not None and not (isinstance(value, str) and is_absent(value)):
                return name, value
        return "", None

    def amount(self, found: dict[str, Any]) -> None:
        """The amount, and the currency where the amount alone says it."""
        currency = found.get("currency")
        unit_name, unit = self.beside("amount_unit")
        exponent_name, exponent = self.beside("exponent")
        minor_name, minor = self.beside("amount_minor")
        given = [(name, self.values.get(name), unit) for name in _FIELD["amount"].accepted]
        given.append((minor_name, minor, "minor"))
        fault = ""
        for name, value, its_unit in given:
            if value is None or (isinstance(value, str) and is_absent(value)):
                continue
            read = read_amount(value, currency, its_unit, exponent)
            if read.value is None:
                fault = fault or read.fault
                continue
            found["amount"] = read.value
            self.names += (name, *filter(None, (unit_name, exponent_name)))
            if currency is None and read.currency is not None:
                found["currency"] = cleaned("currency", read.currency)
            return
        if fault:
            self.faults.append(f"amount: {fault}")

    def reason(self, found: dict[str, Any]) -> None:
        """The code that says most, and what goes with it."""
        codes: list[tuple[str, str]] = []
        fault = ""
        for name in _FIELD["error_code"].accepted:
            if (text := self.text(name, LONGEST_CODE)) is not None:
                codes.append((name, text))
            elif self.values.get(name) is not None and not isinstance(self.values[name], str):
                fault = fault or _kind(self.values[name])
        if fault and not codes:
            self.faults.append(f"error_code: {fault}")
        (_, source), (_, step) = self.beside("error_source"), self.beside("error_step")
        told = reason_of(
            codes,
            found.get("error_scheme"),
            found.get("error_message"),
            source if isinstance(source, str) else None,
            step if isinstance(step, str) else None,
        )
        for name, value in zip(("error_code", "error_scheme", "error_message"), told, strict=True):
            if value is not None:
                found[name] = value
        self.names += (name for name, text in codes if text == told.code)


_REQUIRED_KINDS: Final[Mapping[str, Any]] = {
    "id": str | int,
    "status": str,
    "time": str | int | float,
}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return "a text" if isinstance(value, str) else "not readable"


def _read(field: Field, name: str, value: Any) -> Any:
    """A value as its field has it; None where it says nothing. Raises _FaultError."""
    kind = field.kind
    if kind == "mark":
        return mark(name, value)
    if name == "error" and isinstance(value, bool):
        return None  # whether there was one, which the status says
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _FaultError(_kind(value))
    if kind == "dimension":
        return cleaned(field.name, str(value))
    if kind == "text":
        return cut(str(value), LONGEST_CODE if field.name == "error_scheme" else LONGEST_MESSAGE)
    return _count(value) if kind == "count" else _duration(value)


def mark(name: str, value: Any) -> bool | None:
    """Whether the value marks a test; None where it does not."""
    if not isinstance(value, bool | int | str):
        raise _FaultError(_kind(value))
    word = _BETWEEN.sub("", str(value)[:20]).lower()
    is_test = word in (_NO if name in LIVE_MARKS else _YES)
    return is_test or None


def _duration(value: str | int | float) -> float:
    try:
        number = float(value if not isinstance(value, str) else value[:64].replace(",", "."))
    except (ValueError, OverflowError):
        raise _FaultError("not a number") from None
    if not 0.0 <= number <= LONGEST_LATENCY_MS:
        raise _FaultError("out of range" if number == number else "not a number")
    return number


def _count(value: str | int | float) -> int:
    """Raises Malformed for a number of payments that cannot be: how many there were is not known."""
    try:
        number = float(value[:64] if isinstance(value, str) else value)
    except OverflowError:
        number = math.inf
    except ValueError:
        raise _FaultError("not a number") from None
    if not 1 <= number <= LARGEST_COUNT or number != int(number):
        raise Malformed(
            "bad_number", f"count {quoted(value)} is no whole number between 1 and {LARGEST_COUNT}"
        )
    return int(number)


def correlation_id(payment: Payment) -> str:
    """The payment's correlation id, or one made from what identifies it: the same every time."""
    if payment.correlation_id is not None:
        return payment.correlation_id
    seed = f"{payment.transaction_id}|{payment.merchant or ''}|{payment.timestamp_ms}"
    return "pw-" + hashlib.blake2b(seed.encode(errors="replace"), digest_size=10).hexdigest()
