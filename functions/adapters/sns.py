"""SNS: announcements and people's words to the alarms topic, pages to the on-call topic, and what comes
from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from functions.adapters.aws import calling
from functions.core.paging.message import to_text
from functions.core.paging.page import Page
from functions.core.troubles.incident import Announcement
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import Mute, Unmute
from functions.core.troubles.response import Response


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
                Message=to_text(announcement),
            )

    def respond(self, response: Response) -> None:
        """Pass on what somebody answered to a page. Raises Transient when SNS does not take it."""
        with calling("pass on a response"):
            self._client.publish(
                TopicArn=self._arn, Subject=f"{response.id} answered", Message=to_text(response)
            )

    def say(self, word: Marker | Mute | Unmute) -> None:
        """Pass on what was changed, or what is silent from when on. Raises Transient when SNS does not
        take it."""
        subject = type(word).__name__.lower()
        with calling(f"pass on a {subject}"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=to_text(word))


class OncallTopic:
    """Where people and channels listen. E-mail and SMS get words, a channel's queue the page itself;
    subscribers filter on the attributes `severity` and `kind`.
    """

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
                Message=json.dumps(
                    {
                        "default": page.body,
                        "email": page.body,
                        "sms": page.sms,
                        "sqs": msgspec.json.encode(page).decode(),
                    }
                ),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in (
                        ("severity", page.severity),
                        ("thread", page.thread),
                        ("kind", page.kind),
                    )
                },
            )


def messages(event: Mapping[str, Any]) -> Iterator[str]:
    """The texts of an SNS invocation's messages; of an invocation by EventBridge, its one event."""
    if "Records" not in event:
        yield json.dumps(event)
        return
    for item in event["Records"]:
        yield str(item["Sns"]["Message"])
