"""What the detection benchmark prints of what it measured. Needs what `make bench-detect` installs."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

pytest.importorskip("numpy")
pytest.importorskip("river")

from rich.console import Console

from benchmarks.detect import tables
from benchmarks.detect.labels import (
    FIRST_RENEWALS,
    INCIDENT,
    OVERLAP,
    RENEWALS,
    SILENCE,
    Label,
)
from benchmarks.detect.likelihood_ratio import Glr
from benchmarks.detect.quiet import Rest
from benchmarks.detect.reach import Goal, goals, worst
from benchmarks.detect.scoring import Page, Result, score
from benchmarks.detect.watching import PAYWATCH

CLEAR = Label(INCIDENT, "issuer=HDFC", 1000, 1600, 600.0, 0.01, 0.3, share=0.3 / 0.99)
PAIR = replace(CLEAR, kind=OVERLAP, slice="gateway=G1&merchant=M1", onset=3000, end=3600)
SILENT = Label(SILENCE, "gateway=G1", 5000, 5600, 600.0, 1.0, 1.0, share=1.0)
LABELS = (CLEAR, PAIR, SILENT)
GLR = (Glr.name, 20.0)
MATCHED = {Glr.name: 20.0}


def result(*pages: Page, labels: tuple[Label, ...] = LABELS) -> Result:
    exposure = {label: [10] * 800 for label in labels}
    made = score(labels, pages, exposure, 600, 10_000)
    return replace(made, spent=1.0, steps=10_000)


QUICK = result(
    Page(1002, "issuer=HDFC", signal="failed"),
    Page(3002, "gateway=G1&merchant=M1", signal="failed"),
    Page(5002, "gateway=G1", signal="volume"),
)
SLOW = result(Page(1300, ""), Page(1310, "issuer=HDFC"), Page(8000, ""))


def reached(ours: Result, theirs: Result, pages: int = 0, hours: float = 504) -> dict[str, Goal]:
    rest = Rest(pages, 1000, round(hours * 3600), 0.006)
    nights = {PAYWATCH: Result(false={RENEWALS: 1})}
    found = goals({PAYWATCH: ours, GLR: theirs}, MATCHED, {PAYWATCH: rest}, nights)
    return {goal.what: goal for goal in found}


def test_who_is_quick_and_names_the_slice_reaches_the_goals() -> None:
    found = reached(QUICK, SLOW)
    for start in (
        "precision",
        "incident:",
        "overlap:",
        "silence:",
        "exact or equal",
        "≤ 1.2 pages",
    ):
        (goal,) = (goal for what, goal in found.items() if what.startswith(start))
        assert goal.reached, goal
    assert found[f"behind {Glr.name} in no column"].reached


def test_who_is_slow_reaches_none_and_is_told_where_it_is_behind() -> None:
    found = reached(SLOW, QUICK)
    for start in (
        "precision",
        "incident:",
        "overlap:",
        "silence:",
        "exact or equal",
        "≤ 1.2 pages",
    ):
        (goal,) = (goal for what, goal in found.items() if what.startswith(start))
        assert goal.reached is False, goal
    behind = found[f"behind {Glr.name} in no column"]
    assert not behind.reached
    for column in ("precision", "recall", "median delay", "slice", "pages each"):
        assert column in behind.figure


def test_a_page_on_a_later_night_is_one_on_a_trap() -> None:
    assert reached(QUICK, SLOW)["no page on any trap"].figure == f"{RENEWALS} 1"
    assert FIRST_RENEWALS not in Result(unjudged=3).false


@pytest.mark.parametrize(
    ("pages", "hours", "verdict"), [(0, 2, None), (0, 1000, True), (2, 504, None), (12, 504, False)]
)
def test_a_rate_of_false_pages_is_shown_refuted_or_left_open(
    pages: int, hours: float, verdict: bool | None
) -> None:
    goal = reached(QUICK, SLOW, pages, hours)["≤ 1 false page a week over 1,000 slices"]
    assert goal.reached is verdict


def test_every_table_names_every_detector() -> None:
    results = {PAYWATCH: QUICK, GLR: SLOW}
    rests = {name: Rest(1, 1000, 3600, 0.006, 30.0) for name in results}
    text = io.StringIO()
    out = Console(file=text, width=250)
    for table in (
        tables.overall(results, MATCHED, out),
        tables.by_kind(results, MATCHED, out),
        tables.by_evidence(results, MATCHED, out),
        tables.strata(results, MATCHED, out),
        tables.traps(results, MATCHED, out),
        tables.nights(results, MATCHED, out),
        tables.rested(rests, MATCHED, out),
    ):
        text.seek(0)
        text.truncate()
        out.print(table)
        assert "Paywatch" in text.getvalue()
        assert Glr.name in text.getvalue()


def test_what_paywatch_does_is_told_by_kind_evidence_and_slice() -> None:
    text = io.StringIO()
    out = Console(file=text, width=250)
    out.print(tables.groups(QUICK, out))
    for row in (INCIDENT, OVERLAP, SILENCE, "evidence 1 to 1.5", "over 3", "slice is not counted"):
        assert row in text.getvalue()


def test_a_long_quiet_run_is_told_with_its_learning() -> None:
    # 504 h in shards of 6 h, with 40 minutes of learning each: 560 h at 36 s, on two processors.
    assert "504 h take 2.8 h on 2" in tables.how_long(Rest(0, 1000, 3600, 0.006, 36.0), 2)


def test_what_is_missed_is_told_the_clearest_first() -> None:
    headings = [heading for heading, _ in worst(SLOW)]
    assert headings[0].startswith("Missed although detectable, 2")
