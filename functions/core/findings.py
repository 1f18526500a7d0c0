"""What stands out now and what explains it: from the evidence of each slice to few causes.

A slice that has gathered enough evidence is a suspect. What known incidents explain of it is taken
out, and so is what a shift of traffic explains: where a slice that always fails more takes a larger
share, wider slices fail more although nothing broke.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from msgspec.structs import replace

from functions.core.baseline import Normal, wider_slices
from functions.core.counts import NONE, SIGNALS, Counts, attempts, blamed
from functions.core.evidence import Trail, began, strength, surprise, tolerated
from functions.core.incident import Incident
from functions.core.localise import Suspect, causes, without
from functions.core.score import FAILING, RATE_SURE, WARNING_SCORE, Verdict, lower_bound, score
from functions.core.slices import ALL, refines, slice_key, slice_values
from functions.core.watch import Budget, Watch
from functions.core.window import Window

FEWEST_EVENTS: Final = 5
"""Failures that a page needs at least: fewer may be one customer who tries again."""

SHIFTED: Final = 0.001
"""From this rise of all traffic's rate on, a shift of traffic is reckoned with everywhere."""
DEEPER: Final = 2.0
"""A slice inside of an incident's that fails so many times as much is a trouble of its own."""
FAIR_PART: Final = 0.5
WIDER_NATS: Final = 5.0
"""By so much a wider slice must explain more than an open incident's own, to take its place."""

_FAMILIES: Final = (
    tuple(SIGNALS.index(signal) for signal in FAILING),
    *((number,) for number, signal in enumerate(SIGNALS) if signal not in FAILING),
)
"""Signals that tell of one trouble, by their numbers; failing payments explain denied ones too."""


