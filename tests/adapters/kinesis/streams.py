"""What lies on a stream of the fake Kinesis."""

from __future__ import annotations

from typing import Any


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
