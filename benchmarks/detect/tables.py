"""What was measured, as tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.detect.cloudwalk import SIGNALS, Windowed
from benchmarks.detect.labels import RENEWALS, TRAPS
from benchmarks.detect.plan import LEARNING
from benchmarks.detect.quiet import SHARD_HOURS, Rest
from benchmarks.detect.reach import Goal
from benchmarks.detect.scoring import (
    Found,
    Result,
    delay_quantile,
    quantile,
    ratio_quantile,
    share,
)
from benchmarks.detect.varying import Varied
from benchmarks.detect.watching import RIVALS, Name
from benchmarks.tables import three_digits, titled_table
from functions.core.counting.slices import DEFAULT_SLICING, dimensions

PLAIN_WIDTH: Final = 200

Results = Mapping[Name, Result]

_REACHED: Final = {True: "yes", False: "MISSED", None: "too little to tell"}

LONG_HOURS: Final = 504
"""Of quiet traffic, that show one false page a week to be too few or too many."""
EVIDENCE_BANDS: Final = {
    "evidence 1 to 1.5": (1.0, 1.5),
    "1.5 to 3": (1.5, 3.0),
    "over 3": (3.0, math.inf),
}
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
        ("detector", "precision", "recall", "of detectable", "F1", "median", "p95", "× bound",
         "p95", "false/week", "in traps", "pages each", "exact", "or equal", "once settled", "ms/s"),
        "median, p95, × bound (delay over the information bound): of the detectable, by Kaplan and "
        "Meier; who was missed is censored at the end.",
    )  # fmt: skip
    for name, result in results.items():
        caught, detectable = result.caught, result.detectable
        table.add_row(
            label(name, matched),
            three_digits(result.precision),
            three_digits(result.recall),
            three_digits(result.recall_detectable),
            three_digits(result.f1),
            _seconds(delay_quantile(detectable, 0.5)),
            _seconds(delay_quantile(detectable, 0.95)),
            _times(ratio_quantile(detectable, 0.5)),
            _times(ratio_quantile(detectable, 0.95)),
            _number(result.false_a_week),
            str(result.trap_pages),
            _number(result.pages_each),
            three_digits(share(sum(item.exact for item in caught), len(caught))),
            three_digits(share(sum(item.equal for item in caught), len(caught))),
            three_digits(share(sum(item.settled for item in caught), len(caught))),
            f"{1000 * result.spent / result.steps:.3f}",
        )
    return table


def groups(ours: Result, out: Console) -> Table:
    """Paywatch alone, in every respect that the faults differ in."""
    table = titled_table(
        out,
        "Paywatch by kind, evidence and slice",
        ("faults", "detectable", "recall", "median", "p95", "× bound", "p95", "or equal",
         "pages each"),
        "evidence: the oracle's, over what is needed. A slice that is not counted by default has two "
        "or three dimensions.",
    )  # fmt: skip
    rows: list[tuple[str, Callable[[Found], bool]]] = [
        (kind, _of_kind(kind)) for kind in ours.kinds
    ]
    rows += [(name, _in_evidence(*band)) for name, band in EVIDENCE_BANDS.items()]
    rows += [
        ("slice is counted", lambda item: _is_counted(item.label.slice)),
        ("slice is not counted", lambda item: not _is_counted(item.label.slice)),
    ]
    for name, inside in rows:
        every = [item for item in ours.found if inside(item)]
        some = [item for item in every if item.detectable]
        caught = [item for item in some if item.delay is not None]
        table.add_row(
            name,
            f"{len(some)} of {len(every)}",
            three_digits(share(len(caught), len(some))),
            _seconds(delay_quantile(some, 0.5)),
            _seconds(delay_quantile(some, 0.95)),
            _times(ratio_quantile(some, 0.5)),
            _times(ratio_quantile(some, 0.95)),
            three_digits(share(sum(item.equal for item in caught), len(caught))),
            _number(share(sum(item.pages for item in caught), len(caught))),
        )
    return table


def by_kind(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    bands = [(kind, _of_kind(kind)) for kind in _any(results).kinds]
    return _banded("Recall of the detectable, median delay, by kind", bands, results, matched, out)


def by_evidence(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    bands = [(name, _in_evidence(*band)) for name, band in EVIDENCE_BANDS.items()]
    return _banded(
        "Recall of the detectable, median delay, by evidence", bands, results, matched, out
    )


def nights(results: Results, matched: Mapping[str, float], out: Console) -> Table:
    """A merchant's batch, denied without codes at the same clock every night."""
    hours = _any(results).watched / 3600
    table = titled_table(
        out,
        f"Nightly batches, {hours:,.0f} h",
        ("detector", "first night", "later nights", "other false pages", "incident found"),
        "Nobody can know on the first night: pages then are neither true nor false.",
    )
    for name, result in results.items():
        table.add_row(
            label(name, matched),
            str(result.unjudged),
            str(result.false.get(RENEWALS, 0)),
            str(result.false_pages - result.false.get(RENEWALS, 0)),
            f"{len(result.caught)} of {len(result.found)}",
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
            lambda result: _seconds(delay_quantile(result.detectable, 0.5)),
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
    return _banded("Recall of the detectable, median delay", bands, results, matched, out)


def _banded(
    title: str,
    bands: Sequence[tuple[str, Callable[[Found], bool]]],
    results: Results,
    matched: Mapping[str, float],
    out: Console,
) -> Table:
    table = titled_table(out, title, ("detector", *(name for name, _ in bands)))
    for name, result in results.items():
        cells = []
        for _, inside in bands:
            some = [item for item in result.detectable if inside(item)]
            caught = sum(item.delay is not None for item in some)
            recall = three_digits(share(caught, len(some)))
            cells.append(f"{recall} {_seconds(delay_quantile(some, 0.5))}")
        table.add_row(label(name, matched), *cells)
    counts = [
        _detectable([item for item in _any(results).found if inside(item)]) for _, inside in bands
    ]
    table.add_row("detectable of faults", *counts, style="dim")
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
        ("detector", "false pages", "a week over 1,000 slices", "95 % sure between", "ms/s"),
    )
    for name, found in rests.items():
        table.add_row(
            label(name, matched),
            str(found.pages),
            _number(found.a_week),
            " and ".join(map(_number, found.bounds)),
            f"{1000 * found.step:.3f}",
        )
    return table


