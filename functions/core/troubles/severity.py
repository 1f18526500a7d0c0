"""From evidence and counts to a score of 0 to 100: how sure a trouble is, and how bad.

That something is wrong is proven by the evidence (functions/core/detection/evidence.py); how bad it is, is
judged by the lower end of an exact one-sided confidence interval, so that one failure in three
payments says nothing and thirty in a thousand say a lot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import msgspec

SURE: Final = 0.05
"""Error probability of the published …AtLeast metrics: a 95 % bound."""

INFO, WARNING, CRITICAL = "info", "warning", "critical"
RANK: Final[Mapping[str, int]] = {INFO: 0, WARNING: 1, CRITICAL: 2}
"""Severities in order."""
WARNING_SCORE: Final = 50.0
CRITICAL_SCORE: Final = 75.0


class Threshold(msgspec.Struct, frozen=True, order=True):
    """Rates (shares, 0 to 1) at which a signal is worth a warning, and a page at night."""

    warning: float
    critical: float


DEFAULT_THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "failed": Threshold(0.01, 0.02),
    "attributable": Threshold(0.01, 0.02),
    "denied": Threshold(0.10, 0.15),
    "reversed": Threshold(0.02, 0.04),
    "backend_reversed": Threshold(0.005, 0.01),
}

FAILING: Final = ("failed", "attributable")
"""Signals that tell of failing payments: two views of one trouble."""

RATE_SURE: Final = 0.01
"""Error probability of the bound that severity is judged by. That there is a trouble at all is
proven by the evidence; this says how bad it surely is."""


class Verdict(msgspec.Struct, frozen=True):
    """A signal of a slice, judged. Rates are shares of attempts: `rate` was seen, it surely is
    `at_least`, `normal` is usual, up to `tolerated` is nothing to speak of."""

    slice: str
    signal: str
    score: float
    rate: float
    at_least: float
    normal: float
    tolerated: float
    attempts: int

    @property
    def severity(self) -> str:
        return severity(self.score)


def severity(score: float) -> str:
    """info < 50 ≤ warning < 75 ≤ critical."""
    if score >= CRITICAL_SCORE:
        return CRITICAL
    return WARNING if score >= WARNING_SCORE else INFO


def score(sure: float, at_least: float, threshold: Threshold, tolerated: float) -> float:
    """0 to 100: a statistical part and a rule part of up to 50 each.

    The statistical part is 50 when the evidence suffices (sure = 1, its share of what is needed),
    and less in proportion. The rule part says by how much the rate, at least, lies above the
    thresholds: 0 up to the warning threshold, 25 at the critical one, towards 50 beyond. Where a
    slice tolerates more than the warning threshold, both thresholds lie that much higher: what is
    usual there says nothing new.
    """
    above = max(0.0, tolerated - threshold.warning)
    warning, critical = threshold.warning + above, threshold.critical + above
    if at_least <= warning:
        rule = 0.0
    elif at_least <= critical:
        rule = 25.0 * (at_least - warning) / (critical - warning)
    else:
        rule = 50.0 - 25.0 * critical / at_least
    return 50.0 * min(1.0, sure) + (rule if sure >= 1.0 else 0.0)


MOST_EXACT: Final = 10_000_000
"""Payments up to which the bound is computed: beyond, the terms of the sum lose their digits."""


@lru_cache(maxsize=16384)
def lower_bound(shown: int, total: int, alpha: float) -> float:
    """The rate that `shown` of `total` exceeds with confidence 1 - alpha, one-sided, exact.

    Clopper and Pearson, Biometrika 26 (1934): the p at which P(X ≥ shown) = alpha for
    X ~ Binomial(total, p). 0 when nothing was shown; the interval's coverage is never below
    1 - alpha. Found by Newton steps, kept in by bisection, to a relative error of 1e-6. Of more than
    MOST_EXACT payments a smaller sample of the same rate is judged, whose bound is lower, so still
    true.
    """
    if shown <= 0:
        return 0.0
    if not shown <= total:
        raise ValueError(f"{shown} of {total} is no share")
    if total > MOST_EXACT:
        return lower_bound(shown * MOST_EXACT // total, MOST_EXACT, alpha)
    low, high = 0.0, shown / total
    guess = _wilson(shown, total, alpha)
    while high - low > 1e-6 * high:
        if not low < guess < high:
            guess = (low + high) / 2
        tail = _upper_tail(shown, total, guess)
        if tail < alpha:
            low = guess
        else:
            high = guess
        # Newton's step on the logarithm of the tail, whose slope is the density.
        slope = _density(shown, total, guess) / tail if tail > 0.0 else 0.0
        step = guess + math.log(alpha / tail) / slope if slope > 0.0 else guess
        guess = step + (1e-7 * step if tail < alpha else -1e-7 * step)
    return low


def _wilson(shown: int, total: int, alpha: float) -> float:
    """Wilson's bound (JASA 22, 1927), close to the exact one, to begin with."""
    z = math.sqrt(-2 * math.log(alpha)) if alpha < _FAR else NormalDist().inv_cdf(1 - alpha)
    p, spread = shown / total, z * z / total
    return (p + spread / 2 - z * math.sqrt(p * (1 - p) / total + spread / total / 4)) / (1 + spread)


_FAR: Final = 1e-12


def _density(shown: int, total: int, p: float) -> float:
    """The derivative of `_upper_tail` by p: the density of Beta(shown, total - shown + 1)."""
    a, b = float(shown), float(total - shown + 1)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log + (a - 1) * math.log(p) + (b - 1) * math.log1p(-p))


def _upper_tail(shown: int, total: int, p: float) -> float:
    """P(X ≥ shown) for X ~ Binomial(total, p): the incomplete beta I_p(shown, total-shown+1).

    Lentz's continued fraction (DLMF 8.17.22), which converges fast where p < shown / total.
    """
    a, b = float(shown), float(total - shown + 1)
    if p <= 0.0:
        return 0.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(p) + b * math.log1p(-p)
        if p < 1.0
        else 0.0
    )
    if p > (a + 1) / (a + b + 2):
        return 1.0 - front * _beta_fraction(b, a, 1.0 - p) / b
    return front * _beta_fraction(a, b, p) / a


def _beta_fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, 10_000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / (1.0 + numerator * d or tiny)
            c = 1.0 + numerator / c or tiny
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-12:
            return fraction
    raise ArithmeticError(f"the incomplete beta of {a}, {b} at {x} did not converge")
