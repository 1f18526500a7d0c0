"""SNS: announcements to the alarms topic, pages to the on-call topic, and what comes from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from functions.adapters.aws import calling
from functions.core.incident import Announcement
from functions.core.page import Page


class AlarmsTopic:
    """Where detect announces incidents, beside CloudWatch's alarms."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def announce(self, announcement: Announcement) -> None:
        """Raises Transient when SNS does not take it."""
        with calling("announce an incident"):
            self._client.publish(
                TopicArn=self._arn,
                Subject=f"{announcement.incident.id} {announcement.transition}",
                Message=json.dumps({"paywatch_announcement": msgspec.to_builtins(announcement)}),
            )


class OncallTopic:
    """Where people listen. SMS subscribers filter on the attribute `severity`."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def send(self, page: Page) -> None:
        """Raises Transient when SNS does not take it."""
        with calling("publish a page"):
            self._client.publish(
                TopicArn=self._arn,
                Subject=page.subject,
                MessageStructure="json",
                Message=json.dumps({"default": page.body, "email": page.body, "sms": page.sms}),
                MessageAttributes={
                    "severity": {"DataType": "String", "StringValue": page.severity},
                    "thread": {"DataType": "String", "StringValue": page.thread},
                },
            )


def messages(event: Mapping[str, Any]) -> Iterator[str]:
    """The texts of an SNS invocation's messages."""
    for item in event["Records"]:
        yield str(item["Sns"]["Message"])
