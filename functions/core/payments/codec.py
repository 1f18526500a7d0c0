"""Record bytes to payments, and back.

A stream carries what its producers send: JSON, NDJSON, concatenated JSON, JSON arrays, gzip, zstd,
KPL, and these inside each other. `decode` recognises all of them by their first bytes; what cannot
become a payment comes back as a Malformed value among the payments, so that nothing is lost and
nothing stops a shard.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import astuple

from functions.core.errors import Malformed
from functions.core.payments import damaged_json, envelopes, kpl
from functions.core.payments.event import Payment, iso_ms
from functions.core.payments.fields import FIELDS, Field
from functions.core.payments.providers import SENDERS
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.readers import Rows, Senders, read_object, read_plain
from functions.core.payments.sensitive import kept

UTF8_BOM: Final = b"\xef\xbb\xbf"
PACKINGS: Final = ("json", "ndjson", "gzip", "zstd", "kpl")

Item = TypeVar("Item")
Decoded = list[Payment | NoPayment | Malformed]
Parts = list[Payment | NoPayment | Malformed | Rows]
"""As Decoded, by column where a text has no fault."""
Bytes = bytes | bytearray


@dataclass(frozen=True)
class Limits:
    """What one stream record may cost. The defaults lie far above what an honest producer sends.

    decompressed_bytes: what one gzip or zstd envelope may unpack to; all envelopes of a record
        together may unpack to ENVELOPES times as much, so that many bombs take no longer than few.
    payments: payments and malformed parts in one record. A record with more is refused whole, so
        that nothing counts twice when it is sent again under a higher limit.
    nesting: envelopes (gzip, zstd, KPL) inside each other; the JSON text itself is none.
    kept_bytes: of one Malformed part, where the record is not larger itself; of all parts of a record
        so many and KEPT_TIMES its size, so that honest packing is kept whole, and bombs are not.
    """

    decompressed_bytes: int = 16 * 1024 * 1024
    payments: int = 100_000
    nesting: int = 2
    kept_bytes: int = 256 * 1024


ENVELOPES: Final = 4
KEPT_TIMES: Final = 32
"""Events in JSON pack to a tenth or a twentieth."""
DEFAULT_LIMITS: Final = Limits()


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, senders: Senders = SENDERS) -> Decoded:
    """The payments of one record and its Malformed parts, in order of appearance; never empty.

    senders: who knows what objects mean that are not in our own fields: providers and envelopes, with
    NoPayment for what tells of none, and a mapping. Raises nothing for bad data. A Malformed has as `data`
    the line, object or user record at fault where that can be isolated, else the record; positions in its
    `detail` count from the start of `data`. Reasons: empty, bad_json, wrong_type, too_deep, too_large, too_many, corrupt_gzip,
    corrupt_zstd, kpl_digest, bad_kpl, and those of `event.to_payment`.
    """
    return _flat(decode_rows(data, limits, senders))


def decode_rows(data: bytes, limits: Limits = DEFAULT_LIMITS, senders: Senders = SENDERS) -> Parts:
    """As `decode`, but the payments of a text without any fault come by column, as Rows."""
    return _decoded(data, _decoding(limits, senders))


def decode_plain(
    records: Sequence[bytes], limits: Limits = DEFAULT_LIMITS, senders: Senders = SENDERS
) -> list[tuple[Sequence[int], Rows]]:
    """What `decode` gives for those of the records that are one object in one line each: which of the records,
    in order, and their rows, one a record. They are read at once, as the lines of one text, which is several
    times as fast; what can not be is left out."""
    plain = [
        at
        for at, data in enumerate(records)
        if data[:1] == b"{" and data[-1:] == b"}" and b"\n" not in data
    ]
    return [*_read_lines(records, plain, _decoding(limits, senders))]


def _read_lines(
    records: Sequence[bytes],
    plain: Sequence[int],
    decoding: _Decoding[Payment | NoPayment],
) -> Iterator[tuple[Sequence[int], Rows]]:
    """Of these records what can be read at once: all, or else of each half the same."""
    if len(plain) < 2:
        return
    # Each begins and ends as an object does, in one line: then no object can lie across two records.
    rows = decoding.rows(b"\n".join([records[at] for at in plain]))
    if rows is not None and rows.size == len(plain):
        yield plain, rows
    elif len(plain) > _AT_ONCE:
        half = len(plain) // 2
        yield from _read_lines(records, plain[:half], decoding)
        yield from _read_lines(records, plain[half:], decoding)


def _flat(parts: Sequence[Any]) -> list[Any]:
    """Rows as what is in them."""
    found: list[Any] = []
    for part in parts:
        if isinstance(part, Rows):
            for row in range(part.size):
                found += part.items(row)
        else:
            found.append(part)
    return found


def decode_each(
    data: bytes, read: Callable[[bytes], Sequence[Item]], limits: Limits = DEFAULT_LIMITS
) -> list[Item | Malformed]:
    """As `decode`, but slower, and an object's text becomes the items that `read` makes of it.

    What `read` raises as `decode` would (Malformed, msgspec's errors, ValueError) is a Malformed.
    """
    return _flat(_decoded(data, _Decoding(limits, read, None)))


def _decoded(data: bytes, decoding: _Decoding[Item]) -> list[Item | Malformed | Rows]:
    try:
        decoding.keeps(len(data))
        decoding.record(data, depth=0)
    except _TooManyError:
        most = decoding.limits.payments
        detail = f"the record holds more than {most} payments and malformed parts"
        return [Malformed("too_many", detail, data)]
    return decoding.found


class _TooManyError(Exception):
    """The record holds more parts than Limits.payments."""


class _Decoding(Generic[Item]):
    """One record on its way: what is found so far, and how much may still be unpacked.

    read: what one object's text holds. read_all: the same of each object of a text without any fault,
    at once, where that is faster. size: of what is found, each item counted.
    """

    def __init__(
        self,
        limits: Limits,
        read: Callable[[bytes], Sequence[Item]],
        read_all: Callable[[Bytes], Rows] | None,
    ) -> None:
        self.found: list[Item | Malformed | Rows] = []
        self.size = 0
        self.limits = limits
        self.read = read
        self.read_all = read_all
        self.unpackable = ENVELOPES * limits.decompressed_bytes
        self.keepable = self.largest_kept = limits.kept_bytes

    def keeps(self, size: int) -> None:
        """How much of its Malformed parts is kept follows from the record's size."""
        self.largest_kept = max(self.limits.kept_bytes, size)
        self.keepable = self.limits.kept_bytes + KEPT_TIMES * size

    def record(self, data: Bytes, depth: int) -> None:
        """One record, user record or content of an envelope, which lies in `depth` envelopes."""
        if not data.startswith(_ENVELOPE_MAGICS):
            self.text(data)
            return
        try:
            contents = self.contents(bytes(data), depth)
        except Malformed as error:
            self.add(error)
            return
        for content in contents:
            self.record(content, depth + 1)

    def contents(self, data: bytes, depth: int) -> list[Bytes]:
        """What the envelope holds; Malformed when it cannot or must not be opened."""
        if depth >= self.limits.nesting:
            detail = f"more than {self.limits.nesting} envelopes inside each other"
            raise Malformed("too_deep", detail, data)
        if data.startswith(kpl.MAGIC):
            records = kpl.deaggregate(data)
            if not records:
                raise Malformed("empty", "the aggregate holds no user record", data)
            # Where each begins and ends an object, their lines are the same objects, read at once.
            begins, ends = {r[:1] for r in records}, {r[-1:] for r in records}
            if begins == {b"{"} and (
                ends == {b"}"} or all(r.endswith(_OBJECT_ENDS) for r in records)
            ):
                return [b"\n".join(records)]
            return [*records]
        unpack = envelopes.gunzip if data.startswith(envelopes.GZIP_MAGIC) else envelopes.unzstd
        limit = min(self.limits.decompressed_bytes, self.unpackable)
        try:
            content = unpack(data, limit)
        except Malformed as error:
            self.unpackable -= limit if error.reason == "too_large" else 0
            raise
        self.unpackable -= len(content)
        return [content]

    def add(self, item: Item | Malformed) -> None:
        if self.size >= self.limits.payments:
            raise _TooManyError
        self.size += 1
        self.found.append(self.bounded(item) if isinstance(item, Malformed) else item)

    def bounded(self, item: Malformed) -> Malformed:
        """The part with as much of its bytes as is still to be kept."""
        largest = _BLANKS_KEPT if item.reason == "empty" else self.largest_kept
        surplus = len(item.data) - min(largest, self.keepable)
        if surplus > 0:
            data = item.data[: len(item.data) - surplus]
            item = Malformed(item.reason, item.detail, data, item.left_out + surplus)
        self.keepable -= len(item.data)
        return item

    def text(self, data: Bytes) -> None:
        """JSON text in any of its layouts."""
        body = data[len(UTF8_BOM) :] if data.startswith(UTF8_BOM) else data
        if not body or body.isspace():
            self.add(Malformed("empty", "no bytes but white space", bytes(data)))
        elif (rows := self.rows(body)) is not None:
            self.add_all(rows)
        elif b"NaN" in body or b"Infinity" in body:
            # What other languages write for no number, and JSON has not. Their place stays.
            sound = _NO_NUMBER.sub(_absent, body)
            if sound == body:
                self.sound_or_damaged(body)
            else:
                self.text(sound)
        else:
            self.sound_or_damaged(body)

    def sound_or_damaged(self, body: Bytes) -> None:
        """Text that holds a fault."""
        if (values := self.values(body)) is not None:
            self.several(values)
        else:
            self.damaged_text(body)

    def add_all(self, rows: Rows) -> None:
        self.size += rows.size + sum(len(found) - 1 for found in rows.apart.values())
        self.found.append(rows)
        if self.size > self.limits.payments:
            raise _TooManyError

    def several(self, parts: Sequence[bytes]) -> None:
        """Sound objects with a fault among them: those next to it are read one by one."""
        if self.size + len(parts) > self.limits.payments:
            raise _TooManyError
        for start in range(0, len(parts), _AT_ONCE):
            some = parts[start : start + _AT_ONCE]
            rows = self.rows(b"\n".join(some)) if len(some) > 1 else None
            if rows is not None and rows.size == len(some):
                self.add_all(rows)
            else:
                for part in some:
                    for item in self.one(part):
                        self.add(item)

    def one(self, part: bytes) -> list[Item | Malformed]:
        """What one object's text becomes, or why it becomes nothing."""
        try:
            _check_utf8(part)
            found = self.read(part)
        except _FAULTS as error:
            return [_malformed(error, part)]
        return [
            _malformed(item, part) if isinstance(item, Malformed) and not item.data else item
            for item in found
        ]

    def rows(self, text: Bytes) -> Rows | None:
        """What each object of a text without any fault becomes, which is the usual case; else None."""
        if self.read_all is None or self.is_crowded(text):
            return None
        try:
            _check_utf8(text)
            rows = self.read_all(text)
        except _FAULTS:
            return None
        return rows if rows.size else None

    def values(self, text: Bytes) -> list[bytes] | None:
        """The text of each object, where all of it is sound JSON objects; else None."""
        if self.is_crowded(text):
            return None
        try:
            if _ARRAY.match(text):
                _SHAPES.decode(text)
                raws = _RAWS.decode(text)
            else:
                _SHAPE.decode_lines(text)
                raws = _RAW.decode_lines(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        return [bytes(raw) for raw in raws] or None

    def is_crowded(self, text: Bytes) -> bool:
        """May hold too many objects to decode at once: each takes 600 bytes, be it only `{}`."""
        if len(text) <= self.limits.payments:
            return False
        braces = text.count(b"{")
        if braces > _MOST_BRACES * self.limits.payments:
            raise _TooManyError
        return braces > self.limits.payments

    def damaged_text(self, body: Bytes) -> None:
        """Text that is not JSON objects throughout."""
        before = len(self.found)
        is_array = _ARRAY.match(body) is not None
        separators = b" \t\r\n,[]" if is_array else b" \t\r\n"
        for block in damaged_json.blocks(body):
            rows = self.rows(block)
            if rows is not None:
                self.add_all(rows)
                continue
            for lines, parts in enumerate(damaged_json.lines(block)):
                if lines > self.limits.payments:
                    raise _TooManyError
                self.damaged_line(parts, separators)
        if any(isinstance(item, Malformed) for item in self.found[before:]):
            return
        if is_array and not bytes(body[-_CHUNK_BYTES:]).rstrip().endswith(b"]"):
            self.add(Malformed("bad_json", "the array does not end", b"["))
        elif len(self.found) == before:
            self.add(Malformed("empty", "no object in it", bytes(body)))

    def damaged_line(self, parts: Iterable[bytes], separators: bytes) -> None:
        """A line's objects and what lies between them; or the line, if no part of it is good."""
        items: list[Item | Malformed] = []
        line: list[bytes] = []
        has_stray = False
        for part in parts:
            line.append(part)
            is_object = part.startswith(b"{")
            core = part.strip() if is_object else part.strip(separators)
            if core:
                has_stray = has_stray or not is_object
                items += self.one(core)
            if self.size + len(items) > self.limits.payments:
                raise _TooManyError
        if has_stray and all(isinstance(item, Malformed) for item in items):
            items = self.one(b"".join(line).strip())
        for item in items:
            self.add(item)


_ENVELOPE_MAGICS: Final = (kpl.MAGIC, envelopes.GZIP_MAGIC, envelopes.ZSTD_MAGIC)
_BLANKS_KEPT: Final = 64
"""Bytes that are kept of what holds nothing but white space."""
_OBJECT_ENDS: Final = (b"}", b"}\n")
_CHUNK_BYTES: Final = 64 * 1024
_ARRAY: Final = re.compile(rb"\s*\[")
_NO_NUMBER: Final = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"?|-?Infinity|NaN')


def _absent(found: re.Match[bytes]) -> bytes:
    """An empty text in the place of what is no number; a text as it is."""
    return found[0] if found[0][:1] == b'"' else b'""'.ljust(len(found[0]))


class _Shape(msgspec.Struct, gc=False):
    """Any JSON object: what it holds is checked and not kept."""


_SHAPE: Final = msgspec.json.Decoder(_Shape)
_SHAPES: Final = msgspec.json.Decoder(list[_Shape])
_RAW: Final = msgspec.json.Decoder(msgspec.Raw)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])

