"""Payments that are slow: the share beyond what is usually slow in the slice, as a rate like any other.

What is slow lies beyond a bound of the latency fields (functions/core/counting/counts.py: SPEEDS), its
cut: of the slice's payments 5 % lie beyond it usually, or fewer: its 95th percentile. What takes twice as
long may not get as far, so a second cut, with up to a quarter beyond it, is looked at beside the first.

For each slice and cut runs Page's CUSUM (Biometrika 41, 1954) of the log likelihood ratio of a binomial,
in nats, as in evidence.py: x slow payments of n, q is the usual share and its error, p1 = q + share · (1-q):

    S ← max(0, S + [x · ln(p1/q) - (n - x) · ln((1-q)/(1-p1))] / φ)

What was usual when S began is usual until it ends: what is slow teaches nothing while it lasts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, SPEEDS, Counts, slower
from functions.core.counting.likelihood import log_likelihood_ratio
from functions.core.counting.signals import LATENCY
from functions.core.counting.slices import ALL, Slice, crossing, dimensions, is_judged
from functions.core.detection.explanation import Suspect
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.tuning import LatencyTuning, Tuning
from functions.core.troubles.severity import Verdict

SLOW, MILD = 0, 1
"""Of the two cuts: beyond the first one 5 % lie usually, beyond the second up to a quarter."""
CUTS: Final = (SLOW, MILD)


class Slow(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a slice's latency. timed, slow: payments with a latency in the current cell, and
    those beyond the cut, when it was looked at last; nats: S, since second `since`; cut: the first
    latency field that is slow, `usual` its share, learned from so many payments."""

    timed: int = 0
    slow: int = 0
    nats: float = 0.0
    since: int = 0
    cut: int = 0
    usual: float = 0.0
    learned: int = 0


_UNSEEN: Final = Slow()
Slows = Mapping[Slice, Slow]


def slow_after(
    before: Slows, which: int, moment: Moment, at: int, clock: int, *, is_whole: bool
) -> tuple[dict[Slice, Slow], int]:
    """What is slow when the clock enters `clock`, by the one or the other cut, of slices of at most one
    dimension and of those that were slow before; and how many began. The moment is the one before: what
    came since second `at` is in its tracker. is_whole: its cell ends, and slices of two dimensions are
    looked at too."""
    normals, current, window = moment.normals, moment.tracker.current, moment.window
    every = normals.tuning
    tuning = every.latency
    most = every.evidence.cap * moment.tracker.needed
    after: dict[Slice, Slow] = {}
    begun = 0
    for key, held, start in _looked_at(before, which, normals, at, is_whole):
        nats, since = held.nats, held.since
        if nats and clock - since >= tuning.lasting_seconds:
            nats = 0.0
        if nats:
            cut, usual, learned = held.cut, held.usual, held.learned
        else:
            known = slowness(normals, key, which)
            if known is None:
                continue
            cut, usual, learned = known
        counts = current.get(key, NONE)
        timed, slow = slower(counts, 0), slower(counts, cut)
        came, beyond = timed - held.timed, slow - held.slow
        if came and (nats or beyond):
            q = limit(usual, learned, every)
            p1 = q + tuning.share * (1.0 - q)
            lost = math.log((1.0 - q) / (1.0 - p1))
            gain = beyond * (math.log(p1 / q) + lost) - came * lost
            if not nats:
                begun += 1
                since = start
            nats = min(most, max(0.0, nats + gain / tuning.dispersion))
        if nats >= moment.tracker.needed and _is_over(
            window.sums.get(key, NONE), cut, usual, tuning
        ):
            nats = 0.0
        after[key] = Slow(timed, slow, nats, since if nats else 0, cut, usual, learned)
    return after, begun


def _is_over(counts: Counts, cut: int, usual: float, tuning: LatencyTuning) -> bool:
    """Whether a window has enough payments, and no more slow ones than need be told."""
    timed = slower(counts, 0)
    worth = max(tuning.clearly_slower, usual + tuning.slower_by)
    return timed >= tuning.fewest_timed and slower(counts, cut) < worth * timed


def _looked_at(
    before: Slows, which: int, normals: Normals, at: int, is_whole: bool
) -> Iterator[tuple[Slice, Slow, int]]:
    """Slices, what is known of each, and the second from which on it was not looked at."""
    baseline = normals.baseline
    for key, held in before.items():
        if held.nats or len(dimensions(key)) < 2:
            yield key, held, at
    for key in baseline.absorbed:
        if len(dimensions(key)) < 2:
            if key not in before:
                yield key, _UNSEEN, baseline.folded
        elif is_whole and is_judged(key) and not (key in before and before[key].nats):
            yield key, _UNSEEN, baseline.folded


