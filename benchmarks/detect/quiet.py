"""How often somebody is woken for nothing: traffic in which nothing happens."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.detect.plan import LEARNING
from benchmarks.detect.scoring import WEEK, Result, poisson_upper
from benchmarks.detect.streams import Stream, quiet
from benchmarks.detect.trees import Trees
from benchmarks.detect.watching import Name, Settings, watch
from functions.core.detection.state import Rules

SLICES = 1_000


@dataclass(frozen=True)
class Rest:
    """One detector's false pages over `slices` slices in `seconds` of quiet traffic. step: seconds
    of computing for a second of traffic."""

    pages: int
    slices: int
    seconds: int
    step: float

    @property
    def _weeks(self) -> float:
        """Weeks of a thousand slices."""
        return self.seconds / WEEK * self.slices / SLICES

    @property
    def a_week(self) -> float:
        """Pages a week over a thousand slices."""
        return self.pages / self._weeks

    @property
    def at_most(self) -> float:
        """The exact 95 % upper bound of `a_week`."""
        return poisson_upper(self.pages) / self._weeks


def parts(seed: int, slices: int, hours: float, jobs: int) -> list[Stream]:
    """So many hours of quiet traffic altogether, in `jobs` markets; learning comes on top."""
    seconds = LEARNING + round(hours * 3600 / jobs)
    return [quiet(seed + number, slices, seconds) for number in range(jobs)]


def rest(stream: Stream, settings: Settings, rules: Rules) -> tuple[int, dict[Name, Result]]:
    """The number of slices and what was paged about them. Without trees: a forest a slice takes
    more memory than a thousand slices leave."""
    few = {name: chosen for name, chosen in settings.items() if name != Trees.name}
    return len(stream.market.judged), watch(stream, few, rules)
