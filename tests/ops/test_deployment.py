"""Which deployment a command speaks to. moto stands for AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.core.detection.state import Rules, initial
from functions.core.paging.record_notes import alarm_note
from functions.core.troubles.head import Head
from functions.core.troubles.response import Acknowledgement
from ops.deployment import Deployment, deployment_of
from tests.builders import NOW, change
from tests.state_table import TABLE, create_state_table

ID = "PW-1120-1343-4f2"


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Deployment, list[str]]]:
    """It, and the services that it was made of."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    asked: list[str] = []

    def client(service: str) -> Any:
        asked.append(service)
        return boto3.client(service)  # type: ignore[call-overload]

    with mock_aws():
        create_state_table(boto3.client("dynamodb"))
        topic = boto3.client("sns").create_topic(Name="paywatch-dev-alarms")["TopicArn"]
        yield deployment_of(client, {"StateTable": TABLE, "AlarmsTopicArn": topic}), asked


def test_it_is_made_of_one_table_and_one_topic(deployment: tuple[Deployment, list[str]]) -> None:
    assert sorted(deployment[1]) == ["dynamodb", "sns"]


def test_its_records_head_and_state_are_in_the_state_table(
    deployment: tuple[Deployment, list[str]],
) -> None:
    it, rules = deployment[0], Rules()
    it.records.note(alarm_note(change(at=NOW), ID, NOW, None))
    record = it.records.read(ID, NOW)
    assert record is not None
    assert record.id == ID
    assert it.heads.head() == Head()
    assert it.journal.load(initial(rules), rules).state.version == 0
    kept = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert ID in json.dumps(kept, default=str)


def test_its_responses_go_over_the_alarms_topic(deployment: tuple[Deployment, list[str]]) -> None:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    url = sqs.create_queue(QueueName="notify")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    [topic] = sns.list_topics()["Topics"]
    sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=attributes["QueueArn"])
    deployment[0].responses.respond(Acknowledgement(ID, "asha", NOW))
    [received] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert ID in json.loads(received["Body"])["Message"]
