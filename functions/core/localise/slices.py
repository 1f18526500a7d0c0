"""Slices of a case for the localiser: what fails in each, what was expected, how sure a rise is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from functions.core.counting.likelihood import log_likelihood_ratio
from functions.core.localise.tables import Dimensions, Space, Table, leaf_table, space, tables

ANY: Final = -1
_RARE: Final = 1e-9

Place = tuple[int, ...]
"""A slice: for each dimension the number of its value, or ANY."""

_MANY: Final = 5
_FEW: Final = 3
"""Of more than _MANY dimensions, only slices of _FEW are looked at."""


class Slice(msgspec.Struct, frozen=True, gc=False):
    """A slice, or what is left of it when causes are taken out.

    bits: one for each dimension that it gives a value, then one for each value. expected: failures
    at normal rates. nats: evidence by share lost. price: nats that naming it costs.
    """

    place: Place
    bits: int
    attempts: float
    failures: float
    expected: float
    nats: tuple[float, ...]
    price: float

    @property
    def evidence(self) -> float:
        """Nats, at the share lost that suits best."""
        return max(self.nats)

    @property
    def margin(self) -> float:
        return max(self.nats) - self.price

    @property
    def excess(self) -> float:
        return self.failures - self.expected

    @property
    def share_lost(self) -> float:
        """The share that fails of what would have succeeded."""
        return self.excess / max(1e-9, self.attempts - self.expected)

    @property
    def growth(self) -> float:
        """The excess as a share of what is expected."""
        return self.excess / max(1e-9, self.expected)

    @property
    def surprise(self) -> float:
        return surprise(self.attempts, self.failures, self.expected)

    def less(
        self, attempts: float, failures: float, expected: float, nats: Sequence[float]
    ) -> Slice:
        """Without these."""
        return Slice(
            self.place,
            self.bits,
            self.attempts - attempts,
            self.failures - failures,
            self.expected - expected,
            tuple(a - b for a, b in zip(self.nats, nats, strict=True)),
            self.price,
        )

    def without(self, others: Sequence[Slice]) -> Slice:
        """Without these slices, which lie in it and share no payments."""
        rest = self
        for other in others:
            rest = rest.less(other.attempts, other.failures, other.expected, other.nats)
        return rest


@dataclass(frozen=True)
class Slices:
    """All slices of a case: tables by dimensions, of attempts, failures, expected failures and nats
    by share lost. total: all traffic. deepest: dimensions of the narrowest ones. dispersion: by how
    much the failures of all traffic vary more than by chance."""

    space: Space
    leaves: Table
    tables: Mapping[Dimensions, Table]
    total: Slice
    deepest: int
    dispersion: float

    def over(self, least: float, *, priced: bool = True) -> Iterator[Slice]:
        """Those that rose with more than `least` nats, beyond their price if `priced`; not all
        traffic."""
        for dimensions, table in self.tables.items():
            if not 0 < len(dimensions) <= self.deepest:
                continue
            price = self._price(dimensions)
            enough = least + price if priced else least
            _, failures, expected, *nats = table.columns
            best = map(max, zip(*nats, strict=True))
            for row, (top, x, e) in enumerate(zip(best, failures, expected, strict=True)):
                if top > enough and x > e:
                    yield _row(self.space, table, row, price)

    def _price(self, dimensions: Dimensions) -> float:
        """Which dimensions, which values of them, and the share lost: as many nats as it takes to
        tell the slice from all others like it (description length)."""
        every = len(self.space.values)
        values = (len(self.space.values[i]) for i in dimensions)
        return (
            math.log(math.comb(every, len(dimensions)))
            + sum(math.log(max(2, number)) for number in values)
            + 0.5 * math.log(max(2, len(self.leaves.keys)))
        )

    def outside(self, one: Slice, causes: Sequence[Slice]) -> Slice:
        """What is left of the slice when the last cause is taken out too; those before it are."""
        *before, last = causes
        both = _both(one.place, last.place)
        if both is None:
            return one
        attempts, failures, expected, *nats = self._apart(both, before)
        return one.less(attempts, failures, expected, nats)

    def _apart(self, place: Place, causes: Sequence[Slice]) -> list[float]:
        """The sums over what is in that place and in none of the causes."""
        sums = self._sums(place)
        for number, cause in enumerate(causes):
            both = _both(place, cause.place)
            if both is not None:
                taken = self._apart(both, causes[:number])
                sums = [whole - part for whole, part in zip(sums, taken, strict=True)]
        return sums

    def _sums(self, place: Place) -> list[float]:
        dimensions = tuple(i for i, number in enumerate(place) if number != ANY)
        table = self.tables.get(dimensions)
        if table is None:
            rows = self._leaves_in(place, dimensions)
            return [sum(column[row] for row in rows) for column in self.leaves.columns]
        row = table.rows.get(sum(place[i] * self.space.strides[i] for i in dimensions))
        return [0.0 if row is None else column[row] for column in table.columns]

    def _leaves_in(self, place: Place, dimensions: Dimensions) -> list[int]:
        left = -1
        for i in dimensions:
            left &= self._masks[i].get(place[i], 0)
        rows = []
        while left:
            lowest = left & -left
            rows.append(lowest.bit_length() - 1)
            left ^= lowest
        return rows

    @cached_property
    def _masks(self) -> list[dict[int, int]]:
        """By dimension and value: a bit for each leaf that has it."""
        masks: list[dict[int, int]] = [{} for _ in self.space.values]
        for row, key in enumerate(self.leaves.keys):
            for i, mask in enumerate(masks):
                digit = self.space.digit(key, i)
                mask[digit] = mask.get(digit, 0) | 1 << row
        return masks

    def named(self, one: Slice, names: Sequence[str]) -> dict[str, str]:
        """Its values by dimension."""
        return {
            name: values[number]
            for name, values, number in zip(names, self.space.values, one.place, strict=True)
            if number != ANY
        }


def slices(
    leaves: Sequence[tuple[str, ...]],
    columns: list[list[float]],
    dimensions: int,
    deepest: int,
    dispersion: float = 1.0,
) -> Slices:
    """columns: attempts, failures, expected failures, nats by share lost; of each leaf, which
    occurs once. Of many dimensions, slices of few are looked at only: there would be too many."""
    of = space(leaves, dimensions)
    table = leaf_table(of, leaves, columns)
    deepest = min(deepest, dimensions if dimensions <= _MANY else _FEW)
    found = tables(of, table, deepest)
    sums = [math.fsum(column) for column in columns]
    total = _slice((ANY,) * dimensions, 0, sums, 0.0)
    return Slices(of, table, found, total, deepest, dispersion)


def _row(of: Space, table: Table, row: int, price: float) -> Slice:
    place = [ANY] * len(of.values)
    bits, first = 0, len(of.values)
    for i, values in enumerate(of.values):
        if i in table.dimensions:
            place[i] = of.digit(table.keys[row], i)
            bits |= 1 << i | 1 << first + place[i]
        first += len(values)
    return _slice(tuple(place), bits, [column[row] for column in table.columns], price)


def _slice(place: Place, bits: int, sums: Sequence[float], price: float) -> Slice:
    attempts, failures, expected, *nats = sums
    return Slice(place, bits, attempts, failures, expected, tuple(nats), price)


def surprise(attempts: float, failures: float, expected: float) -> float:
    """The log likelihood ratio of a rise, at its best, in nats; 0 where no more failed than
    expected."""
    if attempts <= 0.0 or failures <= expected:
        return 0.0
    return log_likelihood_ratio(failures, attempts, max(_RARE, expected / attempts))


def disjoint(one: Slice, two: Slice) -> bool:
    """Whether no payment can be in both: they give a dimension different values."""
    common = one.bits & two.bits
    dimensions = (1 << len(one.place)) - 1
    return common.bit_count() < 2 * (common & dimensions).bit_count()


def nested(one: Slice, two: Slice) -> bool:
    """Whether one contains the other, or they are the same."""
    return one.bits & two.bits in (one.bits, two.bits)


def _both(one: Place, two: Place) -> Place | None:
    """Where both are; None where no payment can be in both."""
    for a, b in zip(one, two, strict=True):
        if a != b and a != ANY and b != ANY:
            return None
    return tuple(map(max, one, two))


def depth(place: Place) -> int:
    return sum(number != ANY for number in place)
