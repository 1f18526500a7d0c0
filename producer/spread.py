"""Rows that stand for a period, as payments at random times in it, merged in order of time.

Given how many payments a Poisson process has in a period, each of them lies anywhere in it alike and
by itself (Kingman, Poisson Processes, 1993, 2.4). At equal distances they would be less varied than
any real process, and the rare ones of all rows would fall into the same second. The times are drawn a
block of a minute at a time, of which a row has a binomial share of what it has left: in memory are
the rows that are under way, and one block's payments. The same rows are always drawn alike.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from functions.core.payments.event import Payment

SEED: Final = 20_260_601
"""Of the draws; every file begins with it."""
BLOCK_MS: Final = 60_000

_ONE_BY_ONE: Final = 16
"""Payments a second, up to which each is drawn by itself: beyond, a binomial a second costs less."""
_INVERTED: Final = 10.0
"""Mean up to which a binomial is drawn by inversion, which takes as many rounds."""

What = TypeVar("What")


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row: payments that all have its time. line: in the file, from 1, the header counted."""

    line: int
    payments: list[Payment]

    @property
    def timestamp_ms(self) -> int:
        return self.payments[0].timestamp_ms


class Share(msgspec.Struct, Generic[What], frozen=True, gc=False):
    """What a row has in a block. times: epoch milliseconds in their order, and how many payments
    each stands for. drawn: times that it had before; begins: the second of the row's first
    payment, where it lies in this block; else -1."""

    what: What
    times: list[tuple[int, int]]
    drawn: int
    begins: int


class _Part(msgspec.Struct, Generic[What]):
    what: What
    left: int
    drawn: int = 0


class _Period(msgspec.Struct, Generic[What]):
    """A row that is under way: its payments lie in [start_ms, end_ms)."""

    start_ms: int
    end_ms: int
    parts: list[_Part[What]]
    begun: bool = False


class UnderWay(Generic[What]):
    """The rows whose periods are not over, taken in the order of their times."""

    def __init__(self, period_ms: int) -> None:
        self._period_ms = period_ms
        self._block_ms = min(BLOCK_MS, period_ms)
        self._random = random.Random(SEED)
        self._periods: list[_Period[What]] = []
        self._start_ms = 0

    def take(self, at_ms: int, parts: Sequence[tuple[What, int]]) -> None:
        """Enter a row: what, and how many of it."""
        if not self._periods:
            self._start_ms = at_ms - at_ms % self._block_ms
        self._periods.append(
            _Period(at_ms, at_ms + self._period_ms, [_Part(what, n) for what, n in parts])
        )

    def until(self, at_ms: int | None) -> Iterator[list[Share[What]]]:
        """The blocks that end at `at_ms` or before it, None for all; by row and its parts."""
        while self._periods:
            start, end = self._start_ms, self._start_ms + self._block_ms
            if at_ms is not None and end > at_ms:
                return
            yield [share for period in self._periods for share in self._shares(period, start, end)]
            self._periods = [period for period in self._periods if period.end_ms > end]
            self._start_ms = end

    def _shares(self, period: _Period[What], start_ms: int, end_ms: int) -> list[Share[What]]:
        start, end = max(start_ms, period.start_ms), min(end_ms, period.end_ms)
        shares: list[Share[What]] = []
        for part in period.parts:
            chance = (end - start) / (period.end_ms - start)
            drawn = binomial(self._random, part.left, chance)
            if drawn:
                times = times_in(self._random, start, end, drawn)
                shares.append(Share(part.what, times, part.drawn, -1))
                part.left -= drawn
                part.drawn += len(times)
        if shares and not period.begun:
            period.begun = True
            first = min(range(len(shares)), key=lambda at: shares[at].times[0])
            begins = shares[first].times[0][0] // 1000
            shares[first] = msgspec.structs.replace(shares[first], begins=begins)
        return shares


def spread(ordered: Iterator[Row], period_ms: int) -> Iterator[Payment]:
    """Each row's payments, at random times in its period; all in the order of their times."""
    if not period_ms:
        for row in ordered:
            yield from row.payments
        return
    under_way = UnderWay[Payment](period_ms)
    for row in ordered:
        for block in under_way.until(row.timestamp_ms):
            yield from _payments(block)
        under_way.take(row.timestamp_ms, [(payment, payment.count) for payment in row.payments])
    for block in under_way.until(None):
        yield from _payments(block)


def _payments(block: list[Share[Payment]]) -> list[Payment]:
    found = [
        msgspec.structs.replace(
            share.what,
            transaction_id=share.what.transaction_id
            if share.what.count == 1
            else f"{share.what.transaction_id}-{number}",
            timestamp_ms=at_ms,
            count=count,
        )
        for share in block
        for number, (at_ms, count) in enumerate(share.times, share.drawn)
    ]
    found.sort(key=lambda payment: payment.timestamp_ms)
    return found


def times_in(drawing: random.Random, start_ms: int, end_ms: int, n: int) -> list[tuple[int, int]]:
    """So many payments in [start_ms, end_ms), as their times in order and how many each is.

    One each while there are at most as many as seconds, else one a second with a count.
    """
    width = end_ms - start_ms
    draw = drawing.random
    if n <= max(1, width // 1000):
        return [(at_ms, 1) for at_ms in sorted(start_ms + int(draw() * width) for _ in range(n))]
    if n <= _ONE_BY_ONE * width // 1000:
        seconds = Counter((start_ms + int(draw() * width)) // 1000 for _ in range(n))
        return [(_middle(at, start_ms, end_ms), seconds[at]) for at in sorted(seconds)]
    times: list[tuple[int, int]] = []
    at_ms = start_ms
    while n:
        end = min(end_ms, at_ms - at_ms % 1000 + 1000)
        here = binomial(drawing, n, (end - at_ms) / (end_ms - at_ms))
        if here:
            times.append((_middle(at_ms // 1000, start_ms, end_ms), here))
        n, at_ms = n - here, end
    return times


def _middle(second: int, start_ms: int, end_ms: int) -> int:
    """Of what lies of the second in [start_ms, end_ms)."""
    return (max(start_ms, second * 1000) + min(end_ms, second * 1000 + 1000)) // 2


def binomial(drawing: random.Random, n: int, chance: float) -> int:
    """How many of n come, each with that chance.

    By inversion while the mean is small; else split at the median of the n uniform numbers that
    decide, which is of a beta distribution, and only one half is looked at further (Devroye,
    Non-Uniform Random Variate Generation, 1986, X.4.3).
    """
    found = 0
    while n:
        if chance >= 1.0:
            return found + n
        if chance > 0.5:
            return found + n - binomial(drawing, n, 1.0 - chance)
        if n * chance <= _INVERTED:
            return found + _inverted(drawing, n, chance)
        half = (n + 1) // 2
        median = drawing.betavariate(half, n + 1 - half)
        if median <= chance:
            found, n, chance = found + half, n - half, (chance - median) / (1.0 - median)
        else:
            n, chance = half - 1, chance / median
    return found


def _inverted(drawing: random.Random, n: int, chance: float) -> int:
    """The first k up to which the probabilities add up to more than a uniform number."""
    odds = chance / (1.0 - chance)
    probability = (1.0 - chance) ** n
    left = drawing.random() - probability
    k = 0
    while left >= 0.0 and k < n:
        k += 1
        probability *= odds * (n - k + 1) / k
        left -= probability
    return k
