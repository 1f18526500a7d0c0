"""Counting by column is counting one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.messages import is_well
from functions.core.counting.slices import DEFAULT_SLICING, Slicing
from functions.core.counting.tally import Tally
from functions.core.counting.well import add_well
from functions.core.payments.event import Payment
from tests.builders import NOW, payment

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
    add_well(by_column, before, slicing)
    add_well(by_column, paid, slicing)
    assert by_column == one_by_one


@pytest.mark.parametrize(
    ("fields", "well"),
    [({}, True), ({"status": "failed"}, False), ({"status": "pending"}, False), ({"count": 2}, False)],
)  # fmt: skip
def test_one_that_was_approved_went_well(fields: dict[str, Any], well: bool) -> None:
    assert is_well(payment(**fields)) == well
