"""What was parked of a record, as it lies in the quarantine bucket.

One object for each source record, named after it: parking a record again, in whatever batch it
comes the second time, writes the same object over.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.counting.record import Record
from functions.core.errors import Malformed
from functions.core.payments.sensitive import cleared, without_secret_bytes

PREFIX: Final = "parked/"


class ParkedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event that was parked: why, and its bytes (base64; without card numbers and secrets).
    left_out: bytes at its end that are not kept, and without which it cannot be sent again."""

    reason: str
    detail: str
    data: str
    left_out: int = 0


class ParkedRecord(msgspec.Struct, frozen=True):
    """What was parked of one source record. `arrived_at` is ISO 8601, UTC."""

    shard: str
    sequence_number: str
    arrived_at: str
    events: list[ParkedEvent]


def object_key(record: Record) -> str:
    """`parked/2026/11/20/<shard>/<sequence number>.json`, by the day of arrival."""
    return f"{PREFIX}{_arrived(record):%Y/%m/%d}/{record.shard}/{record.sequence_number}.json"


def parked_record(record: Record, refused: Sequence[Malformed]) -> ParkedRecord:
    return ParkedRecord(
        shard=record.shard,
        sequence_number=record.sequence_number,
        arrived_at=_arrived(record).isoformat(),
        events=[
            ParkedEvent(
                reason=item.reason,
                detail=cleared(item.detail),
                data=base64.b64encode(without_secret_bytes(item.data)).decode(),
                left_out=item.left_out,
            )
            for item in refused
        ],
    )


def _arrived(record: Record) -> datetime:
    return datetime.fromtimestamp(record.arrived_ms / 1000, UTC)
