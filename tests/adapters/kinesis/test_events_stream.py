"""That ticks reach every shard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from functions.adapters.kinesis.events_stream import EventsStream
from functions.core.counting.record import TICK
from functions.core.errors import Transient
from tests.adapters.kinesis.streams import everything_on


def test_every_shard_gets_one_tick(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="events", ShardCount=5)
    assert EventsStream(kinesis, "events").tick() == 5
    assert list(everything_on(kinesis, "events").values()) == [[TICK]] * 5


def test_a_closed_shard_gets_no_tick(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="events", ShardCount=1)
    kinesis.split_shard(
        StreamName="events", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    assert len(kinesis.list_shards(StreamName="events")["Shards"]) == 3
    assert EventsStream(kinesis, "events").tick() == 2


def test_a_stream_with_more_shards_than_one_request_takes_gets_all_its_ticks() -> None:
    client = ManyShards(1100)
    assert EventsStream(client, "events").tick() == 1100
    assert client.requests == [500, 500, 100]


def test_a_tick_that_is_refused_is_tried_again_by_lambda() -> None:
    with pytest.raises(Transient, match="3 of 10 ticks"):
        EventsStream(ManyShards(10, refused=3), "events").tick()


@dataclass
class ManyShards:
    """A client of a stream with very many shards, which lists a thousand at a time."""

    shards: int
    refused: int = 0

    def __post_init__(self) -> None:
        self.requests: list[int] = []

    def list_shards(self, **request: Any) -> dict[str, Any]:
        start = int(request.get("NextToken", 0))
        assert ("StreamName" in request) != ("NextToken" in request)
        end = min(self.shards, start + 1000)
        more = {"NextToken": str(end)} if end < self.shards else {}
        shards = [
            {"HashKeyRange": {"StartingHashKey": str(n)}, "SequenceNumberRange": {}}
            for n in range(start, end)
        ]
        return {"Shards": shards, **more}

    def put_records(self, StreamName: str, Records: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.requests.append(len(Records))
        return {"FailedRecordCount": self.refused}
