"""The report of `paywatch backtest --report`: one page that opens from disk and asks no network.

It draws what a Recorder kept, with the charting library uPlot, which is put into the page.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.counting.slices import slice_key, words
from functions.core.errors import PaywatchError
from functions.core.texts import LONGEST_TEXT, cleaned
from ops.backtest.recorder import Series

SHARE_UNITS: Final = 100_000
"""Shares stand in the page as integers of 0.001 %."""

PAGE: Final = Path(__file__).with_name("report_page.html")
UPLOT: Final = Path(__file__).parents[2] / "node_modules" / "uplot"

RECOVERED: Final = "OK"
"""The state of a page that tells that a trouble is over."""


class TransitionLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was told of an incident, and when: opened, worse, again or closed. severity: as it was
    then. reason: why it was closed."""

    transition: str
    at: str
    severity: str
    reason: str = ""


class PartLine(msgspec.Struct, frozen=True, kw_only=True):
    """What else the same trouble shows: a signal, of a slice that is nested with the incident's, at its
    worst. closed_at: None where it was open at the end."""

    signal: str
    slice: dict[str, str]
    severity: str
    observed_rate: float
    baseline_rate: float
    units: str
    opened_at: str
    closed_at: str | None


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="incident"):
    """An incident as the backtest prints it, once, with its worst figures. Times are ISO 8601 with
    their offset; units: what observed_rate and baseline_rate are. closed_at: None where it was open at
    the end. resolution_seconds: times are known no better. also: slices that hold the same payments,
    or contain all of them. parts: what else its trouble shows. kind: `drift` where it came over hours,
    else empty. pages: that it caused. affected: payments with the signal that were not the customer's own
    doing; retries: tries after the first, per payment that failed; lost:
    payments that failed first and that no later try saved. times: that it was there; where that is more than
    one, it comes and goes. pattern: `card_testing` where it looks like that, else empty."""

    id: str
    opened_at: str
    detected_at: str
    closed_at: str | None
    severity: str
    score: float
    signal: str
    slice: dict[str, str]
    cause: str
    observed_rate: float
    baseline_rate: float | None
    attempts: int
    units: str = "share of attempts"
    resolution_seconds: int = 1
    also: tuple[dict[str, str], ...] = ()
    parts: tuple[PartLine, ...] = ()
    kind: str = ""
    pages: int = 0
    transitions: tuple[TransitionLine, ...] = ()
    affected: int = 0
    retries: float = 0.0
    lost: int = 0
    times: int = 1
    pattern: str = ""


class WaveLine(IncidentLine, frozen=True, kw_only=True, tag="wave"):
    """An incident of severity info as the backtest prints it: it is the customers' side, and pages
    nobody."""


class PageLine(msgspec.Struct, frozen=True, tag_field="type", tag="page"):
    """A page as the backtest prints it. at: ISO 8601 with its offset. state: `OK` tells that the
    trouble is over, any other that there is one."""

    at: str
    alarm: str
    state: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest found. title: the file's name. start, end: epoch seconds, [start, end).
    wall_seconds: how long it took. resolution: seconds, times are known no better. settings: name and
    value, as a reader would write them."""

    title: str
    start: int
    end: int
    payments: int
    wall_seconds: float
    resolution: int = 1
    settings: Sequence[tuple[str, str]] = ()
    warnings: Sequence[str] = ()
    incidents: Sequence[IncidentLine] = ()
    pages: Sequence[PageLine] = ()
    series: Sequence[Series] = ()


def headline(report: Report) -> str:
    """The answer to what a reader asks first. Pages that tell a recovery are not counted."""
    paged = sum(page.state != RECOVERED for page in report.pages)
    often = {1: "once", 2: "twice"}.get(paged, f"{paged:,} times")
    seconds = report.end - report.start
    units = {"day": 86400, "hour": 3600, "minute": 60}
    unit = next((u for u, n in units.items() if seconds == n or seconds >= 2 * n), "second")
    amount = seconds / units.get(unit, 1)
    number = f"{amount:,.1f}".removesuffix(".0") if amount < 10 else f"{amount:,.0f}"
    span = f"{number} {unit}{'' if number == '1' else 's'}"
    return f"Paywatch would {f'have paged {often}' if paged else 'not have paged'} in {span}"


def render(report: Report, uplot: Path = UPLOT) -> str:
    """The page as HTML in UTF-8. Raises PaywatchError where the charting library is not in the
    folder `uplot`."""
    title = cleaned(report.title.encode("utf-8", "replace").decode(), LONGEST_TEXT)
    parts = {
        "title": html.escape(title),
        "headline": html.escape(headline(report)),
        "uplot_licence": _read(uplot / "LICENSE").strip(),
        "uplot_css": _read(uplot / "dist/uPlot.min.css"),
        "uplot_js": _read(uplot / "dist/uPlot.iife.min.js"),
        "data": _json(report, title),
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], PAGE.read_text(encoding="utf-8"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PaywatchError(
            "the report draws with uPlot, which is not installed: run `make setup`"
        ) from error


def _json(report: Report, title: str) -> str:
    """The report's data; `<` is escaped, so that no name in it can end the script element."""
    data = {
        "title": title,
        "start": report.start,
        "end": report.end,
        "payments": report.payments,
        "wall_seconds": round(report.wall_seconds, 3),
        "share_units": SHARE_UNITS,
        "resolution": report.resolution,
        "settings": report.settings,
        "warnings": report.warnings,
        "incidents": [
            {**msgspec.to_builtins(line), "slice": key, "words": cleaned(words(key), LONGEST_TEXT)}
            for line in report.incidents
            for key in (slice_key(line.slice),)
        ],
        "pages": report.pages,
        "series": [_packed(series) for series in report.series],
    }
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _packed(series: Series) -> dict[str, Any]:
    """A series in few characters: `starts` in steps and the shares as differences from the one
    before, scores in tenths."""
    return {
        "slice": series.slice,
        "words": words(series.slice),
        "signal": series.signal,
        "step": series.step,
        "starts": _differences(start // series.step for start in series.starts),
        "attempts": series.attempts.tolist(),
        "shown": series.shown.tolist(),
        "normal": _differences(_units(series.normal)),
        "tolerated": _differences(_units(series.tolerated)),
        "score": [round(score * 10) for score in series.score],
    }


def _units(shares: Iterable[float]) -> Iterable[int | None]:
    return (None if math.isnan(share) else round(share * SHARE_UNITS) for share in shares)


def _differences(values: Iterable[int | None]) -> list[int | None]:
    differences: list[int | None] = []
    before = 0
    for value in values:
        differences.append(None if value is None else value - before)
        before = before if value is None else value
    return differences
