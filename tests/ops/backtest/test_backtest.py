"""`paywatch backtest`: a file of past payments in, whom Paywatch would have paged out."""

from __future__ import annotations

import csv
import json
import os
import random
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from functions.core.errors import PaywatchError, SettingsError
from functions.settings.thresholds import thresholds
from ops.backtest.alarm_rules import DEFAULT_ALARMS
from ops.backtest.report import UPLOT
from ops.cli import app
from tests.builders import NOW

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))
CLOUDWALK = DATA / "cloudwalk_2025"
MINUTES = """
[columns]
timestamp = "at"
timestamp_format = "epoch_s"
status = "outcome"
count = "n"
[dimensions]
gateway = "pg"
[spread]
seconds = 60
"""
HOURS = """
[columns]
timestamp = "hr"
timestamp_format = "epoch_s"
count = "t"
successes = "ok"
[dimensions]
gateway = "pg"
[spread]
seconds = 3600
"""
CLOUDWALK_FORMAT = """
[columns]
timestamp = "timestamp"
timestamp_format = "%Y-%m-%d %H:%M:%S"
status = "status"
count = "count"
[spread]
seconds = 60
"""


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


def told(*arguments: object) -> list[dict[str, Any]]:
    """The lines of `--json`."""
    result = paywatch(*arguments, "--json")
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_type(lines: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == kind]


def faults_of(result: Result) -> Sequence[str]:
    assert isinstance(result.exception, PaywatchError)
    error = result.exception
    return error.faults if isinstance(error, SettingsError) else [str(error)]


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def second(text: str) -> int:
    return int(moment(text).timestamp()) - NOW


def written(folder: Path, form: str, rows: Iterable[Sequence[object]]) -> tuple[object, ...]:
    """The arguments that name a file of these rows and its format."""
    (folder / "form.toml").write_text(form)
    with (folder / "history.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "history.csv", "--format", folder / "form.toml"


def minutes(
    number: int,
    failing: Callable[[int, str], float],
    scale: Callable[[int], float] = lambda _: 1.0,
) -> list[Sequence[object]]:
    """Rows with a count, three gateways, so large a share failed in that minute."""
    drawn = random.Random(7)
    rows: list[Sequence[object]] = [("at", "outcome", "n", "pg")]
    for minute in range(number):
        for gateway, usual in (("alpha", 240), ("beta", 120), ("gamma", 60)):
            total = round(usual * scale(minute))
            failed = sum(drawn.random() < failing(minute, gateway) for _ in range(total))
            for outcome, count in (("SUCCESS", total - failed), ("FAIL", failed)):
                rows.append((NOW + 60 * minute, outcome, count, gateway))
    return rows


def ordinarily(_: int, __: str) -> float:
    return 0.003


def beta_fails(minute: int, gateway: str) -> float:
    return 0.5 if gateway == "beta" and 15 <= minute < 20 else 0.003


def test_rows_with_a_count_tell_the_outage_and_its_pages(tmp_path: Path) -> None:
    lines = told(*written(tmp_path, MINUTES, minutes(30, beta_fails)))
    [incident] = of_type(lines, "incident")
    assert (incident["signal"], incident["slice"]) == ("failed", {"gateway": "beta"})
    assert 15 * 60 <= second(incident["opened_at"]) <= second(incident["detected_at"])
    assert second(incident["detected_at"]) <= 16 * 60
    assert 20 * 60 <= second(incident["closed_at"]) <= 23 * 60
    assert [(page["alarm"], page["state"]) for page in of_type(lines, "page")] == [
        ("incident", "ALARM"),
        ("incident", "OK"),
    ]


def test_json_is_incidents_then_pages_and_ends_with_the_summary(tmp_path: Path) -> None:
    lines = told(*written(tmp_path, MINUTES, minutes(30, beta_fails)))
    assert [line["type"] for line in lines] == ["incident", "page", "page", "summary"]
    summary = lines[-1]
    assert (summary["payments"], summary["bad_rows"], summary["late"]) == (30 * 420, 0, 0)
    assert (summary["incidents"], summary["pages"]) == (1, 1)
    assert {"wall_seconds", "payments_per_second"} <= set(summary)
    assert (second(summary["from"]), second(summary["until"])) == (0, 30 * 60)


def test_rows_of_attempts_and_successes_are_spread_over_their_hour(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [("hr", "t", "ok", "pg")]
    for hour in range(4):
        rows.append((NOW + 3600 * hour, 4000, 3980, "alpha"))
        rows.append((NOW + 3600 * hour, 2000, 1000 if hour == 2 else 1990, "beta"))
    lines = told(*written(tmp_path, HOURS, rows))
    [incident] = of_type(lines, "incident")
    assert (incident["signal"], incident["slice"]) == ("failed", {"gateway": "beta"})
    assert second(incident["opened_at"]) == pytest.approx(2 * 3600, abs=60)
    assert second(incident["closed_at"]) == pytest.approx(3 * 3600, abs=180)
    assert lines[-1]["payments"] == 4 * 6000
    assert lines[-1]["rows"] == 8


def events(path: Path, rate: int, seconds: int, bad: Callable[[int, int], bool]) -> Path:
    with path.open("w") as file:
        for at in range(seconds):
            for number in range(rate):
                event = {
                    "transaction_id": f"t{at}-{number}",
                    "payment_status": "FAIL" if bad(at, number) else "SUCCESS",
                    "timestamp": NOW + at,
                    "gateway": "beta" if number % 3 == 0 else "alpha",
                }
                file.write(json.dumps(event) + "\n")
    return path


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "json"])
def test_json_lines_of_events_need_no_format(tmp_path: Path, ending: str) -> None:
    file = events(
        tmp_path / f"events.{ending}", 6, 180, lambda at, n: n == 0 and (at >= 100 or at == 0)
    )
    lines = told(file, "--learning-seconds", 60)
    [incident] = of_type(lines, "incident")
    assert incident["slice"] == {"gateway": "beta"}
    assert second(incident["opened_at"]) == 100
    assert incident["closed_at"] is None
    assert (lines[-1]["payments"], lines[-1]["rows"]) == (6 * 180, 6 * 180)


