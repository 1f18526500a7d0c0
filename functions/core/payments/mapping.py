"""How the events of a system that nothing else here knows are read: a mapping, from TOML.

Its sections are those of a file's format (docs/events.md): [columns] and [dimensions] say where a
field lies, [statuses] and [schemes] what its words mean, [defaults] what no event says. Frozen,
validated whole: every fault is reported at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import msgspec

from functions.core.errors import SettingsError
from functions.core.payments.currencies import major_units
from functions.core.payments.event import ALIASES, DIMENSIONS, STATUS_SYNONYMS
from functions.core.payments.fields import FIELDS

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
TIMESTAMP_FORMATS: Final = ("iso8601", "epoch_s", "epoch_ms")
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
        """Fields of the event with raw values, as they are meant: words translated, the amount in
        major units, what is absent as by default."""
        found = {**self.defaults, **fields}
        status = found.get("payment_status")
        if status is not None:
            found["payment_status"] = self.statuses.get(folded(status), _text(status))
        scheme = found.get("error_scheme")
        if scheme is not None and self.schemes:
            found["error_scheme"] = self.schemes.get(folded(scheme), scheme)
        if self.amount_unit == "minor" and "amount" in found:
            amount = major_units(found.pop("amount"), found.get("currency"))
            if amount is not None:
                found["amount"] = amount
        return found


_PLAIN: Final = Translation()


class EventMapping(msgspec.Struct, frozen=True, kw_only=True):
    """paths: field of the event → where it lies; none: in the event's own names. timestamp_format:
    one of TIMESTAMP_FORMATS, or a form of strptime."""

    paths: Mapping[str, str] = msgspec.field(default_factory=dict)
    timestamp_format: str = "iso8601"
    translation: Translation = Translation()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The mapping that a TOML text describes. Raises SettingsError that lists every fault."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError([f"is no TOML: {error}"]) from None
        return cls.of(document)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """As `parse`, of TOML that is decoded."""
        sections = ("columns", "dimensions", *TRANSLATION_SECTIONS)
        faults = [
            f"unknown section [{name}]; known: {', '.join((*sections, *OF_FILES))}"
            for name in document
            if name not in sections and name not in OF_FILES
        ]
        columns = section_of(document, "columns", (*COLUMNS, *_OF_COLUMNS), faults)
        dimensions = section_of(document, "dimensions", DIMENSIONS, faults)
        paths = {
            **_paths("columns", columns, COLUMNS, faults),
            **_paths("dimensions", dimensions, {name: name for name in DIMENSIONS}, faults),
        }
        if paths:
            faults += [
                f"[columns] {key} is missing: without it nothing is a payment"
                for key, field in COLUMNS.items()
                if field in _REQUIRED and field not in paths
            ]
        form = columns.get("timestamp_format", "iso8601")
        faults += _timestamp_faults(form)
        translation = translation_of(document, faults)
        if not paths and translation.is_plain and not faults:
            faults.append("says nothing: it has neither [columns] nor [statuses] nor [defaults]")
        if faults:
            raise SettingsError(faults)
        return cls(paths=paths, timestamp_format=form, translation=translation)

    def fields_of(self, it: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object's payment in the names of docs/events.md, with raw values; None where what a
        payment needs does not lie where the mapping says: another system's object."""
        found = self.raw_of(it)
        if any(name not in found for name in _REQUIRED):
            return None
        found["timestamp"] = _time(found["timestamp"], self.timestamp_format)
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
        values = ((field, value_at(it, path)) for field, path in self.paths.items())
        return {field: value for field, value in values if value is not None and value != ""}


TRANSLATION_SECTIONS: Final = ("statuses", "schemes", "defaults")
_OF_COLUMNS: Final = ("timestamp_format", "amount_unit")


def value_at(it: Mapping[str, Any], path: str) -> Any:
    """What lies under a name, `status`, or a path, `data.object.id`, `errors[0].code`, `errors.0.code`;
    None where there is nothing. A name with dots in it is taken as it is where there is one."""
    if path in it:
        return it[path]
    value: Any = it
    for step in steps(path):
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def steps(path: str) -> Path:
    """`errors[0].code` as ("errors", 0, "code")."""
    found = _STEP.finditer(path)
    return tuple(
        int(step[1] or step[0]) if step[1] or _INDEX.fullmatch(step[0]) else step[0]
        for step in found
    )


def folded(word: Any) -> str:
    """Case, hyphens and spaces between words make no difference; true and 0 are words as well."""
    return _text(word).strip().lower().replace("-", "_").replace(" ", "_")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(value: Any, form: str) -> Any:
    """A time of a form of strptime as ISO 8601, UTC where it has no offset; else as it came."""
    if form in TIMESTAMP_FORMATS or not isinstance(value, str | int | float):
        return value
    try:
        moment = datetime.strptime(str(value).strip(), form)  # noqa: DTZ007 UTC is next
    except ValueError:
        return value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def translation_of(document: Mapping[str, Any], faults: list[str]) -> Translation:
    """What [statuses], [schemes], [defaults] and `amount_unit` of [columns] say. Adds to faults."""
    statuses = {}
    for word, status in section_of(document, "statuses", None, faults).items():
        known = STATUS_SYNONYMS.get(folded(status)) if isinstance(status, str) else None
        if known is None:
            told = ", ".join(dict.fromkeys(STATUS_SYNONYMS.values()))
            faults.append(f"[statuses] {word!r} is {status!r}, want one of {told}")
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
        if not isinstance(value, str | int | float) or value == "":
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
