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

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts, payments
from functions.core.counting.failing import few
from functions.core.counting.harm import NO_HARM, Harm, joined
from functions.core.counting.slices import ALL, Slice, dimensions, pooled
from functions.core.counting.tally import Bucket, Tally, merge_buckets
from functions.core.counting.wire import Derived

MAX_SLICES: Final = 5_000
"""Slices known at once; what comes on top is pooled under the value `other`."""
KEPT_FREE: Final = 500
"""Of these, places that the dimensions with the most slices leave to the others: values that hardly
repeat, such as tokens, must not keep out a new issuer."""


class Window(msgspec.Struct, frozen=True):
    """The seconds that are kept and the sums over the window.

    seconds: second → Bucket. sums, latency: slice → Counts, sketch over [clock + 1 - width,
    clock + 1), so the second that is under way counts too. width, lateness: seconds.
    """

    width: int = 60
    lateness: int = 60
    clock: int = 0
    seconds: Mapping[int, Bucket] = msgspec.field(default_factory=dict)
    sums: Derived[Mapping[str, Counts]] = msgspec.field(default_factory=dict)
    latency: Derived[Mapping[int, int]] = msgspec.field(default_factory=dict)
    parked: Derived[int] = 0
    late: Derived[int] = 0

    def beside(self) -> Bucket:
        """What came in the window beside payments that count: tests, repeats, and events with faults, of
        whatever kind, as `faults[""]`."""
        found = Bucket()
        for second in range(self.start, self.clock + 1):
            bucket = self.seconds.get(second)
            if bucket is not None:
                found.tests += bucket.tests
                found.repeats += bucket.repeats
                if bucket.faults:
                    found.faults[""] = found.faults.get("", 0) + sum(bucket.faults.values())
        return found

    @property
    def start(self) -> int:
        """The first second inside the window."""
        return self.clock + 1 - self.width

    @property
    def oldest(self) -> int:
        """The first second that still takes payments; what is older is late."""
        return self.start - self.lateness

    def since(self, key: Slice, second: int) -> Counts:
        """The slice's counts from `second` on, the one under way included, those ahead not."""
        total = NONE
        for at in range(max(second, self.oldest), self.clock + 1):
            bucket = self.seconds.get(at)
            if bucket is not None:
                total += bucket.slices.get(key, NONE)
        return total

    def harm_since(self, key: Slice, second: int) -> Harm:
        """As `since`, with money and examples."""
        kept = range(max(second, self.oldest), self.clock + 1)
        return joined(harm_in(self.seconds[at], key) for at in kept if at in self.seconds)


def harm_in(bucket: Bucket, key: Slice) -> Harm:
    """What the bucket holds of the slice."""
    counts = bucket.slices.get(key)
    if not counts:
        return NO_HARM
    example = bucket.examples.get(key)
    return Harm(counts, bucket.money.get(key, {}), (example,) if example else ())


def roll(window: Window, clock: int) -> Window:
    """The window moved forward to `clock` (seconds). A clock that goes back changes nothing."""
    if clock <= window.clock:
        return window
    moved = msgspec.structs.replace(window, clock=clock)
    if window.clock == 0 or clock - window.clock >= window.width:
        kept = {
            second: bucket for second, bucket in window.seconds.items() if second >= moved.oldest
        }
        return summed(msgspec.structs.replace(moved, seconds=kept))
    totals = _Totals(window)
    for second in range(window.start, moved.start):
        totals.leave(window.seconds.get(second))
    for second in range(window.clock + 1, clock + 1):
        totals.enter(window.seconds.get(second))
    seconds = dict(window.seconds)
    for second in range(window.oldest, moved.oldest):
        seconds.pop(second, None)
    return totals.in_window(moved, seconds)


