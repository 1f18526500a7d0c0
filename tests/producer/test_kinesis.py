"""The Kinesis sink: packing within the limits, retrying only what is unsent, clear faults."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from mypy_boto3_kinesis import KinesisClient

from functions.core.errors import PaywatchError, Transient
from functions.core.payments.codec import PACKINGS, decode, encode
from functions.core.payments.event import Payment
from producer.kinesis import (
    ATTEMPTS,
    LANES,
    MAX_BACKOFF_S,
    MAX_BYTES_PER_RECORD,
    MAX_BYTES_PER_REQUEST,
    MAX_RECORDS_PER_REQUEST,
    KinesisSink,
    kinesis_sink,
    requests,
    unsent,
)
from producer.pacing import ScheduleClock
from producer.sinks import Record

STREAM = "paywatch-test-events"


def line(n: int) -> bytes:
    return encode(
        Payment(transaction_id=f"t{n}", status="approved", timestamp_ms=1_752_087_790_000)
    )


class FakeClient:
    """put_records that refuses by script: for each call, the positions that are refused."""

    def __init__(self, *refusals: Sequence[int], error: Exception | None = None) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self._refusals = refusals
        self._error = error

    def put_records(self, **request: Any) -> dict[str, Any]:
        records = request["Records"]
        self.calls.append(records)
        if self._error:
            raise self._error
        call = len(self.calls) - 1
        refused = set(self._refusals[call] if call < len(self._refusals) else ())
        return answer(len(records), refused)


def answer(n: int, refused: set[int]) -> dict[str, Any]:
    throttled = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow"}
    entries = [throttled if i in refused else {"SequenceNumber": str(i)} for i in range(n)]
    return {"FailedRecordCount": len(refused & set(range(n))), "Records": entries}


class Waits(ScheduleClock):
    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        super().sleep(seconds)


def sink_on(client: FakeClient, clock: ScheduleClock | None = None, **more: Any) -> KinesisSink:
    return KinesisSink(
        cast("KinesisClient", client),
        STREAM,
        clock=clock or ScheduleClock(),
        rng=random.Random(1),
        **{"packing": "json", **more},
    )


def records(n: int) -> list[Record]:
    return [Record(b"x", str(i), 1) for i in range(n)]


@pytest.mark.parametrize("refused", [set(), {1}, {0, 2}, {0, 1, 2}])
def test_unsent_are_the_records_that_the_answer_refuses(refused: set[int]) -> None:
    sent = records(3)
    assert unsent(sent, answer(3, refused)) == [sent[i] for i in sorted(refused)]


def test_only_the_refused_records_are_sent_again() -> None:
    client = FakeClient([1, 3], [0])
    sink = sink_on(client)
    for n in range(4):
        sink.add(line(n))
    sink.flush()
    assert [[entry["Data"] for entry in call] for call in client.calls] == [
        [line(0), line(1), line(2), line(3)],
        [line(1), line(3)],
        [line(1)],
    ]
    counters = sink.counters
    assert (counters.sent, counters.failed, counters.retried, counters.records) == (4, 0, 3, 4)


def test_a_second_flush_sends_nothing() -> None:
    client = FakeClient()
    sink = sink_on(client)
    sink.add(line(1))
    sink.flush()
    sink.flush()
    assert len(client.calls) == 1


def test_waits_grow_with_full_jitter_up_to_a_bound() -> None:
    clock = Waits()
    sink = sink_on(FakeClient(*[[0]] * ATTEMPTS), clock)
    sink.add(line(1))
    with pytest.raises(Transient):
        sink.flush()
    assert len(clock.waited) == ATTEMPTS - 1
    ceilings = [min(MAX_BACKOFF_S, 0.05 * 2**i) for i in range(ATTEMPTS - 1)]
    assert all(0 <= w <= ceiling for w, ceiling in zip(clock.waited, ceilings, strict=True))
    assert len(set(clock.waited)) == len(clock.waited)


def test_it_gives_up_after_so_many_attempts_and_says_how_many_were_not_sent() -> None:
    client = FakeClient(*[[0, 1]] * ATTEMPTS)
    sink = sink_on(client)
    for n in range(5):
        sink.add(line(n))
    with pytest.raises(Transient, match=r"2 events were not sent: paywatch-test-events refused 2"):
        sink.flush()
    assert len(client.calls) == ATTEMPTS
    assert (sink.counters.sent, sink.counters.failed) == (3, 2)
    sink.flush()
    assert len(client.calls) == ATTEMPTS


@given(st.lists(st.integers(1, MAX_BYTES_PER_RECORD - 16), max_size=40), st.integers(0, 1200))
@settings(deadline=None, max_examples=40)
def test_requests_keep_both_limits_and_lose_nothing(sizes: list[int], small: int) -> None:
    blob = bytes(MAX_BYTES_PER_RECORD)
    given_ = [Record(blob[:n], "k", 1) for n in (*sizes, *[1] * small)]
    made = list(requests(given_))
    assert [record for request in made for record in request] == given_
    for request in made:
        assert 1 <= len(request) <= MAX_RECORDS_PER_REQUEST
        assert sum(record.size for record in request) <= MAX_BYTES_PER_REQUEST


def keys_of(sink: KinesisSink, client: FakeClient, keys: list[str]) -> list[tuple[str, bytes]]:
    """Partition key and data of the records that events with these keys become."""
    for number, key in enumerate(keys):
        sink.add(line(number), key)
    sink.flush()
    return [(entry["PartitionKey"], entry["Data"]) for call in client.calls for entry in call]


def test_a_record_of_one_event_has_its_payments_id_for_partition_key() -> None:
    client = FakeClient()
    sent = keys_of(sink_on(client), client, ["a", "b", "a", "x" * 300])
    assert sent == [("a", line(0)), ("b", line(1)), ("a", line(2)), ("x" * 256, line(3))]


@pytest.mark.parametrize("packing", ["json", "ndjson"])
def test_events_without_a_key_spread_over_the_shards(packing: str) -> None:
    client = FakeClient()
    sink = sink_on(client, packing=packing, record_bytes=1)
    assert len({key for key, _ in keys_of(sink, client, [""] * 400)}) == 400


def test_packed_messages_of_a_payment_stay_in_one_lane_and_in_order() -> None:
    client = FakeClient()
    keys = [f"p{number % 40}" for number in range(400)]
    sent = keys_of(sink_on(client, packing="ndjson", record_bytes=200), client, keys)
    lanes: dict[int, set[str]] = {}
    order: dict[int, list[int]] = {}
    for partition_key, data in sent:
        for text in data.splitlines():
            number = int(json.loads(text)["transaction_id"][1:])
            lanes.setdefault(number % 40, set()).add(partition_key)
            order.setdefault(number % 40, []).append(number)
    assert all(len(partition_keys) == 1 for partition_keys in lanes.values())
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert 4 < len(set().union(*lanes.values())) <= LANES


def test_an_event_that_no_record_can_hold_is_refused_in_clear_words() -> None:
    client = FakeClient()
    sink = sink_on(client, packing="ndjson")
    sink.add(b"x" * MAX_BYTES_PER_RECORD)
    with pytest.raises(PaywatchError, match="larger than Kinesis takes"):
        sink.flush()
    assert (client.calls, sink.counters.failed) == ([], 1)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no\nway"}}, "PutRecords")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (client_error("ResourceNotFoundException"), "there is no stream paywatch-test-events"),
        (client_error("AccessDeniedException"), "may not put records on paywatch-test-events"),
        (client_error("ExpiredTokenException"), "log in again"),
        (client_error("InternalFailure"), "did not take the records"),
        (NoCredentialsError(), "no AWS credentials"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), "nothing answers at http://"),
    ],
)
def test_what_goes_wrong_at_aws_is_told_in_one_line(error: Exception, words: str) -> None:
    sink = sink_on(FakeClient(error=error))
    sink.add(line(1))
    with pytest.raises(PaywatchError) as caught:
        sink.flush()
    told = str(caught.value)
    assert words in told
    assert "1 events were not sent" in told
    assert "\n" not in told


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[KinesisClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("kinesis", region_name="us-east-1")
        client.create_stream(StreamName=STREAM, ShardCount=2)
        yield client


def on_stream(client: KinesisClient) -> list[list[bytes]]:
    """The records' data, by shard."""
    found = []
    for shard in client.list_shards(StreamName=STREAM)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found.append([r["Data"] for r in client.get_records(ShardIterator=iterator)["Records"]])
    return found


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_sent_arrives_on_the_stream_in_every_packing(
    kinesis: KinesisClient, packing: str
) -> None:
    sink = kinesis_sink(
        STREAM,
        clock=ScheduleClock(),
        rng=random.Random(1),
        packing=packing,
        record_bytes=1024,
        region="us-east-1",
    )
    for n in range(700):
        sink.add(line(n))
    sink.flush()
    by_shard = on_stream(kinesis)
    arrived = [p for shard in by_shard for data in shard for p in decode(data)]
    names = sorted(p.transaction_id for p in arrived if isinstance(p, Payment))
    assert names == sorted(f"t{n}" for n in range(700))
    assert all(by_shard)
    assert (sink.counters.sent, sink.counters.failed) == (700, 0)


def test_a_stream_that_is_not_there_is_told_in_one_line(kinesis: KinesisClient) -> None:
    sink = kinesis_sink("nowhere", client=kinesis, clock=ScheduleClock(), rng=random.Random(1))
    sink.add(line(1))
    with pytest.raises(PaywatchError, match=r"there is no stream nowhere .* deploy first"):
        sink.flush()
