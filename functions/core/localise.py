"""Which slices explain the failures: the fewest, each the most specific that still explains.

An outage of issuer HDFC on network VISA also raises HDFC, VISA and all traffic. They are one
cause. So the slice that explains the rise best is taken, what it explains is taken out of every
other slice, and only what still stands out is a further cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from functions.core.score import WARNING_SCORE, Verdict
from functions.core.slices import disjoint, refines, slice_values
from functions.core.tally import Counts, failures

MOST_CAUSES: Final = 3
EXPLAINS: Final = 0.7
"""A slice explains a wider one when it holds this share of the wider one's excess failures."""
CLEARLY: Final = 1.25
"""A narrower slice is the cause when its rate is so many times the wider one's."""

Judge = Callable[[str, Counts], Verdict]


def causes(
    sums: Mapping[str, Counts], judge: Judge, known: Sequence[Verdict] = ()
) -> list[Verdict]:
    """The verdicts of the slices that explain what stands out, best first, at most MOST_CAUSES.

    `sums` are the window's counts by slice. `known` are causes already found: what they explain is
    taken out first, so that only what is new is returned.
    """
    left = dict(sums)
    for cause in known:
        left = without(left, sums, cause)
    found: list[Verdict] = []
    while len(found) < MOST_CAUSES:
        verdicts = [judge(key, counts) for key, counts in left.items()]
        standing = [verdict for verdict in verdicts if verdict.score >= WARNING_SCORE]
        if not standing:
            break
        cause = _explaining(standing)
        found.append(cause)
        left = without(left, sums, cause)
    return found


def _explaining(standing: Sequence[Verdict]) -> Verdict:
    """Of the verdicts that stand out, the one that tells most.

    Candidates hold most of the excess. A narrower slice is taken over a wider one only when its
    rate is clearly higher: when everything rose alike, the cause lies outside of all slices.
    """
    most = max(_excess(verdict) for verdict in standing)
    enough = [verdict for verdict in standing if _excess(verdict) >= EXPLAINS * most]
    best = max(enough, key=lambda verdict: verdict.attempts)
    for dimensions in range(1, 4):
        narrower = [v for v in enough if len(slice_values(v.slice)) == dimensions]
        if narrower:
            top = max(narrower, key=lambda verdict: (verdict.rate, verdict.slice))
            if top.rate > CLEARLY * best.rate:
                best = top
    return best


def _excess(verdict: Verdict) -> float:
    """The events above what is tolerated."""
    return (verdict.rate - verdict.tolerated) * verdict.attempts


def without(
    left: Mapping[str, Counts], sums: Mapping[str, Counts], cause: Verdict
) -> dict[str, Counts]:
    """`left` with everything taken out that the cause explains.

    A slice inside of the cause is gone; from one that contains it the cause's counts are taken
    off; from one that crosses it, all of the cause's failures, since the crossing may hold them
    all; one that shares no payment with it stays as it is.
    """
    mine = sums.get(cause.slice)
    if mine is None:
        return dict(left)
    remaining: dict[str, Counts] = {}
    for key, counts in left.items():
        if refines(key, cause.slice):
            continue
        if disjoint(key, cause.slice):
            remaining[key] = counts
        elif refines(cause.slice, key):
            remaining[key] = _take(counts, mine)
        else:
            remaining[key] = _take(counts, failures(mine))
    return remaining


def _take(counts: Sequence[int], taken: Sequence[int]) -> Counts:
    return [max(0, a - b) for a, b in zip(counts, taken, strict=True)]
