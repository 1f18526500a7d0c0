"""The values of one row of a file of past payments, as payments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.event import (
    ALIASES,
    LARGEST_COUNT,
    Payment,
    to_payment,
)
from functions.core.payments.mapping import value_at
from functions.core.payments.providers import SENDERS
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.readers import read_values
from producer.amounts import number
from producer.column_names import is_test
from producer.format import Format
from producer.moments import ZONE_MARK, time_ms

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


ABSENT: Final = frozenset(
    ("\\N", "NULL", "null", "Null", "(null)", "N/A", "n/a", "#N/A", "None", "none", "NaN", "nan", "-",
     "--", "(blank)")
)  # fmt: skip
"""What exports write where there is nothing."""

TEST: Final = "test"
"""Field that marks a payment of a test system."""
NUMBERS: Final = ("latency_ms", "amount")
"""Fields that are numbers, and that no count needs."""

DROPPED: Final = "dropped_field"
NO_ROW: Final = "no_row"
"""Reasons that are no fault of a row: one of its fields is left out; it is none of payments."""

OnDropped = Callable[[str], None]
"""Takes what was wrong with a field that the row does without: `amount: not a number: 'x'`."""


def payments_of(
    values: Mapping[str, Any] | str,
    form: Format | None,
    made_up_id: str,
    on_dropped: OnDropped = lambda _: None,
) -> list[Payment]:
    """The row's payments: one, or with successes up to two. Raises Malformed."""
    if form is None or isinstance(values, str):
        return events(str(values), made_up_id)
    fields = fields_of(values, form, on_dropped)
    at = moment_ms(values, form)
    for field in ("count", "successes"):
        if field in form.fields and field not in fields:
            raise Malformed("missing_field", f"column {form.fields[field]!r} is empty")
    fields.setdefault("transaction_id", made_up_id)
    count = whole("count", fields.pop("count")) if "count" in fields else 1
    if "successes" not in fields:
        return [_payment(fields, at, count)] if count else []
    successes = whole("successes", fields.pop("successes"))
    if successes > count:
        raise Malformed("bad_number", f"{successes} successes of only {count}")
    identity = fields["transaction_id"]
    failed = {**fields, "payment_status": "failed", "transaction_id": f"{identity}-failed"}
    approved = {name: value for name, value in failed.items() if name not in _OF_FAILURES}
    approved |= {"payment_status": "approved", "transaction_id": f"{identity}-approved"}
    parts = ((approved, successes), (failed, count - successes))
    return [_payment(part, at, n) for part, n in parts if n]


def fields_of(values: Mapping[str, Any], form: Format, on_dropped: OnDropped) -> dict[str, Any]:
    """The row's values by field of the event, without its time: columns, statuses, defaults.

    A field of the wrong kind that no count needs is left out, and told. Raises Malformed.
    """
    fields: dict[str, Any] = {}
    for field, column in form.fields.items():
        if field == "timestamp":
            continue
        try:
            value = scalar(column, value_at(values, column))
            if field in NUMBERS and value not in (None, ""):
                value = _number(field, value, form)
            if field == TEST:
                value = is_test(column, value) or None
        except Malformed as fault:
            if field in _NEEDED:
                raise
            on_dropped(fault.detail)
            continue
        if value not in (None, "") and not (isinstance(value, str) and value in ABSENT):
            fields[field] = value
    return form.translation.applied(fields)


_NEEDED: Final = frozenset(("payment_status", "count", "successes"))


def _number(field: str, value: Any, form: Format) -> float | None:
    """A field's number as it is written. Raises Malformed."""
    if isinstance(value, str):
        if value in ABSENT:
            return None
        try:
            value = number(value, form.decimal or ".")
        except ValueError:
            raise Malformed("bad_number", f"{field}: not a number: {value[:40]!r}") from None
    if not isfinite(value) or (field == "latency_ms" and value < 0):
        raise Malformed("bad_number", f"{field}: out of range: {value!r}")
    return float(value)


def moment_ms(values: Mapping[str, Any], form: Format) -> int:
    """The row's time. Raises Malformed."""
    columns = form.time_columns
    parts = [scalar(column, value_at(values, column)) for column in columns]
    if parts[0] in (None, "") or (isinstance(parts[0], str) and parts[0] in ABSENT):
        raise Malformed("missing_field", f"column {columns[0]!r} is empty")
    if form.has_plain_time:
        return time_ms(parts[0], form.timestamp_format, form.timezone)
    zone = value_at(values, form.zone_column) if form.zone_column else None
    return time_ms(moment_text(parts, zone), form.timestamp_format, form.timezone)


def moment_text(parts: Iterable[Any], zone: Any) -> str:
    """A time in several columns as one text, which `time_ms` reads."""
    text = " ".join(str(part).strip() for part in parts if part is not None).strip()
    named = str(zone or "").strip()
    return f"{text}{ZONE_MARK}{named}" if named else text


def events(text: str, made_up_id: str) -> list[Payment]:
    """The payments of a line, as the stream reads it: in the event's own fields, of a provider, or in
    an envelope.

    Raises Malformed for the first that is wrong; with reason NO_ROW for what tells of no payment.
    """
    try:
        values: dict[str, Any] = dict(_OBJECT.decode(text))
        if all(_is_blank(values.get(name, _NULL)) for name in _IDS):
            values["transaction_id"] = made_up_id
        found = read_values(values, SENDERS)
    except msgspec.ValidationError as error:
        raise Malformed("wrong_type", str(error)) from None
    except msgspec.DecodeError as error:
        raise Malformed("bad_json", str(error)) from None
    except RecursionError:
        raise Malformed("too_deep", "JSON nested deeper than can be read") from None
    payments = [item for item in found if isinstance(item, Payment)]
    for item in found:
        if isinstance(item, Malformed):
            raise item
        if isinstance(item, NoPayment) and not payments:
            raise Malformed(NO_ROW, str(item))
    return payments


_IDS: Final = ("transaction_id", *ALIASES["transaction_id"])
_NULL: Final = msgspec.Raw(b"null")


def _is_blank(value: msgspec.Raw) -> bool:
    return value == _NULL or not bytes(value).strip(b'" ')


def _payment(fields: Mapping[str, Any], timestamp_ms: int, count: int) -> Payment:
    payment = to_payment({**fields, "timestamp": 0, "count": count})
    # Set last: the event's contract would read milliseconds from before 1973 as seconds.
    return msgspec.structs.replace(payment, timestamp_ms=timestamp_ms)


_OF_FAILURES: Final = ("error_code", "error_scheme", "error_message")


def scalar(column: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, (int, float)):
        return value
    raise Malformed("wrong_type", f"column {column!r} holds a {type(value).__name__}")


def whole(name: str, value: Any) -> int:
    """A whole number from 0, also when it is written 116.0."""
    try:
        found = number(value.strip()) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        raise Malformed("bad_number", f"{name} {str(value)[:40]!r} is not a number") from None
    if not 0 <= found <= LARGEST_COUNT or found != int(found):
        raise Malformed(
            "bad_number", f"{name} {value!r} is not a whole number from 0 to {LARGEST_COUNT}"
        )
    return int(found)
