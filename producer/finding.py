"""What a format leaves open, found in the file: its layout, decimal mark and form of times."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from producer.amounts import decimal_of
from producer.format import Format
from producer.history import is_json
from producer.moments import time_ms
from producer.record import ABSENT, moment_text
from producer.sample import Sample, sample
from producer.sniffing import layout
from producer.time_forms import TimeForm, found, spoken

_TRIED: Final = 20
_FAR_MS: Final = 4_102_444_800_000  # 2100-01-01


class Found(msgspec.Struct, frozen=True):
    """The format, complete. time: the form of its times, where it was found. notes: what was taken
    for granted, in words."""

    form: Format
    time: TimeForm | None = None
    notes: tuple[str, ...] = ()


def completed(path: Path, form: Format, *, until_ms: int = _FAR_MS) -> Found:
    """The format for a plain file. until_ms: no payment is later. Raises SettingsError when the file
    has not its columns."""
    if is_json(path, form):
        shape = msgspec.structs.replace(form.layout, kind="json")
    else:
        shape = layout(path, form.layout, form.columns)
    rows = sample(path, shape)
    form = msgspec.structs.replace(form, layout=shape)
    if not form.decimal:
        amounts = texts_of(rows, form.fields.get("amount", ""))
        form = msgspec.structs.replace(form, decimal=decimal_of(amounts))
    texts = moments_of(rows, form)
    if not form.finds_time:
        return Found(form, None, _unlike(form, texts, until_ms))
    time = found(texts, until_ms=until_ms)
    if time is None:
        return Found(form)
    form = msgspec.structs.replace(form, timestamp_format=time.form)
    return Found(form, time, notes_of(time, texts))


def _unlike(form: Format, texts: list[str], until_ms: int) -> tuple[str, ...]:
    """What to write instead of a form that reads none of the times."""
    for text in texts[:_TRIED]:
        try:
            time_ms(text, form.timestamp_format, form.timezone)
        except Malformed:
            continue
        return ()
    time = found(texts, until_ms=until_ms)
    if time is None:
        return ()
    return (
        f"no time is of the form {form.timestamp_format}; they look like {spoken(time, texts[0])}:"
        f' write timestamp_format = "{time.form}" in [columns]',
    )


def notes_of(time: TimeForm, texts: list[str]) -> tuple[str, ...]:
    """How day and month were told apart, where that had to be."""
    if not time.because:
        return ()
    words = f"times are {spoken(time, texts[0])}: {time.because}"
    if time.doubt:
        words += f'; if not, write timestamp_format = "{time.doubt}" in [columns]'
    return (words,)


def texts_of(rows: Sample, column: str) -> list[str]:
    """What a column holds, where it holds anything."""
    texts = (_text(value) for value in rows.get(column, ()) if value is not None)
    return [text for text in texts if text and text not in ABSENT]


def moments_of(rows: Sample, form: Format) -> list[str]:
    """The times of the rows as `producer.moments.time_ms` takes them."""
    parts = [rows.get(column, ()) for column in form.time_columns]
    if not all(parts):
        return []
    zones = rows.get(form.zone_column) or [None] * len(parts[0])
    return [
        moment_text(map(_text, values), zone)
        for zone, *values in zip(zones, *parts, strict=True)
        if _text(values[0]) not in ("", *ABSENT)
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).strip()
