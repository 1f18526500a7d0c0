"""How often somebody is woken for nothing: traffic in which nothing happens.

Many hours are cut into shards, each a market of its own over some hours. A shard that is done is kept
in a folder, where one is given: another run goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.detect.plan import LEARNING
from benchmarks.detect.scoring import WEEK, Result, poisson_bounds
from benchmarks.detect.streams import quiet
from benchmarks.detect.trees import Trees
from benchmarks.detect.watching import Name, Settings, watch
from functions.core.detection.state import Rules

SLICES = 1_000
SHARD_HOURS: Final = 6.0
"""A shard's hours at most. Learning comes on top, so shorter ones cost more."""
_ROOT: Final = Path(__file__).resolve().parents[2]
_CODE: Final = ("functions/core", "benchmarks/detect")


@dataclass(frozen=True)
class Shard:
    """Quiet traffic of one market. kind: of streams.quiet. seconds: without learning."""

    seed: int
    slices: int
    seconds: int
    kind: str


@dataclass(frozen=True)
class Watched:
    """pages: for nothing. seconds: of traffic that counted; steps, spent: with learning, and seconds of
    computing."""

    pages: int
    seconds: int
    steps: int
    spent: float


@dataclass(frozen=True)
class Rested:
    """A shard that is done. slices: that may be told; took: seconds, the making of the traffic included."""

    slices: int
    took: float
    watched: Mapping[Name, Watched]


@dataclass(frozen=True)
class Rest:
    """One detector's false pages over `slices` slices in `seconds` of quiet traffic. step: seconds
    of computing for a second of traffic; hour: seconds that a benchmark takes for an hour of it, all
    detectors together."""

    pages: int
    slices: int
    seconds: int
    step: float
    hour: float = 0.0

    @property
    def _weeks(self) -> float:
        """Weeks of a thousand slices."""
        return self.seconds / WEEK * self.slices / SLICES

    @property
    def a_week(self) -> float:
        """Pages a week over a thousand slices."""
        return self.pages / self._weeks

    @property
    def bounds(self) -> tuple[float, float]:
        """The exact 95 % bounds of `a_week`."""
        low, high = poisson_bounds(self.pages)
        return low / self._weeks, high / self._weeks


def shards(seed: int, slices: int, hours: float, jobs: int, kind: str) -> list[Shard]:
    """So many hours of quiet traffic altogether, in a shard a job at least."""
    number = max(jobs, math.ceil(hours / SHARD_HOURS))
    seconds = math.ceil(hours * 3600 / number / 60) * 60
    return [Shard(seed + at, slices, seconds, kind) for at in range(number)]


def rest(shard: Shard, settings: Settings, folder: Path | None, rules: Rules) -> Rested:
    """What was paged about the shard; taken from the folder where it was done before. Without trees: a
    forest a slice takes more memory than a thousand slices leave."""
    few = {name: list(chosen) for name, chosen in settings.items() if name != Trees.name}
    file = folder and folder / f"{name_of(shard, few, rules)}.json"
    if file and file.exists():
        return from_json(file.read_text(encoding="utf-8"))
    began = time.process_time()
    stream = quiet(shard.seed, shard.slices, LEARNING + shard.seconds, shard.kind)
    found = watch(stream, few, rules)
    done = Rested(
        len(stream.market.judged),
        time.process_time() - began,
        {name: _watched(result) for name, result in found.items()},
    )
    if file:
        # Written aside first: a run may be ended at any time.
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".part")
        beside.write_text(to_json(done), encoding="utf-8")
        beside.replace(file)
    return done


def name_of(shard: Shard, settings: Settings, rules: Rules) -> str:
    """The shard with a mark of all that its result depends on, the code included: what another
    detector found is no part of this one's result."""
    mark = hashlib.blake2b(repr((sorted(settings.items()), rules)).encode(), digest_size=4)
    for folder in _CODE:
        for file in sorted((_ROOT / folder).rglob("*.py")):
            mark.update(file.read_bytes())
    return f"quiet-{shard.kind}-{shard.seed}-{shard.slices}-{shard.seconds}-{mark.hexdigest()}"


def to_json(rested: Rested) -> str:
    watched = [[*name, asdict(found)] for name, found in rested.watched.items()]
    return json.dumps({"slices": rested.slices, "took": rested.took, "watched": watched})


def from_json(text: str) -> Rested:
    found = json.loads(text)
    watched = {(name, setting): Watched(**was) for name, setting, was in found["watched"]}
    return Rested(found["slices"], found["took"], watched)


def together(many: Sequence[Rested]) -> dict[Name, Rest]:
    """All shards as one."""
    slices = round(sum(rested.slices for rested in many) / len(many))
    rests: dict[Name, Rest] = {}
    for name in many[0].watched:
        parts = [rested.watched[name] for rested in many]
        steps = sum(part.steps for part in parts)
        rests[name] = Rest(
            sum(part.pages for part in parts),
            slices,
            sum(part.seconds for part in parts),
            sum(part.spent for part in parts) / steps,
            sum(rested.took for rested in many) / steps * 3600,
        )
    return rests


def _watched(result: Result) -> Watched:
    return Watched(result.false_pages, result.watched, result.steps, result.spent)
