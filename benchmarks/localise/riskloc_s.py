"""Cases by the law of RiskLoc's synthetic sets (arXiv 2205.10004 and its published generator).

All combinations of the dimensions' values are leaves. A leaf's failures are Weibull, times 100; a
share of the leaves has none. Now or before is off by a relative normal error. One to three
anomalies take 1 to 5 dimensions each, no two the same ones, and 1 to 3 slices in them; two that
share a dimension share no value of it. In a cause's leaves, before = now × (1 − r), with r normal
around the anomaly's severity. Set L: four dimensions, less noise, up to five single leaves.

Added, because the original has one number a leaf: attempts, the same now and before, so that
failures and failure rates rise alike; and the direction is always a rise (the original takes the
direction that the noise has, and so do we: now and before change places if need be).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import product
from typing import Final

from benchmarks.localise.case import Case
from benchmarks.localise.draws import log_uniform
from benchmarks.localise.places import Place
from functions.core.counting.slices import slice_key
from functions.core.localise.joint_causes import Leaf

Values = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Law:
    """Ranges of what is drawn for each case. layers: dimensions of a cause. elements: slices of
    an anomaly."""

    sizes: tuple[int, ...] = (10, 12, 10, 8, 5)
    anomalies: tuple[int, int] = (1, 3)
    layers: tuple[int, int] = (1, 5)
    elements: tuple[int, int] = (1, 3)
    noise: tuple[float, float] = (0.0, 0.25)
    severity: tuple[float, float] = (0.2, 1.0)
    deviation: tuple[float, float] = (0.0, 0.1)
    zeros: tuple[float, float] = (0.0, 0.25)
    alpha: tuple[float, float] = (0.5, 1.0)


S: Final = Law()
S3: Final = Law(layers=(1, 3), elements=(1, 1))
"""S with up to three causes of up to three dimensions: what payment slices are."""
L: Final = Law(
    sizes=(10, 24, 10, 15),
    anomalies=(1, 5),
    layers=(4, 4),
    elements=(1, 1),
    noise=(0.0, 0.1),
    severity=(0.5, 1.0),
    deviation=(0.0, 0.0),
)

LAWS: Final = {"S": S, "S3": S3, "L": L}

TRIES: Final = 200
"""To place an anomaly, until another number of dimensions is drawn; and as many of these for each, until
it is clear that there is no room left."""


@dataclass(frozen=True)
class _Anomaly:
    places: tuple[Place, ...]
    severity: float
    deviation: float


def case(name: str, seed: int, law: Law) -> Case:
    rng = random.Random(f"{name} {seed}")
    dimensions = tuple("abcdefgh"[: len(law.sizes)])
    values: Values = tuple(
        tuple(f"{letter}{number}" for number in range(1, size + 1))
        for letter, size in zip(dimensions, law.sizes, strict=True)
    )
    noise = rng.uniform(*law.noise)
    counts = _counts(rng, law, values, noise)
    anomalies = _anomalies(rng, law, values, noise, counts)
    for anomaly in anomalies:
        for place in anomaly.places:
            _raise(rng, counts, values, place, anomaly)
    rows = _rows(rng, counts)
    truth = frozenset(
        slice_key({dimensions[number]: value for number, value in place.items()})
        for anomaly in anomalies
        for place in anomaly.places
    )
    return Case(f"{name} {seed}", dimensions, rows, 1.0, truth)


def _counts(
    rng: random.Random, law: Law, values: Values, noise: float
) -> dict[tuple[str, ...], tuple[float, float]]:
    """Failures now and before of every leaf that has any."""
    alpha, zeros = rng.uniform(*law.alpha), rng.uniform(*law.zeros)
    counts = {}
    for leaf in product(*values):
        if rng.random() < zeros:
            continue
        value = rng.weibullvariate(100.0, alpha)
        off = max(0.0, value * (1.0 + rng.gauss(0.0, noise)))
        counts[leaf] = (value, off) if rng.random() < 0.5 else (off, value)
    if sum(now - before for now, before in counts.values()) < 0.0:
        counts = {leaf: (before, now) for leaf, (now, before) in counts.items()}
    return counts


def _anomalies(
    rng: random.Random,
    law: Law,
    values: Values,
    noise: float,
    counts: dict[tuple[str, ...], tuple[float, float]],
) -> list[_Anomaly]:
    """As many as are drawn, or fewer where no more have room, which happens in small cases."""
    found: list[_Anomaly] = []
    number = rng.randint(*law.anomalies)
    for _ in range(number * TRIES):
        if len(found) == number:
            break
        layer, elements = rng.randint(*law.layers), rng.randint(*law.elements)
        # The noise is added so that a cause is never as mild as what varies by itself.
        severity = rng.uniform(*law.severity) + noise
        deviation = rng.uniform(*law.deviation)
        for _ in range(TRIES):
            places = _places(rng, values, layer, elements, found, counts)
            if places:
                found.append(_Anomaly(places, severity, deviation))
                break
    return found


def _places(
    rng: random.Random,
    values: Values,
    layer: int,
    elements: int,
    taken: list[_Anomaly],
    counts: dict[tuple[str, ...], tuple[float, float]],
) -> tuple[Place, ...] | None:
    """Slices of the same dimensions, drawn with repetition by value as the original does; None
    when the draw breaks a rule."""
    chosen = sorted(rng.sample(range(len(values)), layer))
    others = [anomaly.places for anomaly in taken]
    if layer < len(values) and any(sorted(places[0]) == chosen for places in others):
        return None
    columns: list[list[str]] = []
    for number in chosen:
        used = {place[number] for places in others for place in places if number in place}
        free = [value for value in values[number] if value not in used]
        if not free:
            return None
        columns.append(rng.choices(free, k=elements))
    places = {tuple(zip(chosen, column, strict=True)) for column in zip(*columns, strict=True)}
    if len(places) < elements:
        return None
    if layer == len(values) and any(
        counts.get(tuple(value for _, value in place), (0.0, 0.0))[0] <= 0.0 for place in places
    ):
        return None
    return tuple(dict(place) for place in sorted(places))


def _raise(
    rng: random.Random,
    counts: dict[tuple[str, ...], tuple[float, float]],
    values: Values,
    place: Place,
    anomaly: _Anomaly,
) -> None:
    choices = [
        (place[number],) if number in place else column for number, column in enumerate(values)
    ]
    for leaf in product(*choices):
        if leaf in counts:
            now = counts[leaf][0]
            fall = rng.gauss(anomaly.severity, anomaly.deviation)
            counts[leaf] = now, max(0.0, now * (1.0 - fall))


def _rows(
    rng: random.Random, counts: dict[tuple[str, ...], tuple[float, float]]
) -> tuple[Leaf, ...]:
    """With attempts, the same now and before. What fails of them differs from leaf to leaf, so
    that no rate gives a cause away."""
    usual = log_uniform(rng, 0.01, 0.1)
    rows = []
    for leaf, (now, before) in counts.items():
        rate = min(0.5, usual * math.exp(rng.gauss(0.0, 0.5)))
        attempts = math.ceil(max(now, before) / rate)
        if attempts:
            rows.append(Leaf(leaf, attempts, now, attempts, before))
    return tuple(rows)
