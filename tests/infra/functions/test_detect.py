"""detect: fed by the tallies, it may keep its journal, send metrics and speak on the alarms topic."""

from __future__ import annotations

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.settings.detect import DetectSettings
from tests.infra.actions import (
    KEY_OF_ITEMS,
    LOGS_AND_TRACES,
    PUT_OBJECTS,
    READ_A_STREAM,
    allowed,
    granted,
)
from tests.infra.conftest import Deployment, environment, resolved, synthesise


def test_it_may_do_what_it_does_and_nothing_else(dev: Deployment) -> None:
    assert allowed(dev, "detect") == {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        *READ_A_STREAM,
        *PUT_OBJECTS,
        "s3:ListBucket",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "cloudwatch:PutMetricData",
        "sns:Publish",
    }


def test_it_speaks_on_the_alarms_topic_and_pages_nobody_itself(dev: Deployment) -> None:
    (topic,) = (n for n, t in dev.of("AWS::SNS::Topic").items() if "alarms" in t["TopicName"])
    assert granted(dev, "detect", "sns:Publish") == [{"Ref": topic}]
    assert environment(dev, "detect")["ALARMS_TOPIC_ARN"] == {"Ref": topic}


def test_it_judges_as_the_deployment_is_set() -> None:
    given = {
        "thresholds": "failed=0.02/0.05",
        "false_alarms_per_week": "0.5",
        "learning_seconds": "600",
        "lateness_seconds": "45",
        "confirm_seconds": "4",
        "recover_seconds": "90",
        "publish_seconds": "10",
    }
    variables = environment(synthesise(**given), "detect")
    read = DetectSettings.from_env({name: resolved(value) for name, value in variables.items()})
    assert read.thresholds["failed"] == Threshold(0.02, 0.05)
    assert read.thresholds["denied"] == DEFAULT_THRESHOLDS["denied"]
    assert (read.false_alarms_per_week, read.learning_seconds) == (0.5, 600)
    assert (read.lateness_seconds, read.publish_seconds) == (45, 10)
    assert (read.confirm_seconds, read.recover_seconds) == (4, 90)


def test_it_sends_its_metrics_where_it_may(dev: Deployment) -> None:
    assert environment(dev, "detect")["NAMESPACE"] == "Paywatch/dev"
