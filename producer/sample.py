"""Some rows of a plain file, from its beginning, its middle and its end, by column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.payments.nested import typed
from producer.sniffing import NO_HEADER, Layout, is_no_row, names

_FIRST_ROWS: Final = 1_000
_BLOCK: Final = 32 * 1024
"""Bytes that are read at each later place."""
_PLACES: Final = (0.25, 0.5, 0.75, 1.0)
_DEEPEST: Final = 4

Sample = Mapping[str, Sequence[Any]]
"""Column → its value in each of the rows, None where one has none; all of the same length."""


def sample(path: Path, layout: Layout) -> Sample:
    """layout: complete. Of JSON, columns inside objects are paths: `data.object.id`."""
    if layout.kind == "json":
        rows = list(_objects(path))
        columns = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in columns}
    return _table(path, layout)


def _table(path: Path, layout: Layout) -> Sample:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for _ in range(max(0, (layout.header or 1) - 1)):
            next(file, "")
        reader = _rows(csv.reader(file, delimiter=layout.delimiter))
        first = next(reader, [])
        rows = list(islice(reader, _FIRST_ROWS))
    header = names(first, layout.header)
    if layout.header == NO_HEADER:
        rows.insert(0, first)
    if len(rows) >= _FIRST_ROWS:
        rows += _later(path, layout.delimiter)
    width = len(header)
    whole = [
        row[:width]
        for row in rows
        if len(row) >= width and any(row) and not any(row[width:]) and not is_no_row(row)
    ]
    columns = list(zip(*whole, strict=True)) if whole else [()] * width
    return dict(zip(header, columns, strict=True))


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Those that can be read."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _later(path: Path, delimiter: str) -> Iterator[list[str]]:
    for line in _later_lines(path):
        yield from _rows(csv.reader([line.decode(errors="replace")], delimiter=delimiter))


def _later_lines(path: Path) -> Iterator[bytes]:
    """Whole lines from further on."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in _PLACES:
            file.seek(max(0, int(size * place) - _BLOCK))
            yield from file.read(_BLOCK).split(b"\n")[1:-1]


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        lines = list(islice((line for line in file if line.strip()), _FIRST_ROWS))
    if len(lines) >= _FIRST_ROWS:
        lines += _later_lines(path)
    for line in lines:
        try:
            found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            yield dict(_flat(found, "", _DEEPEST))


def _flat(values: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        value = typed(value)
        if isinstance(value, dict) and value and depth:
            yield from _flat(value, f"{before}{name}.", depth - 1)
        elif not isinstance(value, (dict, list)):
            yield f"{before}{name}", value
