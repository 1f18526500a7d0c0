"""Where batches of one shard were ever cut: what keeps redelivered partials from overlapping.

Lambda delivers a shard's records at least once, and a redelivered batch may have other ends than
the first. So before a partial is sent, the sequence number that it ends with (a boundary) is
written ahead to the shard's ledger, and every later batch is cut at every boundary in the ledger.
Hence any two partials that were ever sent cover either the same records or none in common, but
for one case: a partial that was sent before a later, shorter batch added a boundary inside of it.
tally sees that case by reading the ledger again after it has sent (docs/decisions/0003).

Sequence numbers have up to 129 digits; they are Python ints here and text in storage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import msgspec

KEPT_BEHIND: Final = 32
"""Boundaries kept although the reader has passed them: for a reader that lost its lease."""


class Ledger(msgspec.Struct, frozen=True):
    """`boundaries` ascend; `version` counts the writes, 0 for a shard never seen."""

    version: int = 0
    boundaries: tuple[int, ...] = ()


def cut(sequence_numbers: Sequence[int], ledger: Ledger) -> list[range]:
    """Index ranges of the batch between the ledger's boundaries, in order.

    `sequence_numbers` ascend. A boundary belongs to the range that it ends.
    """
    ranges: list[range] = []
    start = 0
    for boundary in ledger.boundaries:
        end = bisect_left(sequence_numbers, boundary + 1)
        if end > start:
            ranges.append(range(start, end))
            start = end
    if start < len(sequence_numbers):
        ranges.append(range(start, len(sequence_numbers)))
    return ranges


def announce(ledger: Ledger, first: int, ends: Sequence[int]) -> Ledger:
    """The ledger with `ends` as boundaries, or the same ledger when it has them all.

    `first` is the batch's first sequence number: all but the last KEPT_BEHIND boundaries before it
    are forgotten, since the reader has passed them.
    """
    missing = set(ends) - set(ledger.boundaries)
    if not missing:
        return ledger
    boundaries = sorted({*ledger.boundaries, *missing})
    passed = bisect_left(boundaries, first)
    kept = boundaries[max(0, passed - KEPT_BEHIND) :]
    return Ledger(version=ledger.version + 1, boundaries=tuple(kept))
