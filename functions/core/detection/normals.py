"""What is normal as of a fold: rate, error and dispersion of each slice and signal that is asked for.

A rate has two anchors. The fast one is what was absorbed in the last half hour; the slow one, the longer
past, knows a day and more. Normal follows the fast one down at once, and up only as far as it may have
moved from the slow one by then (`Baseline.reach`). What fails beyond that is found as any trouble is.

It follows from the baseline and changes with it, once a minute, so it is worked out once and kept
beside the state, never in it: a Memory belongs to whoever steps.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from functions.core.counting.counts import NONE, Counts, attempts, blamed, field
from functions.core.counting.signals import RATES, SIGNALS
from functions.core.counting.slices import ALL, Slice, dimensions, is_judged, wider_slices
from functions.core.detection.baseline import Baseline, Cell, Reach
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, Steps, steps, tolerated
from functions.core.detection.remembered import Index
from functions.core.detection.season import HOUR, Season, season
from functions.core.detection.tuning import Tuning
from functions.core.detection.usual import Usual, usual

UNBOUNDED: Final = math.inf
"""How far normal may lie where there is no slow anchor yet."""


class Normals:
    """What is normal by this baseline, each worked out when it is asked for, and then remembered.

    current: counts that are in no cell yet. weighs: by signal, slice → how its events weigh, for what is
    asked once a failure. unlearned: what all traffic is held to while nothing is learned. comes,
    watched, clumps, slowness, slow_fields: what volume.py, latency.py and flow.py have worked out of this
    baseline, by slice; slow_weights, slow_limits: by what is usually slow, and of how many payments that
    is known; slow_shares: by slice, cut and the share of all traffic.
    """

    def __init__(
        self,
        baseline: Baseline,
        budget: Budget = Budget(),
        tuning: Tuning = Tuning(),
        current: Mapping[Slice, Counts] | None = None,
    ) -> None:
        self.baseline = baseline
        self.current = current or {}
        self.budget = budget
        self.tuning = tuning
        self.unlearned = Normal(tuning.evidence.unlearned_rate, 0.0, 1.0)
        self.weighs: dict[str, dict[str, Steps]] = {signal: {} for signal in RATES}
        self._normals: dict[str, dict[str, Normal]] = {signal: {} for signal in RATES}
        self._recent: dict[tuple[str, str], tuple[float, float]] = {}
        self._anchors: dict[tuple[str, str], tuple[float, float]] = {}
        self._seasons: dict[str, Season | None] = {}
        self._shares: dict[tuple[str, str], float] = {}
        self._usual: dict[str, Usual] = {}
        self._prior = _worth(tuning.normal.differ, tuning.evidence.errors)
        self._known: Known | None = None
        self._drifts: dict[str, float] = {}
        self._ends = [cell.end for cell in baseline.cells]
        self._newest: dict[str, list[Counts]] = {}
        self._counted: dict[str, Counts] = {}
        self._apart = [cell for cell in baseline.cells if cell.held or not cell.absorbed]
        self.comes: dict[Slice, float] = {}
        self.watched: tuple[Slice, ...] | None = None
        self.clumps: dict[Slice, float] = {}
        self.slowness: tuple[dict[Slice, tuple[int, float, int] | None], ...] = ({}, {})
        self.slow_fields: dict[Slice, Counts] = {}
        self.slow_shares: dict[tuple[Slice, int, float], tuple[float, int]] = {}
        self.slow_limits: dict[tuple[float, int], float] = {}
        self.slow_weights: dict[tuple[float, int], tuple[float, float]] = {}

    def normal(self, key: Slice, signal: str) -> Normal:
        """What is normal for the slice's signal, one of RATES.

        The recent rate, as far as it may have moved from the slow anchor. Where the rate was higher at
        this hour on the days before, that is normal, up to so many times the slow anchor.
        """
        found = self._normals[signal].get(key)
        if found is None:
            found = self._normals[signal][key] = self._normal(key, signal)
        return found

    def recent(self, key: Slice, signal: str, until: int | None = None) -> Normal:
        """What would be normal if nothing bounded it: what the last half hour says, or what of it lies
        before a second."""
        rate, weight = self._estimate(key, signal)
        if until is not None:
            later = sum(
                cell.counts.get(key, NONE)
                for cell in self.baseline.cells
                if cell.absorbed and cell.end > until and key not in cell.held
            )
            left = weight - attempts(later)
            rate, weight = max(0.0, rate * weight - blamed(later, signal)) / left, left
        return self._with_error(key, signal, rate, weight)

    def reach(self, key: Slice, signal: str) -> float:
        """The rate up to which normal may have moved by now; UNBOUNDED while there is no slow anchor."""
        held = self.baseline.reach.get(signal, {}).get(key)
        _, nearest = self._anchor(key, signal)
        return nearest if held is None else max(nearest, held.rate)

    def is_near(self, key: Slice, signal: str, rate: float) -> bool:
        """Whether the rate lies within reach for sure: at a glance, without working that out."""
        past, tuning = self.baseline.past.get(key), self.tuning.normal
        return (
            past is not None
            and past.attempts * tuning.wander >= tuning.borrowed
            and rate * past.attempts <= past.events.get(signal, 0.0)
        )

    def recent_rate(self, key: Slice, signal: str) -> float:
        """The rate of `recent`."""
        return self._estimate(key, signal)[0]

    def reached(self, key: Slice, signal: str, second: int) -> Reach | None:
        """How far normal may have moved at `second`; None while the recent rate lies at its slow anchor."""
        tuning = self.tuning.normal
        recent, _ = self._estimate(key, signal)
        if self.is_near(key, signal, recent):
            return None
        anchor, nearest = self._anchor(key, signal)
        if recent <= nearest:
            return None
        seconds = max(0, second - self.baseline.folded)
        moved = self.reach(key, signal) + self.an_hour(key, signal) * seconds / HOUR
        return Reach(second, min(recent, moved, max(nearest, tuning.moved * anchor)))

    def an_hour(self, key: Slice, signal: str) -> float:
        """How much further normal may leave its slow anchor within an hour (share of attempts)."""
        tuning, (anchor, _) = self.tuning.normal, self._anchor(key, signal)
        return min(max(tuning.moves * anchor, tuning.least_moves), tuning.most_moves)

    def _normal(self, key: Slice, signal: str) -> Normal:
        recent, weight = self._estimate(key, signal)
        rate = recent
        if not self.is_near(key, signal, recent):
            rate = min(recent, self.reach(key, signal))
        usually = self.season(key)
        if usually is not None:
            anchor, _ = self._anchor(key, signal)
            most = self.tuning.normal.most_recurring * anchor
            rate = max(rate, min(usually.rates[signal] or 0.0, most))
        return self._with_error(key, signal, rate, weight)

    def _with_error(self, key: Slice, signal: str, rate: float, weight: float) -> Normal:
        return _normal(rate, weight, self._dispersion(key, signal))

    def _dispersion(self, key: Slice, signal: str) -> float:
        dispersed = self.baseline.dispersion.get(signal, {}).get(key, 1.0)
        return max(1.0, dispersed - self.tuning.normal.dispersion_noise)

    def _estimate(self, key: Slice, signal: str) -> tuple[float, float]:
        """The recent rate, and the attempts that it is worth.

        An empirical Bayes estimate: Beta-binomial with the rate of the wider slices, or of its sister
        slices, as prior mean, worth a few attempts, and the slice's own longer past, worth some hundreds
        of them, and as many as are held back of the last half hour: the longer past stands in for these.
        """
        found = self._recent.get((signal, key))
        if found is None:
            found = self._recent[signal, key] = self._estimated(key, signal)
        return found

    def _estimated(self, key: Slice, signal: str) -> tuple[float, float]:
        baseline, tuning = self.baseline, self.tuning.normal
        borrowed, weight = self._borrowed(key, signal)
        shown = weight * borrowed
        counts = baseline.absorbed.get(key, NONE)
        past = baseline.past.get(key)
        if past is not None and past.attempts > 0:
            held = max(0, baseline.spread.get(key, 0) - attempts(counts))
            own = min(tuning.own_past + held, past.attempts)
            shown += own * past.events.get(signal, 0.0) / past.attempts
            weight += own
        weight += attempts(counts)
        shown += blamed(counts, signal)
        return shown / weight, weight

    def unseen(self, key: Slice, signal: str) -> Normal:
        """What would be normal for the slice if nothing of it had been seen."""
        return _normal(*self._borrowed(key, signal), 1.0)

    def _borrowed(self, key: Slice, signal: str) -> tuple[float, float]:
        """The prior's mean, and the attempts that it is worth."""
        tuning, wider = self.tuning.normal, wider_slices(key)
        if not wider:
            return SIGNALS[signal].assumed, tuning.borrowed
        rate = max([self._sisters(key, other, signal) for other in wider])
        return rate, min(tuning.borrowed, self._prior / rate)

    def _sisters(self, key: Slice, wider: Slice, signal: str) -> float:
        """What is normal for the wider slice, or where that is less, what its payments outside of this
        one show: while all is learned, what is wrong in a slice seems normal for the wider one."""
        assumed, weight = SIGNALS[signal].assumed, self.tuning.normal.borrowed
        seen, own = self.counted(wider), self.counted(key)
        shown = max(0, blamed(seen, signal) - blamed(own, signal)) + weight * assumed
        outside = shown / (max(0, attempts(seen) - attempts(own)) + weight)
        is_learned = wider in self.baseline.absorbed or wider in self.baseline.past
        return min(self.normal(wider, signal).rate, outside) if is_learned else min(1.0, outside)

    @cached_property
    def spread_seconds(self) -> int:
        """How long the cells are together that tell how traffic is spread; at least 1."""
        cells = [cell for cell in self.baseline.cells if cell.absorbed and not cell.mixed]
        return max(1, sum(cell.end - cell.start for cell in cells))

    def since(self, key: Slice, second: int) -> Counts:
        """As of the baseline, of which many ask: the slice's counts in the cells that end after `second`."""
        cells = self.baseline.cells
        last = len(cells) - bisect_right(self._ends, second)
        sums = self._newest.get(key)
        if sums is None:
            sums = self._newest[key] = [NONE]
        while len(sums) <= last:
            sums.append(sums[-1] + cells[-len(sums)].counts.get(key, NONE))
        return sums[last]

    def counted(self, key: Slice) -> Counts:
        """What was counted of the slice within the memory, held back or not."""
        found = self._counted.get(key)
        if found is None:
            # Of most cells the sum is known: what of them was absorbed.
            found = self.baseline.absorbed.get(key, NONE) + self.current.get(key, NONE)
            for cell in self._apart:
                if not cell.absorbed or key in cell.held:
                    found += cell.counts.get(key, NONE)
            self._counted[key] = found
        return found

    def _anchor(self, key: Slice, signal: str) -> tuple[float, float]:
        """The rate of the slow anchor, and how far normal may lie from it at any time."""
        found = self._anchors.get((signal, key))
        if found is None:
            found = self._anchors[signal, key] = self._anchored(key, signal)
        return found

    def _anchored(self, key: Slice, signal: str) -> tuple[float, float]:
        tuning, past = self.tuning.normal, self.baseline.past.get(key)
        if past is None or past.attempts <= 0:
            return self._estimate(key, signal)[0], UNBOUNDED
        wider = (self._anchor(other, signal)[0] for other in wider_slices(key))
        borrowed = tuning.borrowed * max(wider, default=SIGNALS[signal].assumed)
        weight = tuning.borrowed + past.attempts
        rate = (borrowed + past.events.get(signal, 0.0)) / weight
        error = self._with_error(key, signal, rate, weight).error
        return rate, (1 + tuning.wander) * rate + tuning.anchor_errors * error

    def steps(self, key: Slice, signal: str) -> Steps:
        """How events of that signal weigh in the slice."""
        found = self.weighs[signal].get(key)
        if found is None:
            found = steps(self.normal(key, signal), self.drift(signal), self.tuning.evidence)
            self.weighs[signal][key] = found
        return found

    def drift(self, signal: str) -> float:
        """How much the signal's rate may move without being worth a page, as a share."""
        found = self._drifts.get(signal)
        if found is None:
            found = self._drifts[signal] = self.budget.drift(signal, self.tuning.evidence)
        return found

    def unlearned_steps(self) -> Steps:
        """How events weigh while nothing is learned."""
        return steps(self.unlearned, 0.0, self.tuning.evidence)

    def tolerated(self, key: Slice, signal: str) -> float:
        """Up to this rate of the slice nothing is worth a page, however sure it is."""
        return tolerated(self.normal(key, signal), self.drift(signal), self.tuning.evidence)

    def season(self, key: Slice) -> Season | None:
        """What is usual in the slice at this hour, where it is known."""
        hours = self.baseline.hours.get(key)
        if hours is None:
            return None
        if key not in self._seasons:
            held = self.baseline.held_hours.get(key, {})
            self._seasons[key] = season(hours, self.baseline.folded, self.tuning.normal, held)
        return self._seasons[key]

    def share(self, key: Slice, wave: str) -> float:
        """The usual share of a wave's payments, worth a few attempts of the assumed one, towards that
        of all traffic where the slice has few payments."""
        found = self._shares.get((wave, key))
        if found is None:
            wider = SIGNALS[wave].assumed if key == ALL else self.share(ALL, wave)
            counts = self.baseline.absorbed.get(key, NONE)
            borrowed = self.tuning.normal.borrowed
            found = (field(counts, wave) + borrowed * wider) / (attempts(counts) + borrowed)
            self._shares[wave, key] = found
        return found

    def share_before(self, key: Slice, wave: str, cells: Sequence[Cell]) -> float:
        """The same, without what of these cells was absorbed: what is held against it is no part of it."""
        counts = self.baseline.absorbed.get(key, NONE)
        came = [
            cell.counts.get(key, NONE) for cell in cells if cell.absorbed and key not in cell.held
        ]
        shown = field(counts, wave) - sum(field(one, wave) for one in came)
        total = attempts(counts) - sum(map(attempts, came))
        wider = SIGNALS[wave].assumed if key == ALL else self.share_before(ALL, wave, cells)
        borrowed = self.tuning.normal.borrowed
        return (max(0, shown) + borrowed * wider) / (max(0, total) + borrowed)

    def usually(self, signal: str) -> Usual:
        """What usually fails with that signal, by leaf."""
        if signal not in self._usual:
            self._usual[signal] = usual(self.baseline, signal)
        return self._usual[signal]

    def known_slices(self, known: Mapping[Slice, int]) -> Known:
        """The known slices by their dimensions; as before while they are the same."""
        if self._known is None or self._known.known is not known:
            self._known = Known(known)
        return self._known

    def is_by(self, budget: Budget, tuning: Tuning) -> bool:
        """Whether these are what follows from that budget and tuning."""
        return self.budget == budget and self.tuning == tuning

    def after(self, baseline: Baseline) -> Normals:
        """Those of the baseline that this one was folded into. A season is of hours that are over: it
        stays as it is until the next one."""
        later = Normals(baseline, self.budget, self.tuning)
        if baseline.folded // HOUR == self.baseline.folded // HOUR:
            later._seasons.update(self._seasons)
        return later


