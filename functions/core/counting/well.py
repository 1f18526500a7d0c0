"""Payments that went well, counted by column: nearly all are, and one by one each takes several times as
long.

What `Tally.add` does for one, `add_well` does for many: a column for each dimension, counted with
`collections.Counter`, which takes 0.08 µs a payment and slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final

from functions.core.counting.counts import NONE, one, speed
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import ALL, Slice, Slicing, slice_key
from functions.core.counting.tally import Bucket, Tally
from functions.core.payments.event import Payment

APPROVED: Final = one("approved", "")


def is_well(payment: Payment) -> bool:
    """Whether `add_well` counts it."""
    return payment.status == "approved" and payment.count == 1


def add_well(tally: Tally, payments: Iterable[Payment], slicing: Slicing) -> None:
    """Count these payments, of each of which `is_well` is true, as `tally.add` does."""
    seconds: dict[int, list[Payment]] = {}
    for payment in payments:
        second = payment.timestamp_ms // 1000
        found = seconds.get(second)
        if found is None:
            seconds[second] = [payment]
        else:
            found.append(payment)
    for second, group in seconds.items():
        bucket = tally.bucket(second)
        if len(group) < _FEW:
            for payment in group:
                tally.add(payment, "", slicing)
        else:
            _add(bucket, group, slicing)


_FEW: Final = 8
"""Payments of a second that take longer by column."""


def _add(bucket: Bucket, payments: Sequence[Payment], slicing: Slicing) -> None:
    names, values_of, combinations = _columns(slicing)
    columns = list(zip(*map(values_of, payments), strict=True)) if names else []
    speeds = _add_latencies(bucket, payments)
    slices = bucket.slices
    if speeds is None:
        slices[ALL] = slices.get(ALL, NONE) + APPROVED * len(payments)
    else:
        for added, number in Counter(speeds).items():
            slices[ALL] = slices.get(ALL, NONE) + _UNITS[added] * number
    is_there = [column.count(None) < len(column) for column in columns]
    for combination, places in combinations:
        if not all(is_there[place] for place in places):
            continue
        values: Iterable[Any] = zip(*[columns[place] for place in places], strict=True)
        if len(places) == 1:
            values = columns[places[0]]
        if speeds is None:
            for value, number in Counter(values).items():
                key = _key(combination, value)
                if key is not None:
                    slices[key] = slices.get(key, NONE) + APPROVED * number
        else:
            for (value, added), number in Counter(zip(values, speeds, strict=True)).items():
                key = _key(combination, value)
                if key is not None:
                    slices[key] = slices.get(key, NONE) + _UNITS[added] * number


def _add_latencies(bucket: Bucket, payments: Sequence[Payment]) -> list[int] | None:
    """Count the latencies; which of _UNITS each payment adds to its slices, None where all add the
    first."""
    latencies = [payment.latency_ms for payment in payments]
    if latencies.count(None) == len(latencies):
        return None
    given = (latency_index(ms) for ms in latencies if ms is not None)
    for index, number in Counter(given).items():
        bucket.latency[index] = bucket.latency.get(index, 0) + number
    return [0 if ms is None else _unit(speed(ms)) for ms in latencies]


_UNITS: Final = [APPROVED]
_PLACES: Final[dict[int, int]] = {}


def _unit(speed_counts: int) -> int:
    """The place in _UNITS of an approved payment of that speed."""
    place = _PLACES.get(speed_counts)
    if place is None:
        place = _PLACES[speed_counts] = len(_UNITS)
        _UNITS.append(APPROVED + speed_counts)
    return place


@cache
def _columns(
    slicing: Slicing,
) -> tuple[tuple[str, ...], Callable[[Payment], Any], list[tuple[tuple[str, ...], list[int]]]]:
    """The dimensions of the slicing, what gives a payment's values of them, and where those of each
    combination stand."""
    names = tuple(sorted({name for combination in slicing for name in combination}))
    getter: Callable[[Payment], Any] = attrgetter(*names) if names else lambda _: ()
    values_of = getter if len(names) != 1 else lambda payment: (getter(payment),)
    places = [(combination, [names.index(name) for name in combination]) for combination in slicing]
    return names, values_of, places


@lru_cache(maxsize=65536)
def _key(names: tuple[str, ...], values: Any) -> Slice | None:
    """The slice of these values (one alone, or a tuple); None where one is absent."""
    given = values if len(names) > 1 else (values,)
    if None in given:
        return None
    return slice_key(dict(zip(names, given, strict=True)))
