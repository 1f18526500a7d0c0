"""The alarms of the channels' dead-letter queues."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import Alarm, alarms, channel_alarms
from functions.core.paging.channels.delivery import CHANNELS

OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()


def test_a_deployment_has_the_alarms_of_its_channels_only() -> None:
    usual = {alarm.name for alarm in alarms(DEFAULT_THRESHOLDS)}
    with_one = {alarm.name for alarm in alarms(DEFAULT_THRESHOLDS, channels=("slack",))}
    assert with_one - usual == {"slack-undelivered"}
    assert usual < with_one


@pytest.mark.parametrize("alarm", channel_alarms(CHANNELS), ids=lambda alarm: str(alarm.name))
def test_one_undelivered_page_is_enough_and_wakes_somebody(alarm: Alarm) -> None:
    assert (alarm.threshold, alarm.periods, alarm.severity) == (1, 1, "critical")
    assert alarm.missing == "notBreaching"


@pytest.mark.parametrize("alarm", channel_alarms(CHANNELS), ids=lambda alarm: str(alarm.name))
def test_an_alarm_says_which_log_to_read_and_fits(alarm: Alarm) -> None:
    assert f"deliver-{alarm.source}" in alarm.description
    assert len(alarm.description) <= 1024


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_alarm_is_explained(channel: str) -> None:
    assert f"**{channel}-undelivered**" in OPERATIONS
