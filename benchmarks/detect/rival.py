"""What every rival is: a level for each slice, and an alarm that compares it with a setting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import ClassVar, Final

from functions.core.counting.slices import disjoint

RECOVERED: Final = 120
"""Seconds below its setting after which a slice may page again."""

Pairs = Mapping[str, tuple[int, int]]
"""Slice → attempts and events of one second."""


class Alarm:
    """One setting of a rival: which slices page now."""

    def __init__(self, setting: float) -> None:
        self._setting = setting
        self._above: dict[str, int] = {}

    def second(self, second: int, levels: Mapping[str, float]) -> list[str]:
        above, pages = self._above, []
        for key, level in levels.items():
            if level >= self._setting:
                last = above.get(key)
                if last is None or second - last > RECOVERED:
                    pages.append(key)
                above[key] = second
        return pages

    def is_open(self, key: str, second: int) -> bool:
        """Whether the slice is above, or was until lately: it pages no more for now."""
        last = self._above.get(key)
        return last is not None and second - last <= RECOVERED


class StrongestAlarm(Alarm):
    """The same, but of the slices that share payments only the one with the highest level pages, and
    none while another one of them is above or was until lately."""

    def second(self, second: int, levels: Mapping[str, float]) -> list[str]:
        above = {key: level for key, level in levels.items() if level >= self._setting}
        if not above:
            return []
        self._above = {key: last for key, last in self._above.items() if second - last <= RECOVERED}
        busy = list(self._above)
        pages: list[str] = []
        for key in sorted(above, key=lambda key: (-above[key], key)):
            if all(disjoint(key, other) for other in (*busy, *pages)):
                pages.append(key)
        # All that stand out are of the trouble that was told: they keep it open.
        self._above.update(dict.fromkeys(above, second))
        return pages


class Rival(ABC):
    """settings: what the level is compared with, the most sensitive first; default: as the source
    has it. alarm: who compares. Whatever `levels` does not name is below every setting."""

    name: ClassVar[str]
    setting: ClassVar[str]
    default: ClassVar[float]
    settings: ClassVar[tuple[float, ...]]
    alarm: ClassVar[type[Alarm]] = Alarm

    @abstractmethod
    def levels(self, second: int, counts: Pairs) -> Mapping[str, float] | None:
        """The level of each slice after this second; None when nothing is looked at now."""


class Rolling:
    """Sums over the last `width` seconds by slice: [attempts, events]."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._held: deque[tuple[int, Pairs]] = deque()
        self.sums: dict[str, list[int]] = {}

    def add(self, second: int, counts: Pairs) -> dict[str, list[int]]:
        sums, held = self.sums, self._held
        held.append((second, counts))
        for key, (attempts, events) in counts.items():
            total = sums.get(key)
            if total is None:
                sums[key] = [attempts, events]
            else:
                total[0] += attempts
                total[1] += events
        while held[0][0] <= second - self._width:
            for key, (attempts, events) in held.popleft()[1].items():
                total = sums[key]
                total[0] -= attempts
                total[1] -= events
        return sums
