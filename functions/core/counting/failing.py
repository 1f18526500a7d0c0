"""What failed, by leaf: the counts of payments that did not succeed, in the slice of all their values.

From these follow the failures of any slice whatsoever, also of one that is not counted. There may be as
many leaves as failures, so of many a sample is kept, and what is left over is counted as one, under all
traffic: none is lost. It is a priority sample (Duffield, Lund, Thorup, Journal of the ACM 54, 2007):
leaf i of weight w has priority w / u, u uniform, and the highest are kept; with τ the highest that is not,
max(w, τ) is an unbiased estimate of what its like hold. τ need not be kept: it is the one by which the
estimates add up to the whole.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Mapping
from typing import Final

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.slices import ALL, Slice

MOST_LEAVES: Final = 128
"""Leaves of one second that are told apart, in a partial and in the window."""

Failing = dict[Slice, Counts]
"""Leaf → counts of its payments that did not succeed, their latencies left out; ALL → those of leaves that
are not told apart."""


def add_failing(one: Mapping[Slice, Counts], two: Mapping[Slice, Counts]) -> Failing:
    total = dict(one)
    for leaf, counts in two.items():
        total[leaf] = total.get(leaf, NONE) + counts
    return total


def few(failing: Failing, most: int = MOST_LEAVES) -> Failing:
    """The same counts with at most so many leaves told apart; as they are where they are few.

    Follows from the counts alone, whatever their order.
    """
    if len(failing) <= most:
        return failing
    leaves = [(_priority(leaf, counts), leaf) for leaf, counts in failing.items() if leaf != ALL]
    kept = {leaf: failing[leaf] for _, leaf in heapq.nlargest(most, leaves)}
    rest = sum(failing.values()) - sum(kept.values())
    return {**kept, ALL: rest} if rest else kept


def _priority(leaf: Slice, counts: Counts) -> float:
    """The same leaf draws the same lot each time: what is usual is told apart as what is now."""
    lot = zlib.crc32(leaf.encode()) * _MIXING & _LOTS
    return attempts(counts) * _LOTS / (lot + 1)


_LOTS: Final = (1 << 32) - 1
_MIXING: Final = 2_654_435_761
"""2^32 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4): a checksum of similar
texts is regular without."""


def estimated(weights: Mapping[Slice, float]) -> dict[Slice, float]:
    """What each leaf stands for, when it has these weights and ALL is what is not told apart: the
    lightest stand for that, all at least for τ."""
    rest = weights.get(ALL, 0.0)
    told = sorted((weight, leaf) for leaf, weight in weights.items() if leaf != ALL)
    if not rest or not told:
        return dict(weights)
    lightest, below, tau = 0, 0.0, 0.0
    for lightest, (weight, _) in enumerate(told, 1):
        below += weight
        tau = (below + rest) / lightest
        if lightest == len(told) or tau <= told[lightest][0]:
            break
    return {leaf: max(weight, tau) for weight, leaf in told}
