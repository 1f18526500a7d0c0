"""Cases of payments, 100 to 2,000 leaves, with counts as they come: whole and by chance.

Values of a dimension have Zipf weights, a leaf's attempts vary around their product by a Weibull
factor; a share of the leaves has no payments. Failure rates differ by the dimensions' values. The
baseline is ten times as long as now. Outcomes of a leaf in one period are correlated.

A cause adds a share that fails of the payments that would not have; each leaf's share differs.
Causes are put where they can be told: their excess is six standard deviations of the slice's
failures and thirty failures, and no other slice holds nearly the same payments.

Traps: outside, where a share of all payments fails, or all rates are multiplied; mix shift, where
payments come more from slices that always fail more; volume, where there are more or fewer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from benchmarks.localise.case import CAUSED, MIX_SHIFT, OUTSIDE, VOLUME, Case
from benchmarks.localise.draws import log_uniform, overdispersed, poisson
from benchmarks.localise.places import Place, drawn, inside, stands_out
from functions.core.counting.slices import slice_key
from functions.core.localise.joint_causes import Leaf

DIMENSIONS: Final = ("issuer", "network", "gateway", "method", "region", "device")
PERIODS: Final = 10.0
LEAVES: Final = (100, 2_000)
SIGMAS: Final = 6.0
FEWEST: Final = 30.0

Values = tuple[str, ...]
Fails = Callable[[Values, float], float]
"""The failure rate now of a leaf whose usual one is given."""


@dataclass(frozen=True)
class Market:
    """attempts: expected of each leaf in one period. rates: its usual failure rate. alike: how
    correlated the outcomes of a leaf in a period are."""

    dimensions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    attempts: dict[Values, float]
    rates: dict[Values, float]
    alike: float


def case(kind: str, seed: int) -> Case:
    rng = random.Random(f"payments {kind} {seed}")
    name = f"{kind} {seed}"
    while True:
        market = _market(rng)
        if kind == CAUSED:
            causes = _causes(rng, market)
            if causes:
                return _caused(rng, name, market, causes)
        elif kind == OUTSIDE:
            return _case(rng, name, kind, market, market.attempts, _everywhere(rng))
        elif kind == MIX_SHIFT:
            shifted = _shifted(rng, market)
            if shifted:
                return _case(rng, name, kind, market, shifted, _usual)
        else:
            factor = log_uniform(rng, 0.3, 4.0)
            scaled = {leaf: factor * mean for leaf, mean in market.attempts.items()}
            return _case(rng, name, VOLUME, market, scaled, _usual)


def _market(rng: random.Random) -> Market:
    sizes = _sizes(rng)
    dimensions = tuple(rng.sample(DIMENSIONS, len(sizes)))
    values = tuple(
        tuple(f"{name}-{number}" for number in range(1, size + 1))
        for name, size in zip(dimensions, sizes, strict=True)
    )
    zeros, alpha = rng.uniform(0.0, 0.25), rng.uniform(0.5, 1.0)
    weights = [[rng.random() + 1.0 / rank for rank in range(1, n + 1)] for n in sizes]
    effects = [[math.exp(rng.gauss(0.0, 0.3)) for _ in range(n)] for n in sizes]
    usual, mean = log_uniform(rng, 0.01, 0.08), log_uniform(rng, 20.0, 500.0)
    attempts, rates = {}, {}
    for at in product(*map(range, sizes)):
        if rng.random() < zeros:
            continue
        leaf = tuple(column[n] for column, n in zip(values, at, strict=True))
        weight = math.prod(column[n] for column, n in zip(weights, at, strict=True))
        attempts[leaf] = weight * rng.weibullvariate(1.0, alpha)
        effect = math.prod(column[n] for column, n in zip(effects, at, strict=True))
        rates[leaf] = min(0.5, usual * effect)
    scale = mean * len(attempts) / sum(attempts.values())
    attempts = {leaf: scale * weight for leaf, weight in attempts.items()}
    return Market(dimensions, values, attempts, rates, rng.uniform(0.0, 0.01))


def _sizes(rng: random.Random) -> list[int]:
    """Of three to five dimensions, so that their product is near a number drawn log-uniformly."""
    leaves = log_uniform(rng, *LEAVES)
    while True:
        sizes = [rng.randint(2, 12) for _ in range(rng.randint(3, 5))]
        if abs(math.log(math.prod(sizes) / leaves)) < 0.1 and math.prod(sizes) <= LEAVES[1]:
            return sizes


def _causes(rng: random.Random, market: Market) -> list[tuple[Place, float, float]]:
    """Slices with the share that fails and how much it differs by leaf; none when the market has
    no room for them."""
    found: list[tuple[Place, float, float]] = []
    number = rng.randint(1, 3)
    for _ in range(200):
        layer = rng.randint(1, min(3, len(market.values) - 1))
        place = drawn(rng, market.values, layer, [place for place, _, _ in found])
        share, deviation = rng.uniform(0.1, 1.0), rng.uniform(0.0, 0.1)
        if place and _told(market, place, share):
            found.append((place, share, deviation))
            if len(found) == number:
                return found
    return []


def _told(market: Market, place: Place, share: float) -> bool:
    excess = usual = variance = 0.0
    for leaf, attempts in market.attempts.items():
        if inside(place, leaf):
            rate = market.rates[leaf]
            excess += share * attempts * (1.0 - rate)
            usual += attempts * rate
            variance += attempts * rate * (1.0 - rate) * (1.0 + market.alike * attempts)
    # A slice with half of all payments is no slice any more, but the outside.
    held = usual / sum(n * market.rates[leaf] for leaf, n in market.attempts.items())
    return (
        held < 0.5
        and excess >= max(FEWEST, SIGMAS * math.sqrt(variance))
        and stands_out(place, market.attempts, len(market.values))
    )


def _caused(
    rng: random.Random, name: str, market: Market, causes: list[tuple[Place, float, float]]
) -> Case:
    def fails(leaf: Values, rate: float) -> float:
        for place, share, deviation in causes:
            if inside(place, leaf):
                own = min(1.0, max(0.0, rng.gauss(share, deviation)))
                rate += own * (1.0 - rate)
        return rate

    names = market.dimensions
    truth = frozenset(
        slice_key({names[number]: value for number, value in place.items()})
        for place, _, _ in causes
    )
    return _case(rng, name, CAUSED, market, market.attempts, fails, truth)


def _everywhere(rng: random.Random) -> Fails:
    if rng.random() < 0.5:
        share = rng.uniform(0.05, 0.5)
        return lambda _, rate: rate + share * (1.0 - rate)
    factor = rng.uniform(1.5, 4.0)
    return lambda _, rate: min(0.95, factor * rate)


def _shifted(rng: random.Random, market: Market) -> dict[Values, float] | None:
    """Attempts with one slice's multiplied, by which a fifth more fails at least; or None."""
    place = drawn(rng, market.values, rng.randint(1, 2), [])
    if place is None:
        return None
    factor = rng.uniform(3.0, 10.0)
    shifted = {
        leaf: mean * factor if inside(place, leaf) else mean
        for leaf, mean in market.attempts.items()
    }
    return shifted if _rate(market, shifted) >= 1.2 * _rate(market, market.attempts) else None


def _rate(market: Market, attempts: Mapping[Values, float]) -> float:
    failures = sum(mean * market.rates[leaf] for leaf, mean in attempts.items())
    return failures / sum(attempts.values())


def _usual(leaf: Values, rate: float) -> float:
    return rate


def _case(
    rng: random.Random,
    name: str,
    kind: str,
    market: Market,
    now: Mapping[Values, float],
    fails: Fails,
    truth: frozenset[str] = frozenset(),
) -> Case:
    rows = []
    for leaf, mean in market.attempts.items():
        rate, alike = market.rates[leaf], market.alike
        before = poisson(rng, PERIODS * mean)
        # Of ten periods, each drawn anew: their mean's outcomes are a tenth as correlated.
        failed = overdispersed(rng, before, rate, alike / PERIODS)
        attempts = poisson(rng, now[leaf])
        failures = overdispersed(rng, attempts, fails(leaf, rate), alike)
        if attempts or before:
            rows.append(Leaf(leaf, attempts, failures, before, failed))
    rng.shuffle(rows)
    return Case(name, market.dimensions, tuple(rows), PERIODS, truth, kind)
