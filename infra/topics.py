"""The two SNS topics: what the machines say, and what the people on call get."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from functions.core.paging.page import ACKNOWLEDGE, KINDS
from functions.core.troubles.severity import CRITICAL

_NEWS = sns.SubscriptionFilter(
    # What Lambda passes on, because notify failed, has neither a kind nor a severity, but other
    # attributes; a message without any would get through no filter.
    [*(kind for kind in KINDS if kind != ACKNOWLEDGE), {"exists": False}]
)
"""All but that somebody took the trouble over: who is on call did that, or hears it in the chat."""


class Topics(Construct):
    """`alarms`: CloudWatch alarms, detect's incidents, given-up batches; read by notify.
    `oncall`: pages, one message per incident; email gets all of them but acknowledgements, SMS the
    critical ones.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        key: kms.IKey,
        emails: Sequence[str],
        phones: Sequence[str],
        tls_only: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = sns.Topic(
            self, "Alarms", topic_name=f"{prefix}-alarms", master_key=key, enforce_ssl=tls_only
        )
        # A topic with a policy of its own loses the default one, which let alarms in.
        ours = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
        self.alarms.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=ours))
        self.oncall = sns.Topic(
            self,
            "Oncall",
            topic_name=f"{prefix}-oncall",
            display_name="Paywatch",
            master_key=key,
            enforce_ssl=tls_only,
        )
        for email in emails:
            self.oncall.add_subscription(
                subscriptions.EmailSubscription(email, filter_policy={"kind": _NEWS})
            )
        for phone in phones:
            self.oncall.add_subscription(
                subscriptions.SmsSubscription(
                    phone,
                    filter_policy={
                        "severity": sns.SubscriptionFilter([CRITICAL, {"exists": False}]),
                        "kind": _NEWS,
                    },
                )
            )
