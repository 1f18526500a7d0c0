"""What usually fails, by leaf: what of the past half hour was not held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from functions.core.counting.counts import Counts, attempts, blamed
from functions.core.counting.failing import estimated
from functions.core.counting.slices import (
    ALL,
    Slice,
    dimensions,
    elements,
    is_judged,
    narrowest,
    refines,
)
from functions.core.detection.baseline import Baseline, Cell

Leaves = Mapping[Slice, float]
"""Leaf → failures; an estimate where not all are told apart."""


class Usual(msgspec.Struct, frozen=True):
    """What failed in the past half hour, without what was held back. shown: with the signal; unhappy: all
    that did not succeed, which tells how payments are spread."""

    shown: Leaves
    unhappy: Leaves


def usual(baseline: Baseline, signal: str) -> Usual:
    """What usually fails with that signal, by leaf."""
    shown: Counter[Slice] = Counter()
    unhappy: Counter[Slice] = Counter()
    for cell in baseline.cells:
        if cell.absorbed and not cell.mixed and cell.failing:
            clean = _clean(cell)
            shown.update(weights(clean, signal))
            unhappy.update(estimated({leaf: attempts(n) for leaf, n in clean.items()}))
    return Usual(shown, unhappy)


def _clean(cell: Cell) -> dict[Slice, Counts]:
    """The leaves of the cell that lie in no slice that was held back; none of them when all traffic was
    and what failed in it is not told apart by anything narrower."""
    if not cell.held:
        return cell.failing
    kinds = {dimensions(key) for key in cell.held if is_judged(key) and key != ALL}
    if not kinds:
        return {} if ALL in cell.held else cell.failing
    clean: dict[Slice, Counts] = {}
    for leaf, counts in cell.failing.items():
        values = {dimensions(element)[0]: element for element in elements(leaf)}
        if leaf != ALL and not any(
            narrowest(values[name] for name in names) in cell.held
            for names in kinds
            if all(name in values for name in names)
        ):
            clean[leaf] = counts
    return clean


def weights(leaves: Mapping[Slice, Counts], signal: str) -> Leaves:
    """What of these leaves shows the signal, by leaf."""
    shown = {leaf: float(n) for leaf, counts in leaves.items() if (n := blamed(counts, signal))}
    return estimated(shown) if ALL in shown else shown


def within(leaves: Leaves, key: Slice) -> float:
    """How many of them lie in the slice."""
    return sum(n for leaf, n in leaves.items() if refines(leaf, key))