def countable(window: Window, tally: Tally, known: Collection[str]) -> tuple[Tally, int]:
    """What of the tally can be counted, and how many of its payments are late.

    `known` are the slices known before; newcomers beyond MAX_SLICES are pooled. Late payments are
    noted, as a number, in the bucket of the clock's second.
    """
    counted: dict[int, Bucket] = {}
    late, noted = 0, Bucket()
    newcomers: set[str] = set()
    for second, bucket in tally.seconds.items():
        if second >= window.oldest:
            counted[second] = _bounded(_with_few_leaves(bucket), known, newcomers)
        else:
            late += payments(bucket.slices[ALL]) if ALL in bucket.slices else 0
            beside = Bucket(
                parked=bucket.parked,
                tests=bucket.tests,
                repeats=bucket.repeats,
                faults=bucket.faults,
            )
            noted = merge_buckets(noted, beside)
    noted.late = late
    if noted != Bucket():
        held = counted.get(window.clock)
        counted[window.clock] = noted if held is None else merge_buckets(held, noted)
    return Tally(counted), late


def merge_into(window: Window, counted: Tally) -> Window:
    """The window with a countable tally. Only the seconds that it names are touched."""
    totals = _Totals(window)
    seconds = dict(window.seconds)
    for second, bucket in counted.seconds.items():
        held = seconds.get(second)
        if held is None:
            seconds[second] = bucket
        else:
            seconds[second] = merged = merge_buckets(held, bucket)
            merged.failing = few(merged.failing)
        if window.start <= second <= window.clock:
            totals.enter(bucket)
    return totals.in_window(window, seconds)


def summed(window: Window) -> Window:
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
        sums, latency = self.sums, self.latency
        for key, counts in bucket.slices.items():
            sums[key] = sums.get(key, NONE) + counts
        for index, count in bucket.latency.items():
            latency[index] = latency.get(index, 0) + count
        self.parked += bucket.parked
        self.late += bucket.late

    def leave(self, bucket: Bucket | None) -> None:
        if bucket is None:
            return
        sums, latency = self.sums, self.latency
        for key, counts in bucket.slices.items():
            left = sums[key] - counts
            if left:
                sums[key] = left
            else:
                del sums[key]
        for index, count in bucket.latency.items():
            if latency[index] == count:
                del latency[index]
            else:
                latency[index] -= count
        self.parked -= bucket.parked
        self.late -= bucket.late

    def in_window(self, window: Window, seconds: dict[int, Bucket]) -> Window:
        return Window(
            window.width,
            window.lateness,
            window.clock,
            seconds,
            self.sums,
            self.latency,
            self.parked,
            self.late,
        )


def _with_few_leaves(bucket: Bucket) -> Bucket:
    failing = few(bucket.failing)
    if failing is bucket.failing:
        return bucket
    return msgspec.structs.replace(bucket, failing=failing)


def _bounded(bucket: Bucket, known: Collection[str], newcomers: set[str]) -> Bucket:
    """The bucket with the slices pooled that would be too many; adds the others to `newcomers`."""
    if len(known) + len(newcomers) + len(bucket.slices) <= MAX_SLICES - KEPT_FREE:
        newcomers.update(key for key in bucket.slices if key not in known)
        return bucket
    new = [key for key in bucket.slices if key not in known and key not in newcomers]
    room = max(0, MAX_SLICES - len(known) - len(newcomers))
    kinds = Counter(map(dimensions, chain(known, newcomers, new)))
    most = max(kinds, key=lambda names: (kinds[names], names))
    crowd = [key for key in new if dimensions(key) == most]
    taken = [key for key in new if dimensions(key) != most][:room]
    taken += crowd[: max(0, room - len(taken) - KEPT_FREE)]
    newcomers.update(taken)
    surplus = set(new).difference(taken, (ALL,))
    if not surplus:
        return bucket
    slices: dict[str, Counts] = {}
    for key, counts in bucket.slices.items():
        key = pooled(key) if key in surplus else key
        slices[key] = slices.get(key, NONE) + counts
    return msgspec.structs.replace(
        bucket,
        slices=slices,
        faults={**bucket.faults, **_too_many(bucket.slices, surplus)},
        money={key: money for key, money in bucket.money.items() if key not in surplus},
        examples={key: found for key, found in bucket.examples.items() if key not in surplus},
    )


def _too_many(slices: Mapping[Slice, Counts], surplus: Iterable[Slice]) -> dict[str, int]:
    """Faults of dimensions of which more values came than are told apart: their payments, by kind."""
    faults: dict[str, int] = {}
    for key in surplus:
        names = dimensions(key)
        if len(names) == 1:
            kind = f"{names[0]}: more values than are told apart"
            faults[kind] = faults.get(kind, 0) + payments(slices[key])
    return faults
