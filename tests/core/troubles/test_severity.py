"""From counts to a score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.confidence import lower_bound
from functions.core.counting.signals import Threshold
from functions.core.detection.tuning import FiguresTuning
from functions.core.troubles.severity import (
    CRITICAL_SCORE,
    WARNING_SCORE,
    below,
    score,
    severity,
)
from tests.builders import verdict

RATE_SURE = FiguresTuning().rate_sure

THRESHOLD = Threshold(0.01, 0.02)


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
def test_where_more_than_the_warning_is_excused_the_thresholds_lie_that_much_higher(
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


@given(points=st.floats(0.0, 100.0))
def test_a_verdict_is_held_below_a_score_and_left_alone_otherwise(points: float) -> None:
    found = verdict(score=points)
    held = below(found, CRITICAL_SCORE)
    assert held.severity != "critical"
    assert (held == found) == (points < CRITICAL_SCORE)
