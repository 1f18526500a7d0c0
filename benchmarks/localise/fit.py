"""What the constants of `localise` owe to the real cases: by cross-validation, and how much hangs
on each.

Settings are drawn at random around the defaults, up to four times less or more each (of a share:
its odds), the defaults themselves not among them: these have seen all cases. For each of five folds the setting that names
most exact causes on the other four is taken and scored on the fold. Cases of one video stream are
in one fold, since they repeat each other.
"""

from __future__ import annotations

import math
import multiprocessing
import random
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from rich.progress import Progress, TaskID

from benchmarks.localise import paywatch
from benchmarks.localise.case import Case
from benchmarks.localise.families import PAYMENTS, TUNING_SEEDS, made
from benchmarks.localise.scoring import Result
from functions.core.localise.joint_causes import DEFAULT, Tuning

FOLDS: Final = 5
SETTINGS: Final = 60
TIMES: Final = 4.0
PAYMENT_CASES: Final = 60

NAMES: Final = tuple(
    field.name
    for field in msgspec.structs.fields(Tuning)
    if isinstance(getattr(DEFAULT, field.name), float)
)
"""The constants that are varied."""

Done = TypeVar("Done")


@dataclass(frozen=True)
class Fit:
    """held_out, default: on the real cases. single: constant and factor → F1 on the real cases and
    on generated payments with that alone changed. payments: F1 of the defaults on these."""

    held_out: Result
    default: Result
    single: dict[tuple[str, float], tuple[float, float]]
    payments: float


def fit(cases: Sequence[Case], jobs: int, bar: Progress) -> Fit:
    drawn = _drawn()
    singles = {
        (name, factor): _changed({name: factor}) for name in NAMES for factor in (1 / TIMES, TIMES)
    }
    settings = [DEFAULT, *singles.values(), *drawn]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(on_cases, cases, setting) for setting in settings]
        seeds = TUNING_SEEDS[:PAYMENT_CASES]
        paid = [
            pool.submit(on_payments, seeds, setting) for setting in settings[: len(singles) + 1]
        ]
        progress = bar.add_task("settings", total=len(futures) + len(paid))
        results = [_waited(future, bar, progress) for future in futures]
        generated = [_waited(future, bar, progress) for future in paid]
    single = {
        key: (_sum(result).f1, f1)
        for key, result, f1 in zip(singles, results[1:], generated[1:], strict=False)
    }
    held_out = _held_out(cases, drawn, results[1 + len(singles) :])
    return Fit(held_out, _sum(on_cases(cases, DEFAULT, ranked=True)), single, generated[0])


def _held_out(
    cases: Sequence[Case], drawn: Sequence[Tuning], tried: Sequence[Sequence[Result]]
) -> Result:
    where = folds([case.name for case in cases], FOLDS)
    held_out = Result()
    for fold in range(FOLDS):
        others = [at for at, of in enumerate(where) if of != fold]
        scores = [_score(_sum([results[at] for at in others])) for results in tried]
        best = drawn[scores.index(max(scores))]
        own = [case for case, of in zip(cases, where, strict=True) if of == fold]
        held_out.merge(_sum(on_cases(own, best, ranked=True)))
    return held_out


def folds(names: Sequence[str], number: int) -> list[int]:
    """The fold of each case, those of one stream (the last part of the name) together, the folds
    as even as can be."""
    streams: dict[str, int] = {}
    for name in names:
        stream = stream_of(name)
        streams[stream] = streams.get(stream, 0) + 1
    sizes = [0] * number
    of: dict[str, int] = {}
    for stream in sorted(streams, key=lambda stream: (-streams[stream], stream)):
        of[stream] = sizes.index(min(sizes))
        sizes[of[stream]] += streams[stream]
    return [of[stream_of(name)] for name in names]


def stream_of(name: str) -> str:
    return name.replace("_", " ").split()[-1]


def on_cases(cases: Sequence[Case], setting: Tuning, ranked: bool = False) -> list[Result]:
    """The result of each case; none at all from constants that contradict each other, such as
    shares that add up to more than everything."""
    results = []
    for case in cases:
        result = Result()
        try:
            answer = paywatch.answer(case, setting)
        except ValueError:
            return [Result() for _ in cases]
        result.add(case, answer, paywatch.ranked(case, setting) if ranked else (), 0.0)
        results.append(result)
    return results


def on_payments(seeds: Sequence[int], setting: Tuning) -> float:
    """F1, NaN from constants that contradict each other."""
    return _sum(on_cases([made(PAYMENTS, seed) for seed in seeds], setting)).f1


def _waited(future: Future[Done], bar: Progress, progress: TaskID) -> Done:
    found = future.result()
    bar.advance(progress)
    return found


def _drawn() -> list[Tuning]:
    rng = random.Random(1)
    spread = math.log(TIMES)
    return [
        _changed({name: math.exp(rng.uniform(-spread, spread)) for name in NAMES})
        for _ in range(SETTINGS)
    ]


def _changed(factors: dict[str, float]) -> Tuning:
    changed = {name: _scaled(getattr(DEFAULT, name), factor) for name, factor in factors.items()}
    return msgspec.structs.replace(DEFAULT, **changed)


def _scaled(value: float, factor: float) -> float:
    """So many times as much; of a share, so many times the odds."""
    if not 0.0 < value < 1.0:
        return factor * value
    odds = factor * value / (1.0 - value)
    return odds / (1.0 + odds)


def _score(result: Result) -> float:
    return result.f1 if result.cases else -1.0


def _sum(results: Sequence[Result]) -> Result:
    total = Result()
    for result in results:
        total.merge(result)
    return total
