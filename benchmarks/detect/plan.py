"""What breaks when: the labels of one stream, spread over every stratum.

Decks hold the strata; each stream deals its cards anew, so that every run of streams covers
severity, volume, duration, depth and ramp alike.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from benchmarks.detect.labels import (
    BURST,
    CUSTOMERS,
    FLAPPING,
    INCIDENT,
    MIX_SHIFT,
    NIGHT,
    PRIME_DAY,
    SLOWNESS,
    Label,
)
from benchmarks.detect.population import Market
from functions.core.counting.slices import ALL, dimensions, disjoint, refines

LEARNING: Final = 40 * 60
"""Quiet seconds before anything happens, so that everybody can learn."""
GAP_RELATED, GAP_CROSSING = 600, 240
"""Quiet seconds between labels of slices that contain each other, and that only overlap."""
AT_ONCE: Final = 2

_OUTAGE: Final = (1.0, 1.0)
_SEVERITIES: Final = (
    (0.02, 0.05), (0.03, 0.08), (0.05, 0.10), (0.10, 0.14), (0.14, 0.16), (0.14, 0.16),
    (0.16, 0.30), (0.16, 0.30), (0.30, 0.60), (0.30, 0.60), (0.60, 0.90), _OUTAGE, _OUTAGE,
)  # fmt: skip
_DEPTHS: Final = (0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2)
_RAMPS: Final = (0, 0, 0, 0, 0, 0, 15, 30, 60, 60, 120, 180, 300)
_UNKNOWN: Final = (True, True, True, *[False] * 10)
INCIDENTS: Final = len(_SEVERITIES)
"""Incidents in one stream."""
_SECONDS: Final = (120, 40 * 60)
_VOLUMES: Final = (5.0, 50_000.0)

_PATH, _UNKNOWN_OUTCOME = 1, 3
_BESIDE: Final = {INCIDENT, BURST, FLAPPING, SLOWNESS}
"""Kinds that may happen at once, in slices that share no payment."""

_Card = TypeVar("_Card")


def plan(rng: random.Random, market: Market, start: int) -> tuple[list[Label], int]:
    """The labels of a stream that begins at `start`, and its end (seconds since the epoch)."""
    labels = [*_incidents(rng, market), *traps(rng, market)]
    rng.shuffle(labels)
    placed: list[Label] = []
    for label in labels:
        placed.append(placed_among(rng, label, placed, start + LEARNING))
    placed.sort(key=lambda label: label.onset)
    end = max(label.end for label in placed) + GAP_CROSSING
    return placed, end + -end % 60


def _incidents(rng: random.Random, market: Market) -> Iterator[Label]:
    by_depth: dict[int, list[tuple[str, float]]] = {0: [], 1: [], 2: []}
    for key in market.judged:
        volume = market.volume * market.share_of(key)
        if _VOLUMES[0] <= volume <= _VOLUMES[1]:
            by_depth[len(dimensions(key))].append((key, volume))
    decks = zip(
        dealt(rng, _SEVERITIES),
        dealt(rng, _DEPTHS),
        dealt(rng, _RAMPS),
        dealt(rng, _UNKNOWN),
        dealt(rng, range(INCIDENTS)),
        dealt(rng, range(INCIDENTS)),
        strict=True,
    )
    for (low, high), depth, ramp, unknown, long, large in decks:
        pool = by_depth[depth] or by_depth[1]
        key, volume = of_volume(rng, pool, (large + rng.random()) / INCIDENTS)
        seconds = round(between(*_SECONDS, (long + rng.random()) / INCIDENTS))
        normal = market.rate_of(key, [_UNKNOWN_OUTCOME] if unknown else [_PATH])
        failed = market.rate_of(key, (1, 2, 3))
        share = min(1.0, rng.uniform(low, high) / (1.0 - failed))
        yield Label(
            kind=INCIDENT, slice=key, onset=0, end=seconds, volume=volume, normal=normal,
            severity=share * (1.0 - failed), share=share, ramp=min(ramp, seconds // 2),
            unknown=unknown,
        )  # fmt: skip


def traps(rng: random.Random, market: Market) -> Iterator[Label]:
    """One of each kind that a stream has, and two bursts; not yet at any time."""
    singles = [key for key in market.judged if len(dimensions(key)) == 1]
    worst = max(
        (key for key in singles if market.share_of(key) < 0.35),
        key=lambda key: market.rate_of(key, (1, 2, 3)),
    )

    def trap(kind: str, key: str, seconds: int, severity: float, ramp: int) -> Label:
        volume = market.volume * market.share_of(key)
        normal = market.rate_of(key, (1, 2, 3))
        return Label(kind, key, 0, seconds, volume, normal, severity, ramp=ramp)

    sudden = rng.randint(0, 180)
    shift = trap(MIX_SHIFT, worst, rng.randint(600, 1500), rng.uniform(0.40, 0.60), sudden)
    yield replace(shift, fall=sudden)
    up, down = rng.randint(600, 1800), rng.randint(600, 1800)
    kind, factor = rng.choice(((PRIME_DAY, rng.uniform(5.0, 20.0)), (NIGHT, 1.0 / 20.0)))
    flow = trap(kind, ALL, up + rng.randint(300, 600) + down, factor, up)
    yield replace(flow, fall=down)
    added = rng.uniform(0.05, 0.30)
    where = rng.choice([ALL, *singles])
    wave = trap(CUSTOMERS, where, rng.randint(480, 1200), added, rng.randint(0, 180))
    yield replace(wave, share=added, as_failed=rng.choice((0.0, 0.5, 1.0)))
    for _ in range(2):
        yield _burst(rng, market)


def _burst(rng: random.Random, market: Market) -> Label:
    """Failures of half a minute that lie within what chance brings: 2.5 standard deviations."""
    keys = [key for key in market.judged if market.volume * market.share_of(key) >= _VOLUMES[0]]
    key = rng.choice(keys)
    volume = market.volume * market.share_of(key)
    normal = market.rate_of(key, (1, 2, 3))
    seconds = rng.randint(20, 60)
    share = min(0.5, 2.5 * math.sqrt(normal * (1.0 - normal) / (volume * seconds / 60.0)))
    return Label(
        kind=BURST, slice=key, onset=0, end=seconds, volume=volume, normal=normal,
        severity=share, share=share,
    )  # fmt: skip


def dealt(rng: random.Random, deck: Sequence[_Card]) -> list[_Card]:
    """The deck in another order."""
    return rng.sample(deck, len(deck))


def of_volume(
    rng: random.Random, pool: Sequence[tuple[str, float]], quantile: float
) -> tuple[str, float]:
    """One of the three slices whose volume comes nearest to that quantile of the volumes asked
    for: log-uniform over what this market has."""
    low, high = min(volume for _, volume in pool), max(volume for _, volume in pool)
    wanted = math.log(between(low, high, quantile))
    nearest = sorted(pool, key=lambda item: abs(math.log(item[1]) - wanted))
    return rng.choice(nearest[:3])


def between(low: float, high: float, quantile: float) -> float:
    """Log-uniform between both."""
    return math.exp(math.log(low) + (math.log(high) - math.log(low)) * quantile)


def placed_among(rng: random.Random, label: Label, placed: Sequence[Label], first: int) -> Label:
    """The label at the earliest time at which it disturbs no other. Only what _BESIDE says happens at
    once, in slices that share no payment."""
    starts = [
        first,
        *(other.end + gap for other in placed for gap in (0, GAP_CROSSING, GAP_RELATED)),
    ]
    for start in sorted(starts):
        onset = max(first, start) + rng.randint(0, 59)
        moved = replace(label, onset=onset, end=onset + label.seconds)
        if _fits(moved, placed):
            return moved
    raise AssertionError("after the last label there is always room")


def _fits(label: Label, placed: Sequence[Label]) -> bool:
    beside = 0
    for other in placed:
        gap = _gap(label, other)
        if label.onset < other.end + gap and other.onset < label.end + gap:
            return False
        beside += label.onset < other.end and other.onset < label.end
    return beside < AT_ONCE


def _gap(one: Label, two: Label) -> int:
    if not {one.kind, two.kind} <= _BESIDE:
        return GAP_CROSSING
    if disjoint(one.slice, two.slice):
        return 0
    related = refines(one.slice, two.slice) or refines(two.slice, one.slice)
    return GAP_RELATED if related else GAP_CROSSING
