"""How notify is called, and what becomes of a page that it cannot send."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Notification(Construct):
    """alarms → notify; when notify fails three times, the raw alarm goes to the on-call topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        alarms: sns.Topic,
        oncall: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        alarms.add_subscription(subscriptions.LambdaSubscription(function))
        function.configure_async_invoke(
            on_failure=destinations.SnsDestination(oncall), retry_attempts=2
        )
