"""One second of past payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts, one
from functions.core.counting.failing import Failing
from functions.core.counting.messages import NO_MESSAGES, Message, Messages, message_of
from functions.core.counting.slices import ALL, Slice, Slicing, format_slicing
from functions.core.counting.tally import Bucket, Tally, merge_buckets
from functions.core.payments.event import Payment

APPROVED: Final = one("approved", "")


class Second(msgspec.Struct, frozen=True):
    """The payments of one second: second since the epoch, a tally that has this second alone. Of
    history the counts matter: money and examples are left out, for reading them takes longer.

    rows: rows of the file whose first payment lies in it. newest_ms: its newest payment, epoch ms.
    messages: of payments that may be in the file more than once.
    """

    second: int
    tally: Tally
    rows: int
    newest_ms: int
    messages: Messages = NO_MESSAGES


class Open:
    """A second that may still get payments."""

    def __init__(self) -> None:
        self.rows = 0
        self.newest_ms = 0
        self._sums: dict[str | None, Counts] = {}
        self._approved: Counter[str | None] = Counter()
        self._latency: Counter[int | None] = Counter()
        self._failing: Failing = {}
        self._single = Tally()
        self._messages: list[Message] = []
        self._slicing: Slicing = ()

    def add_single(self, payment: Payment, cause: str, slicing: Slicing) -> None:
        """Count a payment of which the file may say more; one of a test system as such."""
        if payment.is_test:
            self._single.bucket(payment.timestamp_ms // 1000).tests += payment.count
            return
        self._single.add(payment, cause, slicing)
        self._messages.append(message_of(payment, cause, "", slicing))
        self._slicing = slicing
        self.newest_ms = max(self.newest_ms, payment.timestamp_ms)

    def add(self, units: Sequence[Counts], keys: Sequence[Sequence[str | None]]) -> None:
        """units: what each row adds. keys: a column of slices for each of the slicing, None where
        the row is in none."""
        self.rows += len(units)
        sums = self._sums
        get = sums.get  # on a dict: a defaultdict takes 0.05 µs more for each key that is new
        sums[ALL] = get(ALL, NONE) + sum(units)
        odd = [place for place, unit in enumerate(units) if unit != APPROVED]
        if len(odd) * 2 > len(units):
            for column in keys:
                for key, unit in zip(column, units, strict=True):
                    sums[key] = get(key, NONE) + unit
            return
        self._approved.update(chain.from_iterable(keys))
        for place in odd:
            more = units[place] - APPROVED
            for column in keys:
                key = column[place]
                sums[key] = get(key, NONE) + more

    def add_failing(self, failing: Iterable[tuple[Slice, Counts] | None]) -> None:
        """failing: of each row the leaf and what it adds there; None where it did not fail."""
        into = self._failing
        for found in failing:
            if found is not None:
                leaf, counts = found
                into[leaf] = into.get(leaf, NONE) + counts

    def add_latency(
        self, indexes: Sequence[int | None], counts: Sequence[int] | None = None
    ) -> None:
        if counts is None:
            self._latency.update(indexes)
        else:
            for index, count in zip(indexes, counts, strict=True):
                self._latency[index] += count

    def second(self, second: int) -> Second:
        """What it has by now. It takes no more afterwards."""
        slices = {key: APPROVED * n for key, n in self._approved.items() if key is not None}
        for key, counts in self._sums.items():
            if key is not None:
                slices[key] = slices.get(key, NONE) + counts
        latency = {index: n for index, n in self._latency.items() if index is not None}
        bucket = Bucket(slices, latency, failing=self._failing)
        for single in self._single.seconds.values():
            counted = Bucket(
                single.slices, single.latency, failing=single.failing, tests=single.tests
            )
            bucket = merge_buckets(bucket, counted)
        messages = NO_MESSAGES
        if self._messages:
            messages = Messages(format_slicing(self._slicing), others=tuple(self._messages))
        return Second(second, Tally({second: bucket}), self.rows, self.newest_ms, messages)
