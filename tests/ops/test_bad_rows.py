"""Bad rows of a file: the first few told, the rest counted, and fields that rows did without."""

from __future__ import annotations

import pytest

from functions.core.errors import Malformed
from ops.bad_rows import SHOWN_BAD_ROWS, BadRows
from producer.record import DROPPED, NO_ROW


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (0, None),
        (SHOWN_BAD_ROWS, "skipped line 5 is bad (bad_timestamp)"),
        (SHOWN_BAD_ROWS + 2, "skipped 2 more bad rows"),
    ],
)
def test_a_few_bad_rows_are_told_and_the_rest_counted(
    count: int, last: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = BadRows()
    for number in range(1, count + 1):
        bad(Malformed("bad_timestamp", f"line {number} is bad", b""))
    bad.tell()
    told = capsys.readouterr().err.splitlines()
    assert bad.count == count
    assert len(told) == min(count, SHOWN_BAD_ROWS + 1)
    assert (told[-1] if told else None) == last


def test_fields_that_rows_did_without_are_told_once_a_kind_with_the_first_line() -> None:
    bad = BadRows()
    for line in (3, 5, 9):
        bad(Malformed(DROPPED, f"line {line}: amount: not a number: 'x{line}'"))
    bad(Malformed(DROPPED, "line 4: column 'way' holds a list"))
    assert bad.count == 0
    assert bad.notes() == [
        "amount: not a number: 3 rows are counted without it, the first in line 3: 'x3'",
        "column 'way' holds a list: 1 rows are counted without it, the first in line 4",
    ]


def test_comments_and_totals_are_no_bad_rows_and_are_counted() -> None:
    bad = BadRows()
    for line, what in enumerate(("total", "comment", "total"), 1):
        bad(Malformed(NO_ROW, f"line {line}: {what}"))
    assert (bad.count, bad.notes()) == (0, ["left out as no payments: 2 × total, 1 × comment"])


def test_a_status_that_nobody_knows_is_told_with_the_line_to_add_to_the_format() -> None:
    bad = BadRows("item")
    bad(Malformed("unknown_status", "line 3: payment_status 'zzz' is none of approved"))
    [note] = bad.notes()
    assert "[statuses]" in note


def test_an_item_of_a_list_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    bad = BadRows("item")
    bad(Malformed("bad_timestamp", "line 3: when?"))
    bad.tell()
    assert capsys.readouterr().err == "skipped item 3: when? (bad_timestamp)\n"
