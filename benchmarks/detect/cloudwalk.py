"""Real data: three days of payments a minute by status, one merchant, no slices.

The windows that pages are compared with were inferred from the data by a Poisson tail test; they
are not ground truth. The bursts of denials carry the codes 51 (no funds) and 59 (suspected fraud):
they are the customers' and the fraud rules' doing, so no page is right there. transactions.csv
alone does not tell; transactions_auth_codes.csv does, its 51 and 59 add up to what was denied.
"""

from __future__ import annotations

import csv
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.detect.by_minute import ScoreHybrid
from benchmarks.detect.paywatch import Paywatch
from benchmarks.detect.plan import LEARNING
from benchmarks.detect.rival import Alarm, Rival
from benchmarks.detect.rivals import FixedRateOfTen, FixedThreshold
from benchmarks.detect.scoring import GRACE
from benchmarks.detect.watching import RIVALS
from functions.core.counting.counts import Counts, one
from functions.core.counting.slices import ALL
from functions.core.detection.state import Rules
from functions.core.troubles.incident import OPENED

FOLDER: Final = "cloudwalk_2025"
SIGNALS: Final = ("failed", "denied", "backend_reversed")
THRESHOLDS: Final = {
    "failed": (0.01, 0.02),
    "denied": (0.10, 0.15),
    "backend_reversed": (0.005, 0.01),
}
"""Warning and critical rates of each status, as the data's monitoring case sets them."""
_SHOWS: Final = {"failed": "failed", "attributable": "failed"}
_CODES: Final = {"51": ("denied", "customer"), "59": ("denied", "fraud")}

Kind = tuple[str, str]
"""Status and cause."""


@dataclass(frozen=True)
class Windowed:
    """One detector against the inferred windows. met, lasting, windows: by status, in how many of the
    windows a trouble of that status began to be shown, in how many others one was shown throughout that
    had begun before, and how many there are. delays: seconds from the start of a window that was met.
    outside: pages while no status has a window. seconds, spent: of traffic, of computing.

    A trouble shows several statuses: one that joins it is shown from then on, and pages only where it is
    worse."""

    detector: str
    met: dict[str, int]
    lasting: dict[str, int]
    windows: dict[str, int]
    delays: list[int]
    outside: int
    seconds: int
    spent: float


def run(folder: Path, detector: str, codes: bool, rules: Rules) -> Windowed:
    """Paywatch by these rules, or one rival, named, over the whole file."""
    minutes = _minutes(folder, codes)
    start = min(minutes)
    clock, spent, steps = time.process_time, 0.0, 0
    pages: list[tuple[int, str]] = []
    shown: list[tuple[int, frozenset[str]]] = []
    paywatch = Paywatch(rules)
    watched = [] if detector == Paywatch.name else _watched(detector)
    for second, counts in _seconds(minutes):
        steps += 1
        began = clock()
        showing = frozenset[str]()
        if watched:
            for signal, rival, alarm in watched:
                levels = rival.levels(second, _pairs(counts, signal))
                if levels:
                    pages += [(second, signal) for _ in alarm.second(second, levels)]
        else:
            packed = _packed(counts)
            began = clock()
            pages += [
                (second, _SHOWS.get(said.signal, said.signal))
                for said in paywatch.second(second, {ALL: packed} if packed else {})
                if said.transition == OPENED
            ]
            showing = frozenset(_SHOWS.get(signal, signal) for signal in paywatch.showing)
        spent += clock() - began
        if watched:
            showing = frozenset(
                signal for signal, _, alarm in watched if alarm.is_open(ALL, second)
            )
        if not shown or shown[-1][1] != showing:
            shown.append((second, showing))
    name = f"{detector} (with codes)" if codes else detector
    later = [(second, signal) for second, signal in pages if second >= start + LEARNING]
    return _against(_windows(folder), name, later, shown, steps, spent)


def detectors(alone: bool) -> list[tuple[str, bool]]:
    """Names, and whether they are given the codes; Paywatch's only when it runs alone."""
    rivals = () if alone else RIVALS
    return [(Paywatch.name, False), (Paywatch.name, True), *((kind.name, False) for kind in rivals)]


