"""What the report of a backtest draws, kept while the backtest runs, coarser as it gets longer."""

from __future__ import annotations

import math
from array import array
from typing import Final

from functions.core.counting.slices import ALL
from functions.core.troubles.severity import WARNING_SCORE

MOST_POINTS: Final = 2_880
"""Points of a series: two days by the minute, thirty by the quarter of an hour, a year by 4 h."""

MOST_SLICES: Final = 200
"""Series kept: a slice has one for each signal that was recorded of it."""


class Series:
    """A signal of a slice over time, of at most MOST_POINTS points `step` seconds apart.

    starts: first second of each point, multiples of the step; where no payments came there may be
    none. shown of attempts showed the signal. normal, tolerated: shares, NaN while the slice
    learns. score: the highest of the point.
    """

    __slots__ = (
        "attempts",
        "last",
        "normal",
        "notable",
        "score",
        "shown",
        "signal",
        "slice",
        "starts",
        "step",
        "tolerated",
        "total",
    )

    def __init__(self, key: str, signal: str, step: int, total: int = 0) -> None:
        self.slice = key
        self.signal = signal
        self.step = step
        self.total = total
        self.notable = key == ALL
        self.last = -1
        self.starts = array("q")
        self.attempts = array("q")
        self.shown = array("q")
        self.normal = array("d")
        self.tolerated = array("d")
        self.score = array("d")

    @property
    def rank(self) -> tuple[bool, int]:
        """What it is kept by: notable series first, then those with the most attempts."""
        return self.notable, self.total

    def add(
        self,
        second: int,
        attempts: int,
        shown: int,
        normal: float,
        tolerated: float,
        score: float,
    ) -> None:
        """Count a period. One that is older than the last point is counted in the last point."""
        start = second - second % self.step
        if start > self.last:
            if len(self.starts) >= MOST_POINTS:
                self._coarsen()
                self.add(second, attempts, shown, normal, tolerated, score)
                return
            self.last = start
            self.starts.append(start)
            self.attempts.append(attempts)
            self.shown.append(shown)
            self.normal.append(normal)
            self.tolerated.append(tolerated)
            self.score.append(score)
            return
        self.attempts[-1] += attempts
        self.shown[-1] += shown
        self.normal[-1] = normal
        self.tolerated[-1] = tolerated
        if score > self.score[-1]:
            self.score[-1] = score

    def _coarsen(self) -> None:
        columns = (
            self.starts,
            self.attempts,
            self.shown,
            self.normal,
            self.tolerated,
            self.score,
        )
        points = list(zip(*columns, strict=True))
        for column in columns:
            del column[:]
        self.step *= 2
        self.last = -1
        for point in points:
            self.add(*point)


class Recorder:
    """What happened to each slice over time, in memory that does not grow with the time.

    All traffic and slices that had an incident or a score of 50 are notable: they are kept before
    those with the most attempts. A slice that comes when MOST_SLICES are kept takes the place of
    the least, once it is notable and the least is not, or has more than twice its attempts.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._left_out: dict[tuple[str, str], int] = {}
        self._incidents: set[str] = set()
        self._bar = 0

    def record(
        self,
        second: int,
        seconds: int,
        slice: str,  # noqa: A002 - the name of the thing everywhere
        signal: str,
        attempts: int,
        shown: int,
        normal: float | None,
        tolerated: float | None,
        score: float,
    ) -> None:
        """Note the `seconds` seconds from epoch second `second`: `shown` of the slice's attempts
        showed the signal. normal, tolerated: shares, None while the slice is learning."""
        series = self._series.get((slice, signal))
        if series is None:
            series = self._admitted(slice, signal, seconds, attempts, score)
            if series is None:
                return
        series.total += attempts
        if score >= WARNING_SCORE:
            series.notable = True
        series.add(
            second,
            attempts,
            shown,
            math.nan if normal is None else normal,
            math.nan if tolerated is None else tolerated,
            score,
        )

    def incident(self, key: str) -> None:
        """Keep the slice: it had an incident."""
        self._incidents.add(key)
        for series in self._series.values():
            if series.slice == key:
                series.notable = True

    def series(self) -> list[Series]:
        """What was kept: all traffic first, then notable ones, then by attempts; of a slice the
        signal with the highest score first."""
        return sorted(
            self._series.values(),
            key=lambda one: (
                one.slice != ALL,
                not one.notable,
                -one.total,
                one.slice,
                -max(one.score, default=0.0),
                one.signal,
            ),
        )

    @property
    def left_out(self) -> int:
        """Series that were seen and are not kept."""
        return len(self._left_out)

    def _admitted(
        self, key: str, signal: str, seconds: int, attempts: int, score: float
    ) -> Series | None:
        name = (key, signal)
        before = self._left_out.get(name, 0)
        notable = key == ALL or score >= WARNING_SCORE or key in self._incidents
        if len(self._series) >= MOST_SLICES:
            total = before + attempts
            if not notable and total <= self._bar:
                self._left_out[name] = total
                return None
            least = min(self._series, key=lambda one: (self._series[one].rank, one))
            held = self._series[least]
            self._bar = 2 * held.total
            if (notable, total) <= (held.notable, 2 * held.total):
                self._left_out[name] = total
                return None
            self._left_out[least] = self._series.pop(least).total
        self._left_out.pop(name, None)
        series = self._series[name] = Series(key, signal, seconds, before)
        series.notable = notable
        return series
