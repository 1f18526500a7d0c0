"""Surges: a sale, a nightly batch. What comes of a slice is many times what usually came, since lately.

When it is over, what came before is what is to be expected, and not the surge: its end is no loss. Where the
hours of some days are known they say so themselves (functions/core/detection/season.py); this is for a
history that is shorter. What falls below the level of before is missing, in a surge or after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from functions.core.counting.slices import Slice
from functions.core.detection.tuning import VolumeTuning


class Surge(msgspec.Struct, frozen=True, array_like=True):
    """since: second that it was noticed; before: attempts a second that usually came until then."""

    since: int
    before: float


Surges = Mapping[Slice, Surge]


def surging(
    known: Surges,
    lately: Mapping[Slice, float],
    usually: Callable[[Slice], float],
    second: int,
    tuning: VolumeTuning,
) -> dict[Slice, Surge]:
    """The surges as of `second`. lately, usually: attempts a second of the last minutes, and of the half hour
    before them. A slice that comes for the first time surges from nothing."""
    found: dict[Slice, Surge] = {}
    for key, rate in lately.items():
        if rate * 60 < tuning.fewest_expected:
            continue
        surge = known.get(key) or Surge(second, usually(key))
        if rate > tuning.surges * surge.before and second - surge.since < tuning.surge_seconds:
            found[key] = surge
    return found
