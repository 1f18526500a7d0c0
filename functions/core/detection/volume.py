"""Payments that go missing: how many come of a slice, held against how many came in the minutes before.

For each slice runs Page's CUSUM (Biometrika 41, 1954) of the log likelihood ratio of a Poisson rate,
in nats: that what a collapse leaves comes, against that traffic fell as far as it may by itself:

    S ← max(0, S + [λ · t · (may_fall - left) + n · ln(left / may_fall)] / φ)

n payments came in t seconds, λ a second are expected, φ is the dispersion of the minutes. A slice keeps
its share of what comes outside of it, so a quiet night is no collapse; all traffic is expected to change
by less than that within minutes. S rises while nothing comes and falls with each payment.

Payments are counted as they arrive, so that late ones are not missing; and the clock moves with what
arrives, so that a pipeline that stands still, with its ticks, is no silence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from statistics import fmean
from typing import Final

import msgspec

from functions.core.counting.counts import DIGIT, NONE, attempts
from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL, Slice, crossing, dimensions, is_judged
from functions.core.detection.baseline import CELL_SECONDS, Cell
from functions.core.detection.explanation import Suspect
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.tuning import VolumeTuning
from functions.core.troubles.severity import Verdict


class Drop(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a slice's volume. seen: its attempts in the current cell, when it was looked at
    last; nats: S, since second `since`; expected: attempts a second as of then; longest: seconds that
    it was silent by itself, as far as that is remembered; proven: whether S once sufficed."""

    seen: int = 0
    nats: float = 0.0
    since: int = 0
    expected: float = 0.0
    longest: float = 0.0
    proven: bool = False


_FULL: Final = Drop()
Drops = Mapping[Slice, Drop]


def drops_after(
    before: Drops, moment: Moment, at: int, clock: int, *, is_whole: bool
) -> tuple[dict[Slice, Drop], int]:
    """The drops when the clock enters `clock`, of slices of at most one dimension and of those in
    which payments went missing before; and how many began. The moment is the one before: what came
    since second `at` is in its tracker. is_whole: its cell ends, and slices of two dimensions are
    looked at too."""
    normals, tracker = moment.normals, moment.tracker
    tuning, needed = normals.tuning.volume, tracker.needed
    most = normals.tuning.evidence.cap * needed
    every = before[ALL].expected if ALL in before and before[ALL].nats else comes(normals, ALL)
    current, fewest, may_fall = tracker.current, tuning.fewest_expected, tuning.may_fall
    known, clumps, longest_step = normals.comes, normals.clumps, tuning.longest_step
    sums, width = moment.window.sums, moment.window.width
    whole = attempts(sums.get(ALL, NONE))
    of_all, of_slice = (
        _weights(left, may_fall) for left in (tuning.left_of_all, tuning.left_of_slice)
    )
    drops: dict[Slice, Drop] = {}
    begun = 0
    for key, drop, start in _looked_at(before, normals, at, is_whole):
        stands = drop.nats
        rate = drop.expected if stands else known.get(key, -1.0)
        if rate < 0.0:
            rate = comes(normals, key)
        if rate * 60 < fewest:
            continue
        now = current.get(key, NONE) & DIGIT
        # A clock that jumps further than that missed ticks too: it was not traffic that stood still.
        seconds = clock - start if clock - start <= longest_step else 0
        wanted, came = rate * seconds, now - drop.seen
        gain = 0.0
        if stands or came < may_fall * wanted:
            # What is expected of a slice goes with what comes outside of it, at most as much as usual;
            # where nearly nothing is outside, all traffic tells instead.
            outside = (every - rate) * width
            if key == ALL:
                gains, takes = of_all
            elif outside * CELL_SECONDS < fewest * width:
                wanted, (gains, takes) = 0.0, of_slice
            else:
                beside = whole - (sums.get(key, NONE) & DIGIT)
                wanted, (gains, takes) = wanted * min(1.0, beside / outside), of_slice
            gain = (wanted * gains + came * takes) / (clumps.get(key) or clump(normals, key))
        elif len(dimensions(key)) < 2:
            drops[key] = Drop(now, 0.0, 0, 0.0, drop.longest)  # of most, most of the time
            continue
        nats = drop.nats + gain
        if nats <= 0.0 or (
            nats < needed and drop.nats and clock - drop.since > tuning.doubtful_seconds
        ):
            longest = drop.longest
            if drop.nats and nats <= 0.0 and not drop.proven:
                longest = max(longest, float(at - drop.since))
            if len(dimensions(key)) < 2:
                drops[key] = Drop(now, longest=longest)
            continue
        begun += not drop.nats
        since = drop.since if drop.nats else start
        proven = drop.proven or nats >= needed
        drops[key] = Drop(now, min(nats, most), since, rate, drop.longest, proven)
    return drops, begun


