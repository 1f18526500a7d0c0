"""Failed payments are tried again within seconds: failures cluster, so they are more dispersed."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.detect.population import FAILED, Floats, Ints

AGAIN: Final = 0.3
"""Share of the failed payments that are tried again, each time."""
STICKS: Final = 0.4
"""Share of those that fail again for the same reason, whatever the slice's rate is."""
WITHIN: Final = 20
"""Seconds until they are, at most."""
MOST: Final = 3
"""Times that a payment is tried again at most."""

DISPERSION: Final = 1.0 + 2.0 * AGAIN * STICKS / (1.0 - AGAIN * STICKS)
"""Variance over mean of the failures: with a chain of 1 + geometric(r) failures, r = AGAIN · STICKS,
which is the second moment of its length over the first, (1 + r) / (1 - r)."""


class Retries:
    """Adds the attempts that failures bring about; what falls beyond a minute comes in the next."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._later: list[tuple[Ints, Ints, Ints, int]] = []

    def add(self, counts: Ints, expected: Floats) -> None:
        """Into counts by second, leaf and outcome; expected: the means that they were drawn from."""
        later, self._later = self._later, []
        for second, leaf, outcome, tried in later:
            self._try(counts, expected, second, leaf, outcome, tried)
        failed = counts[:, :, FAILED]
        second, leaf, outcome = np.nonzero(failed)
        times = self._rng.binomial(failed[second, leaf, outcome], AGAIN)
        second, leaf, outcome = (np.repeat(at, times) for at in (second, leaf, outcome))
        self._wait(counts, expected, second, leaf, outcome, 1)

    def _wait(
        self, counts: Ints, expected: Floats, second: Ints, leaf: Ints, outcome: Ints, tried: int
    ) -> None:
        if not len(second):
            return
        second = second + self._rng.integers(1, WITHIN + 1, len(second))
        beyond = second >= len(counts)
        if beyond.any():
            self._later.append((second[beyond] - len(counts), leaf[beyond], outcome[beyond], tried))
        now = ~beyond
        self._try(counts, expected, second[now], leaf[now], outcome[now], tried)

    def _try(
        self, counts: Ints, expected: Floats, second: Ints, leaf: Ints, outcome: Ints, tried: int
    ) -> None:
        if not len(second):
            return
        means = expected[second, leaf]
        sums = means.sum(axis=1)
        chances = np.cumsum(means, axis=1) / np.where(sums > 0.0, sums, 1.0)[:, None]
        drawn = (self._rng.random(len(second))[:, None] > chances).sum(axis=1)
        drawn = np.minimum(drawn, means.shape[1] - 1)
        sticks = self._rng.random(len(second)) < STICKS
        drawn = np.where(sticks, FAILED.start + outcome, drawn)
        comes = sums > 0.0
        second, leaf, drawn = second[comes], leaf[comes], drawn[comes]
        np.add.at(counts, (second, leaf, drawn), 1)
        if tried < MOST:
            fails = (drawn >= FAILED.start) & (drawn < FAILED.stop)
            again = fails & (self._rng.random(len(second)) < AGAIN)
            self._wait(
                counts, expected, second[again], leaf[again], drawn[again] - FAILED.start, tried + 1
            )
