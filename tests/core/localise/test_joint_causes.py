"""Which slices explain that failures rose."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.errors import PaywatchError
from functions.core.localise.joint_causes import (
    DEFAULT,
    Leaf,
    Localisation,
    localise,
    ranking,
    score,
)

DIMENSIONS = ("issuer", "network", "gateway")
VALUES = (
    ("HDFC", "ICICI", "SBI", "AXIS", "KOTAK"),
    ("VISA", "MASTERCARD", "RUPAY"),
    ("alpha", "beta", "gamma"),
)
USUAL = 0.02

Rate = Callable[[Mapping[str, str]], float]
"""Of a leaf, by its values by dimension."""


def usual(_: Mapping[str, str]) -> float:
    return USUAL


def failing(share: float, **where: str) -> Rate:
    """As usual, but so much fails of what would have succeeded there."""

    def rate(leaf: Mapping[str, str]) -> float:
        return USUAL + share * (1 - USUAL) if where.items() <= leaf.items() else USUAL

    return rate


def either(*rates: Rate) -> Rate:
    return lambda leaf: max(rate(leaf) for rate in rates)


def traffic(
    rate: Rate = usual,
    *,
    attempts: Callable[[Mapping[str, str]], float] = lambda _: 400.0,
    before: Rate = usual,
    seed: int = 1,
) -> list[Leaf]:
    """All leaves of DIMENSIONS, ten minutes of baseline, outcomes by chance."""
    rng = random.Random(seed)
    leaves = []
    for values in product(*VALUES):
        leaf = dict(zip(DIMENSIONS, values, strict=True))
        now = attempts(leaf)
        leaves.append(
            Leaf(values, now, chance(rng, now, rate(leaf)), 4000.0, chance(rng, 4000, before(leaf)))
        )
    return leaves


def chance(rng: random.Random, attempts: float, rate: float) -> float:
    return float(sum(rng.random() < rate for _ in range(int(attempts))))


def named(found: Localisation) -> list[dict[str, str]]:
    return [cause.slice for cause in found.causes]


def blamed(leaves: Sequence[Leaf], dimensions: Sequence[str] = DIMENSIONS) -> list[dict[str, str]]:
    found = localise(dimensions, leaves)
    assert not found.outside
    return named(found)


def test_when_nothing_rose_no_slice_is_to_blame() -> None:
    assert localise(DIMENSIONS, traffic()) == Localisation((), outside=False)


@pytest.mark.parametrize(
    "where",
    [
        {"issuer": "HDFC"},
        {"issuer": "HDFC", "network": "VISA"},
        {"gateway": "beta", "issuer": "SBI", "network": "RUPAY"},
    ],
    ids=["one dimension", "two", "three"],
)
@pytest.mark.parametrize("share", [0.15, 0.5, 1.0])
def test_the_slice_that_fails_more_is_named_neither_wider_nor_narrower(
    where: dict[str, str], share: float
) -> None:
    assert blamed(traffic(failing(share, **where))) == [where]


def test_two_joint_causes_of_different_dimensions_are_both_named() -> None:
    rate = either(failing(0.5, issuer="HDFC", network="VISA"), failing(0.3, gateway="gamma"))
    found = blamed(traffic(rate))
    assert found == [{"gateway": "gamma"}, {"issuer": "HDFC", "network": "VISA"}]


def test_joint_causes_of_the_same_dimension_are_named_apart_from_all_traffic() -> None:
    rate = either(failing(0.4, issuer="HDFC"), failing(0.4, issuer="SBI"))
    found = blamed(traffic(rate))
    assert sorted(cause["issuer"] for cause in found) == ["HDFC", "SBI"]
    assert all(len(cause) == 1 for cause in found)


def test_a_slice_stays_whole_when_its_parts_fail_by_different_shares() -> None:
    def rate(leaf: Mapping[str, str]) -> float:
        shares = {"alpha": 0.6, "beta": 0.4, "gamma": 0.2}
        return shares[leaf["gateway"]] if leaf["issuer"] == "HDFC" else USUAL

    assert blamed(traffic(rate)) == [{"issuer": "HDFC"}]


def test_a_dimension_that_goes_along_with_the_cause_is_not_named() -> None:
    """Nearly all of HDFC's payments take gateway alpha, so alpha fails more as well."""

    def attempts(leaf: Mapping[str, str]) -> float:
        if leaf["issuer"] == "HDFC":
            return 3000.0 if leaf["gateway"] == "alpha" else 100.0
        return 200.0 if leaf["gateway"] == "alpha" else 600.0

    leaves = traffic(failing(0.3, issuer="HDFC"), attempts=attempts)
    assert blamed(leaves) == [{"issuer": "HDFC"}]


