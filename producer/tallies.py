"""A file of past payments as one tally a second, in order, for what goes through months of them.

The tallies are those of `producer.history.read`, `functions.core.causes.diagnosis.classify` and `Tally.add`,
several times as fast: rows are read and counted a chunk at a time by column, and what is not plain in
a chunk is narrowed down and read row by row.

A second can be given out once no earlier row can follow. Whether one does is known only at the
file's end, so the times alone are read first (0.6 µs a row). Where no chunk begins more than a
minute before what came before it, as in nearly every export, seconds are given out as they are
complete. Else every chunk's tallies are put on disk and merged there by second: tallies add up in
any order, and are fewer than rows. Rows that are spread over a period are sorted one by one: each
stands for many seconds, so they are few.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting.slices import Slicing
from functions.core.counting.tally import merge
from functions.core.counting.wire import Wire
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
    counted = _counted(path, form, knowledge, slicing, on_bad)
    yield from _as_they_come(counted) if _is_nearly_ordered(path, form) else _merged(counted)


_Opened = defaultdict[int, Open]


def _counted(
    path: Path, form: Format | None, knowledge: KnowledgeBase, slicing: Slicing, on_bad: OnBad
) -> Iterator[_Opened]:
    """The seconds counted so far, after each chunk, to take seconds from."""
    opened: _Opened = defaultdict(Open)
    counting = Counting(form, knowledge, slicing)

    def by_column(columns: Columns) -> None:
        counting.count(columns, opened)

    def by_row(row: Row) -> None:
        into = opened[row.timestamp_ms // 1000]
        into.rows += 1
        for payment in row.payments:
            into.add_single(payment, classify(payment, knowledge), slicing)

    for chunk in chunks(path, form, on_bad=on_bad):
        chunk.read(by_column, by_row, on_bad)
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
            yield Second(second, tally, sum(part.rows for part in found), newest_ms)
    finally:
        database.close()


_wire: Final = Wire(Second)


def _is_nearly_ordered(path: Path, form: Format | None) -> bool:
    """Whether no chunk has a time of more than LAG_S before those of earlier chunks."""
    times = times_of(form)
    latest = 0
    seconds: list[int] = []

    def by_column(columns: Columns) -> None:
        moments = times.moments(columns["timestamp"])
        ends = [times.moment_ms(moment) // 1000 for moment in (min(moments), max(moments))]
        seconds.extend(ends)

    def by_row(row: Row) -> None:
        seconds.append(row.timestamp_ms // 1000)

    for chunk in chunks(path, form, on_bad=lambda _: None, times_only=True):
        chunk.read(by_column, by_row, on_bad=lambda _: None)
        if min(seconds, default=latest) < latest - LAG_S:
            return False
        latest = max(latest, *seconds) if seconds else latest
        seconds.clear()
    return True
