"""Labelled traffic, second by second, made from a seed.

Volumes drift over the day and jitter from minute to minute. Failures are over-dispersed: each
minute has a rate of its own for every issuer and gateway (gamma, coefficient of variation 6 %, a
memory of ten minutes) and for every leaf (beta, intra-class correlation 2e-4).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.detect.labels import (
    BURST,
    CUSTOMERS,
    INCIDENT,
    MIX_SHIFT,
    NIGHT,
    PRIME_DAY,
    Label,
)
from benchmarks.detect.plan import LEARNING, plan
from benchmarks.detect.population import DENIED, FAILED, Bools, Floats, Ints, Market, market

TUNING_SEEDS: Final = range(1_000, 1_100)
REPORT_SEEDS: Final = range(9_000, 9_100)
"""Disjoint, so that nothing is tuned on what is reported."""

START: Final = 1_767_600_000
"""2026-01-05T08:00:00Z, a Monday; a whole minute."""
INTRA_CLASS: Final = 2e-4
NOISE: Final = 0.06
MEMORY: Final = math.exp(-1 / 10)
DAILY: Final = 0.15
"""The volume's swing over the day, a share of its mean."""
_VOLUMES: Final = (120.0, 90_000.0)

Outcomes = list[int]
"""Attempts of one second and slice by outcome, in the order of population.OUTCOMES."""


@dataclass(frozen=True)
class Stream:
    """[start, end): seconds since the epoch. Labels lie after `learned`."""

    seed: int
    market: Market
    labels: tuple[Label, ...]
    start: int
    end: int

    @property
    def learned(self) -> int:
        return self.start + LEARNING

    def seconds(self) -> Iterator[tuple[int, dict[str, Outcomes]]]:
        """Each second with the slices that had attempts."""
        slices = self.market.slices
        for minute, counts in self.minutes():
            for offset, row in enumerate(counts.tolist()):
                yield (
                    minute + offset,
                    {
                        key: outcomes
                        for key, outcomes in zip(slices, row, strict=True)
                        if any(outcomes)
                    },
                )

    def minutes(self) -> Iterator[tuple[int, Ints]]:
        """Each minute's first second, and counts by second, slice and outcome."""
        rng = np.random.default_rng([self.seed, 2])
        noise = _Noise(rng, self.market)
        phase = rng.uniform(0.0, 2 * math.pi)
        weights = self.market.shares * self.market.volume / 60.0
        for minute in range(self.start, self.end, 60):
            daily = 1.0 + DAILY * math.sin(2 * math.pi * minute / 86_400 + phase)
            jitter = rng.gamma(400.0, 1 / 400.0)
            rates = noise.minute()
            now = [
                label for label in self.labels if label.onset < minute + 60 and minute < label.end
            ]
            means = weights[:, None] * daily * jitter * rates
            expected = np.broadcast_to(means, (60, *means.shape))
            if now:
                expected = _disturbed(expected, self.market, now, minute)
            yield minute, self.market.by_slice(rng.poisson(expected), axis=1)


class _Noise:
    def __init__(self, rng: np.random.Generator, market: Market) -> None:
        self._rng, self._market = rng, market
        self._shared = [
            np.unique([leaf[name] for leaf in market.leaves], return_inverse=True)[1]
            for name in ("issuer", "gateway")
        ]
        self._walks = [rng.standard_normal(at.max() + 1) for at in self._shared]

    def minute(self) -> Floats:
        """This minute's rates by leaf and outcome."""
        rng, rates = self._rng, self._market.rates.copy()
        factor = np.ones(len(rates))
        for number, at in enumerate(self._shared):
            fresh = rng.standard_normal(at.max() + 1)
            walk = MEMORY * self._walks[number] + math.sqrt(1 - MEMORY**2) * fresh
            self._walks[number] = walk
            factor *= np.exp(NOISE * walk - NOISE**2 / 2)[at]
        for outcomes in (FAILED, DENIED):
            mean = np.clip(rates[:, outcomes].sum(axis=1) * factor, 1e-9, 0.95)
            spread = (1 - INTRA_CLASS) / INTRA_CLASS
            drawn = rng.beta(mean * spread, (1 - mean) * spread)
            rates[:, outcomes] *= (drawn / rates[:, outcomes].sum(axis=1))[:, None]
        rates[:, 0] = np.clip(1.0 - rates[:, 1:].sum(axis=1), 0.0, 1.0)
        return rates


def _disturbed(expected: Floats, market: Market, labels: Sequence[Label], minute: int) -> Floats:
    """The expected counts with what the labels do to them."""
    expected = expected.copy()
    for label in labels:
        heights = np.array([label.height(minute + offset) for offset in range(60)])
        inside = market.inside(label.slice)
        if label.kind in (INCIDENT, BURST, CUSTOMERS):
            _fail(expected, inside, label, heights)
        elif label.kind == MIX_SHIFT:
            _shift(expected, market, inside, label, heights)
        elif label.kind in (PRIME_DAY, NIGHT):
            expected *= (label.severity**heights)[:, None, None]
    return expected


def _fail(expected: Floats, inside: Bools, label: Label, heights: Floats) -> None:
    share = (label.share * heights)[:, None, None]
    touched = expected[:, inside]
    taken = (touched * share).sum(axis=2)
    touched *= 1.0 - share
    if label.kind == CUSTOMERS:
        touched[:, :, 2] += label.as_failed * taken
        touched[:, :, 4] += (1.0 - label.as_failed) * taken
    else:
        touched[:, :, 3 if label.unknown else 1] += taken
    expected[:, inside] = touched


def _shift(expected: Floats, market: Market, inside: Bools, label: Label, heights: Floats) -> None:
    """The slice takes `severity` of the traffic, the others the rest; the volume stays."""
    held = float(market.shares[inside].sum())
    wanted = held + (label.severity - held) * heights
    expected[:, inside] *= (wanted / held)[:, None, None]
    expected[:, ~inside] *= ((1 - wanted) / (1 - held))[:, None, None]


def stream(seed: int) -> Stream:
    """The labelled stream of this seed: 13 incidents and 5 traps in four to five hours."""
    rng = np.random.default_rng([seed, 1])
    dealer = random.Random(seed)
    quantile = seed * 0.6180339887498949 % 1.0
    volume = _VOLUMES[0] * (_VOLUMES[1] / _VOLUMES[0]) ** quantile
    sizes = {
        "issuer": dealer.randint(4, 7),
        "network": dealer.randint(2, 3),
        "gateway": dealer.randint(3, 4),
        "method": dealer.randint(2, 4),
        "region": 2,
    }
    made = market(rng, volume, sizes, poor_gateway=dealer.random() < 0.5)
    labels, end = plan(dealer, made, START)
    return Stream(seed, made, tuple(labels), START, end)


def quiet(seed: int, slices: int, seconds: int) -> Stream:
    """Traffic in which nothing happens, over about so many slices of realistic volumes."""
    rng = np.random.default_rng([seed, 3])
    side = math.sqrt(slices / 1000.0)
    sizes = {
        "issuer": max(3, round(100 * side)),
        "network": max(2, round(6 * side)),
        "gateway": max(2, round(25 * side)),
        "method": max(2, round(11 * side)),
    }
    combinations = math.prod(sizes.values())
    made = market(rng, 60.0 * slices, sizes, kept=2.0 * slices / combinations, poor_gateway=True)
    return Stream(seed, made, (), START, START + seconds + -seconds % 60)
