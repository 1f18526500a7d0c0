"""What breaks when in the rich streams: every kind of fault, in any slice of one to three dimensions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.detect.labels import (
    EARLY,
    FIRST_RENEWALS,
    FLAPPING,
    INCIDENT,
    OVERLAP,
    RENEWALS,
    SILENCE,
    SLOWNESS,
    WORTH_POINTS,
    WORTH_SHARE,
    Label,
    bound_seconds,
)
from benchmarks.detect.plan import (
    GAP_CROSSING,
    LEARNING,
    between,
    dealt,
    of_volume,
    placed_among,
    traps,
)
from benchmarks.detect.population import Market
from functions.core.counting.slices import ALL, disjoint, refines

SEVERITIES: Final = (
    (0.01, 0.02), (0.03, 0.08), (0.05, 0.14), (0.14, 0.16), (0.16, 0.30), (0.30, 0.60), (1.0, 1.0),
)  # fmt: skip
DEPTHS: Final = (0, 1, 1, 2, 2, 2, 3)
RAMPS: Final = (0, 0, 0, 15, 60, 180, 900)
UNKNOWN: Final = (True, True, *[False] * 5)
ENOUGH: Final = (None, None, (1.5, 2.2), (1.5, 2.2), (2.0, 3.5), (2.0, 3.5), (3.0, 5.0))
"""Times the needed evidence that an incident is expected to bring; None: it lasts as drawn."""
FAULTS_EACH: Final = len(SEVERITIES) + 7
"""Faults in one rich stream: those, two that overlap, one that flaps, one while learning, two silences
(of which one of the busiest gateway, so that the mix shifts) and a slow slice."""

_SECONDS: Final = (180, 60 * 60)
_SHORTEST, _MILDER = 120, 0.8
_FEWEST, _MOST = 5.0, 50_000.0
_FLOW_FEWEST: Final = 30.0
"""Payments a minute of a slice that falls silent or slow."""

DAY: Final = 86_400
NIGHTS: Final = 3
BATCH_AT, BATCH_SECONDS = 60, 19 * 60
"""A merchant's renewals run so long after midnight (UTC), so long."""