def _normal(rate: float, weight: float, dispersion: float) -> Normal:
    """One event more, as Agresti and Coull add some: without any seen, none is not the rate."""
    upper = (rate * weight + 1) / (weight + 1)
    return Normal(rate, math.sqrt(upper * (1 - upper) * dispersion / weight), dispersion)


def _worth(differ: float, errors: float) -> float:
    """The events that a prior counts for, a, whose rate and standard errors, with Agresti and Coull's
    one more, are together `differ` times its rate: a + errors · √(a + 1) = differ · a."""
    square = ((differ - 1.0) / errors) ** 2
    return (1.0 + math.sqrt(1.0 + 4.0 * square)) / (2.0 * square)


class Known:
    """Known slices, each with the second that it was seen first, by their dimensions."""

    def __init__(self, known: Mapping[Slice, int]) -> None:
        self.known = known

    @cached_property
    def combinations(self) -> frozenset[tuple[str, ...]]:
        """Those of dimensions that there are."""
        return frozenset(map(dimensions, self.known))

    @cached_property
    def parts(self) -> Mapping[str, list[Slice]]:
        """Dimension → its slices."""
        parts: dict[str, list[Slice]] = {}
        for key in self.known:
            if len(dimensions(key)) == 1:
                parts.setdefault(dimensions(key)[0], []).append(key)
        return parts

    @cached_property
    def crossings(self) -> Mapping[Slice, Mapping[str, list[Slice]]]:
        """Slice of one dimension → other dimension → the slices of both."""
        crossings: dict[Slice, dict[str, list[Slice]]] = {}
        for key in self.known:
            if len(dimensions(key)) == 2:
                for one, other in zip(wider_slices(key), dimensions(key), strict=True):
                    crossings.setdefault(one, {}).setdefault(other, []).append(key)
        return crossings

    @cached_property
    def pairs(self) -> Mapping[Slice, Mapping[str, list[Slice]]]:
        """Of the crossings those that are judged."""
        return {
            key: {other: pairs for other, pairs in by_other.items() if is_judged(pairs[0])}
            for key, by_other in self.crossings.items()
        }


class Memory:
    """The newest normals, and the payments that are known by mark, from step to step. With a new one
    nothing is lost but time."""

    def __init__(self) -> None:
        self.index = Index()
        self._newest: Normals | None = None

    def of(self, baseline: Baseline, budget: Budget, tuning: Tuning = Tuning()) -> Normals:
        """The normals of the baseline, remembered where it is the one of before."""
        held = self._newest
        if held is None or held.baseline is not baseline or not held.is_by(budget, tuning):
            held = self._newest = Normals(baseline, budget, tuning)
        return held

    def fold(self, normals: Normals, baseline: Baseline) -> Normals:
        """The normals of the baseline that the one of `normals` was folded into."""
        self._newest = normals.after(baseline)
        return self._newest
