"""The KPL's aggregate: read and written as AWS's own libraries do."""

from __future__ import annotations

import base64
import hashlib
import importlib
import warnings
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.kpl import MAGIC, aggregate, deaggregate

USER_RECORD = b"\x1a\x05\x08\x00\x1a\x01a"
"""Field 3 of the aggregate: partition key number 0, data `a`."""
RECORDS = [b"%d" % number + b"x" * number for number in range(300)]


def sealed(message: bytes) -> bytes:
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def refusal(aggregated: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        deaggregate(aggregated)
    return caught.value


@given(st.lists(st.binary(max_size=300), max_size=20), st.text(max_size=200))
def test_user_records_come_back_from_an_aggregate(records: list[bytes], key: str) -> None:
    assert deaggregate(aggregate(records, key)) == records


def test_an_aggregate_is_laid_out_as_the_format_says() -> None:
    assert aggregate([b"a"], "key") == sealed(b"\x0a\x03key" + USER_RECORD)


@pytest.mark.parametrize(
    "other",
    [b"\x12\x01k", b"\x20\xac\x02", b"\x29" + b"8 bytes!", b"\x2d4byt"],
    ids=["hash key", "number", "fixed64", "fixed32"],
)
def test_fields_that_are_not_asked_for_are_passed_over_wherever_they_stand(other: bytes) -> None:
    assert deaggregate(sealed(other + USER_RECORD + other)) == [b"a"]
    inside = b"\x08\x00" + other + b"\x1a\x01a" + other
    assert deaggregate(sealed(b"\x1a" + bytes((len(inside),)) + inside)) == [b"a"]


parts = st.sampled_from(
    [b"\x0a\x03key", b"\x12\x01h", USER_RECORD, b"\x1a\x87\x01\x08\x01\x1a\x82\x01" + b"d" * 130]
)
changes = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([b"", b"\x80", b"\x81", b"\xff", b"\0", b"\x08", b"\x1a"])),
    max_size=3,
)  # fmt: skip


@given(st.lists(parts, max_size=4), changes)
def test_a_message_as_the_library_writes_it_is_read_as_any_other(
    usual: list[bytes], changed: list[tuple[int, bytes]]
) -> None:
    message = b"".join(usual)
    for place, byte in changed:
        at = place % (len(message) + 1)
        message = message[:at] + byte + message[at + 1 :]
    # With a field in front that the library does not write, each field is read by itself.
    results = []
    for sent in (message, b"\x20\x01" + message):
        try:
            results.append((deaggregate(sealed(sent)), ""))
        except Malformed as error:
            results.append(([], error.reason))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "message",
    [
        b"\x1a\x05\x08",
        b"\x1a\x02\x08\x00",
        b"\x1f",
        b"\xff" * 11,
        b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ],
    ids=["cut off", "without data", "unused wire type", "endless number", "longer than it is"],
)
def test_an_aggregate_that_is_no_protobuf_is_bad_kpl(message: bytes) -> None:
    error = refusal(sealed(message))
    assert (error.reason, error.data) == ("bad_kpl", sealed(message))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_byte_that_changed_on_the_way_is_seen_by_the_digest(place: int, change: int) -> None:
    damaged = bytearray(aggregate(RECORDS[:20], "key"))
    damaged[len(MAGIC) + place % (len(damaged) - len(MAGIC))] ^= change
    assert refusal(bytes(damaged)).reason == "kpl_digest"


@given(st.binary(max_size=100))
def test_any_protobuf_gives_user_records_or_is_bad_kpl(message: bytes) -> None:
    try:
        found = deaggregate(sealed(message))
    except Malformed as error:
        assert error.reason == "bad_kpl"  # noqa: PT017 either is right
    else:
        assert all(record in message for record in found)


@pytest.fixture(scope="module")
def aws() -> Any:
    """AWS's own aggregator and deaggregator modules."""
    with warnings.catch_warnings():
        # It and its generated protobuf code are old; nothing of ours is imported here.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", ImportWarning)
        pytest.importorskip("aws_kinesis_agg")
        return SimpleNamespace(
            aggregator=importlib.import_module("aws_kinesis_agg.aggregator"),
            deaggregator=importlib.import_module("aws_kinesis_agg.deaggregator"),
        )


def test_what_awss_library_aggregates_is_read(aws: Any) -> None:
    theirs = aws.aggregator.RecordAggregator()
    for number, data in enumerate(RECORDS):
        theirs.add_user_record(f"key {number % 7}", data, str(number))
    _, _, written = theirs.clear_and_get().get_contents()
    assert deaggregate(written) == RECORDS


def test_awss_library_reads_what_is_aggregated(aws: Any) -> None:
    record = {
        "kinesisSchemaVersion": "1.0",
        "sequenceNumber": "1",
        "partitionKey": "key",
        "approximateArrivalTimestamp": 1,
        "data": base64.b64encode(aggregate(RECORDS, "key")).decode(),
    }
    names = ("eventVersion", "eventID", "eventName", "invokeIdentityArn", "awsRegion")
    event = {"eventSource": "aws:kinesis", "eventSourceARN": "", **dict.fromkeys(names, "")}
    read = aws.deaggregator.deaggregate_records([{**event, "kinesis": record}])
    assert [base64.b64decode(user["kinesis"]["data"]) for user in read] == RECORDS
    assert {user["kinesis"]["partitionKey"] for user in read} == {"key"}
