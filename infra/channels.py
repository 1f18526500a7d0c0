"""Slack, PagerDuty, a webhook: each with a queue, a dead-letter queue and a function of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

TIMEOUT_SECONDS: Final = 45
"""Of the function: its posts end after 20 s, what it asks AWS is quick or refused by then."""
RETRY_SECONDS: Final = 60
"""When a page that failed comes again. Not shorter than the function's timeout."""
TRIES: Final = 5
"""A page is given up and the alarm goes off after so many minutes, about: people must hear by another
channel while it still matters."""
KEEP_DAYS: Final = 14
"""The longest that SQS keeps a message."""
BATCH: Final = 1
"""A page waits for no other: pages are rare, and one that hangs would hold up its batch."""
AT_ONCE: Final = 2
"""The least that Lambda takes, and within what Slack wants: a post a second."""


class Channels(Construct):
    """on-call topic → queue → deliver. A page that fails five times lies in the dead-letter queue,
    which has an alarm of its own.

    functions: deliver, by channel. queues, dead_letters: by channel, too.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        functions: Mapping[str, lambda_.Function],
        secrets: Mapping[str, str],
        oncall: sns.ITopic,
        key: kms.Key,
        tls_only: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.queues: dict[str, sqs.Queue] = {}
        self.dead_letters: dict[str, sqs.Queue] = {}
        self._oncall = oncall
        self._key = key
        self._tls_only = tls_only
        for name, function in functions.items():
            self._add(name, prefix, function, secrets[name])
        # By name: the topic is encrypted under the key, so the key cannot wait for the topic's ARN.
        topic = cdk.Stack.of(self).format_arn(service="sns", resource=f"{prefix}-oncall")
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PagesReachTheEncryptedQueues",
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"ArnEquals": {"aws:SourceArn": topic}},
            )
        )

    def undelivered(self, name: str, metric: str) -> cloudwatch.Metric:
        """A metric of the channel's dead-letter queue."""
        return self.dead_letters[name].metric(metric)

    def _add(self, name: str, prefix: str, function: lambda_.Function, secret: str) -> None:
        title = name.title()
        dead = self.dead_letters[name] = self._queue(
            f"{title}Undelivered", f"{prefix}-{name}-undelivered", None
        )
        queue = self.queues[name] = self._queue(
            f"{title}Pages",
            f"{prefix}-{name}",
            sqs.DeadLetterQueue(queue=dead, max_receive_count=TRIES),
        )
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self._oncall.topic_arn}},
            )
        )
        # What SNS cannot put into the queue at all waits in the same place, under the same alarm.
        sns.Subscription(
            self,
            f"{title}Subscription",
            topic=self._oncall,
            protocol=sns.SubscriptionProtocol.SQS,
            endpoint=queue.queue_arn,
            raw_message_delivery=True,
            dead_letter_queue=dead,
        )
        function.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=BATCH,
                max_concurrency=AT_ONCE,
                report_batch_item_failures=True,
            )
        )
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[self._secret_arn(secret)],
            )
        )

    def _queue(
        self, construct_id: str, name: str, dead_letters: sqs.DeadLetterQueue | None
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            visibility_timeout=cdk.Duration.seconds(RETRY_SECONDS),
            retention_period=cdk.Duration.days(KEEP_DAYS),
            dead_letter_queue=dead_letters,
            enforce_ssl=self._tls_only,
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
