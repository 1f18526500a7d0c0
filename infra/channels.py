"""Slack, PagerDuty, a webhook: each with a queue, a dead-letter queue and a function of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import Sources
from infra.functions.deliver import DeliverFunction
from infra.functions.function import Functions
from infra.table import State

RETRY_SECONDS: Final = 60
"""When a page that failed comes again. Not shorter than the function's timeout."""
TRIES: Final = 5
"""A page is given up and the alarm goes off after so many minutes, about: people must hear by another
channel while it still matters."""
KEEP_DAYS: Final = 14
"""The longest that SQS keeps a message."""


class Channels(Construct):
    """on-call topic → queue → deliver. A page that fails five times lies in the dead-letter queue,
    which has an alarm of its own.

    secrets: the name or ARN of each channel's secret, by channel; there may be none. `queues`,
    `dead_letters`: by channel. `sources`: what an alarm may watch of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        functions: Functions,
        secrets: Mapping[str, str],
        state: State,
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
        for name, secret in secrets.items():
            queue = self._pages(name, prefix)
            DeliverFunction(functions, channel=name, secret=secret, queue=queue, state=state)
        self.sources: Sources = {name: dead.metric for name, dead in self.dead_letters.items()}
        if secrets:
            self._let_pages_through(f"{prefix}-oncall")

    def _pages(self, name: str, prefix: str) -> sqs.Queue:
        """The queue of a channel, which the on-call topic fills."""
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
        return queue

    def _let_pages_through(self, topic_name: str) -> None:
        # By name: the topic is encrypted under the key, so the key cannot wait for the topic's ARN.
        topic = cdk.Stack.of(self).format_arn(service="sns", resource=topic_name)
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PagesReachTheEncryptedQueues",
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"ArnEquals": {"aws:SourceArn": topic}},
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
