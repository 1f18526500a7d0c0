"""Counting by column is counting one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import DEFAULT_SLICING, Slicing
from functions.core.counting.tally import Tally
from functions.core.counting.well import Well, add_well, is_well, well_rows
from functions.core.payments.codec import decode_rows
from functions.core.payments.event import Payment
from functions.core.payments.readers import Rows
from tests.builders import NOW, event_bytes, payment

values = st.none() | st.sampled_from(["A", "B", "a=b&c"])
payments = st.builds(
    payment,
    st.integers(NOW, NOW + 2),
    issuer=values,
    gateway=values,
    network=values,
    merchant=values,
    latency_ms=st.none() | st.sampled_from([0.0, 1.0, 125.0, 125.5, 3000.0, 86_400_000.0]),
)
slicings = st.sampled_from([DEFAULT_SLICING, (), (("issuer",),), (("gateway", "issuer"),)])


@given(st.lists(payments, max_size=60), st.lists(payments, max_size=20), slicings)
def test_many_are_counted_as_each_alone(
    before: list[Payment], paid: list[Payment], slicing: Slicing
) -> None:
    one_by_one, by_column = Tally(), Tally()
    for each in before + paid:
        one_by_one.add(each, "", slicing)
    well = Well(slicing)
    for each in before:
        well.add(each)
    add_well(by_column, well)
    for each in paid:
        well.add(each)
    add_well(by_column, well, len(before))
    assert by_column == one_by_one


@given(st.lists(payments, max_size=60), slicings)
def test_what_is_counted_fills_no_more_cells_than_were_foreseen(
    paid: list[Payment], slicing: Slicing
) -> None:
    well, tally = Well(slicing), Tally()
    for each in paid:
        well.add(each)
    add_well(tally, well, len(paid) // 3)
    assert tally.cells <= well.most_cells(len(paid) // 3)


def test_of_more_values_than_a_byte_holds_none_is_lost() -> None:
    paid = [payment(issuer=f"I{n % 300}", gateway="G", latency_ms=n * 40.0) for n in range(900)]
    well, by_column, one_by_one = Well(DEFAULT_SLICING), Tally(), Tally()
    for each in paid:
        well.add(each)
        one_by_one.add(each, "", DEFAULT_SLICING)
    add_well(by_column, well)
    assert by_column == one_by_one


ROWS = [
    {}, {"issuer": "A"}, {"payment_status": "FAIL"}, {"count": 3}, {"count": 1}, {"test": True}, {"test": False},
    {"latency_ms": 7}, {"latency_ms": "7,5"}, {"payment_status": "PENDING"}, {"merchant_id": 7},
    {"code": "51 : no funds"}, {"amount": 1e30}, {"transaction_id": 12}, {"scheme": "visa"},
]  # fmt: skip


def told(well: Well) -> list[Any]:
    met = [[*numbering.met] for numbering in well.numberings]
    return [well.marks, well.times, well.latencies.tobytes(), well.which, met]


@given(st.lists(st.sampled_from(ROWS), min_size=1, max_size=30), st.integers(0, 9), slicings)
def test_rows_are_taken_as_their_payments(
    drawn: list[dict[str, Any]], start: int, slicing: Slicing
) -> None:
    text = b"\n".join(event_bytes(**fields) for fields in drawn)
    [rows] = decode_rows(text)
    assert isinstance(rows, Rows)
    rows = rows.part(start, start + 12)
    which = well_rows(rows)
    by_row, by_column = Well(slicing), Well(slicing)
    by_column.take(rows, which)
    for row, is_taken in enumerate(which):
        [item] = rows.items(row)
        if is_taken:
            assert is_well(item)
            assert not item.is_test
            assert not item.faults
            by_row.add(item)
        else:
            is_plain = start + row not in rows.apart
            assert not (is_plain and is_well(item) and not item.is_test)
    assert told(by_column) == told(by_row)


@pytest.mark.parametrize(
    ("fields", "well"),
    [({}, True), ({"status": "failed"}, False), ({"status": "pending"}, False), ({"count": 2}, False)],
)  # fmt: skip
def test_one_that_was_approved_went_well(fields: dict[str, Any], well: bool) -> None:
    assert is_well(payment(**fields)) == well
