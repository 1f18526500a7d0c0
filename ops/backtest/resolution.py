"""How finely a history tells its times: to the second, or to the period that its rows stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from math import gcd
from typing import Final

PERIODS: Final = (86_400, 3_600, 1_800, 900, 300, 60)
"""Seconds between rows that are taken for the period that a row stands for."""
FEWEST: Final = 3
"""Different seconds from which a period may be told: two may be alike by chance."""
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Spacing:
    """What the distances of a history's seconds have in common."""

    def __init__(self) -> None:
        self._first = 0
        self._common = 0
        self._latest = 0
        self._number = 0

    def add(self, second: int) -> None:
        """The next second that has payments, in order."""
        self._first = self._first or second
        if second == self._latest:
            return
        self._latest = second
        self._number += 1
        if self._common != 1:
            self._common = gcd(self._common, second - self._first)

    @property
    def seconds(self) -> int:
        """The longest of PERIODS on whose multiples all seconds lie; 1 where there is none."""
        if self._number < FEWEST or self._first % 60:
            return 1
        return next((period for period in PERIODS if not self._common % period), 1)


def unit(resolution: int) -> str:
    """`minute`, `hour`, `5 minutes`: what times of that resolution are told to."""
    for seconds, name in _UNITS:
        if resolution >= seconds and not resolution % seconds:
            number = resolution // seconds
            return name if number == 1 else f"{number} {name}s"
    return "second" if resolution <= 1 else f"{resolution} seconds"


def when(iso: str, resolution: int) -> str:
    """The time for people, no finer than the resolution: `within the minute 2026-06-01 12:03`."""
    if resolution <= 1:
        return iso
    at = int(datetime.fromisoformat(iso).timestamp())
    begin = datetime.fromtimestamp(at - at % resolution, UTC)
    form = "%Y-%m-%d %H:%M:%S" if resolution % 60 else "%Y-%m-%d %H:%M"
    of = unit(resolution)
    return f"within the {of} {'from ' if of[0].isdigit() else ''}{begin:{form}}"


def clock(iso: str, resolution: int) -> str:
    """The time of day, cut to the resolution: 12:03:17, 12:03; of an hour or more with its day."""
    at = int(datetime.fromisoformat(iso).timestamp())
    begin = datetime.fromtimestamp(at - at % resolution, UTC)
    if resolution % 60:
        return f"{begin:%H:%M:%S}"
    return f"{begin:%H:%M}" if resolution < 3_600 else f"{begin:%Y-%m-%d %H:%M}"


def duration(seconds: float, resolution: int) -> str:
    """A delay for people: no shorter than can be known."""
    if resolution <= 1:
        return f"{seconds:.0f} s"
    periods = max(1, -(-int(seconds) // resolution))
    return f"<= {periods * resolution:.0f} s"
