"""A file of past payments in chunks of rows, each to be read by column or row by row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import compress, islice
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from functions.core.errors import Malformed, PaywatchError
from functions.core.payments.codec import UTF8_BOM
from functions.core.payments.event import ALIASES
from producer.columns import Columns, CsvColumns, JsonColumns, PathColumns, Unplain, columns_of
from producer.format import Format
from producer.history import (
    OnBad,
    check_readable,
    checked,
    csv_table,
    is_json,
    json_records,
    rows_of,
)
from producer.spread import Row

# Decoded, a chunk of this size still lies in the processor's cache: 1 MiB takes a quarter longer.
_CHUNK_BYTES: Final = 128 * 1024
_CHUNK_ROWS: Final = 512
_SURVEYED: Final = ("timestamp", "transaction_id")
_SINGLE_ROWS: Final = 8
"""So many rows that are not plain are read one by one; more are first narrowed down, by as much."""


class Source(Protocol):
    def columns(self, rows: Sequence[Any]) -> Columns:
        """Raises Unplain."""

    def single(self, line: int, rows: Sequence[Any], on_bad: OnBad) -> Iterator[Row]:
        """The rows, of which the first stands in that line, each by itself."""


class Chunk(msgspec.Struct, frozen=True):
    """Rows as their source knows them. line: of the first, where each row is a line."""

    source: Source
    line: int
    rows: Sequence[Any]

    def read(
        self,
        by_column: Callable[[Columns], None],
        by_row: Callable[[Row], None],
        on_bad: OnBad,
        apart: Callable[[Columns], Sequence[bool]] = lambda _: (),
    ) -> None:
        """Each row once: to by_column, which may raise Unplain as long as it has done nothing with
        them; else to by_row if it has payments, to on_bad if it is malformed. apart: which of the rows
        go to by_row in any case; empty for none."""
        try:
            columns = self.source.columns(self.rows)
            single = apart(columns)
            if any(single):
                others = [not is_single for is_single in single]
                columns = {name: list(compress(of, others)) for name, of in columns.items()}
            if not single or not all(single):
                by_column(columns)
            for place in compress(range(len(self.rows)), single):
                rows = self.rows[place : place + 1]
                for row in self.source.single(self.line + place, rows, on_bad):
                    by_row(row)
        except Unplain:
            if len(self.rows) > _SINGLE_ROWS:
                size = -(-len(self.rows) // _SINGLE_ROWS)
                for start in range(0, len(self.rows), size):
                    part = Chunk(self.source, self.line + start, self.rows[start : start + size])
                    part.read(by_column, by_row, on_bad, apart)
                return
            for row in self.source.single(self.line, self.rows, on_bad):
                by_row(row)


def chunks(
    path: Path, form: Format | None, *, on_bad: OnBad, times_only: bool = False
) -> Iterator[Chunk]:
    """The file's chunks. times_only: their columns are the timestamp alone, and the payment's id.

    Raises as `producer.history.read`. on_bad is told of rows that have not the header's fields.
    """
    check_readable(path, form)
    try:
        if form is None or is_json(path, form):
            yield from _json_chunks(path, form, times_only)
        else:
            yield from _csv_chunks(path, form, on_bad, times_only)
    except OSError as error:
        raise PaywatchError(f"cannot read {path}: {error.strerror}") from error


def _json_chunks(path: Path, form: Format | None, times_only: bool) -> Iterator[Chunk]:
    source = _JsonSource(path, form, times_only)
    line = 1
    is_checked = form is None
    with path.open("rb") as file:
        if file.read(len(UTF8_BOM)) != UTF8_BOM:
            file.seek(0)
        while lines := file.readlines(_CHUNK_BYTES):
            if not lines[-1].endswith(b"\n"):
                lines[-1] += b"\n"
            text = b"".join(lines)
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                lines = io.BytesIO(text).readlines()
            if form is not None and not is_checked:
                records = json_records(_numbered(line, lines), _not_told)
                is_checked = next(checked(records, path, form), None) is not None
            yield Chunk(source, line, lines)
            line += len(lines)


def _not_told(_: Malformed) -> None:
    """It is told when it is read."""


def _numbered(line: int, lines: Sequence[bytes]) -> Iterator[tuple[int, str]]:
    return enumerate((text.decode(errors="replace") for text in lines), line)


class _JsonSource:
    def __init__(self, path: Path, form: Format | None, times_only: bool) -> None:
        self._path = path
        self._form = form
        self._columns = columns_of(form)
        if times_only and form is None:
            names = {name: (name, *ALIASES[name]) for name in _SURVEYED}
            self._columns = JsonColumns(names)
        elif times_only and self._columns is not None and form is not None:
            fields = {name: form.fields[name] for name in _SURVEYED if name in form.fields}
            if isinstance(self._columns, PathColumns):
                self._columns = PathColumns(form, fields)
            else:
                self._columns = JsonColumns({name: [of] for name, of in fields.items()}, form=form)

    def columns(self, rows: Sequence[bytes]) -> Columns:
        if self._columns is None:
            raise Unplain
        return self._columns.read(rows)

    def single(self, line: int, rows: Sequence[bytes], on_bad: OnBad) -> Iterator[Row]:
        lines = _numbered(line, rows)
        if self._form is None:
            events = ((number, text) for number, text in lines if text.strip())
            return rows_of(events, self._path.stem, None, on_bad)
        return rows_of(json_records(lines, on_bad), self._path.stem, self._form, on_bad)


def _csv_chunks(path: Path, form: Format, on_bad: OnBad, times_only: bool) -> Iterator[Chunk]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header, rows = csv_table(file, path, form, on_bad)
        source = _CsvSource(path, form, header, times_only)
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            yield Chunk(source, 0, chunk)


class _CsvSource:
    def __init__(self, path: Path, form: Format, header: list[str], times_only: bool) -> None:
        self._path = path
        self._form = form
        self._header = header
        surveyed = {name: form.fields[name] for name in _SURVEYED if name in form.fields}
        self._columns = CsvColumns(header, surveyed if times_only else form.fields, form)

    def columns(self, rows: Sequence[tuple[int, list[str]]]) -> Columns:
        return self._columns.read(rows)

    def single(
        self, line: int, rows: Sequence[tuple[int, list[str]]], on_bad: OnBad
    ) -> Iterator[Row]:
        records = ((line, dict(zip(self._header, row, strict=True))) for line, row in rows)
        return rows_of(records, self._path.stem, self._form, on_bad)
