"""From counts to a score."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.troubles.severity import (
    CRITICAL_SCORE,
    MOST_EXACT,
    RATE_SURE,
    WARNING_SCORE,
    Threshold,
    lower_bound,
    score,
    severity,
)

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


def test_one_failure_in_three_payments_surely_exceeds_little() -> None:
    assert lower_bound(1, 3, RATE_SURE) < THRESHOLD.warning


def test_thirty_failures_in_a_thousand_payments_surely_exceed_the_warning() -> None:
    at_least = lower_bound(30, 1000, RATE_SURE)
    assert severity(score(1.0, at_least, THRESHOLD, 0.0)) == "warning"


@pytest.mark.parametrize(
    ("sure", "at_least", "points"),
    [
        (0.0, 1.0, 0),
        (0.5, 1.0, 25),  # without proof the rate counts for nothing, however high it seems
        (0.999, 1.0, 49.95),
        (1.0, 0.0, 50),
        (1.0, 0.01, 50),
        (1.0, 0.015, 62.5),
        (1.0, 0.02, 75),
        (1.0, 0.04, 87.5),
        (9.0, 0.04, 87.5),
    ],
)
def test_proof_and_thresholds_anchor_the_score(sure: float, at_least: float, points: float) -> None:
    assert score(sure, at_least, THRESHOLD, 0.0) == pytest.approx(points)


ROUNDING = 1e-9
evidence = st.floats(0, 3)
rates = st.floats(0, 1)
thresholds = st.tuples(st.floats(0.001, 0.4), st.floats(0.001, 0.4)).map(
    lambda t: Threshold(t[0], t[0] + t[1])
)


@given(rates, rates, evidence, thresholds, rates)
def test_a_higher_rate_never_scores_lower(
    one: float, two: float, sure: float, threshold: Threshold, tolerated: float
) -> None:
    low, high = sorted((one, two))
    lower, higher = (score(sure, at_least, threshold, tolerated) for at_least in (low, high))
    assert 0 <= lower <= higher + ROUNDING
    assert higher <= 100


@given(evidence, evidence, rates, thresholds, rates)
def test_more_evidence_never_scores_lower(
    one: float, two: float, at_least: float, threshold: Threshold, tolerated: float
) -> None:
    low, high = sorted((one, two))
    assert score(low, at_least, threshold, tolerated) <= score(high, at_least, threshold, tolerated)


@given(st.floats(0, 1, exclude_max=True), rates, thresholds)
def test_without_proof_nothing_is_worth_a_warning(
    sure: float, at_least: float, threshold: Threshold
) -> None:
    assert score(sure, at_least, threshold, 0.0) < WARNING_SCORE


@given(st.floats(1, 9), rates, thresholds)
def test_what_is_proven_is_critical_from_the_critical_threshold_on(
    sure: float, at_least: float, threshold: Threshold
) -> None:
    points = score(sure, at_least, threshold, threshold.warning)
    assert points >= WARNING_SCORE
    if abs(at_least - threshold.critical) > ROUNDING:
        assert (points >= CRITICAL_SCORE) == (at_least > threshold.critical)


@given(rates, thresholds, st.floats(0, 0.5))
def test_where_more_than_the_warning_is_usual_the_thresholds_lie_that_much_higher(
    at_least: float, threshold: Threshold, above: float
) -> None:
    lifted = Threshold(threshold.warning + above, threshold.critical + above)
    usual = score(1.0, at_least, threshold, threshold.warning + above)
    assert usual == pytest.approx(score(1.0, at_least, lifted, 0.0))
    assert usual <= score(1.0, at_least, threshold, 0.0) + ROUNDING


@pytest.mark.parametrize(
    ("points", "word"),
    [(0, "info"), (49.99, "info"), (50, "warning"), (74.99, "warning"), (75, "critical")],
)
def test_severity_follows_the_score(points: float, word: str) -> None:
    assert severity(points) == word
