"""What a rate surely exceeds: the exact one-sided lower confidence bound of a share.

One failure in three payments says nothing, thirty in a thousand say a lot.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

SURE: Final = 0.05
"""Error probability of the published …AtLeast metrics: a 95 % bound."""

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
