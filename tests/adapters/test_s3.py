"""The quarantine: an object for each record of which something was parked."""

from __future__ import annotations

import base64
import json
from typing import Any

from functions.adapters.s3 import Quarantine
from functions.core.counting.record import Record
from functions.core.errors import Malformed
from tests.builders import SHARD, record

CARD = "4111 1111 1111 1111"
BROKEN = Malformed("bad_json", "expected a comma", b"{broken")


def parked(s3: Any, *items: tuple[Record, list[Malformed]]) -> dict[str, Any]:
    """Object name → content, after parking."""
    Quarantine(s3, "quarantine").park(items)
    found = s3.list_objects_v2(Bucket="quarantine").get("Contents", [])
    return {
        item["Key"]: json.load(s3.get_object(Bucket="quarantine", Key=item["Key"])["Body"])
        for item in found
    }


def test_a_parked_record_says_where_it_came_from_and_why_it_was_parked(s3: Any) -> None:
    number = record(1).sequence_number
    assert parked(s3, (record(1), [BROKEN])) == {
        f"parked/2025/11/20/{SHARD}/{number}.json": {
            "shard": SHARD,
            "sequence_number": number,
            "arrived_at": "2025-11-20T13:43:00+00:00",
            "events": [
                {
                    "reason": "bad_json",
                    "detail": "expected a comma",
                    "data": base64.b64encode(b"{broken").decode(),
                }
            ],
        }
    }


def test_parking_a_record_again_writes_the_same_object(s3: Any) -> None:
    assert len(parked(s3, (record(1), [BROKEN]))) == 1
    assert len(parked(s3, (record(1), [BROKEN]))) == 1


def test_many_records_are_all_parked(s3: Any) -> None:
    assert len(parked(s3, *((record(number), [BROKEN]) for number in range(40)))) == 40


def test_nothing_to_park_writes_nothing(s3: Any) -> None:
    assert parked(s3) == {}


def test_no_card_number_is_stored(s3: Any) -> None:
    event = Malformed("wrong_type", f"got {CARD}", f'{{"card":"{CARD}"'.encode())
    [stored] = parked(s3, (record(1), [event])).values()
    [said] = stored["events"]
    assert said["detail"] == "got **** **** **** 1111"
    assert base64.b64decode(said["data"]) == b'{"card":"**** **** **** 1111"'
