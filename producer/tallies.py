"""A file of past payments as one tally a second, in order, for what goes through months of them.

The tallies are those of `producer.history.read`, `functions.core.causes.diagnosis.classify` and `Tally.add`,
several times as fast: rows are read and counted a chunk at a time by column, and what is not plain in
a chunk is narrowed down and read row by row.

A second can be given out once no earlier row can follow. Whether one does is known only at the
file's end, so the times and ids alone are read first (0.7 µs a row). Payments whose id comes again are then
read row by row, and their messages named, for whoever counts them to tell tries and repeats apart. Where no chunk begins more than a
minute before what came before it, as in nearly every export, seconds are given out as they are
complete. Else every chunk's tallies are put on disk and merged there by second: tallies add up in
any order, and are fewer than rows. Rows that are spread over a period are sorted one by one: each
stands for many seconds, so they are few.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting.messages import NO_MESSAGES, Messages
from functions.core.counting.slices import Slicing
from functions.core.counting.tally import merge
from functions.core.counting.wire import Wire
from functions.core.detection.remembered import REMEMBERED_SECONDS
from functions.core.errors import PaywatchError
from producer.chunks import chunks
from producer.columns import Columns
from producer.counting import Counting
from producer.format import Format
from producer.history import OnBad, ordered_rows
from producer.leaves import spread_seconds
from producer.second import Open, Second
from producer.spread import Row
from producer.times import times_of

LAG_S: Final = 60
"""So much may a row lie before the rows of earlier chunks in a file that is taken as it comes."""


def tallies(
    path: Path,
    form: Format | None,
    *,
    knowledge: KnowledgeBase,
    slicing: Slicing,
    on_bad: OnBad,
) -> Iterator[Second]:
    """The file's seconds that have payments, in their order.

    form: what its columns mean; None for JSON Lines of events (docs/events.md), of which one
    without a transaction id is no fault. Raises as `producer.history.read`.
    """
    if form is not None and form.spread_s:
        rows = ordered_rows(path, form, on_bad=on_bad)
        yield from spread_seconds(rows, form.spread_s, knowledge=knowledge, slicing=slicing)
        return
    survey = _survey(path, form)
    counted = _counted(path, form, knowledge, slicing, on_bad, survey.again)
    yield from _as_they_come(counted) if survey.is_nearly_ordered else _merged(counted)


_Opened = defaultdict[int, Open]


def _counted(
    path: Path,
    form: Format | None,
    knowledge: KnowledgeBase,
    slicing: Slicing,
    on_bad: OnBad,
    again: Set[int],
) -> Iterator[_Opened]:
    """The seconds counted so far, after each chunk, to take seconds from. Payments that come again are
    read row by row: of them it matters which message is which. So are those that a merchant's payments
    failed by, where they have an id: their amounts may show that cards are tested."""
    opened: _Opened = defaultdict(Open)
    counting = Counting(form, knowledge, slicing)

    def by_column(columns: Columns) -> None:
        counting.count(columns, opened)

    def by_row(row: Row) -> None:
        into = opened[row.timestamp_ms // 1000]
        into.rows += 1
        for payment in row.payments:
            into.add_single(payment, classify(payment, knowledge), slicing)

    def apart(columns: Columns) -> Sequence[bool]:
        ill = counting.failing_at_merchants(columns)
        if not ill:
            return [mark in again for mark in _marks(columns)] if again else ()
        marks = _marks(columns)
        return [
            mark in again or (is_ill and mark != _NO_ID)
            for mark, is_ill in zip(marks, ill, strict=False)
        ]

    for chunk in chunks(path, form, on_bad=on_bad):
        chunk.read(by_column, by_row, on_bad, apart)
        yield opened


def _as_they_come(counted: Iterator[_Opened]) -> Iterator[Second]:
    opened: _Opened = defaultdict(Open)
    given = -1
    for opened in counted:
        if min(opened, default=given + 1) <= given:
            raise PaywatchError("the file's rows are out of order by more than its times show")
        before = max(opened, default=0) - LAG_S
        for second in sorted(second for second in opened if second < before):
            yield opened.pop(second).second(second)
            given = second
    for second in sorted(opened):
        yield opened[second].second(second)


def _merged(counted: Iterator[_Opened]) -> Iterator[Second]:
    """The seconds in order, whatever the order of the chunks. Merges on disk."""
    database = sqlite3.connect("")  # a temporary file, which SQLite deletes
    try:
        database.execute("CREATE TABLE parts (second INTEGER, data BLOB)")
        for opened in counted:
            database.executemany(
                "INSERT INTO parts VALUES (?, ?)",
                ((second, _wire.encode(into.second(second))) for second, into in opened.items()),
            )
            opened.clear()
        parts = database.execute("SELECT second, data FROM parts ORDER BY second")
        for second, group in groupby(parts, key=lambda part: int(part[0])):
            found = [_wire.decode(data) for _, data in group]
            tally = merge(part.tally for part in found)
            newest_ms = max(part.newest_ms for part in found)
            rows = sum(part.rows for part in found)
            yield Second(second, tally, rows, newest_ms, _joined(found))
    finally:
        database.close()


_wire: Final = Wire(Second)


def _joined(parts: Sequence[Second]) -> Messages:
    named = [part.messages for part in parts if part.messages]
    if not named:
        return NO_MESSAGES
    others = tuple(message for messages in named for message in messages.others)
    return Messages(named[0].slicing, others=others)


class _Survey(NamedTuple):
    """What is known of a file before its rows are counted. is_nearly_ordered: no chunk has a time of more
    than LAG_S before those of earlier chunks. again: hashes of the ids that come more than once within
    about REMEMBERED_SECONDS."""

    is_nearly_ordered: bool
    again: Set[int]


MOST_IDS: Final = 4_000_000
"""Ids that are held at once, to see which come again: of more, the oldest are let go."""


def _survey(path: Path, form: Format | None) -> _Survey:
    """Reads the times and the ids alone (0.7 µs a row)."""
    times = times_of(form)
    latest, began, is_nearly_ordered = 0, 0, True
    seconds: list[int] = []
    ids: list[int] = []
    now: set[int] = set()
    before: set[int] = set()
    again: set[int] = set()

    def by_column(columns: Columns) -> None:
        moments = times.moments(columns["timestamp"])
        ends = [times.moment_ms(moment) // 1000 for moment in (min(moments), max(moments))]
        seconds.extend(ends)
        ids.extend(_marks(columns))

    def by_row(row: Row) -> None:
        seconds.append(row.timestamp_ms // 1000)
        ids.extend(hash(payment.transaction_id) for payment in row.payments)

    for chunk in chunks(path, form, on_bad=lambda _: None, times_only=True):
        chunk.read(by_column, by_row, on_bad=lambda _: None)
        if min(seconds, default=latest) < latest - LAG_S:
            is_nearly_ordered = False
        latest = max([latest, *seconds])
        is_over = is_nearly_ordered and latest - began > REMEMBERED_SECONDS
        if is_over or len(now) > MOST_IDS // 2:
            now, before, began = set(), now, latest
        again |= _again([mark for mark in ids if mark != _NO_ID], now, before)
        seconds.clear()
        ids.clear()
    return _Survey(is_nearly_ordered, again)


def _again(ids: Sequence[int], now: set[int], before: Set[int]) -> set[int]:
    """Those that came already; all of them are added to `now`."""
    new = set(ids)
    if len(new) == len(ids) and now.isdisjoint(new) and before.isdisjoint(new):
        now |= new
        return set()
    again = (new & now) | (new & before)
    again.update(mark for mark, times in Counter(ids).items() if times > 1)
    now |= new
    return again


_NO_ID: Final = hash("")


def _marks(columns: Columns) -> Sequence[int]:
    """The hash of each row's id, _NO_ID where it has none; nothing where there is no such column."""
    given = columns.get("transaction_id", ())
    return list(map(hash, map(str.strip, ["" if one is None else str(one) for one in given])))
