"""Alarms are read from a template whole, or not at all."""

from __future__ import annotations

from typing import Any, Final

import pytest
from msgspec.structs import replace

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.errors import PaywatchError
from functions.core.monitoring.alarms import alarms
from ops.backtest.alarm_rules import AlarmRule, Dimension, default_rules, rules

PROPERTIES: Final = {
    "AlarmName": "paywatch-dev-Red",
    "AlarmDescription": "what it means",
    "AlarmActions": [{"Ref": "Topic"}],
    "Namespace": "Paywatch/dev",
    "MetricName": "Attempts",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 10,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


def template(kind: str = "AWS::CloudWatch::Alarm", **properties: Any) -> dict[str, Any]:
    """A template with a topic and one alarm; a property given as None is left out."""
    whole = {k: v for k, v in {**PROPERTIES, **properties}.items() if v is not None}
    return {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "A1": {"Type": kind, "Properties": whole},
        }
    }


RULE: Final = AlarmRule(
    name="Red",
    namespace="Paywatch/dev",
    metric="Attempts",
    statistic="Maximum",
    period=60,
    evaluation_periods=3,
    datapoints_to_alarm=3,
    threshold=10.0,
    comparison="GreaterThanOrEqualToThreshold",
    missing="missing",
)


def test_an_alarm_is_read_with_cloudwatchs_defaults() -> None:
    assert rules(template()) == [RULE]


def test_an_alarm_is_read_with_what_the_template_says() -> None:
    said = template(DatapointsToAlarm=2, TreatMissingData="ignore")
    assert rules(said) == [replace(RULE, datapoints_to_alarm=2, missing="ignore")]


def test_a_dimension_keeps_the_value_that_cloudformation_fills_in() -> None:
    (read,) = rules(template(Dimensions=[{"Name": "FunctionName", "Value": {"Ref": "Tally"}}]))
    assert read.dimensions == (Dimension("FunctionName", {"Ref": "Tally"}),)


def test_the_prefix_of_the_deployment_is_known_by_its_own_namespace() -> None:
    both = template()
    foreign = {**PROPERTIES, "AlarmName": "paywatch-dev-tally-errors", "Namespace": "AWS/Lambda"}
    both["Resources"]["B2"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": foreign}
    assert [read.name for read in rules(both)] == ["Red", "tally-errors"]


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"Metrics": [], "MetricName": None}, "Metrics"),
        ({"ThresholdMetricId": "band"}, "ThresholdMetricId"),
        ({"ExtendedStatistic": "p99", "Statistic": None}, "ExtendedStatistic"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "EvaluateLowSampleCountPercentile"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "EvaluationWindow"),
        ({"Unit": "Count"}, "Unit"),
        ({"Statistic": "Median"}, "Median"),
        ({"Statistic": None}, "Statistic"),
        ({"ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"}, "LessThanLower"),
        ({"TreatMissingData": "zero"}, "zero"),
        ({"Threshold": {"Ref": "Limit"}}, "Threshold"),
        ({"Dimensions": {"Fn::If": []}}, "Dimensions"),
        ({"Period": 15}, "15 s"),
        ({"Period": 90}, "90 s"),
        ({"DatapointsToAlarm": 4}, "4 of 3"),
        ({"Period": 43_200}, "more than a day"),
    ],
)
def test_what_is_not_understood_is_an_error_that_names_the_alarm(
    properties: dict[str, Any], named: str
) -> None:
    with pytest.raises(PaywatchError, match=rf"paywatch-dev-Red.*{named}"):
        rules(template(**properties))


def test_an_alarm_without_a_name_of_its_own_is_named_by_its_logical_id() -> None:
    with pytest.raises(PaywatchError, match=r"A1.*Unit"):
        rules(template(AlarmName=None, Unit="Count"))


def test_a_composite_alarm_is_an_error() -> None:
    with pytest.raises(PaywatchError, match=r"A1.*CompositeAlarm"):
        rules(template("AWS::CloudWatch::CompositeAlarm"))


def test_the_default_alarms_are_those_of_the_core() -> None:
    read = {one.name: one for one in default_rules()}
    core = {alarm.name: alarm for alarm in alarms(DEFAULT_THRESHOLDS)}
    assert read.keys() == core.keys()
    for name, alarm in core.items():
        one = read[name]
        assert (one.metric, one.statistic, one.threshold, one.comparison, one.missing) == (
            alarm.metric,
            alarm.statistic,
            alarm.threshold,
            alarm.comparison,
            alarm.missing,
        )
        assert (one.period, one.evaluation_periods, one.datapoints_to_alarm) == (
            alarm.period,
            alarm.periods,
            alarm.datapoints,
        )
