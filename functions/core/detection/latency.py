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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, SPEEDS, Counts, slower, slower_fields, speeds
from functions.core.counting.likelihood import log_likelihood_ratio
from functions.core.counting.signals import LATENCY
from functions.core.counting.slices import ALL, Slice, crossing
from functions.core.detection.explanation import Suspect
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.tuning import Tuning
from functions.core.troubles.severity import Verdict

SLOW, MILD = 0, 1
"""Of the two cuts: beyond the first one 5 % lie usually, beyond the second up to a quarter."""
CUTS: Final = (SLOW, MILD)


class Slow(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a slice whose payments are slow: nats: S, since second `since`; cut: the first
    latency field that is slow, `usual` its share, learned from so many payments."""

    nats: float
    since: int
    cut: int
    usual: float
    learned: int


Slows = Mapping[Slice, Slow]


def slow_after(
    before: Slows, which: int, moment: Moment, came: Iterable[tuple[Slice, int, Counts]]
) -> tuple[Slows, int]:
    """What is slow by the one or the other cut, after that came of slices since some second; and how many
    began. Slices in which nothing is slow are not held."""
    every, window, needed = moment.normals.tuning, moment.window, moment.tracker.needed
    tuning, most = every.latency, every.evidence.cap * needed
    after: dict[Slice, Slow] | None = None
    usual, weights, begun = moment.normals.slowness[which], moment.normals.slow_weights, 0
    for key, second, counts in came:
        held = (before if after is None else after).get(key)
        if held is None:
            known = usual[key] if key in usual else slowness(moment.normals, key, which)
            if known is None or not slower(counts, known[0]):
                continue
            held = Slow(0.0, second, *known)
            begun += 1
        if after is None:
            after = dict(before)
        timed, slow = slower(counts, 0), slower(counts, held.cut)
        known_by = held.usual, held.learned
        weighs = weights.get(known_by)
        if weighs is None:
            weighs = _weights(usual_limit(held.usual, held.learned, every), tuning.share)
            weights[known_by] = weighs
        won, lost = weighs
        gain = slow * won - timed * lost
        nats = min(most, held.nats + gain / tuning.dispersion)
        if nats <= 0.0 or _is_over(held, window.sums.get(key, NONE), moment):
            after.pop(key, None)
        else:
            after[key] = Slow(nats, held.since, held.cut, held.usual, held.learned)
    return before if after is None else after, begun


def _weights(q: float, share: float) -> tuple[float, float]:
    """What a slow payment adds to S beyond any, and what any takes, in nats."""
    p1 = q + share * (1.0 - q)
    lost = math.log((1.0 - q) / (1.0 - p1))
    return math.log(p1 / q) + lost, lost


def _is_over(held: Slow, counts: Counts, moment: Moment) -> bool:
    """Whether it has lasted for as long as it may, or the window has enough payments, and no more slow
    ones than need be told."""
    tuning, window = moment.normals.tuning.latency, moment.window
    lasted = window.clock - held.since
    if lasted < window.width:
        return False
    timed = slower(counts, 0)
    worth = max(tuning.clearly_slower, held.usual + tuning.slower_by)
    return lasted >= tuning.lasting_seconds or (
        timed >= tuning.fewest_timed and slower(counts, held.cut) < worth * timed
    )


def slowness(normals: Normals, key: Slice, which: int) -> tuple[int, float, int] | None:
    """The slice's cut, the share of payments that lie beyond it usually, and of how many payments that
    is known; None of too few, and where there is no second cut."""
    known = normals.slowness[which]
    if key not in known:
        known[key] = _slowness(normals, key, which)
    return known[key]


def slow_fields(normals: Normals, key: Slice) -> Counts:
    """The latency fields that are slow in the slice by either cut, all their bits set: who has none of
    them adds nothing where nothing is slow yet."""
    cuts = (slowness(normals, key, which) for which in CUTS)
    return slower_fields(min((known[0] for known in cuts if known), default=len(SPEEDS) + 1))


def _slowness(normals: Normals, key: Slice, which: int) -> tuple[int, float, int] | None:
    tuning = normals.tuning.latency
    usual = normals.baseline.absorbed.get(key, NONE)
    timed = slower(usual, 0)
    if timed < tuning.known_timed:
        return None
    beyond = list(accumulate(reversed(speeds(usual))))[::-1]
    cut = _cut(beyond, tuning.usually_slower * timed)
    if which == MILD:
        cut = min(cut - 1, _cut(beyond, tuning.mildly_slower * timed))
        if cut < 1 or beyond[cut] > tuning.mildly_slower * timed:
            return None
    return cut, beyond[cut] / timed, timed


def _cut(beyond: Sequence[int], most: float) -> int:
    """The first latency field of which, with all slower ones, as few are usual as may be."""
    return next(
        (index for index in range(1, len(SPEEDS) + 1) if beyond[index] <= most), len(SPEEDS)
    )


def usual_limit(usual: float, learned: int, tuning: Tuning) -> float:
    """The share of slow payments that is held against what comes: the usual one and its standard error,
    where so few are not known to be fewer than one in twenty."""
    q = min(tuning.evidence.highest, max(tuning.latency.usually_slower, usual))
    return min(tuning.evidence.highest, q + math.sqrt(q * (1 - q) / max(1, learned)))


@dataclass(eq=False)
class Slowed:
    """The payments beyond one cut since `start`, held against what is usual in each slice: with one cut
    for all slices, what is too much adds up."""

    moment: Moment
    slows: tuple[Slows, ...]
    start: int
    cut: int
    _usual: dict[Slice, tuple[float, int]] = field(default_factory=dict)
    _suspects: dict[Slice, Suspect] = field(default_factory=dict)

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
            if held is not None and held.cut == self.cut:
                return held.usual, held.learned
        normals = self.moment.normals
        of_all = -1.0 if key == ALL else self.usual(ALL)[0]
        found = normals.slow_shares.get((key, self.cut, of_all))
        if found is None:
            counts = normals.baseline.absorbed.get(key, NONE)
            timed, slow = slower(counts, 0), slower(counts, self.cut)
            if key == ALL:
                found = (slow / timed, timed) if timed else (1.0, 0)
            else:
                borrowed = normals.tuning.normal.borrowed
                share = (slow + borrowed * of_all) / (timed + borrowed)
                found = share, timed + round(borrowed)
            normals.slow_shares[key, self.cut, of_all] = found
        return found

    def suspect(self, key: Slice) -> Suspect:
        found = self._suspects.get(key)
        if found is None:
            counts = self.moment.since(self.start).counts(key)
            found = self._weighed(key, slower(counts, 0), slower(counts, self.cut))
            self._suspects[key] = found
        return found

    def known(self, key: Slice) -> Suspect:
        """The slice of an incident."""
        return self.suspect(key)

    def weigh(self, suspect: Suspect, total: int, events: int) -> Suspect:
        """The suspect with so many slow payments of so many, against what is usual."""
        return self._weighed(suspect.slice, total, events)

    def _weighed(self, key: Slice, total: int, events: int) -> Suspect:
        usual, learned = self.usual(key)
        tuning = self.moment.normals.tuning
        limits = self.moment.normals.slow_limits
        limit = limits.get((usual, learned))
        if limit is None:
            limit = limits[usual, learned] = usual_limit(usual, learned, tuning)
        events = min(total, events)
        nats = log_likelihood_ratio(events, total, limit)
        needed = self.moment.tracker.needed * tuning.latency.dispersion
        return Suspect(key, LATENCY, total, events, total * usual, nats, nats / needed)

    def crossing(self, suspect: Suspect, cause: Suspect) -> Suspect | None:
        """What two slices hold in common, where that is counted."""
        both = crossing(suspect.slice, cause.slice)
        return self.suspect(both) if both in self.moment.tracker.known else None

    def is_worth(self, suspect: Suspect) -> bool:
        """Whether clearly more are slow than usual, of enough to tell."""
        tuning = self.moment.normals.tuning.latency
        more = suspect.rate - self.usual(suspect.slice)[0]
        enough = suspect.attempts >= tuning.fewest_timed
        return enough and suspect.rate >= tuning.clearly_slower and more >= tuning.slower_by

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