# ValueError is invalid UTF-8, and with OverflowError the numbers that Python refuses to convert.
_FAULTS: Final = (Malformed, msgspec.DecodeError, RecursionError, ValueError, OverflowError)


def _decoding(limits: Limits, senders: Senders) -> _Decoding[Payment | NoPayment]:
    def read_all(text: Bytes) -> Rows:
        return read_plain(text, is_array=_ARRAY.match(text) is not None, senders=senders)

    return _Decoding(limits, partial(read_object, senders=senders), read_all)


def _malformed(error: Exception, data: bytes) -> Malformed:
    if isinstance(error, Malformed):
        # The detail quotes what came, which may be a card number.
        return Malformed(error.reason, _detail(error.detail), data)
    if isinstance(error, RecursionError):
        return Malformed("too_deep", "JSON nested deeper than can be read", data)
    if isinstance(error, msgspec.ValidationError):
        return Malformed("wrong_type", _detail(str(error)), data)
    if isinstance(error, (msgspec.DecodeError, UnicodeDecodeError)):
        return Malformed("bad_json", str(error), data)
    return Malformed("bad_number", str(error), data)


@lru_cache(maxsize=1024)
def _detail(text: str) -> str:
    """What is at fault, for people: it quotes what came, which may be a card number."""
    return kept(text, _LONGEST_DETAIL)


