"""The rolling window: counts of the last 60 seconds by slice, kept as the clock goes on.

The clock is the newest arrival of any record, a tick's included: it moves with what was read, so a
pipeline that lags sees late work in its own time and not as silence. Windows are cut by the
payments' own time in whole seconds, [start, end):

    clock                                       c
    seconds   ... c-120 ......... c-60 ........ c | c+1 ... c+30
              late │ lateness: still counted   │   │ skew: known, not yet in the window
                   └ kept ─────────────────────────────────────┘
                                   └── window ──┘
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from functions.core.slices import ALL, pooled
from functions.core.tally import (
    Bucket,
    Counts,
    Tally,
    merge_buckets,
    minus,
    no_counts,
    payments,
    plus,
)

MAX_SLICES: Final = 5_000
"""Slices kept at once; what comes on top is pooled under the value `other`."""


class Window(msgspec.Struct, frozen=True):
    """The seconds that are kept and the sums over the window.

    seconds: second → Bucket. sums, latency: slice → Counts, sketch over [clock + 1 - width,
    clock + 1), so the second that is under way counts too. width, lateness: seconds.
    """

    width: int = 60
    lateness: int = 60
    clock: int = 0
    seconds: Mapping[int, Bucket] = msgspec.field(default_factory=dict)
    sums: Mapping[str, Counts] = msgspec.field(default_factory=dict)
    latency: Mapping[int, int] = msgspec.field(default_factory=dict)
    parked: int = 0
    late: int = 0

    @property
    def start(self) -> int:
        """The first second inside the window."""
        return self.clock + 1 - self.width

    @property
    def oldest(self) -> int:
        """The first second that still takes payments; what is older is late."""
        return self.start - self.lateness

    def recent(self, key: str, seconds: int) -> Counts:
        """The slice's counts over the last `seconds` seconds, the one under way included."""
        total: Counts | None = None
        for second in range(self.clock + 1 - seconds, self.clock + 1):
            bucket = self.seconds.get(second)
            counts = bucket.slices.get(key) if bucket is not None else None
            if counts is not None:
                total = counts if total is None else plus(total, counts)
        return total if total is not None else no_counts()


def roll(window: Window, clock: int) -> Window:
    """The window moved forward to `clock` (seconds). A clock that goes back changes nothing."""
    if clock <= window.clock:
        return window
    moved = msgspec.structs.replace(window, clock=clock)
    if window.clock == 0 or clock - window.clock >= window.width:
        kept = {
            second: bucket for second, bucket in window.seconds.items() if second >= moved.oldest
        }
        return _summed(msgspec.structs.replace(moved, seconds=kept))
    totals = _Totals(window)
    for second in range(window.start, moved.start):
        totals.leave(window.seconds.get(second))
    for second in range(window.clock + 1, clock + 1):
        totals.enter(window.seconds.get(second))
    seconds = dict(window.seconds)
    for second in range(window.oldest, moved.oldest):
        seconds.pop(second, None)
    return totals.in_window(moved, seconds)


def merge_into(window: Window, tally: Tally) -> tuple[Window, Tally, int]:
    """The window with the tally counted, what was counted of it, and how many payments were late.

    Only the seconds that the tally names are touched. Late payments are noted, as a number, in
    the bucket of the clock's second; so what was counted can be merged again into a copy of the
    same window and gives the same result (`merge_counted`).
    """
    pool = _Pool(window)
    counted: dict[int, Bucket] = {}
    late = parked = 0
    for second, bucket in tally.seconds.items():
        if second >= window.oldest:
            counted[second] = pool.bounded(second, bucket)
        else:
            late += payments(bucket.slices[ALL]) if ALL in bucket.slices else 0
            parked += bucket.parked
    if late or parked:
        noted = Bucket(parked=parked, late=late)
        held = counted.get(window.clock)
        counted[window.clock] = noted if held is None else merge_buckets(held, noted)
    applied = Tally(counted)
    return merge_counted(window, applied), applied, late


def merge_counted(window: Window, counted: Tally) -> Window:
    """The window with a tally of which nothing is late and nothing is to be pooled."""
    totals = _Totals(window)
    seconds = dict(window.seconds)
    for second, bucket in counted.seconds.items():
        held = seconds.get(second)
        seconds[second] = bucket if held is None else merge_buckets(held, bucket)
        if window.start <= second <= window.clock:
            totals.enter(bucket)
    return totals.in_window(window, seconds)


def _summed(window: Window) -> Window:
    """The window with its sums counted anew from its seconds."""
    totals = _Totals(msgspec.structs.replace(window, sums={}, latency={}, parked=0, late=0))
    for second in range(window.start, window.clock + 1):
        totals.enter(window.seconds.get(second))
    return totals.in_window(window, dict(window.seconds))


class _Totals:
    """Sums on their way from one Window to the next; the Window's own are not touched."""

    def __init__(self, window: Window) -> None:
        self.sums: dict[str, Counts] = dict(window.sums)
        self.latency: dict[int, int] = dict(window.latency)
        self.parked = window.parked
        self.late = window.late

    def enter(self, bucket: Bucket | None) -> None:
        if bucket is None:
            return
        for key, counts in bucket.slices.items():
            held = self.sums.get(key)
            self.sums[key] = counts if held is None else plus(held, counts)
        for index, count in bucket.latency.items():
            self.latency[index] = self.latency.get(index, 0) + count
        self.parked += bucket.parked
        self.late += bucket.late

    def leave(self, bucket: Bucket | None) -> None:
        if bucket is None:
            return
        for key, counts in bucket.slices.items():
            left = minus(self.sums[key], counts)
            if any(left):
                self.sums[key] = left
            else:
                del self.sums[key]
        for index, count in bucket.latency.items():
            if self.latency[index] == count:
                del self.latency[index]
            else:
                self.latency[index] -= count
        self.parked -= bucket.parked
        self.late -= bucket.late

    def in_window(self, window: Window, seconds: dict[int, Bucket]) -> Window:
        return msgspec.structs.replace(
            window,
            seconds=seconds,
            sums=self.sums,
            latency=self.latency,
            parked=self.parked,
            late=self.late,
        )


class _Pool:
    """Keeps a window at MAX_SLICES slices, now and when the seconds ahead of it have come.

    What is held of seconds before the window only grows older; each of them is bounded alone.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._known = set(window.sums)
        for second, bucket in window.seconds.items():
            if second > window.clock:
                self._known.update(bucket.slices)

    def bounded(self, second: int, bucket: Bucket) -> Bucket:
        """The bucket of that second with the slices pooled that would be too many."""
        known = self._known
        if second < self._window.start:
            held = self._window.seconds.get(second)
            known = set(held.slices) if held else set()
        new = [key for key in bucket.slices if key not in known]
        room = max(0, MAX_SLICES - len(known))
        known.update(new[:room])
        surplus = set(new[room:]) - {ALL}
        if not surplus:
            return bucket
        slices: dict[str, Counts] = {}
        for key, counts in bucket.slices.items():
            key = pooled(key) if key in surplus else key
            held_counts = slices.get(key)
            slices[key] = counts if held_counts is None else plus(held_counts, counts)
        return Bucket(slices, bucket.latency, bucket.parked, bucket.late)
