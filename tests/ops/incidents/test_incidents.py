"""`paywatch incidents` and `audit`: what people read. moto stands for AWS."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.errors import PaywatchError
from functions.core.troubles.head import Head
from functions.core.views.incident import TroubleView, trouble_view
from functions.settings.thresholds import thresholds
from ops.cli import app
from ops.deployment import Deployment
from ops.incidents.incidents import as_line, found, recent, usually_red
from producer.aws_faults import NO_CREDENTIALS
from tests.builders import NOW
from tests.fakes import FakeRecords
from tests.ops.incidents.story import ID, STORY, WAVE, note


@pytest.mark.parametrize("name", ["PW-1120-1343-4F2", "pw-1120-1343-4f2", f" {ID} "])
def test_a_name_may_be_typed_in_any_case(deployment: Deployment, name: str) -> None:
    deployment.records.note(note())
    assert found(deployment, name, NOW).id == ID


@pytest.mark.parametrize("name", ["PW-1120-1343-fff", "all", "", "🤷"])
def test_a_name_that_nothing_has_is_told_with_what_to_do(deployment: Deployment, name: str) -> None:
    with pytest.raises(PaywatchError, match="`paywatch incidents` lists them"):
        found(deployment, name, NOW)


def test_a_trouble_is_printed_as_its_public_object_on_one_line() -> None:
    records = FakeRecords()
    for item in (*STORY, WAVE):
        records.note(item)
    for record in records.records.values():
        line = as_line(record)
        assert "\n" not in line
        assert msgspec.json.decode(line, type=TroubleView) == trouble_view(record)


def test_the_list_goes_back_as_far_as_asked(deployment: Deployment) -> None:
    deployment.records.note(note())
    assert [record.id for record in recent(deployment, NOW - 1, NOW + 1)] == [ID]
    assert recent(deployment, NOW + 1, NOW + 2) == []


@pytest.mark.parametrize(
    "command",
    [
        ["incidents"],
        ["ack", ID],
        ["normal", ID],
        ["rate", ID, "noise"],
        ["audit"],
        ["mark", "router 4.2 deployed", "--by", "asha"],
        ["marks"],
        ["mute", "--slice", "issuer=HDFC", "--for", "2h", "--reason", "x", "--by", "asha"],
        ["mutes"],
        ["unmute", "MU-1120-1343-4f2", "--by", "asha"],
        ["codes", "--unknown"],
    ],
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


@pytest.mark.parametrize("rate", [0.12, 0.3])
def test_a_threshold_below_what_is_usual_is_told_with_the_one_to_set(rate: float) -> None:
    told = usually_red(Head(usual={"failed": 0.004, "denied": rate}), DEFAULT_THRESHOLDS)
    begin = (
        f"denied is usually {100 * rate:.2g} %, above its warning threshold of 10 %: deploy with"
    )
    assert told.startswith(begin)
    proposed = thresholds(told.rpartition("thresholds=")[2])
    assert proposed["denied"].warning > rate
    assert {**proposed, "denied": None} == {**DEFAULT_THRESHOLDS, "denied": None}


@pytest.mark.parametrize("usual", [{}, {"failed": 0.01, "denied": 0.1}])
def test_nothing_is_told_where_no_threshold_lies_below(usual: dict[str, float]) -> None:
    assert usually_red(Head(usual=usual), DEFAULT_THRESHOLDS) == ""