_LONGEST_DETAIL: Final = 500
_AT_ONCE: Final = 16
"""Objects near a fault that are read together."""
_MOST_BRACES: Final = 32
"""Objects of a text, with those inside of others, for each payment that it may hold."""


def _check_utf8(text: Bytes) -> None:
    """Raises UnicodeDecodeError. msgspec leaves the values that it skips unchecked."""
    if text.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(text), _CHUNK_BYTES):
        decoder.decode(text[start : start + _CHUNK_BYTES])
    decoder.decode(b"", final=True)


def _line_type(field: Field) -> tuple[str, Any] | tuple[str, Any, Any]:
    if field.kind in ("id", "status", "time"):
        return field.written, str
    if field.kind == "count":
        return field.written, int, 1
    if field.kind == "mark":
        return field.written, bool, False
    is_number = field.kind in ("duration", "amount")
    return field.written, (float if is_number else str) | None, None


_Line = msgspec.defstruct("_Line", map(_line_type, FIELDS), omit_defaults=True, gc=False)
"""The public event: docs/events.md, design section 6."""

_ENCODER: Final = msgspec.json.Encoder()


def encode(payment: Payment) -> bytes:
    """One canonical JSON line without a newline, in the public field names; what is absent, and a
    count of 1, is left out. `decode(encode(payment)) == [payment]`, but for its faults.
    """
    line: Any = _Line(*astuple(payment)[: len(FIELDS)])
    line.timestamp = iso_ms(line.timestamp)
    return _ENCODER.encode(line)


def pack(lines: Sequence[bytes], packing: str, *, partition_key: str = "paywatch") -> bytes:
    """Encoded events as one stream record; the same bytes for the same lines.

    `packing` is one of PACKINGS; json takes exactly one line. Raises ValueError. Under KPL give the
    record's own partition key: KCL drops user records whose key belongs to another shard
    (awslabs/kinesis-aggregation#175).
    """
    if not lines:
        raise ValueError("nothing to pack")
    if packing == "json":
        if len(lines) != 1:
            raise ValueError(f"packing json takes one line, not {len(lines)}")
        return lines[0]
    if packing == "kpl":
        return kpl.aggregate(lines, partition_key)
    text = b"\n".join(lines) + b"\n"
    if packing == "ndjson":
        return text
    if packing == "gzip":
        return envelopes.gzip(text)
    if packing == "zstd":
        return envelopes.zstandard(text)
    raise ValueError(f"unknown packing {packing!r}; known: {', '.join(PACKINGS)}")
