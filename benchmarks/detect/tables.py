"""What was measured, as tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.detect.cloudwalk import SIGNALS, Windowed
from benchmarks.detect.labels import TRAPS, bound_payments
from benchmarks.detect.quiet import Rest
from benchmarks.detect.reach import Goal
from benchmarks.detect.scoring import Found, Result, quantile, share
from benchmarks.detect.varying import Varied
from benchmarks.detect.watching import RIVALS, Name
from benchmarks.tables import three_digits, titled_table

PLAIN_WIDTH: Final = 200

Results = Mapping[Name, Result]

_REACHED: Final = {True: "yes", False: "MISSED", None: "too little to tell"}

VOLUME_BANDS: Final = ((5, 50), (50, 500), (500, 5_000), (5_000, 50_000))
SEVERITY_BANDS: Final = ((0.0, 0.05), (0.05, 0.14), (0.14, 0.30), (0.30, 0.60), (0.60, 1.01))


def console() -> Console:
    """Wide and without frames' special characters where nobody looks at a terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def overall(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    table = titled_table(
        out,
        "Labelled streams",
        ("detector", "precision", "recall", "of detectable", "F1", "median", "p95", "false/week",
         "in traps", "pages each", "exact slice", "once settled", "ms/s"),
    )  # fmt: skip
    for name, result in results.items():
        caught = result.caught
        each = sum(item.pages for item in caught) / len(caught) if caught else math.nan
        table.add_row(
            label(name, matched),
            three_digits(result.precision),
            three_digits(result.recall),
            three_digits(result.recall_detectable),
            three_digits(result.f1),
            *_delays(result.delays),
            _number(result.false_a_week),
            str(result.trap_pages),
            _number(each),
            three_digits(share(sum(item.exact for item in caught), len(caught))),
            three_digits(share(sum(item.settled for item in caught), len(caught))),
            f"{1000 * result.spent / result.steps:.3f}",
        )
    return table


def varied(items: Sequence[Varied], streams: int, out: Console) -> Table:
    """What each field earns. Where all three are alike, these streams do not ask it anything."""
    table = titled_table(
        out,
        f"Each field lower / as it is / higher, {streams} tuning streams",
        ("field", "value", "precision", "of detectable", "F1", "median delay", "false pages"),
    )
    for item in items:
        columns: Sequence[Callable[[Result], str]] = (
            lambda result: three_digits(result.precision),
            lambda result: three_digits(result.recall_detectable),
            lambda result: three_digits(result.f1),
            lambda result: _delays(result.delays)[0],
            lambda result: str(result.false_pages),
        )
        table.add_row(
            item.field,
            " / ".join(_spoken(value) for value in item.values),
            *(" / ".join(map(column, item.results)) for column in columns),
        )
    return table


def _spoken(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def strata(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    """Recall over what is detectable, and median delay, by volume and by severity."""
    bands: list[tuple[str, Callable[[Found], bool]]] = [
        (f"{low:,} to {high:,}/min", _in_volume(low, high)) for low, high in VOLUME_BANDS
    ]
    bands += [
        (f"+{100 * low:.0f} to {100 * min(high, 1.0):.0f} pp", _in_severity(low, high))
        for low, high in SEVERITY_BANDS
    ]
    table = titled_table(
        out, "Recall of the detectable, median delay", ("detector", *(name for name, _ in bands))
    )
    for name, result in results.items():
        cells = []
        for _, inside in bands:
            some = [item for item in result.found if inside(item) and item.detectable]
            delays = sorted(item.delay for item in some if item.delay is not None)
            cells.append(
                f"{three_digits(share(len(delays), len(some)))} {_seconds(quantile(delays, 0.5))}"
            )
        table.add_row(label(name, matched), *cells)
    counts = [
        _detectable([item for item in _any(results).found if inside(item)]) for _, inside in bands
    ]
    table.add_row("detectable of incidents", *counts, style="dim")
    return table


def traps(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    kinds = (*TRAPS, "wrong slice", "quiet")
    table = titled_table(out, "False pages, by where they came", ("detector", *kinds))
    for name, result in results.items():
        table.add_row(label(name, matched), *(str(result.false.get(kind, 0)) for kind in kinds))
    return table


def rested(rests: Mapping[Name, Rest], matched: Mapping[str, float], out: Console) -> Table:
    first = next(iter(rests.values()))
    table = titled_table(
        out,
        f"Quiet traffic: {first.seconds / 3600:.1f} h over {first.slices:,} slices",
        ("detector", "false pages", "a week over 1,000 slices", "95 % sure below", "ms/s"),
    )
    for name, found in rests.items():
        table.add_row(
            label(name, matched),
            str(found.pages),
            _number(found.a_week),
            _number(found.at_most),
            f"{1000 * found.step:.3f}",
        )
    return table


def real(windowed: Sequence[Windowed], out: Console) -> Table:
    first = windowed[0]
    names = [f"{signal} ({first.windows[signal]})" for signal in SIGNALS]
    table = titled_table(
        out,
        "cloudwalk_2025: inferred windows paged about",
        ("detector", *names, "median delay", "outside of windows", "ms/s"),
        "The windows are inferred from the data, not ground truth. The denied ones carry codes of "
        "no funds and suspected fraud: who knows the codes is right not to page there.",
    )
    for item in windowed:
        table.add_row(
            item.detector,
            *(str(item.met[signal]) for signal in SIGNALS),
            _seconds(quantile(item.delays, 0.5)),
            str(item.outside),
            f"{1000 * item.spent / item.seconds:.3f}",
        )
    return table


def reached(goals: Sequence[Goal], out: Console) -> Table:
    table = titled_table(out, "To be reached", ("goal", "figure", "reached"))
    for goal in goals:
        table.add_row(goal.what, goal.figure, _REACHED[goal.reached])
    return table


def described(result: Result) -> str:
    """What the streams held, in one sentence."""
    found = result.found
    bounds = sorted(bound_payments(item.label) for item in found)
    return (
        f"{_detectable(found)} incidents can be detected at all: by Lorden's bound, the evidence "
        "that one false page a week over 1,000 slices demands comes before their end (median "
        f"{quantile(bounds, 0.5):,.0f} payments). Paywatch's median delay is "
        f"{result.over_bound:.1f} times the bound. {result.watched / 3600:,.0f} h of traffic."
    )


def label(name: Name, matched: Mapping[str, float]) -> str:
    detector, setting = name
    rival = next((kind for kind in RIVALS if kind.name == detector), None)
    if rival is None or setting is None or setting == rival.default:
        return detector
    if matched.get(detector) == setting:
        return f"  … at Paywatch's false pages: {rival.setting} {setting:g}"
    return f"  … {rival.setting} {setting:g}"


def _in_volume(low: float, high: float) -> Callable[[Found], bool]:
    return lambda item: low <= item.label.volume < high


def _in_severity(low: float, high: float) -> Callable[[Found], bool]:
    return lambda item: low <= item.label.severity < high


def _any(results: Results) -> Result:
    return next(iter(results.values()))


def _detectable(found: Sequence[Found]) -> str:
    return f"{sum(item.detectable for item in found)} of {len(found)}"


def _delays(delays: Sequence[int]) -> tuple[str, str]:
    return _seconds(quantile(delays, 0.5)), _seconds(quantile(delays, 0.95))


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.0f} s"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"
