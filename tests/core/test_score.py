"""From counts to a score."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.score import (
    DEFAULT_THRESHOLDS,
    MOST_EXACT,
    Threshold,
    judge,
    lower_bound,
    score,
    severity,
)
from functions.core.slices import ALL
from functions.core.tally import SIGNALS
from tests.builders import counts

THRESHOLD = Threshold(0.01, 0.02)
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


def test_one_failure_in_three_payments_says_nothing() -> None:
    assert judge(ALL, counts(approved=2, failed=1), SIGNALS, DEFAULT_THRESHOLDS, 1e-6).score < 1


def test_thirty_failures_in_a_thousand_payments_say_a_lot() -> None:
    verdict = judge(ALL, counts(approved=970, failed=30), SIGNALS, DEFAULT_THRESHOLDS, 1e-6)
    assert verdict.severity == "warning"
    assert (verdict.signal, verdict.rate, verdict.attempts) == ("failed", 0.03, 1000)


def test_the_worst_signal_is_the_verdict() -> None:
    seen = counts(approved=800, failed=10, denied=190)
    assert judge(ALL, seen, SIGNALS, DEFAULT_THRESHOLDS, 1e-6).signal == "denied"


def test_without_attempts_there_is_nothing_to_judge() -> None:
    verdict = judge(ALL, counts(pending=5), SIGNALS, DEFAULT_THRESHOLDS, 1e-6)
    assert (verdict.score, verdict.rate, verdict.attempts) == (0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("at_least", "points"), [(0.0, 0), (0.005, 25), (0.01, 50), (0.015, 62.5), (0.02, 75), (0.04, 87.5)]
)  # fmt: skip
def test_the_thresholds_anchor_the_score(at_least: float, points: float) -> None:
    assert score(at_least, THRESHOLD) == pytest.approx(points)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rate_never_scores_lower(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert score(low, THRESHOLD) <= score(high, THRESHOLD) < 100


@pytest.mark.parametrize(
    ("points", "word"),
    [(0, "info"), (49.99, "info"), (50, "warning"), (74.99, "warning"), (75, "critical")],
)
def test_severity_follows_the_score(points: float, word: str) -> None:
    assert severity(points) == word