@dataclass(frozen=True)
class View:
    """The payments as they stand at the window's clock, to be judged."""

    window: Window
    watch: Watch
    budget: Budget
    _spans: dict[int, Span] = field(default_factory=dict)

    @property
    def clock(self) -> int:
        return self.window.clock

    def since(self, start: int) -> Span:
        found = self._spans.get(start)
        if found is None:
            found = self._spans[start] = Span(self, start)
        return found

    def trail(self, key: str, signal: int) -> Trail:
        return self.watch.trail(key, signal, self.clock, self.budget)

    @cached_property
    def parts(self) -> Mapping[str, list[str]]:
        """Dimension → its slices."""
        parts: dict[str, list[str]] = {}
        for key in self.watch.known:
            if key and "&" not in key:
                parts.setdefault(key.split("=", 1)[0], []).append(key)
        return parts

    @cached_property
    def pairs(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Slice of one dimension → other dimension → the slices of both."""
        pairs: dict[str, dict[str, list[str]]] = {}
        for key in self.watch.known:
            if key.count("&") == 1:
                one, two = key.split("&")
                pairs.setdefault(one, {}).setdefault(two.split("=", 1)[0], []).append(key)
                pairs.setdefault(two, {}).setdefault(one.split("=", 1)[0], []).append(key)
        return pairs


@dataclass(frozen=True)
class Span:
    """The payments of the seconds from `start` on."""

    view: View
    start: int
    _counts: dict[str, Counts] = field(default_factory=dict)
    _shifts: dict[tuple[str, int], float] = field(default_factory=dict)
    _mixes: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)

    def counts(self, key: str) -> Counts:
        """The slice's counts; to the minute where the window is too short."""
        found = self._counts.get(key)
        if found is None:
            window, watch = self.view.window, self.view.watch
            if self.start >= window.oldest:
                found = window.since(key, self.start)
            else:
                found = watch.baseline.since(key, self.start) + watch.current.get(key, NONE)
            self._counts[key] = found
        return found

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect with these attempts and events, against what is normal."""
        normal = self.view.watch.baseline.normal(suspect.slice, suspect.signal)
        return self._weighed(suspect, total, events, normal)

    def with_shift(self, suspect: Suspect) -> Suspect:
        """The suspect against what is normal with the traffic as it is spread now."""
        normal = self.view.watch.baseline.normal(suspect.slice, suspect.signal)
        shift = self.shift(suspect.slice, suspect.signal)
        moved = Normal(min(1.0, normal.rate + shift), normal.error, normal.dispersion)
        return self._weighed(suspect, suspect.attempts, suspect.events, moved)

    def _weighed(self, suspect: Suspect, total: int, events: int, normal: Normal) -> Suspect:
        nats = surprise(events, total, normal, self.view.budget.drift(suspect.signal))
        needed = self.view.watch.needed * normal.dispersion
        sure = nats / needed if events >= FEWEST_EVENTS else 0.0
        expected = total * normal.rate
        return Suspect(suspect.slice, suspect.signal, total, events, expected, nats, sure)

    def suspect(self, key: str, signal: int) -> Suspect:
        """The slice, suspected of that signal."""
        counts = self.counts(key)
        empty = Suspect(key, signal, 0, 0, 0.0, 0.0, 0.0)
        return self.weigh(empty, attempts(counts), blamed(counts, SIGNALS[signal]))

    def without(self, suspect: Suspect | None, known: Iterable[str]) -> Suspect | None:
        """What is left of the suspect beside known incidents' slices. What lies inside of one may
        fail as it does, and up to DEEPER times as much; beyond, it is a trouble of its own."""
        for key in known:
            if suspect is None:
                return None
            cause = self.suspect(key, suspect.signal)
            if key != suspect.slice and refines(suspect.slice, key):
                share = DEEPER * cause.excess / cause.attempts if cause.attempts else 0.0
                explained = math.ceil(share * suspect.attempts)
                left = max(0, suspect.events - explained)
                suspect = self.weigh(suspect, suspect.attempts, left)
            else:
                suspect = without(suspect, cause, self.weigh, self.crossing)
        return suspect

    def crossing(self, suspect: Suspect, cause: Suspect) -> float | None:
        """The excess that two slices hold in common, where that is a slice too."""
        both = slice_key({**slice_values(suspect.slice), **slice_values(cause.slice)})
        if both not in self.view.watch.known:
            return None
        return self.suspect(both, suspect.signal).excess

    def is_worth(self, suspect: Suspect) -> bool:
        """Whether the rate lies far enough above what is normal to be spoken of."""
        normal = self.view.watch.baseline.normal(suspect.slice, suspect.signal)
        limit = tolerated(normal, self.view.budget.drift(suspect.signal))
        return suspect.rate > limit + self.shift(suspect.slice, suspect.signal)

    def shift(self, key: str, signal: int) -> float:
        """By how much the rate of the slice is higher than usual because its payments come from
        other slices than usual, of which each fails as it always does. At least 0."""
        found = self._shifts.get((key, signal))
        if found is None:
            found = self._shifts[key, signal] = self._shift(key, signal)
        return found

    def _shift(self, key: str, signal: int) -> float:
        own = slice_values(key)
        rate = self.view.watch.baseline.normal(key, signal).rate
        most = 0.0
        for dimension, parts in self.view.parts.items():
            if dimension in own:
                continue
            mix = self._mixes.get((dimension, signal))
            if mix is None:
                mix = self._mixes[dimension, signal] = self._composed(parts, signal)
            rise, growth = mix
            most = max(most, rise)
            if own and rise > SHIFTED:
                # How the slice's own payments are spread is not counted. Each of its failures may
                # come from the part that grew, so they may grow as much.
                most = max(most, rate * (growth - 1.0))
        if len(own) == 1:
            for parts in self.view.pairs.get(key, {}).values():
                most = max(most, self._composed(parts, signal)[0])
        return most

    def _composed(self, parts: Sequence[str], signal: int) -> tuple[float, float]:
        """By how much the rate of the parts together, each as it is normally, is higher now than
        usually; and how many times its usual share the worst that grew has now."""
        baseline = self.view.watch.baseline
        mixed: list[tuple[float, int, int]] = []
        for key in parts:
            came = attempts(self.counts(key))
            comes = baseline.spread.get(key, 0)
            mixed.append((baseline.normal(key, signal).rate, came, comes))
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


@dataclass(frozen=True)
class Finding:
    """A cause that stands out since second `began`."""

    verdict: Verdict
    began: int


def findings(
    view: View, incidents: Iterable[Incident]
) -> tuple[list[Finding], frozenset[tuple[int, str]]]:
    """The causes that stand out and no incident explains, best first; and the signals and slices
    whose evidence says nothing new: incidents explain it, it is too little to speak of, or traffic
    has shifted. `incidents` are open."""
    known = [(incident.signal, incident.slice) for incident in incidents]
    found: list[Finding] = []
    explained: set[tuple[int, str]] = set()
    for family in _FAMILIES:
        told = [key for signal, key in known if _explains(signal, family)]
        suspects: list[tuple[Suspect, int]] = []
        for signal, key in view.watch.hot:
            if signal not in family:
                continue
            trail = view.trail(key, signal)
            if strength(trail) < view.watch.needed:
                continue
            start = began(trail)
            span = view.since(start)
            own = span.suspect(key, signal)
            if own.events < FEWEST_EVENTS:
                continue  # not enough to tell, but nothing that is explained
            suspect = span.without(own, told)
            if suspect is not None and suspect.sure >= 1.0:
                suspect = span.with_shift(suspect)
                if suspect.sure >= 1.0 and span.is_worth(suspect):
                    suspects.append((suspect, start))
                    continue
            explained.add((signal, key))
        if suspects:
            news = _localised(view, family, suspects, told)
            found += news
            known += [(finding.verdict.signal, finding.verdict.slice) for finding in news]
    return found, frozenset(explained)


def _explains(signal: str, family: Sequence[int]) -> bool:
    names = [SIGNALS[number] for number in family]
    return signal in names or (signal in FAILING and "denied" in names)


def _localised(
    view: View,
    family: Sequence[int],
    suspects: Sequence[tuple[Suspect, int]],
    told: Sequence[str],
) -> list[Finding]:
    """The causes of one family: all that may explain is counted since the surest began."""
    surest, start = max(suspects, key=lambda item: (item[0].sure, item[0].slice))
    span = view.since(start)
    best: dict[str, Suspect] = {}
    for signal, key in _rivals(view, family, surest):
        left = span.without(span.suspect(key, signal), told)
        if left is not None and left.nats:
            left = span.with_shift(left)
        if left is not None and (key not in best or _more(left, best[key])):
            best[key] = left
    own = {(suspect.slice, suspect.signal): since for suspect, since in suspects}
    return [
        Finding(verdict(span, cause), own.get((cause.slice, cause.signal), start))
        for cause in causes(list(best.values()), span.weigh, span.crossing)
    ]


def _rivals(view: View, family: Sequence[int], surest: Suspect) -> set[tuple[int, str]]:
    """Whatever may explain the failures better: what is suspicious, and every slice of at most one
    dimension with a fair part of the failures, for wide slices take longer to be suspicious."""
    rivals = {(signal, key) for signal, key in view.watch.hot if signal in family}
    for key, counts in view.window.sums.items():
        if "&" in key:
            continue
        for signal in family:
            if blamed(counts, SIGNALS[signal]) >= FAIR_PART * surest.excess:
                rivals.add((signal, key))
    return rivals


def _more(one: Suspect, two: Suspect) -> bool:
    return (one.nats, -one.signal) > (two.nats, -two.signal)


def reaches_further(view: View, incident: Incident, others: Sequence[str]) -> Finding | None:
    """The wider slice that an open incident turns out to be about, because it explains more than
    the incident's own and those of the others that are open."""
    signal = SIGNALS.index(incident.signal)
    span = view.since(incident.started_at)
    own = span.suspect(incident.slice, signal)
    if not own.nats:
        return None
    wider = [
        left
        for key in (*wider_slices(incident.slice), ALL)
        if key != incident.slice
        and (left := span.without(span.suspect(key, signal), others)) is not None
    ]
    best = max(wider, key=lambda suspect: suspect.nats, default=own)
    if best.nats < own.nats + WIDER_NATS:
        return None
    return Finding(verdict(span, replace(best, sure=1.0)), incident.started_at)


def verdict(span: Span, suspect: Suspect) -> Verdict:
    budget = span.view.budget
    name = SIGNALS[suspect.signal]
    normal = span.view.watch.baseline.normal(suspect.slice, suspect.signal)
    limit = tolerated(normal, budget.drift(suspect.signal))
    at_least = lower_bound(suspect.events, suspect.attempts, RATE_SURE)
    return Verdict(
        slice=suspect.slice,
        signal=name,
        score=score(suspect.sure, at_least, budget.thresholds[name], limit),
        rate=suspect.rate,
        at_least=at_least,
        normal=normal.rate,
        tolerated=limit,
        attempts=suspect.attempts,
    )


def suspicious(view: View) -> Verdict | None:
    """The verdict on the slice with the most evidence, short of what is needed; None in calm."""
    top: tuple[float, int, str] | None = None
    for signal, key in view.watch.hot:
        candidate = (strength(view.trail(key, signal)), -signal, key)
        top = candidate if top is None else max(top, candidate)
    if top is None:
        return None
    nats, signal, key = top[0], -top[1], top[2]
    counts = view.window.sums.get(key, NONE)
    total = attempts(counts)
    normal = view.watch.baseline.normal(key, signal)
    return Verdict(
        slice=key,
        signal=SIGNALS[signal],
        score=WARNING_SCORE * min(NOT_YET, nats / view.watch.needed),
        rate=blamed(counts, SIGNALS[signal]) / total if total else 0.0,
        at_least=0.0,
        normal=normal.rate,
        tolerated=tolerated(normal, view.budget.drift(signal)),
        attempts=total,
    )


NOT_YET: Final = 0.98
"""What is proven is an incident; the rest scores less than 50."""
