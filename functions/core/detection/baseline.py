"""What is normal for a slice: its own last 30 minutes, its longer past, and its wider slices.

Counts are folded into a cell once a minute. A cell is absorbed, which makes it part of what is
normal, two minutes later: whatever was found to be wrong by then is held back, so that an incident
does not become normal while it lasts.

    cells      [ ... absorbed, 30 minutes ... ][ guard, 2 minutes ][ current ]
                                                                   folded    clock
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from functions.core.counting.counts import NONE, SIGNALS, Counts, attempts, blamed
from functions.core.counting.slices import ALL, slice_key, slice_values
from functions.core.counting.wire import Derived
from functions.core.detection.season import HOUR, Hours, Season, noted, season

CELL_SECONDS: Final = 60
MEMORY_SECONDS: Final = 1800
GUARD_SECONDS: Final = 120
PAST_SECONDS: Final = 86_400
"""Half-life of the longer past."""
FORGOTTEN_SECONDS: Final = 86_400
"""A slice without payments for so long is forgotten."""

OWN_PAST: Final = 300.0
"""Attempts that the longer past counts for at most, beside the last 30 minutes."""
BORROWED: Final = 20.0
"""Attempts that the wider slice's rate counts for: slices of one kind differ a lot."""
ASSUMED: Final = (0.01, 0.01, 0.05, 0.005, 0.0025)
"""The rates of all traffic, by signal, before anything was seen; worth BORROWED attempts."""
MOST_DISPERSED: Final = 16.0
"""Of one difference: what lies beyond four standard deviations is no dispersion."""

HeldBack = Callable[[str, int, int], bool]
"""Whether the slice's counts of [start, end) are to be kept out of what is normal."""


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """Counts by slice that arrived in [start, end), seconds. `held`: slices that were not
    absorbed. mixed: traffic was spread over the slices as it usually is not: none was."""

    start: int
    end: int
    counts: dict[str, Counts]
    absorbed: bool = False
    held: frozenset[str] = frozenset()
    mixed: bool = False


class Past(msgspec.Struct, frozen=True, array_like=True):
    """Attempts and events by signal, halved every PAST_SECONDS, as of second `at`."""

    at: int
    attempts: float
    events: tuple[float, ...]


class Normal(msgspec.Struct, frozen=True, array_like=True):
    """A signal's normal rate in a slice (share of attempts), the standard error of that rate, and
    the dispersion: the variance of the events over that of a binomial, at least 1."""

    rate: float
    error: float
    dispersion: float


class Memo(dict[str, Any]):
    """Remembers by slice what follows from the rest of its owner, so it equals every other."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memo)

    __hash__ = None


def _memos() -> tuple[Memo, ...]:
    return tuple(Memo() for _ in SIGNALS)


class Baseline(msgspec.Struct, frozen=True):
    """What was counted, by cell, and what follows from it.

    folded: the second up to which everything is in cells, 0 before the first. absorbed: the sum
    of the absorbed cells by slice, without what was held back. spread: attempts by slice in these
    cells, held back or not: how traffic is usually spread. dispersion: by signal, slice → mean of
    squared residuals. normals, steps: what was worked out from them, by signal; seasons: what is usual at this hour; shares: of what comes in waves."""

    folded: int = 0
    cells: tuple[Cell, ...] = ()
    absorbed: Derived[Mapping[str, Counts]] = msgspec.field(default_factory=dict)
    spread: Derived[Mapping[str, int]] = msgspec.field(default_factory=dict)
    past: Mapping[str, Past] = msgspec.field(default_factory=dict)
    hours: Hours = msgspec.field(default_factory=dict)
    dispersion: tuple[Mapping[str, float], ...] = msgspec.field(
        default_factory=lambda: tuple({} for _ in SIGNALS)
    )
    normals: Derived[tuple[Memo, ...]] = msgspec.field(default_factory=_memos)
    steps: Derived[tuple[Memo, ...]] = msgspec.field(default_factory=_memos)
    seasons: Derived[Memo] = msgspec.field(default_factory=Memo)
    shares: Derived[Memo] = msgspec.field(default_factory=Memo)

    def normal(self, key: str, signal: int) -> Normal:
        """What is normal for the slice's signal (its index in SIGNALS).

        An empirical Bayes estimate: Beta-binomial with the wider slices' rate as prior mean, worth
        BORROWED attempts, and the slice's own longer past, worth up to OWN_PAST of them. Where the
        rate was higher at this hour on most of the days before, that is normal.
        """
        found: Normal | None = self.normals[signal].get(key)
        if found is None:
            found = self.normals[signal][key] = self._normal(key, signal)
        return found

    def _normal(self, key: str, signal: int) -> Normal:
        wider = wider_slices(key)
        borrowed = (
            max(self.normal(slice_, signal).rate for slice_ in wider) if wider else ASSUMED[signal]
        )
        weight, shown = BORROWED, BORROWED * borrowed
        past = self.past.get(key)
        if past is not None and past.attempts > 0:
            own = min(OWN_PAST, past.attempts)
            shown += own * past.events[signal] / past.attempts
            weight += own
        counts = self.absorbed.get(key, NONE)
        weight += attempts(counts)
        shown += blamed(counts, SIGNALS[signal])
        rate = shown / weight
        season = self.season(key)
        if season is not None:
            rate = max(rate, season.rates[signal] or 0.0)
        # One event more, as Agresti and Coull add some: without any seen, none is not the rate.
        upper = (rate * weight + 1) / (weight + 1)
        dispersion = max(1.0, self.dispersion[signal].get(key, 1.0) - _NOISE)
        return Normal(rate, math.sqrt(upper * (1 - upper) * dispersion / weight), dispersion)

    def season(self, key: str) -> Season | None:
        """What is usual in the slice at this hour, where it is known."""
        if key not in self.hours:
            return None
        if key not in self.seasons:
            self.seasons[key] = season(self.hours[key], self.folded)
        found: Season | None = self.seasons[key]
        return found

    def since(self, key: str, second: int) -> Counts:
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


_NOISE: Final = 0.3
"""Of 30 cells' mean squared residual, the standard error when there is no dispersion."""


