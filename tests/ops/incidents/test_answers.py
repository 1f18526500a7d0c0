"""`paywatch ack` and `rate`: what people answer goes over the alarms topic, and is waited for."""

from __future__ import annotations

import json

import boto3
import pytest
from typer.testing import CliRunner

from functions.core.errors import PaywatchError
from functions.core.paging.message import parse
from functions.core.troubles.response import Acknowledgement, Rating, Response
from ops.cli import app
from ops.deployment import Deployment
from ops.incidents.answers import answer, person
from tests.builders import ALARMS, NOW
from tests.ops.incidents.story import ID, note


def test_what_is_taken_over_is_noted_before_the_command_ends(deployment: Deployment) -> None:
    deployment.records.note(note())
    words = answer(deployment, Acknowledgement(ID, "asha", NOW), NOW, "yours", pause=_never)
    record = deployment.records.read(ID, NOW)
    assert words == "yours"
    assert record is not None
    assert record.acknowledged_by == "asha"


def test_an_answer_that_nobody_notes_is_said_to_be_on_its_way(deployment: Deployment) -> None:
    deaf = Deployment(
        deployment.records,
        deployment.heads,
        deployment.journal,
        FakeTopic(),  # type: ignore[arg-type]  # as a port
    )
    deployment.records.note(note())
    pauses: list[float] = []
    words = answer(deaf, Rating(ID, "noise", "asha", NOW), NOW, "done", pause=pauses.append)
    assert "see whether notify works" in words
    assert sum(pauses) == 20


class FakeTopic:
    def respond(self, response: Response) -> None:
        """Nobody listens."""


def _never(_: float) -> None:
    raise AssertionError("it need not wait")


def test_an_answer_goes_over_the_alarms_topic_as_notify_reads_it(deployment: Deployment) -> None:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    url = sqs.create_queue(QueueName="notify")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    [topic] = sns.list_topics()["Topics"]
    sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn)
    deployment.records.note(note())
    message = Rating(ID, "noise", "asha", NOW)
    answer(deployment, message, NOW, "done", pause=_never)
    [received] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert parse(json.loads(received["Body"])["Message"], "paywatch-dev-", ALARMS) == message


def test_a_card_number_in_a_name_or_a_comment_is_masked() -> None:
    assert person("4111 1111 1111 1111") == "**** **** **** 1111"


def test_somebody_has_to_answer() -> None:
    with pytest.raises(PaywatchError, match="--by NAME"):
        person("  ")


def test_a_rating_is_useful_or_noise() -> None:
    result = CliRunner().invoke(app, ["rate", ID, "meh"])
    assert result.exit_code == 2
    assert "meh" in result.stderr
