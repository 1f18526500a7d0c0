"""What is normal as of a fold: rate, error and dispersion of each slice and signal that is asked for.

It follows from the baseline and changes with it, once a minute, so it is worked out once and kept
beside the state, never in it: a Memory belongs to whoever steps.
"""

from __future__ import annotations

import math
from typing import Final

from functions.core.counting.counts import NONE, attempts, blamed, field
from functions.core.counting.signals import RATES, SIGNALS
from functions.core.counting.slices import ALL, wider_slices
from functions.core.detection.baseline import Baseline
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, Steps, steps
from functions.core.detection.season import HOUR, Season, season

OWN_PAST: Final = 300.0
"""Attempts that the longer past counts for at most, beside the last 30 minutes."""
BORROWED: Final = 20.0
"""Attempts that the wider slice's rate counts for, and for all traffic the assumed one: slices of one
kind differ a lot."""
_NOISE: Final = 0.3
"""Of 30 cells' mean squared residual, the standard error when there is no dispersion."""


class Normals:
    """What is normal by this baseline, each worked out when it is asked for, and then remembered.

    weighs: by signal, slice → how its events weigh, for what is asked once a failure.
    """

    def __init__(self, baseline: Baseline, budget: Budget = Budget()) -> None:
        self.baseline = baseline
        self.budget = budget
        self.weighs: dict[str, dict[str, Steps]] = {signal: {} for signal in RATES}
        self._normals: dict[str, dict[str, Normal]] = {signal: {} for signal in RATES}
        self._seasons: dict[str, Season | None] = {}
        self._shares: dict[tuple[str, str], float] = {}

    def normal(self, key: str, signal: str) -> Normal:
        """What is normal for the slice's signal, one of RATES.

        An empirical Bayes estimate: Beta-binomial with the wider slices' rate as prior mean, worth
        BORROWED attempts, and the slice's own longer past, worth up to OWN_PAST of them. Where the
        rate was higher at this hour on most of the days before, that is normal.
        """
        found = self._normals[signal].get(key)
        if found is None:
            found = self._normals[signal][key] = self._normal(key, signal)
        return found

    def _normal(self, key: str, signal: str) -> Normal:
        baseline = self.baseline
        wider = (self.normal(other, signal).rate for other in wider_slices(key))
        borrowed = max(wider, default=SIGNALS[signal].assumed)
        weight, shown = BORROWED, BORROWED * borrowed
        past = baseline.past.get(key)
        if past is not None and past.attempts > 0:
            own = min(OWN_PAST, past.attempts)
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
        dispersion = max(1.0, baseline.dispersion.get(signal, {}).get(key, 1.0) - _NOISE)
        return Normal(rate, math.sqrt(upper * (1 - upper) * dispersion / weight), dispersion)

    def steps(self, key: str, signal: str) -> Steps:
        """How events of that signal weigh in the slice."""
        found = self.weighs[signal].get(key)
        if found is None:
            found = steps(self.normal(key, signal), self.budget.drift(signal))
            self.weighs[signal][key] = found
        return found

    def season(self, key: str) -> Season | None:
        """What is usual in the slice at this hour, where it is known."""
        hours = self.baseline.hours.get(key)
        if hours is None:
            return None
        if key not in self._seasons:
            self._seasons[key] = season(hours, self.baseline.folded)
        return self._seasons[key]

    def share(self, key: str, wave: str) -> float:
        """The usual share of a wave's payments, worth BORROWED attempts of the assumed one, towards
        that of all traffic where the slice has few payments."""
        found = self._shares.get((wave, key))
        if found is None:
            wider = SIGNALS[wave].assumed if key == ALL else self.share(ALL, wave)
            counts = self.baseline.absorbed.get(key, NONE)
            found = (field(counts, wave) + BORROWED * wider) / (attempts(counts) + BORROWED)
            self._shares[wave, key] = found
        return found

    def after(self, baseline: Baseline) -> Normals:
        """Those of the baseline that this one was folded into. A season is of hours that are over: it
        stays as it is until the next one."""
        later = Normals(baseline, self.budget)
        if baseline.folded // HOUR == self.baseline.folded // HOUR:
            later._seasons.update(self._seasons)
        return later


class Memory:
    """The newest normals, from step to step. With a new one nothing is lost but time."""

    def __init__(self) -> None:
        self._newest: Normals | None = None

    def of(self, baseline: Baseline, budget: Budget) -> Normals:
        """The normals of the baseline, remembered where it is the one of before."""
        held = self._newest
        if held is None or held.baseline is not baseline or held.budget != budget:
            held = self._newest = Normals(baseline, budget)
        return held

    def fold(self, normals: Normals, baseline: Baseline) -> Normals:
        """The normals of the baseline that the one of `normals` was folded into."""
        self._newest = normals.after(baseline)
        return self._newest
