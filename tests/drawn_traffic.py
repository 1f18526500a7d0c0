"""Traffic drawn at random from a seed, payment by payment, in which slices fall silent or become slow."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from functions.core.counting.counts import NONE, Counts, one, speed
from functions.core.counting.slices import ALL, COMPARED, Slice, slice_key, slice_values
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from tests.builders import NOW, partial, tally

RULES: Final = Rules(budget=Budget(learning_seconds=300))
CALM: Final = 720
"""Seconds before anything happens."""
MIX: Final[Mapping[str, Mapping[str, float]]] = {
    "gateway": {"G1": 0.42, "G2": 0.3, "G3": 0.18, "G4": 0.1},
    "issuer": {"A": 0.3, "B": 0.25, "C": 0.2, "D": 0.15, "E": 0.1},
    "method": {"CARD": 0.6, "UPI": 0.3, "WALLET": 0.1},
    "network": {"VISA": 0.5, "MC": 0.35, "RUPAY": 0.15},
    "merchant": {"M1": 0.4, "M2": 0.3, "M3": 0.2, "M4": 0.1},
}
FAILS: Final = {"G1": 0.003, "G2": 0.006, "G3": 0.01, "G4": 0.015}
"""The gateway with the most traffic is the best."""
PAIRS: Final = (*COMPARED, ("gateway", "method"), ("issuer", "network"))
TICK_SECONDS: Final = 60


class Trouble(NamedTuple):
    """What happens to the slice's payments in [start, end): so many of them are left, and they take so
    many times as long."""

    slice: Slice
    start: int = CALM
    end: int = CALM + 600
    left: float = 1.0
    slow: float = 1.0


class Told(NamedTuple):
    second: int
    transition: str
    slice: Slice
    signal: str
    began: int


@cache
def _slices(values: tuple[str, ...]) -> tuple[Slice, ...]:
    given = dict(zip(MIX, values, strict=True))
    pairs = (slice_key({name: given[name] for name in pair}) for pair in PAIRS)
    return ALL, *(slice_key({name: value}) for name, value in given.items()), *pairs


def drawn(
    seconds: int,
    troubles: Sequence[Trouble] = (),
    *,
    a_minute: float = 400.0,
    seed: int = 1,
    level: Callable[[int], float] = lambda _: 1.0,
    usually: Mapping[Slice, float] | None = None,
    lag: int = 0,
    every: int = 1,
    still: range = range(0),
) -> tuple[list[Told], State]:
    """What is told of so many seconds, and the state after them. level: how many times the traffic comes at
    a second; usually: how many times as long some slices' payments always take; lag: seconds that
    payments arrive late; every: seconds between two arrivals, of all that came meanwhile; still: seconds
    in which nothing comes, not even a tick."""
    random_, memory = random.Random(seed), Memory()
    state, said = initial(RULES), list[Told]()
    waiting: dict[int, dict[Slice, Counts]] = {}
    for second in range(seconds):
        slices = _second(random_, second, troubles, a_minute * level(second) / 60, usually or {})
        if second in still:
            continue
        if slices:
            waiting[NOW + second] = slices
        at = second + lag
        if second % every == every - 1 and waiting:
            coming, waiting = tally(waiting), {}
        elif at % TICK_SECONDS == 0:
            coming = Tally()
        else:
            continue
        keys = [item.key for item in state.outbox]
        state, _ = step(state, [partial(second + 1, coming, NOW + at)], RULES, keys, memory)
        said += [
            Told(at, item.transition, i.slice, i.signal, i.stands_since - NOW)
            for item in state.outbox
            for i in (item.incident,)
        ]
    return said, state


def _second(
    random_: random.Random,
    second: int,
    troubles: Sequence[Trouble],
    rate: float,
    usually: Mapping[Slice, float],
) -> dict[Slice, Counts]:
    slices: dict[Slice, Counts] = {}
    now = [(slice_values(t.slice).items(), t) for t in troubles if t.start <= second < t.end]
    always = [(slice_values(key).items(), factor) for key, factor in usually.items()]
    for _ in range(poisson(random_, rate)):
        values = tuple(random_.choices(list(mix), list(mix.values()))[0] for mix in MIX.values())
        latency = random_.lognormvariate(math.log(600), 0.5)
        has = dict(zip(MIX, values, strict=True)).items()
        mine = [trouble for items, trouble in now if items <= has]
        if any(random_.random() >= trouble.left for trouble in mine):
            continue
        for trouble in mine:
            latency *= trouble.slow
        for items, factor in always:
            latency *= factor if items <= has else 1.0
        fails = random_.random() < FAILS[values[0]]
        counts = one("failed", "gateway") if fails else one("approved", "")
        counts += speed(latency)
        for key in _slices(values):
            slices[key] = slices.get(key, NONE) + counts
    return slices


def poisson(random_: random.Random, mean: float) -> int:
    """A Poisson number, by the normal approximation where it is large."""
    if mean > 50:
        return max(0, round(random_.gauss(mean, math.sqrt(mean))))
    number, product, limit = 0, random_.random(), math.exp(-mean)
    while product > limit:
        number, product = number + 1, product * random_.random()
    return number
