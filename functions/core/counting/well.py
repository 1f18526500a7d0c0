"""Payments that went well, counted by column: nearly all are, and one by one each takes several times as
long.

What `Tally.add` does for one, `add_well` does for many: a column for each dimension, counted with
`collections.Counter`, which takes 0.08 µs a payment and slice.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from functions.core.counting.counts import NONE, SPEEDS, Counts, one, speed
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import ALL, Slice, Slicing, places_of, slice_of, values_of
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
    columns = list(zip(*map(values_of(slicing), payments), strict=True))
    is_there = [column.count(None) < len(column) for column in columns]
    for names, places in places_of(slicing):
        if not all(is_there[place] for place in places):
            continue
        some = [columns[place] for place in places]
        # A text keeps its hash, which a tuple of one does not.
        came: Iterable[Any] = some[0] if len(some) == 1 else zip(*some, strict=True)
        for values, number in Counter(came).items():
            key = slice_of(names, (values,) if len(some) == 1 else values)
            if key is not None:
                slices[key] = slices.get(key, NONE) + counts * number
