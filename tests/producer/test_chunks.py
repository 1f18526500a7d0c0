"""A file in chunks: every row is read once, by column or by itself, or told as bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed, PaywatchError, SettingsError
from producer.chunks import chunks
from producer.columns import Columns, Unplain
from producer.format import Format
from producer.spread import Row

FORM = Format.parse('[columns]\ntimestamp = "at"\nstatus = "s"\n[dimensions]\nissuer = "bank"\n')
BAD = "nonsense"


class Reading:
    """What became of each row: which by column, which by itself, which are bad, by line number.

    refuses: a value of `issuer` with which no row can be counted by column.
    """

    def __init__(self, refuses: str = "") -> None:
        self.by_column: list[Any] = []
        self.by_row: list[tuple[int, str | None]] = []
        self.bad: list[str] = []
        self._refuses = refuses

    def file(self, path: Path, form: Format | None, **more: Any) -> Reading:
        for chunk in chunks(path, form, on_bad=self.tell, **more):
            chunk.read(self.columns, self.row, self.tell)
        return self

    def columns(self, columns: Columns) -> None:
        found = list(columns.get("issuer", columns["timestamp"]))
        if self._refuses in found:
            raise Unplain
        self.by_column += found

    def row(self, row: Row) -> None:
        self.by_row.append((row.line, row.payments[0].issuer))

    def tell(self, fault: Malformed) -> None:
        self.bad.append(fault.detail.split(":")[0])

    @property
    def issuers(self) -> list[Any]:
        return sorted([*self.by_column, *(issuer for _, issuer in self.by_row)], key=str)


def event(issuer: str, at: int = 1_752_087_790) -> str:
    return json.dumps({"timestamp": at, "payment_status": "ok", "issuer": issuer})


def written(folder: Path, lines: list[str], end: str = "\n", name: str = "h.jsonl") -> Path:
    path = folder / name
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For all examples of a property: each writes its file anew."""
    return tmp_path_factory.mktemp("chunks")


issuers = st.lists(st.sampled_from(["A", "B", "ODD", BAD]), max_size=60)


@given(issuers, st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_line_is_read_once_or_told_with_its_number(
    folder: Path, drawn: list[str], end: str
) -> None:
    lines = [name if name == BAD else event(name) for name in drawn]
    found = Reading(refuses="ODD").file(written(folder, lines, end), None)
    assert found.issuers == sorted(name for name in drawn if name != BAD)
    assert found.bad == [f"line {n}" for n, name in enumerate(drawn, 1) if name == BAD]
    assert all(drawn[line - 1] == issuer for line, issuer in found.by_row)


@given(issuers)
def test_every_row_of_a_table_is_read_once_or_told_with_its_number(
    folder: Path, drawn: list[str]
) -> None:
    rows = ["at,s,bank", *(name if name == BAD else f"2025-07-09,ok,{name}" for name in drawn)]
    found = Reading(refuses="ODD").file(written(folder, rows, name="h.csv"), FORM)
    assert found.issuers == sorted(name for name in drawn if name != BAD)
    assert found.bad == [f"line {n}" for n, name in enumerate(drawn, 2) if name == BAD]
    assert all(drawn[line - 2] == issuer for line, issuer in found.by_row)


@pytest.mark.parametrize("name", ["h.jsonl", "h.csv"])
def test_of_thousands_of_rows_only_a_few_around_an_odd_one_are_read_by_themselves(
    tmp_path: Path, name: str
) -> None:
    drawn = ["A"] * 3_000 + ["ODD"] + ["B"] * 3_000
    if name == "h.csv":
        lines = ["at,s,bank", *(f"2025-07-09,ok,{issuer}" for issuer in drawn)]
        found = Reading("ODD").file(written(tmp_path, lines, name=name), FORM)
    else:
        found = Reading("ODD").file(written(tmp_path, list(map(event, drawn))), None)
    assert found.issuers == sorted(drawn)
    assert 1 <= len(found.by_row) <= 8


@pytest.mark.parametrize("name", ["h.jsonl", "h.csv"])
def test_lines_are_numbered_through_all_chunks(tmp_path: Path, name: str) -> None:
    form = FORM if name == "h.csv" else None
    header = ["at,s,bank"] if form else []
    line = "2025-07-09,ok,a" if form else event("a")
    path = written(tmp_path, [*header, *[line] * 5_000, BAD], name=name)
    assert Reading().file(path, form).bad == [f"line {5_001 + len(header)}"]


def test_a_last_line_without_an_end_and_a_mark_before_the_first_are_no_fault(
    tmp_path: Path,
) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + event("a").encode() + b"\n" + event("b").encode())
    found = Reading().file(path, None)
    assert (found.by_column, found.by_row, found.bad) == (["a", "b"], [], [])


def test_where_the_times_alone_are_wanted_nothing_else_can_be_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, [event("a", 7), '{"ts":8,"issuer":[]}'])
    assert Reading().file(path, None, times_only=True).by_column == [7, 8]
    path = written(tmp_path, ["at,s,bank", "7,,", "8,what,"], name="h.csv")
    assert Reading().file(path, FORM, times_only=True).by_column == ["7", "8"]


def test_a_file_that_has_not_the_formats_columns_is_refused(tmp_path: Path) -> None:
    for path in (
        written(tmp_path, ["at,s", "1,ok"], name="h.csv"),
        written(tmp_path, ["", "nonsense", '{"at":1}']),
    ):
        with pytest.raises(SettingsError, match="has no column"):
            Reading().file(path, FORM)


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match="there is no file"):
        Reading().file(tmp_path / "none.jsonl", None)
    with pytest.raises(PaywatchError, match="needs a format"):
        Reading().file(written(tmp_path, [], name="h.csv"), None)
