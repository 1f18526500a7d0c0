"""Sums over slices of leaf counts: one table for each combination of dimensions.

A leaf is a value for every dimension; it is numbered as a mixed-radix number of its values'
numbers. A table of fewer dimensions is summed from the smallest one that has one dimension more, so
that the work shrinks with the depth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

Dimensions = tuple[int, ...]
"""Which dimensions, by number, ascending."""

Key = int
"""A slice's number within its table: the sum of value number · stride over the dimensions."""


@dataclass(frozen=True)
class Space:
    """What leaves are numbered by. values: each dimension's, sorted. strides: what one step in a
    dimension's values adds to a key."""

    values: tuple[tuple[str, ...], ...]
    strides: tuple[int, ...]

    def digit(self, key: Key, dimension: int) -> int:
        return key // self.strides[dimension] % len(self.values[dimension])

    def value(self, key: Key, dimension: int) -> str:
        return self.values[dimension][self.digit(key, dimension)]


@dataclass(frozen=True)
class Table:
    """Of one combination of dimensions: the slices that occur, and sums by column."""

    dimensions: Dimensions
    keys: list[Key]
    rows: Mapping[Key, int]
    columns: list[list[float]]


def space(leaves: Sequence[tuple[str, ...]], dimensions: int) -> Space:
    values = tuple(tuple(sorted({leaf[i] for leaf in leaves})) for i in range(dimensions))
    strides, step = [], 1
    for column in values:
        strides.append(step)
        step *= len(column)
    return Space(values, tuple(strides))


def leaf_table(of: Space, leaves: Sequence[tuple[str, ...]], columns: list[list[float]]) -> Table:
    """The table of all dimensions. Each leaf occurs once."""
    numbers = [
        {value: step * number for number, value in enumerate(column)}
        for column, step in zip(of.values, of.strides, strict=True)
    ]
    keys = [
        sum(number[value] for number, value in zip(numbers, leaf, strict=True)) for leaf in leaves
    ]
    rows = {key: row for row, key in enumerate(keys)}
    return Table(tuple(range(len(of.values))), keys, rows, columns)


def tables(of: Space, leaves: Table, deepest: int) -> dict[Dimensions, Table]:
    """A table for each combination of at most `deepest` dimensions, and that of the leaves."""
    every = len(of.values)
    found = {leaves.dimensions: leaves}
    for depth in range(min(deepest, every - 1), -1, -1):
        for chosen in combinations(range(every), depth):
            source = leaves
            for extra in range(every):
                wider = tuple(sorted((*chosen, extra))) if extra not in chosen else ()
                if wider in found and len(found[wider].keys) < len(source.keys):
                    source = found[wider]
            found[chosen] = _summed(of, source, chosen)
    return found


def _summed(of: Space, source: Table, chosen: Dimensions) -> Table:
    dropped = [
        (of.strides[i], of.strides[i] * len(of.values[i]))
        for i in source.dimensions
        if i not in chosen
    ]
    keys = source.keys
    for step, span in dropped:
        keys = [key - key % span + key % step for key in keys]
    rows: dict[Key, int] = {}
    into = [rows.setdefault(key, len(rows)) for key in keys]
    columns = []
    for column in source.columns:
        sums = [0.0] * len(rows)
        for row, value in zip(into, column, strict=True):
            sums[row] += value
        columns.append(sums)
    return Table(chosen, list(rows), rows, columns)
