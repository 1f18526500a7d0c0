"""Counts of what failed by leaf: a sample where there are many, and none is lost."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import attempts
from functions.core.counting.failing import MOST_LEAVES, Failing, add_failing, estimated, few
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
def test_few_leaves_and_the_rest_are_all_that_failed(failing: Failing, most: int) -> None:
    kept = few(failing, most)
    assert len(kept.keys() - {ALL}) <= most
    assert sum(kept.values()) == sum(failing.values())
    assert all(kept[leaf] == failing[leaf] for leaf in kept.keys() - {ALL})


@given(leaves, st.integers(1, 20), st.randoms())
def test_what_is_told_apart_follows_from_the_counts_alone(
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
def test_what_is_told_apart_stands_for_the_rest(seed: int) -> None:
    """Of 50,000 merchants fail a few each, one on one gateway, and one leaf many times."""
    chance = random.Random(seed)
    failing: Failing = {slice_key({"merchant": "1", "gateway": "G1"}): failed(1000)}
    for _ in range(4000):
        ill = chance.random() < 0.25
        merchant = "7" if ill else str(chance.randrange(50_000))
        gateway = "G2" if ill else chance.choice(["G1", "G3"])
        leaf = slice_key({"merchant": merchant, "gateway": gateway, "card": str(chance.random())})
        failing[leaf] = failing.get(leaf, 0) + failed(1)
    kept = few(failing)
    assert len(kept) == MOST_LEAVES + 1
    stands = estimated({leaf: attempts(n) for leaf, n in kept.items()})
    assert sum(stands.values()) == pytest.approx(5000)
    estimate = sum(n for leaf, n in stands.items() if slice_values(leaf).get("merchant") == "7")
    assert estimate == pytest.approx(1000, abs=500)
    assert stands[slice_key({"merchant": "1", "gateway": "G1"})] == 1000


@given(leaves)
def test_where_all_are_told_apart_each_stands_for_itself(failing: Failing) -> None:
    weights = {leaf: float(attempts(n)) for leaf, n in failing.items() if leaf != ALL}
    assert estimated(weights) == weights


@given(leaves, st.integers(1, 50))
def test_what_leaves_stand_for_adds_up_to_the_whole(failing: Failing, rest: int) -> None:
    weights = {leaf: float(attempts(n)) for leaf, n in failing.items() if leaf != ALL}
    stands = estimated({**weights, ALL: float(rest)})
    assert sum(stands.values()) == pytest.approx(sum(weights.values()) + rest)
    assert all(stands[leaf] >= weight for leaf, weight in weights.items())