def test_bad_rows_are_told_and_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = minutes(3, ordinarily)
    rows[2:2] = [("soon", "SUCCESS", 5, "alpha"), (NOW, "SUCCESS", "many", "alpha")]
    result = paywatch(*written(tmp_path, MINUTES, rows), "--json")
    assert result.exit_code == 0
    assert "skipped line 3" in result.stderr
    assert "skipped line 4" in result.stderr
    summary = json.loads(result.stdout.splitlines()[-1])
    assert (summary["bad_rows"], summary["payments"]) == (2, 3 * 420)


def test_a_file_without_payments_is_a_fault_that_tells_its_bad_rows(tmp_path: Path) -> None:
    rows = [("at", "outcome", "n", "pg"), ("soon", "SUCCESS", 5, "alpha")]
    result = paywatch(*written(tmp_path, MINUTES, rows))
    assert faults_of(result) == [f"{tmp_path / 'history.csv'} has no payments: 1 bad rows"]
    assert "skipped line 2" in result.stderr


LOCAL = "Zeit;Ref;Status;Betrag\n" + "".join(
    f"12.07.2025 08:{n // 12:02}:{n % 12 * 5:02};T{n};"
    f"{'Abgelehnt' if 120 <= n < 168 and n % 6 else 'Abgeschlossen'};{n},25\n"
    for n in range(240)
)


def test_an_export_takes_one_command_and_its_format_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(f"Umsätze im Juli\n\n{LOCAL}", encoding="cp1252")
    result = paywatch(tmp_path / "history.csv", "--write-format", tmp_path / "f.toml", "--json")
    assert result.exit_code == 0, result.exception
    assert "read as: semicolon, header in line 3, Windows-1252 (Latin-1)" in result.stderr
    assert re.search(r"Betrag +amount +0,25", result.stderr)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert (lines[-1]["rows"], lines[-1]["bad_rows"]) == (240, 0)
    [incident] = of_type(lines, "incident")
    assert incident["signal"] == "denied"
    again = told(tmp_path / "history.csv", "--format", tmp_path / "f.toml")
    assert [line for line in again if line["type"] == "incident"] == [incident]


def test_what_is_later_than_tomorrow_counts_where_now_is_said_to_be_later(tmp_path: Path) -> None:
    file = events(tmp_path / "events.jsonl", 6, 30, lambda *_: False)
    [fault] = faults_of(paywatch(file, "--now", "2024-01-01T00:00:00Z"))
    assert "all times lie before 2000 or after tomorrow, the first in line 1" in fault
    assert told(file, "--now", "2025-11-20T00:00:00Z")[-1]["rows"] == 180
    assert "--now: timestamp 'soon'" in faults_of(paywatch(file, "--now", "soon"))[0]


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["backtest", "-", "--json"], input=LOCAL)
    assert result.exit_code == 0, result.exception
    assert json.loads(result.stdout.splitlines()[-1])["rows"] == 240
    assert "standard input" in result.stderr


