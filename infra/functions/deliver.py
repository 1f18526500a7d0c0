"""queue of a channel → deliver → the channel."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from infra.dashboards import dashboard_url
from infra.functions.function import Function, Functions
from infra.table import State

TIMEOUT_SECONDS: Final = 45
"""Its posts end after 20 s, what it asks AWS is quick or refused by then."""
BATCH: Final = 1
"""A page waits for no other: pages are rare, and one that hangs would hold up its batch."""
AT_ONCE: Final = 2
"""The least that Lambda takes, and within what Slack wants: a post a second."""


class DeliverFunction(Function):
    """One for each channel; infra/channels.py has its queue. No limit of its own: the queue lets no
    more than two run at once.
    """

    def __init__(
        self, functions: Functions, *, channel: str, secret: str, queue: sqs.IQueue, state: State
    ) -> None:
        settings = functions.settings
        super().__init__(
            functions,
            f"deliver-{channel}",
            description=f"Tells the pages of its queue to {channel}",
            memory_mb=512,
            timeout_seconds=TIMEOUT_SECONDS,
            reserved=None,
            handler="deliver",
            environment={
                "CHANNEL": channel,
                "SECRET_ARN": secret,
                "STATE_TABLE": state.table.table_name,
                "ENVIRONMENT": settings.environment,
                "DASHBOARD_URL": dashboard_url(settings.environment),
            },
        )
        state.grant(self, "dynamodb:GetItem", "dynamodb:UpdateItem")
        self.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=BATCH,
                max_concurrency=AT_ONCE,
                report_batch_item_failures=True,
            )
        )
        self.add_to_role_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"], resources=[self._secret_arn(secret)]
            )
        )

    def _secret_arn(self, secret: str) -> str:
        """The ARN; to a name Secrets Manager adds six characters, which are left open."""
        if secret.startswith("arn:"):
            return secret
        return cdk.Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{secret}-??????",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
