"""What was measured, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.localise.case import TRAPS
from benchmarks.localise.fit import SETTINGS, Fit
from benchmarks.localise.measure import Results
from benchmarks.localise.paywatch import NAME
from benchmarks.localise.reach import Goal
from benchmarks.localise.scoring import KS, Result
from benchmarks.tables import three_digits, titled_table

Column = tuple[str, str, Callable[[Result], str]]
"""Heading, family, figure."""

MISSES: Final = 12
PLAIN_WIDTH: Final = 200


def console() -> Console:
    """Wide and without frames' special characters where nobody looks at a terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def real(of: Mapping[str, Result], out: Console) -> Table:
    """`of`: by detector."""
    cases = len(next(iter(of.values())).spent)
    names = (*(f"top-{k}" for k in KS), "precision", "recall", "F1", "exact sets")
    table = titled_table(
        out,
        f"Real cases: {cases} failures of a video service",
        ("detector", *names, "ms", "p95"),
        "top-k: true causes within the first k explanations. Precision to F1: of exact causes. "
        "ms: of one processor, from leaves to the exact set, the median and 95th percentile; rivals "
        "compute with NumPy.",
    )
    for name, result in of.items():
        figures = (*map(result.top, KS), result.precision, result.recall, result.f1, _exact(result))
        table.add_row(name, *map(three_digits, figures), *_milliseconds(result), style=_style(name))
    return table


def generated(results: Results, out: Console) -> Table:
    """F1 and time on cases with causes, right answers to traps."""
    columns: list[Column] = []
    for family in results:
        columns += _columns(family, len(next(iter(results[family].values())).spent))
    table = titled_table(
        out,
        "Generated cases (how many)",
        ("detector", *(name for name, _, _ in columns)),
        "S, S3, L: by RiskLoc's law, about 40,000 leaves. payments and traps: 75 to 2,000 leaves. "
        "Traps: outside (all rose alike: say so), mix shift and volume (no rate rose: blame "
        "nothing). Most rivals cannot say the one or do the other.",
    )
    for name in next(iter(results.values())):
        cells = [figure(results[family][name]) for _, family, figure in columns]
        table.add_row(name, *cells, style=_style(name))
    return table


def fitted(found: Fit, out: Console) -> Table:
    table = titled_table(
        out,
        "Constants and real cases",
        ("constants", *(f"top-{k}" for k in KS), "F1", "exact sets", "payments F1"),
        f"Cross-validated: {SETTINGS} settings at random, chosen on four folds, scored on the "
        "fifth. Below: one constant changed.",
    )
    for name, result in (("defaults", found.default), ("cross-validated", found.held_out)):
        figures = (*map(result.top, KS), result.f1, _exact(result))
        own = three_digits(found.payments) if result is found.default else ""
        table.add_row(name, *map(three_digits, figures), own, style="bold")
    for (constant, factor), (f1, paid) in found.single.items():
        blank = [""] * len(KS)
        table.add_row(f"{constant} × {factor:g}", *blank, three_digits(f1), "", three_digits(paid))
    return table


def reached(goals: Sequence[Goal], out: Console) -> Table:
    table = titled_table(out, "To be reached", ("goal", "figure", "reached"))
    for goal in goals:
        table.add_row(goal.what, goal.figure, "yes" if goal.reached else "MISSED")
    return table


def misses(of: Mapping[str, Result], out: Console) -> None:
    """What Paywatch got wrong, some of each family."""
    for family, result in of.items():
        if result.missed:
            out.print(f"{NAME} on {family}: {len(result.missed)} cases wrong, among them")
        for name, truth, answer in sorted(result.missed)[:MISSES]:
            out.print(f"  {name}: {truth}; answered {answer}", highlight=False, markup=False)


def _columns(family: str, cases: int) -> list[Column]:
    if family in TRAPS:
        return [
            (f"{family} ({cases})", family, lambda result: three_digits(result.avoided(family)))
        ]
    return [
        (f"{family} ({cases}) F1", family, lambda result: three_digits(result.f1)),
        ("exact", family, lambda result: three_digits(_exact(result))),
        ("ms", family, lambda result: _milliseconds(result)[0]),
        ("p95", family, lambda result: _milliseconds(result)[1]),
    ]


def _exact(result: Result) -> float:
    return result.whole / result.cases


def _milliseconds(result: Result) -> tuple[str, str]:
    return _number(result.milliseconds(0.5)), _number(result.milliseconds(0.95))


def _style(name: str) -> str:
    return "bold" if name == NAME else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
