"""tick: once a minute, a heartbeat into every shard of the events stream.

It travels as payments do, so a pipeline that lags is late, and only real silence is silence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from functions.adapters import aws
from functions.adapters.kinesis.events_stream import EventsStream
from functions.settings.tick import TickSettings

logger = Logger()


@cache
def _events() -> EventsStream:
    settings = TickSettings.from_env(os.environ)
    return EventsStream(aws.client("kinesis"), settings.events_stream)


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    shards = _events().tick()
    logger.info("ticked", shards=shards)
