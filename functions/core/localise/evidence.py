"""How much each leaf's counts speak for a rise of its failure rate, in nats.

A leaf's normal rate is its baseline's, pooled a little with that of all traffic. What else than a
rise may explain a difference is chance, now and in the baseline, and that rates wander: by a tenth of
themselves always, and by as much more as is seen in the leaves that fell, which no rise has
touched. Where those vary less than chance would make them, failures are no counts but amounts, such
as a forecast's, and chance has little part. A leaf's log likelihood ratio is divided by its variance over that of chance alone
(quasi-likelihood: McCullagh, Annals of Statistics 11, 1983), so that no leaf, however large, counts
for more than its wandering allows.

Within a slice that explains a rise the leaves need not rise alike. Where the slice loses a share s
of what would have succeeded, a leaf loses s, or a share of its own, or was spared, with fixed odds; its evidence is the log of that mixture's likelihood
ratio to "as usual". So a leaf that was spared costs a bounded amount, and one that rose is worth
nearly all that it shows, whatever the others do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter
from statistics import median
from typing import Final

import msgspec

SHARES_LOST: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 0.9)
"""Alternatives: so much of what would have succeeded fails. Cf. `detection.evidence.SHARES`."""
_HIGHEST: Final = 0.999
_LOWEST: Final = 1e-5
_OVERFLOW: Final = 600.0
_CHI_SQUARE_MEDIAN: Final = 0.455
"""Of one degree of freedom: what the median squared residual is where only chance acts."""
_COUNTABLE: Final = 2.0
_FEWEST: Final = 20
"""Leaves with fewer expected failures say nothing about variance; nor do so few leaves."""
_NO_COUNTS: Final = 0.5
"""With less than this part of chance's variance where little is expected, failures are no counts but
measured amounts."""
_AMOUNT_CHANCE: Final = 0.05
_AMOUNT_WANDER: Final = 0.25
"""Then chance has so little of its variance, and wandering so much."""
_MOST_SEEN: Final = 0.1
"""Wandering by more than a third of itself is taken for chance that is correlated: it is no share
of the rate, and grows no further where the rate is high."""
_OF_WANDERING: Final = 2.0
"""A leaf counts for at most this times the square of its relative rise over that of the wandering.
A normal error is worth half: rates wander in longer tails than that, but not as counts do."""


class Odds(msgspec.Struct, frozen=True):
    """Of a leaf inside of a slice that explains. spared: it did not rise. own: of those that rose, so
    many lose a share of their own, and the others the slice's."""

    spared: float
    own: float


class Variance(msgspec.Struct, frozen=True):
    """Of a leaf's failures, over what chance makes of as many that are expected.

    chance: 1 for counts. wander: the square of the share of themselves by which rates vary."""

    chance: float
    wander: float

    def of_all(self, expected: Sequence[float], doubt: Sequence[float]) -> float:
        """By how much the sum of leaves varies more than by chance; at least 1."""
        whole = sum(expected)
        varied = sum(
            e * (unsure * self.chance + self.wander * e)
            for e, unsure in zip(expected, doubt, strict=True)
        )
        return max(1.0, varied / whole) if whole else 1.0


def normal_rates(
    attempts: Sequence[float], failures: Sequence[float], pooled: float, rate: float
) -> list[float]:
    """Of each leaf in the baseline, as if `pooled` attempts more had come at `rate`."""
    return [
        min(_HIGHEST, max(_LOWEST, (x + pooled * rate) / (n + pooled)))
        for n, x in zip(attempts, failures, strict=True)
    ]


def variance(
    attempts: Sequence[float],
    failures: Sequence[float],
    rates: Sequence[float],
    doubt: Sequence[float],
    wander: float,
) -> Variance:
    """Estimated from the leaves that fell, by medians, so that no cause inflates it; `wander` at
    least. doubt: by how much the variance of chance grows since the baseline is a sample too."""
    seen = [
        ((x - n * q) ** 2 / (n * q * (1 - q)), unsure, n * q)
        for n, x, q, unsure in zip(attempts, failures, rates, doubt, strict=True)
        if n * q >= _COUNTABLE and x <= n * q
    ]
    if len(seen) < _FEWEST:
        return Variance(1.0, wander)
    seen.sort(key=itemgetter(2))
    small = seen[: max(_FEWEST, len(seen) // 4)]
    if median(r / unsure for r, unsure, _ in small) < _NO_COUNTS * _CHI_SQUARE_MEDIAN:
        relative = median(r / expected for r, _, expected in seen)
        return Variance(_AMOUNT_CHANCE, _AMOUNT_WANDER * wander + relative / _CHI_SQUARE_MEDIAN)
    typical = median(r / unsure for r, unsure, _ in seen)
    low, high = 0.0, _MOST_SEEN if typical > _CHI_SQUARE_MEDIAN else 0.0
    for _ in range(20 if high else 0):
        middle = (low + high) / 2
        left = median(r / (unsure + middle * expected) for r, unsure, expected in seen)
        low, high = (middle, high) if left > _CHI_SQUARE_MEDIAN else (low, middle)
    return Variance(1.0, wander + high)


def evidence(
    attempts: Sequence[float],
    failures: Sequence[float],
    rates: Sequence[float],
    doubt: Sequence[float],
    varies: Variance,
    odds: Odds,
) -> list[list[float]]:
    """By share lost, of each leaf: nats for its being in a slice that loses this share."""
    alike = (1.0 - odds.spared) * (1.0 - odds.own)
    own = (1.0 - odds.spared) * odds.own / len(SHARES_LOST)
    lost = [(share, math.log(1.0 - share)) for share in SHARES_LOST]
    found: list[list[float]] = [[] for _ in SHARES_LOST]
    log, exp = math.log, math.exp
    for n, x, q, unsure in zip(attempts, failures, rates, doubt, strict=True):
        usual = n * q
        weight = 1.0 / (unsure * varies.chance + varies.wander * (x + usual) / 2)
        odd = (1.0 - q) / q
        events, rest = weight * x, weight * (n - x)
        relative = (x - usual) / max(x, usual)
        most = min(_OVERFLOW, _OF_WANDERING * relative * relative / varies.wander)
        shown = [events * log(1.0 + odd * share) + rest * kept for share, kept in lost]
        best = max(shown)
        part = most / best if best > most else 1.0
        ratios = [exp(part * one) for one in shown]
        either = odds.spared + own * sum(ratios)
        for column, ratio in zip(found, ratios, strict=True):
            column.append(log(either + alike * ratio))
    return found
