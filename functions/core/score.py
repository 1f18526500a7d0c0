"""From counts to a score of 0 to 100: how surely a rate lies above its thresholds.

A rate is judged by the lower end of an exact one-sided confidence interval, so that one failure in
three payments says nothing and thirty in a thousand say a lot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from functions.core.tally import attempts, events

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

SLICE_SIGNALS: Final = ("failed", "attributable")
"""What a slice other than all traffic is judged by: issuers differ too much in the rest."""


class Verdict(msgspec.Struct, frozen=True):
    """A signal of a slice, judged. Rates are shares of attempts, `at_least` the lower bound,
    `tolerated` the warning threshold."""

    slice: str
    signal: str
    score: float
    rate: float
    at_least: float
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


def judge(
    key: str,
    counts: Sequence[int],
    signals: Sequence[str],
    thresholds: Mapping[str, Threshold],
    alpha: float,
) -> Verdict:
    """The slice's worst signal. `alpha` is the error probability of the bound it is judged by."""
    total = attempts(counts)
    verdicts = (
        _verdict(key, signal, events(counts, signal), total, thresholds[signal], alpha)
        for signal in signals
    )
    return max(verdicts, key=lambda verdict: verdict.score)


def _verdict(
    key: str, signal: str, shown: int, total: int, threshold: Threshold, alpha: float
) -> Verdict:
    rate = shown / total if total else 0.0
    sure = rate > threshold.warning
    at_least = lower_bound(shown, total, alpha) if sure else 0.0
    return Verdict(
        key, signal, score(at_least, threshold), rate, at_least, threshold.warning, total
    )


def score(at_least: float, threshold: Threshold) -> float:
    """0 at nothing, 50 at the warning threshold, 75 at the critical one, towards 100 beyond.

    Linear up to the critical threshold c; beyond it 100 - 25 · c / rate.
    """
    if at_least <= threshold.warning:
        return WARNING_SCORE * at_least / threshold.warning
    if at_least <= threshold.critical:
        share = (at_least - threshold.warning) / (threshold.critical - threshold.warning)
        return WARNING_SCORE + (CRITICAL_SCORE - WARNING_SCORE) * share
    return 100.0 - (100.0 - CRITICAL_SCORE) * threshold.critical / at_least


MOST_EXACT: Final = 10_000_000
"""Payments up to which the bound is computed: beyond, the terms of the sum lose their digits."""


@lru_cache(maxsize=16384)
def lower_bound(shown: int, total: int, alpha: float) -> float:
    """The rate that `shown` of `total` exceeds with confidence 1 - alpha, one-sided, exact.

    Clopper and Pearson, Biometrika 26 (1934): the p at which P(X ≥ shown) = alpha for
    X ~ Binomial(total, p). 0 when nothing was shown; the interval's coverage is never below
    1 - alpha. Found by bisection to a relative error of 1e-6. Of more than MOST_EXACT payments a
    smaller sample of the same rate is judged, whose bound is lower, so still true.
    """
    if shown <= 0:
        return 0.0
    if not shown <= total:
        raise ValueError(f"{shown} of {total} is no share")
    if total > MOST_EXACT:
        return lower_bound(shown * MOST_EXACT // total, MOST_EXACT, alpha)
    low, high = 0.0, shown / total
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if _upper_tail(shown, total, middle) < alpha:
            low = middle
        else:
            high = middle
    return low


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
