"""Rivals that look once a minute, as alarms on a metric a minute do."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from benchmarks.detect.rival import Pairs, Rival, Rolling

MINUTE: Final = 60
ROUNDING: Final = 1e-9
"""Two rates that differ by less are the same, summed up in another order."""


class ByMinute(Rival):
    """Looks once a minute, at the whole minute that has just ended."""

    def __init__(self) -> None:
        self._minute: dict[str, list[int]] = {}

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float] | None:
        minute = self._minute
        for key, (attempts, events) in counts.items():
            total = minute.get(key)
            if total is None:
                minute[key] = [attempts, events]
            else:
                total[0] += attempts
                total[1] += events
        if (second + 1) % MINUTE:
            return None
        self._minute = {}
        return dict(self.judged(minute))

    @abstractmethod
    def judged(self, minute: Mapping[str, list[int]]) -> Iterator[tuple[str, float]]:
        """The levels of the slices that had attempts in the minute."""


class _Moments:
    """Mean and sample standard deviation of the last `width` values."""

    __slots__ = ("_values", "squares", "total")

    def __init__(self, width: int) -> None:
        self._values: deque[float] = deque(maxlen=width)
        self.total = self.squares = 0.0

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        if len(self._values) == self._values.maxlen:
            self.total -= self._values[0]
            self.squares -= self._values[0] ** 2
        self._values.append(value)
        self.total += value
        self.squares += value * value

    @property
    def mean(self) -> float:
        return self.total / len(self._values)

    @property
    def deviation(self) -> float:
        n = len(self._values)
        squares = self.squares - self.total * self.total / n
        # What is left of rounding is no deviation.
        return math.sqrt(squares / (n - 1)) if squares > 1e-12 and n > 1 else 0.0


def _sigmas(above: float, deviation: float, otherwise: float) -> float:
    return above / deviation if deviation else otherwise


class MeanAndSigma(ByMinute):
    """A minute's rate above mean + 3 sigma of the 30 minutes before, with at least 30 payments in
    the minute: leonardo-lima-98/cloudwalk-challenge, view v_tx_anomaly, written as its SQL is.
    Where the 30 minutes had no failure, sigma is 0 and any failure pages; above the default
    setting, so many failures do, lest this alone decide."""

    name = "30-minute mean + 3 sigma"
    setting = "sigmas"
    default = 3.0
    settings = (3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0, 80.0, 160.0, 1e9)
    WIDTH, FEWEST = 30, 30

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, _Moments] = {}

    def judged(self, minute: Mapping[str, list[int]]) -> Iterator[tuple[str, float]]:
        for key, (attempts, events) in minute.items():
            before = self._before.get(key)
            if before is None:
                before = self._before[key] = _Moments(self.WIDTH)
            rate = events / attempts
            if len(before) > 1 and attempts >= self.FEWEST and rate > before.mean + ROUNDING:
                deviation = before.deviation
                yield key, _sigmas(rate - before.mean, deviation, max(self.default, events))
            before.add(rate)


class ScoreHybrid(ByMinute):
    """shash868/cloudwalk-monitoring-analyst-test, transaction_monitor.py: a rule and a z-score of
    the rate over 15 minutes, a page at a score of 50 or more.

    The rule gives 30 points at 1 % failed and 50 at 2 %; the z-score, against mean and deviation
    of the minutes in history, 25 at 2 and 40 at 3. So it pages at 2 %, or at 1 % and z ≥ 2. The
    history is what the slice did in the first 40 minutes. The setting scales all thresholds alike.
    """

    name = "15-minute z-score hybrid"
    setting = "× its thresholds"
    default = 1.0
    settings = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 45.0, 51.0)
    SIGMAS = 2.0
    WIDTH, HISTORY = 15, 40

    def __init__(self, warning: float = 0.01, critical: float = 0.02) -> None:
        super().__init__()
        self._warning, self._critical = warning, critical
        self._window = Rolling(self.WIDTH)
        self._history: dict[str, _Moments] = {}
        self._minutes = 0

    def judged(self, minute: Mapping[str, list[int]]) -> Iterator[tuple[str, float]]:
        self._minutes += 1
        if self._minutes <= self.HISTORY:
            for key, (attempts, events) in minute.items():
                self._history.setdefault(key, _Moments(self.HISTORY)).add(events / attempts)
        pairs = {key: (attempts, events) for key, (attempts, events) in minute.items()}
        sums = self._window.add(self._minutes, pairs)
        for key in minute:
            attempts, events = sums[key]
            rate = events / attempts
            yield (
                key,
                max(rate / self._critical, min(rate / self._warning, self._sigmas(key, rate))),
            )

    def _sigmas(self, key: str, rate: float) -> float:
        history = self._history.get(key)
        if history is None:
            return 0.0
        # A deviation of 0 is replaced by 1 percentage point, as the source does.
        return abs(rate - history.mean) / (history.deviation or 0.01) / self.SIGMAS


class Band(ByMinute):
    """A band like that of CloudWatch anomaly detection over the failure rate a minute: expected
    value ± 2 standard deviations, above it is an alarm, 1 datapoint of 1 (aws-cdk-lib,
    AnomalyDetectionAlarm, stdDevs 2, the default).

    The real model is closed; here the expectation is the mean of the last 3 hours, as Bollinger
    bands are made. As with CloudWatch, a rate of three payments counts like one of three thousand.
    """

    name = "CloudWatch-like band, 2 sigma"
    setting = "sigmas"
    default = 2.0
    settings = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0, 80.0, 160.0, 1e9)
    WIDTH, FEWEST = 180, 15

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, _Moments] = {}

    def judged(self, minute: Mapping[str, list[int]]) -> Iterator[tuple[str, float]]:
        for key, (attempts, events) in minute.items():
            before = self._before.get(key)
            if before is None:
                before = self._before[key] = _Moments(self.WIDTH)
            rate = events / attempts
            if len(before) >= self.FEWEST and rate > before.mean + ROUNDING:
                deviation = before.deviation
                yield key, _sigmas(rate - before.mean, deviation, max(self.default, events))
            before.add(rate)