def _looked_at(
    before: Drops, normals: Normals, at: int, is_whole: bool
) -> Iterator[tuple[Slice, Drop, int]]:
    """Slices, what is known of each, and the second from which on it was not looked at."""
    for key, drop in before.items():
        yield key, drop, at
    if len(normals.baseline.cells) < normals.tuning.volume.lately_cells:
        return
    folded = normals.baseline.folded
    for key in _watched(normals):
        if key not in before:
            yield key, _FULL, folded
    if is_whole and at - folded >= normals.tuning.volume.shortest_cell:
        for key in normals.baseline.spread:
            if len(dimensions(key)) > 1 and is_judged(key) and key not in before:
                yield key, _FULL, folded


def _watched(normals: Normals) -> tuple[Slice, ...]:
    """Slices of at most one dimension that may not be silent."""
    if normals.watched is None:
        fewest = normals.tuning.volume.fewest_expected / 60
        normals.watched = tuple(
            key
            for key in normals.baseline.spread
            if len(dimensions(key)) < 2 and comes(normals, key) >= fewest
        )
    return normals.watched


def drops_at_cell_start(drops: Drops, tuning: VolumeTuning) -> dict[Slice, Drop]:
    """The drops when a new cell begins, of which nothing has come yet."""
    return {
        key: msgspec.structs.replace(drop, seen=0, longest=tuning.fading * drop.longest)
        for key, drop in drops.items()
    }


def silent(drops: Drops, clock: int, needed: float, tuning: VolumeTuning) -> dict[Slice, Drop]:
    """Those of which it is proven, and that were never silent for nearly as long by themselves."""
    return {
        key: drop
        for key, drop in drops.items()
        if drop.nats >= needed and clock - drop.since >= tuning.longer * drop.longest
    }


def comes(normals: Normals, key: Slice) -> float:
    """Attempts a second that are expected of a slice: what came lately, or usually if that is less; in a
    surge, what came before it."""
    found = normals.comes.get(key)
    if found is None:
        lately = normals.baseline.cells[-normals.tuning.volume.lately_cells :]
        recent = sum(attempts(cell.counts.get(key, NONE)) for cell in lately)
        found = min(usually(normals, key), recent / max(1, sum(map(_seconds, lately))))
        season, surge = normals.season(key), normals.baseline.surges.get(key)
        if season is not None:
            found = min(found, season.attempts)
        elif surge is not None:
            found = min(found, surge.before)
        normals.comes[key] = found
    return found


def usually(normals: Normals, key: Slice) -> float:
    """Attempts a second of the slice, over the memory."""
    return normals.baseline.spread.get(key, 0) / normals.spread_seconds


def clump(normals: Normals, key: Slice) -> float:
    """The variance of the attempts a whole minute over their mean, from differences of neighbours."""
    found = normals.clumps.get(key)
    if found is None:
        cells = [
            cell
            for cell in normals.baseline.cells
            if cell.absorbed and _seconds(cell) == CELL_SECONDS
        ]
        counts = [attempts(cell.counts.get(key, NONE)) for cell in cells]
        mean = fmean(counts) if counts else 0.0
        found = 1.0
        if len(counts) > 1 and mean:
            found = fmean(_apart(counts, normals.tuning.volume.surges)) / 2 / mean
            found = max(1.0, found - normals.tuning.normal.dispersion_noise)
        normals.clumps[key] = found
    return found


def _apart(counts: Sequence[int], surges: float) -> list[float]:
    """The squared differences of neighbours, without that at which a surge began and that at which it
    was over: one step up and one down are no dispersion."""
    differences = [b - a for a, b in pairwise(counts)]
    steps = [b - a for a, b in pairwise(counts) if max(a, b) > surges * min(a, b)]
    for step in (max(0, *steps, 0), min(0, *steps, 0)):
        if step and len(differences) > 1:
            differences.remove(step)
    return [float(difference**2) for difference in differences]


def _seconds(cell: Cell) -> int:
    return cell.end - cell.start


def _gain(key: Slice, wanted: float, came: int, tuning: VolumeTuning) -> float:
    """What S gains, in nats, when so many came of so many that were expected."""
    gains, takes = _weights(
        tuning.left_of_all if key == ALL else tuning.left_of_slice, tuning.may_fall
    )
    return wanted * gains + came * takes


