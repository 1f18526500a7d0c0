"""What each field of the tuning earns: Paywatch with it a step lower, as it is, and a step higher.

On the tuning streams: the streams that are reported must not choose what is reported of them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from rich.progress import Progress

from benchmarks.detect.measure import by_seed, each
from benchmarks.detect.scoring import Result
from benchmarks.detect.streams import RICH, TUNING_SEEDS
from benchmarks.detect.tuned import around, value_of
from benchmarks.detect.watching import PAYWATCH
from functions.core.detection.state import Rules
from functions.core.detection.tuning import Tuning


@dataclass(frozen=True)
class Varied:
    """A field, its values and what was measured with them: lower, as it is, higher."""

    field: str
    values: Sequence[object]
    results: Sequence[Result]


def vary(
    names: Sequence[str],
    tuning: Tuning,
    streams: int,
    jobs: int,
    bar: Progress,
    kind: str = RICH,
) -> list[Varied]:
    """Each field around the tuning, over so many of the tuning streams."""
    tried: dict[Tuning, Result] = {}
    tunings = {name: (low, tuning, high) for name in names for low, high in [around(tuning, name)]}
    for three in tunings.values():
        tried.update((one, Result()) for one in three)
    pairs = [(seed, one) for one in tried for seed in TUNING_SEEDS[:streams]]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        seeds = [seed for seed, _ in pairs]
        kinds = [kind] * len(pairs)
        rules = [Rules(tuning=one) for _, one in pairs]
        found = each(pool, bar, "streams", by_seed, seeds, [{}] * len(pairs), kinds, rules)
    for (_, one), results in zip(pairs, found, strict=True):
        tried[one].add(results[PAYWATCH])
    return [
        Varied(name, [value_of(one, name) for one in three], [tried[one] for one in three])
        for name, three in tunings.items()
    ]
