"""Counts at random, of the standard library's generator alone."""

from __future__ import annotations

import math
import random
from typing import Final

_MANY: Final = 50.0
"""From this mean (and distance from all) on, a count is drawn as a normal value."""


def poisson(rng: random.Random, mean: float) -> int:
    if mean >= _MANY:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, waited = 0, rng.expovariate(1.0)
    while waited < mean:
        count += 1
        waited += rng.expovariate(1.0)
    return count


def binomial(rng: random.Random, trials: int, rate: float) -> int:
    """Successes of `trials` at `rate`, by the gaps between successes while they are few."""
    if rate > 0.5:
        return trials - binomial(rng, trials, 1.0 - rate)
    if rate <= 0.0 or trials <= 0:
        return 0
    mean = trials * rate
    if mean >= _MANY:
        drawn = round(rng.gauss(mean, math.sqrt(mean * (1.0 - rate))))
        return min(trials, max(0, drawn))
    count, log_miss = 0, math.log1p(-rate)
    at = _gap(rng, log_miss)
    while at <= trials:
        count += 1
        at += _gap(rng, log_miss)
    return count


def overdispersed(rng: random.Random, trials: int, rate: float, alike: float) -> int:
    """Beta-binomial: `alike` is the correlation of two trials' outcomes, 0 when independent."""
    if alike > 0.0 and 0.0 < rate < 1.0:
        spread = 1.0 / alike - 1.0
        rate = rng.betavariate(rate * spread, (1.0 - rate) * spread)
    return binomial(rng, trials, rate)


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _gap(rng: random.Random, log_miss: float) -> float:
    """Trials up to and with the next success, a whole number or infinite."""
    return 1.0 + math.log(1.0 - rng.random()) // log_miss
