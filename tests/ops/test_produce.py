"""`paywatch produce` and `replay`: payments from a simulation or a file, and where they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner, Result

from functions.core.errors import PaywatchError
from functions.core.payments.codec import PACKINGS, decode
from functions.core.payments.event import Payment
from ops.cli import app
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


def test_the_packings_offered_are_those_of_the_codec() -> None:
    assert get_args(PackingName) == PACKINGS


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "events.ndjson"
    told = faults_of(paywatch("produce", "--sink", "file", "--out", out, "--no-wait"))
    assert told == f"cannot write {out}: No such file or directory"


def test_the_same_seed_gives_the_same_payments(tmp_path: Path) -> None:
    def made(seed: int) -> list[tuple[object, ...]]:
        out = tmp_path / f"{seed}.ndjson"
        paywatch(
            "produce", "--sink", "file", "--out", out, "--no-wait", "--rate", 20, "--duration", 2,
            "--seed", seed,
        )  # fmt: skip
        return [(p.issuer, p.network, p.amount, p.status) for p in events_of(out)]

    assert made(3) == made(3) != made(4)


@pytest.mark.parametrize("speed", ["0", "-1", "inf", "nan"])
def test_a_file_is_replayed_at_a_speed_above_zero(speed: str) -> None:
    told = faults_of(paywatch("replay", "x", "--format", "y", "--speed", speed))
    assert told.endswith("want a number above 0")


def test_a_span_ends_after_it_begins() -> None:
    told = faults_of(paywatch("replay", "x", "--format", "y", "--from", "200", "--until", "200"))
    assert "--from must lie before --until" in told
