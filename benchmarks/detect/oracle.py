"""Who knows everything but whether something happens: which faults can be found at all.

The oracle knows of a fault its slice, its start, the rates before and within, and the dispersion. It
adds up the log likelihood ratio from the start on and pages when that reaches what the budget of false
pages demands. What it finds in 95 of 100 redraws of the same fault can be detected.
"""

from __future__ import annotations

import math
import random
import zlib
from functools import lru_cache
from typing import Final

from benchmarks.detect.labels import SILENCE, SMALLEST_RATE, Label, is_worth_it, needed

REDRAWS: Final = 100
MISSED: Final = 5
"""Of the redraws so many may stay below."""
STRETCHES: Final = 120
"""Into so many a fault is cut at most, each with one height: of long ones a second tells nothing."""
_LARGE: Final = 50.0


def is_detectable(label: Label) -> bool:
    """Whether it is worth a page and the oracle pages in 95 of 100 redraws."""
    return is_worth_it(label) and evidence(label) >= 1.0


@lru_cache(maxsize=4096)
def evidence(label: Label) -> float:
    """The most evidence that the oracle has of it at any time, as 95 of 100 redraws reach it, over
    what is needed. Drawn from the label alone, so it is the same in every run."""
    rng = random.Random(zlib.crc32(repr(label).encode()))
    stretches = _stretches(label)
    reached = sorted(_highest(rng, label, stretches) for _ in range(REDRAWS))
    return reached[MISSED] / needed(label)


def _stretches(label: Label) -> list[tuple[float, float]]:
    """Payments of an ordinary day, and height, of each stretch. With a dispersion φ, what is counted
    says as much as a φth of it would without."""
    width = math.ceil(label.seconds / STRETCHES)
    found = []
    for start in range(label.onset, label.end, width):
        seconds = range(start, min(start + width, label.end))
        height = sum(map(label.height, seconds)) / len(seconds)
        found.append((label.volume / 60.0 * len(seconds) / label.dispersion, height))
    return found


def _highest(rng: random.Random, label: Label, stretches: list[tuple[float, float]]) -> float:
    total = highest = 0.0
    q = max(SMALLEST_RATE, label.normal)
    for payments, height in stretches:
        if label.kind == SILENCE:
            left = label.left(height)
            total += payments * (1.0 - left) + _poisson(rng, left * payments) * math.log(left)
        else:
            p = label.rate(height)
            events, others = _poisson(rng, p * payments), _poisson(rng, (1.0 - p) * payments)
            total += events * math.log(p / q) if events else 0.0
            total += others * math.log((1.0 - p) / (1.0 - q)) if others else 0.0
        highest = max(highest, total)
    return highest


def _poisson(rng: random.Random, mean: float) -> int:
    """Exact for small means, rounded from a normal law for large ones."""
    if mean > _LARGE:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
