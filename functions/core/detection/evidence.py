"""Evidence that a slice fails more than is normal: a sequential test on counts with exposure.

Of each slice and signal it is the generalised likelihood ratio of a binomial, in nats, over every
second at which a trouble may have begun and every size that it may have:

    max over starts and p ≥ p1 of [x · ln(p/q) + (n - x) · ln((1-p)/(1-q))] / φ

x events of n attempts came since the start, q is the rate that may be normal (`limit`), p1 the
smallest rise, φ the dispersion (quasi-likelihood: McCullagh, Annals of Statistics 11, 1983). At its
best p that is n · KL(x/n ‖ q) / φ.

**All starts, few kept.** Of all starts, only those can ever be the best, for any p, that lie on the
lower convex hull of (attempts, events), with slopes between p1's and 1: FOCuS (Romano, Eckley,
Fearnhead, Rigaill, JMLR 24, 2023; for exponential families Ward, Dilillo, Eckley, Fearnhead, JASA
2023, arXiv 2208.01494 and 2302.04743). Their number grows as the logarithm of the attempts on
average; `most_starts` bounds it always, and who is dropped takes evidence along and adds none.

**It may be looked at all the time.** For one start and one p, the likelihood ratio is a test
martingale while the rate is at most q, so, by Ville's inequality, it reaches e^h with a probability
of at most e^-h: e-detectors (Shin, Ramdas, Rinaldo, New England Journal of Statistics in Data Science
2, 2024). A start must be predictable: it comes after an event, which is no evidence itself. In one
arrival it comes after the first event; what went well before that is counted, and can only take away.

**All sizes.** Let r be the true rate, r ≤ q. For every count, the maximum over p ≥ p1 is at most
1 / (1 - ε) times the best of K alternatives, chosen for r once: ε is `between`, K is `sizes`, and a
property test shows that cover for r from 1e-5 to 0.97. So with L starts a week

    P(evidence ever reaches h in a week) ≤ L · K · e^(-(1-ε)h),   h = ln(K · L / budget) / (1-ε)

keeps the false alarms within the budget, whatever the number of slices. It costs ln K + ε · h, about
3.5 nats in 20; Lorden (1971) shows that no test with that budget finds a change in fewer attempts
than h / KL(p‖q), up to a constant.

**q may move.** Counts are kept, not sums of logarithms, so a trail goes on when what is normal
changes at a fold. Where x/n lies above q, the ratio falls as q rises; where it does not, there is no
evidence. So evidence held against any q ≥ r, however it came about and moved, is at most that held
against r all along, of which the bound above speaks. That q ≥ r is not proven: q is an estimate, with
its standard error and a part of what may drift.

Between two events evidence falls with every attempt, so it is worked out when an event comes: the
cost grows with what fails, not with what there is. `after` runs for each failure of each slice: it is
the hottest place of a step. (x - nq)² / nq(1-q) is at least n · KL(x/n ‖ q), so a product says of most
starts that they cannot be suspicious, and no logarithm is taken.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

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
_RAREST: Final = 1e-9
"""Keeps logarithms finite where a rate and its standard error are 0."""

Start = tuple[float, float, int]
"""Where a trouble may have begun: attempts and events of the trail until then, and the second."""

Trail = tuple[int, float, float, int, tuple[Start, ...], float, int]
"""Of one slice and signal, worked out at so many attempts in the current cell; attempts and events since
the first start, and its second; the later starts; the evidence, in nats, and the second that it began
at. Counts are whole until they are scaled down."""
_LONG: Final = 1 << 60
COLD: Final[Trail] = (0, _LONG, 0, 0, (), 0.0, 0)
"""So long nothing has happened that the next event begins."""


class Steps(NamedTuple):
    """How events weigh. q: the rate that may be normal; least: the smallest rise's, p1. adds, takes:
    at that rate, what an event adds beyond an attempt, and what an attempt takes (nats). variance of
    an attempt at q, and dispersion."""

    q: float
    least: float
    adds: float
    takes: float
    variance: float
    dispersion: float


@lru_cache(maxsize=65536)
def steps(normal: Normal, drift: float, tuning: EvidenceTuning = EvidenceTuning()) -> Steps:
    """`drift`: how much the rate may move (share of attempts) without being worth a page."""
    q = limit(normal, drift, tuning)
    odds = tuning.smallest_rise * q / (1 - q)
    least = odds / (1 + odds)
    takes = math.log((1 - q) / (1 - least)) / normal.dispersion
    adds = math.log(least / q) / normal.dispersion + takes
    return Steps(q, least, adds, takes, q * (1 - q), normal.dispersion)


def limit(normal: Normal, drift: float, tuning: EvidenceTuning = EvidenceTuning()) -> float:
    """The rate that may be normal, q: the normal one plus some standard errors, plus a part of what it
    may drift, which is little where the rate is low."""
    moved = max(tuning.relative_drift * normal.rate, min(drift, tuning.low_drift * normal.rate))
    q = normal.rate + tuning.errors * normal.error + tuning.drift_part * moved
    return min(tuning.highest, max(_RAREST, q))


def tolerated(normal: Normal, drift: float, tuning: EvidenceTuning = EvidenceTuning()) -> float:
    """Up to this rate nothing is worth a page, however sure it is."""
    surely = normal.rate + normal.error
    worth = max(min(drift, tuning.low_worth * surely), tuning.worth * normal.rate)
    return min(tuning.highest, surely + worth)


def after(
    trail: Trail,
    step: Steps,
    seen: int,
    attempts: int,
    events: int,
    second: int,
    level: float,
    cap: float,
    most_starts: int,
) -> Trail:
    """The trail after `events` in `attempts`. Evidence begins after an event: the one that it begins
    at is no evidence itself, or every event would be a test that begins with a success.

    `seen`: the slice's attempts in the current cell, these included. level: evidence below it (nats)
    is not worked out and taken for none. cap: nats that are gathered at most, so that evidence can also
    fall again: beyond, the counts since the best start are scaled down to a part of them, at the same
    rate, and it is the only start. That adds none: of what comes then, part · (evidence before) +
    (evidence since) lies between the evidence of that start and that of one now. At the cap, more of the
    same says nothing new."""
    then, total, shown, first, starts, held, since = trail
    came = seen - then
    if held >= cap and events * total >= shown * came:
        return (seen, total, shown, first, starts, held, since)
    shown += events
    total += came
    at = total - attempts + 1
    up = shown - events + 1
    if (
        up * step[2] <= at * step[3]
    ):  # whatever follows, there is more since this second than before
        if events == 1:
            return (seen, attempts - 1, 0, second, (), 0.0, second)
        total, shown, first, starts = attempts - 1, events - 1, second, ()
    elif starts:
        starts = _with_start(starts, at, up, second, most_starts)
    elif up < at:
        starts = ((at, up, second),)
    q, _, _, _, variance, dispersion = step
    enough = level * dispersion * variance
    excess = shown - total * q
    nats, since = 0.0, second
    if excess > 0.0 and excess * excess >= enough * total:
        nats = _nats(total, shown, step)
        if nats >= level:
            since = first
        else:
            nats = 0.0
    for a, e, began in starts:
        n = total - a
        x = shown - e
        excess = x - n * q
        if excess > 0.0 and excess * excess >= enough * n:
            other = _nats(n, x, step)
            if other >= nats and other >= level:
                nats, since = other, began
    if nats <= cap:
        return (seen, total, shown, first, starts, nats, since)
    a, e, _ = next(start for start in ((0, 0, first), *starts) if start[2] == since)
    part = cap / nats
    return (seen, part * (total - a), part * (shown - e), since, (), cap, since)


def _with_start(
    starts: tuple[Start, ...], at: float, up: float, second: int, most: int
) -> tuple[Start, ...]:
    """The starts on the lower convex hull, with a new one; all come after the first."""
    kept = len(starts)
    while kept:
        a, e, _ = starts[kept - 1]
        b, f, _ = starts[kept - 2] if kept > 1 else (0, 0, 0)
        if (e - f) * (at - a) < (up - e) * (a - b):
            break
        kept -= 1
    came, rose = at, up
    if kept:
        came, rose = at - starts[kept - 1][0], up - starts[kept - 1][1]
    if rose >= came:  # all failed since the one before, which has no less of any evidence
        return starts[:kept]
    starts = (*starts[:kept], (at, up, second))
    return starts if kept < most - 1 else _fewer(starts)


def _nats(n: float, x: float, step: Steps) -> float:
    """The evidence of x events in n attempts, more than q of them."""
    q, least, adds, takes, _, dispersion = step
    if x <= least * n:
        return x * adds - n * takes
    nats = x * math.log(x / (n * q))
    if x < n:
        nats += (n - x) * math.log((n - x) / (n * (1 - q)))
    return nats / dispersion


def _fewer(starts: tuple[Start, ...]) -> tuple[Start, ...]:
    """Without the start that makes the least difference: between the slopes that are most alike."""

    def bend(number: int) -> float:
        a, e, _ = starts[number - 1] if number else (0, 0, 0)
        (b, f, _), (c, g, _) = starts[number : number + 2]
        return (g - f) * (b - a) / ((c - b) * (f - e))

    least = min(range(len(starts) - 1), key=bend)
    return starts[:least] + starts[least + 1 :]


def settled(trail: Trail, step: Steps, seen: int) -> Trail:
    """The trail at `seen` attempts of the slice in the current cell."""
    then, total, shown, first, starts, _, _ = trail
    total += seen - then
    most, since = 0.0, first
    for a, e, second in ((0, 0, first), *starts):
        n, x = total - a, shown - e
        if x > n * step.q:
            nats = _nats(n, x, step)
            if nats >= most:
                most, since = nats, second
    return (seen, total, shown, first, starts, most, since)


def strength(trail: Trail) -> float:
    """The evidence in nats, of the start and the size that fit best, when it was worked out."""
    return trail[5]


def at_cell_start(trail: Trail) -> Trail:
    """The trail when a new cell begins, of which nothing has come yet."""
    return (0, *trail[1:])


def began(trail: Trail) -> int:
    """The second of the start that fits best; the latest of equals."""
    return trail[6]


def needed(
    events_a_second: float, budget: float, tuning: EvidenceTuning = EvidenceTuning()
) -> float:
    """The evidence, in nats, at which false alarms come at most `budget` times a week."""
    looks = max(1.0, events_a_second * WEEK)
    return max(tuning.fewest_nats, math.log(tuning.sizes * looks / budget) / (1 - tuning.between))


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
    return log_likelihood_ratio(events, attempts, limit(normal, drift, tuning))