def slow_at_cell_start(slows: Slows) -> dict[Slice, Slow]:
    """The same when a new cell begins, of which nothing has come yet."""
    return {
        key: msgspec.structs.replace(held, timed=0, slow=0)
        for key, held in slows.items()
        if held.nats
    }


def slowness(normals: Normals, key: Slice, which: int) -> tuple[int, float, int] | None:
    """The slice's cut, the share of payments that lie beyond it usually, and of how many payments that
    is known; None of too few, and where there is no second cut."""
    if (key, which) not in normals.slowness:
        normals.slowness[key, which] = _slowness(normals, key, which)
    return normals.slowness[key, which]


def _slowness(normals: Normals, key: Slice, which: int) -> tuple[int, float, int] | None:
    tuning = normals.tuning.latency
    usual = normals.baseline.absorbed.get(key, NONE)
    timed = slower(usual, 0)
    if timed < tuning.known_timed:
        return None
    cut = _cut(usual, tuning.usually_slower * timed)
    if which == MILD:
        cut = min(cut - 1, _cut(usual, tuning.mildly_slower * timed))
        if cut < 1 or slower(usual, cut) > tuning.mildly_slower * timed:
            return None
    return cut, slower(usual, cut) / timed, timed


def _cut(usual: Counts, most: float) -> int:
    """The first latency field of which, with all slower ones, as few are usual as may be."""
    return next(
        (index for index in range(1, len(SPEEDS) + 1) if slower(usual, index) <= most), len(SPEEDS)
    )


def limit(usual: float, learned: int, tuning: Tuning) -> float:
    """The share of slow payments that is held against what comes: the usual one and its standard error,
    where so few are not known to be fewer than one in twenty."""
    q = min(tuning.evidence.highest, max(tuning.latency.usually_slower, usual))
    return min(tuning.evidence.highest, q + math.sqrt(q * (1 - q) / max(1, learned)))


@dataclass(frozen=True)
class Slowed:
    """The payments beyond one cut since `start`, held against what is usual in each slice: with one cut
    for all slices, what is too much adds up."""

    moment: Moment
    slows: tuple[Slows, ...]
    start: int
    cut: int
    _usual: dict[Slice, tuple[float, int]] = field(default_factory=dict)

    def usual(self, key: Slice) -> tuple[float, int]:
        """The share of slow payments that is usual in the slice, towards that of all traffic where few
        are known, and of how many payments that is known."""
        found = self._usual.get(key)
        if found is None:
            found = self._usual[key] = self._usually(key)
        return found

    def _usually(self, key: Slice) -> tuple[float, int]:
        for slows in self.slows:
            held = slows.get(key)
            if held is not None and held.nats and held.cut == self.cut:
                return held.usual, held.learned
        normals = self.moment.normals
        counts = normals.baseline.absorbed.get(key, NONE)
        timed, slow = slower(counts, 0), slower(counts, self.cut)
        if key == ALL:
            return (slow / timed, timed) if timed else (1.0, 0)
        borrowed = normals.tuning.normal.borrowed
        share = (slow + borrowed * self.usual(ALL)[0]) / (timed + borrowed)
        return share, timed + round(borrowed)

    def suspect(self, key: Slice) -> Suspect:
        counts = self.moment.since(self.start).counts(key)
        empty = Suspect(key, LATENCY, 0, 0, 0.0, 0.0, 0.0)
        return self.weigh(empty, slower(counts, 0), slower(counts, self.cut))

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect with so many slow payments of so many, against what is usual."""
        usual, learned = self.usual(suspect.slice)
        tuning = self.moment.normals.tuning
        events = min(total, events)
        nats = log_likelihood_ratio(events, total, limit(usual, learned, tuning))
        needed = self.moment.tracker.needed * tuning.latency.dispersion
        sure = nats / needed if total >= tuning.latency.fewest_timed else 0.0
        return Suspect(suspect.slice, LATENCY, total, events, total * usual, nats, sure)

    def crossing(self, suspect: Suspect, cause: Suspect) -> float | None:
        """The slow payments too many that two slices hold in common, where that is counted."""
        both = crossing(suspect.slice, cause.slice)
        return self.suspect(both).excess if both in self.moment.tracker.known else None

    def is_worth(self, suspect: Suspect) -> bool:
        """Whether clearly more are slow than usual."""
        tuning = self.moment.normals.tuning.latency
        more = suspect.rate - self.usual(suspect.slice)[0]
        return suspect.rate >= tuning.clearly_slower and more >= tuning.slower_by

    def verdict(self, key: Slice) -> Verdict:
        suspect = self.suspect(key)
        return Verdict(
            slice=key,
            signal=LATENCY,
            score=50.0 + 24.0 * suspect.rate,
            rate=suspect.rate,
            at_least=suspect.rate,
            normal=self.usual(key)[0],
            tolerated=self.moment.normals.tuning.latency.clearly_slower,
            attempts=suspect.attempts,
        )
