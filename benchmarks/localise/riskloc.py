"""RiskLoc (Kalander, arXiv 2205.10004), on failures and on failure rates, with its defaults.

A leaf's deviation is 2 (before − now) / (before + now). Leaves beyond a cutoff that mirrors the
other side's extreme are abnormal. Layer by layer of dimensions, the slice with the highest
explanatory power whose risk passes a threshold is a cause: risk is the weighted share of abnormal
leaves, less how badly one common ratio fits its leaves. Its leaves are removed, and again, until
the abnormal part explains nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from benchmarks.localise.arrays import Bools, Element, Floats, Ints, Table, quotient, table
from benchmarks.localise.case import Answer, Case, Detector

RISK: Final = 0.5
POWER: Final = 0.02
"""A cause explains at least this share of what all abnormal leaves explain."""
REMOVED: Final = 5
"""So many of the largest deviations on either side do not set the cutoff."""
MOST: Final = 50
"""More causes are no answer; the original has no limit."""


@dataclass(frozen=True)
class _Leaves:
    """By leaf, of what is still to be explained."""

    codes: Ints
    now: Floats
    before: Floats
    deviation: Floats
    weight: Floats
    power: Floats
    abnormal: Bools

    def where(self, kept: Bools) -> _Leaves:
        return _Leaves(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def on_failures(case: Case) -> Answer:
    leaves = table(case)
    now, before = leaves.failures, leaves.failures_before
    change = now.sum() - before.sum()
    return _answer(leaves, now, before, (now - before) / change if change else 0.0 * now)


def on_rates(case: Case) -> Answer:
    leaves = table(case)
    now, before = leaves.rates
    over, under = leaves.failures_before.sum(), leaves.attempts_before.sum()
    more = leaves.attempts - leaves.attempts_before
    change = (leaves.failures - leaves.failures_before) * under - more * over
    power = quotient(change, under * (under + more))
    total = power.sum()
    return _answer(leaves, now, before, power / total if total else 0.0 * power)


def _answer(table_: Table, now: Floats, before: Floats, power: Floats) -> Answer:
    leaves = _prepared(table_.codes, now, before, power)
    if leaves is None:
        return Answer(frozenset())
    sizes = [len(values) for values in table_.values]
    least = POWER * float(leaves.power[leaves.abnormal].sum())
    found: list[str] = []
    while leaves.power[leaves.abnormal].sum() >= least and len(found) < MOST:
        cause = _cause(leaves, sizes, least)
        if cause is None:
            break
        found.append(table_.key(cause))
        outside = np.zeros(len(leaves.codes), dtype=np.bool_)
        for dimension, value in cause:
            outside |= leaves.codes[:, dimension] != value
        leaves = leaves.where(outside)
    # Where one answer names several, they are ranked in the order in which they were found.
    return Answer(frozenset(found), ranked=tuple(frozenset((key,)) for key in found))


def _prepared(codes: Ints, now: Floats, before: Floats, power: Floats) -> _Leaves | None:
    deviation = quotient(2.0 * (before - now), before + now)
    distinct = np.unique(deviation)
    if not len(distinct):
        return None
    kept = min(REMOVED, len(distinct) - 1)
    low, high = distinct[kept], distinct[-1 - kept]
    cutoff = -(low if abs(low) < abs(high) else high)
    abnormal = deviation > cutoff if cutoff >= 0.0 else deviation < cutoff
    weight = np.where(abnormal, np.abs(deviation), np.abs(cutoff - deviation))
    weight[(now == 0.0) & (before == 0.0)] = 0.0
    if power[abnormal].sum() < 0.0:
        power = -power
    return _Leaves(codes, now, before, deviation, np.minimum(weight, 1.0), power, abnormal)


def _cause(leaves: _Leaves, sizes: list[int], least: float) -> tuple[Element, ...] | None:
    dropped: set[Element] = set()
    for layer in range(1, len(sizes) + 1):
        best, best_power = None, least
        for cuboid in combinations(range(len(sizes)), layer):
            for slice_, power, at in _slices(leaves, sizes, cuboid, dropped, layer, least):
                if power <= best_power:
                    break
                if _risk(leaves, at) >= RISK:
                    best, best_power = slice_, power
                    break
        if best:
            return best
    return None


def _slices(
    leaves: _Leaves,
    sizes: list[int],
    cuboid: tuple[int, ...],
    dropped: set[Element],
    layer: int,
    least: float,
) -> Iterator[tuple[tuple[Element, ...], float, Ints]]:
    """The slices of these dimensions with an abnormal leaf, the most powerful first: with where
    their leaves are. In the first layer elements are dropped for the deeper ones."""
    shape = tuple(sizes[number] for number in cuboid)
    codes = np.ravel_multi_index(tuple(leaves.codes[:, number] for number in cuboid), shape)
    count = int(np.prod(shape))
    power = np.bincount(codes, leaves.power, count)
    abnormal = np.bincount(codes, leaves.abnormal, count)
    if layer == 1:
        positive = np.bincount(codes, np.maximum(leaves.power, 0.0), count)
        poor = np.flatnonzero((positive < least) | (abnormal == 0))
        dropped.update((cuboid[0], int(value)) for value in poor)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(count + 1))
    candidates = np.flatnonzero((abnormal > 0) & (power > least))
    for code in candidates[np.argsort(-power[candidates], kind="stable")]:
        values = np.unravel_index(code, shape)
        slice_ = tuple((number, int(value)) for number, value in zip(cuboid, values, strict=True))
        if layer == 1 or dropped.isdisjoint(slice_):
            yield slice_, float(power[code]), order[starts[code] : starts[code + 1]]


def _risk(leaves: _Leaves, at: Ints) -> float:
    weight, abnormal = leaves.weight[at], leaves.abnormal[at]
    bad = float(weight[abnormal].sum())
    high = bad / (bad + float(weight[~abnormal].sum()) + 1.0)
    now, before, deviation = leaves.now[at], leaves.before[at], leaves.deviation[at]
    both = (now != 0.0) & (before != 0.0)
    if not both.any():
        return high
    now, before = now[both], before[both]
    expected = before * now.sum() / before.sum()
    unlike = float(np.abs(2.0 * (expected - now) / (expected + now)).mean())
    away = float(np.abs(deviation[both]).mean())
    return high - (unlike / away if away else 0.0)


DETECTORS: Final = (
    Detector("RiskLoc on failures", on_failures),
    Detector("RiskLoc on rates", on_rates),
)
