"""A case: leaf counts now and before, and which slices are to blame; an answer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from functions.core.localise.joint_causes import Leaf

CAUSED, OUTSIDE, MIX_SHIFT, VOLUME = "caused", "outside", "mix shift", "volume"
TRAPS: Final = (OUTSIDE, MIX_SHIFT, VOLUME)
"""Cases in which no slice is to blame: everything rose alike, payments came from other slices
than before, there were more or fewer payments."""


@dataclass(frozen=True)
class Case:
    """periods: the baseline is so many times as long as what it is compared with. truth: the
    causes, as slices' texts; empty in traps."""

    name: str
    dimensions: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    periods: float
    truth: frozenset[str]
    kind: str = CAUSED


@dataclass(frozen=True)
class Answer:
    """causes: the exact set. ranked: explanations, best first, each a set of joint causes."""

    causes: frozenset[str]
    outside: bool = False
    ranked: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True)
class Detector:
    """answer: what is timed. ranking: best explanations, where it takes a call of its own."""

    name: str
    answer: Callable[[Case], Answer]
    ranking: Callable[[Case], Sequence[frozenset[str]]] | None = None

    def ranked(self, case: Case, answer: Answer) -> Sequence[frozenset[str]]:
        return self.ranking(case) if self.ranking else answer.ranked
