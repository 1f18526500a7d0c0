"""Kinesis: the stream on which payments come, as far as Paywatch itself writes to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.adapters.aws import calling
from functions.core.counting.record import TICK
from functions.core.errors import Transient


class EventsStream:
    """Where ticks go: into every open shard, so that silence travels as traffic does."""

    def __init__(self, client: Any, stream: str) -> None:
        self._client = client
        self._stream = stream

    def tick(self) -> int:
        """Put one tick into each open shard; the number of shards. Raises Transient if any failed."""
        keys = self._hash_keys()
        for at in range(0, len(keys), 500):
            entries = [
                {"Data": TICK, "PartitionKey": "tick", "ExplicitHashKey": key}
                for key in keys[at : at + 500]
            ]
            with calling(f"put ticks on {self._stream}"):
                response = self._client.put_records(StreamName=self._stream, Records=entries)
            if response["FailedRecordCount"]:
                failed = response["FailedRecordCount"]
                raise Transient(f"{failed} of {len(entries)} ticks were refused by {self._stream}")
        return len(keys)

    def _hash_keys(self) -> Sequence[str]:
        """The first hash key of every open shard."""
        keys: list[str] = []
        request: dict[str, Any] = {"StreamName": self._stream}
        while True:
            with calling(f"list the shards of {self._stream}"):
                answer = self._client.list_shards(**request)
            keys.extend(
                shard["HashKeyRange"]["StartingHashKey"]
                for shard in answer["Shards"]
                if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
            )
            if not answer.get("NextToken"):
                return keys
            request = {"NextToken": answer["NextToken"]}
