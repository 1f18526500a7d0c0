"""Adtributor (Bhagwan et al., NSDI 2014) on the failure rate, as a derived measure; and its
recursive form (Persson and Rudenius, Lund 2018, with RiskLoc's reading of it).

Explanatory power: an element's share in the change of failures / attempts, by finite differences,
scaled to add up to 1 over a dimension. Surprise: the element's terms of the Jensen-Shannon
divergence between its shares before and now, of failures and of attempts, added. Of a dimension the
most surprising elements of at least a tenth of the power each are taken until they explain two
thirds; dimensions are ranked by surprise. The answer is the first, which names elements of one
dimension only. The recursive form takes all elements of a tenth and looks again inside each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.localise.arrays import Element, Floats, Table, quotient, table
from benchmarks.localise.case import Answer, Case, Detector

ELEMENT: Final = 0.1
"""An element explains at least so much of the change (the paper's T_EEP)."""
ENOUGH: Final = 0.67
"""A candidate explains at least so much (T_EP)."""
MOST: Final = 3
"""So many dimensions are named."""

Slice = tuple[Element, ...]


@dataclass(frozen=True)
class _Candidate:
    slices: tuple[Slice, ...]
    surprise: float


def plain(case: Case) -> Answer:
    leaves = table(case)
    found = []
    for dimension in range(len(leaves.dimensions)):
        powers, surprises = _measures(leaves, dimension)
        chosen: list[int] = []
        for value in np.argsort(-surprises, kind="stable"):
            if powers[value] > ELEMENT:
                chosen.append(int(value))
                if powers[chosen].sum() > ENOUGH:
                    slices = tuple(((dimension, value),) for value in chosen)
                    found.append(_Candidate(slices, float(surprises[chosen].sum())))
                    break
    return _answer(leaves, _best(found))


def recursive(case: Case) -> Answer:
    leaves = table(case)
    return _answer(leaves, _inside(leaves, tuple(range(len(leaves.dimensions)))))


def _inside(leaves: Table, dimensions: tuple[int, ...]) -> list[_Candidate]:
    found = []
    for dimension in dimensions:
        powers, surprises = _measures(leaves, dimension)
        chosen = np.flatnonzero(powers > ELEMENT)
        present = len(np.unique(leaves.codes[:, dimension]))
        if 0 < len(chosen) < present:
            slices = tuple(((dimension, int(value)),) for value in chosen)
            found.append(_Candidate(slices, float(surprises[chosen].sum())))
    deeper: list[_Candidate] = []
    for candidate in _best(found):
        ((dimension, _),) = candidate.slices[0]
        others = tuple(number for number in dimensions if number != dimension)
        within: list[_Candidate] = []
        for element in candidate.slices:
            below = _inside(leaves.where(leaves.inside(element)), others) if others else []
            if not below:
                within = [candidate]
                break
            within += [
                _Candidate(tuple((*element, *slice_) for slice_ in item.slices), candidate.surprise)
                for item in below[:1]
            ]
        joint = tuple(dict.fromkeys(slice_ for item in within for slice_ in item.slices))
        deeper.append(_Candidate(joint, candidate.surprise))
    return deeper


def _measures(leaves: Table, dimension: int) -> tuple[Floats, Floats]:
    """Explanatory power and surprise by value of the dimension."""
    attempts, failures, attempts_before, failures_before = leaves.sums(dimension)
    over, under = failures_before.sum(), attempts_before.sum()
    change = (failures - failures_before) * under - (attempts - attempts_before) * over
    power = quotient(change, under * (under + attempts - attempts_before))
    total = power.sum()
    scaled = power / total if total > 0.0 else np.zeros_like(power)
    surprise = _divergence(failures_before, failures) + _divergence(attempts_before, attempts)
    return scaled, surprise


def _divergence(before: Floats, now: Floats) -> Floats:
    """The Jensen-Shannon divergence's terms, nats."""
    if not before.sum() or not now.sum():
        return np.zeros_like(before)
    p, q = before / before.sum(), now / now.sum()
    return 0.5 * (_term(p, p + q) + _term(q, p + q))


def _term(p: Floats, both: Floats) -> Floats:
    ratio = quotient(2.0 * p, both)
    return np.multiply(p, np.log(ratio, out=np.zeros_like(p), where=ratio > 0))


def _best(found: list[_Candidate]) -> list[_Candidate]:
    return sorted(found, key=lambda item: -item.surprise)[:MOST]


def _answer(leaves: Table, found: list[_Candidate]) -> Answer:
    ranked = tuple(frozenset(map(leaves.key, item.slices)) for item in found)
    return Answer(ranked[0] if ranked else frozenset(), ranked=ranked)


DETECTORS: Final = (
    Detector("Adtributor", plain),
    Detector("recursive Adtributor", recursive),
)
