"""What a backtest keeps of each slice over time: fewer points as it gets longer, fewer slices."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import ALL
from ops.backtest.recorder import MOST_POINTS, MOST_SLICES, Recorder, Series

START = 1_762_128_000
DAY = 86_400


def recorded(minutes: Sequence[tuple[int, int, int, float]], key: str = ALL) -> Series:
    """One slice's series of (minute, attempts, shown, score)."""
    recorder = Recorder()
    for minute, attempts, shown, score in minutes:
        recorder.record(START + 60 * minute, 60, key, "failed", attempts, shown, 0.02, 0.03, score)
    return recorder.series()[0]


def test_a_short_series_is_kept_by_the_minute() -> None:
    series = recorded([(0, 100, 2, 4.0), (1, 90, 1, 3.0)])
    assert series.step == 60
    assert list(series.starts) == [START, START + 60]
    assert (list(series.attempts), list(series.shown)) == ([100, 90], [2, 1])
    assert list(series.score) == [4.0, 3.0]


def test_a_long_series_is_kept_at_twice_the_step() -> None:
    series = recorded([(minute, 1, 0, float(minute)) for minute in range(MOST_POINTS + 1)])
    assert series.step == 120
    assert len(series.starts) == MOST_POINTS // 2 + 1
    assert list(series.score[:3]) == [1.0, 3.0, 5.0]
    assert list(series.attempts[:3]) == [2, 2, 2]


def test_a_year_of_minutes_stays_within_the_points() -> None:
    series = recorded([(minute, 1, 0, 0.0) for minute in range(0, 365 * 1440, 60)])
    assert len(series.starts) <= MOST_POINTS
    assert series.starts[-1] - series.starts[0] > 364 * DAY


def test_a_merged_point_has_the_latest_baseline() -> None:
    recorder = Recorder()
    for minute in range(MOST_POINTS + 1):
        normal = None if minute < 2 else minute / 10_000
        recorder.record(START + 60 * minute, 60, ALL, "failed", 1, 0, normal, normal, 0.0)
    series = recorder.series()[0]
    assert isnan(series.normal[0])
    assert series.normal[1] == 0.0003


MINUTES = st.lists(
    st.tuples(
        st.integers(1, 50), st.integers(0, 1000), st.integers(0, 1000), st.floats(0.0, 100.0)
    ),
    min_size=1,
    max_size=40,
).map(lambda steps: steps * (1 + 3 * MOST_POINTS // len(steps)))


@given(steps=MINUTES)
def test_coarsening_keeps_totals_the_highest_score_and_the_order(
    steps: list[tuple[int, int, int, float]],
) -> None:
    minute, minutes = 0, []
    for gap, attempts, shown, score in steps:
        minute += gap
        minutes.append((minute, attempts, shown, score))
    series = recorded(minutes)
    assert sum(series.attempts) == series.total == sum(line[1] for line in minutes)
    assert sum(series.shown) == sum(line[2] for line in minutes)
    assert max(series.score) == max(line[3] for line in minutes)
    assert list(series.starts) == sorted(set(series.starts))
    assert len(series.starts) <= MOST_POINTS
    assert all(start % series.step == 0 for start in series.starts)
    covered = {(START + 60 * line[0]) // series.step * series.step for line in minutes}
    assert set(series.starts) == covered


def test_a_period_that_comes_too_late_is_counted_in_the_last_point() -> None:
    series = recorded([(5, 10, 1, 1.0), (3, 7, 2, 9.0)])
    assert (list(series.attempts), list(series.shown), list(series.score)) == ([17], [3], [9.0])


def merchant(number: int) -> str:
    return f"merchant={number:04}"


def full(attempts: int = 10) -> Recorder:
    """A recorder with as many series as it keeps, none of them notable."""
    recorder = Recorder()
    for number in range(MOST_SLICES):
        recorder.record(START, 60, merchant(number), "failed", attempts + number, 0, 0.1, 0.1, 0.0)
    return recorder


def keys(recorder: Recorder) -> list[str]:
    return [series.slice for series in recorder.series()]


def test_a_slice_takes_the_place_of_the_least_once_it_has_more_than_twice_its_attempts() -> None:
    recorder = full()
    recorder.record(START + 60, 60, "gateway=alpha", "failed", 20, 0, 0.1, 0.1, 0.0)
    assert "gateway=alpha" not in keys(recorder)
    recorder.record(START + 120, 60, "gateway=alpha", "failed", 1, 0, 0.1, 0.1, 0.0)
    assert "gateway=alpha" in keys(recorder)
    assert merchant(0) not in keys(recorder)
    assert (len(keys(recorder)), recorder.left_out) == (MOST_SLICES, 1)


def test_a_slice_that_reaches_a_score_of_50_takes_a_place_at_once() -> None:
    recorder = full()
    recorder.record(START + 60, 60, "gateway=alpha", "failed", 1, 1, 0.1, 0.1, 50.0)
    assert "gateway=alpha" in keys(recorder)


def test_a_slice_that_had_an_incident_keeps_its_place() -> None:
    recorder = full()
    recorder.incident(merchant(0))
    recorder.record(START + 60, 60, "gateway=alpha", "failed", 1000, 0, 0.1, 0.1, 0.0)
    assert merchant(0) in keys(recorder)
    assert merchant(1) not in keys(recorder)


def test_a_slice_that_had_an_incident_before_it_was_recorded_takes_a_place() -> None:
    recorder = full()
    recorder.incident("gateway=alpha")
    recorder.record(START + 60, 60, "gateway=alpha", "failed", 1, 0, 0.1, 0.1, 0.0)
    assert "gateway=alpha" in keys(recorder)


def test_all_traffic_comes_first_and_is_always_kept() -> None:
    recorder = full()
    recorder.record(START, 60, ALL, "failed", 1, 0, None, None, 0.0)
    assert keys(recorder)[0] == ALL


def test_never_more_series_are_kept_than_the_page_can_hold() -> None:
    recorder = Recorder()
    for number in range(3 * MOST_SLICES):
        recorder.record(START, 60, merchant(number), "failed", number, 0, 0.1, 0.1, number / 6.0)
    assert len(keys(recorder)) == MOST_SLICES


def test_signals_of_a_slice_have_series_of_their_own() -> None:
    recorder = Recorder()
    recorder.record(START, 60, ALL, "failed", 10, 1, None, None, 0.0)
    recorder.record(START, 60, ALL, "denied", 10, 2, None, None, 0.0)
    assert [series.signal for series in recorder.series()] == ["denied", "failed"]
