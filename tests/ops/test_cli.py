"""The command line: what it prints where, and how it says what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import get_args

import pytest
from botocore.exceptions import ClientError, NoRegionError
from typer.testing import CliRunner, Result

from functions.core.errors import PaywatchError, SettingsError
from functions.core.payments.codec import PACKINGS, decode
from functions.core.payments.event import Payment
from ops.cli import EXIT_FAULT, app, fault_words, loaded, main
from ops.produce import PackingName

FORM = '[columns]\ntimestamp = "at"\ntimestamp_format = "epoch_s"\nstatus = "s"\n'


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def faults_of(result: Result) -> str:
    assert isinstance(result.exception, PaywatchError)
    return str(result.exception)


def events_of(path: Path) -> list[Payment]:
    decoded = [item for line in path.read_bytes().splitlines() for item in decode(line)]
    return [item for item in decoded if isinstance(item, Payment)]


def test_produce_writes_a_file_and_reports_as_json(tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    result = paywatch(
        "produce", "--sink", "file", "--out", out, "--no-wait", "--rate", 50, "--duration", 4,
        "--outage", "issuer=HDFC,network=VISA,severity=1", "--json",
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert (result.exit_code, report["sent"], report["ended"]) == (0, 200, "done")
    found = events_of(out)
    hit = [p for p in found if p.issuer == "HDFC" and p.network == "VISA"]
    assert len(found) == 200
    assert hit
    assert {p.status for p in hit} == {"failed"}


def test_events_on_stdout_are_not_mixed_with_the_report() -> None:
    result = paywatch("produce", "--sink", "stdout", "--no-wait", "--rate", 5, "--duration", 2)
    assert len([json.loads(line) for line in result.stdout.splitlines()]) == 10
    assert "sent      10 events" in result.stderr


def test_all_faults_of_a_scenario_are_told_at_once() -> None:
    told = faults_of(
        paywatch("produce", "--rate", -1, "--outage", "isuer=A", "--scenario", "steady")
    )
    assert "rate is -1" in told
    assert "unknown dimension 'isuer'" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sink", "file"], "--sink file needs --out"),
        (["--out", "x"], "--out is for --sink file, not kinesis"),
        (["--no-wait"], "not for --sink kinesis"),
        (["--sink", "stdout", "--packing", "gzip"], "--packing gzip is for --sink kinesis"),
    ],
)
def test_options_that_do_not_fit_each_other_are_refused(options: list[str], words: str) -> None:
    assert words in faults_of(paywatch("produce", *options))


def test_replay_moves_the_times_and_tells_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text(FORM)
    (tmp_path / "h.csv").write_text("at,s\n100,ok\n160,fail\nsoon,ok\n220,ok\n")
    out = tmp_path / "out.ndjson"
    result = paywatch(
        "replay", tmp_path / "h.csv", "--format", tmp_path / "f.toml", "--speed", 60,
        "--until", "200", "--sink", "file", "--out", out, "--no-wait",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "skipped line 4" in result.stderr
    first, second = events_of(out)
    assert second.timestamp_ms - first.timestamp_ms == 1000
    assert (first.status, second.status) == ("approved", "failed")


def test_replay_of_no_payments_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text(FORM)
    (tmp_path / "h.csv").write_text("at,s\nsoon,ok\n")
    result = paywatch("replay", tmp_path / "h.csv", "--format", tmp_path / "f.toml")
    assert "has no payments to send: 1 bad rows" in faults_of(result)


def test_replay_tells_all_faults_of_its_span() -> None:
    told = faults_of(paywatch("replay", "x", "--format", "y", "--from", "noon", "--until", "dawn"))
    assert "--from: timestamp 'noon'" in told
    assert "--until: timestamp 'dawn'" in told


def test_an_expected_fault_is_words_on_stderr_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["paywatch", "produce", "--scenario", "black-friday"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == EXIT_FAULT
    assert capsys.readouterr().err == (
        "paywatch: there is no scenario 'black-friday'; known: steady, prime-day\n"
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PaywatchError("no way"), "no way"),
        (SettingsError(["one"]), "one"),
        (SettingsError(["one", "two"]), "settings are wrong:\n  - one\n  - two"),
        (NoRegionError(), "You must specify a region."),
        (
            ClientError({"Error": {"Code": "X", "Message": "a\nb"}}, "Put"),
            "An error occurred (X) when calling the Put operation: a b",
        ),
        (KeyError("a bug"), None),
    ],
)
def test_only_expected_faults_become_words(error: Exception, words: str | None) -> None:
    assert fault_words(error) == words


def test_the_packings_offered_are_those_of_the_codec() -> None:
    assert get_args(PackingName) == PACKINGS


def test_help_names_every_command() -> None:
    result = paywatch("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("produce", "replay"))


@pytest.mark.parametrize("command", ["produce", "replay", "redrive"])
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_the_environment_as_it_does_for_the_aws_command(
    command: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "eu-west-1")
    given = ["file.csv", "--format", "f.toml"] if command == "replay" else []
    context = loaded(command).make_context(command, given)
    assert context.params["region"] == "eu-west-1"
