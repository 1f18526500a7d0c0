"""Labelled traffic, second by second, made from a seed.

Plain streams: volumes drift over the day and jitter from minute to minute. Failures are over-dispersed:
each minute has a rate of its own for every issuer and gateway (gamma, coefficient of variation 6 %, a
memory of ten minutes) and for every leaf (beta, intra-class correlation 2e-4).

Rich streams have days and weeks with a shape, rates that also wander over hours (coefficient of
variation 10 %, a memory of three hours), failures that are tried again (retries.py), failures without
codes, latencies, markets of very low rates, and every kind of fault and trap.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from benchmarks.detect.labels import (
    BURST,
    CUSTOMERS,
    FIRST_RENEWALS,
    MIX_SHIFT,
    NIGHT,
    PRIME_DAY,
    RENEWALS,
    SILENCE,
    SLOWNESS,
    Label,
)
from benchmarks.detect.paywatch import UNITS
from benchmarks.detect.plan import LEARNING, plan
from benchmarks.detect.population import (
    DENIED,
    DENIED_UNKNOWN,
    FAILED,
    OUTCOMES,
    Bools,
    Floats,
    Ints,
    Market,
    market,
)
from benchmarks.detect.retries import DISPERSION, Retries
from benchmarks.detect.rich_plan import nights, rich_plan
from functions.core.counting.counts import FIELDS, SPEEDS, Counts, fields, speed

TUNING_SEEDS: Final = range(1_000, 1_100)
REPORT_SEEDS: Final = range(9_000, 9_100)
"""Disjoint, so that nothing is tuned on what is reported."""
PLAIN, RICH, NIGHTS = "plain", "rich", "nights"
"""Sets of streams. Nights: thin traffic over three midnights, with a merchant's nightly batch."""

START: Final = 1_767_600_000
"""2026-01-05T08:00:00Z, a Monday; a whole minute."""
INTRA_CLASS: Final = 2e-4
NOISE: Final = 0.06
MEMORY: Final = math.exp(-1 / 10)
SLOW_NOISE: Final = 0.10
SLOW_MEMORY: Final = math.exp(-1 / 180)
DAILY: Final = 0.15
"""The volume's swing over the day, a share of its mean."""
DAY_SHAPE: Final = ((0.45, 1), (0.15, 2), (0.05, 3))
"""Of rich streams: swings, and how many times a day."""
WEEKEND: Final = 0.75
"""So much of a weekday's volume comes at weekends."""
_VOLUMES: Final = (120.0, 90_000.0)
_RICH_VOLUMES: Final = (300.0, 60_000.0)
_FAILING: Final = (1.0, 1.0, 0.3, 0.03)
"""How much fails in a rich stream's market, times what fails in a plain one's."""
_DAY: Final = 86_400

Outcomes = list[int]
"""Attempts of one second and slice by outcome, in the order of population.OUTCOMES."""
Pairs = dict[str, tuple[int, int]]
"""Slice → attempts and failed ones of one second."""


class Minute(NamedTuple):
    """start: its first second. leaves: counts by second, leaf and outcome; speeds: by second, leaf and
    class of latency, None where none is told."""

    start: int
    leaves: Ints
    speeds: Ints | None


class Second(NamedTuple):
    """counts: of each slice that had attempts; pairs: the same, for who looks at failures alone."""

    at: int
    counts: dict[str, Counts]
    pairs: Pairs


