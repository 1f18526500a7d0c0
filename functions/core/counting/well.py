"""Payments that went well, held and counted by column: nearly all are, and one by one each takes several
times as long.

What `Tally.add` does for one, `add_well` does for many: they are grouped by second and latency field, and
of each combination of dimensions it is counted how often which values come with which group.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, product
from math import isnan, nan
from typing import Any, Final

from functions.core.counting.counts import NONE, SPEEDS, one, speed
from functions.core.counting.latency import INDEX_BOUNDS, MOST_INDEXES, latency_index
from functions.core.counting.marks import payment_mark, payment_marks
from functions.core.counting.slices import (
    ALL,
    Slicing,
    keys_of,
    names_of,
    values_of,
)
from functions.core.counting.tally import Tally
from functions.core.payments.event import Payment
from functions.core.payments.readers import Rows, meaning

APPROVED: Final = one("approved", "")


def is_well(payment: Payment) -> bool:
    """Whether it is a single payment that went well, as nearly all are."""
    return payment.status == "approved" and payment.count == 1


def well_rows(rows: Rows) -> list[bool]:
    """Of each row whether `is_well` is true of it and it counts; not of one that was read by itself."""
    found = [status == "approved" for status in rows.column("status")]
    counts, tests = rows.column("count"), rows.column("is_test")
    if counts.count(1) < rows.size or tests.count(False) < rows.size:
        alone = zip(found, counts, tests, strict=True)
        found = [well and count == 1 and not test for well, count, test in alone]
    for row in rows.apart:
        if rows.start <= row < rows.stop:
            found[row - rows.start] = False
    return found


_MERCHANT: Final = meaning("merchant")


class Numbering(dict[Any, int]):
    """A dimension's values as they come → the number of what they mean. met: what they mean, numbered from 0
    in the order it came."""

    def __init__(self, name: str) -> None:
        self._meaning = meaning(name)
        self.met: dict[str | None, int] = {}

    def __missing__(self, came: Any) -> int:
        self[came] = number = self.number(self._meaning(came))
        return number

    def number(self, value: str | None) -> int:
        return self.met.setdefault(value, len(self.met))


class Well:
    """Single payments that went well, by column, in the order they came: their marks, times in ms since the
    epoch, and latencies in ms, NaN where there is none. numberings, which: by dimension of the slicing, in
    the order of their names: its values, and the number of that which each payment has.

    Nothing is kept of them but numbers, so that what they were read from makes room for what comes next.
    """

    def __init__(self, slicing: Slicing) -> None:
        self.slicing = slicing
        self.marks = bytearray()
        self.times = array("q")
        self.latencies = array("d")
        self.numberings = [Numbering(name) for name in names_of(slicing)]
        self.which: list[list[int]] = [[] for _ in self.numberings]

    def __len__(self) -> int:
        return len(self.times)

    def add(self, payment: Payment) -> None:
        self.marks += payment_mark(payment)
        self.times.append(payment.timestamp_ms)
        self.latencies.append(nan if payment.latency_ms is None else payment.latency_ms)
        values = values_of(self.slicing)(payment)
        for which, numbering, value in zip(self.which, self.numberings, values, strict=True):
            which.append(numbering.number(value))

    def take(self, rows: Rows, well: Sequence[bool]) -> None:
        """Add those of the rows that went well."""
        ids = list(compress(rows.column("transaction_id"), well))
        if not ids:
            return
        merchants = list(map(_MERCHANT, compress(rows.column("merchant"), well)))
        self.marks += payment_marks(ids, merchants)
        self.times.extend(compress(rows.column("timestamp_ms"), well))
        latencies = rows.column("latency_ms")
        if None in latencies:
            latencies = [nan if ms is None else ms for ms in latencies]
        self.latencies.extend(compress(latencies, well))
        names = names_of(self.slicing)
        for which, numbering, name in zip(self.which, self.numberings, names, strict=True):
            column = rows.column(name)
            if column[0] is None and column.count(None) == len(column):
                which += [numbering.number(None)] * len(ids)
            else:
                which += map(numbering.__getitem__, compress(column, well))

    @property
    def without_latency(self) -> bool:
        """Whether none has any."""
        return all(map(isnan, self.latencies))

    def most_cells(self, start: int) -> int:
        """How many cells of a tally those from `start` on can fill at most."""
        times = self.times[start:]
        if not times:
            return 0
        seconds = min(len(times), (max(times) - min(times)) // 1000 + 2)
        values = [
            math.prod(len(self.numberings[place].met) for place in places)
            for places, _ in keys_of(self.slicing)
        ]
        slices = sum(min(len(times), seconds * number) for number in values)
        return seconds + slices + min(len(times), seconds * MOST_INDEXES)


def add_well(tally: Tally, well: Well, start: int = 0) -> None:
    """Count these payments from the one at `start` on, as `tally.add` does."""
    if start == len(well):
        return
    groups, column = _grouped(tally, well, start)
    table = _Table(column, len(groups), well, start)
    into = [tally.bucket(second).slices for second, _ in groups]
    counts = [_COUNTS[place] for _, place in groups]
    for slices, one_counts, size in zip(into, counts, groups.values(), strict=True):
        slices[ALL] = slices.get(ALL, NONE) + one_counts * size
    for places, keys in keys_of(well.slicing):
        for values, group, number in table.counted(places):
            key = keys[values]
            if key is not None:
                slices = into[group]
                slices[key] = slices.get(key, NONE) + counts[group] * number


def _grouped(
    tally: Tally, well: Well, start: int
) -> tuple[Mapping[tuple[int, int], int], Sequence[int]]:
    """Each second and latency field that payments from `start` on have, with their number, and of each
    payment which of these it is in. Enters their latencies into the tally."""
    # Counted from the first one's second: such numbers are small, and worked with in half the time.
    first = well.times[start] // 1000
    since_ms = first * 1000
    cells = [
        (at - since_ms) // 1000 * _OF_SECOND
        + (bisect_left(_LATENCIES, ms) if ms == ms else _NO_LATENCY)
        for at, ms in zip(well.times[start:], well.latencies[start:], strict=True)
    ]
    groups: Counter[tuple[int, int]] = Counter()
    group_of: dict[int, tuple[int, int]] = {}
    for cell, number in Counter(cells).items():
        after, place = divmod(cell, _OF_SECOND)
        second = first + after
        group_of[cell] = second, _SPEED_OF[place]
        groups[group_of[cell]] += number
        if (index := _INDEX_OF[place]) is not None:
            sketch = tally.bucket(second).latency
            sketch[index] = sketch.get(index, 0) + number
    numbers = {group: number for number, group in enumerate(groups)}
    number_of = {cell: numbers[group] for cell, group in group_of.items()}
    return groups, [number_of[cell] for cell in cells]


_COUNTS: Final = (*(APPROVED + speed(bound) for bound in (*SPEEDS, math.inf)), APPROVED)
"""The counts of an approved payment, by its latency field; last of one without a latency."""
_LATENCIES: Final = sorted({*SPEEDS, *INDEX_BOUNDS})
"""Bounds of latency fields and of a sketch's buckets: what lies between two is in one of each."""
_NO_LATENCY: Final = len(_LATENCIES) + 1
_OF_SECOND: Final = _NO_LATENCY + 1
_SPEED_OF: Final = [bisect_left(SPEEDS, ms) for ms in (*_LATENCIES, math.inf)] + [len(SPEEDS) + 1]
_INDEX_OF: Final[list[int | None]] = [*map(latency_index, (*_LATENCIES, math.inf)), None]
"""By place among these bounds, last of no latency: the latency field, and the sketch's bucket."""


