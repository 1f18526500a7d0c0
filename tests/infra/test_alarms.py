"""Every alarm and every metric of the core reaches CloudWatch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import PAYMENTS, alarms
from functions.core.monitoring.metrics import METRICS

from .conftest import Deployment, synthesise

DIMENSION = {
    "tally": "FunctionName",
    "detect": "FunctionName",
    "notify": "FunctionName",
    "tick": "FunctionName",
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
    assert len(wanted) == 29


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
        if alarm.name.endswith("given-up"):
            assert dimension["Name"] == "EventSourceMappingUUID"
        else:
            assert dimension["Name"] == DIMENSION[alarm.source]


def test_the_topic_and_the_key_let_cloudwatch_in(dev: Deployment) -> None:
    (key,) = dev.of("AWS::KMS::Key").values()
    published = [
        statement
        for policy in dev.of("AWS::SNS::TopicPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    service = {"Service": "cloudwatch.amazonaws.com"}
    assert [s["Action"] for s in published if s["Principal"] == service] == ["sns:Publish"]
    assert ["kms:Decrypt", "kms:GenerateDataKey*"] in [
        s["Action"] for s in key["KeyPolicy"]["Statement"] if s["Principal"] == service
    ]


def dashboards(deployment: Deployment) -> dict[str, list[Any]]:
    """The widgets of each dashboard."""
    read = {}
    for properties in deployment.of("AWS::CloudWatch::Dashboard").values():
        body = properties["DashboardBody"]
        parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
        text = "".join(part if isinstance(part, str) else "token" for part in parts)
        read[properties["DashboardName"]] = json.loads(text)["widgets"]
    return read


def test_every_metric_of_the_core_is_on_a_dashboard(dev: Deployment) -> None:
    shown = json.dumps(dashboards(dev))
    for name in METRICS:
        assert f'"Paywatch/dev", "{name}"' in shown, name


def test_every_alarm_has_a_light_on_one_dashboard(dev: Deployment) -> None:
    lights = [
        light
        for widgets in dashboards(dev).values()
        for widget in widgets
        if widget["type"] == "alarm"
        for light in widget["properties"]["alarms"]
    ]
    assert len(lights) == len(alarms(DEFAULT_THRESHOLDS))


def test_rates_are_drawn_with_their_thresholds() -> None:
    deployment = synthesise(thresholds="denied=0.2/0.3")
    (denied,) = (
        widget["properties"]
        for widget in dashboards(deployment)["Paywatch-dev"]
        if widget["properties"]["title"].startswith("DeniedRate")
    )
    lines = {line["label"]: line["value"] for line in denied["annotations"]["horizontal"]}
    assert lines == {"warning": 20, "critical": 30}


def test_widgets_fill_the_width_and_do_not_overlap(dev: Deployment) -> None:
    for widgets in dashboards(dev).values():
        cells = [
            (x, y)
            for w in widgets
            for x in range(w["x"], w["x"] + w["width"])
            for y in range(w["y"], w["y"] + w["height"])
        ]
        assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))
