"""What a file's columns mean: every fault of a format is told at once, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import PaywatchError, SettingsError
from functions.core.payments.event import ALIASES, DIMENSIONS, STATUSES, parse_status
from functions.core.payments.mapping import Translation, folded
from producer.format import COLUMNS, LONGEST_SPREAD_S, Format
from producer.sniffing import Layout

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


FULL = """
[file]
delimiter = "semicolon"
encoding = "cp1252"
header = 4
decimal = ","
[columns]
timestamp = ["Datum", "Uhrzeit"]
timestamp_format = "%d.%m.%Y %H:%M:%S"
timezone = "Asia/Kolkata"
timezone_column = "Zone"
status = "Status"
amount = "Betrag"
amount_unit = "minor"
[statuses]
"Abgelehnt " = "denied"
"*" = "failed"
[schemes]
"Visa Net" = "iso8583"
[dimensions]
issuer = 'die "Bank"'
[defaults]
currency = "EUR"
error_scheme = "iso8583"
[spread]
seconds = 60
"""


def test_a_format_says_how_the_file_is_laid_out_and_what_its_values_mean() -> None:
    form = Format.parse(FULL)
    assert form.layout == Layout(delimiter=";", encoding="cp1252", header=4)
    assert (form.decimal, form.translation.amount_unit, form.timezone) == (
        ",",
        "minor",
        "Asia/Kolkata",
    )
    assert (form.time_columns, form.zone_column) == (("Datum", "Uhrzeit"), "Zone")
    assert form.translation.defaults == {"currency": "EUR", "error_scheme": "iso8583"}
    assert form.columns == ("Datum", "Uhrzeit", "Zone", "Status", "Betrag", 'die "Bank"')
    assert [form.translation.scheme(word) for word in (" visa net", "stripe")] == [
        "iso8583",
        "stripe",
    ]
    assert not form.has_plain_time
    assert not form.finds_time


@pytest.mark.parametrize(
    "text", [FULL, SMALLEST, '[columns]\ntimestamp = "a"\ncount = "b"\nsuccesses = "c"']
)
def test_a_format_that_is_written_down_is_read_as_the_same(text: str) -> None:
    form = Format.parse(text)
    assert Format.parse(form.toml()) == form


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(STATUSES)), st.text(min_size=1))
def test_any_column_and_any_word_can_be_written_down(statuses: dict[str, str], name: str) -> None:
    form = Format(
        fields={"timestamp": name, "payment_status": name},
        time_columns=(name,),
        translation=Translation(
            statuses={folded(word): status for word, status in statuses.items()}
        ),
    )
    assert Format.parse(form.toml()) == form


@pytest.mark.parametrize(
    ("word", "status"),
    [("abgelehnt", "denied"), ("SUCCESS", "approved"), ("Bezahlt", "approved"), ("what", "failed")],
)
def test_a_word_for_an_outcome_is_the_formats_then_everybodys_then_the_formats_other(
    word: str, status: str
) -> None:
    assert parse_status(Format.parse(FULL).translation.status(word)) == status
    assert Format.parse(SMALLEST).translation.status("what") == "what"


def test_an_outcome_may_be_the_same_for_all_rows() -> None:
    form = Format.parse('[columns]\ntimestamp = "at"\n[defaults]\nstatus = "failed"\n')
    assert form.translation.defaults == {"payment_status": "failed"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[file]\ndelimiter = "::"', "[file] delimiter is '::', want one sign"),
        ('[file]\nencoding = "klingon"', "[file] encoding is 'klingon'"),
        ('[file]\nencoding = "base64"', "[file] encoding is 'base64'"),
        ("[file]\nheader = -1", "[file] header is -1"),
        ('[file]\ndecimal = ";"', "[file] decimal is ';', want one of . ,"),
        ('[columns]\namount_unit = "cents"', "amount_unit is 'cents', want major or minor"),
        ("[columns]\ntimestamp = []", "timestamp is [], want a column, or a list"),
        ('[columns]\ntimezone = "IST"', 'write timezone = "Asia/Kolkata"'),
        ('[statuses]\nok = "fine"', "[statuses] 'ok' is 'fine', want one of approved"),
        ('[defaults]\ntimestamp = "now"', "[defaults] has an unknown key 'timestamp'"),
        ("[defaults]\ncurrency = []", "[defaults] currency is [], want a text"),
    ],
)
def test_a_value_that_means_nothing_is_refused(text: str, words: str) -> None:
    assert words in faults_of(text)


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
        "unknown section [extra]; known: file, columns, statuses, schemes, dimensions, defaults, spread",
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


def test_the_format_that_the_docs_show_is_one() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
    shown = page.partition("```toml\n")[2].partition("```")[0]
    assert Format.parse(shown).translation.statuses == {"bezahlt": "approved", "*": "denied"}
