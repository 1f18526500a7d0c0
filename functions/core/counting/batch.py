"""One batch of a shard's records: decoded, classified, counted, cut where the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from functions.core.causes.diagnosis import diagnose
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting import unknown_codes
from functions.core.counting.bounds import Bounds
from functions.core.counting.faults import PARKED_AS
from functions.core.counting.ledger import Ledger, announce, cut
from functions.core.counting.messages import CELLS_OTHER, CELLS_WELL, Noting, is_well
from functions.core.counting.partial import LARGEST_TALLY, Partial, fits
from functions.core.counting.record import TICK, Record
from functions.core.counting.slices import DEFAULT_SLICING, Slicing
from functions.core.counting.tally import Tally
from functions.core.counting.well import add_well
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
        for pieces, refused in _segment(records[segment.start : segment.stop], counting, before):
            partials.extend(pieces)
            before = pieces[-1].last
            parked.extend(refused)
            ends.append(int(before))
    return Batch(partials, parked, announce(ledger, numbers[0], ends))


_Refused = list[tuple[Record, list[Malformed]]]


def _segment(
    records: Sequence[Record], counting: Counting, after: str, largest: int = LARGEST_TALLY
) -> list[tuple[list[Partial], _Refused]]:
    """The segment, which follows on the record `after`, as one partial, or as several, cut between
    records, where one grows too large: in cells, which is foreseen, or in bytes, which very long values
    do and is seen afterwards.

    A record that alone is too large gets a partial of its own: then it is sent in parts, and no
    later cut can fall between them. Each part has the messages that it counts.
    """
    slices = len(counting.slicing) + 1
    most_well, most_other = slices + 1 + CELLS_WELL, 3 * slices + 3 + CELLS_OTHER
    done: list[tuple[list[Partial], _Refused]] = []
    growing, start, refused = _Growing(counting, largest), 0, _Refused()
    before, cells = after, 0
    plain = _plain(records, counting.senders)
    for index, record in enumerate(records):
        found = _read(record, plain[index], counting)
        # Cells are counted only where so many may be there, and not again for a few payments more.
        well = len(found.well)
        most = most_well * well + most_other * (len(found.payments) - well)
        cells += most
        if index > start and cells > LARGEST_TALLY and growing.uncounted >= _COUNTED_AFTER:
            cells = growing.cells + most
        if index > start and cells > LARGEST_TALLY:
            done.append((growing.partials(records[start:index], before), refused))
            before = records[index - 1].sequence_number
            growing, start, refused = _Growing(counting, largest), index, []
            cells = most
        growing.take(record, found)
        if found.malformed:
            refused.append((record, found.malformed))
    done.append((growing.partials(records[start:], before), refused))
    if all(fits(piece) for pieces, _ in done for piece in pieces):
        return done
    if len(records) == 1:
        # One payment alone surely fits.
        return _segment(records, counting, after, largest // 2)
    half = len(records) // 2
    return [
        *_segment(records[:half], counting, after),
        *_segment(records[half:], counting, records[half - 1].sequence_number),
    ]


class _Found(NamedTuple):
    """What a record holds: its payments, those of them that went well, how many there are of a test
    system, what of it cannot be counted, and what tells of no payment."""

    payments: list[Payment]
    well: list[Payment]
    tests: int
    malformed: list[Malformed]
    others: list[NoPayment]


class _Growing:
    """A partial that takes records: of one that alone is too large, in pieces of so many cells."""

    def __init__(self, counting: Counting, largest: int) -> None:
        self._counting, self._largest = counting, largest
        self._pieces = [(Tally(), Noting(counting.slicing))]
        self._counted = 0
        self._newest_ms = 0
        self.uncounted = 0
        """Payments that were taken since cells were counted."""

    def _count(self) -> None:
        """Count what went well since the last time: nearly all, and it needs no diagnosis."""
        tally, noting = self._pieces[-1]
        add_well(tally, noting.well[self._counted :], self._counting.slicing)
        self._counted = len(noting.well)

    @property
    def cells(self) -> int:
        self._count()
        self.uncounted = 0
        return sum(tally.cells + noting.cells for tally, noting in self._pieces)

    def take(self, record: Record, found: _Found) -> None:
        second = record.arrived_ms // 1000
        self.uncounted += len(found.payments)
        looked_after = _LOOKED_AFTER if self._largest == LARGEST_TALLY else 1
        if len(found.payments) < looked_after:
            self._take_all(second, found.payments, found.well)
        else:
            for start in range(0, len(found.payments), looked_after):
                some = found.payments[start : start + looked_after]
                self._take_all(second, some, list(filter(is_well, some)))
                if len(some) == looked_after:
                    self._begin_where_full()
        tally, _ = self._pieces[-1]
        if found.tests:
            tally.bucket(second).tests += found.tests
        if found.malformed:
            tally.park(second, len(found.malformed))
            tally.fault(second, (f"{PARKED_AS}{item.reason}" for item in found.malformed))
        if found.others:
            tally.fault(second, map(str, found.others))

    def _take_all(self, second: int, payments: Sequence[Payment], well: Sequence[Payment]) -> None:
        """Payments among which no piece has to end, and those of them that went well."""
        tally, noting = self._pieces[-1]
        noting.well += well
        if len(well) < len(payments):
            for payment in payments:
                if not is_well(payment):
                    self._take_other(payment)
        newest = self._newest_ms
        for payment in payments:
            if payment.timestamp_ms > newest:
                newest = payment.timestamp_ms
            if payment.faults:
                tally.fault(second, payment.faults)
        self._newest_ms = newest

    def _take_other(self, payment: Payment) -> None:
        """One that did not go well, or stands for several."""
        tally, noting = self._pieces[-1]
        diagnosis = diagnose(payment, self._counting.knowledge)
        unknown = "" if diagnosis.known else unknown_codes.name(payment)
        tally.add(payment, diagnosis.cause, self._counting.slicing, unknown)
        noting.add(payment, diagnosis.cause, unknown)

    def _begin_where_full(self) -> None:
        """Begin another piece where this one holds so many cells."""
        self._count()
        tally, noting = self._pieces[-1]
        if tally.cells + noting.cells > self._largest:
            self._pieces.append((Tally(), Noting(self._counting.slicing)))
            self._counted = 0

    def partials(self, records: Sequence[Record], after: str) -> list[Partial]:
        """Its pieces as partials of these records."""
        self._count()
        whole = Partial(
            shard=records[0].shard,
            first=records[0].sequence_number,
            last=records[-1].sequence_number,
            arrived_ms=max(record.arrived_ms for record in records),
            newest_ms=self._newest_ms,
            tally=Tally(),
            after=after,
        )
        return [
            msgspec.structs.replace(
                whole, tally=tally.with_few_leaves(), part=part, messages=noting.noted()
            )
            for part, (tally, noting) in enumerate(self._pieces)
        ]


_LOOKED_AFTER: Final = 250
"""Payments of a record after which it is looked whether a piece is full."""
_COUNTED_AFTER: Final = 512
"""Payments after which cells are counted again. Near the limit each record would ask for it, and what is
counted in small groups takes twice as long; so a partial may be cut a sixth before it is full."""


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


_MANY: Final = 8
"""Payments of a record that are looked at together."""


def _read(record: Record, plain: Decoded | None, counting: Counting) -> _Found:
    """The record's payments, and what of it cannot be counted."""
    payments: list[Payment] = []
    well: list[Payment] = []
    malformed: list[Malformed] = []
    others: list[NoPayment] = []
    tests = 0
    if record.data == TICK:
        return _Found(payments, well, tests, malformed, others)
    is_held = counting.bounds.hold
    items = _alone(record.data, counting.senders) if plain is None else plain
    if len(items) >= _MANY and all(item.__class__ is Payment for item in items):
        # Nearly always all of them count, which the first and the last time and a look at each tell.
        alike: list[Payment] = [item for item in items if not item.is_test]  # type: ignore[union-attr, misc]
        times = [payment.timestamp_ms for payment in alike]
        if len(alike) == len(items) and counting.bounds.hold_all(times, record.arrived_ms):
            return _Found(alike, list(filter(is_well, alike)), tests, malformed, others)
    for item in items:
        if isinstance(item, Payment):
            if item.is_test:
                tests += item.count
            elif is_held(item, record.arrived_ms):
                payments.append(item)
                if is_well(item):
                    well.append(item)
            else:
                malformed.append(counting.bounds.fault(item, record.arrived_ms))
        elif isinstance(item, Malformed):
            malformed.append(item)
        else:
            others.append(item)
    return _Found(payments, well, tests, malformed, others)