class _Table:
    """Payments by the number of their group, of which there are so many, and of their values.

    Columns of numbers below 256 are held as one number each, in base 256, a digit a payment. So a column
    times a number, and a column plus another, are one operation for all payments, as long as no digit
    overflows; and bytes know how often they hold a digit (docs/decisions/0031).
    """

    def __init__(self, groups: Sequence[int], size: int, well: Well, start: int) -> None:
        self._groups = groups
        self._size = size
        self._values = [[*numbering.met] for numbering in well.numberings]
        self._which = [which[start:] for which in well.which]
        self._numbers: dict[int, int] = {}

    def counted(self, places: Sequence[int]) -> Iterator[tuple[Any, int, int]]:
        """Values of these dimensions and a group that came together, and how often. The value of a single
        dimension stands for itself."""
        values = [self._values[place] for place in places]
        if any(len(found) == 1 and found[0] is None for found in values):
            return
        if self._size * math.prod(map(len, values)) > _BASE:
            yield from self._counted_by_row(places)
            return
        column, size = self._number(_GROUPS), self._size
        for place, found in zip(reversed(places), reversed(values), strict=True):
            column += self._number(place) * size
            size *= len(found)
        count = column.to_bytes(len(self._groups), "little").count
        digit = 0
        for came in values[0] if len(values) == 1 else product(*values):
            for group in range(self._size):
                if number := count(digit):
                    yield came, group, number
                digit += 1

    def _counted_by_row(self, places: Sequence[int]) -> Iterator[tuple[Any, int, int]]:
        columns = [self._which[place] for place in places]
        values = [self._values[place] for place in places]
        for came, number in Counter(zip(self._groups, *columns, strict=True)).items():
            if len(came) == 2:
                yield values[0][came[1]], came[0], number
            else:
                codes = zip(values, came[1:], strict=True)
                yield tuple([of[code] for of, code in codes]), came[0], number

    def _number(self, place: int) -> int:
        found = self._numbers.get(place)
        if found is None:
            column = self._groups if place == _GROUPS else self._which[place]
            found = self._numbers[place] = int.from_bytes(bytes(column), "little")
        return found


_BASE: Final = 256
_GROUPS: Final = -1
"""Stands for the column of groups among those of dimensions."""
