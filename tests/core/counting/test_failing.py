"""Counts of what failed by leaf: pooled where there are many, and never lost."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import attempts
from functions.core.counting.failing import MOST_LEAVES, Failing, add_failing, few
from functions.core.counting.slices import ALL, OTHER, slice_key, slice_values
from tests.builders import counts


def failed(many: int) -> int:
    return counts(failed=many, gateway=many)


leaves = st.dictionaries(
    st.dictionaries(
        st.sampled_from(["issuer", "merchant", "network"]),
        st.sampled_from([*"ABCDEFGH", OTHER]),
    ).map(slice_key),
    st.integers(1, 50).map(failed),
    max_size=60,
)


@given(leaves, st.integers(1, 20))
def test_few_leaves_hold_all_that_failed(failing: Failing, most: int) -> None:
    pooled = few(failing, most)
    assert len(pooled) <= most
    assert sum(pooled.values()) == sum(failing.values())


@given(leaves, st.integers(1, 20), st.randoms())
def test_what_is_pooled_follows_from_the_counts_alone(
    failing: Failing, most: int, chance: random.Random
) -> None:
    shuffled = list(failing.items())
    chance.shuffle(shuffled)
    assert few(dict(shuffled), most) == few(failing, most)


@given(leaves, leaves)
def test_what_failed_adds_up_by_leaf(one: Failing, two: Failing) -> None:
    total = add_failing(one, two)
    assert total == add_failing(two, one)
    assert sum(total.values()) == sum(one.values()) + sum(two.values())


def test_leaves_that_are_few_stay_as_they_are() -> None:
    failing = {slice_key({"issuer": str(n)}): failed(1) for n in range(MOST_LEAVES)}
    assert few(failing) is failing


@pytest.mark.parametrize("seed", range(5))
def test_what_many_failures_share_keeps_its_name(seed: int) -> None:
    """Of 50,000 merchants fail a few each, and one on one gateway."""
    chance = random.Random(seed)
    failing: Failing = {}
    for _ in range(5000):
        ill = chance.random() < 0.2
        merchant = "7" if ill else str(chance.randrange(50_000))
        gateway = "G2" if ill else chance.choice(["G1", "G2", "G3"])
        issuer = chance.choice("ABCDEFGHIJ")
        leaf = slice_key({"merchant": merchant, "gateway": gateway, "issuer": issuer})
        failing = failing | {leaf: failing.get(leaf, 0) + failed(1)}
    ill = {"merchant": "7", "gateway": "G2"}.items()
    before = sum(attempts(n) for leaf, n in failing.items() if ill <= slice_values(leaf).items())
    pooled = few(failing)
    assert sum(attempts(n) for leaf, n in pooled.items() if ill <= slice_values(leaf).items()) == (
        before
    )
    assert len(pooled) <= MOST_LEAVES


def test_leaves_of_too_many_kinds_are_all_traffic() -> None:
    failing = {slice_key({"issuer": "A"}): failed(1), slice_key({"network": "B"}): failed(2)}
    assert few(failing, 1) == {ALL: failed(3)}
