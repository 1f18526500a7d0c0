"""archive: what Firehose hands over, and what it gets back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.core.archive.rows import LARGEST_RESPONSE, REFUSED_MESSAGE
from functions.core.counting.bounds import Bounds
from functions.core.counting.record import TICK
from functions.core.payments.codec import pack
from functions.core.payments.mapping import EventMapping
from functions.core.payments.providers import senders_of
from functions.handlers.archive import archive
from tests.builders import NOW, event_bytes
from tests.notifications import ADYEN_BATCH, SECOND


def invocation(*datas: bytes, arrived: int = NOW) -> dict[str, Any]:
    """What Firehose hands to the function that transforms; it took the records an hour later."""
    return {
        "invocationId": "11111111-2222-3333-4444-555555555555",
        "sourceKinesisStreamArn": "arn:aws:kinesis:eu-central-1:123456789012:stream/s",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/d",
        "region": "eu-central-1",
        "records": [
            {
                "recordId": f"record-{number}",
                "approximateArrivalTimestamp": (arrived + 3600) * 1000,
                "data": base64.b64encode(data).decode(),
                "kinesisRecordMetadata": {
                    "shardId": "shardId-000000000000",
                    "partitionKey": "k",
                    "approximateArrivalTimestamp": arrived * 1000,
                    "sequenceNumber": "1",
                    "subsequenceNumber": "",
                },
            }
            for number, data in enumerate(datas)
        ],
    }


def answer(event: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = archive(event, Bounds())["records"]
    return found


def test_every_record_comes_back_under_its_id_with_its_result_and_data() -> None:
    kept, dropped = answer(invocation(event_bytes(), TICK))
    assert (kept["recordId"], kept["result"]) == ("record-0", "Ok")
    assert dropped == {"recordId": "record-1", "result": "Dropped", "data": ""}


def test_the_data_are_json_lines_that_firehose_can_convert() -> None:
    packed = pack([event_bytes(transaction_id="a"), event_bytes(transaction_id="b")], "zstd")
    [kept] = answer(invocation(packed))
    text = base64.b64decode(kept["data"]).decode()
    assert [json.loads(line)["transaction_id"] for line in text.splitlines()] == ["a", "b"]


def test_a_notification_of_many_payments_is_kept_once_and_a_mapping_is_followed() -> None:
    batch = json.dumps(ADYEN_BATCH).encode()
    mapping = EventMapping.parse('[defaults]\ncountry = "ZZ"')
    event = invocation(batch, b'{"id":"t","status":"ok","time":1780000000}', arrived=SECOND)
    first, second = archive(event, Bounds(), senders=senders_of(mapping))["records"]
    rows = [json.loads(line) for line in base64.b64decode(first["data"]).splitlines()]
    assert [row["transaction_id"] for row in rows] == ["order-1", "order-2"]
    assert ["notificationItems" in row.get("extra", "") for row in rows] == [True, False]
    assert json.loads(base64.b64decode(second["data"]))["country"] == "ZZ"


def test_an_event_is_judged_by_the_time_at_which_the_stream_took_it() -> None:
    [ahead] = answer(invocation(event_bytes(timestamp=NOW + 1800)))
    assert ahead["result"] == "Dropped"


def test_a_record_that_did_not_come_from_a_stream_has_firehoses_time() -> None:
    event = invocation(event_bytes(timestamp=NOW + 3600))
    del event["records"][0]["kinesisRecordMetadata"]
    [kept] = answer(event)
    assert kept["result"] == "Ok"


def test_data_that_are_not_base64_are_dropped_as_malformed() -> None:
    event = invocation(event_bytes())
    event["records"][0]["data"] = "!"
    assert [item["result"] for item in answer(event)] == ["Dropped"]


def test_a_record_whose_rows_are_too_many_is_refused_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bomb = pack([event_bytes(user_id="u" * 1000)] * 6000, "zstd")
    response = archive(invocation(bomb, event_bytes()), Bounds())
    assert [item["result"] for item in response["records"]] == ["ProcessingFailed", "Ok"]
    assert len(json.dumps(response)) < LARGEST_RESPONSE
    assert [(line.levelname, line.message) for line in caplog.records] == [
        ("ERROR", REFUSED_MESSAGE)
    ]
