"""What the columns of a file of past payments mean, read from TOML (docs/operations.md)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import msgspec

from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import DIMENSIONS
from functions.core.payments.fields import FIELDS
from functions.core.payments.mapping import Translation, section_of, translation_of
from producer.amounts import DECIMAL_MARKS
from producer.moments import FORMS, is_form, zone_of
from producer.sniffing import DELIMITERS, Layout

T = TypeVar("T")

COLUMNS: Final[Mapping[str, str]] = {
    "timestamp": "timestamp",
    "status": "payment_status",
    "count": "count",
    "successes": "successes",
    **{
        field.accepted[0]: field.accepted[0]
        for field in FIELDS
        if field.kind not in ("dimension", "status", "time", "count")
    },
}
"""Key under [columns] → field of the event."""

LONGEST_SPREAD_S: Final = 31 * 86_400

_SECTIONS: Final = (
    "file", "columns", "statuses", "schemes", "dimensions", "defaults", "spread"
)  # fmt: skip
_FILE_KEYS: Final = ("delimiter", "encoding", "header", "decimal")
_TIME_KEYS: Final = ("timestamp_format", "timezone", "timezone_column")
_DELIMITER_WORDS: Final = {word: sign for sign, word in DELIMITERS.items()}


class Format(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """fields: field of the event → the file's column, of several for the time the first.
    time_columns: those that make up the time, in order. zone_column: which names its zone, or empty.
    timestamp_format: as `producer.moments.time_ms` takes it. finds_time: whether that was not said,
    and is to be found. timezone: of times without one. decimal: the mark
    in numbers, empty to be found. translation: what words mean, and what holds where a row says nothing. spread_s: a row stands for so many seconds from
    its time; 0 for none."""

    fields: Mapping[str, str]
    time_columns: tuple[str, ...] = ()
    zone_column: str = ""
    timestamp_format: str = "iso8601"
    finds_time: bool = True
    timezone: str = ""
    decimal: str = ""
    translation: Translation = Translation()
    layout: Layout = Layout()
    spread_s: int = 0

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises PaywatchError when the file cannot be read, SettingsError as `parse`."""
        return parsed(path, cls.parse)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The format that a TOML text describes. Raises SettingsError that lists every fault."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError([f"is no TOML: {error}"]) from None
        faults = [
            f"unknown section [{name}]; known: {', '.join(_SECTIONS)}"
            for name in document
            if name not in _SECTIONS
        ]
        file = section_of(document, "file", _FILE_KEYS, faults)
        columns = section_of(document, "columns", (*COLUMNS, *_TIME_KEYS, "amount_unit"), faults)
        dimensions = section_of(document, "dimensions", DIMENSIONS, faults)
        spread = section_of(document, "spread", ("seconds",), faults)
        times = _time_columns(columns, faults)
        fields = {COLUMNS["timestamp"]: times[0]} if times else {}
        fields |= {
            COLUMNS[key]: column
            for key in columns
            if key in COLUMNS
            and key != "timestamp"
            and (column := _text("columns", key, columns, faults))
        }
        fields |= {
            name: column
            for name in dimensions
            if name in DIMENSIONS and (column := _text("dimensions", name, dimensions, faults))
        }
        form = cls(
            fields=fields,
            time_columns=times,
            zone_column=_text("columns", "timezone_column", columns, faults) or "",
            timestamp_format=_text("columns", "timestamp_format", columns, faults) or "iso8601",
            finds_time="timestamp_format" not in columns,
            timezone=_text("columns", "timezone", columns, faults) or "",
            decimal=_one_of("file", "decimal", file, DECIMAL_MARKS, faults) or "",
            translation=translation_of(document, faults),
            layout=_layout(file, faults),
            spread_s=_seconds(spread, faults),
        )
        faults += _contradictions(columns, form.translation.defaults)
        if not is_form(form.timestamp_format):
            want = f"want {', '.join(FORMS)} or a form of strptime such as %Y-%m-%d %H"
            faults.append(f"[columns] timestamp_format is {form.timestamp_format!r}, {want}")
        if form.timezone:
            try:
                zone_of(form.timezone)
            except Malformed as error:
                faults.append(f"[columns] timezone: {error.detail}")
        if faults:
            raise SettingsError(faults)
        return form

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are named, each once."""
        zone = (self.zone_column,) if self.zone_column else ()
        return tuple(dict.fromkeys((*self.time_columns, *zone, *self.fields.values())))

    @cached_property
    def has_plain_time(self) -> bool:
        """Whether the time is in one column, and nothing beside it says its zone."""
        return len(self.time_columns) <= 1 and not self.zone_column

    def check_columns(
        self, columns: Collection[str], file: str, *, needed_only: bool = False
    ) -> None:
        """Raises SettingsError that names each column which the file has not, and those it has.

        needed_only: what a row may leave out is not missed.
        """
        needed = {
            column
            for field, column in self.fields.items()
            if not needed_only or field in _NEEDED_FIELDS
        }
        needed |= {*self.time_columns, *([self.zone_column] if self.zone_column else [])}
        absent = sorted(needed - set(columns))
        if absent:
            has = ", ".join(columns) or "none"
            raise SettingsError(
                f"{file} has no column {column!r}; its columns: {has}" for column in absent
            )

    def toml(self) -> str:
        """The TOML that `parse` reads as this."""
        times = list(self.time_columns)
        columns: dict[str, Any] = {"timestamp": times[0] if len(times) == 1 else times}
        if not self.finds_time:
            columns["timestamp_format"] = self.timestamp_format
        columns |= {"timezone": self.timezone, "timezone_column": self.zone_column}
        columns |= {key: self.fields.get(field) for key, field in COLUMNS.items()
                    if field != "timestamp"}  # fmt: skip
        meant = self.translation
        columns["amount_unit"] = meant.amount_unit if meant.amount_unit != "major" else ""
        keys = {field: key for key, field in COLUMNS.items()}
        file = {
            "delimiter": self.layout.delimiter,
            "encoding": self.layout.encoding,
            "header": self.layout.header,
            "decimal": self.decimal,
        }
        sections: Mapping[str, Mapping[str, Any]] = {
            "file": file,
            "columns": columns,
            "statuses": meant.statuses,
            "schemes": meant.schemes,
            "dimensions": {name: self.fields.get(name) for name in DIMENSIONS},
            "defaults": {keys.get(field, field): value for field, value in meant.defaults.items()},
            "spread": {"seconds": self.spread_s or None},
        }
        return "\n".join(filter(None, (_written(*section) for section in sections.items())))


def parsed(path: Path, parse: Callable[[str], T]) -> T:
    """What a file's text says. Raises PaywatchError when it cannot be read; the faults of a SettingsError
    name the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PaywatchError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PaywatchError(f"cannot read {path}: {error}") from error
    try:
        return parse(text)
    except SettingsError as error:
        raise SettingsError(f"{path.name}: {fault}" for fault in error.faults) from None


