"""SQS: the messages of a channel's queue, and the answer which of them are to come again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from functions.core.paging.channels.delivery import QueuedPage


def queued(event: Mapping[str, Any]) -> list[QueuedPage]:
    """The messages of an invocation."""
    return [
        QueuedPage(
            id=str(record["messageId"]),
            body=str(record["body"]),
            sent_at=int(record["attributes"]["SentTimestamp"]) // 1000,
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            fault=_fault(record.get("messageAttributes", {})),
        )
        for record in event["Records"]
    ]


def again(ids: Iterable[str]) -> dict[str, Any]:
    """The answer of ReportBatchItemFailures: these come again, the others are done."""
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in ids]}


def _fault(attributes: Mapping[str, Any]) -> str:
    """What Lambda says of a message that it passes on because a function failed."""
    return str(attributes.get("ErrorMessage", {}).get("stringValue", ""))
