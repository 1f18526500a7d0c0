"""How a file is laid out: its delimiter and header, found among titles, comments and totals."""

from __future__ import annotations

from pathlib import Path

import pytest

from producer.sniffing import DELIMITERS, NO_HEADER, Layout, is_no_row, layout, names, spoken

ROWS = [("at", "status", "amount"), *((f"2026-11-20 13:{n:02}", "ok", "12.50") for n in range(9))]


def found(
    folder: Path, text: str, known: Layout | None = None, wanted: tuple[str, ...] = ()
) -> Layout:
    (folder / "h.csv").write_text(text)
    return layout(folder / "h.csv", known or Layout(), wanted)


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_the_delimiter_is_what_parts_the_lines_alike(tmp_path: Path, delimiter: str) -> None:
    shape = found(tmp_path, "\n".join(delimiter.join(row) for row in ROWS))
    assert (shape.delimiter, shape.header, shape.kind) == (delimiter, 1, "csv")


def test_decimal_commas_do_not_part_columns_that_semicolons_part(tmp_path: Path) -> None:
    text = "Zeit;Status;Betrag\n" + "20.11.2026;ok;12,50\n" * 9
    assert found(tmp_path, text).delimiter == ";"
    assert found(tmp_path, text + 'x;"a,b,c";1,5\n').delimiter == ";"


@pytest.mark.parametrize(
    "above",
    ["Report of 20 November\n\nAcme, all shops\n", "# made by x\n# a,b,c\n\n", "sep=,\n\n\n",
     "Report,,\nAcme,,\n,,\n"],
)  # fmt: skip
def test_title_lines_above_the_header_are_passed_over(tmp_path: Path, above: str) -> None:
    text = above + "\n".join(map(",".join, ROWS))
    shape = found(tmp_path, text)
    assert (shape.delimiter, shape.header) == (",", above.count("\n") + 1)
    assert f"header in line {shape.header}" in spoken(shape)


def test_the_header_is_the_line_with_the_columns_that_are_known(tmp_path: Path) -> None:
    text = "a,b,c\n1,2,3\nat,status,amount\n2026-11-20,ok,1\n"
    assert found(tmp_path, text, wanted=("at", "status")).header == 3
    assert found(tmp_path, text, wanted=("at", "none")).header == 1


def test_a_file_without_a_header_has_its_columns_by_number(tmp_path: Path) -> None:
    shape = found(tmp_path, "\n".join(map(",".join, ROWS[1:])))
    assert shape.header == NO_HEADER
    assert names(ROWS[1], shape.header) == ["column 1", "column 2", "column 3"]
    assert spoken(shape) == ["comma", "no header"]


def test_what_is_known_is_left_as_it_is(tmp_path: Path) -> None:
    text = "\n".join(map(",".join, ROWS))
    assert found(tmp_path, text, Layout(delimiter="|")).delimiter == "|"
    assert found(tmp_path, text, Layout(header=2)).header == 2
    known = Layout(kind="csv", delimiter=";", header=7)
    assert found(tmp_path, text, known) is known
    assert spoken(Layout(kind="json")) == ["JSON, an object a line"]


def test_an_empty_file_has_a_layout(tmp_path: Path) -> None:
    assert found(tmp_path, "").is_known
    assert found(tmp_path, "\n\n").is_known


def test_columns_of_one_name_are_told_apart() -> None:
    cells = ["Status", " Status ", "", "Status"]
    assert names(cells, 1) == ["Status", "Status (2)", "column 3", "Status (3)"]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["Total", "", "12"], "total"),
        (["", "Summe:", "12"], "total"),
        (["Grand total of all shops", "3"], "total"),
        (["# made by x"], "comment"),
        (["-- 3 rows"], "comment"),
        (["2026-11-20", "total"], ""),
        (["Totally Fine Ltd", "1"], ""),
        ([None, ""], ""),
    ],
)
def test_a_comment_and_a_row_of_sums_are_no_payments(cells: list[str], what: str) -> None:
    assert is_no_row(cells) == what
