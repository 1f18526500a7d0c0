"""Every detector over one stream, each given the same seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from benchmarks.detect.forecast import Forecast
from benchmarks.detect.labels import Label
from benchmarks.detect.paywatch import Paywatch, Said
from benchmarks.detect.rival import Alarm, Rival
from benchmarks.detect.rivals import PLAIN
from benchmarks.detect.scoring import GRACE, Page, Result, score
from benchmarks.detect.streams import Minute, Stream
from benchmarks.detect.trees import Trees
from functions.core.detection.state import Rules
from functions.core.troubles.incident import OPENED

RIVALS: Final[tuple[type[Rival], ...]] = (*PLAIN, Trees, Forecast)

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


class _Exposure:
    """The attempts of the faults' slices, second by second from onset, whether they are counted or
    not."""

    def __init__(self, stream: Stream) -> None:
        self._market = stream.market
        self.seconds: dict[Label, list[int]] = {
            label: [] for label in stream.labels if label.is_fault
        }

    def add(self, minute: Minute) -> None:
        start, end = minute.start, minute.start + len(minute.leaves)
        for label, found in self.seconds.items():
            first, last = max(start, label.onset), min(end, label.end + GRACE + 1)
            if first < last:
                rows = minute.leaves[first - start : last - start, self._market.inside(label.slice)]
                found += np.sum(rows, axis=(1, 2)).tolist()


def watch(stream: Stream, settings: Settings, rules: Rules) -> dict[Name, Result]:
    """The result of Paywatch by these rules, and of every rival that has settings."""
    paywatch, spent = Paywatch(rules), 0.0
    said: list[Said] = []
    watched = [
        _Watched(kind(), {s: kind.alarm(s) for s in chosen}, {s: [] for s in chosen})
        for kind in RIVALS
        if (chosen := settings.get(kind.name))
    ]
    exposure = _Exposure(stream)
    clock = time.process_time
    for minute in stream.minutes():
        exposure.add(minute)
        for second, counts, pairs in stream.told(minute, bool(watched)):
            failing = stream.failing(minute, second - minute.start)
            began = clock()
            said += paywatch.second(second, counts, failing)
            spent += clock() - began
            for item in watched:
                began = clock()
                levels = item.rival.levels(second, pairs)
                item.spent += clock() - began
                if levels:
                    for setting, alarm in item.alarms.items():
                        item.pages[setting] += [
                            Page(second, key) for key in alarm.second(second, levels)
                        ]

    alike = cache(stream.market.is_equal)

    def scored(pages: Sequence[Page], took: float) -> Result:
        result = score(stream.labels, pages, exposure.seconds, stream.learned, stream.end, alike)
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
        Page(item.second, item.slice, settled[item.ident], item.signal, item.also)
        for item in said
        if item.transition == OPENED
    ]
