"""The payments of a stretch of time, held against what is normal.

Where a slice that always fails more takes a larger share of the traffic than usual, wider slices fail
more although nothing broke: a mix shift. A Span reckons with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Final

from msgspec.structs import replace

from functions.core.counting.counts import NONE, Counts, attempts, blamed
from functions.core.counting.slices import (
    ALL,
    Slice,
    crossing,
    dimensions,
    disjoint,
    refines,
    slice_key,
    slice_values,
    wider_slices,
)
from functions.core.counting.window import Window
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, Trail, limit, surprise
from functions.core.detection.explanation import Suspect
from functions.core.detection.normals import Known, Normals
from functions.core.detection.tracker import Tracker
from functions.core.detection.tuning import ExplanationTuning
from functions.core.detection.usual import Leaves, weights, within

_MOST: Final = 0.999
"""Rates are taken for this at most, so that their logarithms are finite."""


@dataclass(eq=False)
class Moment:
    """The payments as they stand at the window's clock, to be judged."""

    window: Window
    tracker: Tracker
    normals: Normals
    _spans: dict[int, Span] = field(default_factory=dict)
    _sums: dict[str, list[Counts]] = field(default_factory=dict)
    _insides: dict[tuple[str, str], bool] = field(default_factory=dict)
    _shared: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)
    _normals: dict[tuple[str, ...], Normal] = field(default_factory=dict)
    _leaves: dict[tuple[int, str], Leaves] = field(default_factory=dict)

    @property
    def budget(self) -> Budget:
        return self.normals.budget

    @property
    def clock(self) -> int:
        return self.window.clock

    def since(self, start: int) -> Span:
        found = self._spans.get(start)
        if found is None:
            found = self._spans[start] = Span(self, start)
        return found

    def trail(self, key: Slice, signal: str) -> Trail:
        return self.tracker.trail(key, signal, self.clock, self.normals)

    def newest(self, key: Slice, seconds: int) -> Counts:
        """The slice's counts in so many seconds up to now, the one under way included: as many as the
        window keeps."""
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [NONE]
        kept, clock = self.window.seconds, self.clock
        last = min(max(0, seconds), clock + 1 - self.window.oldest)
        if len(sums) <= last:
            total = sums[-1]
            for second in range(clock + 1 - len(sums), clock - last, -1):
                bucket = kept.get(second)
                if bucket is not None:
                    total += bucket.slices.get(key, NONE)
                sums.append(total)
        return sums[last]

    def leaves(self, second: int, signal: str) -> Leaves:
        """What failed with that signal in a second that is kept, by leaf."""
        found = self._leaves.get((second, signal))
        if found is None:
            bucket = self.window.seconds.get(second)
            found = weights(bucket.failing, signal) if bucket is not None else {}
            self._leaves[second, signal] = found
        return found

    @cached_property
    def counted(self) -> frozenset[tuple[str, ...]]:
        """The combinations of dimensions that are counted."""
        return self._known.combinations

    def inside(self, inner: Slice, outer: Slice) -> bool:
        """Whether every payment of `inner` is also in `outer`: because of what they are, or because
        it was so in all that is remembered, which would be unlikely by chance, and is so now."""
        if refines(inner, outer):
            return True
        if disjoint(inner, outer):
            return False
        found = self._insides.get((inner, outer))
        if found is None:
            every = (inner, *wider_slices(inner))
            found = any(self._is_inside(key, outer) for key in every if key != ALL)
            found = found or (inner == ALL and self._is_all(outer))
            self._insides[inner, outer] = found
        return found

    def _is_all(self, key: Slice) -> bool:
        """Whether the slice has all payments, as far as is remembered: there is one value."""
        spread, sums = self.tracker.baseline.spread, self.window.sums
        came = spread.get(ALL, 0)
        if not came or spread.get(key, 0) != came:
            return False
        return attempts(sums.get(key, NONE)) == attempts(sums.get(ALL, NONE))

    def _is_inside(self, inner: Slice, outer: Slice) -> bool:
        spread, sums = self.tracker.baseline.spread, self.window.sums
        came, both = spread.get(inner, 0), crossing(inner, outer)
        if not came or spread.get(both, 0) != came:
            return False
        if attempts(sums.get(both, NONE)) != attempts(sums.get(inner, NONE)):
            return False
        of_all = spread.get(ALL, 0) / max(1, spread.get(outer, 0))
        return came * math.log(max(1.0, of_all)) >= self.normals.tuning.explanation.same_nats

    def same(self, one: Slice, other: Slice) -> bool:
        """Whether both slices hold the same payments."""
        return self.inside(one, other) and self.inside(other, one)

    def is_counted(self, key: Slice) -> bool:
        return dimensions(key) in self.counted

    def shared(self, key: Slice, known: Sequence[str]) -> list[tuple[Slice, Slice]]:
        """What the slice holds in common with known ones, each with the known one; none that lies in
        another, nor where the slice itself lies in the known one."""
        found = self._shared.get((key, *known))
        if found is None:
            parts = {
                crossing(key, one): one
                for one in known
                if not disjoint(key, one) and not refines(key, one)
            }
            found = [
                (part, one)
                for part, one in parts.items()
                if not any(other != part and refines(part, other) for other in parts)
            ]
            self._shared[(key, *known)] = found
        return found

    def normal_beside(self, key: Slice, signal: str, known: Sequence[str]) -> Normal:
        """What is normal in the slice beside known ones: at least what is normal in all of it."""
        found = self._normals.get((key, signal, *known))
        if found is None:
            found = self._normals[(key, signal, *known)] = self._normal_beside(key, signal, known)
        return found

    def _normal_beside(self, key: Slice, signal: str, known: Sequence[str]) -> Normal:
        spread, own = self.tracker.baseline.spread, self.normals.normal(key, signal)
        parts = [part for part, _ in self.shared(key, known) if self.is_counted(part)]
        twice = [
            both
            for one, other in combinations(parts, 2)
            if not disjoint(one, other) and self.is_counted(both := crossing(one, other))
        ]
        left, shown = spread.get(key, 0), own.rate * spread.get(key, 0)
        for part, sign in [*((part, -1) for part in parts), *((part, 1) for part in twice)]:
            came = sign * spread.get(part, 0)
            left, shown = left + came, shown + came * self.normals.normal(part, signal).rate
        usual = spread.get(key, 0)
        if not parts or left <= 0:
            return own
        rate = min(1.0, max(own.rate, shown / left))
        return Normal(rate, own.error * math.sqrt(max(1.0, usual / left)), own.dispersion)

    def beside(
        self, key: Slice, signal: str, known: Sequence[str], earliest: int = 0
    ) -> tuple[Suspect, int] | None:
        """What is most suspicious of the slice beside known incidents' slices, and since when, which is
        not before `earliest`; None where nothing can be. Its evidence began when theirs did, so it does
        not say."""
        best: tuple[Suspect, int] | None = None
        for start in self._starts:
            if start < earliest:
                break
            rest = self.since(start).rest(key, signal, known)
            if rest is None:
                return None
            if best is None or rest.nats > best[0].nats:
                best = rest, start
        if best is None:
            return None
        rest, start = best
        return rest, self._first(key, signal, start)

    def _first(self, key: Slice, signal: str, start: int) -> int:
        """The first second from `start` on in which the slice shows the signal."""
        for second in range(max(start, self.window.oldest), self.clock + 1):
            bucket = self.window.seconds.get(second)
            if bucket is not None and blamed(bucket.slices.get(key, NONE), signal):
                return second
        return start

    @cached_property
    def _starts(self) -> Sequence[int]:
        """From which on a trouble is looked for, each stretch half as long again as the one before."""
        longest = min(
            self.normals.tuning.explanation.longest_seconds, self.clock + 1 - self.tracker.began
        )
        found, seconds = list[int](), 2
        while seconds < longest:
            found.append(self.clock + 1 - seconds)
            seconds += seconds // 2
        return [*found, self.clock + 1 - longest]

    @cached_property
    def parts(self) -> Mapping[str, list[str]]:
        """Dimension → its slices."""
        return self._known.parts

    def partitions(self, key: Slice) -> Sequence[list[str]]:
        """The slice's payments by each further dimension that is counted with it."""
        if key == ALL:
            return list(self.parts.values())
        return list(self._known.crossings.get(key, {}).values())

    @cached_property
    def pairs(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Slice of one dimension → other dimension → the slices of both."""
        return self._known.pairs

    @property
    def _known(self) -> Known:
        return self.normals.known_slices(self.tracker.known)


@dataclass(eq=False)
class Span:
    """The payments of the seconds from `start` on."""

    moment: Moment
    start: int
    _counts: dict[str, Counts] = field(default_factory=dict)
    _shifts: dict[tuple[str, str], float] = field(default_factory=dict)
    _mixes: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    _suspects: dict[tuple[str, str], Suspect] = field(default_factory=dict)
    _leaves: dict[str, Leaves] = field(default_factory=dict)

    def leaves(self, signal: str) -> Leaves:
        """What failed with that signal, as far as the seconds are kept, by leaf."""
        found = self._leaves.get(signal)
        if found is None:
            window = self.moment.window
            found = self._leaves[signal] = Counter[Slice]()
            for second in range(max(self.start, window.oldest), window.clock + 1):
                found.update(self.moment.leaves(second, signal))
        return found

    def counts(self, key: Slice) -> Counts:
        """The slice's counts; to the minute where the window is too short."""
        found = self._counts.get(key)
        if found is None:
            window, normals = self.moment.window, self.moment.normals
            if self.start == window.start:
                found = window.sums.get(key, NONE)
            elif self.start >= window.oldest:
                found = self.moment.newest(key, window.clock + 1 - self.start)
            else:
                current = self.moment.tracker.current.get(key, NONE)
                found = normals.since(key, self.start) + current
            self._counts[key] = found
        return found

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect with these attempts and events, against what is normal."""
        normal = self.moment.normals.normal(suspect.slice, suspect.signal)
        return self._weighed(suspect, total, events, normal)

    def with_shift(self, suspect: Suspect, known: Sequence[str] = ()) -> Suspect:
        """The suspect, which is what is left beside known incidents' slices, against what is normal
        with the traffic as it is spread now."""
        shift = self.shift(suspect.slice, suspect.signal)
        if known and suspect.slice == ALL:
            shift = max(shift, self._shift_beside(suspect.signal, known))
        normal = self.moment.normal_beside(suspect.slice, suspect.signal, known)
        moved = Normal(min(1.0, normal.rate + shift), normal.error, normal.dispersion)
        return self._weighed(suspect, suspect.attempts, suspect.events, moved)

    def _shift_beside(self, signal: str, known: Sequence[str]) -> float:
        """As the shift of all traffic, of what is left of it beside known slices."""
        every = (
            [key for key in parts if not any(refines(key, one) for one in known)]
            for parts in self.moment.parts.values()
        )
        return max((self._composed(parts, signal)[0] for parts in every), default=0.0)

    def _weighed(self, suspect: Suspect, total: int, events: int, normal: Normal) -> Suspect:
        normals = self.moment.normals
        tuning, drift = normals.tuning.evidence, normals.drift(suspect.signal)
        needed = self.moment.tracker.needed * normal.dispersion
        sure = surprise(events, total, normal, drift, tuning) / needed
        sure = sure if events >= tuning.fewest_events else 0.0
        nats = surprise(events, total, self._comparable(normal), drift, tuning)
        expected = total * normal.rate
        return Suspect(suspect.slice, suspect.signal, total, events, expected, nats, sure)

    def _comparable(self, normal: Normal) -> Normal:
        """A wider slice's low rate is better known, which must not decide what explains more."""
        return Normal(max(normal.rate, self.tuning.lowest), normal.error, normal.dispersion)

    def events(self, key: Slice, signal: str) -> int | None:
        """How many payments of a slice that is not counted show the signal, by their leaves; None where
        these say too little."""
        leaves, told_apart = self.leaves(signal), self.moment.normals.tuning.leaf.told_apart
        whole = blamed(self.counts(ALL), signal)
        if sum(leaves.values()) - leaves.get(ALL, 0.0) < told_apart * whole:
            return None
        return round(within(leaves, key))

    def suspect(self, key: Slice, signal: str) -> Suspect:
        """The slice, suspected of that signal."""
        found = self._suspects.get((key, signal))
        if found is None:
            counts = self.counts(key)
            empty = Suspect(key, signal, 0, 0, 0.0, 0.0, 0.0)
            found = self.weigh(empty, attempts(counts), blamed(counts, signal))
            self._suspects[key, signal] = found
        return found

    def composed(self, suspect: Suspect) -> Suspect:
        """The suspect, as the sum of its parts by a further dimension, each of which fails as it usually
        does and a share of the others besides. What is usual of each part says more than what is usual
        of all: without it, some parts that usually fail less would explain more than the whole."""
        return replace(
            suspect,
            nats=max(
                suspect.nats,
                *(self._composed_nats(suspect, keys) for keys in self._told_apart(suspect)),
            ),
        )

    def _told_apart(self, suspect: Suspect) -> Iterator[list[str]]:
        yield []
        for keys in self.moment.partitions(suspect.slice):
            came = sum(attempts(self.counts(key)) for key in keys)
            if came >= self.tuning.part_of_all * suspect.attempts:
                yield keys

    def _composed_nats(self, suspect: Suspect, keys: Sequence[str]) -> float:
        """The log likelihood ratio of that to all being usual."""
        normals, signal = self.moment.normals, suspect.signal
        parts: list[tuple[int, int, float]] = []
        for key in keys:
            counts = self.counts(key)
            normal = self._comparable(normals.normal(key, signal))
            usual = limit(normal, normals.drift(signal), normals.tuning.evidence)
            parts.append((attempts(counts), blamed(counts, signal), usual))
        room = sum(n * (1.0 - q) for n, _, q in parts)
        more = sum(x - n * q for n, x, q in parts) / room if room else 0.0
        if more <= 0.0:
            return 0.0
        nats, well = 0.0, math.log(max(1.0 - _MOST, 1.0 - more))
        for n, x, q in parts:
            nats += x * math.log((q + more * (1.0 - q)) / q) + (n - x) * well
        return nats

    def rest(
        self, key: Slice, signal: str, known: Sequence[str], *, surely: bool = True
    ) -> Suspect | None:
        """What is left of the slice beside known incidents' slices; None of one of them. What lies
        inside of one may fail as it does, and some times as much; beyond, it is a trouble of its own.
        surely: rather too little than too much, where what both hold is not counted."""
        if key in known:
            return None
        if not known:
            return self.suspect(key, signal)
        counts = self.counts(key)
        own = Suspect(key, signal, attempts(counts), blamed(counts, signal), 0.0, 0.0, 0.0)
        normal = self.moment.normal_beside(key, signal, known)
        total, events, is_guess = self._left(own, known, self.tuning.guessed if surely else 0.0)
        if is_guess and key != ALL:
            whole = self.rest(ALL, signal, known)
            most = max(0.0, whole.events - whole.expected) if whole is not None else 0.0
            events = min(events, math.ceil(normal.rate * total + most))
        for one in known:
            if refines(key, one):
                cause = self.suspect(one, signal)
                share = self.tuning.deeper * cause.excess
                events -= math.ceil(share * total / cause.attempts) if cause.attempts else 0
        return self._weighed(own, total, max(0, events), normal)

    @property
    def tuning(self) -> ExplanationTuning:
        return self.moment.normals.tuning.explanation

    def _left(self, own: Suspect, known: Sequence[str], doubt: float) -> tuple[int, int, bool]:
        """Attempts and events of the slice that are in no known one; and whether that is a guess."""
        total, events, is_guess = own.attempts, own.events, False
        parts: list[tuple[Slice, int, int]] = []
        for part, one in self.moment.shared(own.slice, known):
            if self.moment.is_counted(part):
                both = self.counts(part)
                came, shown = attempts(both), blamed(both, own.signal)
            else:
                cause = self.suspect(one, own.signal)
                came, shown = in_both(
                    own, cause, attempts(self.counts(common(own.slice, one))), doubt
                )
                exactly = self.events(part, own.signal)
                is_guess = is_guess or exactly is None
                if exactly is not None:
                    came, shown = max(came, exactly), exactly
                    explained = self._explained(cause, came, shown)
                    if explained < shown:  # what both hold fails for a cause of its own, too
                        events -= explained
                        continue
            for other, seen, ill in parts:  # what is in both was taken twice
                if not disjoint(part, other):
                    again = self._again(own, (part, came, shown), (other, seen, ill))
                    total, events = total + again[0], events + again[1]
            parts.append((part, came, shown))
            total, events = total - came, events - shown
        total = max(0, total)
        return total, min(total, max(0, events)), is_guess

    def _explained(self, cause: Suspect, came: int, shown: int) -> int:
        """How many of the failures in common with a known incident's slice, which are not counted by
        themselves and so cannot be told by themselves, it explains: all, but those
        beyond so many times what fails in the rest of it, if that fails as well."""
        apart = cause.attempts - came
        if apart <= 0 or not cause.attempts:
            return shown
        if max(0, cause.events - shown) < self.tuning.fair_part * cause.rate * apart:
            return shown  # the incident is about what both hold
        most = self.tuning.deeper * cause.rate * came
        return min(shown, math.ceil(most + self.tuning.clearly * math.sqrt(most)))

    def _again(
        self, own: Suspect, one: tuple[Slice, int, int], other: tuple[Slice, int, int]
    ) -> tuple[int, int]:
        """Attempts and events of the slice that are in two parts of it, rather too few."""
        both = crossing(one[0], other[0])
        if self.moment.is_counted(both):
            found = self.counts(both)
            return attempts(found), blamed(found, own.signal)
        parts = [replace(own, slice=key, attempts=n, events=ill) for key, n, ill in (one, other)]
        came, shown = in_both(parts[0], parts[1], own.attempts, -self.tuning.guessed)
        exactly = self.events(both, own.signal)
        return (came, shown) if exactly is None else (max(came, exactly), exactly)

    def crossing(self, one: Suspect, other: Suspect) -> Suspect:
        """What two slices hold in common: counted, or estimated as of two causes that have nothing to
        do with one another, and no less than what all traffic leaves room for."""
        both, signal = crossing(one.slice, other.slice), one.signal
        if self.moment.is_counted(both):
            return self.suspect(both, signal)
        whole = self.suspect(ALL, signal)
        total, events = in_both(one, other, whole.attempts, self.tuning.guessed)
        empty = Suspect(both, signal, 0, 0, 0.0, 0.0, 0.0)
        exactly = self.events(both, signal)
        if exactly is not None:
            return self.weigh(empty, max(total, exactly), exactly)
        room = (one.events - one.expected) + (other.events - other.expected)
        room -= max(0.0, whole.events - whole.expected)
        most = min(one.events, other.events, total)
        return self.weigh(empty, total, min(most, max(events, math.ceil(room))))

    def is_worth(self, suspect: Suspect, known: Sequence[str] = ()) -> bool:
        """Whether the rate, of what is left beside known slices, lies far enough above what is normal
        to be spoken of."""
        key, signal = suspect.slice, suspect.signal
        normals = self.moment.normals
        more = self.moment.normal_beside(key, signal, known).rate - normals.normal(key, signal).rate
        return suspect.rate > normals.tolerated(key, signal) + self.shift(key, signal) + more

    def shift(self, key: Slice, signal: str) -> float:
        """By how much the rate of the slice is higher than usual because its payments come from
        other slices than usual, of which each fails as it always does. At least 0."""
        found = self._shifts.get((key, signal))
        if found is None:
            found = self._shifts[key, signal] = self._shift(key, signal)
        return found

    def _shift(self, key: Slice, signal: str) -> float:
        own = slice_values(key)
        rate = self.moment.normals.normal(key, signal).rate
        shifted = self.moment.normals.tuning.explanation.shifted
        most = 0.0
        for dimension, parts in self.moment.parts.items():
            if dimension in own:
                continue
            mix = self._mixes.get((dimension, signal))
            if mix is None:
                mix = self._mixes[dimension, signal] = self._composed(parts, signal)
            rise, growth = mix
            most = max(most, rise)
            if own and rise > shifted:
                # How the slice's own payments are spread is not counted. Each of its failures may
                # come from the part that grew, so they may grow as much.
                most = max(most, rate * (growth - 1.0))
        if len(own) == 1:
            for parts in self.moment.pairs.get(key, {}).values():
                most = max(most, self._composed(parts, signal)[0])
        return most

    def _composed(self, parts: Sequence[str], signal: str) -> tuple[float, float]:
        """By how much the rate of the parts together, each as it is normally, is higher now than
        usually; and how many times its usual share the worst that grew has now."""
        normals, spread = self.moment.normals, self.moment.tracker.baseline.spread
        mixed: list[tuple[float, int, int]] = []
        for key in parts:
            came = attempts(self.counts(key))
            comes = spread.get(key, 0)
            mixed.append((normals.normal(key, signal).rate, came, comes))
        now = sum(came for _, came, _ in mixed)
        usual = sum(comes for _, _, comes in mixed)
        if not (now and usual):
            return 0.0, 1.0
        rise, most, growth = 0.0, 0.0, 1.0
        for rate, came, comes in mixed:
            change = rate * (came / now - comes / usual)
            rise += change
            if change > most and comes:
                most, growth = change, came / now / (comes / usual)
        return rise, growth


def common(one: Slice, two: Slice) -> Slice:
    """The slice of the values that both have: in it, they have nothing to do with one another."""
    return slice_key(dict(slice_values(one).items() & slice_values(two).items()))


def in_both(one: Suspect, other: Suspect, whole: int, doubt: float) -> tuple[int, int]:
    """Attempts and events that two slices have in common, where that is not counted: of `whole`
    attempts each takes its share of the other's, and fails there for its own cause or for the other's.

    With m attempts in common, rates a and b of the causes solve x = n·a + m·b·(1 - a) and
    y = k·b + m·a·(1 - b). doubt: standard deviations that are added."""
    n, x, k, y = one.attempts, one.events, other.attempts, other.events
    m = n * k / whole if whole else 0.0
    if not m or not n * k:
        return 0, 0
    square, linear, rest = m * (m - n), n * k - m * y - m * m + m * x, m * y - x * k
    root = math.sqrt(max(0.0, linear * linear - 4 * square * rest))
    first = min(1.0, max(0.0, -2 * rest / (linear + root))) if linear + root > 0.0 else 1.0
    left = k - m * first
    second = min(1.0, max(0.0, (y - m * first) / left)) if left > 0.0 else 0.0
    events = m * (first + second - first * second)
    events = max(0.0, events + doubt * math.sqrt(events))
    return round(m), min(round(m), math.ceil(events))
