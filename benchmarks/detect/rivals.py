"""What users have today, each written as its source describes it.

Every rival sees the same slices as Paywatch, of each the attempts and the events it watches
(failed, unless said otherwise). It gives each slice a level; a slice pages when its level reaches
the rival's setting, and may page again once it has been below for RECOVERED seconds: most sources
would page at every crossing, so this spares them pages. Where a source watches other statuses too,
it is judged by failed alone, which spares it what it would page about denials.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from benchmarks.detect.by_minute import Band, MeanAndSigma, ScoreHybrid
from benchmarks.detect.likelihood_ratio import Focus, Glr
from benchmarks.detect.rival import Pairs, Rival, Rolling


class FixedThreshold(Rival):
    """A rate of 2 % over 60 seconds: the critical threshold for failed payments of the monitoring
    case that Paywatch began from, and the usual first alarm of anybody."""

    name = "fixed threshold, 60 s"
    setting = "rate"
    default = 0.02
    settings = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.01)

    def __init__(self) -> None:
        self._window = Rolling(60)

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float]:
        return {
            key: events / attempts
            for key, (attempts, events) in self._window.add(second, counts).items()
            if events
        }


class FixedRateOfTen(Rival):
    """Yuno Monitors, error rate: a window of 10 minutes, at least 50 payments in it
    (docs.y.uno, Monitors). The rate is the user's to choose; 5 % is taken here."""

    name = "10-minute rate, ≥ 50 payments (Yuno)"
    setting = "rate"
    default = 0.05
    settings = (0.02, 0.03, 0.04, 0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.01)
    FEWEST = 50

    def __init__(self) -> None:
        self._window = Rolling(600)

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float]:
        return {
            key: events / attempts
            for key, (attempts, events) in self._window.add(second, counts).items()
            if attempts >= self.FEWEST
        }


class ConsecutiveFailures(Rival):
    """Juspay Outages: "Down" after 45 consecutive failures, the default; 20 is its aggressive, 75
    its lenient setting (juspay.io, Outages, dashboard setup).

    The order of the payments inside a second is drawn at random.
    """

    name = "45 consecutive failures (Juspay)"
    setting = "failures"
    default = 45
    settings = (4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 45, 75, 150, 300)

    def __init__(self) -> None:
        self._runs: dict[str, int] = {}
        self._random = random.Random(45)

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float]:
        longest: dict[str, float] = {}
        runs = self._runs
        for key, (attempts, events) in counts.items():
            if events == attempts:
                runs[key] = runs.get(key, 0) + events
                longest[key] = runs[key]
            elif events:
                first, inside, last = self._drawn(attempts, events)
                longest[key] = max(runs.get(key, 0) + first, inside, last)
                runs[key] = last
            else:
                runs[key] = 0
        return longest

    def _drawn(self, attempts: int, events: int) -> tuple[int, int, int]:
        """The runs of failures before the first success, between two, and after the last."""
        successes = attempts - events
        if successes > events:
            # Longer runs than these two are as good as excluded where fewer than half fail.
            first = self._leading(attempts, events)
            return first, 0, self._leading(attempts - first, events - first)
        at = sorted(self._random.sample(range(attempts), successes))
        between = max((b - a - 1 for a, b in pairwise(at)), default=0)
        return at[0], between, attempts - 1 - at[-1]

    def _leading(self, attempts: int, events: int) -> int:
        run = 0
        while events > run and self._random.random() * (attempts - run) < events - run:
            run += 1
        return run


PLAIN: Final[tuple[type[Rival], ...]] = (
    FixedThreshold,
    ScoreHybrid,
    MeanAndSigma,
    ConsecutiveFailures,
    FixedRateOfTen,
    Band,
    Glr,
    Focus,
)
