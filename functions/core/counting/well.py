"""Payments that went well, counted by column: nearly all are, and one by one each takes several times as
long.

What `Tally.add` does for one, `add_well` does for many: a column for each dimension, counted with
`collections.Counter`, which takes 0.08 µs a payment and slice.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final

from functions.core.counting.counts import NONE, SPEEDS, Counts, one, speed
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import ALL, Slice, Slicing, slice_key
from functions.core.counting.tally import Tally
from functions.core.payments.event import Payment

APPROVED: Final = one("approved", "")


def add_well(tally: Tally, payments: Iterable[Payment], slicing: Slicing) -> None:
    """Count these payments, of each of which `is_well` is true, as `tally.add` does."""
    groups: dict[int, list[Payment]] = {}
    latencies: dict[int, list[float]] = {}
    for payment in payments:
        second, latency = payment.timestamp_ms // 1000, payment.latency_ms
        group = second * _OF_SECOND
        if latency is not None:
            group += bisect_left(SPEEDS, latency)
            known = latencies.get(second)
            if known is None:
                latencies[second] = [latency]
            else:
                known.append(latency)
        else:
            group += _NO_LATENCY
        found = groups.get(group)
        if found is None:
            groups[group] = [payment]
        else:
            found.append(payment)
    for group, alike in groups.items():
        second, place = divmod(group, _OF_SECOND)
        _add(tally.bucket(second).slices, alike, _COUNTS[place], slicing)
    for second, found_latencies in latencies.items():
        sketch = tally.bucket(second).latency
        for index, number in Counter(map(latency_index, found_latencies)).items():
            sketch[index] = sketch.get(index, 0) + number


_COUNTS: Final = (*(APPROVED + speed(bound) for bound in (*SPEEDS, math.inf)), APPROVED)
"""The counts of an approved payment, by its latency field; last of one without a latency."""
_OF_SECOND: Final = len(_COUNTS)
_NO_LATENCY: Final = _OF_SECOND - 1


def _add(
    slices: dict[Slice, Counts], payments: Sequence[Payment], counts: Counts, slicing: Slicing
) -> None:
    """Count payments of one second, of these counts each."""
    slices[ALL] = slices.get(ALL, NONE) + counts * len(payments)
    names, values_of, combinations = _columns(slicing)
    columns = list(zip(*map(values_of, payments), strict=True)) if names else []
    is_there = [column.count(None) < len(column) for column in columns]
    for combination, places in combinations:
        if not all(is_there[place] for place in places):
            continue
        values: Iterable[Any] = (
            columns[places[0]]
            if len(places) == 1
            else zip(*[columns[place] for place in places], strict=True)
        )
        for value, number in Counter(values).items():
            key = _key(combination, value)
            if key is not None:
                slices[key] = slices.get(key, NONE) + counts * number


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
