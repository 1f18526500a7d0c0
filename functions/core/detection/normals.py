"""What is normal as of a fold: rate, error and dispersion of each slice and signal that is asked for.

It follows from the baseline and changes with it, once a minute, so it is worked out once and kept
beside the state, never in it: a Memory belongs to whoever steps.
"""

from __future__ import annotations

import math

from functions.core.counting.counts import NONE, attempts, blamed, field
from functions.core.counting.signals import RATES, SIGNALS
from functions.core.counting.slices import ALL, Slice, wider_slices
from functions.core.detection.baseline import Baseline
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, Steps, steps, tolerated
from functions.core.detection.season import HOUR, Season, season
from functions.core.detection.tuning import Tuning


class Normals:
    """What is normal by this baseline, each worked out when it is asked for, and then remembered.

    weighs: by signal, slice → how its events weigh, for what is asked once a failure. unlearned: what
    all traffic is held to while nothing is learned. comes, watched, clumps, slowness: what volume.py and
    latency.py have worked out of this baseline, by slice.
    """

    def __init__(
        self, baseline: Baseline, budget: Budget = Budget(), tuning: Tuning = Tuning()
    ) -> None:
        self.baseline = baseline
        self.budget = budget
        self.tuning = tuning
        self.unlearned = Normal(tuning.evidence.unlearned_rate, 0.0, 1.0)
        self.weighs: dict[str, dict[str, Steps]] = {signal: {} for signal in RATES}
        self._normals: dict[str, dict[str, Normal]] = {signal: {} for signal in RATES}
        self._seasons: dict[str, Season | None] = {}
        self._shares: dict[tuple[str, str], float] = {}
        self.comes: dict[Slice, float] = {}
        self.watched: tuple[Slice, ...] | None = None
        self.clumps: dict[Slice, float] = {}
        self.slowness: tuple[dict[Slice, tuple[int, float, int] | None], ...] = ({}, {})

    def normal(self, key: Slice, signal: str) -> Normal:
        """What is normal for the slice's signal, one of RATES.

        An empirical Bayes estimate: Beta-binomial with the wider slices' rate as prior mean, worth
        a few attempts, and the slice's own longer past, worth some hundreds of them. Where the
        rate was higher at this hour on most of the days before, that is normal.
        """
        found = self._normals[signal].get(key)
        if found is None:
            found = self._normals[signal][key] = self._normal(key, signal)
        return found

    def _normal(self, key: Slice, signal: str) -> Normal:
        baseline, tuning = self.baseline, self.tuning.normal
        wider = (self.normal(other, signal).rate for other in wider_slices(key))
        borrowed = max(wider, default=SIGNALS[signal].assumed)
        weight, shown = tuning.borrowed, tuning.borrowed * borrowed
        past = baseline.past.get(key)
        if past is not None and past.attempts > 0:
            own = min(tuning.own_past, past.attempts)
            shown += own * past.events.get(signal, 0.0) / past.attempts
            weight += own
        counts = baseline.absorbed.get(key, NONE)
        weight += attempts(counts)
        shown += blamed(counts, signal)
        rate = shown / weight
        usually = self.season(key)
        if usually is not None:
            rate = max(rate, usually.rates[signal] or 0.0)
        # One event more, as Agresti and Coull add some: without any seen, none is not the rate.
        upper = (rate * weight + 1) / (weight + 1)
        dispersed = baseline.dispersion.get(signal, {}).get(key, 1.0)
        dispersion = max(1.0, dispersed - tuning.dispersion_noise)
        return Normal(rate, math.sqrt(upper * (1 - upper) * dispersion / weight), dispersion)

    def steps(self, key: Slice, signal: str) -> Steps:
        """How events of that signal weigh in the slice."""
        found = self.weighs[signal].get(key)
        if found is None:
            found = steps(self.normal(key, signal), self.drift(signal), self.tuning.evidence)
            self.weighs[signal][key] = found
        return found

    def drift(self, signal: str) -> float:
        """How much the signal's rate may move without being worth a page, as a share."""
        return self.budget.drift(signal, self.tuning.evidence)

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
            self._seasons[key] = season(hours, self.baseline.folded, self.tuning.normal)
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


class Memory:
    """The newest normals, from step to step. With a new one nothing is lost but time."""

    def __init__(self) -> None:
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
