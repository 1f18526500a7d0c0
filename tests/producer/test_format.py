"""What a file's columns mean: every fault of a format is told at once, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.errors import PaywatchError, SettingsError
from functions.core.payments.event import ALIASES, DIMENSIONS
from producer.format import COLUMNS, LONGEST_SPREAD_S, Format

SMALLEST = '[columns]\ntimestamp = "at"\nstatus = "result"\n'


def faults_of(form: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Format.parse(form)
    return "\n".join(caught.value.faults)


def test_a_column_stands_for_the_field_that_the_contract_names() -> None:
    text = SMALLEST + 'error_code = "code"\n[dimensions]\nmethod = "sub_type"\n'
    assert Format.parse(text).fields == {
        "timestamp": "at",
        "payment_status": "result",
        "error_code": "code",
        "method": "sub_type",
    }


def test_every_field_of_an_event_can_be_given_a_column_and_nothing_else_but_successes() -> None:
    assert {*COLUMNS.values(), *DIMENSIONS} == {*ALIASES, "successes"}


def test_times_are_iso_8601_and_rows_stand_for_themselves_unless_the_format_says_otherwise() -> (
    None
):
    form = Format.parse(SMALLEST)
    assert (form.timestamp_format, form.spread_s) == ("iso8601", 0)
    form = Format.parse(SMALLEST + 'timestamp_format = "%d.%m.%Y"\n[spread]\nseconds = 3600\n')
    assert (form.timestamp_format, form.spread_s) == ("%d.%m.%Y", 3600)


@pytest.mark.parametrize("form", ["iso8601", "epoch_s", "epoch_ms", "%Y-%m-%d %H"])
def test_a_form_of_times_that_can_be_read_is_taken(form: str) -> None:
    assert Format.parse(f'{SMALLEST}timestamp_format = "{form}"').timestamp_format == form


@pytest.mark.parametrize("form", ["noon", "%", "epoch", "%Q"])
def test_a_form_of_times_that_reads_nothing_is_refused(form: str) -> None:
    assert "timestamp_format" in faults_of(f'{SMALLEST}timestamp_format = "{form}"')


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "true", '"60"', f"{LONGEST_SPREAD_S + 1}"])
def test_a_period_is_a_whole_number_of_seconds_up_to_a_month(seconds: str) -> None:
    assert "[spread] seconds is" in faults_of(f"{SMALLEST}[spread]\nseconds = {seconds}")
    form = Format.parse(f"{SMALLEST}[spread]\nseconds = {LONGEST_SPREAD_S}")
    assert form.spread_s == LONGEST_SPREAD_S


def test_all_faults_of_a_format_are_told_at_once() -> None:
    told = faults_of(
        '[columns]\nstatus = "s"\nsuccesses = "ok"\nfoo = "x"\ntimestamp_format = "noon"\n'
        '[dimensions]\nbank = "b"\nissuer = 3\n[spread]\nseconds = 0\n[extra]\n'
    )
    for words in (
        "unknown section [extra]; known: columns, dimensions, spread",
        "[columns] has an unknown key 'foo'; known: timestamp, status",
        "timestamp is missing",
        "a row is one or the other",
        "successes needs count",
        "timestamp_format is 'noon', want iso8601",
        "[dimensions] has an unknown key 'bank'; known: region",
        "[dimensions] issuer is 3, want a text",
        "[spread] seconds is 0, want a whole number",
    ):
        assert words in told


@pytest.mark.parametrize("form", ["", "columns = 3", '[columns]\ntimestamp = "t"', "not toml"])
def test_a_format_that_says_too_little_is_refused(form: str) -> None:
    assert faults_of(form)


def test_a_format_that_is_not_there_or_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match=r"cannot read .*none.toml: No such file"):
        Format.load(tmp_path / "none.toml")
    (tmp_path / "f.toml").write_bytes(b"\xff")
    with pytest.raises(PaywatchError, match=r"cannot read .*f.toml"):
        Format.load(tmp_path / "f.toml")


def test_a_fault_of_a_file_is_told_with_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text('[columns]\nstatus = "s"')
    with pytest.raises(SettingsError) as caught:
        Format.load(tmp_path / "f.toml")
    assert [fault.startswith("f.toml: ") for fault in caught.value.faults] == [True]


def test_a_column_that_rows_may_leave_out_is_missed_only_where_all_are_asked_for() -> None:
    form = Format.parse(SMALLEST + 'error_code = "code"\n')
    form.check_columns(["at", "result"], "f.jsonl", needed_only=True)
    form.check_columns(["at", "result", "code", "more"], "f.csv")
    with pytest.raises(SettingsError, match=r"f.csv has no column 'code'; its columns: at, result"):
        form.check_columns(["at", "result"], "f.csv")
    with pytest.raises(SettingsError, match=r"no column 'at'; its columns: none"):
        form.check_columns([], "f.jsonl", needed_only=True)
