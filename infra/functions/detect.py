"""tallies → detect → metrics of the payments, and incidents on the alarms topic."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam

from functions.core.monitoring.alarms import PAYMENTS
from functions.settings.thresholds import format_thresholds
from infra import emulated
from infra.consumers import Consumer
from infra.functions.function import Function, Functions
from infra.storage import Storage
from infra.streams import Streams
from infra.table import State
from infra.topics import Topics


class DetectFunction(Function):
    """Keeps its journal in the state table."""

    def __init__(
        self,
        functions: Functions,
        *,
        streams: Streams,
        state: State,
        topics: Topics,
        storage: Storage,
    ) -> None:
        settings = functions.settings
        super().__init__(
            functions,
            "detect",
            description="Merges the tallies, scores every slice, opens and closes incidents",
            memory_mb=settings.memory_mb,
            timeout_seconds=60,
            reserved=1,
            environment={
                "STATE_TABLE": state.table.table_name,
                "ALARMS_TOPIC_ARN": topics.alarms.topic_arn,
                "NAMESPACE": settings.namespace,
                "THRESHOLDS": format_thresholds(settings.thresholds),
                "FALSE_ALARMS_PER_WEEK": f"{settings.false_alarms_per_week:g}",
                "LEARNING_SECONDS": str(settings.learning_seconds),
                "LATENESS_SECONDS": str(settings.lateness_seconds),
                "CONFIRM_SECONDS": str(settings.confirm_seconds),
                "RECOVER_SECONDS": str(settings.recover_seconds),
                "PUBLISH_SECONDS": str(settings.publish_seconds),
            },
        )
        state.grant(self, "dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem")
        topics.alarms.grant_publish(self)
        only_ours = {"StringEquals": {"cloudwatch:namespace": settings.namespace}}
        self.add_to_role_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions=only_ours if emulated.has(settings, "metric-namespace") else None,
            )
        )
        tallies = Consumer(
            self, "Consumer", stream=streams.tallies, function=self, failures=storage.failures
        )
        self._namespace = settings.namespace
        self.sources = {
            **self.sources,
            "detect-mapping": tallies.metric,
            PAYMENTS: self.payment_metric,
        }

    def payment_metric(self, name: str) -> cloudwatch.Metric:
        """A metric of functions.core.monitoring.metrics by its name."""
        return cloudwatch.Metric(namespace=self._namespace, metric_name=name)
