"""alarms topic → notify → on-call topic."""

from __future__ import annotations

from aws_cdk import aws_sns_subscriptions as subscriptions

from functions.settings.thresholds import format_thresholds
from infra.dashboards import dashboard_url
from infra.functions.function import Function, Functions
from infra.table import State
from infra.topics import Topics


class NotifyFunction(Function):
    """Keeps its threads in the state table. What it fails at three times is a dead letter, raw, on
    the on-call topic.
    """

    def __init__(self, functions: Functions, *, state: State, topics: Topics) -> None:
        settings = functions.settings
        # It tells the channels' alarms in words.
        channels = ",".join(settings.channels)
        super().__init__(
            functions,
            "notify",
            description="Turns alarms and incidents into one page per incident",
            memory_mb=512,
            timeout_seconds=30,
            # All payment alarms may wait for detect at once; its own word must not queue for them.
            reserved=20,
            environment={
                "STATE_TABLE": state.table.table_name,
                "ONCALL_TOPIC_ARN": topics.oncall.topic_arn,
                "ENVIRONMENT": settings.environment,
                "DASHBOARD_URL": dashboard_url(settings.environment),
                "THRESHOLDS": format_thresholds(settings.thresholds),
                "COOLDOWN_SECONDS": str(settings.cooldown_seconds),
                "MARKER_MINUTES": str(settings.marker_minutes),
                **({"CHANNELS": channels} if channels else {}),
            },
            # Of what Lambda passes on, only dead letters have message attributes; without any, a message
            # gets through no filter of a subscription, not even one for what has no such attribute.
            dead_letters=topics.oncall,
        )
        state.grant(
            self, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        topics.oncall.grant_publish(self)
        topics.alarms.add_subscription(subscriptions.LambdaSubscription(self))
        self.configure_async_invoke(retry_attempts=2)
