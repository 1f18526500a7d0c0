"""tally: decode, classify and count the records of one shard; park what is malformed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters import aws
from functions.adapters.dynamodb.ledgers import Ledgers
from functions.adapters.kinesis.records import records
from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.adapters.s3 import Quarantine
from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting
from functions.core.payments.providers import senders_of
from functions.handlers.tally_function import TallyFunction, logger
from functions.settings.tally import TallySettings


@cache
def _function() -> TallyFunction:
    settings = TallySettings.from_env(os.environ)
    return TallyFunction(
        ledgers=Ledgers(aws.client("dynamodb"), settings.state_table),
        tallies=TalliesStream(aws.client("kinesis"), settings.tallies_stream),
        quarantine=Quarantine(aws.client("s3"), settings.quarantine_bucket),
        counting=Counting(
            knowledge=load(),
            slicing=settings.slicing,
            bounds=settings.bounds,
            senders=senders_of(settings.mapping),
        ),
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(records(event))
