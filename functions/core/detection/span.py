"""The payments of a stretch of time, held against what is normal.

Where a slice that always fails more takes a larger share of the traffic than usual, wider slices fail
more although nothing broke: a mix shift. A Span reckons with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from functions.core.counting.counts import NONE, Counts, attempts, blamed
from functions.core.counting.slices import (
    Slice,
    crossing,
    dimensions,
    is_judged,
    refines,
    slice_values,
    wider_slices,
)
from functions.core.counting.window import Window
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, Trail, surprise
from functions.core.detection.explanation import Suspect, without
from functions.core.detection.normals import Normals
from functions.core.detection.tracker import Tracker


@dataclass(frozen=True)
class Moment:
    """The payments as they stand at the window's clock, to be judged."""

    window: Window
    tracker: Tracker
    normals: Normals
    _spans: dict[int, Span] = field(default_factory=dict)

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

    @cached_property
    def parts(self) -> Mapping[str, list[str]]:
        """Dimension → its slices."""
        parts: dict[str, list[str]] = {}
        for key in self.tracker.known:
            if len(dimensions(key)) == 1:
                parts.setdefault(dimensions(key)[0], []).append(key)
        return parts

    @cached_property
    def pairs(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Slice of one dimension → other dimension → the slices of both."""
        pairs: dict[str, dict[str, list[str]]] = {}
        for key in self.tracker.known:
            if len(dimensions(key)) == 2 and is_judged(key):
                for one, other in zip(wider_slices(key), dimensions(key), strict=True):
                    pairs.setdefault(one, {}).setdefault(other, []).append(key)
        return pairs


@dataclass(frozen=True)
class Span:
    """The payments of the seconds from `start` on."""

    moment: Moment
    start: int
    _counts: dict[str, Counts] = field(default_factory=dict)
    _shifts: dict[tuple[str, str], float] = field(default_factory=dict)
    _mixes: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def counts(self, key: Slice) -> Counts:
        """The slice's counts; to the minute where the window is too short."""
        found = self._counts.get(key)
        if found is None:
            window, tracker = self.moment.window, self.moment.tracker
            if self.start >= window.oldest:
                found = window.since(key, self.start)
            else:
                found = tracker.baseline.since(key, self.start) + tracker.current.get(key, NONE)
            self._counts[key] = found
        return found

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect with these attempts and events, against what is normal."""
        normal = self.moment.normals.normal(suspect.slice, suspect.signal)
        return self._weighed(suspect, total, events, normal)

    def with_shift(self, suspect: Suspect) -> Suspect:
        """The suspect against what is normal with the traffic as it is spread now."""
        normal = self.moment.normals.normal(suspect.slice, suspect.signal)
        shift = self.shift(suspect.slice, suspect.signal)
        moved = Normal(min(1.0, normal.rate + shift), normal.error, normal.dispersion)
        return self._weighed(suspect, suspect.attempts, suspect.events, moved)

    def _weighed(self, suspect: Suspect, total: int, events: int, normal: Normal) -> Suspect:
        normals = self.moment.normals
        tuning, drift = normals.tuning.evidence, normals.drift(suspect.signal)
        needed = self.moment.tracker.needed * normal.dispersion
        sure = surprise(events, total, normal, drift, tuning) / needed
        sure = sure if events >= tuning.fewest_events else 0.0
        # A wider slice's low rate is better known, which must not decide what explains more.
        least = max(normal.rate, normals.tuning.explanation.lowest)
        comparable = Normal(least, normal.error, normal.dispersion)
        nats = surprise(events, total, comparable, drift, tuning)
        expected = total * normal.rate
        return Suspect(suspect.slice, suspect.signal, total, events, expected, nats, sure)

    def suspect(self, key: Slice, signal: str) -> Suspect:
        """The slice, suspected of that signal."""
        counts = self.counts(key)
        empty = Suspect(key, signal, 0, 0, 0.0, 0.0, 0.0)
        return self.weigh(empty, attempts(counts), blamed(counts, signal))

    def without(self, suspect: Suspect | None, known: Iterable[str]) -> Suspect | None:
        """What is left of the suspect beside known incidents' slices. What lies inside of one may
        fail as it does, and some times as much; beyond, it is a trouble of its own."""
        deeper = self.moment.normals.tuning.explanation.deeper
        for key in known:
            if suspect is None:
                return None
            cause = self.suspect(key, suspect.signal)
            if key != suspect.slice and refines(suspect.slice, key):
                share = deeper * cause.excess / cause.attempts if cause.attempts else 0.0
                explained = math.ceil(share * suspect.attempts)
                left = max(0, suspect.events - explained)
                suspect = self.weigh(suspect, suspect.attempts, left)
            else:
                suspect = without(suspect, cause, self.weigh, self.crossing)
        return suspect

    def crossing(self, suspect: Suspect, cause: Suspect) -> float | None:
        """The excess that two slices hold in common, where that is a slice too."""
        both = crossing(suspect.slice, cause.slice)
        if both not in self.moment.tracker.known or not is_judged(both):
            return None
        return self.suspect(both, suspect.signal).excess

    def is_worth(self, suspect: Suspect) -> bool:
        """Whether the rate lies far enough above what is normal to be spoken of."""
        limit = self.moment.normals.tolerated(suspect.slice, suspect.signal)
        return suspect.rate > limit + self.shift(suspect.slice, suspect.signal)

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
