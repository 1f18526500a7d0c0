"""One run: the rivals' settings from the tuning streams, then everything on the chosen ones."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.detect import cloudwalk
from benchmarks.detect.cloudwalk import Windowed
from benchmarks.detect.quiet import Rest, parts, rest
from benchmarks.detect.scoring import Result
from benchmarks.detect.streams import REPORT_SEEDS, TUNING_SEEDS, stream
from benchmarks.detect.watching import PAYWATCH, RIVALS, Name, Settings, watch
from functions.core.detection.state import Rules

SEEDS: Final = {"tuning": TUNING_SEEDS, "report": REPORT_SEEDS}
SWEEP: Final[Settings] = {kind.name: kind.settings for kind in RIVALS}

Results = dict[Name, Result]


@dataclass(frozen=True)
class Task:
    """What to measure. seeds: one of SEEDS. tuning, streams: how many streams to find the rivals'
    settings on, and to report. hours, slices: of quiet traffic. data: the folder of real data.
    alone: Paywatch without rivals. rules: what Paywatch judges by."""

    seeds: str
    streams: int
    tuning: int
    hours: float
    slices: int
    data: Path
    jobs: int
    alone: bool = False
    rules: Rules = Rules()


@dataclass(frozen=True)
class Measured:
    """matched: name of a rival → its setting at Paywatch's false pages."""

    results: Results
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
            "matched": self.matched,
            "quiet": named(self.rests),
            "real": [asdict(item) for item in self.windowed],
        }


def measure(task: Task, bar: Progress) -> Measured:
    with ProcessPoolExecutor(task.jobs, multiprocessing.get_context("spawn")) as pool:

        def over(what: str, work: Callable[..., Any], *given: Sequence[Any]) -> list[Any]:
            return each(pool, bar, what, work, *given, [task.rules] * len(given[0]))

        def watched(what: str, seeds: Sequence[int], settings: Settings) -> Results:
            return _sum(over(what, by_seed, seeds, [settings] * len(seeds)))

        # The last tuning seeds, so that a run on the first ones reports others than it matched.
        tried = TUNING_SEEDS[len(TUNING_SEEDS) - (0 if task.alone else task.tuning) :]
        matched = _matched(watched("settings", tried, SWEEP)) if tried else {}
        rivals = () if task.alone else RIVALS
        settings = {kind.name: _both(kind.default, matched.get(kind.name)) for kind in rivals}
        seeds = SEEDS[task.seeds]
        results = watched("streams", seeds[: task.streams], settings)
        rests: dict[Name, Rest] = {}
        if task.hours:
            markets = parts(seeds[-1] + 1, task.slices, task.hours, task.jobs)
            rests = _rests(over("quiet", rest, markets, [settings] * len(markets)))
        windowed: list[Windowed] = []
        if task.data.is_dir():
            names, codes = zip(*cloudwalk.detectors(task.alone), strict=True)
            windowed = over("real data", cloudwalk.run, [task.data] * len(names), names, codes)
    return Measured(results, matched, rests, windowed)


def each(
    pool: Executor, bar: Progress, what: str, work: Callable[..., Any], *over: Sequence[Any]
) -> list[Any]:
    """What the work gives for each of what it is given, in that order. what: for whoever waits."""
    futures = [pool.submit(work, *given) for given in zip(*over, strict=True)]
    progress = bar.add_task(what, total=len(futures))
    for future in as_completed(futures):
        future.result()
        bar.advance(progress)
    if not bar.console.is_terminal:
        bar.console.print(f"{what}: {len(futures)} done")
    return [future.result() for future in futures]


def by_seed(seed: int, settings: Settings, rules: Rules) -> Results:
    return watch(stream(seed), settings, rules)


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


def _rests(many: Sequence[tuple[int, Results]]) -> dict[Name, Rest]:
    slices = round(sum(n for n, _ in many) / len(many))

    def each() -> Iterator[tuple[Name, Rest]]:
        for name, result in _sum(results for _, results in many).items():
            step = result.spent / result.steps
            yield name, Rest(result.false_pages, slices, result.watched, step)

    return dict(each())
