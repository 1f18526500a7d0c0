"""Rivals that ask the likelihood: is what a slice did since some start likelier under another rate?

Both hold a slice's failures against one baseline of its own. Both page the slice with the most evidence
among those that share payments, and a trouble is over when the latest seconds show nothing any more:
who writes a test of 100 lines soon adds these two.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Final

from benchmarks.detect.rival import Pairs, Rival, Rolling, StrongestAlarm

_NATS: Final = (
    6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.5, 25.0, 30.0, 40.0, 60.0, 100.0, 200.0, 1e9,
)  # fmt: skip
BUDGETED: Final = 20.0
"""About ln of the failures a week of a thousand slices: what a union bound asks for."""


LATELY, STILL = 80, 1.0
"""A slice still fails when its latest seconds, so many, show more than so many nats."""


class Baseline:
    """A slice's ordinary rate: of what came in the hour before the last ten minutes, which wait lest a
    fault is its own baseline; with the payments of its first minutes as good as none. What is unknown
    is taken from all slices together, and counts for so many payments."""

    HOUR, WAIT, STEP, BORROWED = 3600, 600, 30, 500.0

    def __init__(self) -> None:
        self._now: dict[str, list[int]] = {}
        self._waiting: deque[dict[str, list[int]]] = deque()
        self._past: dict[str, list[float]] = {}
        self._attempts = self._events = 1.0

    def add(self, second: int, counts: Pairs) -> None:
        now = self._now
        for key, (attempts, events) in counts.items():
            held = now.get(key)
            if held is None:
                now[key] = [attempts, events]
            else:
                held[0] += attempts
                held[1] += events
        if (second + 1) % self.STEP == 0:
            self._waiting.append(now)
            self._now = {}
            if len(self._waiting) > self.WAIT // self.STEP:
                self._learn(self._waiting.popleft())

    def _learn(self, counts: Mapping[str, list[int]]) -> None:
        kept = math.exp(-self.STEP / self.HOUR)
        for held in self._past.values():
            held[0] *= kept
            held[1] *= kept
        for key, (attempts, events) in counts.items():
            held = self._past.setdefault(key, [0.0, 0.0])
            held[0] += attempts
            held[1] += events
        self._attempts = 1000.0 + sum(held[0] for held in self._past.values())
        self._events = 10.0 + sum(held[1] for held in self._past.values())

    def rate(self, key: str) -> float:
        attempts, events = self._past.get(key, (0.0, 0.0))
        rate = self._events / self._attempts
        found = (events + self.BORROWED * rate) / (attempts + self.BORROWED)
        # The standard error on top: a rate of few payments may as well be higher.
        error = math.sqrt(found * (1.0 - found) / (attempts + self.BORROWED))
        return min(0.99, max(1e-5, found + error))

    @property
    def knows(self) -> bool:
        return bool(self._past)


class Glr(Rival):
    """A plain binomial generalised likelihood ratio: of each slice the failures in windows of 5 seconds
    to half an hour, each against the baseline; the level is n · KL(x/n ‖ q) of the window that stands
    out most, in nats (Lai, J. R. Stat. Soc. B 57, 1995: window-limited GLR)."""

    name = "binomial GLR over windows"
    setting = "nats"
    default = BUDGETED
    settings = _NATS
    alarm = StrongestAlarm
    WINDOWS = (5, 10, 20, 40, LATELY, 160, 320, 640, 1280, 1800)
    FEWEST = 3

    def __init__(self) -> None:
        self._windows = [Rolling(width) for width in self.WINDOWS]
        self._baseline = Baseline()

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float]:
        levels: dict[str, float] = {}
        sums = [window.add(second, counts) for window in self._windows]
        if self._baseline.knows:
            for key, (_, failed) in counts.items():
                if failed:
                    levels[key] = self._level(key, sums)
        self._baseline.add(second, counts)
        return levels

    def _level(self, key: str, sums: list[dict[str, list[int]]]) -> float:
        rate = self._baseline.rate(key)
        attempts, events = sums[self.WINDOWS.index(LATELY)][key]
        if binomial_nats(events, attempts, rate) < STILL:
            return 0.0
        return max(
            binomial_nats(events, attempts, rate) if events >= self.FEWEST else 0.0
            for attempts, events in (window[key] for window in sums)
        )


class Focus(Rival):
    """FOCuS of a Bernoulli rate: the same ratio over every start and every size of the change at once
    (Ward, Romano, Eckley, Fearnhead, arXiv 2302.04743; Romano et al., JMLR 24, 2023), from a baseline
    that is taken as known.

    Written anew: the authors' `changepoint-online` takes one payment at a time or a Poisson count
    without exposure, and keeps all sums since it began; their `focus-cpt` has to be compiled against a
    library that a package index does not bring. Where the points (attempts, failures) since a start
    are drawn, a start can only be the best one, for any size, at a corner of their lower convex hull;
    a corner is dropped once the rate up to the next is no higher than the baseline.
    """

    name = "FOCuS (Bernoulli)"
    setting = "nats"
    default = BUDGETED
    settings = _NATS
    alarm = StrongestAlarm
    FEWEST = 3

    def __init__(self) -> None:
        self._baseline = Baseline()
        self._curves: dict[str, Curve] = {}
        self._lately = Rolling(LATELY)

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float]:
        levels: dict[str, float] = {}
        lately = self._lately.add(second, counts)
        curves, baseline = self._curves, self._baseline
        for key, (attempts, events) in counts.items():
            curve = curves.get(key)
            if curve is None:
                curve = curves[key] = Curve()
            if not events:
                curve.attempts += attempts
                continue
            curve.corner()
            curve.attempts += attempts
            curve.events += events
            if baseline.knows:
                rate = baseline.rate(key)
                curve.forget(rate)
                level = curve.nats(rate, self.FEWEST)
                attempts, events = lately[key]
                if level > self.settings[0] and binomial_nats(events, attempts, rate) < STILL:
                    del curve.corners[:-1]  # what was found is over: begin anew
                    level = 0.0
                levels[key] = level
        baseline.add(second, counts)
        return levels


class Curve:
    """Attempts and failures of a slice since it was first seen, and the corners: the starts (attempts
    and failures by then) that can still be the best ones, their slopes increasing."""

    __slots__ = ("attempts", "corners", "events")

    def __init__(self) -> None:
        self.attempts = self.events = 0
        self.corners: list[tuple[int, int]] = []

    def corner(self) -> None:
        """A start here, before what comes now."""
        n, x, corners = self.attempts, self.events, self.corners
        while len(corners) > 1:
            (n1, x1), (n2, x2) = corners[-2:]
            # The rate up to the last corner is no lower than the one after it: never the best start.
            if (x2 - x1) * (n - n2) < (x - x2) * (n2 - n1):
                break
            corners.pop()
        if not corners or corners[-1][0] < n:
            corners.append((n, x))

    def forget(self, rate: float) -> None:
        corners = self.corners
        while len(corners) > 1:
            (n1, x1), (n2, x2) = corners[:2]
            if x2 - x1 > rate * (n2 - n1):
                break
            del corners[0]

    def nats(self, rate: float, fewest: int) -> float:
        """Of the best start."""
        return max(
            binomial_nats(self.events - x, self.attempts - n, rate)
            if self.events - x >= fewest
            else 0.0
            for n, x in self.corners
        )


def binomial_nats(events: int, attempts: int, rate: float) -> float:
    """The log likelihood ratio of so many events at their own rate against that one; 0 when it is not
    higher."""
    if events <= rate * attempts:
        return 0.0
    share = events / attempts
    nats = events * math.log(share / rate)
    if events < attempts:
        nats += (attempts - events) * math.log((1.0 - share) / (1.0 - rate))
    return nats
