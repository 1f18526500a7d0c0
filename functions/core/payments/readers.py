"""Readers: how events of one shape become payments, worked out once a shape.

A shape is the set of names that events of a producer have. For each there is a decoder of exactly
these names, and what makes their values columns. Whatever is not plain (another kind of value, a
second name for a field, a provider's object) is read by `event.to_payment`, which alone says what an
event means: a reader only saves asking for what is not there.

    text ── names of its first objects ──► Reader (cached) ──► Rows: columns ──► payments
                                              └── an odd row ──► read_object ──► payments
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args

import msgspec
from msgspec.structs import astuple

from functions.core.errors import Malformed
from functions.core.payments.amounts import LARGEST_AMOUNT
from functions.core.payments.event import (
    LARGEST_COUNT,
    LONGEST_ID,
    LONGEST_LATENCY_MS,
    Payment,
    mark,
    parse_status,
    parse_timestamp,
    to_payment,
)
from functions.core.payments.fields import BESIDE, FIELDS, Kind
from functions.core.payments.nested import KNOWN, OBJECTS
from functions.core.payments.reasons import (
    LONGEST_CODE,
    LONGEST_MESSAGE,
    SCHEME_OF,
    is_generic,
    raw_words,
)
from functions.core.payments.sensitive import cut
from functions.core.payments.values import LONGEST_VALUE, cleaned, is_absent


class Senders(NamedTuple):
    """Who else is asked what an object means: providers' formats, a mapping of the settings.

    marks: names of which one at least is in any object of theirs that could be taken for one in our own
    fields. What has one is asked about first, any other where our own reading of it fails. read: what is in
    an object, decoded (payments, Malformed, what tells of no payment), or None where it is none of theirs.
    Made once and kept: a reader belongs to its senders.
    """

    marks: frozenset[str]
    read: Callable[[dict[str, Any]], Sequence[Any] | None]


def _none_of_ours(values: dict[str, Any]) -> None:
    del values


NOBODY: Final = Senders(frozenset(), _none_of_ours)


def read_object(part: bytes, senders: Senders = NOBODY) -> Sequence[Any]:
    """What is in one JSON object's text: the one way, whatever that is.

    Raises Malformed, msgspec.DecodeError, RecursionError.
    """
    return read_values(_RAWS.decode(part), senders)


def read_values(values: Mapping[str, Any], senders: Senders) -> Sequence[Any]:
    """What is in an object of these values, each as it is or as its JSON text. Raises Malformed."""
    is_marked = not senders.marks.isdisjoint(values)
    if is_marked and (found := senders.read(_whole(values))) is not None:
        return found
    try:
        return [to_payment(decoded(values, KNOWN))]
    except Malformed:
        found = None if is_marked else senders.read(_whole(values))
        if found is None:
            raise
        return found


def decoded(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The values under these names; UNREADABLE for what Python refuses: numbers without end."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            continue
        try:
            found[name] = _VALUE.decode(value) if isinstance(value, msgspec.Raw) else value
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError):
            found[name] = UNREADABLE
    return found


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """As `decoded`, of all names; a number that is too large is infinite, wherever it is nested."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        try:
            found[name] = _ANY.decode(value) if isinstance(value, msgspec.Raw) else value
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError):
            found[name] = UNREADABLE
    return found


UNREADABLE: Final = object()
_RAWS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUE: Final = msgspec.json.Decoder()
_ANY: Final = msgspec.json.Decoder(float_hook=float)


class Rows(NamedTuple):
    """The rows of a text, by column, and those of them that were read by themselves.

    columns: of each attribute of a payment in their order, but for faults, which none of these rows has.
    Dimensions, texts and codes are as they came: `meaning` is asked when one is needed, for most texts
    never. apart: row → what is in it; the columns say nothing of it. start, stop: which of the reader's rows.
    """

    reader: Reader
    table: Sequence[Sequence[Any]]
    columns: Sequence[Sequence[Any]]
    apart: Mapping[int, list[Any]]
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    def part(self, start: int, stop: int) -> Rows:
        """Those from `start` to `stop`, counted from its own first."""
        return self._replace(start=self.start + start, stop=min(self.stop, self.start + stop))

    def column(self, name: str) -> Sequence[Any]:
        """The values of an attribute, without meaning for rows that are apart."""
        found = self.columns[_AT[name]]
        return found if self.size == len(found) else found[self.start : self.stop]

    def items(self, row: int) -> list[Any]:
        """What is in a row: a payment, nearly always alone."""
        at = self.start + row
        found = self.apart.get(at)
        return self.reader.items(self.table, self.columns, at) if found is None else found