def _watched(name: str) -> list[tuple[str, Rival, Alarm]]:
    """An instance for each status, with that status' thresholds where the rival has thresholds."""
    kind = next(kind for kind in RIVALS if kind.name == name)
    found: list[tuple[str, Rival, Alarm]] = []
    for signal in SIGNALS:
        warning, critical = THRESHOLDS[signal]
        setting = kind.default
        if kind is FixedThreshold:
            setting = critical
        elif kind is FixedRateOfTen:
            setting = max(critical, kind.default)
        rival = ScoreHybrid(warning, critical) if kind is ScoreHybrid else kind()
        found.append((signal, rival, kind.alarm(setting)))
    return found


def _minutes(folder: Path, codes: bool) -> dict[int, dict[Kind, int]]:
    minutes: dict[int, dict[Kind, int]] = {}
    for row in _rows(folder / "transactions.csv"):
        status = row["status"]
        if codes and status == "denied":
            continue
        cause = "" if status in ("approved", "refunded") else "unknown"
        minutes.setdefault(_epoch(row["timestamp"]), {})[status, cause] = int(row["count"])
    if codes:
        for row in _rows(folder / "transactions_auth_codes.csv"):
            if row["auth_code"] in _CODES:
                minutes[_epoch(row["timestamp"])][_CODES[row["auth_code"]]] = int(row["count"])
    return minutes


def _seconds(
    minutes: Mapping[int, Mapping[Kind, int]],
) -> Iterator[tuple[int, dict[Kind, int]]]:
    """Every second, with its minute's payments at random times."""
    rng = random.Random(1)
    for minute in range(min(minutes), max(minutes) + 60, 60):
        spread: list[dict[Kind, int]] = [{} for _ in range(60)]
        for kind, count in minutes.get(minute, {}).items():
            for second in rng.choices(spread, k=count):
                second[kind] = second.get(kind, 0) + 1
        yield from enumerate(spread, minute)


def _pairs(counts: Mapping[Kind, int], signal: str) -> dict[str, tuple[int, int]]:
    attempts = sum(n for (status, _), n in counts.items() if status != "refunded")
    events = sum(n for (status, _), n in counts.items() if status == signal)
    return {ALL: (attempts, events)} if attempts else {}


def _packed(counts: Mapping[Kind, int]) -> Counts:
    return sum(one(*kind) * n for kind, n in counts.items())


def _windows(folder: Path) -> list[tuple[str, int, int]]:
    document = json.loads((folder / "inferred_windows.json").read_text(encoding="utf-8"))
    return [
        (window["status"], _epoch(window["start"]), _epoch(window["end"]) + 60)
        for window in document["windows"]
    ]


def _against(
    windows: Sequence[tuple[str, int, int]],
    name: str,
    pages: Sequence[tuple[int, str]],
    shown: Sequence[tuple[int, frozenset[str]]],
    steps: int,
    spent: float,
) -> Windowed:
    """shown: from which second on which statuses are shown, until the next."""
    met, lasting = dict.fromkeys(SIGNALS, 0), dict.fromkeys(SIGNALS, 0)
    delays: list[int] = []
    for status, start, end in windows:
        began = [s for s in _began(shown, status) if start <= s <= end + GRACE]
        if began:
            met[status] += 1
            delays.append(min(began) + 1 - start)
        elif any(status in now for now in _before(shown, start)):
            lasting[status] += 1
    outside = sum(all(not start <= s <= end + GRACE for _, start, end in windows) for s, _ in pages)
    total = {signal: sum(status == signal for status, _, _ in windows) for signal in SIGNALS}
    return Windowed(name, met, lasting, total, sorted(delays), outside, steps, spent)


def _began(shown: Sequence[tuple[int, frozenset[str]]], status: str) -> list[int]:
    """The seconds in which the status began to be shown."""
    before = [frozenset[str](), *(now for _, now in shown)]
    return [
        second
        for (second, now), last in zip(shown, before, strict=False)
        if status in now and status not in last
    ]


def _before(shown: Sequence[tuple[int, frozenset[str]]], second: int) -> Sequence[frozenset[str]]:
    """What was shown in the second before, if anything was by then."""
    return [now for since, now in shown if since < second][-1:]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _epoch(text: str) -> int:
    parsed = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return round(parsed.timestamp())
