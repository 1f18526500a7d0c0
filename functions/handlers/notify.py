"""notify: what the alarms topic says becomes one page for a trouble, or joins the one it has, and is
noted on the trouble's record.

A message that cannot be told in good words is raised: after Lambda's retries it reaches the on-call
topic raw, through the function's failure destination. A page is never lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters import aws
from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.markers import Markers
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.adapters.sns import OncallTopic, messages
from functions.core.monitoring.alarms import alarms
from functions.core.paging.desk import Manners
from functions.handlers.notify_function import NotifyFunction, logger
from functions.settings.notify import NotifySettings


@cache
def _function() -> NotifyFunction:
    settings = NotifySettings.from_env(os.environ)
    table = aws.client("dynamodb")
    return NotifyFunction(
        desks=Desks(table, settings.state_table),
        detect=Heads(table, settings.state_table),
        oncall=OncallTopic(aws.client("sns"), settings.oncall_topic_arn),
        records=TroubleRecords(table, settings.state_table),
        markers=Markers(table, settings.state_table),
        alarms={
            alarm.name: alarm for alarm in alarms(settings.thresholds, channels=settings.channels)
        },
        alarm_prefix=f"paywatch-{settings.environment}-",
        manners=Manners(
            settings.dashboard_url, settings.cooldown_seconds, 60 * settings.marker_minutes
        ),
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(list(messages(event)), int(time.time()))
