"""`paywatch incidents`, `ack`, `rate`, `audit`: what people read and answer. moto stands for AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.adapters.sns import AlarmsTopic
from functions.core.counting.harm import Example
from functions.core.errors import PaywatchError
from functions.core.paging.incident_page import incident_page
from functions.core.paging.message import parse
from functions.core.paging.record_notes import alarm_note, incident_note, response_note
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.record import Note, audit
from functions.core.troubles.response import Acknowledgement, Rating, Response
from functions.core.views.incident import TroubleView, trouble_view
from ops.cli import app
from ops.deployment import Deployment
from ops.incident_view import audit_table, incident_table, timeline
from ops.incidents import answer, as_line, found, person, recent
from producer.kinesis import NO_CREDENTIALS
from tests.builders import ALARMS, DASHBOARD, NOW, announcement, change, incident
from tests.fakes import FakeRecords
from tests.state_table import TABLE, create_state_table

ID = incident().id
HARM: dict[str, Any] = {
    "affected": 1204,
    "money": {"INR": 310_400.5},
    "examples": (Example("txn_82473", "91"), Example("txn_82490")),
}


def note(transition: str = OPENED, **fields: Any) -> Note:
    message = announcement(transition, **{**HARM, **fields})
    page = incident_page(message, DASHBOARD) if message.incident.pages else None
    return incident_note(message, message.incident.id, page)


STORY = (
    note(),
    alarm_note(change(at=NOW + 8), ID, NOW, None),
    response_note(Acknowledgement(ID, "asha", NOW + 30, "calling HDFC")),
    note(CLOSED, closed_at=NOW + 187, recovery=9.0),
    response_note(Rating(ID, "useful", "asha", NOW + 400)),
)
WAVE = note(
    id="PW-1120-1350-abc", slice="", signal="customer", severity="info", score=44.0, rate=0.2,
    causes={"customer": 900}, started_at=NOW + 420, affected=0, money={}, examples=(),
)  # fmt: skip


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


class Phoned(AlarmsTopic):
    """An alarms topic whose responses notify takes at once."""

    def __init__(self, client: Any, arn: str, records: TroubleRecords) -> None:
        super().__init__(client, arn)
        self.records = records

    def respond(self, response: Response) -> None:
        super().respond(response)
        self.records.note(response_note(response))


@pytest.fixture
def deployment(services: None) -> Deployment:
    dynamodb = boto3.client("dynamodb")
    create_state_table(dynamodb)
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="paywatch-dev-alarms")["TopicArn"]
    records = TroubleRecords(dynamodb, TABLE, clock=lambda: NOW)
    return Deployment(
        records, Heads(dynamodb, TABLE), Journal(dynamodb, TABLE), Phoned(sns, arn, records)
    )


def told(view: Any) -> str:
    from rich.console import Console

    console = Console(width=120, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def records_of(*notes: Note) -> FakeRecords:
    records = FakeRecords()
    for item in notes:
        records.note(item)
    return records


def test_the_list(snapshot: SnapshotAssertion) -> None:
    records = records_of(*STORY, WAVE).records
    assert told(incident_table([records["PW-1120-1350-abc"], records[ID]], NOW + 600)) == snapshot


def test_the_timeline_of_one(snapshot: SnapshotAssertion) -> None:
    assert told(timeline(records_of(*STORY).records[ID], NOW + 600)) == snapshot


def test_the_timeline_of_one_that_lasts(snapshot: SnapshotAssertion) -> None:
    assert told(timeline(records_of(*STORY[:3]).records[ID], NOW + 60)) == snapshot


def test_a_trouble_is_printed_as_its_public_object_on_one_line() -> None:
    for record in records_of(*STORY, WAVE).records.values():
        line = as_line(record)
        assert "\n" not in line
        assert msgspec.json.decode(line, type=TroubleView) == trouble_view(record)


def test_the_audit(snapshot: SnapshotAssertion) -> None:
    alarm = alarm_note(change("detect-errors"), "PW-1120-1343-aaa", NOW, None)
    rules = audit(records_of(*STORY, WAVE, alarm).records.values(), NOW + 600)
    assert told(audit_table(rules, 90)) == snapshot


def test_a_wave_of_customers_is_listed_as_customer_side() -> None:
    listed = told(incident_table(list(records_of(WAVE).records.values()), NOW + 600))
    assert "customer-side: customers" in listed
    assert "info" in listed


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


@pytest.mark.parametrize("name", ["PW-1120-1343-4F2", "pw-1120-1343-4f2", f" {ID} "])
def test_a_name_may_be_typed_in_any_case(deployment: Deployment, name: str) -> None:
    deployment.records.note(note())
    assert found(deployment, name, NOW).id == ID


@pytest.mark.parametrize("name", ["PW-1120-1343-fff", "all", "", "🤷"])
def test_a_name_that_nothing_has_is_told_with_what_to_do(deployment: Deployment, name: str) -> None:
    with pytest.raises(PaywatchError, match="`paywatch incidents` lists them"):
        found(deployment, name, NOW)


def test_the_list_goes_back_as_far_as_asked(deployment: Deployment) -> None:
    deployment.records.note(note())
    assert [record.id for record in recent(deployment, NOW - 1, NOW + 1)] == [ID]
    assert recent(deployment, NOW + 1, NOW + 2) == []


def test_a_card_number_in_a_name_or_a_comment_is_masked() -> None:
    assert person("4111 1111 1111 1111") == "**** **** **** 1111"


def test_somebody_has_to_answer() -> None:
    with pytest.raises(PaywatchError, match="--by NAME"):
        person("  ")


@pytest.mark.parametrize(
    "command",
    [["incidents"], ["ack", ID], ["rate", ID, "noise"], ["audit"], ["codes", "--unknown"]],
)
def test_without_credentials_every_command_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, PaywatchError)
    assert str(result.exception) == NO_CREDENTIALS


def test_a_rating_is_useful_or_noise() -> None:
    result = CliRunner().invoke(app, ["rate", ID, "meh"])
    assert result.exit_code == 2
    assert "meh" in result.stderr
