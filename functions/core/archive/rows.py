"""Records to the rows of the archive: canonical columns, one JSON line a payment, without card
numbers, verification codes, PINs, tracks and credentials.

Firehose makes Parquet of the lines, with the columns of COLUMNS. A payment is archived when tally
counts it: what tally parks is in quarantine, and comes here when it is sent again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from functions.core.counting.bounds import Bounds
from functions.core.counting.record import TICK
from functions.core.errors import Malformed
from functions.core.payments.codec import decode_each
from functions.core.payments.event import (
    Payment,
    correlation_id,
    iso_ms,
    names_read,
)
from functions.core.payments.fields import FIELDS, Kind
from functions.core.payments.nested import KNOWN
from functions.core.payments.providers import SENDERS
from functions.core.payments.readers import Senders, decoded, read_object
from functions.core.payments.sensitive import cleared, kept_value

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
    "code": "string",
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
    *,
    keeps_unknown: bool = True,
    senders: Senders = SENDERS,
) -> list[Outcome]:
    """What becomes of each record, in order, in a response of `largest` bytes at most.
    keeps_unknown: the fields that Paywatch does not know are archived, too.

    A record whose rows do not fit any more is refused: Firehose stores it, as it came, under its
    errors. One record in must be one record out, so its rows cannot be spread.
    """
    outcomes: list[Outcome] = []
    left = largest
    for arrival in arrivals:
        left -= _ENVELOPE_BYTES
        rows = rows_of(
            arrival.data,
            arrival.arrived_ms,
            bounds,
            keeps_unknown=keeps_unknown,
            senders=senders,
        )
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
    data: bytes,
    arrived_ms: int,
    bounds: Bounds,
    *,
    keeps_unknown: bool = True,
    senders: Senders = SENDERS,
) -> list[dict[str, Any]]:
    """A row for each payment of the record, in order; none for a tick, for what is malformed or
    tells of no payment."""
    if data == TICK:
        return []
    return [
        _row(payment, extra)
        for item in decode_each(data, _reader(senders, keeps_unknown=keeps_unknown))
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


_LARGEST_EXTRA: Final = 1024 * 1024
"""Bytes of an event whose unknown fields are looked at; of a record, LARGEST_RESPONSE."""


def _reader(
    senders: Senders, *, keeps_unknown: bool
) -> Callable[[bytes], list[tuple[Payment, str | None]]]:
    """What makes of an object's text its payments, the first with its other fields as JSON text: a
    notification of many payments is kept once. It is for one record: what is larger than any response
    says only how large it was."""
    left = LARGEST_RESPONSE if keeps_unknown else 0

    def read(part: bytes) -> list[tuple[Payment, str | None]]:
        nonlocal left
        payments = [item for item in read_object(part, senders) if isinstance(item, Payment)]
        if not payments or not keeps_unknown:
            return [(payment, None) for payment in payments]
        left -= len(part)
        if left < 0 or len(part) > _LARGEST_EXTRA:
            extra: str | None = f'{{"left_out":{len(part)}}}'
        else:
            extra = _extra(part)
        return [(payment, None if n else extra) for n, payment in enumerate(payments)]

    return read


_AS_THEY_ARE: Final = {
    field.name: field.written for field in FIELDS if field.kind in ("status", "count", "dimension")
}
"""Of these a Payment holds what may be kept, and nothing else (functions/core/payments/event.py)."""
_TO_BE_CLEARED: Final = {
    field.name: field.written
    for field in FIELDS
    if field.kind != "time" and field.name not in _AS_THEY_ARE
}


def _row(payment: Payment, extra: str | None) -> dict[str, Any]:
    row = {
        _TIME: iso_ms(payment.timestamp_ms),
        **{column: getattr(payment, name) for name, column in _AS_THEY_ARE.items()},
        **{column: _harmless(getattr(payment, name)) for name, column in _TO_BE_CLEARED.items()},
        "correlation_id": _harmless(correlation_id(payment)),
        "extra": extra,  # cleared value by value: masking its text could break its JSON
    }
    return {
        column: value for column, value in row.items() if value is not None and value is not False
    }


def _extra(part: bytes) -> str | None:
    """The fields that the payment was not made of, as a JSON object, without secrets. An object that
    cannot be taken apart, for its unknown fields may hold anything, is kept whole, as a JSON string.
    """
    try:
        fields = {name: raw for name, raw in _FIELDS.decode(part).items() if bytes(raw) != _NULL}
        for name in names_read(decoded(fields, KNOWN)):
            fields.pop(name, None)
        if not fields:
            return None
        values = {name: msgspec.json.decode(raw) for name, raw in fields.items()}
        harmless = kept_value(values)
        return _ENCODER.encode(harmless).decode() if harmless else None
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError):
        return _ENCODER.encode(cleared(part.decode())).decode()


def _harmless(value: str | float | None) -> str | float | None:
    """A text without card numbers and secrets; a number, unless it is a card number, which a column
    of numbers cannot hold."""
    if isinstance(value, str):
        return cleared(value)
    return None if value is None or kept_value(value) != value else value
