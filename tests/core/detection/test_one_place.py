"""One place has most of the traffic and fails: it is named, and not all traffic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.counting.slices import ALL, Slicing
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.payments.event import Payment
from functions.core.troubles.incident import CLOSED, Announcement, as_named
from tests.builders import NOW, partial

RULES = Rules(budget=Budget(learning_seconds=30))
SLICING: Slicing = (("merchant",), ("gateway",), ("merchant", "gateway"))
SINCE = 900


def seconds(
    dimension: str, share: float, fails: float, *, all_of_it: bool, seed: int
) -> Iterator[Tally]:
    """Ten payments a second, that share of them at BIG, which fails from SINCE on."""
    drawn = random.Random(seed)
    other = "gateway" if dimension == "merchant" else "merchant"
    for second in range(SINCE + 240):
        tally = Tally()
        for number in range(10):
            place = "BIG" if drawn.random() < share else drawn.choice(("one", "two", "three"))
            ill = second >= SINCE and (all_of_it or place == "BIG")
            is_failed = drawn.random() < (fails if ill else 0.004)
            values: dict[str, Any] = {dimension: place, other: drawn.choice("ABC")}
            status, cause = ("failed", "gateway") if is_failed else ("approved", "")
            paid = Payment(f"{second}-{number}", status, (NOW + second) * 1000, **values)
            tally.add(paid, cause, SLICING)
        yield tally


def told(*args: Any, **fields: Any) -> list[Announcement]:
    state, found = initial(RULES), list[Announcement]()
    for second, tally in enumerate(seconds(*args, **fields)):
        keys = [item.key for item in state.outbox]
        state, _ = step(state, [partial(second + 1, tally, NOW + second)], RULES, keys)
        found += [item for item in state.outbox if item.incident.pages]
    return [item for item in found if item.transition != CLOSED]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("share", [0.6, 0.8, 0.97, 0.99])
def test_the_one_place_that_fails_is_named(share: float, seed: int) -> None:
    every = told("merchant", share, 0.5, all_of_it=False, seed=seed)
    assert as_named(every[-1].incident).slice == "merchant=BIG"
    assert len(every) <= 2
    assert every[0].incident.detected_at - NOW - SINCE <= 40


@pytest.mark.parametrize("share", [0.6, 0.8, 0.97])
def test_all_that_fails_is_all_traffic(share: float) -> None:
    every = told("gateway", share, 0.5, all_of_it=True, seed=1)
    assert [as_named(item.incident).slice for item in every] == [ALL]
