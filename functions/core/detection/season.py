"""The same hour on other days: what recurs by time of day or weekday is no news.

Kept are the counts of the last week by hour, of the largest slices. A night batch that always fails
more, or a shop that closes at ten, is known after three days; the same weekday counts double where more
are known. They are noted when a cell leaves the memory: by then it is known what was wrong in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median_low
from types import MappingProxyType
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
    hours: Mapping[int, Counts],
    second: int,
    tuning: NormalTuning = NormalTuning(),
    held: Mapping[int, Counts] = MappingProxyType({}),
) -> Season | None:
    """What was usual at this hour on the days before; None of too few. An hour without
    payments, after the slice's first, was one of none.

    hours: without what was held back; held: what was. Payments are payments, held back or not. A rate is
    usual that the lower median of the days shows, of what was not held back: with three days one of them
    says nothing, nor do two of four. And what recurs is usual, held back or not: on each of the last days
    as much, and held back in few other hours.
    """
    hour, first = second // HOUR, min((*hours, *held), default=second)
    days = [day for day in range(1, 8) if hour - 24 * day >= first]
    if len(days) < tuning.fewest_days:
        return None
    # Where three other days are seen, one that counts double has no majority in either direction.
    times = {7: 2} if len(days) > tuning.fewest_days else {}
    seen = [
        (hours.get(at, NONE), held.get(at, NONE), times.get(day, 1))
        for day in days
        for at in (hour - 24 * day,)
    ]
    volumes = [attempts(own) + attempts(kept) for own, kept, n in seen for _ in range(n)]
    large = [(own, n) for own, _, n in seen if attempts(own) >= tuning.seasonal_attempts]
    recurring = [own + kept for own, kept, _ in seen[: tuning.fewest_days]]
    recurs = _comes_and_goes(held, hour, tuning) and all(
        attempts(came) >= tuning.seasonal_attempts for came in recurring
    )
    rates: dict[str, float | None] = {}
    for signal in RATES:
        values = [blamed(own, signal) / attempts(own) for own, n in large for _ in range(n)]
        usual = median_low(values) if len(large) >= tuning.fewest_days else None
        if recurs:
            again = min(blamed(came, signal) / attempts(came) for came in recurring)
            usual = max(usual or 0.0, again)
        rates[signal] = usual
    return Season(median_low(volumes) / HOUR, rates)


def _comes_and_goes(held: Mapping[int, Counts], hour: int, tuning: NormalTuning) -> bool:
    """Whether something was held back in few hours of the last days: an incident that lasts for days
    recurs at no hour. On days on which it was known already, nothing was."""
    back = 24 * tuning.fewest_days
    return sum(at in held for at in range(hour - back, hour)) <= tuning.seldom * back


def noted(
    hours: Hours,
    held_hours: Hours,
    start: int,
    clean: Mapping[str, Counts],
    held: Mapping[str, Counts],
    tuning: NormalTuning = NormalTuning(),
) -> tuple[Hours, Hours]:
    """The hours, without and with only what was held back, with the counts of a cell that began at
    `start`."""
    hour = start // HOUR
    after, held_after = _added(hours, hour, clean), _added(held_hours, hour, held)
    known = after.keys() | held_after.keys()
    if len(known) > tuning.most_seasonal:
        size = {
            key: sum(map(attempts, after.get(key, {}).values()))
            + sum(map(attempts, held_after.get(key, {}).values()))
            for key in known
        }
        order = sorted(known, key=lambda key: (size[key], key))
        for key in order[: len(known) - tuning.most_seasonal]:
            after.pop(key, None)
            held_after.pop(key, None)
    return after, held_after


def _added(
    hours: Hours, hour: int, counts: Mapping[str, Counts]
) -> dict[str, Mapping[int, Counts]]:
    after = dict(hours)
    for key, came in counts.items():
        by_hour = dict(after.get(key, {}))
        if hour not in by_hour:
            by_hour = {at: held for at, held in by_hour.items() if at >= hour - HOURS}
        by_hour[hour] = by_hour.get(hour, NONE) + came
        after[key] = by_hour
    return after
