"""Columns are counted as each payment by itself would be, all rows of them or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.counting.tally import Bucket, Tally, merge
from functions.core.payments.event import parse_timestamp
from producer.columns import Unplain
from producer.counting import Counting
from producer.format import Format
from producer.second import Open
from tests.builders import read

KNOWLEDGE = load()
FORM = Format.parse(
    '[columns]\ntimestamp = "timestamp"\nstatus = "payment_status"\ncount = "count"\n'
)
TIME = "2025-07-09T19:03:10Z"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "timestamp": st.integers(1_752_087_790, 1_752_087_793)
    | st.sampled_from([TIME, "2025-07-09T19:03:11.250Z", "2025-07-09T21:03:10+02:00"]),
    "payment_status": st.sampled_from(["ok", "FAIL", "declined", "refund", "pending", "void"]),
    "count": st.none() | st.integers(1, 9),
    "latency_ms": st.none() | st.floats(0, 60_000),
    "error_code": st.sampled_from([None, "51", "91", 5, "err_503", "what"]),
    "error_scheme": st.sampled_from([None, "iso8583", "stripe"]),
    "error_message": st.sampled_from([None, "timed out", "issuer down"]),
    "issuer": st.sampled_from([None, "a", " a ", "A=b", 7, ""]),
    "network": st.sampled_from([None, "VISA", "4111111111111111"]),
    "gateway": st.sampled_from([None, "payu", "stripe"]),
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    names = {"timestamp", "payment_status", *draw(st.sets(st.sampled_from(sorted(VALUES))))}
    size = draw(st.integers(1, 25))
    return {
        name: draw(st.lists(VALUES[name], min_size=size, max_size=size)) for name in sorted(names)
    }


def counted(columns: Mapping[str, Any], form: Format | None = None) -> tuple[Tally, dict[int, int]]:
    """The tally, and each second's newest moment."""
    opened: defaultdict[int, Open] = defaultdict(Open)
    Counting(form, KNOWLEDGE, DEFAULT_SLICING).count(dict(columns), opened)
    seconds = {second: into.second(second) for second, into in opened.items()}
    return (
        merge(found.tally for found in seconds.values()),
        {second: found.newest_ms for second, found in seconds.items()},
    )


def one_by_one(columns: Mapping[str, Any]) -> tuple[Tally, dict[int, int]]:
    tally, newest = Tally(), dict[int, int]()
    for values in zip(*columns.values(), strict=True):
        payment = read(**dict(zip(columns, values, strict=True)))
        tally.add(payment, classify(payment, KNOWLEDGE), DEFAULT_SLICING)
        second = payment.timestamp_ms // 1000
        newest[second] = max(newest.get(second, 0), payment.timestamp_ms)
    counts = {
        second: Bucket(got.slices, got.latency, failing=got.failing)
        for second, got in tally.seconds.items()
    }
    return Tally(counts), newest


@given(tables())
def test_columns_are_counted_as_their_payments_are_one_by_one(
    columns: dict[str, list[Any]],
) -> None:
    assert counted(columns) == one_by_one(columns)


@pytest.mark.parametrize("message", [None, "issuer down", "issuer down " * 99, "w" * 900])
def test_a_reason_that_comes_again_is_known_again_and_lateness_is_part_of_it(
    message: str | None,
) -> None:
    columns = {
        "timestamp": [TIME] * 6,
        "payment_status": ["FAIL", "FAIL", "declined"] * 2,
        "error_message": [message] * 6,
        "latency_ms": [40.0, 30_000.0, 30_000.0, 29_999.0, 60_000.0, None],
    }
    assert counted(columns) == one_by_one(columns)


@given(tables(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(columns: dict[str, list[Any]], random: Any) -> None:
    order = list(range(len(columns["timestamp"])))
    random.shuffle(order)
    mixed = {name: [column[place] for place in order] for name, column in columns.items()}
    assert counted(mixed) == counted(columns)


def test_rows_that_stand_for_no_payments_are_passed_over_where_a_format_allows_them() -> None:
    columns: dict[str, list[Any]] = {
        "timestamp": [TIME, TIME],
        "payment_status": ["ok", "fail"],
        "count": [0, 2],
    }
    assert counted(columns, FORM) == one_by_one(
        {name: column[1:] for name, column in columns.items()}
    )
    with pytest.raises(Unplain):
        counted(columns)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timestamp", "noon"),
        ("timestamp", None),
        ("payment_status", None),
        ("payment_status", "perhaps"),
        ("count", -1),
        ("count", 10**10),
        ("latency_ms", -1.0),
    ],
)
def test_a_row_that_cannot_be_counted_leaves_all_of_them_uncounted(name: str, value: Any) -> None:
    columns: dict[str, list[Any]] = {
        "timestamp": [TIME, TIME],
        "payment_status": ["ok", "ok"],
        name: [{"count": 1, "latency_ms": 1.0, "payment_status": "ok"}.get(name, TIME), value],
    }
    opened: defaultdict[int, Open] = defaultdict(Open)
    with pytest.raises(Unplain):
        Counting(None, KNOWLEDGE, DEFAULT_SLICING).count(dict(columns), opened)
    assert not opened


@pytest.mark.parametrize("absent", ["timestamp", "payment_status"])
def test_without_times_or_outcomes_nothing_can_be_counted(absent: str) -> None:
    columns = {"timestamp": [TIME], "payment_status": ["ok"]}
    del columns[absent]
    with pytest.raises(Unplain):
        counted(columns)


def test_a_row_of_no_payments_still_needs_its_time() -> None:
    columns = {"timestamp": ["noon", TIME], "payment_status": ["ok", "ok"], "count": [0, 1]}
    with pytest.raises(Unplain):
        counted(columns, FORM)


def test_times_are_those_of_the_event() -> None:
    _, newest = counted({"timestamp": [TIME], "payment_status": ["ok"]})
    assert newest == {parse_timestamp(TIME) // 1000: parse_timestamp(TIME)}


def test_more_values_than_are_remembered_are_counted_all_the_same() -> None:
    names = [f"issuer {number}" for number in range(70_000)]
    columns = {
        "timestamp": [TIME] * len(names),
        "payment_status": ["ok"] * len(names),
        "issuer": names,
    }
    tally, _ = counted(columns)
    [bucket] = tally.seconds.values()
    assert len(bucket.slices) == 1 + len(names)
