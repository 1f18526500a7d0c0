"""What the rates of all traffic usually are, minute by minute, as an alarm would see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from functions.core.counting.confidence import SURE, lower_bound
from functions.core.counting.counts import Counts, attempts, events
from functions.core.counting.signals import RATES

OFTEN: Final = 0.99
"""Of a hundred minutes in which all is well, so many are to lie below a threshold."""
_STEP: Final = 0.001


class UsualRates:
    """Minutes by signal and rate, to a tenth of a per cent: their number does not grow with time."""

    def __init__(self) -> None:
        self._minutes: dict[str, Counter[int]] = {signal: Counter() for signal in RATES}

    def add(self, counts: Counts, ill: Collection[str]) -> None:
        """A minute of all traffic. ill: signals of which something is wrong in it."""
        total = attempts(counts)
        if not total:
            return
        for signal, minutes in self._minutes.items():
            if signal not in ill:
                shown = events(counts, signal)
                minutes[round(lower_bound(shown, total, SURE) / _STEP) if shown else 0] += 1

    def rates(self) -> Mapping[str, float]:
        """By signal, the share of the attempts that only one well minute in a hundred surely exceeds."""
        return {
            signal: _quantile(minutes, OFTEN) * _STEP
            for signal, minutes in self._minutes.items()
            if minutes
        }


def _quantile(minutes: Counter[int], share: float) -> int:
    rank, seen = share * minutes.total(), 0
    for step in sorted(minutes):
        seen += minutes[step]
        if seen >= rank:
            return step
    return max(minutes)
