"""Answers against the truth.

Top-k as RobustSpot counts it: how many of the true causes are named by the first k explanations,
each of which may name several joint causes. Exact set as RiskLoc counts it: a cause named that is
true, whole, is a true positive; F1 over the causes of all cases. Traps are right or wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.detect.scoring import quantile, share
from benchmarks.localise.case import CAUSED, OUTSIDE, Answer, Case

ALL: Final = ""
"""The empty slice. Named alone it blames no slice."""
KS: Final = (1, 3, 5)


@dataclass
class Result:
    """Of one detector over cases of one family. whole: exact sets. within: k → true causes among
    the first k explanations. right, traps: by kind of trap. spent: milliseconds of each case.
    missed: name, truth and answer of each case that it got wrong."""

    cases: int = 0
    whole: int = 0
    true: int = 0
    named: int = 0
    hits: int = 0
    within: dict[int, int] = field(default_factory=lambda: dict.fromkeys(KS, 0))
    traps: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)
    spent: list[float] = field(default_factory=list)
    missed: list[tuple[str, str, str]] = field(default_factory=list)

    def add(
        self, case: Case, answer: Answer, ranked: Sequence[frozenset[str]], spent: float
    ) -> None:
        self.spent.append(spent)
        caused = case.kind == CAUSED
        right = answer.causes == case.truth if caused else avoids(case.kind, answer)
        if not right:
            said = OUTSIDE if answer.outside else _words(answer.causes)
            self.missed.append((case.name, _words(case.truth) if caused else case.kind, said))
        if not caused:
            self.traps[case.kind] = self.traps.get(case.kind, 0) + 1
            self.right[case.kind] = self.right.get(case.kind, 0) + right
            return
        self.cases += 1
        self.whole += right
        self.true += len(case.truth)
        self.named += len(answer.causes)
        self.hits += len(answer.causes & case.truth)
        for k in KS:
            self.within[k] += len(case.truth.intersection(*[frozenset[str]().union(*ranked[:k])]))

    def merge(self, other: Result) -> None:
        self.cases += other.cases
        self.whole += other.whole
        self.true += other.true
        self.named += other.named
        self.hits += other.hits
        for k in KS:
            self.within[k] += other.within[k]
        for kind, number in other.traps.items():
            self.traps[kind] = self.traps.get(kind, 0) + number
            self.right[kind] = self.right.get(kind, 0) + other.right[kind]
        self.spent += other.spent
        self.missed += other.missed

    @property
    def f1(self) -> float:
        return share(2 * self.hits, self.true + self.named)

    @property
    def precision(self) -> float:
        return share(self.hits, self.named)

    @property
    def recall(self) -> float:
        return share(self.hits, self.true)

    def top(self, k: int) -> float:
        return share(self.within[k], self.true)

    def avoided(self, kind: str) -> float:
        """The share of the traps of this kind that it did not fall into."""
        return share(self.right.get(kind, 0), self.traps.get(kind, 0))

    def milliseconds(self, q: float) -> float:
        return quantile(sorted(self.spent), q) if self.spent else math.nan


def avoids(kind: str, answer: Answer) -> bool:
    """Of what rose alike it is right to say so; where no rate rose, to blame nothing at all."""
    if kind == OUTSIDE:
        return answer.outside and not answer.causes - {ALL}
    return not answer.outside and not answer.causes


def _words(causes: frozenset[str]) -> str:
    return " + ".join(sorted(causes)) or "nothing"
