"""The streams: their shards, their memory, their key."""

from __future__ import annotations

import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms

from infra.streams import Streams
from tests.infra.conftest import Deployment, empty_stack


def test_the_tallies_have_one_order_and_the_events_as_many_shards_as_asked_for(
    prod: Deployment,
) -> None:
    shards = {s["Name"]: s["ShardCount"] for s in prod.of("AWS::Kinesis::Stream").values()}
    assert shards == {"paywatch-prod-events": 2, "paywatch-prod-tallies": 1}


@pytest.mark.parametrize("shards", [1, 7])
def test_more_shards_are_for_the_events_alone(shards: int) -> None:
    template = streamed(shards=shards)
    template.has_resource_properties(
        "AWS::Kinesis::Stream", {"Name": "test-events", "ShardCount": shards}
    )
    template.has_resource_properties(
        "AWS::Kinesis::Stream", {"Name": "test-tallies", "ShardCount": 1}
    )


def test_both_keep_a_day_under_our_key_and_pay_by_the_shard() -> None:
    template = streamed()
    (key,) = template.find_resources("AWS::KMS::Key")
    template.all_resources_properties(
        "AWS::Kinesis::Stream",
        {
            "RetentionPeriodHours": 24,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": {"Fn::GetAtt": [key, "Arn"]}},
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        },
    )


@pytest.mark.parametrize(("keep", "policy"), [(True, "Retain"), (False, "Delete")])
def test_the_streams_stay_or_go_with_the_stack_as_the_deployment_says(
    keep: bool, policy: str
) -> None:
    found = streamed(keep_data=keep).find_resources("AWS::Kinesis::Stream").values()
    assert [stream["DeletionPolicy"] for stream in found] == [policy, policy]


def test_an_alarm_may_watch_each_of_them_by_its_name() -> None:
    stack = empty_stack()
    streams = Streams(
        stack, "Streams", prefix="test", shards=1, key=kms.Key(stack, "Key"), keep_data=False
    )
    assert list(streams.sources) == list(streams.by_name) == ["events", "tallies"]
    for name, metric in streams.sources.items():
        watched = metric("IncomingRecords")
        assert (watched.namespace, watched.metric_name) == ("AWS/Kinesis", "IncomingRecords")
        told = stack.resolve(watched.dimensions)
        assert told == {"StreamName": stack.resolve(streams.by_name[name].stream_name)}


def streamed(*, shards: int = 1, keep_data: bool = False) -> assertions.Template:
    stack = empty_stack()
    key = kms.Key(stack, "Key")
    Streams(stack, "Streams", prefix="test", shards=shards, key=key, keep_data=keep_data)
    return assertions.Template.from_stack(stack)
