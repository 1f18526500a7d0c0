"""deliver: a page from a channel's queue reaches that channel. Deployed once for each channel, so that
one that is down delays no other.

What cannot be told now comes again from the queue; after five times it is in the dead-letter queue,
and an alarm says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters import aws
from functions.adapters.channels import PagerDuty, Slack, Webhook
from functions.adapters.dynamodb.channel_threads import ChannelThreads
from functions.adapters.https import Https
from functions.adapters.secrets import Secret, pagerduty_access, slack_access, webhook_access
from functions.adapters.sqs import again, queued
from functions.core.paging.channels.delivery import PAGERDUTY, SLACK
from functions.handlers.deliver_function import DeliverFunction, logger
from functions.handlers.ports import Channel
from functions.settings.deliver import DeliverSettings


def function_of(settings: DeliverSettings, table: Any, secrets: Any) -> DeliverFunction:
    """The function of a channel, with its clients of DynamoDB and Secrets Manager."""
    name, secret = settings.channel, settings.secret_arn
    memory = ChannelThreads(table, settings.state_table, name)
    channel: Channel
    if name == SLACK:
        channel = Slack(Secret(secrets, secret, slack_access), Https(), memory)
    elif name == PAGERDUTY:
        source = f"paywatch-{settings.environment}"
        channel = PagerDuty(Secret(secrets, secret, pagerduty_access), Https(), memory, source)
    else:
        channel = Webhook(Secret(secrets, secret, webhook_access), Https(), memory)
    return DeliverFunction(channel, name, settings.dashboard_url)


@cache
def _function() -> DeliverFunction:
    settings = DeliverSettings.from_env(os.environ)
    return function_of(settings, aws.client("dynamodb"), aws.client("secretsmanager"))


@logger.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    return again(_function()(queued(event)))
