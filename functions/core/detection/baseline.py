"""What was counted, minute by minute: what is normal follows from it.

Counts are folded into a cell once a minute (functions/core/detection/folding.py). A cell is absorbed,
which makes it part of what is normal, two minutes later: whatever was found to be wrong by then is held
back, and what is found to be wrong later is taken out again, so that an incident does not become normal.
When a cell leaves, what was not held back of it becomes part of the longer past and of the season.

    past, hours ← cells      [ ... absorbed, 30 minutes ... ][ guard, 2 minutes ][ current ]
    slow anchor                          fast anchor                             folded    clock
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.failing import Failing
from functions.core.counting.slices import Slice
from functions.core.counting.wire import Derived
from functions.core.detection.season import Hours
from functions.core.detection.surges import Surges

CELL_SECONDS: Final = 60


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """Counts by slice that arrived in [start, end), seconds. `held`: slices that were not
    absorbed. mixed: traffic was spread over the slices as it usually is not: none was. failing: what did
    not succeed, by leaf."""

    start: int
    end: int
    counts: dict[str, Counts]
    absorbed: bool = False
    held: frozenset[str] = frozenset()
    mixed: bool = False
    failing: Failing = msgspec.field(default_factory=dict)


class Past(msgspec.Struct, frozen=True, array_like=True):
    """Attempts, and events by signal, halved every day, as of second `at`."""

    at: int
    attempts: float
    events: dict[str, float]


class Reach(msgspec.Struct, frozen=True, array_like=True):
    """How far a normal rate may have moved from its slow anchor: up to `rate` (share of attempts), as of
    second `at`."""

    at: int
    rate: float


class Stretch(msgspec.Struct, frozen=True):
    """Seconds [start, end], and the slices of which nothing that came in them is to be learned."""

    start: int
    end: int
    slices: frozenset[str]


class Baseline(msgspec.Struct, frozen=True):
    """What was counted, by cell, and what follows from it.

    folded: the second up to which everything is in cells, 0 before the first. absorbed: the sum
    of the absorbed cells by slice, without what was held back. spread: attempts by slice in these
    cells, held back or not: how traffic is usually spread. hours, held_hours: what left the cells, by
    hour, without and with only what was held back. dispersion: by signal, slice → mean of
    squared residuals. reach: by signal, slice → how far normal may have moved, of those whose absorbed
    cells lie beyond the slow anchor. surges: slices of which many times more comes than before. What is
    normal follows from these (functions/core/detection/normals.py)."""

    folded: int = 0
    cells: tuple[Cell, ...] = ()
    absorbed: Derived[Mapping[str, Counts]] = msgspec.field(default_factory=dict)
    spread: Derived[Mapping[str, int]] = msgspec.field(default_factory=dict)
    past: Mapping[str, Past] = msgspec.field(default_factory=dict)
    hours: Hours = msgspec.field(default_factory=dict)
    dispersion: Mapping[str, Mapping[str, float]] = msgspec.field(default_factory=dict)
    held_hours: Hours = msgspec.field(default_factory=dict)
    reach: Mapping[str, Mapping[str, Reach]] = msgspec.field(default_factory=dict)
    surges: Surges = msgspec.field(default_factory=dict)

    def since(self, key: Slice, second: int) -> Counts:
        """The slice's counts in the cells that end after `second`; the current one is not held."""
        total = NONE
        for cell in reversed(self.cells):
            if cell.end <= second:
                break
            total += cell.counts.get(key, NONE)
        return total


def restored(baseline: Baseline) -> Baseline:
    """The baseline with the sums over its cells."""
    absorbed: dict[str, Counts] = {}
    spread: dict[str, int] = {}
    for cell in baseline.cells:
        for key, counts in cell.counts.items() if cell.absorbed else ():
            if attempts(counts) and not cell.mixed:
                spread[key] = spread.get(key, 0) + attempts(counts)
            if key not in cell.held:
                absorbed[key] = absorbed.get(key, NONE) + counts
    return msgspec.structs.replace(baseline, absorbed=absorbed, spread=spread)
