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
from functions.core.payments import providers
from functions.core.payments.amounts import LARGEST_AMOUNT
from functions.core.payments.event import ALIASES
from functions.core.payments.fields import BESIDE, FIELDS, Kind
from functions.core.payments.mapping import value_at
from functions.core.payments.nested import OBJECTS
from functions.core.payments.readers import PLAIN
from functions.core.payments.reasons import SCHEME_OF
from producer.amounts import number
from producer.column_names import is_test
from producer.format import Format
from producer.record import ABSENT, NUMBERS, TEST, moment_text, whole

Columns = dict[str, Sequence[Any]]
"""Field of the event → its value in each row, None where it is absent."""


class Unplain(Exception):
    """Among the rows is one that has to be read by itself."""


class UnknownColumn(Unplain):
    """Among the rows is one with a column that was not there before."""


_NOT_COUNTED: Final = frozenset(("amount", "user_id", "correlation_id", "attempt_id", "test"))
"""Fields that no count depends on: they are only decoded, which checks them. A mark of a
test system is no plain value."""

_PLAIN: Final[Mapping[Kind, Any]] = {**PLAIN, "mark": None}
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
        self,
        fields: Mapping[str, Sequence[str]],
        others: Sequence[str] | None = None,
        form: Format | None = None,
    ) -> None:
        """fields: field → its columns, of which the first with a value counts. others: columns that
        may be there too; None when any may. form: what the values mean, where there is one."""
        types = {name: _TYPES[field] for field in fields for name in fields[field]}
        if form is not None:
            types |= dict.fromkeys(fields.get("amount", ()), float | str | None)
        self._form = form
        names = (*types, *(others or ()))
        # What lies in an object under one of these names is a payment's: then it is read by itself.
        types |= {name: _PLAIN_VALUE for name in names if name in OBJECTS and name not in types}
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
            if field not in _NOT_COUNTED or field == "amount"
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
        columns = {
            field: _first([table[place] for place in places])
            for field, places in self._places.items()
        }
        form = self._form
        _check_amounts(columns.pop("amount", ()), form.decimal if form is not None else "")
        return columns if form is None else _meant(columns, form)


_PLAIN_VALUE: Final = str | int | float | bool | None
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
                keys = _KEYS.decode(line)
                if not keys.keys().isdisjoint(providers.AMBIGUOUS) and providers.recognise(
                    msgspec.json.decode(line)
                ):
                    raise Unplain
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
                continue
            names.update(keys)
        names = {name for name in names | self._names if _PLAIN_NAME.fullmatch(name)}
        if names <= self._names or len(names) > _MOST_NAMES:
            raise Unplain
        self._names = names
        codes = names.intersection(("error_code", *ALIASES["error_code"], *_MORE_REASONS))
        if len(codes) > 1 or codes & _MORE_REASONS:
            raise Unplain  # which of them says why is told value by value
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
_MORE_REASONS: Final = frozenset((*BESIDE["error_source"], *BESIDE["error_step"], *SCHEME_OF))


class PathColumns:
    """Lines of JSON whose columns are paths, or make up a time together, or mean two things.

    Each row is decoded whole: about 2 µs, and 0.5 a column and step of its path.
    """

    def __init__(self, form: Format, fields: Mapping[str, str]) -> None:
        """fields: field → its column."""
        self._form = form
        self._fields = fields
        self._rows = msgspec.json.Decoder(dict[str, Any])

    def read(self, lines: Sequence[bytes]) -> Columns:
        """Each line ends with a line feed. Raises Unplain."""
        if set(map(_FIRST, lines)) != _OPENING or set(map(_LAST_BUT_ONE, lines)) != _CLOSING:
            raise Unplain
        try:
            rows = self._rows.decode_lines(b"".join(lines).decode(errors="replace"))
        except (msgspec.DecodeError, RecursionError):
            raise Unplain from None
        if len(rows) != len(lines):
            raise Unplain
        form = self._form
        columns: Columns = {
            field: _of_kind(rows, column, _KINDS[field])
            for field, column in self._fields.items()
            if field != "timestamp"
        }
        _check_amounts(columns.get("amount", ()), form.decimal)
        columns = {name: of for name, of in columns.items() if name not in _NOT_COUNTED}
        parts = [_of_kind(rows, column, _OF_TIMES) for column in form.time_columns]
        if form.has_plain_time:
            columns["timestamp"] = parts[0]
        else:
            zones: Sequence[Any] = [None] * len(rows)
            if form.zone_column:
                zones = _of_kind(rows, form.zone_column, _OF_TEXTS)
            texts = map(moment_text, zip(*parts, strict=True), zones)
            columns["timestamp"] = [
                None if day is None or day == "" else text
                for day, text in zip(parts[0], texts, strict=True)
            ]
        return _meant(columns, form)


def _of_kind(
    rows: Sequence[Mapping[str, Any]], column: str, kinds: frozenset[Any]
) -> Sequence[Any]:
    """Raises Unplain where a value is of another kind."""
    values = [value_at(row, column) for row in rows]
    if not kinds.issuperset(map(type, values)):
        raise Unplain
    return values


