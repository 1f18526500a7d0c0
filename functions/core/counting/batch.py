"""One batch of a shard's records: decoded, classified, counted, cut where the ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, groupby
from operator import itemgetter
from typing import Final

import msgspec

from functions.core.causes.diagnosis import diagnose
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting import unknown_codes
from functions.core.counting.bounds import Bounds
from functions.core.counting.faults import PARKED_AS
from functions.core.counting.ledger import Ledger, announce, cut
from functions.core.counting.messages import CELLS_OTHER, CELLS_WELL, Noting
from functions.core.counting.partial import LARGEST_TALLY, Partial, fits
from functions.core.counting.record import TICK, Record
from functions.core.counting.slices import DEFAULT_SLICING, Slicing
from functions.core.counting.tally import Tally
from functions.core.counting.well import add_well, is_well, well_rows
from functions.core.errors import Malformed
from functions.core.payments.codec import decode_plain, decode_rows
from functions.core.payments.event import Payment
from functions.core.payments.providers import SENDERS
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.readers import Rows, Senders


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
    for found in _found(records, counting):
        # Cells are counted only where so many may be there, and not again for a few payments more.
        most = most_well * found.well + most_other * len(found.payments)
        cells += most
        if found.start > start and cells > LARGEST_TALLY and growing.uncounted >= _COUNTED_AFTER:
            cells = growing.cells + most
        if found.start > start and cells > LARGEST_TALLY:
            done.append((growing.partials(records[start : found.start], before), refused))
            before = records[found.start - 1].sequence_number
            growing, start, refused = _Growing(counting, largest), found.start, []
            cells = most
        growing.take(found)
        refused += found.refused()
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


class _Found:
    """What a record holds, or a run of plain ones, of which no cut separates them. start: its place among
    the records. rows: read by column, with those of them that went well and are counted so. payments: the
    others, with their record, as all that follow: what cannot be counted, and what tells of no payment.
    tests: the second of arrival of payments of a test system, and how many each."""

    def __init__(self, start: int, counting: Counting) -> None:
        self.start = start
        self._counting = counting
        self.rows: list[tuple[Rows, Sequence[bool]]] = []
        self.well = 0
        self.newest_ms = 0
        self.payments: list[tuple[Record, Payment]] = []
        self.malformed: list[tuple[Record, Malformed]] = []
        self.others: list[tuple[Record, NoPayment]] = []
        self.tests: list[tuple[Record, int]] = []

    def take_rows(self, rows: Rows, records: Sequence[Record]) -> None:
        """Rows of the record, or one of each of these records."""
        well = well_rows(rows)
        held = list(compress(rows.column("timestamp_ms"), well))
        if held:
            ends = min(held), max(held)
            arrivals = [record.arrived_ms for record in records]
            if not self._counting.bounds.hold_all(ends, arrivals):
                well = self._held(rows, well, records)
                held = list(compress(rows.column("timestamp_ms"), well))
                ends = 0, max(held, default=0)
            self.rows.append((rows, well))
            self.well += len(held)
            self.newest_ms = max(self.newest_ms, ends[1])
        if len(held) < rows.size:
            for row, is_well in enumerate(well):
                if not is_well:
                    record = records[row if len(records) > 1 else 0]
                    for item in rows.items(row):
                        self.take(item, record)

    def _held(self, rows: Rows, well: Sequence[bool], records: Sequence[Record]) -> list[bool]:
        """Those of the rows that the bounds hold, too."""
        hold_all = self._counting.bounds.hold_all
        arrivals = [record.arrived_ms for record in records]
        arrivals = arrivals if len(records) > 1 else arrivals * rows.size
        at = zip(well, rows.column("timestamp_ms"), arrivals, strict=True)
        return [one and hold_all((when,), (arrived,)) for one, when, arrived in at]

    def take(self, item: Payment | NoPayment | Malformed, record: Record) -> None:
        if isinstance(item, Payment):
            if item.is_test:
                self.tests.append((record, item.count))
            elif self._counting.bounds.hold(item, record.arrived_ms):
                self.payments.append((record, item))
                self.newest_ms = max(self.newest_ms, item.timestamp_ms)
            else:
                fault = self._counting.bounds.fault(item, record.arrived_ms)
                self.malformed.append((record, fault))
        elif isinstance(item, Malformed):
            self.malformed.append((record, item))
        else:
            self.others.append((record, item))

    def refused(self) -> _Refused:
        """What cannot be counted, by its record."""
        return [
            (record, [item for _, item in items])
            for record, items in groupby(self.malformed, key=itemgetter(0))
        ]


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
        add_well(tally, noting.well, self._counted)
        self._counted = len(noting.well)

    @property
    def cells(self) -> int:
        """At most so many: as many as the values that came can fill, and where those are too many, counted."""
        self.uncounted = 0
        uncounted = self._pieces[-1][1].well.most_cells(self._counted)
        most = uncounted + self._cells()
        if most <= LARGEST_TALLY:
            return most
        self._count()
        return self._cells()

    def _cells(self) -> int:
        return sum(tally.cells + noting.cells for tally, noting in self._pieces)

    def take(self, found: _Found) -> None:
        self.uncounted += found.well + len(found.payments)
        self._newest_ms = max(self._newest_ms, found.newest_ms)
        looked_after = _LOOKED_AFTER if self._largest == LARGEST_TALLY else 1
        for rows, well in found.rows:
            for start in range(0, rows.size, looked_after):
                some = slice(start, start + looked_after)
                _, noting = self._pieces[-1]
                noting.well.take(rows.part(some.start, some.stop), well[some])
                if rows.size > some.stop:
                    self._begin_where_full()
        for number, (record, payment) in enumerate(found.payments, 1):
            self._take_one(record, payment)
            if number % looked_after == 0:
                self._begin_where_full()
        tally, _ = self._pieces[-1]
        for record, tests in found.tests:
            tally.bucket(record.arrived_ms // 1000).tests += tests
        for record, item in found.malformed:
            tally.park(record.arrived_ms // 1000)
            tally.fault(record.arrived_ms // 1000, (f"{PARKED_AS}{item.reason}",))
        for record, other in found.others:
            tally.fault(record.arrived_ms // 1000, (str(other),))

    def _take_one(self, record: Record, payment: Payment) -> None:
        tally, noting = self._pieces[-1]
        if payment.faults:
            tally.fault(record.arrived_ms // 1000, payment.faults)
        if is_well(payment):
            noting.well.add(payment)
            return
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
            arrived_ms=max([record.arrived_ms for record in records]),
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
_TOGETHER: Final = 250
"""Records of which plain ones are taken together: no cut falls between them. What more of them are decoded to
does not lie in the processor's cache any more when it is counted."""