def test_a_file_that_is_not_understood_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("at,s\n1,ok\n")
    [fault] = faults_of(paywatch(tmp_path / "history.csv"))
    assert 'write timestamp = "COLUMN" under [columns]' in fault


def test_a_day_without_a_clock_is_never_a_silent_nothing(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("at,s\n" + "2025-07-12,ok\n" * 9)
    [fault] = faults_of(paywatch(tmp_path / "history.csv"))
    assert "all 9 rows lie in one second" in fault


def test_everything_that_is_wrong_with_the_call_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "form.toml").write_text('[columns]\ntimestamp = "at"\nstatus = "s"\nsize = "n"\n')
    (tmp_path / "template.json").write_text("{}")
    faults = faults_of(
        paywatch(
            tmp_path / "absent.csv", "--format", tmp_path / "form.toml",
            "--template", tmp_path / "template.json",
            "--report", tmp_path / "absent" / "page.html",
            "--thresholds", "fialed=0.01/0.02", "--false-alarms-per-week", 0,
            "--learning-seconds", "soon", "--slices", "isuer",
        )
    )  # fmt: skip
    expected = [
        "--thresholds 'fialed=0.01/0.02': names 'fialed'",
        "--false-alarms-per-week '0': is not above 0",
        "--learning-seconds 'soon'",
        "--slices: unknown dimension isuer",
        "form.toml: [columns] has an unknown key 'size'",
        "template.json has no alarms",
        "there is no file",
        "there is no folder",
    ]
    for words in expected:
        assert [fault for fault in faults if words in fault], (words, faults)
    assert len(faults) == len(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read"),
        ("Resources: {}", "is no template"),
        ("[]", "is no template"),
        ('{"Resources": {"A": {"Type": "AWS::CloudWatch::CompositeAlarm"}}}', "is not understood"),
    ],
)
def test_a_template_that_cannot_be_read_is_a_clear_fault(
    tmp_path: Path, text: str | None, words: str
) -> None:
    template = tmp_path / "template.json"
    if text is not None:
        template.write_text(text)
    history = written(tmp_path, MINUTES, minutes(2, ordinarily))
    [fault] = faults_of(paywatch(*history, "--template", template))
    assert words in fault


def test_a_column_that_the_file_has_not_is_a_clear_fault(tmp_path: Path) -> None:
    rows = [("at", "outcome", "n"), (NOW, "SUCCESS", 1)]
    assert "has no column 'pg'" in faults_of(paywatch(*written(tmp_path, MINUTES, rows)))[0]


def test_words_for_people_tell_the_same(tmp_path: Path) -> None:
    result = paywatch(*written(tmp_path, MINUTES, minutes(30, beta_fails)))
    assert result.exit_code == 0
    assert "gateway beta: failed" in result.stdout
    # A row stands for a minute: nothing is known better.
    assert re.search(r"^within the minute 2025-11-20 13:58  critical ", result.stdout, re.MULTILINE)
    assert "times are known to the minute" in result.stdout
    assert "12,600 payments" in result.stdout
    assert "0 bad rows" in result.stdout


def test_words_say_what_the_rate_of_missing_payments_is(tmp_path: Path) -> None:
    rows = minutes(30, ordinarily)
    rows = [row for row in rows if not (row[3] == "beta" and int(str(row[0])) >= NOW + 20 * 60)]
    history = written(tmp_path, MINUTES, rows)
    [incident] = of_type(told(*history), "incident")
    assert (incident["signal"], incident["slice"]) == ("volume", {"gateway": "beta"})
    assert incident["units"] == "share of the expected payments that came"
    assert incident["resolution_seconds"] == 60
    words = paywatch(*history).stdout
    assert re.search(
        r"gateway beta: volume \S+ % of the usual payments come \(normally 100 %\)", words
    )


