"""Long storms through the whole of detect: one trouble from their first minute to their end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from functions.core.counting.counts import NONE, one
from functions.core.counting.partial import Partial
from functions.core.counting.tally import Bucket, Tally
from functions.core.detection.budget import Budget
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.troubles.incident import CLOSED, Announcement
from tests.builders import NOW

RULES: Final = Rules(budget=Budget(learning_seconds=120))
UNITS: Final = [one("approved", "")] + [
    one(status, "unknown") for status in ("failed", "reversed", "backend_reversed")
]
USUAL: Final = (0.004, 0.003, 0.001)
"""Rates: failed, reversed, reversed by the backend."""
MIX: Final = {"gateway": {"G1": 0.5, "G2": 0.3, "G3": 0.2}, "issuer": {"A": 0.6, "B": 0.4}}
CALM: Final = 600
Rates = Sequence[float]


def told(
    seed: int, seconds: int, rates: Callable[[int], Rates], where: str = ""
) -> tuple[list[tuple[int, Announcement]], State]:
    """What is told of 400 payments a minute, with the second; `where`: a gateway, or all traffic."""
    draw, memory, state = random.Random(seed), Memory(), initial(RULES)
    before: set[str] = set()
    said: list[tuple[int, Announcement]] = []
    for second in range(seconds):
        slices: dict[str, int] = {}
        for _ in range(6 + (draw.random() < 2 / 3)):
            gateway, issuer = (
                draw.choices(list(mix), list(mix.values()))[0] for mix in MIX.values()
            )
            now = rates(second) if where in ("", gateway) else USUAL
            [unit] = draw.choices(UNITS, [1 - sum(now), *now])
            own = (f"gateway={gateway}", f"issuer={issuer}")
            for key in ("", *own, "&".join(own)):
                slices[key] = slices.get(key, NONE) + unit
        at, number = NOW + second, str(second)
        arrived = Partial("s", number, number, at * 1000, at * 1000, Tally({at: Bucket(slices)}))
        state, delta = step(state, [arrived], RULES, before, memory)
        said += [(second, item) for item in delta.outbox if item.key not in before]
        before = {item.key for item in delta.outbox}
    return said, state


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_of_two_signals_with_a_worst_minute_is_one_trouble_to_its_end(seed: int) -> None:
    draw = random.Random(seed)
    peak, plateau, backend = (
        draw.uniform(0.2, 0.8),
        draw.uniform(0.05, 0.3),
        draw.uniform(0.01, 0.1),
    )
    lower = CALM + draw.choice((30, 90, 300, 600))
    ends = lower + 1200

    def rates(second: int) -> Rates:
        if not CALM <= second < ends:
            return USUAL
        return (0.004, 0.9 * (peak if second < lower else plateau), 0.001 + backend)

    said, _ = told(seed, ends + 300, rates)
    assert len({item.incident.id for _, item in said}) == 1
    pages = [second for second, item in said if item.transition != CLOSED]
    assert len(pages) <= 3
    assert CALM <= pages[0] <= CALM + 60
    [(closed, ending)] = [(second, item) for second, item in said if item.transition == CLOSED]
    assert ends <= closed <= ends + 180
    whole = ending.incident
    assert {whole.signal, *(part.signal for part in whole.parts)} == {
        "reversed",
        "backend_reversed",
    }
    assert whole.slice == ""
    assert whole.worst.rate >= 0.7 * min(0.9 * peak, 0.9) or whole.signal == "backend_reversed"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("period", "bad"), [(360, 60), (600, 90)])
def test_what_is_bad_every_few_minutes_is_one_trouble_that_comes_and_goes(
    seed: int, period: int, bad: int
) -> None:
    def rates(second: int) -> Rates:
        return (0.4, 0.003, 0.001) if second >= CALM and (second - CALM) % period < bad else USUAL

    said, state = told(seed, CALM + 6 * period, rates, where="G1")
    pages = [item for _, item in said if item.transition != CLOSED]
    assert len({item.incident.id for item in pages}) == 1
    assert 2 <= len(pages) <= 3
    assert pages[-1].incident.again >= 1
    assert [trouble.is_open for trouble in state.troubles] == [True]
