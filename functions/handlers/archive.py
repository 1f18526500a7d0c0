"""archive: Firehose's transformation. Records of any packing become masked rows of the archive."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from functions.adapters.firehose import arrivals, response
from functions.core.archive.rows import REFUSED, REFUSED_MESSAGE, transform
from functions.core.counting.bounds import Bounds
from functions.core.payments.providers import SENDERS, senders_of
from functions.core.payments.readers import Senders
from functions.settings.archive import ArchiveSettings

logger = Logger()


def archive(
    event: Mapping[str, Any],
    bounds: Bounds,
    *,
    keeps_unknown: bool = True,
    senders: Senders = SENDERS,
) -> dict[str, Any]:
    """Firehose's records as it wants them back."""
    outcomes = transform(arrivals(event), bounds, keeps_unknown=keeps_unknown, senders=senders)
    refused = [outcome.id for outcome in outcomes if outcome.result == REFUSED]
    if refused:
        logger.error(REFUSED_MESSAGE, records=len(refused), of=len(outcomes), first=refused[0])
    return response(outcomes)


@cache
def _settings() -> ArchiveSettings:
    return ArchiveSettings.from_env(os.environ)


@cache
def _senders() -> Senders:
    return senders_of(_settings().mapping)


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    settings = _settings()
    return archive(
        event,
        settings.bounds,
        keeps_unknown=settings.archive_unknown_fields,
        senders=_senders(),
    )
