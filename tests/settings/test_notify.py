"""What notify is told."""

from __future__ import annotations

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.settings.notify import NotifySettings

NOTIFY = {
    "STATE_TABLE": "state",
    "ONCALL_TOPIC_ARN": "arn",
    "ENVIRONMENT": "dev",
    "DASHBOARD_URL": "https://x",
}


def test_notify_has_its_deployments_names() -> None:
    settings = NotifySettings.from_env(NOTIFY)
    assert (settings.environment, settings.thresholds) == ("dev", DEFAULT_THRESHOLDS)


def test_what_was_changed_up_to_ten_minutes_before_is_told_unless_it_is_set_otherwise() -> None:
    assert NotifySettings.from_env(NOTIFY).marker_minutes == 10
    assert NotifySettings.from_env({**NOTIFY, "MARKER_MINUTES": "30"}).marker_minutes == 30


def test_channels_and_cool_down_are_as_they_are_set() -> None:
    settings = NotifySettings.from_env(
        {**NOTIFY, "CHANNELS": "slack,webhook", "COOLDOWN_SECONDS": "5"}
    )
    assert (settings.channels, settings.cooldown_seconds) == (("slack", "webhook"), 5)
