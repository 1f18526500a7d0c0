"""The Kinesis Producer Library's aggregated record, by hand: no protobuf runtime in Lambda.

    4 bytes magic | protobuf AggregatedRecord | 16 bytes MD5 of the protobuf

    message AggregatedRecord {                    message Record {
      repeated string partition_key_table = 1;      required uint64 partition_key_index = 1;
      repeated string explicit_hash_key_table = 2;  optional uint64 explicit_hash_key_index = 2;
      repeated Record records = 3;                  required bytes data = 3;
    }                                               repeated Tag tags = 4;
                                                  }

Source: awslabs/amazon-kinesis-producer, aggregation-format.md (proto2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from functions.core.errors import Malformed

MAGIC: Final = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES: Final = 16

_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_FIXED32: Final = 5
_LONGEST_VARINT: Final = 10

_PARTITION_KEY: Final = b"\x0a"  # field 1 of AggregatedRecord, length-delimited
_RECORD: Final = b"\x1a"  # field 3 of AggregatedRecord, length-delimited
_RECORD_HEAD: Final = b"\x08\x00\x1a"  # Record: partition_key_index = 0, then field 3


def aggregate(records: Sequence[bytes], partition_key: str) -> bytes:
    """User records under one partition key as one aggregated record, in order."""
    key = partition_key.encode()
    parts = [_PARTITION_KEY, _varint(len(key)), key]
    for data in records:
        length = _varint(len(data))
        parts += (_RECORD, _varint(len(_RECORD_HEAD) + len(length) + len(data)))
        parts += (_RECORD_HEAD, length, data)
    message = b"".join(parts)
    return MAGIC + message + _digest(message)


def deaggregate(aggregated: bytes) -> list[bytes]:
    """The user records' data, in order. `aggregated` begins with MAGIC.

    Raises Malformed `kpl_digest` when the MD5 does not fit, `bad_kpl` when the protobuf is broken.
    """
    message = aggregated[len(MAGIC) : -DIGEST_BYTES]
    if _digest(message) != aggregated[max(len(MAGIC), len(aggregated) - DIGEST_BYTES) :]:
        raise Malformed("kpl_digest", "the MD5 at the end is not that of the content", aggregated)
    try:
        return _usual(message) or [
            _user_data(message, start, end)
            for field, wire, start, end in _fields(message, 0, len(message))
            if field == 3 and wire == _BYTES
        ]
    except ValueError as error:
        raise Malformed("bad_kpl", str(error), aggregated) from None


def _usual(message: bytes) -> list[bytes] | None:
    """The user records of a message as the library writes it: keys, and records of one of the first 128 keys
    and of data to their end, none of 16 KB or more. None of any other. Field by field it takes four times as
    long."""
    found: list[bytes] = []
    at, end = 0, len(message)
    try:
        while at < end:
            tag, size, at = message[at], message[at + 1], at + 2
            if size > _ONE_BYTE:
                size, at = size - 0x80 + (message[at] << 7), at + 1
            stop = at + size
            if tag == _RECORD[0]:
                key, index, data, length = message[at : at + 4]
                at += 4
                if length > _ONE_BYTE:
                    length, at = length - 0x80 + (message[at] << 7), at + 1
                is_usual = key == _KEY_INDEX and index <= _ONE_BYTE and data == _DATA
                if not is_usual or size >= _TWO_BYTES or at + length != stop:
                    return None
                found.append(message[at:stop])
            elif tag not in _KEYS or size >= _TWO_BYTES:
                return None
            at = stop
    except (IndexError, ValueError):
        return None
    return found if at == end else None


_ONE_BYTE: Final = 0x7F
"""The largest number in one byte; what is larger goes on."""
_TWO_BYTES: Final = 1 << 14
"""The least number that two bytes do not hold."""
_KEYS: Final = (0x0A, 0x12)  # fields 1 and 2 of AggregatedRecord, length-delimited
_KEY_INDEX: Final = 0x08  # field 1 of Record, a number
_DATA: Final = 0x1A  # field 3 of Record, length-delimited


def _digest(message: bytes) -> bytes:
    # Not for security: the format asks for MD5, which a FIPS build refuses without this word.
    return hashlib.md5(message, usedforsecurity=False).digest()


def _user_data(message: bytes, start: int, end: int) -> bytes:
    for field, wire, first, last in _fields(message, start, end):
        if field == 3 and wire == _BYTES:
            return message[first:last]
    raise ValueError(f"the user record at byte {start} has no data")


def _fields(message: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, first byte, byte past the last) of each field in [position, end)."""
    while position < end:
        tag, position = _read_varint(message, position, end)
        wire = tag & 7
        start = position
        if wire == _BYTES:
            length, start = _read_varint(message, position, end)
            position = start + length
        elif wire == _VARINT:
            _, position = _read_varint(message, position, end)
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} before byte {position} is not in use")
        if position > end:
            raise ValueError(f"the field at byte {start} is longer than what holds it")
        yield tag >> 3, wire, start, position


def _read_varint(message: bytes, position: int, end: int) -> tuple[int, int]:
    """A base-128 number, least significant group first, and the position after it."""
    if position < end and message[position] < 0x80:
        return message[position], position + 1
    value = 0
    for index, byte in enumerate(message[position : min(end, position + _LONGEST_VARINT)]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position + index + 1
    raise ValueError(f"the number at byte {position} does not end")


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
