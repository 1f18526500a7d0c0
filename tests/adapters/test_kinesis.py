"""The streams: what comes in, and that ticks reach every shard."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest

from functions.adapters.kinesis import EventsStream, TalliesStream, records
from functions.core.counting.batch import TICK, Record
from functions.core.counting.partial import decode
from functions.core.errors import Transient
from tests.builders import NOW, SHARD, approved, partial


def invocation(*datas: str) -> dict[str, Any]:
    """What Lambda hands to a function that reads a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "k",
                    "sequenceNumber": str(100 + number),
                    "data": data,
                    "approximateArrivalTimestamp": NOW + 0.123,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"{SHARD}:{100 + number}",
                "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/s",
            }
            for number, data in enumerate(datas)
        ]
    }


def test_the_records_of_an_invocation_keep_their_order_shard_and_arrival() -> None:
    first, second = (base64.b64encode(text).decode() for text in (b"one", b"two"))
    assert records(invocation(first, second)) == [
        Record(SHARD, "100", NOW * 1000 + 123, b"one"),
        Record(SHARD, "101", NOW * 1000 + 123, b"two"),
    ]


def test_data_that_is_no_base64_is_taken_as_it_is() -> None:
    assert records(invocation('{"not": "base64"}'))[0].data == b'{"not": "base64"}'


def everything_on(kinesis: Any, stream: str) -> dict[str, list[bytes]]:
    """Shard → its records' data."""
    found: dict[str, list[bytes]] = {}
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator)
        found[shard["ShardId"]] = [record["Data"] for record in answer["Records"]]
    return found


def test_partials_arrive_on_the_tallies_stream_in_order(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="tallies", ShardCount=1)
    sent = [partial(number, approved(NOW, number)) for number in range(1, 5)]
    TalliesStream(kinesis, "tallies").send(sent)
    [arrived] = everything_on(kinesis, "tallies").values()
    assert [decode(data) for data in arrived] == sent


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
