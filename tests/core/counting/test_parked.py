"""What is parked can be found by day and record, holds no card number, and can be sent again."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting, count
from functions.core.counting.ledger import Ledger
from functions.core.counting.parked import ParkedRecord, object_key, parked_record
from functions.core.counting.record import Record
from functions.core.errors import Malformed
from tests.builders import FIRST_SEQUENCE, NOW, SHARD, event_bytes, record

COUNTING = Counting(load())
CARD = "4111111111111111"
MIDNIGHT = 1_763_683_200
"""2025-11-21T00:00:00Z"""


def data_of(parked: ParkedRecord) -> list[bytes]:
    return [base64.b64decode(event.data) for event in parked.events]


@pytest.mark.parametrize(
    ("arrived_ms", "day"),
    [(MIDNIGHT * 1000 - 1, "2025/11/20"), (MIDNIGHT * 1000, "2025/11/21")],
)
def test_an_object_lies_under_the_day_of_arrival_its_shard_and_its_sequence_number(
    arrived_ms: int, day: str
) -> None:
    arrived = Record(SHARD, "17", arrived_ms, b"")
    assert object_key(arrived) == f"parked/{day}/{SHARD}/17.json"


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_no_two_records_share_an_object(one: int, two: int) -> None:
    assert (object_key(record(one)) == object_key(record(two))) == (one == two)


def test_a_parked_record_says_where_and_when_it_came_and_why_each_part_was_parked() -> None:
    refused = [Malformed("bad_json", "byte 3", b"{x"), Malformed("empty", "", b"")]
    parked = parked_record(record(1), refused)
    assert (parked.shard, parked.sequence_number) == (SHARD, str(FIRST_SEQUENCE + 1))
    assert parked.arrived_at == "2025-11-20T13:43:00+00:00"
    assert [(event.reason, event.detail) for event in parked.events] == [
        ("bad_json", "byte 3"),
        ("empty", ""),
    ]


@given(st.lists(st.binary(max_size=50).map(lambda data: data.translate(None, b"0123456789"))))
def test_the_bytes_come_back_as_they_came_and_in_order(datas: list[bytes]) -> None:
    refused = [Malformed("bad_json", "", data) for data in datas]
    stored = msgspec.json.encode(parked_record(record(), refused))
    assert data_of(msgspec.json.decode(stored, type=ParkedRecord)) == datas


@pytest.mark.parametrize("around", [b'{"card":"%s', b"\xff%s\x00", b"[%s]"])
def test_a_card_number_is_masked_in_the_bytes_and_in_the_detail(around: bytes) -> None:
    refused = [Malformed("bad_json", f"saw {CARD}", around % CARD.encode())]
    parked = parked_record(record(), refused)
    assert parked.events[0].detail == "saw ************1111"
    assert data_of(parked) == [around % b"************1111"]


def test_a_record_that_comes_again_in_another_batch_writes_the_same_object_over() -> None:
    bad = record(2, event_bytes() + b"{broken")
    batches = [[record(1), bad], [bad, record(3)], [bad]]
    written = {
        (object_key(one), msgspec.json.encode(parked_record(one, refused)))
        for batch in batches
        for one, refused in count(batch, Ledger(), COUNTING).parked
    }
    assert len(written) == 1


def test_only_what_is_malformed_of_a_record_is_parked() -> None:
    whole = record(1, b"\n".join([event_bytes(), b"{broken", event_bytes(timestamp=NOW + 3600)]))
    [(one, refused)] = count([whole], Ledger(), COUNTING).parked
    parked = parked_record(one, refused)
    assert [event.reason for event in parked.events] == ["bad_json", "future"]
    assert data_of(parked)[0] == b"{broken"


@pytest.mark.parametrize(
    "data",
    [
        b'{"cvv":"987","pan":"' + CARD.encode() + b'","pin_block" : "987A","track2":";1234567890123=2912987?"',
        b'{"card":{"Security-Code":987,"track data":{"x":["987","}"]}},',
        b'{"c\\u0076v":"987"} <cvv2>987</cvv2> cvc=987&x=1',
        b'{"cvv":"987"}' + b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_may_not_be_stored_is_not_parked(data: bytes) -> None:
    [parked] = data_of(parked_record(record(data=data), [Malformed("bad_json", "x", data)]))
    assert b"987" not in parked
    assert CARD.encode() not in parked


def test_an_object_without_its_secrets_is_still_json() -> None:
    data = event_bytes(cvv="123", card={"pin": [1, {"a": "}"}]}, note="cvv=1234, thanks")
    [parked] = data_of(parked_record(record(data=data), [Malformed("future", "x", data)]))
    found = msgspec.json.decode(parked)
    assert (found["cvv"], found["card"], found["note"]) == (None, {"pin": None}, "cvv=***, thanks")


@pytest.mark.parametrize("filler", ["x" * 26, "x" * 20, "?", "; "])
def test_a_card_number_in_a_detail_is_masked_though_the_detail_is_cut(filler: str) -> None:
    for field in ("payment_status", "timestamp"):
        sent = record(data=event_bytes(**{field: f"{filler}{CARD}{filler}"}))
        [(_, refused)] = count([sent], Ledger(), COUNTING).parked
        details = [event.detail for event in parked_record(sent, refused).events]
        assert not any(CARD[:9] in detail for detail in details), details


def test_what_is_missing_of_a_part_is_told() -> None:
    part = Malformed("bad_json", "x", b"{", left_out=7)
    assert parked_record(record(data=b"{"), [part]).events[0].left_out == 7