_NEEDED_FIELDS: Final = frozenset(("timestamp", "payment_status", "count", "successes"))


def _written(name: str, values: Mapping[str, Any]) -> str:
    lines = [
        f"{key if key.isidentifier() and key.isascii() else _quoted(key)} = {_quoted(value)}\n"
        for key, value in values.items()
        if value not in (None, "", [])
    ]
    return f"[{name}]\n{''.join(lines)}" if lines else ""


def _quoted(value: Any) -> str:
    """As TOML, whose texts and lists of them are JSON's, but for the sign DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(section: str, key: str, values: Mapping[str, Any], faults: list[str]) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    faults.append(f"[{section}] {key} is {value!r}, want a text that is not empty")
    return None


def _one_of(
    section: str, key: str, values: Mapping[str, Any], known: Sequence[str], faults: list[str]
) -> str | None:
    value = values.get(key)
    if value is None or value in known:
        return value
    faults.append(f"[{section}] {key} is {value!r}, want one of {' '.join(known)}")
    return None


def _time_columns(columns: Mapping[str, Any], faults: list[str]) -> tuple[str, ...]:
    value = columns.get("timestamp")
    listed: list[Any] = value if isinstance(value, list) else [value]
    if value is not None and not (listed and all(isinstance(one, str) and one for one in listed)):
        faults.append(
            f'[columns] timestamp is {value!r}, want a column, or a list such as ["date", "time"]'
        )
        return ()
    return tuple(listed) if value is not None else ()


def _layout(file: Mapping[str, Any], faults: list[str]) -> Layout:
    delimiter = _text("file", "delimiter", file, faults) or ""
    delimiter = _DELIMITER_WORDS.get(delimiter, delimiter)
    if len(delimiter) > 1 or delimiter in ("\r", "\n", '"'):
        faults.append(
            f"[file] delimiter is {delimiter!r}, want one sign, or one of"
            f" {', '.join(_DELIMITER_WORDS)}"
        )
        delimiter = ""
    encoding = _text("file", "encoding", file, faults) or ""
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        faults.append(f"[file] encoding is {encoding!r}, want a name such as utf-8 or cp1252")
        encoding = ""
    header = file.get("header")
    if header is not None and (type(header) is not int or header < 0):
        faults.append(
            f"[file] header is {header!r}, want the number of the line that names the columns, or"
            " 0 where none does"
        )
        header = None
    return Layout(delimiter=delimiter, encoding=encoding, header=header)


def _seconds(spread: Mapping[str, Any], faults: list[str]) -> int:
    seconds = spread.get("seconds", 0)
    if "seconds" in spread and (type(seconds) is not int or not 1 <= seconds <= LONGEST_SPREAD_S):
        faults.append(
            f"[spread] seconds is {seconds!r}, want a whole number from 1 to {LONGEST_SPREAD_S}"
        )
        return 0
    return seconds if type(seconds) is int else 0


def _contradictions(columns: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    faults = []
    if "timestamp" not in columns:
        faults.append("[columns] timestamp is missing: which column says when?")
    if "successes" in columns and "status" in columns:
        faults.append("[columns] has status and successes: a row is one or the other")
    if "successes" in columns and "count" not in columns:
        faults.append("[columns] successes needs count: so many of how many?")
    if "successes" not in columns and "status" not in columns and "payment_status" not in defaults:
        faults.append("[columns] status is missing, or count with successes")
    return faults
