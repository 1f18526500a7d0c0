"""Rows that stand for a period, as payments spread evenly over it and merged in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from functions.core.payments.event import Payment


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row: payments that all have its time. line: in the file, from 1, the header counted."""

    line: int
    payments: list[Payment]

    @property
    def timestamp_ms(self) -> int:
        return self.payments[0].timestamp_ms


def spread(ordered: Iterator[Row], period_ms: int) -> Iterator[Payment]:
    """Each row's payments, spread evenly over its period; all in the order of their times.

    Rows of one period overlap. So each row is a stream of its own, and whatever lies before the
    next row's time is merged: in memory are the streams that are under way, not their payments.
    """
    if not period_ms:
        for row in ordered:
            yield from row.payments
        return
    under_way: list[tuple[int, int, Payment, Iterator[Payment]]] = []
    streams = 0
    for row in ordered:
        yield from _merged(under_way, row.timestamp_ms)
        for payment in row.payments:
            stream = spread_evenly(payment, period_ms)
            first = next(stream)
            heapq.heappush(under_way, (first.timestamp_ms, streams, first, stream))
            streams += 1
    yield from _merged(under_way, None)


def _merged(
    under_way: list[tuple[int, int, Payment, Iterator[Payment]]], until_ms: int | None
) -> Iterator[Payment]:
    while under_way and (until_ms is None or under_way[0][0] < until_ms):
        _, number, payment, stream = under_way[0]
        yield payment
        following = next(stream, None)
        if following is None:
            heapq.heappop(under_way)
        else:
            entry = (following.timestamp_ms, number, following, stream)
            heapq.heapreplace(under_way, entry)


def spread_evenly(payment: Payment, period_ms: int) -> Iterator[Payment]:
    """The payment's count spread over [its time, its time + period_ms), in the order of time.

    One payment each while there are at most as many as seconds, else one a second with a count.
    """
    n = payment.count
    parts = min(n, max(1, period_ms // 1000))
    for part in range(parts):
        yield msgspec.structs.replace(
            payment,
            transaction_id=f"{payment.transaction_id}-{part}"
            if parts > 1
            else payment.transaction_id,
            timestamp_ms=payment.timestamp_ms + (2 * part + 1) * period_ms // (2 * parts),
            count=n * (part + 1) // parts - n * part // parts,
        )
