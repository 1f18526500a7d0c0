"""Where events go, and what became of them. Kinesis has a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

from functions.core.payments.codec import pack

RECORD_BYTES: Final = 24 * 1024
"""Encoded events that go into one record: with its envelope it stays below 25 KB, which is what
Kinesis charges as one PUT payload unit (aws.amazon.com/kinesis/data-streams/pricing)."""

_PER_LINE: Final = 16
"""At most so many bytes a packing adds for each line: 10 for KPL, 1 for NDJSON."""


@dataclass
class Counters:
    """What a sink has done. sent, failed: events. retried: records sent again, each time counted.
    latencies_ms: of each request, refused ones too."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    records: int = 0
    bytes: int = 0
    latencies_ms: list[float] = field(default_factory=list)


class Sink(Protocol):
    """Takes encoded events and keeps them until `flush`, or sends them earlier."""

    counters: Counters

    def add(self, line: bytes, key: str = "") -> None:
        """key: what the event is about, such as its payment's id: what has the same is kept in order."""

    def flush(self) -> None:
        """Send what is kept. Raises PaywatchError when that cannot be done; nothing is kept then
        either, and Counters.failed says how many events are lost."""


class LinesSink:
    """NDJSON to a file or to standard output."""

    def __init__(self, stream: BinaryIO) -> None:
        self.counters = Counters()
        self._stream = stream
        self._lines: list[bytes] = []

    def add(self, line: bytes, key: str = "") -> None:
        self._lines.append(line)

    def flush(self) -> None:
        if not self._lines:
            return
        data = b"\n".join(self._lines) + b"\n"
        kept, self._lines = len(self._lines), []
        self.counters.failed += kept
        self._stream.write(data)
        self._stream.flush()
        self.counters.failed -= kept
        self.counters.sent += kept
        self.counters.records += kept
        self.counters.bytes += len(data)


def grouped(lines: Sequence[bytes], packing: str, max_bytes: int) -> Iterator[list[bytes]]:
    """The lines that share a record, in order: one under `json`, else as many as max_bytes holds.

    What counts is the size before compression. A longer line gets a record of its own.
    """
    group: list[bytes] = []
    size = 0
    for line in lines:
        added = len(line) + _PER_LINE
        if group and (packing == "json" or size + added > max_bytes):
            yield group
            group, size = [], 0
        group.append(line)
        size += added
    if group:
        yield group


@dataclass(frozen=True)
class Record:
    """One stream record. events: how many are packed in it."""

    data: bytes
    partition_key: str
    events: int

    @property
    def size(self) -> int:
        """Bytes as PutRecords counts them: data and partition key."""
        return len(self.data) + len(self.partition_key)


def packed(group: Sequence[bytes], packing: str, partition_key: str) -> Record:
    return Record(pack(group, packing, partition_key=partition_key), partition_key, len(group))
