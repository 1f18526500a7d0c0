"""Rows of a file of past payments as columns by field of the event, many rows at a time.

Only plain values come through: text or whole numbers, and a number where one is wanted. Rows with
anything else raise Unplain and are read one by one by `producer.record`, which says what is wrong.
A plain column can be worked on by value: a whole number is never equal to a text, as it is to a
float or to true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from functions.core.errors import Malformed
from functions.core.payments.event import ALIASES
from functions.core.payments.fields import FIELDS, Kind
from producer.format import Format
from producer.record import whole

Columns = dict[str, Sequence[Any]]
"""Field of the event → its value in each row, None where it is absent."""


class Unplain(Exception):
    """Among the rows is one that has to be read by itself."""


class UnknownColumn(Unplain):
    """Among the rows is one with a column that was not there before."""


_NOT_COUNTED: Final = frozenset(("amount", "user_id", "correlation_id", "attempt_id", "test"))
"""Fields that no count depends on: they are only decoded, which checks them. A mark of a
test system is no plain value."""

_PLAIN: Final[Mapping[Kind, Any]] = {
    "id": str | int | None,
    "status": str | None,
    "time": str | int | float | None,
    "count": int | None,
    "dimension": str | int | None,
    "text": str | int | None,
    "duration": float | None,
    "amount": float | None,
    "mark": None,
}
_TYPES: Final[Mapping[str, Any]] = {
    field.accepted[0]: str | int | float | None
    if field.kind == "text" and field.name in _NOT_COUNTED
    else _PLAIN[field.kind]
    for field in FIELDS
}
"""Field of the event → its types in a plain column."""


class JsonColumns:
    """Lines of JSON, decoded all at once into a struct that has only the columns that count.

    Of 0.45 µs a row of 250 bytes with ten such columns, 0.2 are for passing over its bytes.
    """

    def __init__(
        self, fields: Mapping[str, Sequence[str]], others: Sequence[str] | None = None
    ) -> None:
        """fields: field → its columns, of which the first with a value counts. others: columns that
        may be there too; None when any may."""
        types = {name: _TYPES[field] for field in fields for name in fields[field]}
        names = (*types, *(others or ()))
        row = msgspec.defstruct(
            "Row",
            [(f"c{place}", types.get(name, msgspec.Raw), None) for place, name in enumerate(names)],
            rename={f"c{place}": name for place, name in enumerate(names)},
            forbid_unknown_fields=others is not None,
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(row)
        self._places = {
            field: [names.index(name) for name in columns]
            for field, columns in fields.items()
            if field not in _NOT_COUNTED
        }

    def read(self, lines: Sequence[bytes]) -> Columns:
        """Each line ends with a line feed. Raises Unplain, UnknownColumn."""
        # Where each line begins and ends an object, no object can lie across two lines: as many
        # objects as lines are one a line.
        if set(map(_FIRST, lines)) != _OPENING or set(map(_LAST_BUT_ONE, lines)) != _CLOSING:
            raise Unplain
        text = b"".join(lines)
        if not text.isascii():
            text = text.decode(errors="replace").encode()
        try:
            rows = self._decoder.decode_lines(text)
        except msgspec.ValidationError as error:
            raise (UnknownColumn if _UNKNOWN in str(error) else Unplain) from None
        except (msgspec.DecodeError, RecursionError):
            raise Unplain from None
        if len(rows) != len(lines):
            raise Unplain
        table = list(zip(*map(astuple, rows), strict=True))
        return {
            field: _first([table[place] for place in places])
            for field, places in self._places.items()
        }


_FIRST: Final = itemgetter(0)
_LAST_BUT_ONE: Final = itemgetter(-2)
_OPENING: Final = {ord("{")}
_CLOSING: Final = {ord("}")}
_UNKNOWN: Final = "Object contains unknown field"


class EventColumns:
    """Lines of JSON in the event's own fields, under any of their names.

    Decodes the names that have come so far: all 64 that may come would take 0.2 µs a row more. A
    name that is new stops the decoder, and is learnt.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._columns = JsonColumns({}, ())

    def read(self, lines: Sequence[bytes]) -> Columns:
        """Each line ends with a line feed. Raises Unplain."""
        try:
            return self._columns.read(lines)
        except UnknownColumn:
            self._learn(lines)
        try:
            return self._columns.read(lines)
        except UnknownColumn:
            raise Unplain from None

    def _learn(self, lines: Sequence[bytes]) -> None:
        names = set[str]()
        for line in lines:
            try:
                names.update(_KEYS.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        names = {name for name in names | self._names if _PLAIN_NAME.fullmatch(name)}
        if names <= self._names or len(names) > _MOST_NAMES:
            raise Unplain
        self._names = names
        fields = {
            field: spellings
            for field, others in ALIASES.items()
            if (spellings := [name for name in (field, *others) if name in names])
        }
        known = {name for spellings in fields.values() for name in spellings}
        self._columns = JsonColumns(fields, sorted(names - known))


_KEYS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PLAIN_NAME: Final = re.compile(r"[\w .:/-]+", re.ASCII)
_MOST_NAMES: Final = 200


class CsvColumns:
    """Rows of CSV, each its line number and the fields."""

    def __init__(self, header: Sequence[str], fields: Mapping[str, str]) -> None:
        """fields: field → its column."""
        place = {column: number for number, column in enumerate(header)}
        self._places = {field: place[column] for field, column in fields.items()}

    def read(self, rows: Sequence[tuple[int, list[str]]]) -> Columns:
        """Raises Unplain."""
        if "successes" in self._places:
            raise Unplain
        table = list(zip(*(fields for _, fields in rows), strict=True))
        columns: Columns = {field: table[place] for field, place in self._places.items()}
        try:
            for field in ("latency_ms", "amount"):
                if field in columns:
                    columns[field] = list(map(_number, columns[field]))
            if "count" in columns:
                numbers = {text: whole("count", text.strip()) for text in set(columns["count"])}
                columns["count"] = list(map(numbers.__getitem__, columns["count"]))
        except (ValueError, Malformed):
            raise Unplain from None
        return columns


def _number(text: str) -> float | None:
    if not text.strip():
        return None
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def columns_of(form: Format | None) -> EventColumns | JsonColumns | None:
    """What reads lines of JSON by column; None where that is only done row by row."""
    if form is None:
        return EventColumns()
    named = list(form.fields.values())
    if "successes" in form.fields or not all(map(_PLAIN_NAME.fullmatch, named)):
        return None
    if len(set(named)) < len(named):
        return None
    return JsonColumns({field: [column] for field, column in form.fields.items()})


def _first(columns: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The first column, and where it is None what the first of the others has."""
    column, *others = columns
    for other in others:
        if None not in column:
            break
        column = [b if a is None else a for a, b in zip(column, other, strict=True)]
    return column
