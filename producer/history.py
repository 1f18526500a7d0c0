"""A plain file of past payments, read as payments in the order of their times.

Rows are CSV, or JSON Lines where the format's layout or the file's name says so: .jsonl, .ndjson or
.json. `producer.opening` makes any other file such a one. Without a format they are events as in
docs/events.md; one without a transaction id is no fault. A bad row is skipped and told to the caller
with its line number: one broken line in a year's export must not cost the year. Rows out of order
are sorted on disk, so that no file is ever held in memory.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed, PaywatchError
from functions.core.payments.event import Payment
from functions.core.payments.mapping import value_at
from producer.format import Format
from producer.pacing import Timed
from producer.record import DROPPED, NO_ROW, events, moment_ms, payments_of
from producer.sniffing import NO_HEADER, is_no_row, layout, names
from producer.spread import Row, spread

JSON_LINES: Final = (".jsonl", ".ndjson", ".json")

OnBad = Callable[[Malformed], None]
"""Takes what is wrong with a row; `detail` begins with its line number, `data` is the row. With reason
DROPPED it is one of its fields, and the row is counted without; with NO_ROW it is none: a comment, or
a total."""


def read(
    path: Path,
    form: Format | None,
    *,
    on_bad: OnBad,
    from_ms: int | None = None,
    until_ms: int | None = None,
) -> Iterator[Payment]:
    """The file's payments in the order of their times, those in [from_ms, until_ms) only.

    Transaction ids follow from the file's name and the row where the file has none. A row of no
    payments (a count of 0) gives none. Raises PaywatchError when there is no such file, and
    SettingsError when the file has no column that the format names.
    """
    period_ms = form.spread_s * 1000 if form else 0
    for payment in spread(ordered_rows(path, form, on_bad=on_bad), period_ms):
        if until_ms is not None and payment.timestamp_ms >= until_ms:
            # Later rows are still read, so that each bad one is told.
            continue
        if from_ms is None or payment.timestamp_ms >= from_ms:
            yield payment


def ordered_rows(path: Path, form: Format | None, *, on_bad: OnBad) -> Iterator[Row]:
    """The file's rows with payments in them, in the order of their times."""
    ordered = _is_ordered(path, form)
    found = rows_of(_records(path, form, on_bad), path.stem, form, on_bad)
    return found if ordered else _sorted(found)


def rows_of(
    records: Iterable[tuple[int, Mapping[str, Any] | str]],
    name: str,
    form: Format | None,
    on_bad: OnBad,
) -> Iterator[Row]:
    """The records' rows with payments in them, in their order; `name` goes into made-up ids."""
    for line, values in records:
        dropped: list[str] = []
        try:
            payments = payments_of(values, form, f"{name}-{line}", dropped.append)
        except Malformed as error:
            on_bad(_none(line, values) or _at(line, error.reason, error.detail, values))
            continue
        for fault in (*dropped, *(fault for payment in payments for fault in payment.faults)):
            on_bad(_at(line, DROPPED, fault, values))
        if payments:
            yield Row(line, payments)


def replay(payments: Iterator[Payment], *, speed: float, start_ms: int) -> Iterator[Timed]:
    """The payments `speed` times as fast as they were: the first at second 0, which is start_ms.

    Each payment's time is moved to its send time. They must be in the order of their times.
    """
    first: int | None = None
    for payment in payments:
        if first is None:
            first = payment.timestamp_ms
        at = (payment.timestamp_ms - first) / 1000.0 / speed
        moved = msgspec.structs.replace(payment, timestamp_ms=start_ms + int(at * 1000))
        yield Timed(at, moved)


def _at(line: int, reason: str, detail: str, values: Mapping[str, Any] | str) -> Malformed:
    return Malformed(reason, f"line {line}: {detail}", str(values).encode()[:1000])


def _none(line: int, values: Mapping[str, Any] | str) -> Malformed | None:
    """What to tell of a bad row that is no payment at all."""
    cells = list(values.values()) if isinstance(values, Mapping) else values.split(",")
    what = is_no_row(cells)
    return _at(line, NO_ROW, what, values) if what else None


def check_readable(path: Path, form: Format | None) -> None:
    """Raises PaywatchError when there is no such file, or CSV without a format."""
    if path.is_dir() or not path.exists():
        raise PaywatchError(f"there is no file {path}")
    if form is None and path.suffix not in JSON_LINES:
        raise PaywatchError(f"{path.name} needs a format that says what its columns mean")