def how_long(rest: Rest, jobs: int) -> str:
    """What a long quiet run takes at the pace of this one."""
    learning = LEARNING / 3600 * LONG_HOURS / SHARD_HOURS
    hours = (LONG_HOURS + learning) * rest.hour / jobs / 3600
    return (
        f"An hour of quiet traffic over {rest.slices:,} slices took {rest.hour:.0f} s of computing, all "
        "detectors and the making of "
        f"the traffic together: {LONG_HOURS} h take {hours:.1f} h on {jobs} processors."
    )


def real(windowed: Sequence[Windowed], out: Console) -> Table:
    first = windowed[0]
    names = [f"{signal} ({first.windows[signal]})" for signal in SIGNALS]
    table = titled_table(
        out,
        "cloudwalk_2025: inferred windows met",
        ("detector", *names, "median delay", "outside of windows", "ms/s"),
        "The windows are inferred from the data, not ground truth. Met: in it, a trouble of that status "
        "began to be shown; + in how many others one was shown that had begun before. The denied ones carry codes of "
        "no funds and suspected fraud: who knows the codes is right not to page there.",
    )
    for item in windowed:
        table.add_row(
            item.detector,
            *(_met(item, signal) for signal in SIGNALS),
            _seconds(quantile(item.delays, 0.5)),
            str(item.outside),
            f"{1000 * item.spent / item.seconds:.3f}",
        )
    return table


def _met(item: Windowed, signal: str) -> str:
    lasting = item.lasting[signal]
    return f"{item.met[signal]} + {lasting}" if lasting else str(item.met[signal])


def reached(goals: Sequence[Goal], out: Console) -> Table:
    table = titled_table(out, "To be reached", ("goal", "figure", "reached"))
    for goal in goals:
        table.add_row(goal.what, goal.figure, _REACHED[goal.reached])
    return table


def described(result: Result) -> str:
    """What the streams held, in one sentence."""
    found = result.found
    return (
        f"{_detectable(found)} faults can be detected at all: they are worth a page, and an oracle that "
        "knows slice, start, rates and dispersion gathers the evidence that one false page a week over "
        f"1,000 slices demands in 95 of 100 redraws. {result.watched / 3600:,.0f} h of traffic."
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


def _of_kind(kind: str) -> Callable[[Found], bool]:
    return lambda item: item.label.kind == kind


def _in_evidence(low: float, high: float) -> Callable[[Found], bool]:
    return lambda item: low <= item.evidence < high


def _is_counted(key: str) -> bool:
    names = dimensions(key)
    return not names or names in DEFAULT_SLICING


def _any(results: Results) -> Result:
    return next(iter(results.values()))


def _detectable(found: Sequence[Found]) -> str:
    return f"{sum(item.detectable for item in found)} of {len(found)}"


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.0f} s"


def _times(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.2f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"
