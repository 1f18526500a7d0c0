"""Sums over slices, and what is left of them when causes are taken out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.localise.slices import (
    ANY,
    Place,
    Slice,
    Slices,
    depth,
    disjoint,
    nested,
    slices,
    surprise,
)

SIZE = 3
Values = tuple[str, ...]


def case_of(dimensions: int, counts: dict[Values, float]) -> Slices:
    """Attempts as given; a tenth of them fails, where a hundredth was expected."""
    values = sorted(counts)
    attempts = [counts[leaf] for leaf in values]
    columns = [attempts, [n / 10 for n in attempts], [n / 100 for n in attempts], attempts]
    return slices(values, columns, dimensions, dimensions)


def inside(place: Place, leaf: Values) -> bool:
    return all(number in (ANY, int(value)) for number, value in zip(place, leaf, strict=True))


def every(dimensions: int) -> dict[Values, float]:
    """A leaf of every combination of values, with other attempts each."""
    leaves = list(product(*("012"[:SIZE] for _ in range(dimensions))))
    return {leaf: 1.0 + number for number, leaf in enumerate(leaves)}


def at(case: Slices, place: Place) -> Slice:
    return next(one for one in case.over(0.0, priced=False) if one.place == place)


@pytest.mark.parametrize("dimensions", [1, 3, 5, 6])
def test_a_slice_has_the_sums_of_the_leaves_in_it(dimensions: int) -> None:
    counts = every(dimensions)
    case = case_of(dimensions, counts)
    found = list(case.over(0.0, priced=False))
    deepest = dimensions if dimensions <= 5 else 3
    assert {depth(one.place) for one in found} == set(range(1, deepest + 1))
    for one in found[:: max(1, len(found) // 50)]:
        expected = sum(n for leaf, n in counts.items() if inside(one.place, leaf))
        assert one.attempts == pytest.approx(expected)
    assert case.total.attempts == pytest.approx(sum(counts.values()))


places = st.lists(st.sampled_from([ANY, 0, 1, 2]), min_size=4, max_size=4).map(tuple)
some = places.filter(lambda place: depth(place) > 0)


@settings(max_examples=80, deadline=None)
@given(some, st.lists(some, min_size=1, max_size=4, unique=True), st.integers(0, 2))
def test_payments_that_several_causes_share_are_taken_out_once(
    place: Place, causes: list[Place], more: int
) -> None:
    """Also of more dimensions, where the crossings of slices have no table."""
    dimensions = 4 + more
    counts = every(dimensions)
    case = case_of(dimensions, counts)
    rest = (ANY,) * more
    taken = [Slice(cause + rest, 0, 0.0, 0.0, 0.0, (0.0,), 0.0) for cause in causes]
    left = Slice(place + rest, 0, *sums(counts, place + rest, []), 0.0)
    for number in range(len(taken)):
        left = case.outside(left, taken[: number + 1])
    expected = sums(counts, place + rest, [one.place for one in taken])
    assert left.attempts == pytest.approx(expected[0], abs=1e-6)
    assert left.nats[0] == pytest.approx(expected[3][0], abs=1e-6)


def sums(
    counts: dict[Values, float], place: Place, causes: Sequence[Place]
) -> tuple[float, float, float, tuple[float, ...]]:
    n = sum(
        attempts
        for leaf, attempts in counts.items()
        if inside(place, leaf) and not any(inside(cause, leaf) for cause in causes)
    )
    return n, n / 10, n / 100, (n,)


def test_slices_are_nested_or_share_no_payment_as_their_leaves_say() -> None:
    counts = every(3)
    found = list(case_of(3, counts).over(0.0, priced=False))
    members = {one.place: {leaf for leaf in counts if inside(one.place, leaf)} for one in found}
    for one, two in product(found, found):
        first, second = members[one.place], members[two.place]
        assert disjoint(one, two) == (not first & second)
        assert nested(one, two) == (first <= second or second <= first)


def test_a_price_grows_with_the_slices_that_there_are_to_pick_from() -> None:
    case = case_of(3, every(3))
    one, two = at(case, (0, ANY, ANY)), at(case, (0, 1, ANY))
    assert one.price == pytest.approx(math.log(3) + math.log(SIZE) + 0.5 * math.log(27))
    assert two.price == pytest.approx(one.price + math.log(SIZE))
    assert one.margin == one.evidence - one.price


def test_a_surprise_is_what_a_binomial_says_and_nothing_where_fewer_failed() -> None:
    p, q = 0.1, 0.02
    expected = 1000 * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    assert surprise(1000, 100, 20) == pytest.approx(expected)
    assert surprise(1000, 1000, 20) == pytest.approx(1000 * math.log(50))
    assert surprise(1000, 20, 20) == surprise(1000, 10, 20) == surprise(0, 0, 0) == 0.0
    assert math.isfinite(surprise(10, 10, 0))


@given(
    st.tuples(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1)),
)
def test_two_parts_are_at_least_as_surprising_as_their_sum(
    one: tuple[int, float, float], two: tuple[int, float, float]
) -> None:
    counts = [(n, n * p, n * q) for n, p, q in (one, two)]
    together = surprise(*(a + b for a, b in zip(*counts, strict=True)))
    assert sum(surprise(*part) for part in counts) >= together - 1e-6
