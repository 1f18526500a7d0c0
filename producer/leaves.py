"""Rows that stand for a period, as one tally a second.

The same seconds and counts as `producer.spread.spread_evenly`, without a payment for each. Of n
payments over S seconds, n // S fall in every second: they are the base, added up once and copied
while the rows under way stay the same. What is left over, less than one a second, comes one by
one from an agenda of seconds. A second of 50 rows costs as much as its left-over payments.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting.counts import BAD, NONE, Counts, one, speed
from functions.core.counting.failing import Failing
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import Slice, Slicing, leaf_of, slices_of
from functions.core.counting.tally import Bucket, Tally
from functions.core.payments.event import Payment
from producer.second import Second
from producer.spread import Row

_Key = TypeVar("_Key", str, int)


def spread_seconds(
    ordered: Iterator[Row], period_s: int, *, knowledge: KnowledgeBase, slicing: Slicing
) -> Iterator[Second]:
    """Each row's payments, spread evenly over its period of at least a second, by the second."""
    under_way = _UnderWay(period_s)
    for row in ordered:
        yield from under_way.until(row.timestamp_ms // 1000)
        firsts = []
        for payment in row.payments:
            leaf = _leaf(payment, classify(payment, knowledge), slicing)
            firsts.append(under_way.take(leaf, payment.timestamp_ms, payment.count))
        under_way.begun[min(firsts)] += 1
    yield from under_way.until(None)


class _Leaf(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Payments that are alike: their slices, what one of them adds, its bucket of latency; where they
    failed, the leaf that they are counted in, and what one of them adds there."""

    slices: list[str]
    unit: Counts
    latency: int | None
    failing: Slice | None
    failed: Counts


def _leaf(payment: Payment, cause: str, slicing: Slicing) -> _Leaf:
    failed = unit = one(payment.status, cause)
    latency = None
    if payment.latency_ms is not None:
        unit += speed(payment.latency_ms)
        latency = latency_index(payment.latency_ms)
    failing = leaf_of(payment, slicing) if failed >= BAD else None
    return _Leaf(slices_of(payment, slicing), unit, latency, failing, failed)


class _Entry(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A leaf that has something in a second.

    steady: payments that it has in every second from here on; less than 0 where they end.
    odd: the times of its odd payments, of which at_ms is the next; None in a steady entry.
    """

    leaf: _Leaf
    at_ms: int
    steady: int = 0
    odd: Iterator[int] | None = None


class _UnderWay:
    """The rows whose periods are not over. begun: second → rows that begin in it."""

    def __init__(self, period_s: int) -> None:
        self.begun: Counter[int] = Counter()
        self._period_s = period_s
        self._agenda: dict[int, list[_Entry]] = {}
        self._times: list[int] = []  # a heap of the agenda's seconds
        self._slices: dict[str, Counts] = {}
        self._latency: dict[int, int] = {}
        self._failing: Failing = {}
        self._offsets: Counter[int] = Counter()  # ms after the full second → steady entries
        self._next = 0

    def take(self, leaf: _Leaf, start_ms: int, count: int) -> int:
        """Enter payments that are spread from start_ms on. The second of the first of them."""
        seconds = self._period_s
        steady, left = divmod(count, seconds)
        if not steady:
            odd = (start_ms + (2 * n + 1) * seconds * 1000 // (2 * count) for n in range(count))
            return self._odd(leaf, odd)
        first_ms = start_ms + _HALF_S
        self._enter(_Entry(leaf, first_ms, steady))
        self._enter(_Entry(leaf, first_ms + seconds * 1000, -steady))
        if left:
            # The k where left * (k + 1) // seconds grows: the n-th is ceil(n * seconds / left) - 1.
            self._odd(
                leaf, (first_ms - 1000 * (-n * seconds // left + 1) for n in range(1, left + 1))
            )
        return first_ms // 1000

    def until(self, end: int | None) -> Iterator[Second]:
        """The seconds before `end` that have payments, in order."""
        while self._slices or self._times:
            second = self._next if self._slices else self._times[0]
            if end is not None and second >= end:
                return
            found = self._second(second)
            self._next = second + 1
            if found is not None:
                yield found

    def _second(self, second: int) -> Second | None:
        entries: list[_Entry] = []
        if self._times and self._times[0] == second:
            heapq.heappop(self._times)
            entries = self._agenda.pop(second)
            for entry in entries:
                if entry.steady:
                    self._steady(entry)
        slices, latency, failing = self._slices.copy(), self._latency.copy(), self._failing.copy()
        newest = max(self._offsets, default=0)
        for entry in entries:
            if entry.odd is not None:
                leaf = entry.leaf
                for key in leaf.slices:
                    slices[key] = slices.get(key, NONE) + leaf.unit
                if leaf.latency is not None:
                    latency[leaf.latency] = latency.get(leaf.latency, 0) + 1
                if leaf.failing is not None:
                    failing[leaf.failing] = failing.get(leaf.failing, NONE) + leaf.failed
                newest = max(newest, entry.at_ms % 1000)
                self._odd(leaf, entry.odd)
        if not slices:
            return None
        tally = Tally({second: Bucket(slices, latency, failing=failing)})
        return Second(second, tally, self.begun.pop(second, 0), second * 1000 + newest)

    def _steady(self, entry: _Entry) -> None:
        leaf, n = entry.leaf, entry.steady
        more = leaf.unit * n
        for key in leaf.slices:
            _add(self._slices, key, more)
        if leaf.latency is not None:
            _add(self._latency, leaf.latency, n)
        if leaf.failing is not None:
            _add(self._failing, leaf.failing, leaf.failed * n)
        _add(self._offsets, entry.at_ms % 1000, 1 if n > 0 else -1)

    def _odd(self, leaf: _Leaf, times: Iterator[int]) -> int:
        """Enter the next of these times. Its second, or -1 when there is none."""
        at_ms = next(times, None)
        return -1 if at_ms is None else self._enter(_Entry(leaf, at_ms, odd=times))

    def _enter(self, entry: _Entry) -> int:
        second = entry.at_ms // 1000
        entries = self._agenda.get(second)
        if entries is None:
            entries = self._agenda[second] = []
            heapq.heappush(self._times, second)
        entries.append(entry)
        return second


def _add(sums: dict[_Key, int], key: _Key, more: int) -> None:
    """Nothing is kept of what adds up to 0."""
    total = sums.get(key, 0) + more
    if total:
        sums[key] = total
    else:
        del sums[key]


_HALF_S: Final = 500
