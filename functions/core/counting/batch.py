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
from functions.core.counting.well import add_well, is_well
from functions.core.errors import Malformed
from functions.core.payments.codec import Decoded, decode, decode_plain
from functions.core.payments.event import Payment
from functions.core.payments.providers import SENDERS
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.readers import Senders


class Counting(msgspec.Struct, frozen=True):
    """How a batch is counted. senders: who knows events that are not in our own fields."""

    knowledge: KnowledgeBase
    slicing: Slicing = DEFAULT_SLICING
    bounds: Bounds = Bounds()
    senders: Senders = SENDERS


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
    newest = most = 0
    well: list[Payment] = []
    plain = _plain(records, counting.senders)
    for index, record in enumerate(records):
        payments, malformed = _read(record, plain[index], counting)
        most += most_cells * len(payments)
        if most > LARGEST_TALLY and index > start:
            # At most: how many there are is known once all are counted.
            add_well(tally, well, counting.slicing)
            well.clear()
            most = tally.cells + most_cells * len(payments)
            if most > LARGEST_TALLY:
                done.append((_partial(records[start:index], tally, newest), refused))
                tally, start, refused, newest = Tally(), index, [], 0
                most = most_cells * len(payments)
        for payment in payments:
            newest = max(newest, payment.timestamp_ms)
            if is_well(payment):
                well.append(payment)
                continue
            found = diagnose(payment, counting.knowledge)
            unknown = "" if found.known else unknown_codes.name(payment)
            tally.add(payment, found.cause, counting.slicing, unknown)
        if malformed:
            tally.park(record.arrived_ms // 1000, len(malformed))
            refused.append((record, malformed))
    add_well(tally, well, counting.slicing)
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


def _plain(records: Sequence[Record], senders: Senders) -> list[Decoded | None]:
    """What is in each of the records that can be read together."""
    try:
        datas = [b"" if record.data == TICK else record.data for record in records]
        return decode_plain(datas, senders=senders)
    except Exception:  # noqa: BLE001 whatever one record raises, the others are counted
        return [None] * len(records)


def _alone(data: bytes, senders: Senders) -> Decoded:
    """What is in a record; of one that cannot be dealt with, that it is unprocessable."""
    try:
        return decode(data, senders=senders)
    except Exception as error:  # noqa: BLE001 as above
        return [Malformed("unprocessable", f"{type(error).__name__}: {error}"[:200], data)]


def _read(
    record: Record, plain: Decoded | None, counting: Counting
) -> tuple[list[Payment], list[Malformed]]:
    """The record's payments, and what of it cannot be counted."""
    if record.data == TICK:
        return [], []
    payments: list[Payment] = []
    malformed: list[Malformed] = []
    for item in _alone(record.data, counting.senders) if plain is None else plain:
        if isinstance(item, NoPayment):
            continue
        if isinstance(item, Malformed):
            malformed.append(item)
        elif counting.bounds.hold(item, record.arrived_ms):
            payments.append(item)
        else:
            malformed.append(counting.bounds.fault(item, record.arrived_ms))
    return payments, malformed
