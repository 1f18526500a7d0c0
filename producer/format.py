"""What the columns of a file of past payments mean, read from TOML (docs/operations.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from functions.core.errors import PaywatchError, SettingsError
from functions.core.payments.event import DIMENSIONS

COLUMNS: Final[Mapping[str, str]] = {
    "timestamp": "timestamp",
    "status": "payment_status",
    "count": "count",
    "successes": "successes",
    "error_code": "error_code",
    "error_scheme": "error_scheme",
    "error_message": "error_message",
    "transaction_id": "transaction_id",
    "correlation_id": "correlation_id",
    "attempt_id": "attempt_id",
    "test": "test",
    "user_id": "user_id",
    "latency_ms": "latency_ms",
    "amount": "amount",
}
"""Key under [columns] → field of the event."""

TIMESTAMP_FORMATS: Final = ("iso8601", "epoch_s", "epoch_ms")
LONGEST_SPREAD_S: Final = 31 * 86_400

_SECTIONS: Final = ("columns", "dimensions", "spread")


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """fields: field of the event → the file's column. timestamp_format: one of TIMESTAMP_FORMATS,
    or a form of strptime. spread_s: a row stands for so many seconds from its time; 0 for none."""

    fields: Mapping[str, str]
    timestamp_format: str = "iso8601"
    spread_s: int = 0

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises PaywatchError when the file cannot be read, SettingsError as `parse`."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise PaywatchError(f"cannot read {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise PaywatchError(f"cannot read {path}: {error}") from error
        try:
            return cls.parse(text)
        except SettingsError as error:
            raise SettingsError(f"{path.name}: {fault}" for fault in error.faults) from None

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
        columns = _section(document, "columns", (*COLUMNS, "timestamp_format"), faults)
        dimensions = _section(document, "dimensions", DIMENSIONS, faults)
        spread = _section(document, "spread", ("seconds",), faults)
        timestamp_format = _text("columns", "timestamp_format", columns, faults) or "iso8601"
        fields = {
            COLUMNS[key]: column
            for key in columns
            if key in COLUMNS and (column := _text("columns", key, columns, faults))
        }
        fields |= {
            name: column
            for name in dimensions
            if name in DIMENSIONS and (column := _text("dimensions", name, dimensions, faults))
        }
        faults += _contradictions(columns) + _timestamp_faults(timestamp_format)
        seconds = spread.get("seconds", 0)
        if "seconds" in spread and (
            type(seconds) is not int or not 1 <= seconds <= LONGEST_SPREAD_S
        ):
            faults.append(
                f"[spread] seconds is {seconds!r}, want a whole number from 1 to {LONGEST_SPREAD_S}"
            )
        if faults:
            raise SettingsError(faults)
        return cls(fields=fields, timestamp_format=timestamp_format, spread_s=seconds)

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
        absent = sorted(needed - set(columns))
        if absent:
            has = ", ".join(columns) or "none"
            raise SettingsError(
                f"{file} has no column {column!r}; its columns: {has}" for column in absent
            )


_NEEDED_FIELDS: Final = frozenset(("timestamp", "payment_status", "count", "successes"))


def _section(
    document: Mapping[str, Any], name: str, known: Collection[str], faults: list[str]
) -> Mapping[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        faults.append(f"{name} is no section: write [{name}] and its keys below")
        return {}
    faults += [
        f"[{name}] has an unknown key {key!r}; known: {', '.join(known)}"
        for key in section
        if key not in known
    ]
    return section


def _text(section: str, key: str, values: Mapping[str, Any], faults: list[str]) -> str | None:
    value = values.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    faults.append(f"[{section}] {key} is {value!r}, want a text that is not empty")
    return None


def _contradictions(columns: Mapping[str, Any]) -> list[str]:
    faults = []
    if "timestamp" not in columns:
        faults.append("[columns] timestamp is missing: which column says when?")
    if "successes" in columns and "status" in columns:
        faults.append("[columns] has status and successes: a row is one or the other")
    if "successes" in columns and "count" not in columns:
        faults.append("[columns] successes needs count: so many of how many?")
    if "successes" not in columns and "status" not in columns:
        faults.append("[columns] status is missing, or count with successes")
    return faults


def _timestamp_faults(timestamp_format: str) -> list[str]:
    if timestamp_format in TIMESTAMP_FORMATS:
        return []
    known = f"want {', '.join(TIMESTAMP_FORMATS)} or a form of strptime such as %Y-%m-%d %H"
    sample = datetime(2026, 11, 20, 13, 14, 15, tzinfo=UTC)
    try:
        text = sample.strftime(timestamp_format)
        if "%" in timestamp_format and text != timestamp_format:
            datetime.strptime(text, timestamp_format)  # noqa: DTZ007 only tried
            return []
    except (ValueError, UnicodeError):
        pass
    return [f"[columns] timestamp_format is {timestamp_format!r}, {known}"]
