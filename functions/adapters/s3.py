"""S3: the quarantine, one object for each source record of which something was parked.

The object's name is the record's own, so parking it again, after a redelivery in whatever batch,
writes the same object over.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from functions.adapters.aws import calling
from functions.core.batch import Record
from functions.core.errors import Malformed
from functions.core.event import mask, mask_bytes

PREFIX: Final = "parked/"
_WRITERS: Final = 16


class ParkedEvent(msgspec.Struct, frozen=True):
    """One event that was parked: why, and its bytes (base64; card numbers are masked)."""

    reason: str
    detail: str
    data: str


class ParkedRecord(msgspec.Struct, frozen=True):
    """What was parked of one source record. `arrived_at` is ISO 8601, UTC."""

    shard: str
    sequence_number: str
    arrived_at: str
    events: list[ParkedEvent]


class Quarantine:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def park(self, parked: Sequence[tuple[Record, Sequence[Malformed]]]) -> None:
        """Store what was refused of each record. Raises Transient if one could not be stored."""
        if not parked:
            return
        with ThreadPoolExecutor(min(_WRITERS, len(parked))) as pool:
            list(pool.map(lambda item: self._store(*item), parked))

    def _store(self, record: Record, refused: Sequence[Malformed]) -> None:
        with calling(f"park record {record.sequence_number} of {record.shard}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=object_key(record),
                Body=msgspec.json.encode(_parked_record(record, refused)),
                ContentType="application/json",
            )


def object_key(record: Record) -> str:
    """`parked/2026/11/20/<shard>/<sequence number>.json`, by the day of arrival."""
    day = datetime.fromtimestamp(record.arrived_ms / 1000, UTC)
    return f"{PREFIX}{day:%Y/%m/%d}/{record.shard}/{record.sequence_number}.json"


def _parked_record(record: Record, refused: Sequence[Malformed]) -> ParkedRecord:
    return ParkedRecord(
        shard=record.shard,
        sequence_number=record.sequence_number,
        arrived_at=datetime.fromtimestamp(record.arrived_ms / 1000, UTC).isoformat(),
        events=[
            ParkedEvent(
                reason=item.reason,
                detail=mask(item.detail),
                data=base64.b64encode(mask_bytes(item.data)).decode(),
            )
            for item in refused
        ],
    )
