"""The alarms of functions.core.monitoring.alarms, with its metric and its way to the alarms topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.core.monitoring.alarms import Alarm

Sources = Mapping[str, Callable[[str], cloudwatch.Metric]]
"""What an alarm may name as its source → the metrics of that, by name."""

_MISSING = {
    "breaching": cloudwatch.TreatMissingData.BREACHING,
    "notBreaching": cloudwatch.TreatMissingData.NOT_BREACHING,
    "ignore": cloudwatch.TreatMissingData.IGNORE,
    "missing": cloudwatch.TreatMissingData.MISSING,
}

_COMPARISON = {
    "GreaterThanOrEqualToThreshold": (
        cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    ),
    "GreaterThanThreshold": cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    "LessThanThreshold": cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    "LessThanOrEqualToThreshold": cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
}


class Alarms(Construct):
    """`by_name`: the alarms, in the order of the dashboard, by the name that the core gives them.

    Raises ValueError for an alarm whose source the deployment does not have.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        alarms: Sequence[Alarm],
        sources: Sources,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        action = actions.SnsAction(topic)
        self.by_name: dict[str, cloudwatch.Alarm] = {}
        for alarm in alarms:
            created = cloudwatch.Alarm(
                self,
                alarm.name,
                alarm_name=f"{prefix}-{alarm.name}",
                alarm_description=alarm.description,
                metric=_metric(alarm, sources).with_(
                    statistic=alarm.statistic, period=cdk.Duration.seconds(alarm.period)
                ),
                threshold=alarm.threshold,
                comparison_operator=_COMPARISON[alarm.comparison],
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.datapoints,
                treat_missing_data=_MISSING[alarm.missing],
            )
            created.add_alarm_action(action)
            created.add_ok_action(action)
            self.by_name[alarm.name] = created


def _metric(alarm: Alarm, sources: Sources) -> cloudwatch.Metric:
    if alarm.source not in sources:
        known = ", ".join(sorted(sources))
        raise ValueError(f"alarm {alarm.name} watches {alarm.source!r}; known sources: {known}")
    return sources[alarm.source](alarm.metric)
