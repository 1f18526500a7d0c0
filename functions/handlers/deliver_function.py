"""What deliver does with the pages of a channel's queue."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from functions.core.errors import PaywatchError, Transient
from functions.core.paging.channels.delivery import QueuedPage, read_page
from functions.handlers.ports import Channel

logger = Logger()
for _name in ("botocore", "urllib3"):
    # At DEBUG they log answers and addresses, which here hold secrets; whoever debugs the rest of the
    # function is not to find them in its log.
    logging.getLogger(_name).setLevel(logging.INFO)


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
