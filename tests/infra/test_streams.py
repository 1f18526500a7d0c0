"""The streams: their shards, their memory, their key."""

from __future__ import annotations

from tests.infra.conftest import Deployment


def test_the_tallies_have_one_order_and_the_events_as_many_shards_as_asked_for(
    prod: Deployment,
) -> None:
    shards = {s["Name"]: s["ShardCount"] for s in prod.of("AWS::Kinesis::Stream").values()}
    assert shards == {"paywatch-prod-events": 2, "paywatch-prod-tallies": 1}
