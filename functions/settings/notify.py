"""What notify is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.settings.channels import channels
from functions.settings.environment import FromEnvironment, setting, text, whole
from functions.settings.thresholds import thresholds


@dataclass(frozen=True, kw_only=True)
class NotifySettings(FromEnvironment):
    """dashboard_url: where the page sends its reader. channels: those that have alarms, too.
    cooldown_seconds: news that is no worse is told at most so often. marker_minutes: what was changed so
    long before a trouble began is told with it."""

    state_table: str = setting(text)
    oncall_topic_arn: str = setting(text)
    environment: str = setting(text)
    dashboard_url: str = setting(text)
    thresholds: Mapping[str, Threshold] = setting(thresholds, DEFAULT_THRESHOLDS)
    channels: tuple[str, ...] = setting(channels, ())
    cooldown_seconds: int = setting(whole(0, 86_400), 600)
    marker_minutes: int = setting(whole(0, 1440), 10)
