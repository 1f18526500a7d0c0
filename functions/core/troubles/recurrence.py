"""What recurs by the clock at a merchant: renewals at night, a batch of invoices on the hour.

The first time it is told like any other trouble. From the second time on it is recorded and wakes
nobody, as long as it begins when it did a day or some days before, is over by when it was, and is no
worse. Only a merchant has such habits: what fails at a gateway or an issuer each night fails each
night.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from functions.core.counting.signals import SIGNALS, is_rate
from functions.core.counting.slices import Slice, dimensions, refines
from functions.core.troubles.recovery import Followed, mean_while_ill
from functions.core.troubles.severity import Verdict

DAY: Final = 86_400


class RecurrenceTuning(msgspec.Struct, frozen=True):
    """When is a trouble what a merchant does at this time of day? (recurrence.py)

    near_seconds: it begins and ends so near to when it did (seconds).
    no_worse: it surely has so many times the rate that it had, at most.
    days: that it is remembered for.
    most: that are remembered.
    """

    near_seconds: Annotated[int, msgspec.Meta(ge=1)] = 900
    no_worse: Annotated[float, msgspec.Meta(gt=0.0)] = 1.25
    days: Annotated[int, msgspec.Meta(ge=1)] = 8
    most: Annotated[int, msgspec.Meta(ge=1)] = 256


class Recurrence(msgspec.Struct, frozen=True, array_like=True):
    """A trouble that a merchant had in [began, ended), seconds since the epoch, and that may come
    again. rate: the share of attempts, over the time that it was ill."""

    slice: Slice
    trouble: str
    began: int
    ended: int
    rate: float


def remembered(
    recurrences: Sequence[Recurrence],
    closed: Sequence[Followed],
    tuning: RecurrenceTuning = RecurrenceTuning(),
) -> tuple[Recurrence, ...]:
    """With those incidents of a merchant that are over; without what is too old."""
    new = [
        Recurrence(
            item.incident.slice,
            SIGNALS[item.incident.signal].trouble,
            item.incident.stands_since,
            item.incident.closed_at,
            mean_while_ill(item),
        )
        for item in closed
        if is_rate(item.incident.signal) and "merchant" in dimensions(item.incident.slice)
    ]
    if not new:
        return tuple(recurrences)
    oldest = max(one.ended for one in new) - tuning.days * DAY
    kept = [one for one in (*recurrences, *new) if one.ended > oldest]
    return tuple(kept[-tuning.most :])


def recurs(
    recurrences: Sequence[Recurrence],
    verdict: Verdict,
    began: int,
    now: int,
    tuning: RecurrenceTuning = RecurrenceTuning(),
) -> bool:
    """Whether what stands out since `began` is what was there at this time some days before."""
    return any(
        _is_alike(one, verdict, tuning) and _is_on_time(one, began, now, tuning)
        for one in recurrences
    )


def _is_alike(one: Recurrence, verdict: Verdict, tuning: RecurrenceTuning) -> bool:
    return (
        one.trouble == SIGNALS[verdict.signal].trouble
        and refines(verdict.slice, one.slice)
        and verdict.at_least <= tuning.no_worse * one.rate
    )


def _is_on_time(one: Recurrence, began: int, now: int, tuning: RecurrenceTuning) -> bool:
    later = round((began - one.began) / DAY) * DAY
    return (
        later > 0
        and abs(began - one.began - later) <= tuning.near_seconds
        and now <= one.ended + later + tuning.near_seconds
    )
