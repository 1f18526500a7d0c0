"""Kinesis: the records of an invocation."""

from __future__ import annotations

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
        data = binascii.a2b_base64(kinesis["data"], strict_mode=True)
    except ValueError:
        data = str(kinesis["data"]).encode()
    return Record(
        str(item["eventID"]).partition(":")[0],
        str(kinesis["sequenceNumber"]),
        round(float(kinesis["approximateArrivalTimestamp"]) * 1000),
        data,
    )
