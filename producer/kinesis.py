"""The Kinesis sink. The only file of the producer that speaks to AWS; it loads boto3 only when asked.

Delivery is at least once: when an answer gets lost, botocore sends the request again, and its
events are then on the stream twice.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from functions.core.errors import PaywatchError, Transient
from producer.aws_faults import NO_CREDENTIALS, explained
from producer.pacing import Clock, SystemClock
from producer.sinks import RECORD_BYTES, Counters, Record, grouped, packed

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
MAX_RECORDS_PER_REQUEST: Final = 500
MAX_BYTES_PER_REQUEST: Final = 10 * 1024 * 1024
"""Data and partition keys of all records together."""
MAX_BYTES_PER_RECORD: Final = 1024 * 1024
"""Data and partition key of one record, on a stream whose MaxRecordSizeInKiB was not raised."""

ATTEMPTS: Final = 8
BACKOFF_S: Final = 0.05
MAX_BACKOFF_S: Final = 2.0

_KEPT_BYTES: Final = 4 * 1024 * 1024
"""So much is kept before it is sent without waiting for `flush`."""


def kinesis_sink(
    stream: str,
    *,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    packing: str = "ndjson",
    record_bytes: int = RECORD_BYTES,
    client: KinesisClient | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
) -> KinesisSink:
    """A sink on the stream, by the machine's clock and a seed of its own unless they are given.

    client: used instead of making one from endpoint_url and region. Raises PaywatchError when there
    is no region or no credentials.
    """
    return KinesisSink(
        client if client is not None else _client(stream, endpoint_url, region),
        stream,
        clock=clock if clock is not None else SystemClock(),
        rng=rng if rng is not None else random.Random(),
        packing=packing,
        record_bytes=record_bytes,
    )


def _client(stream: str, endpoint_url: str | None, region: str | None) -> KinesisClient:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
    )
    try:
        session = boto3.Session(region_name=region)
        if session.get_credentials() is None:
            raise PaywatchError(NO_CREDENTIALS)
        return session.client("kinesis", endpoint_url=endpoint_url, config=config)
    except (BotoCoreError, ValueError) as error:
        raise explained(error, stream) from error


LANES: Final = 16
"""Packed records of so many partition keys: more would leave little to pack into each. For a stream of
more shards the events are sent one a record."""
_LONGEST_KEY: Final = 256
"""Characters of a partition key that Kinesis takes."""


class KinesisSink:
    """Packs events into records and puts these on a stream, those of one payment in one shard, in their
    order: alone in a record they have their key for partition key, packed that of their lane. Events
    without a key spread over the shards. `clock` times requests and waits between attempts."""

    def __init__(
        self,
        client: KinesisClient,
        stream: str,
        *,
        clock: Clock,
        rng: random.Random,
        packing: str = "ndjson",
        record_bytes: int = RECORD_BYTES,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.counters = Counters()
        self._client = client
        self._stream = stream
        self._clock = clock
        self._rng = rng
        self._packing = packing
        self._record_bytes = min(record_bytes, MAX_BYTES_PER_RECORD)
        self._attempts = attempts
        self._lines: list[tuple[bytes, str]] = []
        self._kept_bytes = 0

    def add(self, line: bytes, key: str = "") -> None:
        self._lines.append((line, key))
        self._kept_bytes += len(line)
        if self._kept_bytes >= _KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is kept. Raises Transient when Kinesis did not take all of it in so many
        attempts, and PaywatchError when it never will: both say how many were not sent."""
        lines, self._lines, self._kept_bytes = self._lines, [], 0
        records = [
            packed(group, self._packing, key or f"{self._rng.getrandbits(64):016x}")
            for key, of_key in self._by_partition_key(lines)
            for group in grouped(of_key, self._packing, self._record_bytes)
        ]
        # Failed until it is known that they are sent, whatever ends this flush.
        self.counters.failed += len(lines)
        too_large = [record for record in records if record.size > MAX_BYTES_PER_RECORD]
        if too_large:
            raise PaywatchError(
                f"{len(lines)} events were not sent: a record of {too_large[0].size} bytes is"
                f" larger than Kinesis takes ({MAX_BYTES_PER_RECORD})"
            )
        self._send(records)

    def _by_partition_key(
        self, lines: Sequence[tuple[bytes, str]]
    ) -> Iterable[tuple[str, list[bytes]]]:
        """Lines that may share a record, in their order, and the partition key of theirs."""
        if self._packing == "json":
            return [(key[:_LONGEST_KEY], [line]) for line, key in lines]
        lanes: dict[str, list[bytes]] = {}
        for line, key in lines:
            lane = f"lane-{zlib.crc32(key.encode(errors='replace')) % LANES}" if key else ""
            lanes.setdefault(lane, []).append(line)
        return lanes.items()

    def put(self, records: Sequence[Record]) -> None:
        """Send ready-made records as they are. Raises as `flush` does."""
        self.counters.failed += sum(record.events for record in records)
        self._send(records)

    def _send(self, records: Sequence[Record]) -> None:
        for request in requests(records):
            self._put(request)

    def _put(self, records: Sequence[Record]) -> None:
        left = records
        for attempt in range(self._attempts):
            if attempt:
                self.counters.retried += len(left)
                ceiling = min(MAX_BACKOFF_S, BACKOFF_S * 2 ** (attempt - 1))
                self._clock.sleep(self._rng.uniform(0.0, ceiling))
            response = self._put_once(left)
            refused = unsent(left, response)
            self._note_sent(left, refused)
            if not refused:
                return
            left = refused
        reasons = {entry.get("ErrorCode") for entry in response["Records"]} - {None}
        raise Transient(
            f"{self.counters.failed} events were not sent: {self._stream} refused {len(left)}"
            f" records {self._attempts} times ({', '.join(sorted(map(str, reasons)))});"
            " lower --rate, pack more into a record, or give the stream more shards"
        )

    def _put_once(self, records: Sequence[Record]) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        began = self._clock.now()
        try:
            return self._client.put_records(
                StreamName=self._stream, Records=[_entry(record) for record in records]
            )
        except (BotoCoreError, ClientError) as error:
            fault = explained(error, self._stream)
            message = f"{fault} ({self.counters.failed} events were not sent)"
            raise type(fault)(message) from error
        finally:
            self.counters.latencies_ms.append((self._clock.now() - began) * 1000.0)

    def _note_sent(self, records: Sequence[Record], refused: Sequence[Record]) -> None:
        events = sum(r.events for r in records) - sum(r.events for r in refused)
        self.counters.sent += events
        self.counters.failed -= events
        self.counters.records += len(records) - len(refused)
        self.counters.bytes += sum(r.size for r in records) - sum(r.size for r in refused)


def requests(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records by request, in order, each within the limits of PutRecords."""
    batch: list[Record] = []
    size = 0
    for record in records:
        full = len(batch) == MAX_RECORDS_PER_REQUEST
        if batch and (full or size + record.size > MAX_BYTES_PER_REQUEST):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += record.size
    if batch:
        yield batch


def unsent(records: Sequence[Record], response: Mapping[str, Any]) -> list[Record]:
    """The records that the answer of PutRecords says are not on the stream, in order."""
    if not response["FailedRecordCount"]:
        return []
    entries = response["Records"]
    return [r for r, entry in zip(records, entries, strict=True) if entry.get("ErrorCode")]


def _entry(record: Record) -> PutRecordsRequestEntryTypeDef:
    return {"Data": record.data, "PartitionKey": record.partition_key}
