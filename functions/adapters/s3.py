"""S3: the quarantine bucket."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from functions.adapters.aws import calling
from functions.core.counting.parked import object_key, parked_record
from functions.core.counting.record import Record
from functions.core.errors import Malformed

_WRITERS: Final = 16
"""Objects written at once: a flood of malformed records must not hold its shard up."""


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
                Body=msgspec.json.encode(parked_record(record, refused)),
                ContentType="application/json",
            )
