"""How notify is called, and how often it is tried."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Notification(Construct):
    """alarms → notify; what notify fails at three times is a dead letter, raw, on the on-call topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        alarms: sns.Topic,
    ) -> None:
        super().__init__(scope, construct_id)
        alarms.add_subscription(subscriptions.LambdaSubscription(function))
        function.configure_async_invoke(retry_attempts=2)
