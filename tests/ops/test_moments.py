"""Times and lengths as people type them."""

from __future__ import annotations

import pytest

from functions.core.errors import PaywatchError
from ops.moments import checked_zone, second_of, seconds_of, told
from tests.builders import NOW

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize(
    ("text", "zone", "second"),
    [
        ("now", "", NOW),
        (" NOW ", "", NOW),
        ("in 2h", "", NOW + 2 * HOUR),
        ("+90m", "", NOW + 90 * MINUTE),
        ("in 1h30m", "", NOW + 90 * MINUTE),
        ("in 2 days", "", NOW + 2 * DAY),
        ("10min ago", "", NOW - 10 * MINUTE),
        ("13:43", "", NOW),
        ("13:43:20", "", NOW + 20),
        ("9:05", "", NOW - 4 * HOUR - 38 * MINUTE),
        ("19:13", "Asia/Kolkata", NOW),
        ("19:13 Asia/Kolkata", "", NOW),
        ("14:43+01:00", "Asia/Kolkata", NOW),
        ("2025-11-20T13:43:00Z", "Asia/Kolkata", NOW),
        ("2025-11-20T19:13+05:30", "", NOW),
        ("2025-11-20 19:13", "Asia/Kolkata", NOW),
        ("2025-11-20 13:43", "", NOW),
        ("20251120T134300Z", "", NOW),
    ],
)
def test_a_time_is_what_people_mean(text: str, zone: str, second: int) -> None:
    assert second_of(text, NOW, zone, "--at") == second


def test_a_time_of_day_is_todays_in_its_zone() -> None:
    """At 13:43 UTC it is the next day already in Kiritimati."""
    assert second_of("00:30", NOW, "Pacific/Kiritimati", "--at") == NOW - 3 * HOUR - 13 * MINUTE


def test_an_end_of_day_is_the_first_after_the_beginning() -> None:
    assert second_of("13:43", NOW, "", "--to", after=NOW) == NOW + DAY
    assert second_of("13:44", NOW, "", "--to", after=NOW) == NOW + MINUTE


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "25:00", "13:61", "12345", "2025-13-01", "2025-11-20T25:00Z", "1.5"]
)
def test_what_is_no_time_is_told_with_what_is(text: str) -> None:
    with pytest.raises(PaywatchError, match=r"--at .* is no time: want now, in 2h"):
        second_of(text, NOW, "", "--at")


def test_a_time_that_the_clocks_jump_over_is_told_as_such() -> None:
    with pytest.raises(PaywatchError, match="the clocks were put forward"):
        second_of("2026-03-29T02:30", NOW, "Europe/Berlin", "--at")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("90 min", 5400),
        ("2 hours", 7200),
        ("1h30m", 5400),
        ("3d", 3 * DAY),
        ("1w", 7 * DAY),
    ],
)
def test_a_length_has_units(text: str, seconds: int) -> None:
    assert seconds_of(text, "--for") == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "two hours", "-2h", "2h!", "3 months"])
def test_what_is_no_length_is_told_with_what_is(text: str) -> None:
    with pytest.raises(PaywatchError, match=r"--for .* is no length of time: want 90m, 2h"):
        seconds_of(text, "--for")


def test_a_zone_of_several_meanings_is_asked_back() -> None:
    with pytest.raises(PaywatchError, match="Asia/Kolkata, Asia/Jerusalem or Europe/Dublin"):
        checked_zone("IST")
    with pytest.raises(PaywatchError, match="is unknown"):
        checked_zone("Mars/Olympus")
    assert checked_zone(" Asia/Kolkata ") == "Asia/Kolkata"


def test_times_are_told_with_their_zone() -> None:
    assert told(NOW) == "13:43:00 UTC, Thu 20 Nov"
    assert (
        told(NOW, "Asia/Kolkata") == "13:43:00 UTC, Thu 20 Nov (19:13, Thu 20 Nov in Asia/Kolkata)"
    )
