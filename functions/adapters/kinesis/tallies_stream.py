"""Kinesis: the stream on which tally's partials travel to detect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from functions.adapters.aws import calling
from functions.core.counting.partial import Partial, encode


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
