"""A reader saves work and changes nothing: what it reads is what the one way reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import slices_of
from functions.core.errors import Malformed
from functions.core.payments.codec import decode, decode_plain
from functions.core.payments.event import Payment, to_payment
from functions.core.payments.fields import NAMES
from functions.core.payments.readers import Senders, read_object, read_plain
from tests.builders import NOW, event

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 7, 1.5, 1e18, 1e308, 10**30, "", " ", "x", "N/A", "51", "51 : No funds",
    "12,50", "$12.50", "BAD_REQUEST_ERROR", "visa", "Visa", "2025-07-09T19:03:10Z", "FAIL", "minor",
    "EUR", "x" * 400, "4111111111111111", [], [1], {}, {"value": "1.50", "currency": "EUR"}, "ＶＩＳＡ",
]  # fmt: skip
names = st.sampled_from(sorted(NAMES)) | st.sampled_from(["unknown", "more"])
events = st.dictionaries(names, st.sampled_from(ODD), max_size=8).map(
    lambda fields: {**event(), **fields}
)
OPTIONAL = sorted(
    NAMES
    - {"transaction_id", "txn_id", "transactionId", "payment_id", "id", "payment_status", "status"}
    - {"paymentStatus", "outcome", "state", "timestamp", "event_time", "created_at", "time", "ts"}
    - {"count", "n"}
)


def one_by_one(events: list[dict[str, Any]]) -> list[Any]:
    """By `to_payment` alone; the reason of what it refuses."""
    found: list[Any] = []
    for item in events:
        try:
            found.append(to_payment(item))
        except Malformed as error:
            found.append(error.reason)
    return found


def together(records: list[bytes], **settings: Any) -> list[list[Any] | None]:
    """What is in each record that `decode_plain` reads, None for any other."""
    found: list[list[Any] | None] = [None] * len(records)
    for places, rows in decode_plain(records, **settings):
        assert rows.size == len(places)
        for row, place in enumerate(places):
            found[place] = rows.items(row)
    return found


def told(items: list[Any]) -> list[Any]:
    return [item.reason if isinstance(item, Malformed) else item for item in items]


@given(st.lists(events, min_size=1, max_size=40))
def test_a_text_is_read_as_each_of_its_objects_alone(drawn: list[dict[str, Any]]) -> None:
    lines = [json.dumps(item).encode() for item in drawn]
    expected = one_by_one(drawn)
    assert told(decode(b"\n".join(lines))) == expected
    assert told(decode(b"[" + b",".join(lines) + b"]")) == expected
    assert [told(decode(line)) for line in lines] == [[item] for item in expected]


@given(st.lists(events, max_size=40))
def test_records_read_together_are_read_as_each_alone(drawn: list[dict[str, Any]]) -> None:
    records = [json.dumps(item).encode() for item in drawn]
    for record, items in zip(records, together(records), strict=True):
        assert items is None or told(items) == told(decode(record))


def test_records_that_are_not_one_object_in_one_line_are_left_alone() -> None:
    good = json.dumps(event()).encode()
    records = [b"", b"x", good + b"\n" + good, b"\x1f\x8b", b"[" + good + b"]", good, good]
    assert [items is None for items in together(records)] == [True] * 5 + [False] * 2


def test_two_objects_in_a_record_do_not_move_the_others_to_their_neighbours() -> None:
    good = [json.dumps(event(transaction_id=f"t{n}")).encode() for n in range(3)]
    for records in ([good[0] + good[1], good[2]], [good[0], b'{"a":{}', good[1] + good[2]]):
        for record, items in zip(records, together(records), strict=True):
            assert items is None or told(items) == told(decode(record))


def test_a_fault_costs_its_own_record_the_speed_and_no_other_its_payment() -> None:
    records = [json.dumps(event(transaction_id=f"t{n}")).encode() for n in range(100)]
    records[40] = b'{"transaction_id":"bad"}'
    found = together(records)
    assert found[40] is None
    assert sum(items is None for items in found) <= 16
    assert all(
        [item.transaction_id for item in items if isinstance(item, Payment)] == [f"t{n}"]
        for n, items in enumerate(found)
        if items is not None
    )


@given(st.sampled_from(OPTIONAL), st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
))  # fmt: skip
def test_no_optional_field_parks_a_payment_whatever_its_kind(name: str, value: Any) -> None:
    [found] = decode(json.dumps(event(**{name: value})).encode())
    assert isinstance(found, Payment)
    assert (found.transaction_id, found.status, found.timestamp_ms) == (
        "txn_1", "approved", NOW * 1000,
    )  # fmt: skip


def test_an_object_among_values_costs_no_other_row() -> None:
    lines = [json.dumps(event(transaction_id=f"t{n}", card="VISA")).encode() for n in range(9)]
    lines[4] = json.dumps(event(transaction_id="t4", card={"brand": "visa"}, brand="MC")).encode()
    found = [item for item in decode(b"\n".join(lines)) if isinstance(item, Payment)]
    assert [item.transaction_id for item in found] == [f"t{n}" for n in range(9)]
    assert [item.network for item in found] == ["VISA"] * 4 + ["MASTERCARD"] + ["VISA"] * 4


def test_names_without_end_are_no_shape() -> None:
    text = b"\n".join(json.dumps(event(**{f"x{n}": n})).encode() for n in range(500))
    assert len([item for item in decode(text) if isinstance(item, Payment)]) == 500


def test_an_array_and_lines_are_plain_alike() -> None:
    line = json.dumps(event()).encode()
    lines, array = read_plain(line, is_array=False), read_plain(b"[" + line + b"]", is_array=True)
    assert lines.items(0) == array.items(0) == read_object(line)


@pytest.mark.parametrize("text", [b"{}", b'{"x":1}', b'{"transaction_id":"t"}'])
def test_what_has_not_what_is_required_is_no_payment(text: bytes) -> None:
    [found] = decode(text)
    assert isinstance(found, Malformed)
    assert found.reason == "missing_field"


def _others(values: dict[str, Any]) -> list[Any] | None:
    """Objects that hold a list of payments of another system, under other names."""
    if not isinstance(values.get("deals"), list):
        return None
    found: list[Any] = []
    for deal in values["deals"]:
        try:
            found.append(to_payment({"id": deal["no"], "status": deal["is"], "ts": NOW}))
        except Malformed as error:
            found.append(error)
    return found


OTHERS = Senders(frozenset(("deals",)), _others)


@pytest.mark.parametrize("senders", [OTHERS, Senders(frozenset(), _others)])
def test_an_object_of_others_is_read_by_who_knows_it_among_our_own(senders: Senders) -> None:
    ours = json.dumps(event(transaction_id="t")).encode()
    theirs = b'{"deals":[{"no":"a","is":"ok"},{"no":"b","is":"fail"}]}'
    named = json.dumps(event(transaction_id="u", deals=3)).encode()
    lines = [ours, theirs, named] * 9
    for found in (
        decode(b"\n".join(lines), senders=senders),
        [
            item
            for data, items in zip(lines, together(lines, senders=senders), strict=True)
            for item in items or decode(data, senders=senders)
        ],
    ):
        ids = [item.transaction_id for item in found if isinstance(item, Payment)]
        assert ids == ["t", "a", "b", "u"] * 9


def test_what_is_wrong_with_one_payment_of_an_object_costs_no_other() -> None:
    theirs = b'{"deals":[{"no":"a","is":"ok"},{"no":"b","is":"perhaps"}]}'
    ours = json.dumps(event()).encode()
    first, bad, own = decode(theirs + b"\n" + ours, senders=OTHERS)
    assert isinstance(first, Payment)
    assert isinstance(own, Payment)
    assert isinstance(bad, Malformed)
    assert (bad.reason, bad.data) == ("unknown_status", theirs)


def test_values_that_differ_only_in_how_they_are_written_are_one_slice() -> None:
    lines = [
        json.dumps(event(network=name)).encode() for name in ("VISA", "visa", "Visa", " ＶＩＳＡ")
    ]
    found = decode(b"\n".join(lines))
    slices = [slices_of(item, (("network",),)) for item in found if isinstance(item, Payment)]
    assert [tuple(each) for each in slices] == [("", "network=VISA")] * 4
