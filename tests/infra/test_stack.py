"""The stack: its parts are put together, and its outputs tell the tools where they are."""

from __future__ import annotations

import re

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import alarms
from functions.core.paging.channels.delivery import CHANNELS
from functions.settings.thresholds import thresholds
from tests.infra.conftest import Deployment, synthesise


def test_the_outputs_are_what_the_tools_look_for(dev: Deployment) -> None:
    assert set(dev.template["Outputs"]) == {
        "EventsStream",
        "TalliesStream",
        "StateTable",
        "AlarmsTopicArn",
        "OncallTopicArn",
        "QuarantineBucket",
        "FailuresBucket",
        "Namespace",
        "Thresholds",
        "DashboardUrl",
        "ArchiveBucket",
        "ArchiveTable",
    }


def test_each_output_names_the_resource_that_it_says(dev: Deployment) -> None:
    named = {
        output: value["Value"]["Ref"]
        for output, value in dev.template["Outputs"].items()
        if isinstance(value["Value"], dict) and "Ref" in value["Value"]
    }
    assert {output: re.sub(r"[0-9A-F]{8}$", "", name) for output, name in named.items()} == {
        "EventsStream": "StreamsEvents",
        "TalliesStream": "StreamsTallies",
        "StateTable": "StateTable",
        "AlarmsTopicArn": "TopicsAlarms",
        "OncallTopicArn": "TopicsOncall",
        "QuarantineBucket": "StorageQuarantine",
        "FailuresBucket": "StorageFailures",
        "ArchiveBucket": "Archive",
    }
    assert dev.template["Outputs"]["Namespace"]["Value"] == "Paywatch/dev"
    assert thresholds(dev.template["Outputs"]["Thresholds"]["Value"]) == DEFAULT_THRESHOLDS
    assert dev.template["Outputs"]["ArchiveTable"]["Value"] == "paywatch_dev.payments"


def test_two_syntheses_give_one_template(dev: Deployment) -> None:
    assert synthesise(environment="dev").template == dev.template


def test_every_alarm_that_the_core_can_give_finds_its_source(with_channels: Deployment) -> None:
    """Archive and all channels are there: a source that no part owns would stop the synthesis."""
    made = {p["AlarmName"] for p in with_channels.of("AWS::CloudWatch::Alarm").values()}
    asked = alarms(DEFAULT_THRESHOLDS, archive=True, channels=CHANNELS)
    assert made == {f"paywatch-dev-{alarm.name}" for alarm in asked}
