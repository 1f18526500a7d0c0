"""What Paywatch is to reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.localise.case import MIX_SHIFT, OUTSIDE
from benchmarks.localise.families import PAYMENTS
from benchmarks.localise.measure import REAL
from benchmarks.localise.scoring import Result


@dataclass(frozen=True)
class Goal:
    what: str
    figure: str
    reached: bool


def goals(of: Mapping[str, Result]) -> Iterator[Goal]:
    """`of`: Paywatch's result by family. Goals of families that were not run are left out."""
    if REAL in of:
        real = of[REAL]
        yield _at_least("real cases: top-1", real.top(1), 0.85)
        yield _at_least("real cases: top-3 (ImpAPTr's on its own data: 0.945)", real.top(3), 0.96)
        yield _at_least("real cases: top-5 (RobustSpot's on twice these: 0.98)", real.top(5), 0.985)
        yield _at_least("real cases: F1 of the exact set", real.f1, 0.80)
    if "S" in of:
        yield _at_least("RiskLoc's S: F1 (PRiskLoc's: 0.725)", of["S"].f1, 0.80)
    if "S3" in of:
        yield _at_least("S with three causes of three dimensions: F1", of["S3"].f1, 0.80)
    if PAYMENTS in of:
        yield _at_least("payments: F1", of[PAYMENTS].f1, 0.80)
        spent = of[PAYMENTS].milliseconds(0.5)
        yield Goal("payments: median at most 20 ms a case", f"{spent:.1f} ms", spent <= 20.0)
    for kind in (OUTSIDE, MIX_SHIFT):
        if kind in of:
            yield _at_least(f"traps avoided: {kind}", of[kind].avoided(kind), 0.90)


def _at_least(what: str, figure: float, least: float) -> Goal:
    return Goal(f"{what} at least {least:g}", f"{figure:.3f}", figure >= least)
