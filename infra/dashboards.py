"""The two dashboards: the payments, for whoever watches them; the pipeline, for who runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.counting.signals import Threshold
from functions.core.monitoring.alarms import PAYMENTS
from functions.core.monitoring.alarms import alarms as alarms_of
from functions.core.monitoring.metrics import METRICS, RATE_METRICS
from functions.core.troubles.severity import CRITICAL_SCORE, WARNING_SCORE

_WIDTH: Final = 24
_HEIGHT: Final = 6
_FINE: Final = cdk.Duration.seconds(10)
_MINUTE: Final = cdk.Duration.minutes(1)

PaymentMetric = Callable[[str], cloudwatch.Metric]
"""A metric of functions.core.monitoring.metrics by its name."""


def dashboard_name(environment: str) -> str:
    return f"Paywatch-{environment}"


def dashboard_url(environment: str) -> str:
    """Where CloudWatch shows the payments, in the deployment's region."""
    region = cdk.Aws.REGION
    return (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home"
        f"?region={region}#dashboards/dashboard/{dashboard_name(environment)}"
    )


class Dashboards(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: str,
        thresholds: Mapping[str, Threshold],
        payment_metric: PaymentMetric,
        alarms: Mapping[str, cloudwatch.Alarm],
        functions: Mapping[str, lambda_.IFunction],
        consumers: Mapping[str, lambda_.IFunction],
        streams: Mapping[str, kinesis.IStream],
        queues: Mapping[str, sqs.IQueue],
        dead_letters: Mapping[str, sqs.IQueue],
    ) -> None:
        super().__init__(scope, construct_id)
        self._metric = payment_metric
        watched = {alarm.name for alarm in alarms_of(thresholds) if alarm.source == PAYMENTS}
        payments = [alarm for name, alarm in alarms.items() if name in watched]
        pipeline = [alarm for name, alarm in alarms.items() if name not in watched]
        cloudwatch.Dashboard(
            self,
            "Payments",
            dashboard_name=dashboard_name(environment),
            default_interval=cdk.Duration.hours(1),
            widgets=[
                [_status("Payments", payments)],
                [
                    self._rate(signal, thresholds[signal], width=_WIDTH // 2)
                    for signal in ("failed", "attributable")
                ],
                [
                    self._rate(signal, thresholds[signal], width=_WIDTH // 3)
                    for signal in ("denied", "reversed", "backend_reversed")
                ],
                [self._score(), self._plain("Attempts"), self._plain("LatencyP95")],
            ],
        )
        cloudwatch.Dashboard(
            self,
            "Pipeline",
            dashboard_name=f"{dashboard_name(environment)}-pipeline",
            default_interval=cdk.Duration.hours(3),
            widgets=[
                [_status("Pipeline", pipeline)],
                [self._plain("EventLag"), self._plain("Parked"), self._plain("Late")],
                [self._plain("ParkedAtLeast"), self._plain("ParkedNew"), self._plain("Faults")],
                [self._plain("Retries"), self._plain("Repeats"), self._plain("TestPayments")],
                [
                    _lines("Iterator age", _each(consumers, "IteratorAge", "Maximum")),
                    _lines("Duration, p95", _each(functions, "Duration", "p95")),
                    _lines("Invocations", _each(functions, "Invocations", "Sum")),
                ],
                [
                    _lines("Errors", _each(functions, "Errors", "Sum")),
                    _lines("Throttles", _each(functions, "Throttles", "Sum")),
                    _lines("Records put", _each(streams, "IncomingRecords", "Sum")),
                ],
                [
                    _lines("Bytes put", _each(streams, "IncomingBytes", "Sum")),
                    _lines("Bytes read", _each(streams, "GetRecords.Bytes", "Sum")),
                    _lines(
                        "Writes refused",
                        _each(streams, "WriteProvisionedThroughputExceeded", "Sum"),
                    ),
                ],
                *([_deliveries(queues, dead_letters)] if queues else []),
            ],
        )

    def _rate(self, signal: str, threshold: Threshold, *, width: int) -> cloudwatch.GraphWidget:
        """A rate, what it surely exceeds, and the lines at which the alarms stand."""
        name = RATE_METRICS[signal]
        return cloudwatch.GraphWidget(
            title=f"{name}, %",
            left=[self._fine(name, name), self._fine(f"{name}AtLeast", "at least (95 % sure)")],
            left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
            left_annotations=_levels(100 * threshold.warning, 100 * threshold.critical),
            period=_FINE,
            width=width,
            height=_HEIGHT,
        )

    def _score(self) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title="AnomalyScore: the worst slice",
            left=[self._fine("AnomalyScore", "score")],
            left_y_axis=cloudwatch.YAxisProps(min=0, max=100, show_units=False),
            left_annotations=_levels(WARNING_SCORE, CRITICAL_SCORE),
            period=_FINE,
            width=_WIDTH // 3,
            height=_HEIGHT,
        )

    def _plain(self, name: str) -> cloudwatch.GraphWidget:
        metric = METRICS[name]
        return cloudwatch.GraphWidget(
            title=f"{name}: {metric.meaning}",
            left=[self._fine(name, name)],
            left_y_axis=cloudwatch.YAxisProps(min=0, label=metric.unit, show_units=False),
            period=_FINE,
            width=_WIDTH // 3,
            height=_HEIGHT,
        )

    def _fine(self, name: str, label: str) -> cloudwatch.Metric:
        return self._metric(name).with_(statistic="Maximum", period=_FINE, label=label)


def _deliveries(
    queues: Mapping[str, sqs.IQueue], dead_letters: Mapping[str, sqs.IQueue]
) -> list[cloudwatch.IWidget]:
    """A row for the channels: what came, what waits, what was given up."""
    visible = "ApproximateNumberOfMessagesVisible"
    return [
        _lines("Pages sent to channels", _each(queues, "NumberOfMessagesSent", "Sum")),
        _lines("Oldest waiting page, s", _each(queues, "ApproximateAgeOfOldestMessage", "Maximum")),
        _lines("Pages undelivered", _each(dead_letters, visible, "Maximum")),
    ]


def _levels(warning: float, critical: float) -> list[cloudwatch.HorizontalAnnotation]:
    return [
        cloudwatch.HorizontalAnnotation(value=value, label=label, color=color)
        for value, label, color in (
            (warning, "warning", cloudwatch.Color.ORANGE),
            (critical, "critical", cloudwatch.Color.RED),
        )
    ]


def _each(
    resources: Mapping[str, lambda_.IFunction]
    | Mapping[str, kinesis.IStream]
    | Mapping[str, sqs.IQueue],
    metric: str,
    statistic: str,
) -> list[cloudwatch.IMetric]:
    """The metric of each resource, labelled with the resource's short name."""
    return [
        resource.metric(metric, statistic=statistic, period=_MINUTE, label=name)
        for name, resource in resources.items()
    ]


def _lines(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=metrics,
        left_y_axis=cloudwatch.YAxisProps(min=0),
        period=_MINUTE,
        width=_WIDTH // 3,
        height=_HEIGHT,
    )


def _status(title: str, alarms: Sequence[cloudwatch.Alarm]) -> cloudwatch.IWidget:
    return cloudwatch.AlarmStatusWidget(
        title=title, alarms=list(alarms), width=_WIDTH, height=2 + len(alarms) // 4
    )
