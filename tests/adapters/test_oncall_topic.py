"""The on-call topic: words for people, the page itself for the channels' queues."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.adapters.sns import OncallTopic
from functions.core.paging.channels.delivery import QueuedPage, read_page
from functions.core.paging.page import Page
from tests.channel_pages import ONE_OF_EACH, TRIGGERED


@dataclass
class Topic:
    published: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, **request: Any) -> None:
        self.published.append(request)


def published(page: Page) -> dict[str, Any]:
    topic = Topic()
    OncallTopic(topic, "arn").send(page)
    (request,) = topic.published
    return request


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_what_a_queue_gets_is_the_page(name: str) -> None:
    texts = json.loads(published(ONE_OF_EACH[name])["Message"])
    assert read_page(QueuedPage("m1", texts["sqs"], 0, 1), "") == ONE_OF_EACH[name]


def test_people_get_words() -> None:
    texts = json.loads(published(TRIGGERED)["Message"])
    assert (texts["email"], texts["sms"]) == (TRIGGERED.body, TRIGGERED.sms)
    assert texts["default"] == TRIGGERED.body


def test_subscribers_can_filter_on_severity_thread_and_kind() -> None:
    attributes = published(TRIGGERED)["MessageAttributes"]
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "severity": "critical",
        "thread": TRIGGERED.thread,
        "kind": "trigger",
    }
