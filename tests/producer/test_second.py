"""A second that is counted by column holds what one counted payment by payment holds."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import Counts, one
from functions.core.counting.slices import ALL, DEFAULT_SLICING
from functions.core.counting.tally import Bucket, Tally, merge_buckets
from producer.second import APPROVED, Open
from tests.builders import NOW, payment

FAILED = one("failed", "issuer")
Row = tuple[Counts, str | None, str | None]
"""What it adds, and its slice by each of two slicings."""

rows = st.lists(
    st.tuples(
        st.sampled_from([APPROVED, APPROVED, APPROVED, FAILED, 5 * APPROVED, one("refunded", "")]),
        st.sampled_from(["gateway=a", "gateway=b", None]),
        st.sampled_from(["issuer=x", "issuer=y", None]),
    ),
    max_size=20,
)


def one_by_one(drawn: Sequence[Row]) -> dict[str, Counts]:
    sums: dict[str, Counts] = {ALL: 0}
    for unit, *keys in drawn:
        for key in (ALL, *keys):
            if key is not None:
                sums[key] = sums.get(key, 0) + unit
    return sums


def add(into: Open, drawn: Sequence[Row]) -> None:
    into.add([unit for unit, _, _ in drawn], [[row[1] for row in drawn], [row[2] for row in drawn]])


def bucket(of: Open) -> Bucket:
    return of.second(NOW).tally.seconds[NOW]


@given(rows)
def test_columns_are_counted_as_their_rows_are(drawn: list[Row]) -> None:
    opened = Open()
    add(opened, drawn)
    assert bucket(opened).slices == one_by_one(drawn)
    assert opened.rows == len(drawn)


@given(rows, rows)
def test_what_is_added_later_adds_up_with_what_was(first: list[Row], then: list[Row]) -> None:
    opened = Open()
    add(opened, first)
    add(opened, then)
    assert bucket(opened).slices == one_by_one([*first, *then])


latencies = st.lists(st.tuples(st.none() | st.integers(0, 5), st.integers(1, 9)), max_size=20)


@given(latencies, latencies)
def test_latencies_are_counted_by_bucket_and_absent_ones_are_not(
    each: list[tuple[int | None, int]], several: list[tuple[int | None, int]]
) -> None:
    opened = Open()
    opened.add_latency([index for index, _ in each])
    opened.add_latency([index for index, _ in several], [count for _, count in several])
    drawn = [*((index, 1) for index, _ in each), *several]
    expected = {
        index: sum(n for other, n in drawn if other == index)
        for index, _ in drawn
        if index is not None
    }
    assert bucket(opened).latency == expected


@given(rows)
def test_payments_that_are_added_one_by_one_join_the_columns(drawn: list[Row]) -> None:
    single = payment(status="failed", issuer="x", latency_ms=80.0, amount=5.0, currency="INR")
    opened = Open()
    add(opened, drawn)
    opened.add_single(single, "issuer", DEFAULT_SLICING)
    alone = Tally()
    alone.add(single, "issuer", DEFAULT_SLICING)
    counted = alone.seconds[NOW]
    alike = Bucket(counted.slices, counted.latency, failing=counted.failing)
    expected = merge_buckets(Bucket(one_by_one(drawn)), alike)
    assert bucket(opened) == expected
    assert not bucket(opened).money


def test_what_failed_is_added_up_by_leaf() -> None:
    opened = Open()
    opened.add_failing([("issuer=A", 3), None, ("issuer=B", 4), ("issuer=A", 5)])
    opened.add_failing([None, ("issuer=B", 1)])
    assert bucket(opened).failing == {"issuer=A": 8, "issuer=B": 5}


def test_a_second_has_its_newest_payment() -> None:
    opened = Open()
    opened.newest_ms = NOW * 1000 + 7
    opened.add_single(payment(), "", DEFAULT_SLICING)
    assert opened.second(NOW).newest_ms == NOW * 1000 + 7
    opened.add_single(payment(NOW + 1), "", DEFAULT_SLICING)
    assert opened.second(NOW).newest_ms == NOW * 1000 + 1000