@cache
def _weights(left: float, may_fall: float) -> tuple[float, float]:
    """What a payment that was expected adds to S, and what one that came does, in nats."""
    return may_fall - left, math.log(left / may_fall)


def counted_from(moment: Moment, start: int) -> int:
    """The second from which on payments since `start` can be counted. Where the window is too short they
    are counted by the minute: what came in a minute before nothing did would belie the silence."""
    if start >= moment.window.oldest:
        return start
    baseline = moment.tracker.baseline
    return next((cell.start for cell in baseline.cells if cell.start >= start), baseline.folded)


@dataclass(eq=False)
class Missing:
    """The payments that were expected since `start`, held against those that came.

    A Suspect of this signal has as its attempts the payments that were expected, all of which are
    expected events too; its events are these and the missing ones, so that its excess is what is missing.
    level: share of what was expected that came outside of the slice that stands out most.
    """

    moment: Moment
    drops: Drops
    start: int
    level: float = 1.0
    _suspects: dict[Slice, Suspect] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        return max(1, self.moment.clock - self.start)

    def rate(self, key: Slice) -> float:
        """Attempts a second that were expected when they began to be missing."""
        drop = self.drops.get(key)
        return drop.expected if drop and drop.nats else comes(self.moment.normals, key)

    def came(self, key: Slice) -> int:
        return attempts(self.moment.since(self.start).counts(key))

    def without(self, key: Slice) -> Missing:
        """The same, as far as traffic goes on outside of the slice."""
        outside = (self.rate(ALL) - self.rate(key)) * self.seconds
        came = self.came(ALL) - self.came(key)
        level = min(1.0, came / outside) if outside > 0.0 else 0.0
        return Missing(self.moment, self.drops, self.start, level)

    def suspect(self, key: Slice) -> Suspect:
        found = self._suspects.get(key)
        if found is None:
            found = self._suspects[key] = self._suspect(key, self.rate(key))
        return found

    def _suspect(self, key: Slice, rate: float) -> Suspect:
        expected = round(rate * self.seconds * self.level)
        empty = Suspect(key, VOLUME, 0, 0, 0.0, 0.0, 0.0)
        return self.weigh(empty, expected, 2 * expected - min(expected, self.came(key)))

    def known(self, key: Slice) -> Suspect:
        """The slice of an incident: as much of it as is not yet left out of what is expected elsewhere."""
        lately = self.moment.normals.tuning.volume.lately_cells * CELL_SECONDS
        drop = self.drops.get(key)
        before = self.start - drop.since if drop and drop.nats else 0
        return self._suspect(key, self.rate(key) * max(0.0, 1.0 - max(0, before) / lately))

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect of which so many were expected, and so many were that or are missing: the log
        likelihood ratio of a Poisson rate at its own against the expected one, in nats."""
        came = min(total, max(0, 2 * total - events))
        nats = total - came + (came * math.log(came / total) if came else 0.0)
        needed = self.moment.tracker.needed * clump(self.moment.normals, suspect.slice)
        return Suspect(suspect.slice, VOLUME, total, events, float(total), nats, nats / needed)

    def crossing(self, suspect: Suspect, cause: Suspect) -> Suspect | None:
        """What two slices hold in common, where that is counted; as much of it as of the cause."""
        both = crossing(suspect.slice, cause.slice)
        if both not in self.moment.tracker.known:
            return None
        part = cause.attempts / max(1, self.suspect(cause.slice).attempts)
        return self._suspect(both, min(1.0, part) * usually(self.moment.normals, both))

    def is_worth(self, suspect: Suspect) -> bool:
        """Whether no more is left of it than a collapse leaves."""
        normals = self.moment.normals
        came = suspect.attempts - round(suspect.excess)
        nats = _gain(suspect.slice, suspect.attempts, came, normals.tuning.volume)
        return nats >= self.moment.tracker.needed * clump(normals, suspect.slice)

    def verdict(self, key: Slice, *, is_most: bool) -> Verdict:
        """On the slice. is_most: all traffic collapsed with it."""
        tuning = self.moment.normals.tuning.volume
        expected = self.rate(key) * self.seconds
        share = min(1.0, self.came(key) / expected) if expected else 0.0
        return Verdict(
            slice=key,
            signal=VOLUME,
            score=(75.0 if is_most else 50.0) + 20.0 * (1.0 - share),
            rate=share,
            at_least=share,
            normal=1.0,
            tolerated=tuning.left_of_all if key == ALL else tuning.left_of_slice,
            attempts=round(self.rate(key) * 60),
        )
