"""Every detector over one stream, each given the same seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.detect.labels import INCIDENT, Label
from benchmarks.detect.paywatch import Paywatch, Said, counts_of
from benchmarks.detect.rival import Alarm, Rival
from benchmarks.detect.rivals import PLAIN
from benchmarks.detect.scoring import GRACE, Page, Result, score
from benchmarks.detect.streams import Outcomes, Stream
from benchmarks.detect.trees import Trees
from functions.core.detection.state import Rules
from functions.core.troubles.incident import OPENED

RIVALS: Final[tuple[type[Rival], ...]] = (*PLAIN, Trees)

Settings = Mapping[str, Sequence[float]]
"""Name of a rival → the settings to try. Its results are named by both."""

Name = tuple[str, float | None]
"""A detector and its setting; Paywatch has none."""
PAYWATCH: Final[Name] = (Paywatch.name, None)


@dataclass
class _Watched:
    rival: Rival
    alarms: dict[float, Alarm]
    pages: dict[float, list[Page]]
    spent: float = 0.0


@dataclass
class _Exposure:
    """The attempts of the incidents' slices, second by second from onset."""

    labels: list[Label]
    seconds: dict[Label, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.labels = [label for label in self.labels if label.kind == INCIDENT]
        self.seconds = {label: [] for label in self.labels}

    def add(self, second: int, slices: Mapping[str, Outcomes]) -> None:
        for label in self.labels:
            if label.onset <= second <= label.end + GRACE:
                self.seconds[label].append(sum(slices.get(label.slice, ())))


def watch(stream: Stream, settings: Settings, rules: Rules) -> dict[Name, Result]:
    """The result of Paywatch by these rules, and of every rival that has settings."""
    paywatch, spent = Paywatch(rules), 0.0
    said: list[Said] = []
    watched = [
        _Watched(kind(), {s: Alarm(s) for s in chosen}, {s: [] for s in chosen})
        for kind in RIVALS
        if (chosen := settings.get(kind.name))
    ]
    exposure = _Exposure(list(stream.labels))
    clock = time.perf_counter
    for second, slices in stream.seconds():
        exposure.add(second, slices)
        counts = {key: counts_of(outcomes) for key, outcomes in slices.items()}
        began = clock()
        said += paywatch.second(second, counts)
        spent += clock() - began
        pairs = {key: (sum(out), out[1] + out[2] + out[3]) for key, out in slices.items()}
        for item in watched:
            began = clock()
            levels = item.rival.levels(second, pairs)
            item.spent += clock() - began
            if levels:
                for setting, alarm in item.alarms.items():
                    item.pages[setting] += [
                        Page(second, key) for key in alarm.second(second, levels)
                    ]

    def scored(pages: Sequence[Page], took: float) -> Result:
        result = score(stream.labels, pages, exposure.seconds, stream.learned, stream.end)
        return replace(result, spent=took, steps=stream.end - stream.start)

    results: dict[Name, Result] = {PAYWATCH: scored(pages_of(said), spent)}
    for item in watched:
        for setting, pages in item.pages.items():
            results[item.rival.name, setting] = scored(pages, item.spent)
    return results


def pages_of(said: Sequence[Said]) -> list[Page]:
    """Paywatch's pages: what opened, with the slice that the last update of its thread named."""
    settled = {item.ident: item.slice for item in said}
    return [
        Page(item.second, item.slice, settled[item.ident])
        for item in said
        if item.transition == OPENED
    ]
