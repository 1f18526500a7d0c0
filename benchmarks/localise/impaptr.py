"""ImpAPTr (Wang et al., ISSRE 2020) for declining success rates, with its published settings.

A slice's impact is the success rate of all less that without the slice; what it contributes is how
much its impact fell. Its diversity is the Jensen-Shannon divergence of its success rate before and
now. Slices of up to two dimensions are looked at, those that pull the rate down, with a two
thousandth of the requests; not those that all but equal the one that they refine. They are ranked
by the sum of their ranks in both measures. It names no exact set: the first is taken for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from benchmarks.localise.arrays import Element, Table, table
from benchmarks.localise.case import Answer, Case, Detector
from benchmarks.localise.scoring import KS

LAYERS: Final = 2
SMALL: Final = 0.0005
ALIKE: Final = 0.05
CONTRIBUTES: Final = 0.0001


@dataclass(frozen=True)
class _Node:
    elements: tuple[Element, ...]
    attempts: float
    impact: float
    contribution: float
    diversity: float


def impaptr(case: Case) -> Answer:
    leaves = table(case)
    layer = [_Node((), float(leaves.attempts.sum()), -1.0, 0.0, 0.0)]
    seen: dict[tuple[Element, ...], _Node] = {}
    small: set[Element] = set()
    for number in range(LAYERS):
        deeper: list[_Node] = []
        for parent in layer:
            for node in _refined(leaves, parent, small):
                if node.elements in seen:
                    continue
                if node.attempts < SMALL * leaves.attempts.sum():
                    if number == 0:
                        small.update(node.elements)
                elif node.impact < 0.0 and not (number and _alike(node, parent)):
                    seen[node.elements] = node
                    deeper.append(node)
        layer = deeper
    ranked = _ranked([node for node in seen.values() if node.contribution > CONTRIBUTES])
    keys = tuple(frozenset((leaves.key(node.elements),)) for node in ranked[: max(KS)])
    return Answer(keys[0] if keys else frozenset(), ranked=keys)


def _refined(leaves: Table, parent: _Node, small: set[Element]) -> list[_Node]:
    part = leaves.where(leaves.inside(parent.elements))
    taken = {number for number, _ in parent.elements}
    found = []
    for dimension in range(len(leaves.dimensions)):
        if dimension in taken:
            continue
        for value, counts in enumerate(zip(*part.sums(dimension), strict=True)):
            if (dimension, value) not in small and any(counts):
                elements = tuple(sorted((*parent.elements, (dimension, value))))
                found.append(_node(leaves, elements, *map(float, counts)))
    return found


def _node(
    leaves: Table,
    elements: tuple[Element, ...],
    attempts: float,
    failures: float,
    attempts_before: float,
    failures_before: float,
) -> _Node:
    now = _impact(float(leaves.attempts.sum()), float(leaves.failures.sum()), attempts, failures)
    before = _impact(
        float(leaves.attempts_before.sum()),
        float(leaves.failures_before.sum()),
        attempts_before,
        failures_before,
    )
    diversity = 0.0
    if attempts and attempts_before:
        diversity = _divergence(1.0 - failures / attempts, 1.0 - failures_before / attempts_before)
    return _Node(elements, attempts, now, before - now, diversity)


def _impact(all_attempts: float, all_failures: float, attempts: float, failures: float) -> float:
    """How much the slice raises the success rate; negative when it pulls it down."""
    if not attempts or attempts >= all_attempts:
        return 0.0
    return (all_failures - failures) / (all_attempts - attempts) - all_failures / all_attempts


def _divergence(p: float, q: float) -> float:
    if not p or not q:
        return 0.5 * (p + q)
    return 0.5 * (p * math.log(2.0 * p / (p + q)) + q * math.log(2.0 * q / (p + q)))


def _alike(node: _Node, parent: _Node) -> bool:
    return abs(node.attempts - parent.attempts) < ALIKE * parent.attempts and abs(
        node.impact - parent.impact
    ) < ALIKE * abs(parent.impact)


def _ranked(nodes: list[_Node]) -> list[_Node]:
    places = dict.fromkeys((node.elements for node in nodes), 0)
    for by in ("contribution", "diversity"):
        for place, node in enumerate(sorted(nodes, key=lambda node: -getattr(node, by))):
            places[node.elements] += place
    return sorted(nodes, key=lambda node: places[node.elements])


DETECTOR: Final = Detector("ImpAPTr", impaptr)