_AT: Final[Mapping[str, int]] = {field.name: at for at, field in enumerate(FIELDS)}


def meaning(name: str) -> Callable[[Any], Any]:
    """What makes of a dimension's value, as Rows have it, what a payment has."""
    return _LATER[name]


class _UnknownNameError(Exception):
    """Among the rows is one with a name that the shape has not."""


def read_plain(text: bytes | bytearray, *, is_array: bool, senders: Senders = NOBODY) -> Rows:
    """The rows of a text of JSON objects without any fault: a text of lines, or an array.

    Raises Malformed, msgspec.DecodeError, RecursionError, ValueError: then read them one by one.
    """
    for names in _recent:
        try:
            return _read_by(names, text, is_array, senders)
        except _UnknownNameError:
            continue
    names = _names_of(text, is_array=is_array)
    found = _read_by(names, text, is_array, senders)
    _recent.insert(0, names)
    del _recent[_MOST_RECENT:]
    return found


def _read_by(
    names: frozenset[str],
    text: bytes | bytearray,
    is_array: bool,
    senders: Senders,
) -> Rows:
    try:
        return _reader(names, senders, strict=True).read(text, is_array=is_array)
    except msgspec.ValidationError:
        return _reader(names, senders, strict=False).read(text, is_array=is_array)


_recent: Final[list[frozenset[str]]] = []
"""The shapes seen last. Whichever of them reads a text, it reads the same."""
_MOST_RECENT: Final = 4
_MOST_NAMES: Final = 128
_LONGEST_NAME: Final = 64


def _names_of(text: bytes | bytearray, *, is_array: bool) -> frozenset[str]:
    """All names of the text's objects, with those of the newest shape where they are few together.

    Raises msgspec.ValidationError where they are too many to be a shape.
    """
    rows = _ARRAY_OF_RAWS.decode(text) if is_array else _RAWS.decode_lines(text)
    names = frozenset[str]().union(*rows)
    if _recent and len(joined := names | _recent[0]) <= _MOST_NAMES // 2:
        names = joined
    if len(names) > _MOST_NAMES or any(len(name) > _LONGEST_NAME for name in names):
        raise msgspec.ValidationError("too many names for one shape")
    return names


_ARRAY_OF_RAWS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class _Memo(dict[Any, Any]):
    """value → what `find` makes of it. Only short values are kept, and not without end."""

    def __init__(self, find: Callable[[Any], Any]) -> None:
        self._find = find

    def __missing__(self, key: Any) -> Any:
        value = self._find(key)
        if (
            len(key) <= _LONGEST_KEPT
            if key.__class__ is str
            else key is None or abs(key) < _MOST_INT
        ):
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[key] = value
        return value


_LONGEST_KEPT: Final = 2 * LONGEST_VALUE
_MOST_KEPT: Final = 16_384
_MOST_INT: Final = 1 << 64

_ODD: Final = object()
"""Stands in a column where a row has to be read by itself."""

PLAIN: Final[Mapping[Kind, Any]] = {
    "id": str | int | None,
    "status": str | None,
    "time": str | int | float | None,
    "count": int | None,
    "dimension": str | int | None,
    "text": str | int | None,
    "code": str | int | None,
    "duration": float | None,
    "amount": float | None,
    "mark": bool | int | str | None,
}
"""What is plain, by kind. A whole number is never equal to a text, as it is to a float or to true."""
_CLASSES: Final[Mapping[Kind, frozenset[type]]] = {
    kind: frozenset((*get_args(types), *((int,) if float in get_args(types) else ())))
    for kind, types in PLAIN.items()
}


def _dimension(name: str) -> Callable[[Any], Any]:
    return _Memo(lambda value: None if value is None else cleaned(name, str(value))).__getitem__


def _text(longest: int) -> Callable[[Any], Any]:
    def find(value: str | int | None) -> str | None:
        if value is None:
            return None
        return None if is_absent(str(value)) else cut(str(value), longest)

    return _Memo(find).__getitem__


def _code(value: str | int | None) -> Any:
    if value is None:
        return None
    text = cut(str(value), LONGEST_CODE)
    if is_absent(text):
        return None
    return _ODD if is_generic(text) or raw_words(text) else text


def _message(value: str | int | None) -> Any:
    if value is None or is_absent(str(value)):
        return None
    text = cut(str(value), LONGEST_MESSAGE)
    return _ODD if raw_words(text) else text