def test_a_mix_shift_to_a_slice_that_always_fails_more_has_no_cause() -> None:
    def always(leaf: Mapping[str, str]) -> float:
        return 0.2 if leaf["issuer"] == "SBI" else USUAL

    def attempts(leaf: Mapping[str, str]) -> float:
        return 2400.0 if leaf["issuer"] == "SBI" else 400.0

    leaves = traffic(always, before=always, attempts=attempts)
    now, before = overall(leaves)
    assert now > 1.5 * before
    assert localise(DIMENSIONS, leaves) == Localisation((), outside=False)


def overall(leaves: Sequence[Leaf]) -> tuple[float, float]:
    """The failure rates of all traffic, now and before."""
    return (
        sum(leaf.failures for leaf in leaves) / sum(leaf.attempts for leaf in leaves),
        sum(leaf.baseline_failures for leaf in leaves)
        / sum(leaf.baseline_attempts for leaf in leaves),
    )


@pytest.mark.parametrize(
    "rate",
    [lambda _: USUAL + 0.2, lambda _: 2.5 * USUAL],
    ids=["a share of all payments", "every rate by a factor"],
)
def test_when_all_rose_alike_it_is_outside_and_no_slice_is_to_blame(rate: Rate) -> None:
    assert localise(DIMENSIONS, traffic(rate)) == Localisation((), outside=True)


def test_a_mild_rise_everywhere_is_seen_in_the_sum_where_no_leaf_shows_it() -> None:
    leaves = [
        Leaf(values, 40.0, failures, 400.0, 8.0)
        for values, failures in zip(product(*VALUES), (1.0, 2.0) * 45, strict=False)
    ]
    assert localise(DIMENSIONS, leaves[:45]) == Localisation((), outside=True)
    few = [leaf for leaf in leaves if leaf.values[0] == "HDFC"]
    assert localise(DIMENSIONS, few) == Localisation((), outside=False)


def test_a_cause_is_told_although_everything_rises_a_little() -> None:
    rate = either(lambda _: 1.3 * USUAL, failing(0.5, issuer="HDFC"))
    assert blamed(traffic(rate)) == [{"issuer": "HDFC"}]


def test_a_value_that_was_never_seen_before_is_named_when_it_fails() -> None:
    new = [
        Leaf(("NEWBANK", network, gateway), 200.0, 150.0, 0.0, 0.0)
        for network, gateway in product(*VALUES[1:])
    ]
    assert blamed([*traffic(), *new]) == [{"issuer": "NEWBANK"}]


def test_a_new_value_that_fails_as_all_traffic_does_is_not_named() -> None:
    new = [
        Leaf(("NEWBANK", network, gateway), 200.0, 4.0, 0.0, 0.0)
        for network, gateway in product(*VALUES[1:])
    ]
    assert blamed([*traffic(), *new]) == []


