"""What was wrong with the rows of a file: the first of each told, the rest counted."""

from __future__ import annotations

from collections import Counter
from typing import Final

import typer

from functions.core.errors import Malformed
from ops.printing import say
from producer.record import DROPPED, NO_ROW

SHOWN_BAD_ROWS: Final = 5
_MOST_KINDS: Final = 64
_UNKNOWN_STATUS: Final = "unknown_status"


class BadRows:
    """Counts bad rows and keeps the first few. Fields that rows did without, and rows that are none,
    are no bad rows: they are told by kind. word: what a row is, where no line of the file."""

    def __init__(self, word: str = "line") -> None:
        self.count = 0
        self.word = word
        self._first: list[Malformed] = []
        self._kinds: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._none: Counter[str] = Counter()
        self._statuses = 0

    def __call__(self, bad: Malformed) -> None:
        if bad.reason == NO_ROW:
            what = bad.detail.partition(": ")[2]
            self._none[
                what if what in self._none or len(self._none) < _MOST_KINDS else "other"
            ] += 1
            return
        if bad.reason == DROPPED:
            line, _, what = bad.detail.partition(": ")
            kind, _, value = what.rpartition(": ") if what.count(": ") > 1 else (what, "", "")
            if kind in self._kinds or len(self._kinds) < _MOST_KINDS:
                self._kinds[kind] += 1
                self._examples.setdefault(kind, f"{line}: {value}" if value else line)
            return
        self.count += 1
        self._statuses += bad.reason == _UNKNOWN_STATUS
        if len(self._first) < SHOWN_BAD_ROWS:
            self._first.append(bad)

    def tell(self, *, notes: bool = True) -> None:
        """On standard error. notes: with those, for who does not show them."""
        for bad in self._first:
            say(f"skipped {self._said(bad.detail)} ({bad.reason})", err=True)
        if self.count > len(self._first):
            typer.echo(f"skipped {self.count - len(self._first)} more bad rows", err=True)
        for note in self.notes() if notes else ():
            say(f"note: {note}", err=True)

    def notes(self) -> list[str]:
        """What a reader should know besides, a line each."""
        found = [
            f"{kind}: {number:,} rows are counted without it, the first in"
            f" {self._said(self._examples[kind])}"
            for kind, number in self._kinds.items()
        ]
        if self._none:
            words = ", ".join(f"{number:,} × {what}" for what, number in self._none.items())
            found.append(f"left out as no payments: {words}")
        if self._statuses:
            found.append(
                f"{self._statuses:,} rows have a status that nobody knows: say what it means in the"
                ' format, such as [statuses] "THE WORD" = "denied"'
            )
        return found

    def _said(self, detail: str) -> str:
        return detail.replace("line ", f"{self.word} ", 1)