def _found(records: Sequence[Record], counting: Counting) -> Iterator[_Found]:
    """What is in the records, in order, plain ones together."""
    for start in range(0, len(records), _TOGETHER):
        stop = min(start + _TOGETHER, len(records))
        runs = _runs(records, start, stop, counting)
        at = start
        while at < stop:
            run = _together(runs[at], at, records, counting) if at in runs else None
            yield run or _alone(at, records[at], counting)
            at += runs[at].size if run else 1


def _runs(records: Sequence[Record], start: int, stop: int, counting: Counting) -> dict[int, Rows]:
    """Of the records from `start` to `stop`, the place of one → rows of it and of those that follow on it,
    where they can be read together."""
    datas = [b"" if record.data == TICK else record.data for record in records[start:stop]]
    try:
        read = decode_plain(datas, senders=counting.senders)
    except Exception:  # noqa: BLE001 whatever one record raises, the others are counted
        return {}
    runs: dict[int, Rows] = {}
    for places, rows in read:
        first = 0
        for row in range(1, rows.size + 1):
            if row == rows.size or places[row] != places[row - 1] + 1:
                runs[start + places[first]] = rows.part(first, row)
                first = row
    return runs


def _together(
    rows: Rows, start: int, records: Sequence[Record], counting: Counting
) -> _Found | None:
    """What is in a run of records; None where one of them cannot be dealt with."""
    found = _Found(start, counting)
    try:
        found.take_rows(rows, records[start : start + rows.size])
    except Exception:  # noqa: BLE001 as above
        return None
    return found


def _alone(start: int, record: Record, counting: Counting) -> _Found:
    """What is in a record; of one that cannot be dealt with, that it is unprocessable."""
    found = _Found(start, counting)
    if record.data == TICK:
        return found
    try:
        for part in decode_rows(record.data, senders=counting.senders):
            if isinstance(part, Rows):
                found.take_rows(part, (record,))
            else:
                found.take(part, record)
    except Exception as error:  # noqa: BLE001 as above
        found = _Found(start, counting)
        detail = f"{type(error).__name__}: {error}"[:200]
        found.take(Malformed("unprocessable", detail, record.data), record)
    return found