@pytest.mark.parametrize("attempts", [20.0, 400.0], ids=["few payments", "many"])
@pytest.mark.parametrize("share", [0.06, 0.2])
def test_a_small_slice_where_all_fails_and_a_big_one_that_rose_by_little_are_two_causes(
    attempts: float, share: float
) -> None:
    dead = {"issuer": "AXIS", "network": "RUPAY", "gateway": "beta"}
    rate = either(failing(share, issuer="HDFC"), failing(1.0, **dead))
    leaves = traffic(rate, attempts=lambda leaf: attempts if dead.items() <= leaf.items() else 400)
    found = blamed(leaves)
    assert len(found) == 2
    assert dead in found
    assert {"issuer": "HDFC"} in found


def test_a_dead_slice_of_very_few_payments_does_not_hide_a_big_mild_rise() -> None:
    dead = {"issuer": "AXIS", "network": "RUPAY", "gateway": "beta"}
    rate = either(failing(0.06, issuer="HDFC"), failing(1.0, **dead))
    leaves = traffic(rate, attempts=lambda leaf: 4 if dead.items() <= leaf.items() else 400)
    assert blamed(leaves)[0] == {"issuer": "HDFC"}


def test_a_blank_value_is_a_value() -> None:
    leaves = [
        Leaf((value, other), 1000.0, 400.0 if value == "" else 20.0, 9000.0, 180.0)
        for value, other in product(("", "x", "y"), ("a", "b", "c"))
    ]
    assert blamed(leaves, ("one", "two")) == [{"one": ""}]


def test_a_dimension_with_one_value_only_is_never_named() -> None:
    leaves = [
        Leaf((*leaf.values, "IN"), *counts(leaf))
        for leaf in traffic(failing(0.4, issuer="HDFC", network="VISA"))
    ]
    found = blamed(leaves, (*DIMENSIONS, "country"))
    assert found == [{"issuer": "HDFC", "network": "VISA"}]


def test_of_many_dimensions_too_the_slice_is_found() -> None:
    rng = random.Random(3)
    dimensions = tuple("abcdefg")
    leaves: dict[tuple[str, ...], Leaf] = {}
    for _ in range(400):
        values = tuple(rng.choice("123") for _ in dimensions)
        rate = 0.5 if values[1] == "2" and values[4] == "3" else 0.02
        leaves[values] = Leaf(values, 100.0, chance(rng, 100, rate), 1000.0, 20.0)
    assert blamed(list(leaves.values()), dimensions) == [{"b": "2", "e": "3"}]


def counts(leaf: Leaf) -> tuple[float, float, float, float]:
    return leaf.attempts, leaf.failures, leaf.baseline_attempts, leaf.baseline_failures


def test_nothing_at_all_has_no_cause() -> None:
    assert localise(DIMENSIONS, []) == Localisation((), outside=False)
    assert localise((), []) == Localisation((), outside=False)
    assert ranking(DIMENSIONS, []) == []


def test_a_leaf_with_a_value_too_few_is_refused() -> None:
    with pytest.raises(
        PaywatchError, match="a leaf has 1 values, not one for each of the 2 dimensions: HDFC"
    ):
        localise(("issuer", "network"), [Leaf(("HDFC",), 1.0, 0.0, 1.0, 0.0)])


def test_the_ranking_begins_with_the_answer_and_names_no_set_twice() -> None:
    leaves = traffic(either(failing(0.5, issuer="HDFC"), failing(0.3, gateway="gamma")))
    ranked = ranking(DIMENSIONS, leaves, 5)
    assert ranked[0] == localise(DIMENSIONS, leaves).causes
    sets = [frozenset(frozenset(cause.slice.items()) for cause in causes) for causes in ranked]
    assert len(sets) == len(set(sets)) == 5


def test_a_ranking_has_guesses_where_nothing_is_sure() -> None:
    leaves = traffic(failing(0.013, issuer="HDFC"))
    assert localise(DIMENSIONS, leaves) == Localisation((), outside=False)
    assert [{"issuer": "HDFC"}] in [
        [cause.slice for cause in causes] for causes in ranking(DIMENSIONS, leaves)
    ]