def _free(value: str | int) -> Any:
    """A text that hardly ever comes twice."""
    if value.__class__ is not str or len(value) > LONGEST_CODE:
        return _ODD
    return value if value[-1:].isdigit() or not is_absent(value) else _ODD


def _moment(second: str) -> int | None:
    """Milliseconds of a time's text up to its second, of `2025-07-09T19:03:10`; None of any other."""
    return parse_timestamp(second + "Z") if _ISO_SECOND.fullmatch(second) else None


_ISO_SECOND: Final = re.compile(r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:[0-5]\d", re.ASCII)


_SECOND: Final = len("2025-07-09T19:03:10")
_PARTS: Final = {
    "": 0,
    "Z": 0,
    **{f".{ms:03d}{zone}": ms for ms in range(1000) for zone in ("", "Z")},
}
_LATER: Final[Mapping[str, Callable[[Any], Any]]] = {
    **{field.name: _dimension(field.name) for field in FIELDS if field.kind == "dimension"},
    "error_code": _Memo(_code).__getitem__,
    "error_scheme": _text(LONGEST_CODE),
    "error_message": _Memo(_message).__getitem__,
    "user_id": _free,
    "correlation_id": _free,
    "attempt_id": _free,
}
"""Attributes that Rows have as they came, and what makes of a value what a payment has, or _ODD."""
_LATER_AT: Final = [(_AT[name], plain) for name, plain in _LATER.items()]
_STATUS: Final = _Memo(parse_status)
_MOMENT: Final = _Memo(_moment)


def _time(when: Any) -> int:
    try:
        plain: int = _MOMENT[when[:_SECOND]] + _PARTS[when[_SECOND:]]
    except (KeyError, TypeError):
        return parse_timestamp(when)
    return plain


def _times(column: Sequence[Any]) -> list[Any]:
    try:
        return [_MOMENT[when[:_SECOND]] + _PARTS[when[_SECOND:]] for when in column]
    except (KeyError, TypeError):
        return [_ODD if when is None else _time(when) for when in column]


_ALL_TEXTS: Final = {str}
_MOST: Final = {"latency_ms": LONGEST_LATENCY_MS, "amount": LARGEST_AMOUNT}


class Reader:
    """Reads the events that have some of these names and no other."""

    def __init__(self, names: frozenset[str], senders: Senders, *, strict: bool) -> None:
        """strict: takes plain values alone, which is faster; else a row with others is odd."""
        order = sorted(names)
        self._names = order
        kind_of = {name: field for field in FIELDS for name in field.accepted}
        types = {name: PLAIN[kind_of[name].kind] if strict else Any for name in kind_of}
        self._is_marked = not senders.marks.isdisjoint(names)
        if strict and self._is_marked:
            # Who is asked about a row may want to know whether an amount was written whole.
            types |= {name: int | float | None for name in types if kind_of[name].kind == "amount"}
        row = msgspec.defstruct(
            "Row",
            [(f"c{at}", types.get(name, msgspec.Raw), None) for at, name in enumerate(order)],
            rename={f"c{at}": name for at, name in enumerate(order)},
            forbid_unknown_fields=True,
            gc=False,
        )
        self._lines = msgspec.json.Decoder(row)
        self._array = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # by defstruct
        place = {name: at for at, name in enumerate(order)}
        self._places: list[tuple[str, Kind, int | None]] = []
        self._missing = ""
        others: list[int] = []
        for field in FIELDS:
            found = [place[name] for name in field.accepted if name in place]
            if not found and field.kind in ("id", "status", "time"):
                self._missing = self._missing or field.accepted[0]
            self._places.append((field.name, field.kind, found[0] if found else None))
            others += found[1:]
        self._senders = senders
        asked = senders.marks.union(SCHEME_OF, *BESIDE.values())
        self._odd = [*others, *(place[name] for name in order if name in asked)]
        self._objects = [place[name] for name in order if name in OBJECTS and name not in kind_of]
        self._is_strict = strict
        marks = [place[name] for name in kind_of if kind_of[name].kind == "mark" and name in place]
        if marks:
            name = order[marks[0]]
            self._marks = _Memo(lambda value: value is not None and bool(mark(name, value)))

    def read(self, text: bytes | bytearray, *, is_array: bool) -> Rows:
        try:
            rows = self._array.decode(text) if is_array else self._lines.decode_lines(text)
        except msgspec.ValidationError as error:
            if _UNKNOWN in str(error):
                raise _UnknownNameError from None
            raise
        table = list(zip(*map(astuple, rows), strict=True))
        if rows and not table:
            raise Malformed("missing_field", "required: transaction_id, payment_status, timestamp")
        columns, odd = self._columns(table, len(rows)) if rows else ([()] * len(FIELDS), ())
        apart = {row: self._one(table, row) for row in sorted(odd)}
        return Rows(self, table, columns, apart, 0, len(rows))

    def items(
        self, table: Sequence[Sequence[Any]], columns: Sequence[Sequence[Any]], row: int
    ) -> list[Any]:
        """What is in a row that has its values in the columns."""
        values = [column[row] for column in columns]
        for at, plain in _LATER_AT:
            if (value := values[at]) is not None and (found := plain(value)) is not value:
                if found is _ODD:
                    return self._one(table, row)
                values[at] = found
        return [Payment(*values)]

    def _one(self, table: Sequence[Sequence[Any]], row: int) -> list[Any]:
        """A row that is not plain, as `read_object` reads its text."""
        values = {
            name: column[row]
            for name, column in zip(self._names, table, strict=True)
            if column[row] is not None
        }
        found = read_values(values, self._senders)
        for item in found:
            if isinstance(item, Malformed):
                raise item
        return [*found]

    def _columns(
        self, table: Sequence[Sequence[Any]], rows: int
    ) -> tuple[list[Sequence[Any]], set[int]]:
        """A column for each attribute of a payment, and the rows that are not plain."""
        if self._missing:
            raise Malformed("missing_field", f"required: {self._missing}")
        odd: set[int] = set()
        for place in self._odd:
            if table[place].count(None) < rows:
                odd.update(row for row, value in enumerate(table[place]) if value is not None)
        for place in self._objects:
            if table[place].count(None) < rows:
                odd.update(row for row, value in enumerate(table[place]) if _is_nested(value))
        columns: list[Sequence[Any]] = []
        for name, kind, at in self._places:
            if at is None:
                columns.append([_DEFAULTS.get(kind)] * rows)
                continue
            column: Sequence[Any] = table[at]
            if not self._is_strict:
                classes = _CLASSES[kind]
                strange = [row for row, value in enumerate(column) if type(value) not in classes]
                if strange:
                    odd.update(strange)
                    column = list(column)
                    for row in strange:
                        column[row] = None
            if name not in _LATER and not self._is_all_plain(name, column):
                column = self._plain(name, column)
                if _ODD in column:
                    odd.update(row for row, value in enumerate(column) if value is _ODD)
            columns.append(column)
        return columns, odd

    def _is_all_plain(self, name: str, column: Sequence[Any]) -> bool:
        """Whether every value is as a payment has it, told without a look at each by itself."""
        if name == "transaction_id":
            return (
                set(map(type, column)) == _ALL_TEXTS
                and min(map(len, column)) > 0
                and max(map(len, column)) <= LONGEST_ID
            )
        most = _MOST.get(name)
        if most is None or not self._is_strict or self._is_marked or None in column:
            return False
        least = 0.0 if name == "latency_ms" else -most
        return bool(least <= min(column) and max(column) <= most)

    def _plain(self, name: str, column: Sequence[Any]) -> list[Any]:
        if name == "transaction_id":
            return [
                v if v.__class__ is str and v and len(v) <= LONGEST_ID else _ODD for v in column
            ]
        if name == "status":
            return [_ODD if v is None else _STATUS[v] for v in column]
        if name == "timestamp_ms":
            return _times(column)
        if name == "count":
            return [1 if v is None else v if 1 <= v <= LARGEST_COUNT else _ODD for v in column]
        if name == "latency_ms":
            most = LONGEST_LATENCY_MS
            return [v if v is None else float(v) if 0.0 <= v <= most else _ODD for v in column]
        if name == "amount":
            most = LARGEST_AMOUNT
            return [v if v is None else float(v) if -most <= v <= most else _ODD for v in column]
        return list(map(self._marks.__getitem__, column))


def _is_nested(value: msgspec.Raw | None) -> bool:
    return value is not None and bytes(memoryview(value)[:1]) in _NESTS


_NESTS: Final = (b"{", b"[")
_DEFAULTS: Final[Mapping[Kind, Any]] = {"count": 1, "mark": False}
_UNKNOWN: Final = "Object contains unknown field"


@lru_cache(maxsize=64)
def _reader(names: frozenset[str], senders: Senders, *, strict: bool) -> Reader:
    return Reader(names, senders, strict=strict)
