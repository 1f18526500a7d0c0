"""Rows that stand for a period: nothing is lost, nothing leaves its period, and times do not fall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.event import Payment
from producer.spread import Row, spread, spread_evenly


def row(number: int, at_ms: int, *counts: int) -> Row:
    return Row(
        number,
        [
            Payment(
                transaction_id=f"{number}-{part}", status="approved", timestamp_ms=at_ms, count=n
            )
            for part, n in enumerate(counts)
        ],
    )


rows = st.lists(
    st.tuples(st.integers(0, 20_000), st.lists(st.integers(1, 80), min_size=1, max_size=2)),
    max_size=8,
).map(lambda drawn: [row(n, at, *counts) for n, (at, counts) in enumerate(sorted(drawn), start=2)])


@given(st.integers(1, 10_000), st.integers(1, 7200))
def test_spreading_loses_nothing_and_is_even(count: int, seconds: int) -> None:
    row = Payment(transaction_id="h-2", status="approved", timestamp_ms=5_000, count=count)
    parts = list(spread_evenly(row, seconds * 1000))
    assert sum(part.count for part in parts) == count
    assert max(part.count for part in parts) - min(part.count for part in parts) <= 1
    assert len({part.transaction_id for part in parts}) == len(parts) <= seconds
    times = [part.timestamp_ms for part in parts]
    assert times == sorted(times)
    assert times[0] >= 5_000
    assert times[-1] < 5_000 + seconds * 1000


@given(rows, st.integers(1, 12))
def test_rows_whose_periods_overlap_come_out_in_order_of_time_and_nothing_is_lost(
    ordered: list[Row], seconds: int
) -> None:
    found = list(spread(iter(ordered), seconds * 1000))
    times = [payment.timestamp_ms for payment in found]
    assert times == sorted(times)
    sums: Counter[str] = Counter()
    for payment in found:
        number, part, *_ = payment.transaction_id.split("-")
        sums[f"{number}-{part}"] += payment.count
    assert sums == {p.transaction_id: p.count for each in ordered for p in each.payments}
    assert len({payment.transaction_id for payment in found}) == len(found)


@given(rows)
def test_without_a_period_rows_come_as_they_are(ordered: list[Row]) -> None:
    assert list(spread(iter(ordered), 0)) == [p for each in ordered for p in each.payments]


def test_at_one_time_the_row_that_came_first_comes_first() -> None:
    #  row 2  . . a . . . a .        row 3  the same, later in the file
    found = spread(iter([row(2, 0, 2), row(3, 0, 2)]), 8_000)
    assert [(p.timestamp_ms, p.transaction_id) for p in found] == [
        (2_000, "2-0-0"),
        (2_000, "3-0-0"),
        (6_000, "2-0-1"),
        (6_000, "3-0-1"),
    ]


def test_more_payments_than_seconds_come_once_a_second_with_a_count() -> None:
    [payment] = row(2, 0, 7).payments
    parts = list(spread_evenly(payment, 3_000))
    assert [(part.timestamp_ms, part.count) for part in parts] == [(500, 2), (1_500, 2), (2_500, 3)]


def test_a_payment_that_stays_one_keeps_its_name() -> None:
    [payment] = row(2, 0, 1).payments
    assert [part.transaction_id for part in spread_evenly(payment, 9_000)] == ["2-0"]


def test_only_the_rows_under_way_are_read() -> None:
    asked: list[int] = []

    def many() -> Iterator[Row]:
        for number in range(1_000):
            asked.append(number)
            yield row(number, number * 1_000, 1)

    found = spread(many(), 2_000)
    for _ in range(5):
        next(found)
    assert len(asked) <= 8
