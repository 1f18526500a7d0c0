"""deliver: a page from a channel's queue reaches that channel. Deployed once for each channel, so that
one that is down delays no other.

What cannot be told now comes again from the queue; after five times it is in the dead-letter queue,
and an alarm says so.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from functions.adapters import aws
from functions.adapters.channels import PagerDuty, Slack, Webhook
from functions.adapters.dynamodb.channel_threads import ChannelThreads
from functions.adapters.https import Https
from functions.adapters.secrets import Secret, pagerduty_access, slack_access, webhook_access
from functions.adapters.sqs import again, queued
from functions.core.errors import PaywatchError, Transient
from functions.core.paging.channels.delivery import PAGERDUTY, SLACK, QueuedPage, read_page
from functions.core.paging.page import Page
from functions.settings.deliver import DeliverSettings

logger = Logger()
for _name in ("botocore", "urllib3"):
    # At DEBUG they log answers and addresses, which here hold secrets; whoever debugs the rest of the
    # function is not to find them in its log.
    logging.getLogger(_name).setLevel(logging.INFO)


class Channel(Protocol):
    def tell(self, page: Page, receives: int) -> str: ...


@dataclass(frozen=True)
class DeliverFunction:
    channel: Channel
    name: str
    dashboard_url: str

    def __call__(self, messages: Sequence[QueuedPage]) -> list[str]:
        """Tell each message; the ids of those that are to come again. One that fails holds up no
        other."""
        failed = []
        for message in messages:
            page = read_page(message, self.dashboard_url)
            logger.append_keys(channel=self.name, page=page.thread, kind=page.kind)
            try:
                outcome = self.channel.tell(page, message.receives)
            except PaywatchError as error:
                log = logger.warning if isinstance(error, Transient) else logger.error
                log("not delivered", receives=message.receives, reason=str(error))
                failed.append(message.id)
            else:
                logger.info("delivered", outcome=outcome)
        return failed


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