def test_a_gateway_that_always_fails_a_lot_is_no_incident_until_it_fails_twice_as_much(
    tmp_path: Path,
) -> None:
    def failing(minute: int, gateway: str) -> float:
        if gateway != "gamma":
            return 0.1
        return 0.6 if minute >= 30 else 0.3

    lines = told(*written(tmp_path, MINUTES, minutes(40, failing)))
    [incident] = of_type(lines, "incident")
    assert (incident["signal"], incident["slice"]) == ("failed", {"gateway": "gamma"})
    # What is thin and fails a lot anyway shows when it rose to a minute or two.
    assert second(incident["opened_at"]) == pytest.approx(30 * 60, abs=120)
    assert 30 * 60 <= second(incident["detected_at"]) <= 33 * 60
    assert 0.2 <= incident["baseline_rate"] <= 0.4 < incident["observed_rate"]
    learned = 300
    pages = [page for page in of_type(lines, "page") if second(page["at"]) > learned]
    assert [(page["alarm"], page["state"]) for page in pages] == [("incident", "ALARM")]
    warned = [warning for warning in lines[-1]["warnings"] if "'failed'" in warning]
    assert len(warned) == 1
    assert "only departures from" in warned[0]


def test_what_an_incident_shows_beside_its_strongest_signal_is_told_in_its_line(
    tmp_path: Path,
) -> None:
    rows: list[Sequence[object]] = [("at", "outcome", "n", "pg")]
    for minute in range(30):
        is_broken = 15 <= minute < 20
        for gateway in ("alpha", "beta", "gamma"):
            failed, back = (60, 40) if is_broken and gateway == "beta" else (0, 0)
            for outcome, count in (("SUCCESS", 200 - failed - back), ("FAIL", failed)):
                rows.append((NOW + 60 * minute, outcome, count, gateway))
            rows.append((NOW + 60 * minute, "REVERSED", back, gateway))
    history = written(tmp_path, MINUTES, rows)
    [incident] = of_type(told(*history), "incident")
    [part] = incident["parts"]
    assert {incident["signal"], part["signal"]} == {"failed", "reversed"}
    words = paywatch(*history).stdout
    assert re.search(rf"; with {part['signal']} \d+ % \(normally ", words)


def test_a_gateway_that_fails_far_more_than_the_others_from_the_start_is_told_once_and_taken_for_usual(
    tmp_path: Path,
) -> None:
    def failing(_: int, gateway: str) -> float:
        return 0.3 if gateway == "gamma" else 0.003

    lines = told(*written(tmp_path, MINUTES, minutes(40, failing)))
    [incident] = of_type(lines, "incident")
    assert (incident["signal"], incident["slice"]) == ("failed", {"gateway": "gamma"})
    assert second(incident["detected_at"]) <= 60
    assert incident["pages"] == 1
    opened, closed = incident["transitions"]
    assert opened["transition"] == "opened"
    # Nothing broke that anybody saw: after half an hour it is how the gateway is.
    assert (closed["transition"], closed["reason"]) == ("closed", "usual")
    assert second(incident["closed_at"]) - second(incident["opened_at"]) == pytest.approx(
        1800, abs=120
    )


def test_other_thresholds_move_when_alarms_go_red(tmp_path: Path) -> None:
    history = written(tmp_path, MINUTES, minutes(20, lambda _, __: 0.06))
    usual = told(*history)[-1]["alarms"]
    other = told(*history, "--thresholds", "failed=0.3/0.4,attributable=0.3/0.4")[-1]["alarms"]
    assert "FailureRate-warning" in usual
    assert "FailureRate-warning" not in other


def test_another_template_decides_when_alarms_go_red(tmp_path: Path) -> None:
    template = json.loads(DEFAULT_ALARMS.read_text())
    for resource in template["Resources"].values():
        if resource["Properties"].get("MetricName") == "Attempts":
            resource["Properties"] |= {
                "Threshold": 300,
                "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1,
            }
    (tmp_path / "template.json").write_text(json.dumps(template))
    rows = minutes(16, ordinarily, lambda minute: 1.0 if minute < 10 else 0.5)
    history = written(tmp_path, MINUTES, rows)
    assert of_type(told(*history), "page") == []
    lines = told(*history, "--template", tmp_path / "template.json")
    assert [page["alarm"] for page in of_type(lines, "page")] == ["NoTraffic"]
    assert set(lines[-1]["alarms"]) == {"NoTraffic"}


def test_slices_are_those_asked_for(tmp_path: Path) -> None:
    history = written(tmp_path, MINUTES, minutes(30, beta_fails))
    [incident] = of_type(told(*history, "--slices", "issuer"), "incident")
    assert incident["slice"] == {}


