"""RobustSpot (IEEE TSC 2023) on the failure rate, with its defaults, as RiskLoc's code hands it on.

A leaf's influence is how much its rate changed beside the mean change of the others; its
contribution, how much the rate of all changes by it. Leaves past the knee of the influences are
kept, weighted by both. Of each dimension the value with most weight is taken; combinations of them
are candidates when one part implies the other with 80 % confidence, and single ones. They are
ranked by how much more of the kept leaves than of all they hold. This is done again without the
leaves of the first to third candidate, and once more without those of what that found. What has the
same dimensions is joined, two or three at a time, unless a wider slice holds nearly only them.

The answer for the exact set is the first explanation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from benchmarks.localise.arrays import Bools, Element, Floats, Table, quotient, table
from benchmarks.localise.case import Answer, Case, Detector
from benchmarks.localise.knee import knee
from benchmarks.localise.scoring import KS

CONFIDENCE: Final = 0.8
AMPLIFIED: Final = 100
SENSITIVITY: Final = 6.0
NO_KNEE: Final = 0.5
CANDIDATES: Final = 5
ROUNDS: Final = 3
NEARLY_ALL: Final = 0.9

Slice = tuple[Element, ...]
Joint = tuple[Slice, ...]


@dataclass(frozen=True)
class _Round:
    """kept: which leaves are past the knee. found: the best candidates."""

    leaves: Table
    kept: Table
    found: tuple[Slice, ...]


def robustspot(case: Case) -> Answer:
    leaves = table(case)
    # The original knows only leaves of now.
    leaves = leaves.where(leaves.attempts > 0)
    # Among thousands of leaves none contributes a hundredth, and the original has no answer; it
    # is let off that weight here.
    first = _round(leaves) or _round(leaves, contributes=False)
    if first is None:
        return Answer(frozenset())
    merged: list[Joint] = []
    for top in first.found[:ROUNDS]:
        second = _round(leaves.where(~leaves.inside(top)))
        third = None
        if second and second.found:
            left = second.leaves
            third = _round(left.where(~left.inside(second.found[0])))
        merged += _joined((top,), second.found[:1] if second else (), third.found if third else ())
    merged += [(slice_,) for slice_ in first.found]
    joints = list(dict.fromkeys(tuple(sorted(_widened(leaves, joint))) for joint in merged))
    gains = [_share(first.kept, joint) - _share(leaves, joint) for joint in joints]
    order = sorted(range(len(joints)), key=lambda at: -gains[at])[: max(KS)]
    ranked = tuple(frozenset(map(leaves.key, joints[at])) for at in order)
    return Answer(ranked[0] if ranked else frozenset(), ranked=ranked)


def _round(leaves: Table, contributes: bool = True) -> _Round | None:
    if len(leaves) < 2:
        return None
    influence, contribution = _influence(leaves), _contribution(leaves)
    positive = np.sort(influence[influence > 0])
    shares = np.arange(1, len(positive) + 1) / max(1, len(positive))
    limit = knee(positive, shares, SENSITIVITY)
    past = (influence > (NO_KNEE if limit is None else limit)) & (contribution > 0)
    weights = influence[past]
    if contributes:
        weights = np.floor(AMPLIFIED * weights * contribution[past])
    if not weights.any():
        return None
    kept = leaves.where(past)
    return _Round(leaves, kept, _mined(leaves, kept, weights))


def _influence(leaves: Table) -> Floats:
    now, before = leaves.rates
    change = now - before
    others = (change.sum() - change) / (len(leaves) - 1)
    ratio = quotient(np.abs(change), np.abs(others))
    return ratio / (ratio + 1.0)


def _contribution(leaves: Table) -> Floats:
    """How many times higher the rate of all gets when this leaf alone is as it is now, less 1."""
    over, under = float(leaves.failures_before.sum()), float(leaves.attempts_before.sum())
    failures = over + leaves.failures - leaves.failures_before
    attempts = under + leaves.attempts - leaves.attempts_before
    if not over or not under:
        return failures
    times: Floats = quotient(failures, attempts) * under / over - 1.0
    return times


def _mined(leaves: Table, kept: Table, weights: Floats) -> tuple[Slice, ...]:
    modes = tuple(
        (number, int(np.bincount(kept.codes[:, number], weights).argmax()))
        for number in range(len(leaves.dimensions))
    )
    found: list[Slice] = [
        items
        for size in (2, 3)
        for items in combinations(modes, size)
        if _implied(kept, weights, items)
    ]
    found += [(element,) for element in modes]
    gains = [_share(kept, (slice_,)) - _share(leaves, (slice_,)) for slice_ in found]
    order = sorted(range(len(found)), key=lambda at: -gains[at])[:CANDIDATES]
    return tuple(found[at] for at in order)


def _implied(kept: Table, weights: Floats, items: Slice) -> bool:
    """Whether some part of the items implies the others."""
    whole = weights[kept.inside(items)].sum()
    return any(
        whole > CONFIDENCE * weights[kept.inside(part)].sum()
        for size in range(1, len(items))
        for part in combinations(items, size)
    )


def _joined(*rounds: Sequence[Slice]) -> list[Joint]:
    """Slices of different rounds over the same dimensions, but not the same ones."""
    first, second, third = rounds
    pairs = [
        (one, two)
        for ones, twos in ((first, second), (first, third), (second, third))
        for one in ones
        for two in twos
        if _dimensions(one) == _dimensions(two) and one != two
    ]
    triples = [
        (one, two, three)
        for one in first
        for two in second
        for three in third
        if _dimensions(one) == _dimensions(two) == _dimensions(three)
        and len({one, two, three}) == ROUNDS
    ]
    return [*pairs, *triples]


def _dimensions(slice_: Slice) -> tuple[int, ...]:
    return tuple(number for number, _ in slice_)


def _widened(leaves: Table, joint: Joint) -> Joint:
    """What joint causes have in common, when it holds nearly only them."""
    common = tuple(sorted(set(joint[0]).intersection(*joint[1:])))
    if len(joint) > 1 and common and len(common) < len(joint[0]):
        held = sum(_share(leaves, (slice_,)) for slice_ in joint)
        if held >= NEARLY_ALL * _share(leaves, (common,)):
            return (common,)
    return joint


def _share(leaves: Table, joint: Iterable[Slice]) -> float:
    """Of the leaves that joint slices hold; these overlap nowhere."""
    if not len(leaves):
        return 0.0
    held: list[Bools] = [leaves.inside(slice_) for slice_ in joint]
    return sum(int(mask.sum()) for mask in held) / len(leaves)


DETECTOR: Final = Detector("RobustSpot", robustspot)
