"""The same payments give the same words in every process: sets have another order in each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from functions.core.counting.counts import Counts
from functions.core.counting.slices import ALL
from functions.core.detection.state import initial
from tests.builders import counts
from tests.steady_traffic import CALM_SECONDS, RULES, Slices, arrived, seen, segments

Seconds = list[Slices]
PLAIN = counts(approved=50)


def alike(number: int, came: Counts) -> dict[str, Counts]:
    """Merchants that cannot be told apart, each of whom gets this, in traffic of many."""
    return {ALL: number * came + 40 * PLAIN, **{f"merchant=m{n}": came for n in range(number)}}


def twins(came: Counts) -> dict[str, Counts]:
    """Slices of four dimensions that hold the same payments, beside other ones."""
    names = ("gateway=g", "issuer=i", "method=m", "network=n")
    return {ALL: came + 4 * PLAIN, **dict.fromkeys(names, came), "issuer=other": 4 * PLAIN}


def square(one: float, others: float) -> Slices:
    """Four segments, of which one fails so much, and the others so much."""
    rest = dict.fromkeys(("AY", "BX", "BY"), seen(100, others))
    return segments(AX=seen(100, one), **rest)


def slow(came: int, bound: str) -> Counts:
    return counts(**{"approved": came, bound: came})


def calm_then(calm: Slices, *then: tuple[Slices, int]) -> Seconds:
    return [calm] * CALM_SECONDS + [slices for slices, seconds in then for _ in range(seconds)]


_FAILING = counts(approved=30, failed=20, gateway=20)
_DENIED = counts(approved=30, denied=20, issuer=20)
_EVERY = counts(approved=20, failed=10, denied=10, reversed=10, issuer=10, gateway=10)
_WAVE = counts(approved=10, denied=40, customer=20, fraud=20)
_USUAL = counts(approved=30, failed=4, denied=12, reversed=4, customer=8, gateway=4)

PATTERNS: dict[str, Seconds] = {
    "one trouble in slices that hold the same payments": calm_then(
        twins(PLAIN), (twins(_FAILING), 20), (twins(PLAIN), 60), (twins(_FAILING), 20)
    ),
    "several signals in slices that hold the same payments": calm_then(
        twins(PLAIN), (twins(_EVERY), 20), (twins(PLAIN), 60)
    ),
    "more troubles at once than are named": calm_then(
        alike(9, PLAIN), (alike(9, _FAILING), 20), (alike(9, PLAIN), 60)
    ),
    "declines by the issuer's own fault": calm_then(
        alike(4, PLAIN), (alike(4, _DENIED), 20), (alike(4, _EVERY), 20), (alike(4, PLAIN), 60)
    ),
    "waves of customers and of fraud alike": calm_then(
        twins(PLAIN), (twins(_WAVE), 40), (twins(PLAIN), 70)
    ),
    "waves in merchants that cannot be told apart": calm_then(
        alike(5, PLAIN), (alike(5, _WAVE), 40), (alike(5, PLAIN), 70)
    ),
    "merchants that fall silent together": calm_then(
        alike(3, PLAIN), (alike(0, PLAIN), 200), (alike(3, PLAIN), 200)
    ),
    "slices that become slow together": calm_then(
        twins(slow(50, "within_125")), *[(twins(slow(50, "slower")), 200)] * 2
    ),
    "a lot that is always wrong": calm_then(
        twins(_USUAL), (twins(_EVERY), 20), (alike(9, _EVERY), 20), (twins(_USUAL), 60)
    ),
    "a trouble that reaches further": calm_then(
        square(0.0, 0.0), (square(0.4, 0.0), 20), (square(0.4, 0.4), 20), (square(0.0, 0.0), 60)
    ),
}


def everything_told(seconds: Seconds) -> str:
    """What is announced, second by second, and what else people and alarms see of it."""
    state, every = initial(RULES), list[object]()
    for number, slices in enumerate(seconds):
        state = arrived(state, number, slices)
        every.append((state.outbox, state.incidents, state.worst, state.excused))
        state = replace(state, outbox=())
    return json.dumps(msgspec.to_builtins(every))


_TELL = """
import json
from tests.core.detection.test_determinism import PATTERNS, everything_told
print(json.dumps({name: everything_told(seconds) for name, seconds in PATTERNS.items()}))
"""


@cache
def told_in_another_process(hash_seed: int) -> dict[str, str]:
    """Pattern → everything that is told of it, in an interpreter that orders sets in its own way."""
    done = subprocess.run(
        [sys.executable, "-c", _TELL],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_steps_tell_the_same_in_every_process(pattern: str) -> None:
    one, other = told_in_another_process(1)[pattern], told_in_another_process(2)[pattern]
    assert json.loads(one) == json.loads(other)
    assert '"opened"' in one
