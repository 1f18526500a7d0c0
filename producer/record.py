"""The values of one row of a file of past payments, as payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.event import (
    ALIASES,
    LARGEST_COUNT,
    Payment,
    parse_timestamp,
    to_payment,
)
from functions.core.payments.providers import SENDERS
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.readers import read_values
from producer.format import Format

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def payments_of(
    values: Mapping[str, Any] | str, form: Format | None, made_up_id: str
) -> list[Payment]:
    """The row's payments: one, or with successes up to two. Raises Malformed."""
    if form is None or isinstance(values, str):
        return events(str(values), made_up_id)
    fields = {
        field: value
        for field, column in form.fields.items()
        if (value := scalar(column, values.get(column))) not in (None, "")
    }
    for field in ("timestamp", "count", "successes"):
        if field in form.fields and field not in fields:
            raise Malformed("missing_field", f"column {form.fields[field]!r} is empty")
    at = time_ms(fields.pop("timestamp"), form.timestamp_format)
    fields.setdefault("transaction_id", made_up_id)
    if "payment_status" in fields:
        fields["payment_status"] = str(fields["payment_status"])
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


def events(text: str, made_up_id: str) -> list[Payment]:
    """The payments of a line, as the stream reads it: in the event's own fields, of a provider, or in
    an envelope.

    Raises Malformed for the first that is wrong; with reason NO_ROW for what tells of no payment.
    """
    try:
        values: dict[str, Any] = dict(_OBJECT.decode(text))
        if all(values.get(name, _NULL) in (_NULL, _EMPTY) for name in _IDS):
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
_EMPTY: Final = msgspec.Raw(b'""')
NO_ROW: Final = "no_row"
"""The reason of a row that is none of payments, and no fault."""


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
        number = float(value)
    except (ValueError, OverflowError):
        raise Malformed("bad_number", f"{name} {str(value)[:40]!r} is not a number") from None
    if not 0 <= number <= LARGEST_COUNT or number != int(number):
        raise Malformed(
            "bad_number", f"{name} {value!r} is not a whole number from 0 to {LARGEST_COUNT}"
        )
    return int(number)


@lru_cache(maxsize=65536)
def time_ms(value: str | float, timestamp_format: str) -> int:
    """The value as epoch milliseconds, UTC where it has no offset. Raises Malformed."""
    if timestamp_format == "iso8601":
        return parse_timestamp(value)
    try:
        if timestamp_format in ("epoch_s", "epoch_ms"):
            ms = round(float(value) * (1000 if timestamp_format == "epoch_s" else 1))
        else:
            moment = datetime.strptime(str(value), timestamp_format)  # noqa: DTZ007 UTC is next
            ms = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Malformed(
            "bad_timestamp", f"timestamp {str(value)[:40]!r} is not of the form {timestamp_format}"
        ) from None
    if not 0 <= ms <= _LAST_MS:
        raise Malformed("bad_timestamp", f"timestamp {value!r} lies outside the years 1970 to 9999")
    return ms


_LAST_MS: Final = 253402300799999
