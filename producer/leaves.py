"""Rows that stand for a period, as one tally a second.

The same seconds and counts as `producer.spread.spread`, without a payment for each: what is drawn of
a row is added to its seconds at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting.counts import BAD, NONE, Counts, one, speed
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import Slice, Slicing, leaf_of, slices_of
from functions.core.counting.tally import Bucket, Tally
from functions.core.payments.event import Payment
from producer.second import Second
from producer.spread import Row, Share, UnderWay


def spread_seconds(
    ordered: Iterator[Row], period_s: int, *, knowledge: KnowledgeBase, slicing: Slicing
) -> Iterator[Second]:
    """Each row's payments, at random times in its period of at least a second, by the second."""
    under_way = UnderWay[_Leaf](period_s * 1000)
    for row in ordered:
        for block in under_way.until(row.timestamp_ms):
            yield from _seconds(block)
        leaves = [
            (_leaf(payment, classify(payment, knowledge), slicing), payment.count)
            for payment in row.payments
            if not payment.is_test
        ]
        under_way.take(row.timestamp_ms, leaves)
    for block in under_way.until(None):
        yield from _seconds(block)


class _Leaf(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Payments that are alike: their slices, what one of them adds, its bucket of latency; where they
    failed, the leaf that they are counted in, and what one of them adds there."""

    slices: Sequence[str]
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


class _Open(msgspec.Struct, gc=False):
    """A second on its way: as Second has it."""

    bucket: Bucket
    rows: int = 0
    newest_ms: int = 0


def _seconds(block: list[Share[_Leaf]]) -> Iterator[Second]:
    """The seconds of the block that have payments, in order."""
    opened: dict[int, _Open] = {}
    for share in block:
        leaf = share.what
        unit, keys, index = leaf.unit, leaf.slices, leaf.latency
        for at_ms, count in share.times:
            into = opened.get(at_ms // 1000)
            if into is None:
                into = opened[at_ms // 1000] = _Open(Bucket())
            more = unit if count == 1 else unit * count
            slices = into.bucket.slices
            for key in keys:
                slices[key] = slices.get(key, NONE) + more
            if leaf.failing is not None:
                failing = into.bucket.failing
                failing[leaf.failing] = failing.get(leaf.failing, NONE) + leaf.failed * count
            if index is not None:
                latency = into.bucket.latency
                latency[index] = latency.get(index, 0) + count
            if at_ms > into.newest_ms:
                into.newest_ms = at_ms
        if share.begins >= 0:
            opened[share.begins].rows += 1
    for second in sorted(opened):
        into = opened[second]
        yield Second(second, Tally({second: into.bucket}), into.rows, into.newest_ms)
