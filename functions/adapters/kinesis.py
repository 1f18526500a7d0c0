"""Kinesis: the records of an invocation, and the two streams that Paywatch writes to."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.adapters.aws import calling
from functions.core.counting.batch import TICK, Record
from functions.core.counting.partial import Partial, encode
from functions.core.errors import Transient


def records(event: Mapping[str, Any]) -> list[Record]:
    """The records of a Kinesis invocation, in order. They all come from one shard."""
    return [_record(item) for item in event["Records"]]


def _record(item: Mapping[str, Any]) -> Record:
    kinesis = item["kinesis"]
    try:
        data = base64.b64decode(kinesis["data"], validate=True)
    except binascii.Error:
        data = str(kinesis["data"]).encode()
    return Record(
        shard=str(item["eventID"]).split(":", 1)[0],
        sequence_number=str(kinesis["sequenceNumber"]),
        arrived_ms=round(float(kinesis["approximateArrivalTimestamp"]) * 1000),
        data=data,
    )


class TalliesStream:
    """Where tally sends its partials, in order: one shard, one PutRecord at a time."""

    def __init__(self, client: Any, stream: str) -> None:
        self._client = client
        self._stream = stream

    def send(self, partials: Iterable[Partial]) -> None:
        """Send the partials one after the other. Raises Transient when Kinesis does not take one."""
        for partial in partials:
            with calling(f"put a partial on {self._stream}"):
                self._client.put_record(
                    StreamName=self._stream, Data=encode(partial), PartitionKey=partial.shard
                )


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
