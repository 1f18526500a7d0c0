"""What pages may cost: how many false alarms, from which rates on, and how long all is learned."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.core.detection.tuning import EvidenceTuning


class Budget(msgspec.Struct, frozen=True):
    """thresholds: by signal. per_week: false alarms. learning_seconds: so long after the first payment all
    traffic is judged by half of it failing, and a slice's waves are not judged after it was seen first."""

    thresholds: Mapping[str, Threshold] = msgspec.field(
        default_factory=lambda: dict(DEFAULT_THRESHOLDS)
    )
    per_week: float = 1.0
    learning_seconds: int = 300

    def drift(self, signal: str, tuning: EvidenceTuning = EvidenceTuning()) -> float:
        """How much the signal's rate may move without being worth a page, as a share."""
        return min(tuning.most_drift, self.thresholds[signal].warning / 2)
