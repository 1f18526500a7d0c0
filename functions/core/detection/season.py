"""The same hour on other days: what recurs by time of day or weekday is no news.

Kept are the counts of the last week by hour, of the largest slices. A night batch that always fails
more, or a shop that closes at ten, is known after two days; the same weekday counts double.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts, attempts, blamed
from functions.core.counting.signals import RATES
from functions.core.detection.tuning import NormalTuning

HOUR: Final = 3600
HOURS: Final = 168
"""A week: the days before that are looked at are those of one."""

Hours = Mapping[str, Mapping[int, Counts]]
"""Slice → hour since the epoch → counts, of the last HOURS hours."""


class Season(msgspec.Struct, frozen=True):
    """What is usual at an hour: attempts a second; rates by signal, None where too few attempts
    were seen to tell."""

    attempts: float
    rates: Mapping[str, float | None]


def season(
    hours: Mapping[int, Counts], second: int, tuning: NormalTuning = NormalTuning()
) -> Season | None:
    """What was usual at this hour on the days before; None of too few. An hour without
    payments, after the slice's first, was one of none."""
    hour, first = second // HOUR, min(hours, default=second)
    seen = [
        (hours.get(hour - 24 * day, NONE), 2 if day == 7 else 1)
        for day in range(1, 8)
        if hour - 24 * day >= first
    ]
    if len(seen) < tuning.fewest_days:
        return None
    volumes = [attempts(counts) for counts, times in seen for _ in range(times)]
    large = [item for item in seen if attempts(item[0]) >= tuning.seasonal_attempts]
    rates: dict[str, float | None] = {}
    for signal in RATES:
        values = [blamed(c, signal) / attempts(c) for c, times in large for _ in range(times)]
        rates[signal] = median(values) if len(large) >= tuning.fewest_days else None
    return Season(median(volumes) / HOUR, rates)


def noted(
    hours: Hours, start: int, counts: Mapping[str, Counts], tuning: NormalTuning = NormalTuning()
) -> Hours:
    """The hours with the counts of a cell that began at `start`."""
    hour = start // HOUR
    after = dict(hours)
    for key, came in counts.items():
        by_hour = dict(after.get(key, {}))
        if hour not in by_hour:
            by_hour = {at: held for at, held in by_hour.items() if at >= hour - HOURS}
        by_hour[hour] = by_hour.get(hour, NONE) + came
        after[key] = by_hour
    if len(after) > tuning.most_seasonal:
        size = {key: sum(map(attempts, by_hour.values())) for key, by_hour in after.items()}
        for key in sorted(after, key=lambda key: (size[key], key))[
            : len(after) - tuning.most_seasonal
        ]:
            del after[key]
    return after