def is_json(path: Path, form: Format | None) -> bool:
    """Whether the file has a JSON object a line, as the format says, else the file's name."""
    kind = form.layout.kind if form is not None else ""
    return kind == "json" if kind else path.suffix in JSON_LINES


def _records(
    path: Path, form: Format | None, on_bad: OnBad
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number of each row, and its values by column; the line's text where form is None."""
    check_readable(path, form)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            if form is None:
                yield from ((line, text) for line, text in enumerate(file, 1) if text.strip())
            elif is_json(path, form):
                yield from checked(json_records(enumerate(file, 1), on_bad), path, form)
            else:
                header, fields = csv_table(file, path, form, on_bad)
                for line, values in fields:
                    yield line, dict(zip(header, values, strict=True))
    except OSError as error:
        raise PaywatchError(f"cannot read {path}: {error.strerror}") from error


def csv_table(
    file: Iterator[str], path: Path, form: Format, on_bad: OnBad
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The columns, and line number and fields of each row that has as many."""
    found = layout(path, form.layout, form.columns)
    skipped = max(0, (found.header or 1) - 1)
    for _ in range(skipped):
        next(file, "")
    reader = csv.reader(file, delimiter=found.delimiter)
    first = next(reader, [])
    header = names(first, found.header)
    form.check_columns(header, path.name)
    width = len(header)

    def whole() -> Iterator[tuple[int, list[str]]]:
        if found.header == NO_HEADER and first:
            yield 1, first
        while True:
            line = reader.line_num + 1 + skipped
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                on_bad(_at(line, "bad_row", str(error), ""))
                continue
            if len(fields) == width:
                yield line, fields
            elif any(fields):
                if len(fields) > width and not any(fields[width:]):
                    yield line, fields[:width]
                    continue
                detail = f"{len(fields)} fields, the header has {width}"
                text = found.delimiter.join(fields)
                on_bad(_none(line, ",".join(fields)) or _at(line, "bad_row", detail, text))

    return header, whole()


def json_records(
    lines: Iterable[tuple[int, str]], on_bad: OnBad
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in lines:
        if not text.strip():
            continue
        try:
            values = _OBJECT.decode(text)
        except msgspec.DecodeError as error:
            on_bad(_at(line, "bad_json", str(error), text.strip()))
        except RecursionError:
            on_bad(_at(line, "too_deep", "JSON nested deeper than can be read", text.strip()))
        else:
            yield line, values


def checked(
    records: Iterator[tuple[int, Mapping[str, Any]]], path: Path, form: Format
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, record in enumerate(records):
        if number == 0:
            # Later objects may leave out what is absent; the first shows how columns are spelt.
            columns = [*record[1], *(c for c in form.columns if value_at(record[1], c) is not None)]
            form.check_columns(list(dict.fromkeys(columns)), path.name, needed_only=True)
        yield record


# Python's float takes 1e999 for infinity: a fault of the column that holds it, not of the line.
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any], float_hook=float)


def _is_ordered(path: Path, form: Format | None) -> bool:
    """Whether the rows with a readable time are in its order. Reads the file once."""
    last = 0
    for _, values in _records(path, form, on_bad=lambda _: None):
        try:
            now = _row_ms(values, form)
        except Malformed:
            continue
        if now < last:
            return False
        last = now
    return True


def _row_ms(values: Mapping[str, Any] | str, form: Format | None) -> int:
    if form is None or isinstance(values, str):
        return min(payment.timestamp_ms for payment in events(str(values), "-"))
    return moment_ms(values, form)


def _sorted(found: Iterator[Row]) -> Iterator[Row]:
    """The rows by time, those of one time in the order of the file. Sorts on disk."""
    database = sqlite3.connect("")  # a temporary file, which SQLite deletes
    try:
        database.execute("CREATE TABLE rows (at INTEGER, line INTEGER, data BLOB)")
        database.executemany(
            "INSERT INTO rows VALUES (?, ?, ?)",
            ((row.timestamp_ms, row.line, _PACK.encode(row)) for row in found),
        )
        for (data,) in database.execute("SELECT data FROM rows ORDER BY at, line"):
            yield _UNPACK.decode(data)
    finally:
        database.close()


_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(Row)
