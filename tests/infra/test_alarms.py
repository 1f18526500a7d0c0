"""Every alarm and every metric of the core reaches CloudWatch."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import PAYMENTS, alarms
from functions.core.monitoring.metrics import METRICS
from infra.alarms import Alarms
from tests.infra.conftest import Deployment, empty_stack, synthesise

DIMENSION = {
    "tally": "FunctionName",
    "detect": "FunctionName",
    "notify": "FunctionName",
    "tick": "FunctionName",
    "tally-mapping": "EventSourceMappingUUID",
    "detect-mapping": "EventSourceMappingUUID",
    "archive": "FunctionName",
    "delivery": "DeliveryStreamName",
    "events": "StreamName",
    "tallies": "StreamName",
}


@pytest.fixture
def created(dev: Deployment) -> dict[str, Any]:
    return {p["AlarmName"]: p for p in dev.of("AWS::CloudWatch::Alarm").values()}


def test_every_alarm_of_the_core_is_created_and_no_other(created: dict[str, Any]) -> None:
    wanted = {f"paywatch-dev-{alarm.name}" for alarm in alarms(DEFAULT_THRESHOLDS)}
    assert set(created) == wanted
    assert len(wanted) == 30


def test_a_deployment_without_an_archive_has_no_alarm_on_it() -> None:
    names = {
        p["AlarmName"] for p in synthesise(archive="false").of("AWS::CloudWatch::Alarm").values()
    }
    wanted = {f"paywatch-dev-{alarm.name}" for alarm in alarms(DEFAULT_THRESHOLDS, archive=False)}
    assert names == wanted
    assert not any("archive" in name for name in names)


def test_every_alarm_is_created_as_the_core_says(created: dict[str, Any]) -> None:
    for alarm in alarms(DEFAULT_THRESHOLDS):
        properties = created[f"paywatch-dev-{alarm.name}"]
        assert properties["MetricName"] == alarm.metric
        assert properties["Threshold"] == alarm.threshold
        assert properties["ComparisonOperator"] == alarm.comparison
        assert properties["Statistic"] == alarm.statistic
        assert properties["Period"] == alarm.period
        assert properties["EvaluationPeriods"] == alarm.periods
        assert properties["DatapointsToAlarm"] == alarm.datapoints
        assert properties["TreatMissingData"] == alarm.missing


def test_every_alarm_says_its_unit_and_the_first_action(created: dict[str, Any]) -> None:
    for alarm in alarms(DEFAULT_THRESHOLDS):
        description = created[f"paywatch-dev-{alarm.name}"]["AlarmDescription"]
        assert alarm.unit in description
        assert alarm.first_action in description


def test_every_alarm_tells_the_alarms_topic_when_it_comes_and_when_it_goes(
    dev: Deployment, created: dict[str, Any]
) -> None:
    (topic,) = (
        name for name, p in dev.of("AWS::SNS::Topic").items() if p["TopicName"].endswith("alarms")
    )
    for properties in created.values():
        assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": topic}]
        assert properties.get("ActionsEnabled", True) is True


def test_every_alarm_watches_a_metric_that_somebody_sends(created: dict[str, Any]) -> None:
    for alarm in alarms(DEFAULT_THRESHOLDS):
        properties = created[f"paywatch-dev-{alarm.name}"]
        if alarm.source == PAYMENTS:
            assert properties["Namespace"] == "Paywatch/dev"
            assert alarm.metric in {*METRICS, *(f"{name}AtLeast" for name in METRICS)}
            assert "Dimensions" not in properties
            continue
        if alarm.metric == "ArchiveRefused":
            assert properties["Namespace"] == "Paywatch/dev"
            assert "Dimensions" not in properties
            continue
        (dimension,) = properties["Dimensions"]
        assert dimension["Name"] == DIMENSION[alarm.source]


def test_an_alarm_on_what_is_not_there_stops_the_synthesis_and_names_what_is() -> None:
    stack = empty_stack()
    stray = msgspec.structs.replace(
        alarms(DEFAULT_THRESHOLDS)[0], name="routing-errors", source="routing"
    )

    def sent(name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace="Test", metric_name=name)

    with pytest.raises(
        ValueError,
        match="alarm routing-errors watches 'routing'; known sources: events, payments, tally",
    ):
        Alarms(
            stack,
            "Alarms",
            prefix="paywatch-dev",
            alarms=[stray],
            sources={"payments": sent, "tally": sent, "events": sent},
            topic=sns.Topic(stack, "Topic"),
        )
