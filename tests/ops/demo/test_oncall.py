"""The demo's person on call gets what the on-call topic carries. moto stands for AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from functions.core.paging.incident_page import incident_page
from functions.core.paging.page import ACKNOWLEDGE
from ops.demo.oncall import Oncall
from tests.builders import DASHBOARD, announcement

PAGE = incident_page(announcement(), DASHBOARD)


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        sns = boto3.client("sns")
        yield sns, sns.create_topic(Name="paywatch-dev-oncall")["TopicArn"]


def client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def kept() -> int:
    """Messages that are still in the queue, those too that were received and may come again."""
    sqs = boto3.client("sqs")
    [url] = sqs.list_queues()["QueueUrls"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(
        found["ApproximateNumberOfMessagesNotVisible"]
    )


def test_a_page_is_read_as_e_mail_shows_it_and_once(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    oncall = Oncall(client, arn)
    sns.publish(TopicArn=arn, Message=msgspec.json.encode(PAGE).decode())
    [(_, subject, body)] = oncall.new()
    assert (subject, body) == (PAGE.subject, PAGE.body)
    assert oncall.new() == []
    assert kept() == 0


def test_all_that_came_is_read_in_the_order_of_its_time(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    oncall = Oncall(client, arn)
    for number in range(13):
        sns.publish(TopicArn=arn, Subject=f"{number}", Message="raw")
    pages = oncall.new()
    assert len(pages) == 13
    assert pages == sorted(pages)


def test_what_notify_did_not_word_is_read_raw(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    oncall = Oncall(client, arn)
    sns.publish(TopicArn=arn, Subject="ALARM: detect-errors", Message="Threshold crossed")
    [(_, subject, body)] = oncall.new()
    assert (subject, body) == ("ALARM: detect-errors", "Threshold crossed")


def test_that_somebody_took_it_over_is_no_page(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    oncall = Oncall(client, arn)
    taken = msgspec.structs.replace(PAGE, kind=ACKNOWLEDGE)
    sns.publish(TopicArn=arn, Message=msgspec.json.encode(taken).decode())
    assert oncall.new() == []
