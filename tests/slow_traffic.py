"""Traffic of two issuers over hours and days, whose rates change slowly, and what was told of it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache

from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.troubles.incident import Announcement
from tests.builders import NOW, partial, tally
from tests.steady_traffic import seen, whole

HOUR = 3600
RULES = Rules()

Rate = Callable[[float], float]
"""The share of an issuer's payments that fail, by the hours since the beginning."""


def drawn(rng: random.Random, total: int, share: float) -> int:
    return min(total, max(0, round(rng.gauss(total * share, math.sqrt(total * share)))))


@cache
def after(
    hours: float,
    rate: Rate,
    seed: int = 1,
    other: Rate | None = None,
    total: int = 200,
    every: int = 20,
) -> tuple[State, tuple[Announcement, ...]]:
    """The state after so many hours, and what was told: of issuer A as many payments as of B, `total` in
    each partial, one every so many seconds. other: B's rate; else it stays what A's is at first."""
    rng, memory = random.Random(seed), Memory()
    state, told = initial(RULES), list[Announcement]()
    for number in range(int(hours * HOUR / every)):
        second, hour = NOW + number * every, number * every / HOUR
        own, others = rate(hour), other(hour) if other else rate(0.0)
        came = whole(
            A=seen(total, drawn(rng, total, own) / total),
            B=seen(total, drawn(rng, total, others) / total),
        )
        coming = partial(number + 1, tally({second: came}), second)
        keys = tuple(item.key for item in state.outbox)
        told += state.outbox
        state, _ = step(state, [coming], RULES, keys, memory)
    return state, (*told, *state.outbox)
