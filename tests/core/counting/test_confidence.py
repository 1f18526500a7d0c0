"""What a rate surely exceeds."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.counting.confidence import MOST_EXACT, lower_bound

alphas = st.sampled_from((0.05, 0.001, 1e-6, 1e-9))
shares = st.tuples(st.integers(1, 60), st.integers(0, 60)).map(lambda s: (s[0], s[0] + s[1]))


def upper_tail(shown: int, total: int, p: Fraction) -> Fraction:
    """P(X ≥ shown) for X ~ Binomial(total, p), exactly."""
    return sum(
        (math.comb(total, k) * p**k * (1 - p) ** (total - k) for k in range(shown, total + 1)),
        Fraction(0),
    )


@settings(max_examples=60, deadline=None)
@given(shares, alphas)
def test_the_bound_is_the_rate_at_which_so_much_would_be_seen_with_probability_alpha(
    share: tuple[int, int], alpha: float
) -> None:
    bound = Fraction(lower_bound(*share, alpha))
    # The bound is right within a millionth of itself; the tail's power law amplifies that.
    assert upper_tail(*share, bound) <= alpha
    assert upper_tail(*share, bound * Fraction(1_000_003, 1_000_000)) >= alpha


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 999), st.sampled_from((0.05, 0.001)))
def test_the_true_rate_is_below_the_bound_with_no_more_than_probability_alpha(
    total: int, per_mille: int, alpha: float
) -> None:
    p = Fraction(per_mille, 1000)
    missed = [k for k in range(total + 1) if lower_bound(k, total, alpha) > p]
    chance = upper_tail(min(missed), total, p) if missed else Fraction(0)
    assert chance <= alpha


@given(shares, alphas)
def test_more_failures_of_as_many_payments_raise_the_bound(
    share: tuple[int, int], alpha: float
) -> None:
    shown, total = share
    assert lower_bound(shown - 1, total, alpha) < lower_bound(shown, total, alpha)


@given(shares, alphas)
def test_the_same_rate_in_more_payments_raises_the_bound(
    share: tuple[int, int], alpha: float
) -> None:
    shown, total = share
    assert lower_bound(shown, total, alpha) < lower_bound(3 * shown, 3 * total, alpha)


@given(shares)
def test_more_certainty_lowers_the_bound(share: tuple[int, int]) -> None:
    assert lower_bound(*share, 1e-6) < lower_bound(*share, 0.05) <= share[0] / share[1]


def test_nothing_shown_surely_exceeds_nothing() -> None:
    assert lower_bound(0, 1000, 0.05) == lower_bound(0, 0, 0.05) == 0.0


def test_when_all_fail_the_bound_is_the_root_of_alpha() -> None:
    assert lower_bound(20, 20, 0.05) == pytest.approx(0.05 ** (1 / 20), rel=1e-5)


def test_more_than_all_is_no_share() -> None:
    with pytest.raises(ValueError, match="no share"):
        lower_bound(3, 2, 0.05)


@pytest.mark.parametrize("total", [10**6, MOST_EXACT, 10**9, 10**15])
@pytest.mark.parametrize("rate", [0.0001, 0.02, 0.5, 0.999])
def test_of_very_many_payments_the_bound_is_close_below_the_rate(total: int, rate: float) -> None:
    bound = lower_bound(int(total * rate), total, 1e-6)
    assert 0.5 * rate < bound < rate
