"""Kinesis: the records of an invocation."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from functions.core.counting.record import Record


def records(event: Mapping[str, Any]) -> list[Record]:
    """The records of a Kinesis invocation, in order. They all come from one shard."""
    return [_record(item) for item in event["Records"]]


def _record(item: Mapping[str, Any]) -> Record:
    kinesis = item["kinesis"]
    try:
        data = base64.b64decode(kinesis["data"], validate=True)
    except binascii.Error:
        data = str(kinesis["data"]).encode()
    return Record(
        shard=str(item["eventID"]).split(":", 1)[0],
        sequence_number=str(kinesis["sequenceNumber"]),
        arrived_ms=round(float(kinesis["approximateArrivalTimestamp"]) * 1000),
        data=data,
    )
