"""One run: every detector on the same cases."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from benchmarks.localise import real
from benchmarks.localise.case import TRAPS, Case
from benchmarks.localise.detectors import DETECTORS
from benchmarks.localise.families import PAYMENTS, made
from benchmarks.localise.scoring import Result

REAL: Final = "real"
MORE_PAYMENTS: Final = 3
"""So many cases of payments for each of the other families: they are small."""

Results = dict[str, dict[str, Result]]
"""Family → detector → result."""


@dataclass(frozen=True)
class Task:
    """What to measure. families: the generated ones. cases: of each. first: the first seed.
    detectors: names. data: the folder of real data, None for no real cases."""

    families: tuple[str, ...]
    cases: int
    first: int
    detectors: tuple[str, ...]
    data: Path | None
    jobs: int


def measure(task: Task, bar: Progress) -> Results:
    results: Results = {}
    with ProcessPoolExecutor(task.jobs, multiprocessing.get_context("spawn")) as pool:
        for family, units in _units(task).items():
            futures = [pool.submit(by_unit, family, unit, task.detectors) for unit in units]
            progress = bar.add_task(family, total=len(futures))
            for future in as_completed(futures):
                future.result()
                bar.advance(progress)
            if not bar.console.is_terminal:
                bar.console.print(f"{family}: {len(futures)} done")
            results[family] = _merged([future.result() for future in futures])
    return results


def by_unit(family: str, unit: Case | int, detectors: Sequence[str]) -> dict[str, Result]:
    """Every detector's result on one case, given or named by its seed."""
    case = unit if isinstance(unit, Case) else made(family, unit)
    found: dict[str, Result] = {}
    for detector in DETECTORS:
        if detector.name in detectors:
            began = time.process_time()
            answer = detector.answer(case)
            spent = 1000.0 * (time.process_time() - began)
            result = found[detector.name] = Result()
            # Only the real cases' table has top-k.
            ranked = detector.ranked(case, answer) if family == REAL else ()
            result.add(case, answer, ranked, spent)
    return found


def raw(results: Results) -> dict[str, Any]:
    return {
        family: {name: asdict(result) for name, result in found.items()}
        for family, found in results.items()
    }


def _units(task: Task) -> dict[str, Sequence[Case | int]]:
    units: dict[str, Sequence[Case | int]] = {}
    if task.data is not None and task.data.is_dir():
        units[REAL] = real.cases(task.data)
    for family in task.families:
        number = task.cases * (MORE_PAYMENTS if family in (PAYMENTS, *TRAPS) else 1)
        units[family] = range(task.first, task.first + number)
    return units


def _merged(many: Sequence[Mapping[str, Result]]) -> dict[str, Result]:
    total: dict[str, Result] = {}
    for results in many:
        for name, result in results.items():
            total.setdefault(name, Result()).merge(result)
    return total
