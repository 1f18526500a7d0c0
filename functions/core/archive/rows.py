"""Records to the rows of the archive: canonical columns, masked, one JSON line a payment.

Firehose makes Parquet of the lines, with the columns of COLUMNS. A payment is archived when tally
counts it: what tally parks is in quarantine, and comes here when it is sent again.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from functions.core.counting.bounds import Bounds
from functions.core.counting.record import TICK
from functions.core.errors import Malformed
from functions.core.payments.cards import mask
from functions.core.payments.codec import decode_each, payments_of
from functions.core.payments.event import (
    ALIASES,
    Payment,
    correlation_id,
    iso_ms,
)
from functions.core.payments.fields import FIELDS, Kind
from functions.core.payments.mapping import EventMapping

OK: Final = "Ok"
DROPPED: Final = "Dropped"
REFUSED: Final = "ProcessingFailed"
REFUSED_MESSAGE: Final = "refused"
"""The message of the log line that infra/archive.py counts: Firehose itself logs no refusal."""

LARGEST_RESPONSE: Final = 5_500_000
"""Bytes. Lambda refuses a response of more than 6 MB, and then Firehose would lose the whole batch
to its errors; half a megabyte is left for what is counted here only roughly."""
_ENVELOPE_BYTES: Final = 200
"""A record's share of the response besides its data: id, result, punctuation."""

_GLUE_TYPES: Final[Mapping[Kind, str]] = {
    "id": "string",
    "status": "string",
    "count": "bigint",
    "dimension": "string",
    "text": "string",
    "duration": "double",
    "amount": "double",
    "mark": "boolean",
}
_TIME: Final = "event_time"
COLUMNS: Final[Mapping[str, str]] = {
    _TIME: "timestamp",
    **{field.written: _GLUE_TYPES[field.kind] for field in FIELDS if field.kind != "time"},
    "extra": "string",
}
"""Column → its type in the Glue table. A payment's new field may come before `extra`: Athena finds
Parquet's columns by name, so older files stay readable."""


class Arrival(msgspec.Struct, frozen=True):
    """A record as Firehose hands it over. `arrived_ms`: on the stream, epoch milliseconds."""

    id: str
    arrived_ms: int
    data: bytes


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of a record: `result` is Firehose's word, `data` its rows in base64."""

    id: str
    result: str
    data: str = ""


def transform(
    arrivals: Iterable[Arrival],
    bounds: Bounds,
    largest: int = LARGEST_RESPONSE,
    mapping: EventMapping | None = None,
) -> list[Outcome]:
    """What becomes of each record, in order, in a response of `largest` bytes at most.

    A record whose rows do not fit any more is refused: Firehose stores it, as it came, under its
    errors. One record in must be one record out, so its rows cannot be spread.
    """
    outcomes: list[Outcome] = []
    left = largest
    for arrival in arrivals:
        left -= _ENVELOPE_BYTES
        rows = rows_of(arrival.data, arrival.arrived_ms, bounds, mapping)
        if not rows:
            outcomes.append(Outcome(arrival.id, DROPPED))
            continue
        data = base64.b64encode(lines(rows)).decode()
        if len(data) > left:
            outcomes.append(Outcome(arrival.id, REFUSED))
            continue
        left -= len(data)
        outcomes.append(Outcome(arrival.id, OK, data))
    return outcomes


def rows_of(
    data: bytes, arrived_ms: int, bounds: Bounds, mapping: EventMapping | None = None
) -> list[dict[str, Any]]:
    """A row for each payment of the record, in order; none for a tick, for what is malformed or
    tells of no payment."""
    if data == TICK:
        return []
    return [
        _row(payment, extra)
        for item in decode_each(data, partial(_read, mapping=mapping))
        if not isinstance(item, Malformed)
        for payment, extra in (item,)
        if bounds.hold(payment, arrived_ms)
    ]


def lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as JSON, each with a newline after it."""
    return _ENCODER.encode_lines(rows)


_ENCODER: Final = msgspec.json.Encoder()
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NULL: Final = b"null"


def _read(part: bytes, mapping: EventMapping | None) -> list[tuple[Payment, str | None]]:
    """An object's text as its payments, the first with its other fields as JSON text: a notification
    of many payments is kept once."""
    payments = [item for item in payments_of(part, mapping) if isinstance(item, Payment)]
    return [(payment, None if number else _extra(part)) for number, payment in enumerate(payments)]


_COLUMN_OF: Final = {field.name: field.written for field in FIELDS if field.kind != "time"}


def _row(payment: Payment, extra: str | None) -> dict[str, Any]:
    row = {
        _TIME: iso_ms(payment.timestamp_ms),
        **{column: _harmless(getattr(payment, name)) for name, column in _COLUMN_OF.items()},
        "correlation_id": mask(correlation_id(payment)),
        "extra": extra,  # masked value by value: masking its text could break its JSON
    }
    return {
        column: value for column, value in row.items() if value is not None and value is not False
    }


def _extra(part: bytes) -> str | None:
    """The fields that the payment was not made of, as a JSON object, masked. An object that cannot
    be taken apart, for its unknown fields may hold anything, is kept whole, as a JSON string.
    """
    try:
        fields = {name: raw for name, raw in _FIELDS.decode(part).items() if bytes(raw) != _NULL}
        for canonical, aliases in ALIASES.items():
            for name in (canonical, *aliases):
                if fields.pop(name, None) is not None:
                    break
        if not fields:
            return None
        values = {name: msgspec.json.decode(raw) for name, raw in fields.items()}
        return _ENCODER.encode(_masked(values)).decode()
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError):
        return _ENCODER.encode(mask(part.decode())).decode()


def _masked(value: Any) -> Any:
    """The value with every card number in it masked, be it a text, a key or a number."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(name): _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    digits = _digits(value)
    return value if mask(digits) == digits else mask(digits)


def _harmless(value: str | float | None) -> str | float | None:
    """A text masked; a number, unless it is a card number, which a column of numbers cannot hold."""
    if isinstance(value, str):
        return mask(value)
    return None if value is None or _masked(value) != value else value


def _digits(number: float) -> str:
    return f"{number:.0f}" if isinstance(number, float) else str(number)