def test_the_score_is_50_where_the_evidence_is_just_enough_and_grows_with_it() -> None:
    assert score(DEFAULT.needed) == 50.0
    assert score(2 * DEFAULT.needed) == 75.0
    assert score(-1.0) == 0.0
    mild, clear = (localise(DIMENSIONS, traffic(failing(s, issuer="HDFC"))) for s in (0.04, 0.08))
    assert mild.causes[0].score < clear.causes[0].score


rates = st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0])
leaf = st.builds(
    lambda values, n, rate, m, usual: Leaf(values, n, round(n * rate), m, round(m * usual)),
    st.tuples(*(st.sampled_from(column[:3]) for column in VALUES)),
    st.integers(0, 2000),
    rates,
    st.integers(0, 9000),
    st.sampled_from([0.01, 0.03, 0.2]),
)
some = st.lists(leaf, min_size=1, max_size=27)
law = settings(max_examples=60, deadline=None)


@law
@given(some, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(leaves: list[Leaf], rng: random.Random) -> None:
    shuffled = rng.sample(leaves, len(leaves))
    assert localise(DIMENSIONS, shuffled) == localise(DIMENSIONS, leaves)
    assert ranking(DIMENSIONS, shuffled) == ranking(DIMENSIONS, leaves)


@law
@given(some, st.permutations(range(len(DIMENSIONS))))
def test_the_order_of_dimensions_does_not_matter(leaves: list[Leaf], order: list[int]) -> None:
    turned = [Leaf(tuple(one.values[i] for i in order), *counts(one)) for one in leaves]
    names = [DIMENSIONS[i] for i in order]
    assert localise(names, turned) == localise(DIMENSIONS, leaves)
    assert ranking(names, turned) == ranking(DIMENSIONS, leaves)


@law
@given(some)
def test_a_row_split_in_two_changes_nothing(leaves: list[Leaf]) -> None:
    found = localise(DIMENSIONS, leaves)
    halves = [Leaf(one.values, *(count / 2 for count in counts(one))) for one in leaves]
    assert localise(DIMENSIONS, halves + halves) == found
    now = [Leaf(one.values, one.attempts, one.failures, 0, 0) for one in leaves]
    before = [Leaf(one.values, 0, 0, *counts(one)[2:]) for one in leaves]
    assert localise(DIMENSIONS, now + before) == found


@law
@given(some)
def test_renaming_values_renames_the_answer(leaves: list[Leaf]) -> None:
    """Names that keep their order: it decides between slices that are exactly as good."""
    renamed = [Leaf(tuple("new " + v for v in one.values), *counts(one)) for one in leaves]
    found = localise(DIMENSIONS, renamed)
    assert [
        {name: value.removeprefix("new ") for name, value in cause.items()}
        for cause in named(found)
    ] == named(localise(DIMENSIONS, leaves))


@law
@given(some, st.integers(1, 30))
def test_volume_alone_has_no_cause(leaves: list[Leaf], times: int) -> None:
    scaled = [
        Leaf(one.values, times * one.baseline_attempts, times * one.baseline_failures, *rest(one))
        for one in leaves
    ]
    assert localise(DIMENSIONS, scaled) == Localisation((), outside=False)


def rest(one: Leaf) -> tuple[float, float]:
    return one.baseline_attempts, one.baseline_failures


@law
@given(some)
def test_causes_share_no_name_and_scores_are_shares_of_100(leaves: list[Leaf]) -> None:
    found = localise(DIMENSIONS, leaves)
    assert not (found.outside and found.causes)
    assert len(found.causes) <= DEFAULT.most
    assert all(50.0 <= cause.score <= 100.0 for cause in found.causes)
    assert all(cause.slice for cause in found.causes)
    pairs = [(one.items(), two.items()) for one in named(found) for two in named(found)]
    assert all(one == two or not one <= two for one, two in pairs)
