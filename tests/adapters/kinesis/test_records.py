"""The records of an invocation."""

from __future__ import annotations

import base64
from typing import Any

from functions.adapters.kinesis.records import records
from functions.core.counting.record import Record
from tests.builders import NOW, SHARD


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