class Planner:
    """Draws labels of one market. dispersion: of a slice's failures a minute, by its key."""

    def __init__(
        self, rng: random.Random, market: Market, dispersion: Callable[[str, float], float]
    ) -> None:
        self._rng, self._market, self._dispersion = rng, market, dispersion
        self._pools = {
            depth: [
                (key, volume)
                for key in market.pairs(depth)
                if _FEWEST <= (volume := market.volume * market.share_of(key)) <= _MOST
            ]
            for depth in range(4)
        }

    def fails(self, kind: str, key: str, seconds: int, low: float, high: float, ramp: int = 0,
              unknown: bool = False) -> Label:  # fmt: skip
        market = self._market
        volume = market.volume * market.share_of(key)
        # Without a code it is one of all failures that are not the customer's.
        normal = market.rate_of(key, [1, 3] if unknown else [1])
        failed = market.rate_of(key, (1, 2, 3))
        share = min(1.0, self._rng.uniform(low, high) / (1.0 - failed))
        return Label(
            kind=kind, slice=key, onset=0, end=seconds, volume=volume, normal=normal,
            severity=share * (1.0 - failed), share=share, ramp=min(ramp, seconds // 2),
            unknown=unknown, dispersion=self._dispersion(key, normal),
        )  # fmt: skip

    def incidents(self) -> Iterator[Label]:
        rng, n = self._rng, len(SEVERITIES)
        decks = zip(
            dealt(rng, SEVERITIES), dealt(rng, DEPTHS), dealt(rng, RAMPS), dealt(rng, UNKNOWN),
            dealt(rng, range(n)), dealt(rng, range(n)), dealt(rng, ENOUGH), strict=True,
        )  # fmt: skip
        for (low, high), depth, ramp, unknown, long, large, enough in decks:
            key = self._some(depth, (large + rng.random()) / n)
            seconds = round(between(*_SECONDS, (long + rng.random()) / n))
            made = self.fails(INCIDENT, key, seconds, low, high, ramp, unknown)
            yield self._lasting(made, rng.uniform(*enough)) if enough else made

    def _lasting(self, label: Label, enough: float) -> Label:
        """The same, as long as it takes to bring so many times the evidence that is needed, and milder
        where that were too short: what is clear at once tells no two detectors apart."""
        while True:
            bound = bound_seconds(replace(label, end=label.onset + _SECONDS[1]))
            seconds = _SECONDS[1] if bound is None else round(bound * enough)
            milder = label.severity * _MILDER
            if seconds >= _SHORTEST or milder < max(WORTH_POINTS, WORTH_SHARE * label.normal):
                break
            label = replace(label, severity=milder, share=label.share * _MILDER)
        seconds = min(max(seconds, _SHORTEST), _SECONDS[1])
        return replace(label, end=label.onset + seconds, ramp=min(label.ramp, seconds // 2))

    def early(self) -> Label:
        key = self._some(1, self._rng.uniform(0.4, 1.0))
        return self.fails(EARLY, key, self._rng.randint(300, 900), 0.2, 0.6)

    def flapping(self) -> Label:
        rng = self._rng
        key = self._some(rng.choice((1, 2)), rng.uniform(0.3, 1.0))
        made = self.fails(FLAPPING, key, rng.randint(1200, 2400), 0.15, 0.60)
        return replace(made, flap=(rng.randint(60, 180), rng.randint(60, 150)))

    def overlaps(self) -> tuple[Label, Label]:
        """Two slices that cross: the second begins while the first lasts."""
        rng, market = self._rng, self._market
        one = self._some(1, rng.uniform(0.4, 1.0))
        others = [
            key
            for key, _ in self._pools[1]
            if not disjoint(one, key) and (market.inside(one) & market.inside(key)).any()
            and not market.is_equal(one, key) and key != one
        ]  # fmt: skip
        two = rng.choice(others or [self._some(2, 0.8)])
        first = self.fails(OVERLAP, one, rng.randint(900, 1500), 0.2, 0.6)
        second = self.fails(OVERLAP, two, rng.randint(600, 1200), 0.2, 0.6)
        late = rng.randint(0, 400)
        return first, replace(second, onset=late, end=late + second.seconds)

    def silences(self) -> Iterator[Label]:
        rng, market = self._rng, self._market
        single = [
            key
            for key, volume in self._pools[1]
            if volume >= _FLOW_FEWEST and market.share_of(key) <= 0.6
        ]
        gateways = [key for key in single if key.startswith("gateway=")]
        busiest = max(gateways or single or [ALL], key=market.share_of)
        for key in (busiest, rng.choice(single or [ALL])):
            share = 1.0 if key != ALL else 0.97
            volume = market.volume * market.share_of(key)
            # The volume wanders by 5 % from minute to minute.
            yield Label(
                SILENCE, key, 0, rng.randint(420, 1200), volume, 1.0, share, share,
                dispersion=1.0 + 0.0025 * volume,
            )  # fmt: skip

    def slowness(self) -> Label:
        rng, market = self._rng, self._market
        pool = [
            key
            for depth in (1, 1, 2)
            for key, volume in self._pools[depth]
            if volume >= _FLOW_FEWEST
        ]
        key = rng.choice(pool or [ALL])
        beyond = 1.0 - np.cumsum(market.speeds_of(key))  # slower than each class
        cut = int(np.argmax(beyond <= 0.05))  # the oracle counts what is slower than this class
        slowed, classes = rng.uniform(0.6, 1.0), rng.choice((2, 3))
        normal = float(max(0.0, beyond[cut]))
        moved = float(beyond[max(0, cut - classes)])
        severity = slowed * (moved - normal)
        return Label(
            SLOWNESS, key, 0, rng.randint(600, 1500), market.volume * market.share_of(key), normal,
            severity, severity / (1.0 - normal), slowed=slowed, classes=classes, dispersion=2.0,
        )  # fmt: skip

    def _some(self, depth: int, quantile: float) -> str:
        pool = self._pools[depth] or self._pools[1] or self._pools[0]
        return of_volume(self._rng, pool, quantile)[0]


def rich_plan(
    rng: random.Random, market: Market, start: int, dispersion: Callable[[str, float], float]
) -> tuple[list[Label], int]:
    """The labels of a rich stream that begins at `start`, and its end (seconds since the epoch)."""
    planner = Planner(rng, market, dispersion)
    early = planner.early()
    onset = start + rng.randint(60, 600)
    done = [replace(early, onset=onset, end=onset + early.seconds)]
    pair = planner.overlaps()
    # Both move as one, and nothing else happens meanwhile.
    both = replace(pair[0], kind=OVERLAP, slice=ALL, end=max(label.end for label in pair))
    todo = [
        both, planner.flapping(), planner.slowness(),
        *planner.incidents(), *planner.silences(), *traps(rng, market),
    ]  # fmt: skip
    rng.shuffle(todo)
    for label in todo:
        done.append(placed_among(rng, label, done, start + LEARNING))
    (at,) = (label for label in done if label.kind == OVERLAP)
    done.remove(at)
    done += [replace(item, onset=item.onset + at.onset, end=item.end + at.onset) for item in pair]
    done.sort(key=lambda label: label.onset)
    end = max(label.end for label in done) + GAP_CROSSING
    return done, end + -end % 60


def nights(rng: random.Random, market: Market, start: int) -> tuple[list[Label], int]:
    """A merchant's renewals that are denied without codes at the same clock, every night; and on the
    last morning one real incident, lest who says nothing be best. start: seconds since the epoch."""
    merchant = rng.choice([key for key in market.pairs(1) if key.startswith("merchant=")])
    volume = market.volume * market.share_of(merchant)
    normal = market.rate_of(merchant, (8,))
    midnight = start - start % DAY + DAY
    found = []
    for night in range(NIGHTS):
        onset = midnight + night * DAY + BATCH_AT
        kind = RENEWALS if night else FIRST_RENEWALS
        found.append(
            Label(kind, merchant, onset, onset + BATCH_SECONDS, volume, normal, 0.45, 0.45)
        )
    planner = Planner(rng, market, lambda key, normal: 1.5)
    elsewhere = [
        key for key in market.pairs(1) if not refines(key, merchant) and market.share_of(key) > 0.15
    ]
    real = planner.fails(INCIDENT, rng.choice(elsewhere), 1200, 0.4, 0.6)
    onset = found[-1].end + 3600
    found.append(replace(real, onset=onset, end=onset + real.seconds))
    end = found[-1].end + 600
    return found, end + -end % 60


def kinds(labels: Sequence[Label]) -> dict[str, int]:
    """How many labels there are of each kind."""
    found: dict[str, int] = {}
    for label in labels:
        found[label.kind] = found.get(label.kind, 0) + 1
    return found