@dataclass(frozen=True)
class Stream:
    """[start, end): seconds since the epoch. All labels but those of what breaks while learning lie
    after `learned`. kind: plain, rich or nights."""

    seed: int
    market: Market
    labels: tuple[Label, ...]
    start: int
    end: int
    kind: str = PLAIN

    @property
    def learned(self) -> int:
        return self.start + LEARNING

    def seconds(self) -> Iterator[Second]:
        """Each second with the slices that had attempts."""
        for minute in self.minutes():
            yield from self.told(minute)

    def told(self, minute: Minute, paired: bool = True) -> Iterator[Second]:
        """The minute's seconds, as Paywatch's slices count them; with pairs on demand."""
        slices = self.market.slices
        sums = self.market.by_slice(minute.leaves)
        totals = sums @ _TOTALS
        at, came = np.nonzero(totals[:, :, 0])
        rows = sums[at, came]
        if minute.speeds is not None:
            rows = np.concatenate([rows, self.market.by_slice(minute.speeds)[at, came]], axis=1)
        packed, keys = packed_counts(rows), [slices[place] for place in came.tolist()]
        numbers: list[tuple[int, int]] = []
        if paired:
            numbers = list(map(tuple, totals[at, came].astype(np.int64).tolist()))
        ends = np.searchsorted(at, range(len(sums) + 1)).tolist()
        for offset, (first, last) in enumerate(pairwise(ends)):
            yield Second(
                minute.start + offset,
                dict(zip(keys[first:last], packed[first:last], strict=True)),
                dict(zip(keys[first:last], numbers[first:last], strict=paired)),
            )

    def failing(self, minute: Minute, offset: int) -> dict[str, Counts]:
        """Of that second of the minute: leaf (a slice of all dimensions) → counts of what did not
        succeed."""
        row = minute.leaves[offset]
        (bad,) = np.nonzero(row[:, 1:].sum(axis=1))
        keys = self.market.leaf_keys
        some = row[bad].copy()
        some[:, 0] = 0
        return dict(zip([keys[at] for at in bad.tolist()], packed_counts(some), strict=True))

    def minutes(self) -> Iterator[Minute]:
        rng = np.random.default_rng([self.seed, 2])
        noise = _Noise(rng, self.market)
        phase = rng.uniform(0.0, 2 * math.pi)
        own_phase = day_phase(self.seed, self.kind)
        weights = self.market.shares * self.market.volume / 60.0
        rich = self.kind != PLAIN
        # Of their own, so that plain streams stay what they were.
        slow = _SlowNoise(np.random.default_rng([self.seed, 4]), self.market) if rich else None
        retries = Retries(np.random.default_rng([self.seed, 5])) if rich else None
        timing = np.random.default_rng([self.seed, 6])
        for start in range(self.start, self.end, 60):
            if rich:
                daily = day_shape(start, own_phase)
            else:
                daily = 1.0 + DAILY * math.sin(2 * math.pi * start / _DAY + phase)
            jitter = rng.gamma(400.0, 1 / 400.0)
            rates = noise.minute(slow.minute() if slow else None)
            now = [label for label in self.labels if label.onset < start + 60 and start < label.end]
            means = weights[:, None] * daily * jitter * rates
            expected = np.broadcast_to(means, (60, *means.shape))
            if now:
                expected = _disturbed(expected, self.market, now, start)
            # Labelled plain streams are drawn as they always were.
            drawn = now or (self.labels and not rich)
            counts = rng.poisson(expected) if drawn else _steady(rng, means)
            if retries:
                retries.add(counts, expected)
            yield Minute(start, counts, _timed(timing, counts, self.market, now, start))


def day_phase(seed: int, kind: str) -> float:
    """When the day of a stream begins, as an angle: each rich market has its hour, nights their own."""
    return random.Random(seed).uniform(0.0, 2 * math.pi) if kind == RICH else 0.0