def test_a_sweep_tells_each_setting_and_proposes_thresholds_above_what_is_normal(
    tmp_path: Path,
) -> None:
    history = written(tmp_path, MINUTES, minutes(12, lambda _, __: 0.1))
    summary = told(*history, "--sweep")[-1]
    assert len(summary["sweep"]) == 12
    assert {"thresholds", "false_alarms_per_week", "pages_per_week", "median_delay_seconds"} <= set(
        summary["sweep"][0]
    )
    settings = summary["proposal"]["settings"].split()
    assert settings[0] == "--thresholds"
    assert thresholds(settings[1])["failed"].warning > 0.1
    again = told(*history, *settings)[-1]
    assert again["warnings"] == []


def test_a_sweep_in_words_has_a_row_for_each_setting_and_the_proposal(tmp_path: Path) -> None:
    result = paywatch(*written(tmp_path, MINUTES, minutes(7, ordinarily)), "--sweep")
    lines = result.stdout.splitlines()
    assert sum(line.startswith(("as asked for ", "x ")) for line in lines) == 12
    assert [line for line in lines if line.startswith("proposed: --")]


@pytest.mark.skipif(
    not UPLOT.is_dir(), reason="the report draws with uPlot, which is not installed: `make setup`"
)
def test_the_report_is_a_page_that_tells_the_incidents(tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    history = written(tmp_path, MINUTES, minutes(30, beta_fails))
    lines = told(*history, "--report", page)
    text = page.read_text(encoding="utf-8")
    [incident] = of_type(lines, "incident")
    assert incident["id"] in text
    assert "Paywatch would have paged once" in text
    assert "history.csv" in text


@pytest.mark.skipif(
    not UPLOT.is_dir(), reason="the report draws with uPlot, which is not installed: `make setup`"
)
def test_a_report_that_cannot_be_written_is_a_clear_fault(tmp_path: Path) -> None:
    history = written(tmp_path, MINUTES, minutes(2, ordinarily))
    (tmp_path / "page").mkdir()
    [fault] = faults_of(paywatch(*history, "--report", tmp_path / "page"))
    assert fault == f"cannot write {tmp_path / 'page'}: Is a directory"


class Window(msgspec.Struct):
    """When a status came more often than by chance, as inferred from the counts."""

    status: str
    start: str
    end: str

    def overlaps(self, incident: dict[str, Any]) -> bool:
        closed = incident["closed_at"]
        return moment(incident["opened_at"]) <= moment(self.end) and (
            closed is None or moment(closed) >= moment(self.start)
        )

    def holds(self, at: str) -> bool:
        return moment(self.start) <= moment(at) <= moment(self.end)


class Inferred(msgspec.Struct):
    windows: list[Window]


def showing(incidents: Iterable[dict[str, Any]], signal: str) -> list[dict[str, Any]]:
    """What shows the signal, with the times of its own: an incident's strongest, or a part of it."""
    every = [shown for line in incidents for shown in (line, *line["parts"])]
    return [shown for shown in every if shown["signal"] == signal]


@pytest.mark.skipif(
    not CLOUDWALK.is_dir(), reason=f"no real data: {CLOUDWALK} is absent (PAYWATCH_DATA)"
)
def test_three_real_days_page_in_the_bad_hours_and_hardly_outside_of_them(tmp_path: Path) -> None:
    (tmp_path / "form.toml").write_text(CLOUDWALK_FORMAT)
    inferred = msgspec.json.decode(
        (CLOUDWALK / "inferred_windows.json").read_bytes(), type=Inferred
    )
    lines = told(CLOUDWALK / "transactions.csv", "--format", tmp_path / "form.toml")
    incidents = of_type(lines, "incident")

    assert lines[-1]["bad_rows"] == 0
    failed = [window for window in inferred.windows if window.status == "failed"]
    found = [
        window
        for window in failed
        if any(window.overlaps(shown) for shown in showing(incidents, "failed"))
    ]
    assert len(failed) == 6
    assert len(found) >= 5
    # Each incident is about something: the windows say so, whatever status they were inferred of.
    astray = [
        line for line in incidents if not any(window.overlaps(line) for window in inferred.windows)
    ]
    assert astray == []
    # A window begins with its first minute beyond chance alone; the evidence may suffice minutes
    # before. That happens once here, and the budget of one false alarm a week bears no more.
    pages = [page for page in of_type(lines, "page") if page["state"] == "ALARM"]
    outside = [
        page for page in pages if not any(window.holds(page["at"]) for window in inferred.windows)
    ]
    assert len(outside) <= 1
    # An incident is told when it opens, and once more at most: when it gets worse.
    assert len(pages) <= 2 * len(incidents)


def lives(seconds: int, failing: Callable[[int], float]) -> list[dict[str, Any]]:
    """One payment a second for each of two gateways; of those of the one so large a share fails."""
    drawn = random.Random(11)
    found: list[dict[str, Any]] = []
    for at in range(seconds):
        for gateway in ("alpha", "beta"):
            fails = gateway == "alpha" and drawn.random() < failing(at)
            life = {"id": f"{gateway}{at}", "timestamp": NOW + at, "gateway": gateway}
            life |= {"issuer": drawn.choice("XYZ"), "amount": 10, "currency": "EUR"}
            life |= {"status": "failed", "error_code": "91"} if fails else {"status": "authorized"}
            found.append(life)
    return found


def backtested(folder: Path, messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    path = folder / "lives.jsonl"
    path.write_text("\n".join(map(json.dumps, messages)))
    return told(path)


def essence(lines: Iterable[dict[str, Any]]) -> list[Any]:
    """What is told, without how often payments were tried."""
    names = ("id", "opened_at", "detected_at", "closed_at", "score", "slice", "observed_rate")
    return [[line[name] for name in (*names, "affected")] for line in of_type(lines, "incident")]


OUTAGE = lives(1500, lambda at: 0.7 if 900 <= at < 1100 else 0.01)


def test_heavy_retries_page_as_often_as_none(tmp_path: Path) -> None:
    """Each failure is tried twelve times, within a minute."""
    more = [
        {**one, "timestamp": one["timestamp"] + 0.2 * number}
        for one in OUTAGE
        if one["status"] == "failed"
        for number in range(1, 12)
    ]
    once, often = backtested(tmp_path, OUTAGE), backtested(tmp_path, [*OUTAGE, *more])
    assert essence(often) == essence(once) != []
    assert [line["pages"] for line in of_type(often, "incident")] == [
        line["pages"] for line in of_type(once, "incident")
    ]
    [line] = of_type(often, "incident")
    assert line["retries"] == pytest.approx(11, rel=0.05)
    assert of_type(often, "summary")[0]["retries"] == len(more)


@pytest.mark.parametrize("again", ["each at once", "all of it behind", "turned round"])
def test_a_file_that_is_sent_again_tells_the_same(tmp_path: Path, again: str) -> None:
    twice = {
        "each at once": [one for one in OUTAGE for _ in range(8)],
        "all of it behind": [*OUTAGE, *OUTAGE],
        "turned round": [*OUTAGE, *OUTAGE][::-1],
    }[again]
    once, more = backtested(tmp_path, OUTAGE), backtested(tmp_path, twice)
    assert essence(more) == essence(once) != []
    [summary] = of_type(more, "summary")
    assert summary["payments"] == len(OUTAGE)
    assert summary["repeats"] == len(twice) - len(OUTAGE)


def test_what_is_captured_and_settled_later_is_no_success_of_its_own(tmp_path: Path) -> None:
    later = [
        {**one, "status": word, "timestamp": one["timestamp"] + seconds}
        for one in OUTAGE
        if one["status"] == "authorized"
        for word, seconds in (("captured", 40), ("settled", 600))
        if one["timestamp"] + seconds < NOW + 1500
    ]
    once, more = backtested(tmp_path, OUTAGE), backtested(tmp_path, [*OUTAGE, *later])
    assert essence(more) == essence(once) != []
    assert of_type(more, "summary")[0]["payments"] == len(OUTAGE)


def test_one_payment_that_is_tried_again_and_again_pages_nobody(tmp_path: Path) -> None:
    calm = lives(900, lambda _: 0.0)
    tried = {"id": "p", "gateway": "alpha", "issuer": "X", "status": "failed", "error_code": "91"}
    more = [{**tried, "timestamp": NOW + 600 + at} for at in range(0, 60, 2)]
    lines = backtested(tmp_path, [*calm, *more])
    assert of_type(lines, "incident") == of_type(lines, "page") == []


def test_payments_of_a_test_system_page_nobody_and_are_told(tmp_path: Path) -> None:
    calm = lives(900, lambda _: 0.0)
    tests = [
        {**one, "id": f"t{n}", "status": "failed", "livemode": False}
        for n, one in enumerate(calm[800:1000])
    ]
    lines = backtested(tmp_path, [*calm, *tests])
    assert of_type(lines, "incident") == []
    [summary] = of_type(lines, "summary")
    assert (summary["payments"], summary["test_payments"]) == (len(calm), 200)
    path = tmp_path / "lives.jsonl"
    assert "200 of a test system" in paywatch(path).stdout
