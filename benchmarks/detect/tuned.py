"""With which tuning Paywatch is tried: `evidence.cap=2.0`, or a field a step lower and higher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from functions.core.detection.tuning import Tuning

EVERY: Final = "all"
"""In place of a name: every field of every question."""
LOWER, HIGHER = 0.7, 1.4
"""Steps: so many times the value, which is about as much either way."""


class UnknownField(ValueError):
    """No field of the tuning is called so."""


def fields(name: str = EVERY) -> list[str]:
    """The fields that a name means: `evidence.cap` itself, those of `evidence`, or every one.
    Raises UnknownField, which lists the known ones."""
    every = [
        f"{question.name}.{field.name}"
        for question in msgspec.structs.fields(Tuning)
        for field in msgspec.structs.fields(question.type)
    ]
    found = [field for field in every if name in (EVERY, field) or field.startswith(f"{name}.")]
    if not found:
        raise UnknownField(f"no field of the tuning is called {name!r}. Known: {', '.join(every)}")
    return found


def value_of(tuning: Tuning, field: str) -> Any:
    question, _, name = field.partition(".")
    return getattr(getattr(tuning, question), name)


def with_value(tuning: Tuning, field: str, value: Any) -> Tuning:
    """The tuning with another value of that field. Raises ValueError where the field cannot have it."""
    question, _, name = field.partition(".")
    values = {**msgspec.structs.asdict(getattr(tuning, question)), name: value}
    kind = type(getattr(tuning, question))
    try:
        changed = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"{field}={value}: {error}") from None
    return msgspec.structs.replace(tuning, **{question: changed})


def with_settings(tuning: Tuning, settings: Sequence[str]) -> Tuning:
    """The tuning with `evidence.cap=2.0` and the like. Raises ValueError, and UnknownField where a name
    is wrong."""
    for setting in settings:
        name, is_set, text = setting.partition("=")
        if not is_set or fields(name) != [name]:
            raise ValueError(f"{setting!r} is no FIELD=VALUE, as evidence.cap=2.0 is one")
        tuning = with_value(tuning, name, text)
    return tuning


def around(tuning: Tuning, field: str) -> tuple[Tuning, Tuning]:
    """The tuning with that field a step lower, and a step higher."""
    value = value_of(tuning, field)
    if isinstance(value, int):
        lower = max(1, min(round(LOWER * value), value - 1))
        return (
            with_value(tuning, field, lower),
            with_value(tuning, field, max(round(HIGHER * value), value + 1)),
        )
    try:
        higher = with_value(tuning, field, _times(HIGHER, value))
    except ValueError:  # a share, beyond the whole: halfway there
        higher = with_value(tuning, field, (1.0 + value) / 2)
    return with_value(tuning, field, _times(LOWER, value)), higher


def _times(factor: float, value: float) -> float:
    return float(f"{factor * value:.6g}")
