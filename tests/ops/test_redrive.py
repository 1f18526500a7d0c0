"""`paywatch redrive`: what waits is sent as it was, and moved once it is sent."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from functions.core.counting.parked import object_key, parked_record
from functions.core.counting.record import Record
from functions.core.errors import Malformed, PaywatchError
from ops.redrive import REDRIVEN, given_up, parked, send

BUCKET = "quarantine"
STREAM = "paywatch-dev-events"
RECORD = Record("shardId-000000000000", "49600000000000000000", 1_763_646_180_000, b"")
REFUSED = [Malformed("future", "66 s ahead", b'{"a":1}'), Malformed("bad_json", "no", b"{broken")]


def parked_body(refused: list[Malformed]) -> bytes:
    return msgspec.json.encode(parked_record(RECORD, refused))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        kinesis = boto3.client("kinesis", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        yield s3, kinesis


def on_the_stream(kinesis: Any) -> list[bytes]:
    shard = kinesis.list_shards(StreamName=STREAM)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]


def names(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_every_event_is_sent_as_it_was_and_its_object_moves(services: tuple[Any, Any]) -> None:
    s3, kinesis = services
    key = object_key(RECORD)
    s3.put_object(Bucket=BUCKET, Key=key, Body=parked_body(REFUSED))
    waiting = parked(BUCKET, key, parked_body(REFUSED), STREAM, None)

    sent = send(s3, kinesis, [waiting])

    assert sent == 2
    assert on_the_stream(kinesis) == [b'{"a":1}', b"{broken"]
    assert names(s3) == [REDRIVEN + key]


def test_what_the_stream_does_not_take_stays_where_it_is(services: tuple[Any, Any]) -> None:
    s3, kinesis = services
    key = object_key(RECORD)
    s3.put_object(Bucket=BUCKET, Key=key, Body=parked_body(REFUSED))
    waiting = parked(BUCKET, key, parked_body(REFUSED), "no-such-stream", None)

    with pytest.raises(PaywatchError, match="there is no stream no-such-stream"):
        send(s3, kinesis, [waiting])

    assert names(s3) == [key]


def test_what_is_not_kept_whole_is_not_sent() -> None:
    cut = Malformed("bad_json", "no", b"{", left_out=1)
    assert parked(BUCKET, "k", parked_body([cut]), STREAM, None).records == ()
    [kept] = parked(BUCKET, "k", parked_body([cut, REFUSED[0]]), STREAM, None).records
    assert kept.data == b'{"a":1}'


def test_a_reason_selects_only_objects_that_are_there_for_it_alone() -> None:
    both, one = parked_body(REFUSED), parked_body(REFUSED[:1])
    assert parked(BUCKET, "k", both, STREAM, "future").records == ()
    assert parked(BUCKET, "k", one, STREAM, "future").reasons == ("future",)


def test_binary_events_come_back_byte_for_byte() -> None:
    data = gzip.compress(b"x", mtime=0)[:-3]
    body = parked_body([Malformed("corrupt_gzip", "cut off", data)])
    (record,) = parked(BUCKET, "k", body, STREAM, None).records
    assert record.data == data


@pytest.mark.parametrize("as_text", [True, False])
def test_a_given_up_batch_goes_back_to_the_stream_it_came_from(as_text: bool) -> None:
    payload = {
        "Records": [
            {"kinesis": {"data": base64.b64encode(b"abc").decode(), "partitionKey": "p"}},
            {"kinesis": {"data": base64.b64encode(b"def").decode(), "partitionKey": "q"}},
        ]
    }
    body = {
        "KinesisBatchInfo": {
            "streamArn": "arn:aws:kinesis:us-east-1:1:stream/paywatch-dev-tallies"
        },
        "payload": json.dumps(payload) if as_text else payload,
    }

    waiting = given_up(BUCKET, "k", json.dumps(body).encode())

    assert waiting.stream == "paywatch-dev-tallies"
    assert [(r.data, r.partition_key) for r in waiting.records] == [(b"abc", "p"), (b"def", "q")]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"payload":{"Records":[]}}', b"\xff"])
def test_an_object_that_is_not_understood_is_named(body: bytes) -> None:
    with pytest.raises(PaywatchError, match="s3://quarantine/the-key is no given-up batch"):
        given_up(BUCKET, "the-key", body)
    with pytest.raises(PaywatchError, match="s3://quarantine/the-key is no parked record"):
        parked(BUCKET, "the-key", body, STREAM, None)
