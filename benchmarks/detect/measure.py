"""One run: the rivals' settings from the tuning streams, then everything on the chosen ones."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.detect import cloudwalk
from benchmarks.detect.cloudwalk import Windowed
from benchmarks.detect.quiet import Rest, rest, shards, together
from benchmarks.detect.scoring import Result
from benchmarks.detect.streams import NIGHTS, REPORT_SEEDS, RICH, TUNING_SEEDS, stream
from benchmarks.detect.watching import PAYWATCH, RIVALS, Name, Settings, watch
from functions.core.detection.state import Rules

SEEDS: Final = {"tuning": TUNING_SEEDS, "report": REPORT_SEEDS}
SWEEP: Final[Settings] = {kind.name: kind.settings for kind in RIVALS}

Results = dict[Name, Result]
_TOLD: Final = 60.0
"""Seconds between two lines on how far it is, where nobody looks at a terminal."""


@dataclass(frozen=True)
class Task:
    """What to measure. seeds: one of SEEDS. tuning, streams: how many streams to find the rivals'
    settings on, and to report; kind: of them; nights: streams of nightly batches. hours, slices: of quiet
    traffic; resume: the folder of its shards. data: the folder of real data. alone: Paywatch without
    rivals. rules: what Paywatch judges by."""

    seeds: str
    streams: int
    tuning: int
    hours: float
    slices: int
    data: Path
    jobs: int
    alone: bool = False
    rules: Rules = Rules()
    kind: str = RICH
    nights: int = 0
    resume: Path | None = None


@dataclass(frozen=True)
class Measured:
    """matched: name of a rival → its setting at Paywatch's false pages. nights: over the streams of
    nightly batches."""

    results: Results
    nights: Results
    matched: dict[str, float]
    rests: dict[Name, Rest]
    windowed: list[Windowed]

    @property
    def raw(self) -> dict[str, Any]:
        def named(items: Mapping[Name, Any]) -> list[dict[str, Any]]:
            return [
                {"detector": detector, "setting": setting, **asdict(value)}
                for (detector, setting), value in items.items()
            ]

        return {
            "results": named(self.results),
            "nights": named(self.nights),
            "matched": self.matched,
            "quiet": named(self.rests),
            "real": [asdict(item) for item in self.windowed],
        }


def measure(task: Task, bar: Progress) -> Measured:
    with ProcessPoolExecutor(task.jobs, multiprocessing.get_context("spawn")) as pool:

        def over(what: str, work: Callable[..., Any], *given: Sequence[Any]) -> list[Any]:
            return each(pool, bar, what, work, *given, [task.rules] * len(given[0]))

        def watched(what: str, seeds: Sequence[int], kind: str, settings: Settings) -> Results:
            given = ([settings] * len(seeds), [kind] * len(seeds))
            return _sum(over(what, by_seed, seeds, *given))

        # The last tuning seeds, so that a run on the first ones reports others than it matched.
        tried = TUNING_SEEDS[len(TUNING_SEEDS) - (0 if task.alone else task.tuning) :]
        matched = _matched(watched("settings", tried, task.kind, SWEEP)) if tried else {}
        rivals = () if task.alone else RIVALS
        settings = {kind.name: _both(kind.default, matched.get(kind.name)) for kind in rivals}
        seeds = SEEDS[task.seeds]
        results = watched("streams", seeds[: task.streams], task.kind, settings)
        nights = watched("nights", seeds[: task.nights], NIGHTS, settings)
        rests: dict[Name, Rest] = {}
        if task.hours:
            cut = shards(seeds[-1] + 1, task.slices, task.hours, task.jobs, task.kind)
            given = ([settings] * len(cut), [task.resume] * len(cut))
            rests = together(over("quiet", rest, cut, *given))
        windowed: list[Windowed] = []
        if task.data.is_dir():
            names, codes = zip(*cloudwalk.detectors(task.alone), strict=True)
            windowed = over("real data", cloudwalk.run, [task.data] * len(names), names, codes)
    return Measured(results, nights, matched, rests, windowed)


def each(
    pool: Executor, bar: Progress, what: str, work: Callable[..., Any], *over: Sequence[Any]
) -> list[Any]:
    """What the work gives for each of what it is given, in that order. what: for whoever waits."""
    futures = [pool.submit(work, *given) for given in zip(*over, strict=True)]
    progress, told = bar.add_task(what, total=len(futures)), time.monotonic()
    for done, future in enumerate(as_completed(futures), 1):
        future.result()
        bar.advance(progress)
        late = time.monotonic() - told >= _TOLD
        if not bar.console.is_terminal and (late or done == len(futures)):
            bar.console.print(f"{what}: {done} of {len(futures)} done")
            told = time.monotonic()
    return [future.result() for future in futures]


def by_seed(seed: int, settings: Settings, kind: str, rules: Rules) -> Results:
    return watch(stream(seed, kind), settings, rules)


def _both(default: float, matched: float | None) -> tuple[float, ...]:
    return (default,) if matched is None or matched == default else (default, matched)


def _sum(many: Iterable[Results]) -> Results:
    total: Results = {}
    for results in many:
        for name, result in results.items():
            total.setdefault(name, Result()).add(result)
    return total


def _matched(tried: Results) -> dict[str, float]:
    """Of every rival the most sensitive setting with no more false pages than Paywatch; when all
    have more, the most sensitive of those with the fewest."""
    allowed = tried[PAYWATCH].false_pages
    found: dict[str, float] = {}
    for kind in RIVALS:
        pages = {setting: tried[kind.name, setting].false_pages for setting in kind.settings}
        fewest = max(allowed, min(pages.values()))
        found[kind.name] = next(setting for setting, n in pages.items() if n <= fewest)
    return found