@lru_cache(maxsize=65536)
def wider_slices(key: str) -> tuple[str, ...]:
    """The slices one dimension wider; none of all traffic."""
    values = slice_values(key)
    if not values:
        return ()
    if len(values) == 1:
        return (ALL,)
    return tuple(
        slice_key({other: value for other, value in values.items() if other != name})
        for name in values
    )


def fold(
    baseline: Baseline,
    current: Mapping[str, Counts],
    second: int,
    held_back: HeldBack,
    *,
    learning: bool,
    mixed: bool = False,
) -> Baseline:
    """The baseline with the current counts as a new cell that ends at `second`.

    While learning, everything is absorbed at once: there is no normal yet to depart from. mixed:
    traffic is spread as it usually is not, and has not been for long.
    """
    start = baseline.folded or second - CELL_SECONDS
    cells = (*baseline.cells, Cell(start, second, dict(current), mixed=mixed))
    ripe = second if learning else second - GUARD_SECONDS
    absorbed = dict(baseline.absorbed)
    spread = dict(baseline.spread)
    dispersion = tuple(dict(by_slice) for by_slice in baseline.dispersion)
    past = dict(baseline.past)
    kept: list[Cell] = []
    before: Mapping[str, Counts] = {}
    for cell in cells:
        if not cell.absorbed and cell.end <= ripe:
            held = frozenset(
                key for key in cell.counts if cell.mixed or held_back(key, cell.start, cell.end)
            )
            cell = msgspec.structs.replace(cell, absorbed=True, held=held)
            for key, counts in cell.counts.items():
                if attempts(counts) and not cell.mixed:
                    spread[key] = spread.get(key, 0) + attempts(counts)
                if key not in held:
                    _learn_dispersion(baseline, dispersion, key, counts, before.get(key, NONE))
                    absorbed[key] = absorbed.get(key, NONE) + counts
        before = cell.counts
        if cell.end > second - GUARD_SECONDS - MEMORY_SECONDS:
            kept.append(cell)
            continue
        for key, counts in cell.counts.items():
            if not cell.absorbed or cell.mixed:
                continue
            _take(spread, key, attempts(counts))
            if key in cell.held:
                continue
            _take(absorbed, key, counts)
            past[key] = _remember(past.get(key), cell.end, counts)
    hours = noted(baseline.hours, start, current)
    folded = Baseline(second, tuple(kept), absorbed, spread, past, hours, dispersion)
    if second // HOUR == baseline.folded // HOUR:
        # A season is of hours that are over: it stays as it is until the next one.
        folded.seasons.update(baseline.seasons)
    return folded


def _take(sums: dict[str, int], key: str, value: int) -> None:
    left = sums.get(key, 0) - value
    if left:
        sums[key] = left
    else:
        sums.pop(key, None)  # what never was an attempt adds nothing to its slice


def _learn_dispersion(
    baseline: Baseline,
    dispersion: tuple[dict[str, float], ...],
    key: str,
    counts: Counts,
    before: Counts,
) -> None:
    """The difference to the cell before, squared, over what a binomial's would be, into its running
    mean over about 30 cells (von Neumann, Annals of Mathematical Statistics 12, 1941: differences
    do not take a slow change for dispersion)."""
    total, total_before = attempts(counts), attempts(before)
    if not (total and total_before):
        return
    for signal, by_slice in enumerate(dispersion):
        name = SIGNALS[signal]
        shown, shown_before = blamed(counts, name), blamed(before, name)
        if not (shown or shown_before or key in by_slice):
            continue
        rate = baseline.normal(key, signal).rate
        difference = shown / total - shown_before / total_before
        variance = rate * (1 - rate) * (1 / total + 1 / total_before)
        weight = min(1.0, min(total, total_before) * rate / 2) * CELL_SECONDS / MEMORY_SECONDS
        mean = by_slice.get(key, 1.0)
        squared = min(difference * difference / variance, MOST_DISPERSED)
        by_slice[key] = mean + weight * (squared - mean)


def _remember(past: Past | None, at: int, counts: Counts) -> Past:
    before = past or Past(at, 0.0, (0.0,) * len(SIGNALS))
    fading = 0.5 ** ((at - before.at) / PAST_SECONDS)
    return Past(
        at,
        before.attempts * fading + attempts(counts),
        tuple(
            events * fading + blamed(counts, signal)
            for events, signal in zip(before.events, SIGNALS, strict=True)
        ),
    )


def forget(baseline: Baseline, second: int) -> tuple[Baseline, frozenset[str]]:
    """The baseline without the slices that had no payment for long, and those it still knows."""
    alive = set(baseline.absorbed)
    alive.update(*(cell.counts for cell in baseline.cells))
    young = second - FORGOTTEN_SECONDS
    past = {key: past for key, past in baseline.past.items() if past.at >= young or key in alive}
    alive.update(past)
    dispersion = tuple(
        {key: value for key, value in by_slice.items() if key in alive}
        for by_slice in baseline.dispersion
    )
    return msgspec.structs.replace(baseline, past=past, dispersion=dispersion), frozenset(alive)