def _as_timed(labels: Sequence[Label], phase: float) -> tuple[Label, ...]:
    """The labels with their slice's volume at their time of the day and week."""
    return tuple(
        replace(label, volume=label.volume * day_shape((label.onset + label.end) // 2, phase))
        for label in labels
    )


def day_shape(second: int, phase: float) -> float:
    """The volume at that second, over the mean one: a curve over the day, less at weekends."""
    angle = 2 * math.pi * second / _DAY + phase
    shape = 1.0 + sum(swing * math.sin(times * angle - times) for swing, times in DAY_SHAPE)
    # 1970-01-01 was a Thursday.
    weekend = (second // _DAY + 3) % 7 >= 5
    return max(0.1, shape) * (WEEKEND if weekend else 1.0)


def _steady(rng: np.random.Generator, means: Floats) -> Ints:
    """A minute of Poisson counts with the same means in every second: the minute's counts, each at a
    second of its own. As drawing every second, at the cost of what comes."""
    totals = rng.poisson(60.0 * means)
    leaf, outcome = np.nonzero(totals)
    at = np.repeat(leaf * means.shape[1] + outcome, totals[leaf, outcome])
    seconds = rng.integers(0, 60, len(at))
    counts: Ints = np.bincount(seconds * means.size + at, minlength=60 * means.size)
    return counts.reshape(60, *means.shape)


@cache
def _unit_fields() -> Floats:
    """What one payment of each outcome, then of each class of latency, adds to each field of Counts.
    Whole numbers as floats: their products are exact, and fast."""
    bounds = (*SPEEDS, SPEEDS[-1] + 1)
    units = [*UNITS, *(speed(bound) for bound in bounds)]
    found: Floats = np.array([fields(unit) for unit in units], dtype=np.float64)
    return found


_TOTALS: Final = np.array([
    (1.0, float(FAILED.start <= place < FAILED.stop)) for place in range(len(OUTCOMES))
])  # fmt: skip
"""What a payment of each outcome adds to the attempts, and to the failed ones."""


def packed_counts(rows: Floats | Ints) -> list[Counts]:
    """Rows of numbers by outcome (and then by class of latency) as Counts."""
    units = _unit_fields()[: rows.shape[1]]
    data = (rows.astype(np.float64, copy=False) @ units).astype("<u8").tobytes()
    width = 8 * len(FIELDS)
    return [int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width)]


def _timed(
    rng: np.random.Generator, counts: Ints, market: Market, labels: Sequence[Label], minute: int
) -> Ints | None:
    """How many of the attempts took how long, by second, leaf and class of latency."""
    if market.speeds is None:
        return None
    second, leaf = np.nonzero(counts.sum(axis=2))
    chances = market.speeds[leaf]
    for label in labels:
        if label.kind == SLOWNESS:
            heights = np.array([label.height(minute + offset) for offset in range(60)])
            slowed = label.slowed * heights[second] * market.inside(label.slice)[leaf]
            chances = chances + slowed[:, None] * (_slower(chances, label.classes) - chances)
    drawn = rng.multinomial(counts.sum(axis=2)[second, leaf], chances)
    speeds: Ints = np.zeros((*counts.shape[:2], chances.shape[1]), dtype=np.int64)
    speeds[second, leaf] = drawn
    return speeds


def _slower(chances: Floats, classes: int) -> Floats:
    """The same, by so many classes slower."""
    moved = np.zeros_like(chances)
    moved[:, classes:] = chances[:, :-classes]
    moved[:, -1] += chances[:, -classes:].sum(axis=1)
    return moved


class _SlowNoise:
    """Rates that wander over hours, by issuer and gateway: factors by leaf."""

    def __init__(self, rng: np.random.Generator, market: Market) -> None:
        self._rng = rng
        self._shared = _shared(market)
        self._walks = [rng.standard_normal(at.max() + 1) for at in self._shared]

    def minute(self) -> Floats:
        factor = np.ones(len(self._shared[0]))
        for number, at in enumerate(self._shared):
            fresh = self._rng.standard_normal(at.max() + 1)
            walk = SLOW_MEMORY * self._walks[number] + math.sqrt(1 - SLOW_MEMORY**2) * fresh
            self._walks[number] = walk
            factor *= np.exp(SLOW_NOISE * walk - SLOW_NOISE**2 / 2)[at]
        return factor


def _shared(market: Market) -> list[Ints]:
    """Of each leaf the number of its issuer, and of its gateway."""
    return [
        np.unique([leaf[name] for leaf in market.leaves], return_inverse=True)[1]
        for name in ("issuer", "gateway")
    ]


class _Noise:
    def __init__(self, rng: np.random.Generator, market: Market) -> None:
        self._rng, self._market = rng, market
        self._shared = _shared(market)
        self._walks = [rng.standard_normal(at.max() + 1) for at in self._shared]

    def minute(self, slow: Floats | None) -> Floats:
        """This minute's rates by leaf and outcome. slow: factors by leaf that apply on top."""
        rng, rates = self._rng, self._market.rates.copy()
        factor = np.ones(len(rates)) if slow is None else slow.copy()
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
        if label.fails or label.kind in (BURST, CUSTOMERS, RENEWALS, FIRST_RENEWALS):
            _fail(expected, inside, label, heights)
        elif label.kind == SILENCE:
            expected[:, inside] *= (1.0 - label.share * heights)[:, None, None]
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
    elif label.kind in (RENEWALS, FIRST_RENEWALS):
        touched[:, :, DENIED_UNKNOWN] += taken
    else:
        touched[:, :, 3 if label.unknown else 1] += taken
    expected[:, inside] = touched


def _shift(expected: Floats, market: Market, inside: Bools, label: Label, heights: Floats) -> None:
    """The slice takes `severity` of the traffic, the others the rest; the volume stays."""
    held = float(market.shares[inside].sum())
    wanted = held + (label.severity - held) * heights
    expected[:, inside] *= (wanted / held)[:, None, None]
    expected[:, ~inside] *= ((1 - wanted) / (1 - held))[:, None, None]


def plain_stream(seed: int) -> Stream:
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


def stream(seed: int, kind: str = RICH) -> Stream:
    """The labelled stream of this seed: 13 incidents and 5 traps in four to five hours (plain), 14
    faults of every kind and 5 traps in about six (rich), or a merchant's nightly batch over three
    midnights (nights)."""
    return _KINDS[kind](seed)


def rich_stream(seed: int) -> Stream:
    dealer = random.Random(seed)
    low, high = _RICH_VOLUMES
    volume = low * (high / low) ** (seed * 0.6180339887498949 % 1.0)
    sizes = {
        "issuer": dealer.randint(4, 6),
        "network": dealer.randint(2, 3),
        "gateway": dealer.randint(3, 4),
        "method": dealer.randint(2, 3),
        "merchant": dealer.randint(2, 4),
    }
    made = rich_market(np.random.default_rng([seed, 1]), dealer, volume, sizes)
    start = START + dealer.randrange(7 * 24) * 3600

    def dispersion(key: str, normal: float) -> float:
        mean = made.volume * made.share_of(key) * normal
        return DISPERSION * (1.0 + 2.0 * NOISE**2 * mean)

    labels, end = rich_plan(dealer, made, start, dispersion)
    return Stream(seed, made, _as_timed(labels, day_phase(seed, RICH)), start, end, RICH)


def night_stream(seed: int, volume: float = 120.0) -> Stream:
    """Thin traffic over three midnights."""
    dealer = random.Random(seed)
    sizes = {"issuer": 4, "network": 2, "gateway": 3, "method": 2, "merchant": 4}
    made = rich_market(np.random.default_rng([seed, 7]), dealer, volume, sizes)
    start = START + 12 * 3600  # 20:00 UTC
    labels, end = nights(dealer, made, start)
    return Stream(seed, made, _as_timed(labels, 0.0), start, end, NIGHTS)


_KINDS: Final = {PLAIN: plain_stream, RICH: rich_stream, NIGHTS: night_stream}


def rich_market(
    rng: np.random.Generator, dealer: random.Random, volume: float, sizes: Mapping[str, int]
) -> Market:
    """A market with latencies; in one of four hardly anything fails, in another little. One gateway
    sends hardly any codes, and one method goes through one gateway alone where it may."""
    poor, failing = dealer.random() < 0.3, dealer.choice(_FAILING)
    made = market(rng, volume, sizes, poor_gateway=poor and failing == 1.0, failing=failing)
    rates = made.rates.copy()
    uncoded = np.array([leaf["gateway"] == "G1" for leaf in made.leaves])
    failed = rates[:, FAILED].sum(axis=1)
    rates[uncoded, FAILED] = np.outer(failed[uncoded], (0.15, 0.10, 0.75))
    if failing < 1.0:
        rates[:, 6:8] *= failing
        rates[:, 0] = 1.0 - rates[:, 1:].sum(axis=1)
    medians = {
        value: dealer.uniform(250.0, 1200.0)
        for value in sorted({leaf["method"] for leaf in made.leaves})
    }
    speeds = np.array([_latencies(medians[leaf["method"]]) for leaf in made.leaves])
    made = replace(made, rates=rates, speeds=speeds)
    return _served_by_one(made) if dealer.random() < 0.5 else made


def _latencies(median: float, sigma: float = 0.5) -> list[float]:
    """The shares of a log-normal law by class of latency (ms)."""
    below = [
        0.5 * math.erfc(-math.log(bound / median) / (sigma * math.sqrt(2))) for bound in SPEEDS
    ]
    ends = [0.0, *below, 1.0]
    return [high - low for low, high in pairwise(ends)]


def _served_by_one(made: Market) -> Market:
    """The market without the other gateways for its last method, so that two slices hold the same
    payments."""
    method = max(leaf["method"] for leaf in made.leaves)
    gateway = max(leaf["gateway"] for leaf in made.leaves if leaf["method"] == method)
    stays = np.array([
        (leaf["method"] == method) == (leaf["gateway"] == gateway) for leaf in made.leaves
    ])  # fmt: skip
    left = made.shares[stays].sum()
    if left < 0.4 or made.speeds is None:
        return made
    leaves = tuple(leaf for leaf, kept in zip(made.leaves, stays, strict=True) if kept)
    return replace(
        made, leaves=leaves, shares=made.shares[stays] / left, rates=made.rates[stays],
        speeds=made.speeds[stays],
    )  # fmt: skip


def quiet(seed: int, slices: int, seconds: int, kind: str = PLAIN) -> Stream:
    """Traffic in which nothing happens, over about so many slices of realistic volumes. Rich quiet
    traffic has retries, rates that wander over hours, days and weeks, and latencies."""
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
    start = START
    if kind == RICH:
        dealer = random.Random(seed)
        start += dealer.randrange(7 * 24) * 3600
        medians = {leaf["method"]: dealer.uniform(250.0, 1200.0) for leaf in made.leaves}
        speeds = np.array([_latencies(medians[leaf["method"]]) for leaf in made.leaves])
        made = replace(made, speeds=speeds)
    return Stream(seed, made, (), start, start + seconds + -seconds % 60, kind)
