"""How a plain file of rows is laid out: what parts its columns, and which line names them.

Found from its first lines, and said. Title lines above the header, comments and totals are no rows.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from producer.moments import plain

DELIMITERS: Final[Mapping[str, str]] = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", "\x01": "control A",
}  # fmt: skip
"""What parts columns → its name in words."""
COMMENTS: Final = ("#", "//", "--")
NO_HEADER: Final = 0
_LINES: Final = 60
_TITLES: Final = 40
"""A header stands within so many lines."""

TOTALS: Final = frozenset(
    ("total", "totals", "grand total", "subtotal", "sub total", "sum", "summe", "gesamt",
     "gesamtsumme", "zwischensumme", "totale", "totales", "total general", "total geral", "somme",
     "soma", "suma", "totaal", "razem", "summa", "итого", "合计")
)  # fmt: skip
"""Words that begin a row of sums."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """kind: csv, or json for an object a line; empty where it is to be found, as the others.
    encoding: a name that Python knows. delimiter: one sign. header: the line that names the columns,
    from 1; NO_HEADER where none does, None to be found."""

    kind: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: int | None = None

    @property
    def is_known(self) -> bool:
        return self.kind == "json" or bool(self.delimiter and self.header is not None)


def layout(path: Path, known: Layout, wanted: Collection[str] = ()) -> Layout:
    """The layout of a plain file, with what is left open in `known` found. wanted: columns that its
    header names, where some are known."""
    if known.is_known:
        return known
    lines = _lines(path)
    delimiter = known.delimiter or _delimiter(lines, wanted)
    header = known.header
    if header is None:
        header = _header(lines, delimiter, wanted)
    return msgspec.structs.replace(known, kind="csv", delimiter=delimiter, header=header)


def spoken(found: Layout) -> list[str]:
    """`["semicolon", "header in line 4"]`."""
    if found.kind == "json":
        return ["JSON, an object a line"]
    name = DELIMITERS.get(found.delimiter, repr(found.delimiter))
    if found.header == NO_HEADER:
        return [name, "no header"]
    return [name, f"header in line {found.header}"]


def names(cells: Sequence[str], header: int | None) -> list[str]:
    """What the columns are called: as the header has them, once each; by number without one."""
    if header == NO_HEADER:
        return [f"column {number}" for number in range(1, len(cells) + 1)]
    found: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip().lstrip("\ufeff") or f"column {number}"
        again = 2
        while name in found:
            name = f"{cell.strip()} ({again})"
            again += 1
        found.append(name)
    return found


def is_no_row(cells: Sequence[Any]) -> str:
    """`comment` or `total` where the cells are no payment; else empty."""
    texts = [str(cell).strip() for cell in cells if cell is not None]
    first = next((text for text in texts if text), "")
    if first.startswith(COMMENTS):
        return "comment"
    words = plain(first).rstrip(": ")
    is_total = words in TOTALS or any(words.startswith(f"{word} ") for word in _BEGINS)
    return "total" if is_total else ""


_BEGINS: Final = ("total", "totals", "summe", "gesamt", "grand total", "subtotal")


def _lines(path: Path) -> list[tuple[int, str]]:
    """Number and text of the first lines with anything in them."""
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        numbered = ((number, line.rstrip("\r\n")) for number, line in enumerate(file, 1))
        return list(islice(((n, line) for n, line in numbered if line.strip()), _LINES))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(lines: Sequence[tuple[int, str]], wanted: Collection[str]) -> str:
    """What parts most lines into equally many columns; of two that do as well, into more."""
    best, most = ",", (0, 0.0, 0)
    rows = [line for _, line in lines if not line.lstrip().startswith(COMMENTS)]
    for delimiter in DELIMITERS:
        parted = [_cells(line, delimiter) for line in rows]
        widths = Counter(len(cells) for cells in parted if len(cells) > 1)
        if not widths:
            continue
        named = max(len(set(wanted) & {cell.strip() for cell in cells}) for cells in parted)
        width, times = widths.most_common(1)[0]
        found = (named, round(times / len(rows), 1), width)
        if found > most:
            best, most = delimiter, found
    return best


def _header(lines: Sequence[tuple[int, str]], delimiter: str, wanted: Collection[str]) -> int:
    rows = [
        (number, [cell.strip() for cell in _cells(line, delimiter)])
        for number, line in lines
        if not line.lstrip().startswith(COMMENTS)
    ]
    for number, cells in rows[:_TITLES]:
        if wanted and set(wanted) <= set(cells):
            return number
    if not rows or wanted:
        return rows[0][0] if rows else 1
    width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    whole = [cells for _, cells in rows if len(cells) == width]
    if not any(cells[-1] for cells in whole):
        width -= 1  # each row ends with a delimiter, and the header need not
    for number, cells in rows[:_TITLES]:
        filled = [cell for cell in cells if cell]
        if len(cells) < max(2, width) or len(filled) < max(2, 0.6 * width):
            continue
        return NO_HEADER if _is_data(filled) else number
    return rows[0][0]


def _is_data(cells: Sequence[str]) -> bool:
    """Whether cells hold values and no names: some begin with a digit."""
    return sum(cell[:1].isdigit() or cell[:1] in "-+" for cell in cells) * 4 >= len(cells)
