"""Where causes are put: slices that do not touch, and that others do not explain as well."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

Place = Mapping[int, str]
"""A slice: number of a dimension → its value."""

WIDER: Final = 1.25
"""A slice that is wider than a cause has at least so many times its weight."""
NARROWER: Final = 0.8
"""One that is narrower at most this share of it."""


def inside(place: Place, values: Sequence[str]) -> bool:
    return all(values[number] == value for number, value in place.items())


def drawn(
    rng: random.Random, values: Sequence[Sequence[str]], layer: int, taken: Sequence[Place]
) -> Place | None:
    """A slice of `layer` dimensions that shares no value with what is taken: what RiskLoc's
    generator keeps to. None when there is none left."""
    place: dict[int, str] = {}
    for number in sorted(rng.sample(range(len(values)), layer)):
        used = {other[number] for other in taken if number in other}
        free = [value for value in values[number] if value not in used]
        if not free:
            return None
        place[number] = rng.choice(free)
    return place


def stands_out(place: Place, weights: Mapping[tuple[str, ...], float], dimensions: int) -> bool:
    """Whether no other slice holds nearly the same leaves, by weight: else the answer is a matter
    of taste."""
    own: dict[tuple[int, str], float] = {}
    total = 0.0
    for values, weight in weights.items():
        if inside(place, values):
            total += weight
            for number in range(dimensions):
                if number not in place:
                    at = number, values[number]
                    own[at] = own.get(at, 0.0) + weight
    if not total or any(weight > NARROWER * total for weight in own.values()):
        return False
    return all(
        sum(weight for values, weight in weights.items() if inside(dict(wider), values))
        >= WIDER * total
        for wider in combinations(place.items(), len(place) - 1)
    )
