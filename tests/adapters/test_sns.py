"""The topics: what detect says to notify, and what notify says to people."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from functions.adapters.sns import AlarmsTopic, OncallTopic, messages
from functions.core.paging.incident_page import incident_page
from functions.core.paging.message import parse
from functions.core.paging.page import Page
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import Mute, Unmute
from tests.builders import ALARMS, DASHBOARD, announcement


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="listener")["QueueUrl"])


@pytest.fixture
def topic(sns: Any, sqs: Any, queue: str) -> str:
    """A topic to which a queue listens."""
    arn = str(sns.create_topic(Name="topic")["TopicArn"])
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:eu-central-1:123456789012:listener"
    )
    return arn


def heard(sqs: Any, queue: str) -> dict[str, Any]:
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope: dict[str, Any] = json.loads(message["Body"])
    return envelope


def test_what_detect_announces_is_what_notify_reads(
    sns: Any, sqs: Any, queue: str, topic: str
) -> None:
    AlarmsTopic(sns, topic).announce(announcement())
    envelope = heard(sqs, queue)
    assert parse(envelope["Message"], "paywatch-dev-", ALARMS) == announcement()
    assert envelope["Subject"] == "PW-1120-1343-4f2 opened"


def test_a_page_is_sent_with_its_subject_and_what_sms_subscribers_filter_on(
    sns: Any, sqs: Any, queue: str, topic: str
) -> None:
    page = incident_page(announcement(), DASHBOARD)
    OncallTopic(sns, topic).send(page)
    envelope = heard(sqs, queue)
    assert envelope["Subject"] == page.subject
    assert msgspec.json.decode(envelope["Message"], type=Page) == page
    assert envelope["MessageAttributes"]["severity"]["Value"] == "critical"


def test_a_page_has_words_of_its_own_for_sms() -> None:
    published: list[dict[str, Any]] = []

    class Topic:
        def publish(self, **request: Any) -> None:
            published.append(request)

    page = incident_page(announcement(), DASHBOARD)
    OncallTopic(Topic(), "arn").send(page)
    texts = json.loads(published[0]["Message"])
    assert (texts["default"], texts["email"], texts["sms"]) == (page.body, page.body, page.sms)


def test_the_messages_of_an_invocation_are_its_texts() -> None:
    event = {"Records": [{"Sns": {"Message": "one"}}, {"Sns": {"Message": "two"}}]}
    assert list(messages(event)) == ["one", "two"]


def test_an_event_of_eventbridge_is_one_text() -> None:
    event = {"source": "aws.codedeploy", "detail-type": "x"}
    assert list(map(json.loads, messages(event))) == [event]


def test_a_marker_goes_as_notify_reads_it(sns: Any, sqs: Any, queue: str, topic: str) -> None:
    told = Marker("router 4.2 deployed", 1_763_646_180, "gateway=payu", "asha")
    AlarmsTopic(sns, topic).say(told)
    assert parse(heard(sqs, queue)["Message"], "paywatch-dev-", ALARMS) == told


@pytest.mark.parametrize(
    "word",
    [
        Mute("MU-1120-1343-4f2", "issuer=HDFC", 1_763_646_180, 1_763_649_780, "asha", "x"),
        Unmute("MU-1120-1343-4f2", "asha", 1_763_646_180),
    ],
)
def test_a_mute_and_its_end_go_as_notify_reads_them(
    sns: Any, sqs: Any, queue: str, topic: str, word: Mute | Unmute
) -> None:
    AlarmsTopic(sns, topic).say(word)
    assert parse(heard(sqs, queue)["Message"], "paywatch-dev-", ALARMS) == word
