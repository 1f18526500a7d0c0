"""Evidence that a slice fails more than is normal: a sequential test on counts with exposure.

For each slice and signal runs Page's CUSUM (Biometrika 41, 1954) of the log likelihood ratio of a
binomial, in nats, against each of a few alternatives, from slightly more than normal to a total
outage:

    S ← max(0, S + [x · ln(p1/q) + (n - x) · ln((1-p1)/(1-q))] / φ)

x events of n attempts came, q is the rate that is tolerated, p1 the alternative's, φ the dispersion
(quasi-likelihood: McCullagh, Annals of Statistics 11, 1983). It is looked at all the time, and may
be: from every start on, the likelihood ratio is a test martingale while the rate is at most q, so, by
Ville's inequality, it reaches h with a probability of at most e^-h. These are e-detectors (Shin,
Ramdas, Rinaldo, New England Journal of Statistics in Data Science 2, 2024). S starts after an event
only, so with L events counted in all slices a week, h = ln(alternatives · L / budget) keeps the false
alarms a week within the budget, whatever the number of slices; Lorden (1971) shows that no test with
that budget finds a change in fewer attempts than h / KL(p1‖q), up to a constant.

Between two events S falls by a constant per attempt, so it is worked out when an event comes: the
cost grows with what fails, not with what there is. `after` runs for each failure of each slice, so
its four alternatives are written out: with its caller it is the hottest place of a step.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import msgspec

from functions.core.counting.likelihood import log_likelihood_ratio
from functions.core.detection.tuning import EvidenceTuning


class Normal(msgspec.Struct, frozen=True, array_like=True):
    """A signal's normal rate in a slice (share of attempts), the standard error of that rate, and
    the dispersion: the variance of the events over that of a binomial, at least 1."""

    rate: float
    error: float
    dispersion: float


WEEK: Final = 604_800

Trail = tuple[int, float, float, float, float, int, int, int, int]
"""Of one slice and signal: its attempts in the current cell when it was worked out; S by
alternative, in nats; the seconds that they began at."""
_NEVER: Final = -1e12
COLD: Final[Trail] = (0, _NEVER, _NEVER, _NEVER, _NEVER, 0, 0, 0, 0)
"""Nothing has begun; the next event begins."""

Steps = tuple[float, float, float, float, float, float, float, float]
"""Per alternative: what an event adds to S beyond an attempt, what an attempt takes."""


@lru_cache(maxsize=65536)
def steps(normal: Normal, drift: float, tuning: EvidenceTuning = EvidenceTuning()) -> Steps:
    """`drift`: how much the rate may move (share of attempts) without being worth a page."""
    found: list[float] = []
    for share, part in zip(tuning.shares, tuning.drift_parts, strict=True):
        q = limit(normal, drift, part, tuning)
        p1 = min(0.999, q + share * (1 - q))
        lost = math.log((1 - q) / (1 - p1)) / normal.dispersion
        found += [math.log(p1 / q) / normal.dispersion + lost, lost]
    a, b, c, d, e, f, g, h = found
    return a, b, c, d, e, f, g, h


def limit(normal: Normal, drift: float, part: float, tuning: EvidenceTuning) -> float:
    """The rate that is held against the normal one: that plus its standard error, plus part of
    what it may drift, which is little where the rate is low."""
    moved = max(tuning.relative_drift * normal.rate, min(drift, tuning.low_drift * normal.rate))
    return min(tuning.highest, max(tuning.lowest, normal.rate) + normal.error + part * moved)


def tolerated(normal: Normal, drift: float, tuning: EvidenceTuning = EvidenceTuning()) -> float:
    """Up to this rate nothing is worth a page, however sure it is."""
    worth = max(drift, tuning.worth * normal.rate)
    return min(tuning.highest, normal.rate + normal.error + worth)


def after(
    trail: Trail, step: Steps, seen: int, attempts: int, events: int, second: int, cap: float
) -> Trail:
    """The trail after `events` in `attempts`. Evidence begins after an event: the one that it begins
    at is no evidence itself, or every event would be a test that begins with a success.

    `seen`: the slice's attempts in the current cell, these included. cap: nats that S is kept at, so
    that it can also fall again."""
    then, s1, s2, s3, s4, b1, b2, b3, b4 = trail
    g1, c1, g2, c2, g3, c3, g4, c4 = step
    came, rest = seen - then, events - 1
    s1 += events * g1 - came * c1
    fresh = rest * g1 - attempts * c1
    if s1 <= fresh or s1 <= 0.0:
        s1, b1 = fresh if fresh > 0.0 else 0.0, second
    s2 += events * g2 - came * c2
    fresh = rest * g2 - attempts * c2
    if s2 <= fresh or s2 <= 0.0:
        s2, b2 = fresh if fresh > 0.0 else 0.0, second
    s3 += events * g3 - came * c3
    fresh = rest * g3 - attempts * c3
    if s3 <= fresh or s3 <= 0.0:
        s3, b3 = fresh if fresh > 0.0 else 0.0, second
    s4 += events * g4 - came * c4
    fresh = rest * g4 - attempts * c4
    if s4 <= fresh or s4 <= 0.0:
        s4, b4 = fresh if fresh > 0.0 else 0.0, second
    return (
        seen,
        s1 if s1 < cap else cap,
        s2 if s2 < cap else cap,
        s3 if s3 < cap else cap,
        s4 if s4 < cap else cap,
        b1,
        b2,
        b3,
        b4,
    )


def settled(trail: Trail, step: Steps, seen: int) -> Trail:
    """The trail at `seen` attempts of the slice in the current cell; S may lie below 0 until it starts
    anew after an event."""
    then, s1, s2, s3, s4, *begun = trail
    between = seen - then
    b1, b2, b3, b4 = begun
    return (
        seen,
        s1 - between * step[1],
        s2 - between * step[3],
        s3 - between * step[5],
        s4 - between * step[7],
        b1,
        b2,
        b3,
        b4,
    )


def strength(trail: Trail) -> float:
    """The evidence in nats: that of the alternative which fits best."""
    return max(trail[1:5])


def is_over(trail: Trail, nats: float) -> bool:
    """Whether any alternative has gathered so much: `strength(trail) >= nats`, for the hot path."""
    return trail[1] >= nats or trail[2] >= nats or trail[3] >= nats or trail[4] >= nats


def at_cell_start(trail: Trail) -> Trail:
    """The trail when a new cell begins, of which nothing has come yet."""
    return (0, *trail[1:])


def began(trail: Trail) -> int:
    """The second at which the alternative began that fits best; the latest of equals."""
    top = max(trail[1:5])
    return max(second for nats, second in zip(trail[1:5], trail[5:], strict=True) if nats == top)


def needed(
    events_a_second: float, budget: float, tuning: EvidenceTuning = EvidenceTuning()
) -> float:
    """The evidence, in nats, at which false alarms come at most `budget` times a week."""
    looks = max(1.0, events_a_second * WEEK)
    return max(tuning.fewest_nats, math.log(len(tuning.shares) * looks / budget))


def surprise(
    events: int,
    attempts: int,
    normal: Normal,
    drift: float,
    tuning: EvidenceTuning = EvidenceTuning(),
) -> float:
    """The log likelihood ratio, at its best, of so many events in a given stretch, in nats:
    n · KL(x/n ‖ q); 0 where the rate is at most q. Not divided by the dispersion."""
    if events <= normal.rate * attempts:
        return 0.0  # where nearly all fails normally, that is more than any q
    return log_likelihood_ratio(
        events, attempts, limit(normal, drift, tuning.drift_parts[-1], tuning)
    )
