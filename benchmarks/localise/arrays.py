"""A case as arrays, as the rivals take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.localise.case import Case
from functions.core.counting.slices import slice_key

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

Element = tuple[int, int]
"""Number of a dimension, number of a value."""


@dataclass(frozen=True)
class Table:
    """codes: leaf × dimension → number of the value. Counts by leaf; those of before are scaled to
    a period as long as now."""

    dimensions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: Ints
    attempts: Floats
    failures: Floats
    attempts_before: Floats
    failures_before: Floats

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def rates(self) -> tuple[Floats, Floats]:
        """Failure rates now and before by leaf, 0 without attempts."""
        return (
            quotient(self.failures, self.attempts),
            quotient(self.failures_before, self.attempts_before),
        )

    def where(self, kept: Bools) -> Table:
        return replace(
            self,
            codes=self.codes[kept],
            attempts=self.attempts[kept],
            failures=self.failures[kept],
            attempts_before=self.attempts_before[kept],
            failures_before=self.failures_before[kept],
        )

    def inside(self, elements: Iterable[Element]) -> Bools:
        found = np.ones(len(self), dtype=np.bool_)
        for dimension, value in elements:
            found &= self.codes[:, dimension] == value
        return found

    def sums(self, dimension: int) -> tuple[Floats, Floats, Floats, Floats]:
        """The counts by value of one dimension."""
        codes, size = self.codes[:, dimension], len(self.values[dimension])

        def summed(column: Floats) -> Floats:
            return np.bincount(codes, weights=column, minlength=size).astype(np.float64)

        return (
            summed(self.attempts),
            summed(self.failures),
            summed(self.attempts_before),
            summed(self.failures_before),
        )

    def key(self, elements: Iterable[Element]) -> str:
        return slice_key(
            {self.dimensions[number]: self.values[number][value] for number, value in elements}
        )


def table(case: Case) -> Table:
    values: list[tuple[str, ...]] = []
    columns: list[Sequence[int]] = []
    for column in zip(*(row.values for row in case.leaves), strict=True):
        known = {value: number for number, value in enumerate(sorted(set(column)))}
        values.append(tuple(known))
        columns.append([known[value] for value in column])
    counts = np.array(
        [
            (row.attempts, row.failures, row.baseline_attempts, row.baseline_failures)
            for row in case.leaves
        ],
        dtype=np.float64,
    )
    return Table(
        case.dimensions,
        tuple(values),
        np.array(columns, dtype=np.int64).T,
        counts[:, 0],
        counts[:, 1],
        counts[:, 2] / case.periods,
        counts[:, 3] / case.periods,
    )


def quotient(over: Floats, under: Floats) -> Floats:
    """0 where `under` is 0."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)
