"""Firehose: the records that it asks a function to transform, and the answer it waits for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from functions.core.archive.rows import Arrival, Outcome


def arrivals(event: Mapping[str, Any]) -> list[Arrival]:
    """The records of an invocation, in order."""
    return [_arrival(item) for item in event["records"]]


def _arrival(item: Mapping[str, Any]) -> Arrival:
    # Of a stream's record Firehose tells both times: when the stream took it, and when it did.
    source = item.get("kinesisRecordMetadata") or item
    try:
        data = base64.b64decode(item["data"], validate=True)
    except binascii.Error:
        data = str(item["data"]).encode()
    return Arrival(
        id=str(item["recordId"]),
        arrived_ms=int(source["approximateArrivalTimestamp"]),
        data=data,
    )


def response(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The answer: every record must be in it, with data, be it empty."""
    return {
        "records": [
            {"recordId": outcome.id, "result": outcome.result, "data": outcome.data}
            for outcome in outcomes
        ]
    }
