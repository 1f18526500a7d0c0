"""How the events of a system that nothing else here knows are read: a mapping, from TOML.

Its sections are those of a file's format (docs/events.md): [columns] and [dimensions] say where a
field lies, [statuses] and [schemes] what its words mean, [defaults] what no event says. Frozen,
validated whole: every fault is reported at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

import msgspec

from functions.core.errors import SettingsError
from functions.core.payments.event import ALIASES, DIMENSIONS
from functions.core.payments.fields import FIELDS
from functions.core.payments.nested import typed
from functions.core.payments.statuses import STATUSES, known_status

Path = tuple[str | int, ...]
"""Names of members and places in lists, from the outside in."""

COLUMNS: Final[Mapping[str, str]] = {
    "status": "payment_status",
    **{
        name: name
        for name in ("transaction_id", "attempt_id", "timestamp", "count", "error_code",
                     "error_scheme", "error_message", "latency_ms", "amount", "user_id",
                     "correlation_id", "test")
    },
}  # fmt: skip
"""Key under [columns] → field of the event."""

AMOUNT_UNITS: Final = ("major", "minor")
TIMESTAMP_FORMATS: Final = (
    "iso8601", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "spreadsheet"
)  # fmt: skip
"""spreadsheet: days since 1899-12-30, as a cell holds them."""
OF_FILES: Final = ("file", "spread")
"""Sections that say how a file is read: without meaning for a stream, and no fault there."""

_REQUIRED: Final = ("transaction_id", "payment_status", "timestamp")
_OWN: Final[Mapping[str, str]] = {
    name: field.accepted[0] for field in FIELDS for name in (field.name, *field.accepted)
}
_NO_DEFAULT: Final = frozenset(("transaction_id", "timestamp", "count", "attempt_id"))
_STEP: Final = re.compile(r"[^.\[\]]+|\[(-?\d+)\]")
_INDEX: Final = re.compile(r"\d+", re.ASCII)


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What the values of fields mean. statuses: folded word → status. schemes: folded word → scheme.
    defaults: field → what it is where the event does not say. amount_unit: one of AMOUNT_UNITS."""

    statuses: Mapping[str, str] = msgspec.field(default_factory=dict)
    schemes: Mapping[str, str] = msgspec.field(default_factory=dict)
    defaults: Mapping[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    amount_unit: str = "major"

    @property
    def is_plain(self) -> bool:
        """Whether it changes nothing."""
        return self == _PLAIN

    def applied(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of the event with raw values, as they are meant: words translated, the amount with its
        unit, what is absent as by default."""
        found = {**self.defaults, **fields}
        status = found.get("payment_status")
        if status is not None:
            found["payment_status"] = self.status(_text(status))
        scheme = found.get("error_scheme")
        if scheme is not None:
            found["error_scheme"] = self.scheme(scheme)
        if self.amount_unit == "minor" and "amount" in found:
            found["amount_unit"] = "minor"
        return found

    def status(self, word: str) -> str:
        """The word for a status as it is said here, else as everybody means it; the word itself where
        nobody knows."""
        known = self.statuses.get(folded(word))
        if known is None and OTHERWISE in self.statuses and known_status(word) is None:
            known = self.statuses[OTHERWISE]
        return word if known is None else known

    def scheme(self, word: Any) -> Any:
        """The word for the scheme of an error code as it is said here; else the word."""
        return self.schemes.get(folded(word), word) if self.schemes else word


OTHERWISE: Final = "*"
"""Under [statuses]: every word that is neither there nor known."""
_PLAIN: Final = Translation()


class EventMapping(msgspec.Struct, frozen=True, kw_only=True):
    """paths: field of the event → where it lies; none: in the event's own names. time_paths: where a
    time lies that is in parts, such as date and time. zone_path: what names its zone, or empty.
    timestamp_format: one of TIMESTAMP_FORMATS, or a form of strptime. timezone: of times without one,
    a name of the IANA's; empty for UTC."""

    paths: Mapping[str, str] = msgspec.field(default_factory=dict)
    time_paths: tuple[str, ...] = ()
    zone_path: str = ""
    timestamp_format: str = "iso8601"
    timezone: str = ""
    translation: Translation = Translation()

    @classmethod
    def parse(cls, text: str, *, of_rows: bool = False) -> Self:
        """The mapping that a TOML text describes. Raises SettingsError that lists every fault.

        of_rows: as a file's format, whose rows need no id, and may say how many succeeded of how many.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError([f"is no TOML: {error}"]) from None
        return cls.of(document, of_rows=of_rows)

    @classmethod
    def of(cls, document: Mapping[str, Any], *, of_rows: bool = False) -> Self:
        """As `parse`, of TOML that is decoded."""
        sections = ("columns", "dimensions", *TRANSLATION_SECTIONS)
        faults = [
            f"unknown section [{name}]; known: {', '.join((*sections, *OF_FILES))}"
            for name in document
            if name not in sections and name not in OF_FILES
        ]
        known = {**COLUMNS, "successes": "successes"} if of_rows else COLUMNS
        columns = section_of(document, "columns", (*known, *_OF_COLUMNS), faults)
        dimensions = section_of(document, "dimensions", DIMENSIONS, faults)
        times = columns.get("timestamp")
        parts: list[Any] = times if isinstance(times, list) and times else [times]
        single = {**columns, "timestamp": parts[0]} if "timestamp" in columns else columns
        paths = {
            **_paths("columns", single, known, faults),
            **_paths("dimensions", dimensions, {name: name for name in DIMENSIONS}, faults),
        }
        if not all(isinstance(part, str) and part.strip() for part in parts[1:]):
            faults.append(
                f"[columns] timestamp is {times!r}, want a name, a path or a list of them"
            )
        form = columns.get("timestamp_format", "iso8601")
        zone = columns.get("timezone", "")
        zone_path = columns.get("timezone_column", "")
        faults += (*_timestamp_faults(form), *_zone_faults(zone))
        if not isinstance(zone_path, str):
            faults.append(f"[columns] timezone_column is {zone_path!r}, want a name or a path")
        translation = translation_of(document, faults)
        if paths:
            faults += _missing({*paths, *translation.defaults}, of_rows=of_rows)
        if not paths and translation.is_plain and not faults:
            faults.append("says nothing: it has neither [columns] nor [statuses] nor [defaults]")
        if faults:
            raise SettingsError(faults)
        return cls(
            paths=paths,
            time_paths=tuple(parts) if len(parts) > 1 else (),
            zone_path=zone_path,
            timestamp_format=form,
            timezone=zone,
            translation=translation,
        )

    @property
    def roots(self) -> frozenset[str]:
        """Names of which an object has one at least that this describes."""
        found: set[str] = set()
        for name in _REQUIRED:
            if not self.paths:
                found.update((name, *ALIASES[name]))
            elif path := self.paths.get(name):
                found.update((path, *map(str, steps(path)[:1])))
        return frozenset(found)

    def fields_of(self, it: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object's payment in the names of docs/events.md, with raw values; None where what a
        payment needs does not lie where the mapping says: another system's object."""
        found = self.raw_of(it)
        defaults = self.translation.defaults
        if any(name not in found and name not in defaults for name in _REQUIRED):
            return None
        return self.meant(found)

    def meant(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The values of `raw_of` as they are meant: the time with its zone, words translated."""
        found = dict(raw)
        zone = found.pop("timezone", None) or self.timezone
        if "timestamp" in found:
            found["timestamp"] = _time(found["timestamp"], self.timestamp_format, zone)
        if (successes := found.pop("successes", None)) is not None:
            found["payment_status"] = "failed" if str(successes) in ("0", "0.0") else "approved"
        return self.translation.applied(found)

    def raw_of(self, it: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they lie there, of all fields that are."""
        if not self.paths:
            return {
                name: value
                for name, others in ALIASES.items()
                if (value := next((it[n] for n in (name, *others) if it.get(n) is not None), None))
                is not None
            }
        values = {field: value_at(it, path) for field, path in self.paths.items()}
        if self.time_paths and values["timestamp"] is not None:
            parts = [value_at(it, path) for path in self.time_paths]
            values["timestamp"] = " ".join(_text(part) for part in parts if part is not None)
        if self.zone_path:
            values["timezone"] = value_at(it, self.zone_path)
        return {
            field: value for field, value in values.items() if value is not None and value != ""
        }


TRANSLATION_SECTIONS: Final = ("statuses", "schemes", "defaults")
_OF_COLUMNS: Final = ("timestamp_format", "timezone", "timezone_column", "amount_unit")


def _missing(named: Collection[str], *, of_rows: bool) -> list[str]:
    given = {*named, *(("transaction_id",) if of_rows else ())}
    if "successes" in named:
        given.add("payment_status")
    return [
        f"[columns] {key} is missing: without it nothing is a payment"
        for key, field in COLUMNS.items()
        if field in _REQUIRED and field not in given
    ]


def value_at(it: Mapping[str, Any], path: str) -> Any:
    """What lies under a name, `status`, or a path, `data.object.id`, `errors[0].code`, `errors.0.code`;
    None where there is nothing. A name with dots in it is taken as it is where there is one."""
    if path in it:
        return typed(it[path])
    value: Any = it
    for step in steps(path):
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return typed(value)


@lru_cache(maxsize=1024)
def steps(path: str) -> Path:
    """`errors[0].code` as ("errors", 0, "code")."""
    found = _STEP.finditer(path)
    return tuple(
        int(step[1] or step[0]) if step[1] or _INDEX.fullmatch(step[0]) else step[0]
        for step in found
    )


def folded(word: Any) -> str:
    """Case, hyphens and spaces between words make no difference; true and 0 are words as well."""
    return _BETWEEN_WORDS.sub("_", _text(word).strip().casefold())


_BETWEEN_WORDS: Final = re.compile(r"[\s_-]+")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(value: Any, form: str, zone: Any) -> Any:
    """A time as `parse_timestamp` reads it: in its zone where it has no offset, else UTC. As it came
    where it is not of its form: then that says what is wrong."""
    if not isinstance(value, (str, int, float)):
        return value
    try:
        if form in _PER_MS:
            return float(value) / _PER_MS[form]
        if form == "spreadsheet":
            days = timedelta(days=float(str(value).strip().replace(",", ".")))
            return _zoned(_SPREADSHEET_START + days, zone).isoformat()
        if form in ("epoch_s", "epoch_ms") or not (zone or form != "iso8601"):
            return value
        text = str(value).strip()
        if form == "iso8601":
            return _zoned(datetime.fromisoformat(text), zone).isoformat()
        return _zoned(datetime.strptime(text, form), zone).isoformat()  # noqa: DTZ007 it gets its zone
    except (ValueError, KeyError, OverflowError, OSError):
        return f"{value} {zone}" if zone and isinstance(value, str) else value


_PER_MS: Final[Mapping[str, float]] = {"epoch_us": 1e3, "epoch_ns": 1e6}
_SPREADSHEET_START: Final = datetime(1899, 12, 30)  # noqa: DTZ001 the zone is the column's


def _zoned(moment: datetime, zone: Any) -> datetime:
    """The moment, in this zone where it says none; UTC where neither does."""
    if moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=_zone(str(zone)) if zone else UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    """Raises ValueError, KeyError or OSError, for what is no zone."""
    if found := _OFFSET.fullmatch(name.strip()):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    return ZoneInfo(name.strip())


_OFFSET: Final = re.compile(r"([+-])(\d\d?):?(\d\d)?", re.ASCII)


def _zone_faults(zone: Any) -> Sequence[str]:
    try:
        if isinstance(zone, str) and (not zone or _zone(zone)):
            return ()
    except (ValueError, KeyError, OSError):
        pass
    return (f"[columns] timezone is {zone!r}, want a name such as Asia/Kolkata",)


def translation_of(document: Mapping[str, Any], faults: list[str]) -> Translation:
    """What [statuses], [schemes], [defaults] and `amount_unit` of [columns] say. Adds to faults."""
    statuses = {}
    for word, status in section_of(document, "statuses", None, faults).items():
        known = known_status(status) if isinstance(status, str) else None
        if known is None:
            faults.append(f"[statuses] {word!r} is {status!r}, want one of {', '.join(STATUSES)}")
        else:
            statuses[folded(word)] = known
    schemes = {}
    for word, scheme in section_of(document, "schemes", None, faults).items():
        if not isinstance(scheme, str) or not scheme.strip():
            faults.append(f"[schemes] {word!r} is {scheme!r}, want the name of a scheme")
        else:
            schemes[folded(word)] = scheme.strip()
    known_defaults = [name for name in _OWN if _OWN[name] not in _NO_DEFAULT]
    defaults = {}
    for name, value in section_of(document, "defaults", known_defaults, faults).items():
        if name not in known_defaults:
            continue
        if not isinstance(value, (str, int, float)) or value == "":
            faults.append(f"[defaults] {name} is {value!r}, want a text or a number")
        else:
            defaults[_OWN[name]] = value
    columns = document.get("columns", {})
    unit = columns.get("amount_unit", "major") if isinstance(columns, dict) else "major"
    if unit not in AMOUNT_UNITS:
        faults.append(f"[columns] amount_unit is {unit!r}, want {' or '.join(AMOUNT_UNITS)}")
    return Translation(statuses=statuses, schemes=schemes, defaults=defaults, amount_unit=unit)


def section_of(
    document: Mapping[str, Any], name: str, known: Collection[str] | None, faults: list[str]
) -> Mapping[str, Any]:
    """A section's keys and values; known: its keys, None for any. Adds to faults."""
    section = document.get(name, {})
    if not isinstance(section, dict):
        faults.append(f"{name} is no section: write [{name}] and its keys below")
        return {}
    if known is not None:
        faults += [
            f"[{name}] has an unknown key {key!r}; known: {', '.join(known)}"
            for key in section
            if key not in known
        ]
    return section


def _paths(
    section: str, values: Mapping[str, Any], known: Mapping[str, str], faults: list[str]
) -> dict[str, str]:
    found = {}
    for key, path in values.items():
        if key not in known:
            continue
        if not isinstance(path, str) or not path.strip() or not _is_path(path.strip()):
            faults.append(f"[{section}] {key} is {path!r}, want a name or a path such as data.id")
        else:
            found[known[key]] = path.strip()
    return found


def _is_path(path: str) -> bool:
    """Whether every part is a name or a place: no dot at an end, none after another."""
    return all(path.replace("[", ".[").removeprefix(".").split("."))


def _timestamp_faults(form: Any) -> Sequence[str]:
    if form in TIMESTAMP_FORMATS:
        return ()
    wanted = f"want {', '.join(TIMESTAMP_FORMATS)} or a form of strptime such as %Y-%m-%d %H"
    try:
        if isinstance(form, str) and "%" in form:
            text = datetime(2026, 11, 20, 13, 14, 15, tzinfo=UTC).strftime(form)
            datetime.strptime(text, form)  # noqa: DTZ007 only tried
            return ()
    except (ValueError, UnicodeError):
        pass
    return (f"[columns] timestamp_format is {form!r}, {wanted}",)
