"""What a format leaves open is found in the file, and what it says holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.errors import SettingsError
from producer.finding import completed, moments_of, texts_of
from producer.format import Format
from producer.moments import ZONE_MARK
from producer.sniffing import Layout

FORM = Format.parse('[columns]\ntimestamp = "Zeit"\nstatus = "Status"\namount = "Betrag"\n')
TEXT = "Export\n\nZeit;Status;Betrag\n20.11.2026 13:14:15;ok;1.234\n20.11.2026 13:14:20;ok;12,50\n"


def test_layout_times_and_decimal_mark_are_found(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text(TEXT)
    found = completed(path, FORM)
    assert found.form.layout == Layout(kind="csv", delimiter=";", header=3)
    assert found.form.timestamp_format == "%d.%m.%Y %H:%M:%S"
    assert found.form.decimal == ","
    [note] = found.notes
    assert "the day comes first" in note


def test_what_the_format_says_holds(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text(TEXT)
    form = Format.parse(
        '[file]\ndelimiter = ";"\nheader = 3\ndecimal = "."\n[columns]\ntimestamp = "Zeit"\n'
        'timestamp_format = "%m.%d.%Y %H:%M:%S"\nstatus = "Status"\namount = "Betrag"\n'
    )
    found = completed(path, form)
    assert (found.form.timestamp_format, found.form.decimal) == ("%m.%d.%Y %H:%M:%S", ".")
    assert found.time is None


def test_a_form_that_reads_no_time_is_told_with_the_one_that_does(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text(TEXT)
    form = Format.parse(
        '[columns]\ntimestamp = "Zeit"\ntimestamp_format = "%d/%m/%Y"\nstatus = "Status"\n'
    )
    [note] = completed(path, form).notes
    assert note.endswith('write timestamp_format = "%d.%m.%Y %H:%M:%S" in [columns]')


def test_a_doubt_is_told_with_the_line_to_write(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("Zeit,Status,Betrag\n12/07/2026 13:14,ok,1\n")
    [note] = completed(path, FORM).notes
    assert note.endswith('write timestamp_format = "%m/%d/%Y %H:%M" in [columns]')


def test_times_that_have_no_form_are_left_to_be_told_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("Zeit,Status,Betrag\nsoon,ok,1\n")
    assert completed(path, FORM).form.timestamp_format == "iso8601"


def test_json_has_its_layout_by_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('{"Zeit":1763644455123,"Status":"ok","Betrag":"12,50"}\n')
    found = completed(path, FORM)
    assert (found.form.layout.kind, found.form.timestamp_format) == ("json", "epoch_ms")


def test_columns_that_are_not_there_are_told_when_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("a,b\n1,2\n")
    assert completed(path, FORM).form.fields == FORM.fields
    with pytest.raises(SettingsError, match="no column 'Betrag'"):
        completed(path, FORM).form.check_columns(["a", "b"], "h.csv")


def test_texts_leave_out_what_says_that_there_is_nothing() -> None:
    rows = {"a": ["x", " ", None, "N/A", 5, True, "\\N"]}
    assert texts_of(rows, "a") == ["x", "5", "true"]
    assert texts_of(rows, "b") == []


def test_moments_join_the_columns_of_a_time_and_its_zone() -> None:
    form = Format.parse('[columns]\ntimestamp = ["d", "t"]\ntimezone_column = "z"\nstatus = "s"\n')
    rows = {"d": ["2026-11-20", ""], "t": ["13:14", "1"], "z": ["CET", "CET"]}
    assert moments_of(rows, form) == [f"2026-11-20 13:14{ZONE_MARK}CET"]
    assert moments_of({"d": ["2026-11-20"]}, form) == []
