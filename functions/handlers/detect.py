"""detect: merge the partials, roll the window, weigh, judge; then say so.

The state is stored before anything is said. What was decided and not said yet is in the stored
outbox, so it is said by whoever comes next; what was said twice is taken once by notify.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters import aws
from functions.adapters.cloudwatch import Gauges
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.kinesis.records import records
from functions.adapters.sns import AlarmsTopic
from functions.handlers.detect_function import DetectFunction, logger
from functions.settings.detect import DetectSettings


@cache
def _function() -> DetectFunction:
    settings = DetectSettings.from_env(os.environ)
    return DetectFunction(
        journal=Journal(aws.client("dynamodb"), settings.state_table),
        alarms=AlarmsTopic(aws.client("sns"), settings.alarms_topic_arn),
        metrics=Gauges(aws.client("cloudwatch"), settings.namespace),
        rules=settings.rules,
        publish_seconds=settings.publish_seconds,
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(records(event), time.time_ns() // 1_000_000)
