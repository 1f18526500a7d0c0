"""A file that somebody has, ready to be counted: opened, understood, and said how."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts, approved, attempts
from functions.core.counting.slices import ALL
from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import iso_ms
from producer import sniffing
from producer.chunks import chunks
from producer.finding import completed
from producer.format import Format
from producer.guessing import Guess, guess, table
from producer.moments import comes_twice, zone_of
from producer.opening import Plain, opened, spoken_encoding
from producer.record import NO_ROW, payments_of
from producer.sample import Sample, sample
from producer.second import Second
from producer.sniffing import Layout
from producer.time_forms import FIRST_SANE_MS

DAY_MS: Final = 86_400_000
_TRIED: Final = 50
_HALF_HOUR: Final = 1_800
_MANY: Final = 0.05
"""Share of bad rows from which it is told once more what that means."""


class Reading(msgspec.Struct, frozen=True):
    """path: of the plain file. form: what its columns mean, None for events. said: what a reader
    should know, a line each. until_ms: no payment is later. word: what a row is, line or item."""

    path: Path
    form: Format | None
    said: tuple[str, ...]
    until_ms: int
    word: str = "line"


@contextlib.contextmanager
def reading(
    file: Path, form: Format | None, *, now_ms: int, write: Path | None = None
) -> Iterator[Reading]:
    """The file, while the context lasts. write: where the format goes, complete as it was found.

    Raises PaywatchError when it cannot be read or written, SettingsError when it is not understood.
    """
    until_ms = now_ms + DAY_MS
    encoding = form.layout.encoding if form is not None else ""
    with opened(file, encoding) as plain:
        if form is None and _are_events(plain, until_ms):
            if write is not None:
                raise SettingsError(
                    [f"{file.name} holds events in Paywatch's own fields: it needs no format"]
                )
            said = (f"read as: {', '.join((*plain.said, 'events, one a line'))}", *plain.notes)
            yield Reading(plain.path, None, said, until_ms, _word(plain))
            return
        form, said, faults = _understood(plain, form, until_ms)
        if write is not None:
            _write(write, form, file)
            said = (
                *said,
                f"the format is in {write}: --format {write} reads the file the same way",
            )
        if faults:
            hint = (
                ""
                if write is not None
                else "; backtest --write-format F.toml writes the rest of it"
            )
            raise SettingsError([f"{said[0]}: {fault}{hint}" for fault in faults])
        yield Reading(plain.path, form, said, until_ms, _word(plain))


def _word(plain: Plain) -> str:
    return "item" if plain.is_items else "line"


def _are_events(plain: Plain, until_ms: int) -> bool:
    """Whether most of the first rows are events in Paywatch's own fields; or some are but for the
    words of their status, and nothing else can be made of them."""
    if plain.kind != "json":
        return False
    with plain.path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = list(islice((line for line in file if line.strip()), _TRIED))
    good = odd = 0
    for line in lines:
        try:
            payments_of(line, None, "-")
            good += 1
        except Malformed as error:
            good += error.reason == NO_ROW
            odd += error.reason == "unknown_status"
    if good * 2 >= len(lines) or not odd:
        return good * 2 >= len(lines)
    layout = Layout(kind="json")
    try:
        return bool(guess(sample(plain.path, layout), layout, until_ms=until_ms).faults)
    except SettingsError:
        return True


def _understood(
    plain: Plain, form: Format | None, until_ms: int
) -> tuple[Format, tuple[str, ...], tuple[str, ...]]:
    """The complete format, what to say of how the file is read, and what is missing to read it."""
    if form is not None:
        given = msgspec.structs.replace(form.layout, kind=plain.kind)
        found = completed(
            plain.path, msgspec.structs.replace(form, layout=given), until_ms=until_ms
        )
        read_as = _read_as(plain, found.form.layout)
        if found.time is not None:
            read_as = (*read_as, f"times as {found.time.form}")
        return found.form, (f"read as: {', '.join(read_as)}", *plain.notes, *found.notes), ()
    layout = Layout(kind="json")
    if plain.kind != "json":
        layout = sniffing.layout(plain.path, Layout())
    read_as = _read_as(plain, layout)
    rows = sample(plain.path, layout)
    if not any(rows.values()):
        raise PaywatchError(f"read as: {', '.join(read_as)}: {plain.path.name} has no rows")
    try:
        guessed = guess(rows, layout, until_ms=until_ms)
    except SettingsError as error:
        told = f"read as: {', '.join(read_as)}"
        faults = (f"{told}: {fault}" for fault in error.faults)
        raise SettingsError([*faults, *_hints(plain, rows)]) from None
    read_as = (*read_as, f"times as {guessed.time.form}")
    said = (
        f"read as: {', '.join(read_as)}",
        *plain.notes,
        _columns(guessed),
        *guessed.notes,
    )
    return guessed.form, said, guessed.faults


def _read_as(plain: Plain, layout: Layout) -> tuple[str, ...]:
    """In words; of a list no line is an object."""
    return (*(["JSON"] if plain.is_items else sniffing.spoken(layout)), *plain.said)


def _hints(plain: Plain, rows: Sample) -> list[str]:
    """What may be wrong with a file whose columns mean nothing."""
    hints = []
    if len(rows) == 1:
        hints.append(
            "there is one column only, for no line has a comma, semicolon, tab or bar: columns of"
            " fixed width are not read, write it as CSV first"
        )
    if plain.said[-1] == spoken_encoding("cp1252"):
        hints.append(
            "if the letters look wrong, it is in another encoding, such as CP1251 or Shift_JIS: try"
            f" iconv -f CP1251 -t UTF-8 {plain.path.name} | paywatch backtest -"
        )
    return hints


def _columns(guessed: Guess) -> str:
    return f"columns, by their names and what they hold:\n{table(guessed.taken)}"


def _write(path: Path, form: Format, file: Path) -> None:
    try:
        path.write_text(f"# How {file.name} is read.\n{form.toml()}", encoding="utf-8")
    except OSError as error:
        raise PaywatchError(f"cannot write {path}: {error.strerror}") from error


class Span:
    """Seconds as they are counted: which lie outside all sane times, and whether there is more than
    one."""

    def __init__(self, found: Reading) -> None:
        self._reading = found
        self._zone = found.form.timezone if found.form is not None else ""
        self._outside = 0
        self._seconds = 0
        self._rows = 0
        self._last = 0
        self._counts: Counts = NONE
        self._twice: dict[int, bool] = {}
        self._again = 0
        self._again_at = 0

    def take(self, second: Second) -> bool:
        """Whether the second is to be counted."""
        at = second.second
        if not FIRST_SANE_MS <= at * 1000 <= self._reading.until_ms:
            self._outside += second.rows
            return False
        self._seconds += 1
        self._rows += second.rows
        self._last = at
        for bucket in second.tally.seconds.values():
            self._counts += bucket.slices.get(ALL, NONE)
        if self._zone:
            part = at // _HALF_HOUR
            if part not in self._twice:
                self._twice[part] = comes_twice(at, self._zone)
            if self._twice[part]:
                self._again += second.rows
                self._again_at = at
        return True

    def fault(self) -> str:
        """Why the file cannot be judged; empty where it can."""
        reading = self._reading
        if self._outside and not self._seconds:
            line, at = _outside(reading)
            return (
                f"all times lie before 2000 or after tomorrow, the first in {reading.word} {line}:"
                f" {at}; is timestamp_format right? For numbers it is epoch_s, epoch_ms, epoch_us,"
                " epoch_ns or spreadsheet; for a history of the future say --now"
            )
        if self._seconds == 1 and self._rows > 1 and self._is_whole_day():
            return (
                f"all {self._rows:,} rows lie in one second, {_iso(self._last)}: the time has a day"
                f" and no clock. {_more_columns(reading)}"
            )
        return ""

    def notes(self, bad_rows: int = 0) -> list[str]:
        """What a reader should know of the rows and their times."""
        found = []
        if bad_rows > _MANY * (bad_rows + self._rows):
            found.append(
                f"{bad_rows:,} of {bad_rows + self._rows:,} rows could not be read: what is told is"
                " of the others"
            )
        if self._rows and not attempts(self._counts):
            found.append(
                "no payment has a final outcome: all are pending, refunded or the like, and nothing"
                " can be told. Is it the right column of status?"
            )
        elif self._rows and attempts(self._counts) == approved(self._counts):
            found.append(
                "no payment failed, was denied or reversed: is it the right column of status?"
            )
        if self._outside:
            line, at = _outside(self._reading)
            found.append(
                f"{self._outside:,} rows lie before 2000 or after tomorrow and are left out, the"
                f" first in {self._reading.word} {line}: {at}"
            )
        if self._seconds == 1 and self._rows > 1:
            found.append(
                f"all {self._rows:,} rows lie in one second, {_iso(self._last)}: nothing can be"
                f" told of that. {_more_columns(self._reading)}"
            )
        if self._again:
            found.append(
                f"{self._again:,} rows lie in an hour that came twice in {self._zone}, for clocks"
                f" were put back after {_iso(self._again_at)}: the first of the two was taken"
            )
        return found

    def _is_whole_day(self) -> bool:
        form = self._reading.form
        if form is None or self._last % 900:
            return False
        local = datetime.fromtimestamp(self._last, zone_of(form.timezone or "UTC"))
        return not (local.hour or local.minute) or bool(form.zone_column)


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _more_columns(reading: Reading) -> str:
    """The line of a format that adds a time of day, where the file has a column for it."""
    form = reading.form
    if form is None:
        return "Which column has the time of day?"
    rows = sample(reading.path, form.layout)
    try:
        guessed = guess(rows, form.layout, until_ms=reading.until_ms).form
    except SettingsError:
        guessed = form
    if len(guessed.time_columns) < 2:
        others = ", ".join(column for column in rows if column not in form.time_columns)
        return (
            f'Which column has the time of day ({others})? Write timestamp = ["{form.time_columns[0]}",'
            ' "COLUMN"] in [columns]'
        )
    first, second = guessed.time_columns[:2]
    lines = [f'timestamp = ["{first}", "{second}"]']
    if not form.finds_time and "%" in form.timestamp_format:
        clock = guessed.timestamp_format.partition(" ")[2]
        lines.append(f'timestamp_format = "{form.timestamp_format} {clock or "%H:%M:%S"}"')
    if guessed.zone_column:
        lines.append(f'timezone_column = "{guessed.zone_column}"')
    return f"Write in [columns]: {'; '.join(lines)}"


def _outside(reading: Reading) -> tuple[int, str]:
    """Line and time of the first row whose time is not sane."""

    def passed(_: Malformed) -> None:
        """It is told when it is read."""

    for chunk in chunks(reading.path, reading.form, on_bad=passed):
        for row in chunk.source.single(chunk.line, chunk.rows, passed):
            if not FIRST_SANE_MS <= row.timestamp_ms <= reading.until_ms:
                return row.line, iso_ms(row.timestamp_ms)
    return 0, "none"
