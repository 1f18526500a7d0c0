"""Thresholds that lie above what is usual, for those that lie below it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from functions.core.counting.signals import Threshold

ROOM: Final = 1.25
"""Times what is usual that a warning is proposed at."""


def raised(
    thresholds: Mapping[str, Threshold], usual: Mapping[str, float]
) -> Mapping[str, Threshold]:
    """The thresholds; of each signal whose usual rate (a share of all traffic's attempts) lies above
    its warning, one with room above it."""
    found = dict(thresholds)
    for signal, rate in usual.items():
        if signal in found and rate > found[signal].warning:
            warning = _round_up(ROOM * rate)
            found[signal] = Threshold(warning, min(0.99, 2 * warning))
    return found


def _round_up(share: float) -> float:
    """To two digits, for people."""
    digits = 1 - math.floor(math.log10(share))
    scale = 10.0**digits
    return min(0.9, math.ceil(share * scale) / scale)
