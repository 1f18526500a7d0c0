"""How finely a history tells its times."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.backtest.incident_lines import iso
from ops.backtest.resolution import PERIODS, Spacing, clock, duration, unit, when

MINUTE = 1_780_272_000 // 60 * 60


def spacing(seconds: list[int]) -> int:
    found = Spacing()
    for second in seconds:
        found.add(second)
    return found.seconds


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("begin", [0, 60, 1800])
def test_rows_a_period_apart_are_known_to_that_period(period: int, begin: int) -> None:
    every = [MINUTE + begin + number * period for number in (0, 1, 2, 3, 5, 8, 9)]
    assert spacing(every) == period


@given(st.lists(st.integers(0, 10**6), min_size=4, unique=True))
def test_a_second_that_is_none_of_the_others_multiples_shows_that_times_are_to_the_second(
    seconds: list[int],
) -> None:
    assert spacing(sorted(MINUTE + 60 * second for second in seconds)) >= 60
    assert spacing(sorted([MINUTE + 60 * second for second in seconds] + [MINUTE + 31])) == 1


@pytest.mark.parametrize("seconds", [[], [MINUTE], [MINUTE, MINUTE + 60], [MINUTE, MINUTE, MINUTE]])
def test_so_few_seconds_say_nothing(seconds: list[int]) -> None:
    assert spacing(seconds) == 1


def test_times_that_all_lie_a_little_after_the_minute_are_not_rounded() -> None:
    assert spacing([MINUTE + 60 * number + 7 for number in range(50)]) == 1


@pytest.mark.parametrize(
    ("resolution", "words"),
    [(1, "second"), (60, "minute"), (3_600, "hour"), (86_400, "day"), (300, "5 minutes"),
     (7_200, "2 hours"), (90, "90 seconds"), (15, "15 seconds")],
)  # fmt: skip
def test_what_a_resolution_is_called(resolution: int, words: str) -> None:
    assert unit(resolution) == words


@pytest.mark.parametrize(
    ("resolution", "found", "since"),
    [
        (1, "2026-06-01T12:03:17Z", "12:03:17"),
        (60, "within the minute 2026-06-01 12:03", "12:03"),
        (300, "within the 5 minutes from 2026-06-01 12:00", "12:00"),
        (3_600, "within the hour 2026-06-01 12:00", "2026-06-01 12:00"),
        (15, "within the 15 seconds from 2026-06-01 12:03:15", "12:03:15"),
    ],
)
def test_a_time_is_told_no_finer_than_it_is_known(resolution: int, found: str, since: str) -> None:
    assert when("2026-06-01T12:03:17Z", resolution) == found
    assert clock("2026-06-01T12:03:17Z", resolution) == since


@given(st.integers(0, 4_000_000_000), st.sampled_from([60, 300, 3_600, 86_400]))
def test_what_is_told_holds_the_time(second: int, resolution: int) -> None:
    begin = datetime.fromisoformat(when(iso(second), resolution)[-16:] + "+00:00").timestamp()
    assert begin <= second < begin + resolution


@pytest.mark.parametrize(
    ("seconds", "resolution", "words"),
    [(3.0, 1, "3 s"), (3.0, 60, "<= 60 s"), (0.0, 60, "<= 60 s"), (61.0, 60, "<= 120 s"),
     (60.0, 60, "<= 60 s"), (3.0, 3_600, "<= 3600 s")],
)  # fmt: skip
def test_a_delay_is_no_shorter_than_can_be_known(
    seconds: float, resolution: int, words: str
) -> None:
    assert duration(seconds, resolution) == words
