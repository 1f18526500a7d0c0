"""Rows that stand for a period are counted by the second as if each payment were there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.counting.counts import payments
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.counting.tally import Bucket, Tally, merge
from functions.core.payments.event import Payment
from producer.leaves import spread_seconds
from producer.second import Second
from producer.spread import Row, spread

KNOWLEDGE = load()


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    found = []
    for number, at_ms in enumerate(sorted(draw(st.lists(st.integers(0, 30_000), max_size=6)))):
        parts = [
            Payment(
                transaction_id=f"{number}-{part}",
                status=draw(st.sampled_from(["approved", "failed", "refunded"])),
                timestamp_ms=at_ms,
                count=draw(st.integers(1, 60)),
                issuer=draw(st.sampled_from([None, "a", "b"])),
                error_code=draw(st.sampled_from([None, "51", "91"])),
                latency_ms=draw(st.none() | st.floats(0, 9_000)),
            )
            for part in range(draw(st.integers(1, 2)))
        ]
        found.append(Row(number, parts))
    return found


def by_second(ordered: Sequence[Row], seconds: int) -> list[Second]:
    found = spread_seconds(iter(ordered), seconds, knowledge=KNOWLEDGE, slicing=DEFAULT_SLICING)
    return list(islice(found, 100))  # more than any of these rows stands for


def one_by_one(ordered: Sequence[Row], seconds: int) -> tuple[Tally, dict[int, int]]:
    tally, newest = Tally(), dict[int, int]()
    for payment in spread(iter(ordered), seconds * 1000):
        tally.add(payment, classify(payment, KNOWLEDGE), DEFAULT_SLICING)
        newest[payment.timestamp_ms // 1000] = payment.timestamp_ms
    counts = {
        second: Bucket(got.slices, got.latency, failing=got.failing)
        for second, got in tally.seconds.items()
    }
    return Tally(counts), newest


@given(rows(), st.integers(1, 20))
def test_the_seconds_are_those_of_the_payments_spread_one_by_one(
    ordered: list[Row], seconds: int
) -> None:
    found = by_second(ordered, seconds)
    tally, newest = one_by_one(ordered, seconds)
    assert merge(each.tally for each in found) == tally
    assert {each.second: each.newest_ms for each in found} == newest


@given(rows(), st.integers(1, 20))
def test_seconds_come_in_order_each_once_with_payments_in_each(
    ordered: list[Row], seconds: int
) -> None:
    found = by_second(ordered, seconds)
    assert [each.second for each in found] == sorted({each.second for each in found})
    assert all(list(each.tally.seconds) == [each.second] for each in found)
    assert all(payments(each.tally.total) > 0 for each in found)


@given(rows(), st.integers(1, 20))
def test_every_payment_is_counted_and_every_row_once(ordered: list[Row], seconds: int) -> None:
    found = by_second(ordered, seconds)
    given_ = sum(payment.count for each in ordered for payment in each.payments)
    assert sum(payments(each.tally.total) for each in found) == given_
    assert sum(each.rows for each in found) == len(ordered)


def test_a_row_begins_where_its_first_payment_lies() -> None:
    one = Payment(transaction_id="t", status="approved", timestamp_ms=0, count=2)
    late = Payment(transaction_id="u", status="approved", timestamp_ms=900_000, count=2)
    found = by_second([Row(2, [one]), Row(3, [late])], 300)
    first, after = ([each for each in found if each.second // 900 == half] for half in (0, 1))
    assert [each.rows for each in first] == [1] + [0] * (len(first) - 1)
    assert [each.rows for each in after] == [1] + [0] * (len(after) - 1)


def test_a_row_of_two_outcomes_begins_with_the_first_of_either() -> None:
    for line in range(40):
        parts = [
            Payment(transaction_id=name, status=name, timestamp_ms=0, count=2)
            for name in ("approved", "failed")
        ]
        found = by_second([Row(number, parts) for number in range(line + 1)], 60)
        assert sum(each.rows for each in found) == line + 1


@pytest.mark.parametrize("count", [1_000_000_000, 999_999_999])
def test_a_row_of_a_billion_costs_no_more_than_its_seconds(count: int) -> None:
    one = Payment(transaction_id="t", status="approved", timestamp_ms=0, count=count)
    found = by_second([Row(2, [one])], 60)
    assert sum(payments(each.tally.total) for each in found) == count
    # Four deviations of a sixtieth of them.
    totals = [payments(each.tally.total) for each in found]
    assert all(abs(total - count / 60) < 4 * (count / 60) ** 0.5 for total in totals)
