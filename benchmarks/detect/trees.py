"""Half-space trees of the kept library river, one forest a slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from river.anomaly import HalfSpaceTrees

from benchmarks.detect.rival import Pairs, Rival, Rolling

STEP: Final = 10


class Trees(Rival):
    """river.anomaly.HalfSpaceTrees (Tan, Ting, Liu, IJCAI 2011): 10 trees of height 8, river's
    defaults, on the failure rates over one minute and over five, every 10 seconds, with a memory
    of 30 minutes; a page at a score of 0.95.

    In its favour: rates go in as square roots, which makes their noise alike; a minute with fewer
    than 30 payments is not judged; only rates above the slice's own mean page.
    """

    name = "half-space trees (river)"
    setting = "score"
    default = 0.95
    settings = (0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.999, 0.9995, 1.01)
    FEWEST = 30

    def __init__(self) -> None:
        self._minute, self._five = Rolling(60), Rolling(300)
        self._forests: dict[str, Any] = {}
        self._means: dict[str, float] = {}

    def levels(self, second: int, counts: Pairs) -> Mapping[str, float] | None:
        minute, five = self._minute.add(second, counts), self._five.add(second, counts)
        if (second + 1) % STEP:
            return None
        levels: dict[str, float] = {}
        for key, (attempts, events) in minute.items():
            if attempts < self.FEWEST:
                continue
            rate = math.sqrt(events / attempts)
            point = {"minute": rate, "five": math.sqrt(five[key][1] / five[key][0])}
            forest = self._forests.get(key)
            if forest is None:
                limits: dict[Any, tuple[float, float]] = {"minute": (0.0, 1.0), "five": (0.0, 1.0)}
                forest = HalfSpaceTrees(window_size=1800 // STEP, limits=limits, seed=1)
                self._forests[key], self._means[key] = forest, rate
            mean = self._means[key]
            if rate > mean:
                levels[key] = forest.score_one(point)
            self._means[key] = mean + (rate - mean) / (1800 / STEP)
            forest.learn_one(point)
        return levels
