"""A function's settings: frozen, read once from its environment when it starts; every fault is reported.

A field `events_stream` is read from the variable `EVENTS_STREAM`. infra writes the same names
(tests/infra/functions/test_function.py builds each Settings from the synthesised template). Each function's
settings are a file of their own, so that it loads what it reads and no more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.core.errors import SettingsError


def text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """A reader of whole numbers from minimum to maximum."""

    def read(value: str) -> int:
        number = int(value)
        if not minimum <= number <= maximum:
            raise ValueError(f"is not between {minimum} and {maximum}")
        return number

    return read


def yes_or_no(value: str) -> bool:
    if value.strip().lower() not in {"true", "false"}:
        raise ValueError("is neither true nor false")
    return value.strip().lower() == "true"


def share(value: str) -> float:
    number = float(value)
    if not 0 < number < 1:
        raise ValueError("is not between 0 and 1, both excluded")
    return number


def positive(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError("is not above 0")
    return number


def setting(read: Callable[[str], Any], default: Any = dataclasses.MISSING) -> Any:
    """A field that `read` makes of the variable's text; ValueError says what is wrong with it."""
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: default, metadata={"read": read})
    return dataclasses.field(default=default, metadata={"read": read})


@dataclass(frozen=True, kw_only=True)
class FromEnvironment:
    """Settings whose fields are each a `setting`."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings from environment variables. Raises SettingsError that lists every fault."""
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in dataclasses.fields(cls):
            name = field.name.upper()
            if name not in env:
                if field.default is field.default_factory is dataclasses.MISSING:
                    faults.append(f"{name} is missing")
                continue
            try:
                values[field.name] = field.metadata["read"](env[name])
            except ValueError as error:
                faults.append(f"{name}={env[name]!r}: {error}")
        if faults:
            raise SettingsError(faults)
        return cls(**values)
