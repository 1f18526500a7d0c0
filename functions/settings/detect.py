"""What detect is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules
from functions.core.troubles.recovery import Patience
from functions.settings.environment import FromEnvironment, positive, setting, text, whole
from functions.settings.thresholds import thresholds


@dataclass(frozen=True, kw_only=True)
class DetectSettings(FromEnvironment):
    """namespace: of the metrics. publish_seconds: at most one set of metrics in so many seconds."""

    state_table: str = setting(text)
    alarms_topic_arn: str = setting(text)
    namespace: str = setting(text)
    thresholds: Mapping[str, Threshold] = setting(thresholds, DEFAULT_THRESHOLDS)
    false_alarms_per_week: float = setting(positive, 1.0)
    learning_seconds: int = setting(whole(0, 86_400), 300)
    lateness_seconds: int = setting(whole(0, 3600), 60)
    confirm_seconds: int = setting(whole(0, 600), 0)
    recover_seconds: int = setting(whole(1, 3600), 30)
    publish_seconds: int = setting(whole(1, 60), 5)

    @property
    def rules(self) -> Rules:
        return Rules(
            budget=Budget(
                thresholds=self.thresholds,
                per_week=self.false_alarms_per_week,
                learning_seconds=self.learning_seconds,
            ),
            lateness=self.lateness_seconds,
            patience=Patience(self.confirm_seconds, self.recover_seconds),
        )
