"""Rows that stand for a period: nothing is lost, nothing leaves its period, and times are random."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.event import Payment
from producer.spread import Row, binomial, spread, times_in


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


@given(st.integers(0, 90_000), st.integers(1, 10_000), st.integers(1, 7200))
def test_a_row_loses_nothing_and_stays_in_its_period(at_ms: int, count: int, seconds: int) -> None:
    parts = list(spread(iter([row(2, at_ms, count)]), seconds * 1000))
    assert sum(part.count for part in parts) == count
    assert len({part.transaction_id for part in parts}) == len(parts)
    times = [part.timestamp_ms for part in parts]
    assert times == sorted(times)
    assert times[0] >= at_ms
    assert times[-1] < at_ms + seconds * 1000


@given(rows, st.integers(1, 200))
def test_the_same_rows_are_always_drawn_alike(ordered: list[Row], seconds: int) -> None:
    one, two = (list(spread(iter(ordered), seconds * 1000)) for _ in range(2))
    assert one == two


def gaps_of_rows(period_s: int, count: int, rows: int) -> list[float]:
    """Seconds from each payment to the next of rows in a row, of so many payments each."""
    ordered = (row(n, n * period_s * 1000, count) for n in range(rows))
    times = [payment.timestamp_ms / 1000 for payment in spread(ordered, period_s * 1000)]
    return [after - before for before, after in pairwise(times)]


@pytest.mark.parametrize(
    ("period_s", "count", "rows"), [(60, 20, 200), (3600, 150, 40), (90, 40, 100), (7200, 60, 80)]
)
def test_gaps_are_those_of_a_poisson_process(period_s: int, count: int, rows: int) -> None:
    gaps = gaps_of_rows(period_s, count, rows)
    mean = fmean(gaps)
    assert mean == pytest.approx(period_s / count, rel=0.05)
    # Of an exponential distribution the deviation is the mean: at equal distances it would be 0.
    assert math.sqrt(pvariance(gaps)) == pytest.approx(mean, rel=0.1)
    for times in (0.5, 1.0, 2.0):
        longer = sum(gap > times * mean for gap in gaps) / len(gaps)
        assert longer == pytest.approx(math.exp(-times), abs=0.03)


@pytest.mark.parametrize(("period_s", "count"), [(60, 600), (3600, 90_000), (120, 600_000)])
def test_many_payments_a_second_are_as_varied_as_real_ones(period_s: int, count: int) -> None:
    parts = spread(iter([row(2, 0, count)]), period_s * 1000)
    seconds = Counter({part.timestamp_ms // 1000: part.count for part in parts})
    found = [seconds[second] for second in range(period_s)]
    expected = count / period_s
    # Pearson's statistic of so many even chances: its mean is one less, its variance twice that.
    statistic = sum((one - expected) ** 2 / expected for one in found)
    assert abs(statistic - (period_s - 1)) < 4 * math.sqrt(2 * (period_s - 1))


def test_rare_payments_of_many_rows_do_not_fall_into_one_second() -> None:
    ordered = [row(number, 0, 1) for number in range(120)]
    seconds = Counter(payment.timestamp_ms // 1000 for payment in spread(iter(ordered), 60_000))
    assert len(seconds) > 30
    assert max(seconds.values()) < 10


@pytest.mark.parametrize(
    ("n", "chance"), [(1, 0.3), (40, 0.02), (40, 0.98), (200, 0.3), (10_000, 0.5), (10**9, 1e-8)]
)
def test_a_binomial_has_its_mean_and_its_variance(n: int, chance: float) -> None:
    drawing = random.Random(3)
    found = [binomial(drawing, n, chance) for _ in range(4_000)]
    assert all(0 <= one <= n for one in found)
    variance = n * chance * (1 - chance)
    assert fmean(found) == pytest.approx(n * chance, abs=5 * math.sqrt(variance / len(found)))
    assert pvariance(found) == pytest.approx(variance, rel=0.15)


@given(st.integers(0, 10**9))
def test_what_is_certain_is_not_drawn(n: int) -> None:
    assert binomial(random.Random(1), n, 1.0) == n


@given(st.integers(0, 5_000), st.integers(1, 20_000), st.integers(0, 3_000), st.integers(0, 2**32))
def test_times_lie_within_their_ends_and_hold_them_all(
    start: int, width: int, n: int, seed: int
) -> None:
    times = times_in(random.Random(seed), start, start + width, n)
    assert sum(count for _, count in times) == n
    assert all(start <= at < start + width and count > 0 for at, count in times)
    assert [at for at, _ in times] == sorted(at for at, _ in times)


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


def test_more_payments_than_seconds_come_once_a_second_with_a_count() -> None:
    parts = list(spread(iter([row(2, 0, 7_000)]), 3_000))
    assert [part.timestamp_ms for part in parts] == [500, 1_500, 2_500]
    assert sum(part.count for part in parts) == 7_000


def test_a_payment_that_stays_one_keeps_its_name() -> None:
    parts = list(spread(iter([row(2, 0, 1)]), 9_000))
    assert [part.transaction_id for part in parts] == ["2-0"]


def test_a_rows_payments_are_numbered_in_their_order() -> None:
    parts = list(spread(iter([row(2, 30_000, 90)]), 300_000))
    names = [part.transaction_id for part in parts]
    assert names == [f"2-0-{number}" for number in range(90)]


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