_NOTHING: Final = type(None)
_OF_TEXTS: Final[frozenset[Any]] = frozenset((str, int, _NOTHING))
_OF_TIMES: Final[frozenset[Any]] = frozenset((str, int, float, _NOTHING))
_OF_KIND: Final[Mapping[str, frozenset[Any]]] = {
    "status": frozenset((str, _NOTHING)),
    "count": frozenset((int, _NOTHING)),
    "duration": frozenset((int, float, _NOTHING)),
    "amount": _OF_TIMES,
    "mark": frozenset((_NOTHING,)),
}
_KINDS: Final = {field.accepted[0]: _OF_KIND.get(field.kind, _OF_TEXTS) for field in FIELDS}


class CsvColumns:
    """Rows of CSV, each its line number and the fields."""

    def __init__(
        self, header: Sequence[str], fields: Mapping[str, str], form: Format | None = None
    ) -> None:
        """fields: field → its column. form: what the values mean, where there is one."""
        place = {column: at for at, column in enumerate(header)}
        self._places = {field: place[column] for field, column in fields.items()}
        self._form = form
        self._moment: tuple[list[int], int | None] | None = None
        if form is not None and not form.has_plain_time:
            zone = place[form.zone_column] if form.zone_column else None
            self._moment = [place[column] for column in form.time_columns], zone

    def read(self, rows: Sequence[tuple[int, list[str]]]) -> Columns:
        """Raises Unplain."""
        if "successes" in self._places:
            raise Unplain
        table = list(zip(*(fields for _, fields in rows), strict=True))
        columns: Columns = {field: table[place] for field, place in self._places.items()}
        if self._moment is not None:
            places, zone = self._moment
            parts = zip(*(table[place] for place in places), strict=True)
            zones = table[zone] if zone is not None else [None] * len(rows)
            columns["timestamp"] = list(map(moment_text, parts, zones))
        decimal = self._form.decimal if self._form is not None else ""
        try:
            for field in NUMBERS:
                if field in columns:
                    columns[field] = _numbers(columns[field], decimal)
            _check_amounts(columns.get("amount", ()), decimal)
            if "count" in columns:
                numbers = {text: whole("count", text.strip()) for text in set(columns["count"])}
                columns["count"] = list(map(numbers.__getitem__, columns["count"]))
        except Malformed:
            raise Unplain from None
        return columns if self._form is None else _meant(columns, self._form)


def _numbers(texts: Sequence[str], decimal: str) -> list[float | None]:
    """Raises Unplain for what is no number."""
    joined = "".join(texts)
    if decimal != "," and joined.isascii() and "_" not in joined:
        try:
            found = [float(text) if text else None for text in texts]
            if all(map(isfinite, filter(None, found))):
                return found
        except ValueError:
            pass
    return [_number(text, decimal) for text in texts]


def _check_amounts(amounts: Sequence[Any], decimal: str) -> None:
    """No count needs them; what is no amount is told with its row. Raises Unplain."""
    if str in set(map(type, amounts)):
        amounts = [_number(amount, decimal) for amount in amounts]
    there = [amount for amount in amounts if amount is not None]
    if there and not -LARGEST_AMOUNT <= min(there) <= max(there) <= LARGEST_AMOUNT:
        raise Unplain


def _number(text: Any, decimal: str) -> float | None:
    if not isinstance(text, str):
        return text if text is None else float(text)
    bare = text.strip()
    if not bare or bare in ABSENT:
        return None
    try:
        found = number(bare, decimal or ".")
    except ValueError:
        raise Unplain from None
    if not isfinite(found):
        raise Unplain
    return found


def _meant(columns: Columns, form: Format) -> Columns:
    """The columns with what the format says of statuses, absent values and defaults."""
    for field, column in columns.items():
        if field not in _NUMERIC and not ABSENT.isdisjoint(column):
            columns[field] = [None if value in ABSENT else value for value in column]
    rows = len(columns["timestamp"])
    for field, value in form.translation.defaults.items():
        if field not in columns:
            columns[field] = [value] * rows
        elif None in columns[field] or "" in columns[field]:
            columns[field] = [value if one is None or one == "" else one for one in columns[field]]
    if form.translation.schemes and "error_scheme" in columns:
        columns["error_scheme"] = list(map(form.translation.scheme, columns["error_scheme"]))
    if TEST in columns:
        named = form.fields.get(TEST, TEST)
        marks = {value: is_test(named, value) or None for value in set(columns[TEST])}
        columns[TEST] = list(map(marks.__getitem__, columns[TEST]))
    if "payment_status" in columns:
        words = {
            word: word and form.translation.status(word) for word in set(columns["payment_status"])
        }
        columns["payment_status"] = list(map(words.__getitem__, columns["payment_status"]))
    return columns


_NUMERIC: Final = frozenset(("timestamp", "count", "successes", *NUMBERS))


def columns_of(form: Format | None) -> EventColumns | JsonColumns | PathColumns | None:
    """What reads lines of JSON by column; None where that is only done row by row."""
    if form is None:
        return EventColumns()
    named = list(form.fields.values())
    if "successes" in form.fields:
        return None
    is_plain = form.has_plain_time and all(map(_PLAIN_NAME.fullmatch, named))
    if not is_plain or len(set(named)) < len(named) or any("." in name for name in named):
        return PathColumns(form, form.fields)
    return JsonColumns({field: [column] for field, column in form.fields.items()}, form=form)


def _first(columns: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The first column, and where it is None what the first of the others has."""
    column, *others = columns
    for other in others:
        if None not in column:
            break
        column = [b if a is None else a for a, b in zip(column, other, strict=True)]
    return column
