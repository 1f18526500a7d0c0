"""One batch of a shard's records: decoded, classified, counted, cut where the ledger says."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from functions.core.causes.diagnosis import diagnose
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting import unknown_codes
from functions.core.counting.bounds import Bounds
from functions.core.counting.ledger import Ledger, announce, cut
from functions.core.counting.partial import LARGEST_TALLY, Partial, fits, in_parts
from functions.core.counting.record import TICK, Record
from functions.core.counting.slices import DEFAULT_SLICING, Slicing
from functions.core.counting.tally import Tally
from functions.core.errors import Malformed
from functions.core.payments.codec import decode
from functions.core.payments.event import Payment
from functions.core.payments.mapping import EventMapping
from functions.core.payments.providers.reading import NoPayment


class Counting(msgspec.Struct, frozen=True):
    """How a batch is counted. mapping: how events that nobody knows are read."""

    knowledge: KnowledgeBase
    slicing: Slicing = DEFAULT_SLICING
    bounds: Bounds = Bounds()
    mapping: EventMapping | None = None


class Batch(msgspec.Struct, frozen=True):
    """What is to be done about a batch: park, write the ledger, send the partials, in this order."""

    partials: list[Partial]
    parked: list[tuple[Record, list[Malformed]]]
    ledger: Ledger


def count(records: Sequence[Record], ledger: Ledger, counting: Counting) -> Batch:
    """The batch counted. `records` are of one shard, in order; `ledger` is that shard's."""
    numbers = [int(record.sequence_number) for record in records]
    partials: list[Partial] = []
    parked: list[tuple[Record, list[Malformed]]] = []
    ends: list[int] = []
    before = ""
    for segment in cut(numbers, ledger):
        for partial, refused in _segment(records[segment.start : segment.stop], counting):
            partials.extend(in_parts(msgspec.structs.replace(partial, after=before)))
            before = partial.last
            parked.extend(refused)
            ends.append(int(partial.last))
    return Batch(partials, parked, announce(ledger, numbers[0], ends))


def _segment(
    records: Sequence[Record], counting: Counting
) -> list[tuple[Partial, list[tuple[Record, list[Malformed]]]]]:
    """The segment as one partial, or as several, cut between records, where one grows too large:
    in cells, which is foreseen, or in bytes, which very long values do and is seen afterwards.

    A record that alone is too large gets a partial of its own: then it is sent in parts, and no
    later cut can fall between them.
    """
    most_cells = 3 * (len(counting.slicing) + 1) + 3
    done: list[tuple[Partial, list[tuple[Record, list[Malformed]]]]] = []
    tally, start, refused = Tally(), 0, list[tuple[Record, list[Malformed]]]()
    newest = 0
    for index, record in enumerate(records):
        payments, malformed = _read(record, counting)
        if index > start and tally.cells + most_cells * len(payments) > LARGEST_TALLY:
            done.append((_partial(records[start:index], tally, newest), refused))
            tally, start, refused, newest = Tally(), index, [], 0
        for payment in payments:
            found = diagnose(payment, counting.knowledge)
            unknown = "" if found.known else unknown_codes.name(payment)
            tally.add(payment, found.cause, counting.slicing, unknown)
            newest = max(newest, payment.timestamp_ms)
        if malformed:
            tally.park(record.arrived_ms // 1000, len(malformed))
            refused.append((record, malformed))
    done.append((_partial(records[start:], tally, newest), refused))
    if len(records) == 1 or all(fits(partial) for partial, _ in done):
        return done
    half = len(records) // 2
    return [*_segment(records[:half], counting), *_segment(records[half:], counting)]


def _partial(records: Sequence[Record], tally: Tally, newest_ms: int) -> Partial:
    return Partial(
        shard=records[0].shard,
        first=records[0].sequence_number,
        last=records[-1].sequence_number,
        arrived_ms=max(record.arrived_ms for record in records),
        newest_ms=newest_ms,
        tally=tally.with_few_leaves(),
    )


def _read(record: Record, counting: Counting) -> tuple[list[Payment], list[Malformed]]:
    """The record's payments, and what of it cannot be counted."""
    if record.data == TICK:
        return [], []
    payments: list[Payment] = []
    malformed: list[Malformed] = []
    for item in decode(record.data, mapping=counting.mapping):
        if isinstance(item, NoPayment):
            continue
        if isinstance(item, Malformed):
            malformed.append(item)
        elif counting.bounds.hold(item, record.arrived_ms):
            payments.append(item)
        else:
            malformed.append(counting.bounds.fault(item, record.arrived_ms))
    return payments, malformed
