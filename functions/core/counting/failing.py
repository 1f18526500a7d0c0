"""What failed, by leaf: the counts of payments that did not succeed, in the slice of all their values.

From these follow the failures of any slice whatsoever, also of one that is not counted. There may be as
many leaves as failures, so they are kept few where they add up: of the dimension with the most values the
rarest are pooled under the value `other`, until what is left is few. No failure is lost by that; what an
outage is about is not rare among the failures, so it keeps its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.slices import ALL, Slice, dimensions, elements, narrowest, pooled

MOST_LEAVES: Final = 256
"""Leaves of one second, in a partial and in the window."""

Failing = dict[Slice, Counts]
"""Leaf → counts of its payments that did not succeed, their latencies left out."""


def add_failing(one: Mapping[Slice, Counts], two: Mapping[Slice, Counts]) -> Failing:
    total = dict(one)
    for leaf, counts in two.items():
        total[leaf] = total.get(leaf, NONE) + counts
    return total


def few(failing: Failing, most: int = MOST_LEAVES) -> Failing:
    """The same counts in at most so many leaves; as they are where they are few.

    Follows from the counts alone, whatever their order.
    """
    if len(failing) <= most:
        return failing
    rows = {elements(leaf): counts for leaf, counts in failing.items()}
    seen: dict[str, Counter[Slice]] = {}
    for row, counts in rows.items():
        for element in row:
            seen.setdefault(dimensions(element)[0], Counter())[element] += attempts(counts)
    kept = {name: _largest(values, most // _COARSEST) for name, values in seen.items()}
    while len(rows := _pooled(rows, kept)) > most and any(kept.values()):
        widest = max(kept, key=lambda name: (len(kept[name]), name))
        kept[widest] = _largest(kept[widest], len(kept[widest]) // 2)
    if len(rows) > most:
        return {ALL: sum(rows.values())}
    return {narrowest(row): counts for row, counts in rows.items()}


_COARSEST: Final = 4
"""A value among so few failures that, were all values as rare, they alone were too many."""


def _largest(values: Counter[Slice], most: int) -> Counter[Slice]:
    ranked = sorted(values.items(), key=lambda item: (item[1], item[0]), reverse=True)
    return Counter(dict(ranked[:most]))


def _pooled(
    rows: Mapping[tuple[Slice, ...], Counts], kept: Mapping[str, Counter[Slice]]
) -> dict[tuple[Slice, ...], Counts]:
    """The rows with every value pooled that is not kept."""
    known = {element for values in kept.values() for element in values}
    total: dict[tuple[Slice, ...], Counts] = {}
    for row, counts in rows.items():
        less = tuple(element if element in known else pooled(element) for element in row)
        total[less] = total.get(less, NONE) + counts
    return total
