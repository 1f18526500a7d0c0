"""What pages may cost."""

from __future__ import annotations

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.core.detection.budget import Budget
from functions.core.detection.tuning import EvidenceTuning

MOST_DRIFT = EvidenceTuning().most_drift


def test_a_rate_may_drift_by_half_its_warning_but_not_far() -> None:
    thresholds = {**DEFAULT_THRESHOLDS, "failed": Threshold(0.01, 0.02)}
    assert Budget(thresholds).drift("failed") == 0.005
    assert Budget(thresholds).drift("denied") == MOST_DRIFT
