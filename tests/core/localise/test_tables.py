"""Tables of sums: a slice's row is the sum of the leaves in it, at every depth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.localise.tables import Space, Table, leaf_table, space, tables

Leaf = tuple[str, ...]
DIMENSIONS = 3
leaves = st.lists(
    st.tuples(*[st.sampled_from("abcd")] * DIMENSIONS), min_size=1, max_size=30, unique=True
)


def named(of: Space, table: Table) -> dict[Leaf, int]:
    """The values of each row, in the order of the table's dimensions → the row."""
    return {
        tuple(of.value(key, dimension) for dimension in table.dimensions): row
        for key, row in table.rows.items()
    }


def expected(
    all_leaves: Sequence[Leaf], amounts: Sequence[float], dimensions: Sequence[int]
) -> dict[Leaf, float]:
    sums: dict[Leaf, float] = {}
    for leaf, amount in zip(all_leaves, amounts, strict=True):
        values = tuple(leaf[i] for i in dimensions)
        sums[values] = sums.get(values, 0.0) + amount
    return sums


@given(leaves)
def test_a_leafs_number_tells_its_values_again(all_leaves: list[Leaf]) -> None:
    of = space(all_leaves, DIMENSIONS)
    table = leaf_table(of, all_leaves, [[0.0] * len(all_leaves)])
    for leaf, key in zip(all_leaves, table.keys, strict=True):
        assert tuple(of.value(key, i) for i in range(DIMENSIONS)) == leaf
        assert all(of.values[i][of.digit(key, i)] == value for i, value in enumerate(leaf))
    assert len(set(table.keys)) == len(all_leaves)


@given(leaves)
def test_leaves_are_numbered_without_gaps_by_the_values_that_occur(all_leaves: list[Leaf]) -> None:
    of = space(all_leaves, DIMENSIONS)
    assert [list(values) for values in of.values] == [
        sorted({leaf[i] for leaf in all_leaves}) for i in range(DIMENSIONS)
    ]
    sizes = [len(values) for values in of.values]
    table = leaf_table(of, all_leaves, [])
    assert min(table.keys) >= 0
    assert max(table.keys) < sizes[0] * sizes[1] * sizes[2]


@given(leaves, st.data())
def test_every_table_has_the_sums_of_its_leaves_and_no_slice_that_does_not_occur(
    all_leaves: list[Leaf], data: st.DataObject
) -> None:
    amounts = data.draw(
        st.lists(st.integers(0, 1000), min_size=len(all_leaves), max_size=len(all_leaves))
    )
    columns = [[float(n) for n in amounts], [float(2 * n) for n in amounts]]
    of = space(all_leaves, DIMENSIONS)
    found = tables(of, leaf_table(of, all_leaves, columns), DIMENSIONS)
    for dimensions, table in found.items():
        wanted = expected(all_leaves, columns[0], dimensions)
        rows = named(of, table)
        assert {values: table.columns[0][row] for values, row in rows.items()} == wanted
        assert table.columns[1] == [2 * amount for amount in table.columns[0]]
        assert [table.keys[row] for row in table.rows.values()] == list(table.rows)


@given(leaves)
def test_the_order_of_the_leaves_does_not_matter_to_any_sum(all_leaves: list[Leaf]) -> None:
    def summed(order: list[Leaf]) -> dict[tuple[int, ...], dict[int, float]]:
        of = space(order, DIMENSIONS)
        amounts = [[float(all_leaves.index(leaf)) for leaf in order]]
        found = tables(of, leaf_table(of, order, amounts), DIMENSIONS)
        return {
            dimensions: {key: table.columns[0][row] for key, row in table.rows.items()}
            for dimensions, table in found.items()
        }

    assert summed(all_leaves) == summed(all_leaves[::-1])


@pytest.mark.parametrize("dimensions", [1, 2, 4])
@pytest.mark.parametrize("deepest", [0, 1, 2, 5])
def test_there_is_a_table_of_every_combination_down_to_the_deepest_and_that_of_the_leaves(
    dimensions: int, deepest: int
) -> None:
    all_leaves = [tuple(f"{n}" for _ in range(dimensions)) for n in range(3)]
    of = space(all_leaves, dimensions)
    found = tables(of, leaf_table(of, all_leaves, [[1.0] * 3]), deepest)
    depths = range(min(deepest, dimensions - 1) + 1)
    wanted = {chosen for depth in depths for chosen in combinations(range(dimensions), depth)}
    assert set(found) == wanted | {tuple(range(dimensions))}
    assert len(found) == 1 + sum(comb(dimensions, depth) for depth in depths)


def test_the_table_without_dimensions_is_all_traffic() -> None:
    all_leaves: list[Leaf] = [("a", "x"), ("a", "y"), ("b", "x")]
    of = space(all_leaves, 2)
    found = tables(of, leaf_table(of, all_leaves, [[1.0, 2.0, 4.0]]), 2)
    assert found[()].columns == [[7.0]]
    assert found[()].keys == [0]
