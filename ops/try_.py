"""`paywatch try`: what becomes of the fields of a file's first rows, and what is not understood."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from functions.core.causes.diagnosis import classify, explain
from functions.core.causes.knowledge import load
from functions.core.errors import Malformed, PaywatchError
from functions.core.payments import providers
from functions.core.payments.cards import mask
from functions.core.payments.event import ALIASES, Payment, iso_ms, names_read, to_payment
from functions.core.payments.fields import FIELDS
from functions.core.payments.mapping import EventMapping, steps
from functions.core.payments.nested import spread
from functions.core.payments.providers.wrappings import unwrap_of
from ops.options import JsonOption
from ops.reading import reading
from producer.format import Format, parsed
from producer.history import JSON_LINES, csv_table, is_json
from producer.record import NO_ROW
from producer.sniffing import is_no_row

_LONGEST_SHOWN: Final = 40
_WIDTH: Final = 80
_MOST_ROWS: Final = 1000

Values = Mapping[str, Any]
PathOf = tuple[str | int, ...]


class TriedField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field of a payment: where it came from, what stood there, what became of it."""

    field: str
    came_from: str = ""
    came: Any = None
    became: Any = None
    fault: str = ""


class TriedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """read_as: own fields, the format, or the provider. cause: of a payment that did not succeed;
    guessed: why, where no table has its code. fault: why it is no payment. unread: what lies in it that
    nothing was made of, as paths."""

    row: int
    read_as: str
    fields: list[TriedField] = []
    cause: str = ""
    guessed: str = ""
    fault: str = ""
    unread: list[str] = []


def try_(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON or JSON Lines, also packed; - is standard input.")
    ],
    format_file: Annotated[
        Path | None,
        typer.Option("--format", help="TOML that says where the fields lie and what they mean."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=_MOST_ROWS, help="So many rows.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Tell what becomes of each field of a file's first rows, and what is not understood.

    With a format as with its mapping on the stream; without one, in our own fields or as the
    provider whose notifications they are. Of an export the columns are guessed, as by backtest.
    """
    given = None if format_file is None else parsed(format_file, _mapping)
    found: list[TriedRow] = []
    with _rows(file, given, format_file) as (values_of, mapping):
        for number, values in islice(values_of, rows):
            found += tried(number, values, mapping)
    if not found:
        raise PaywatchError(f"{file} has no rows")
    if as_json:
        for row in found:
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        return
    typer.echo("\n".join(in_words(found)))


def _mapping(text: str) -> EventMapping:
    return EventMapping.parse(text, of_rows=True)


Row = tuple[int, Values | Malformed]
"""Number of the line, or of the item, and the row's values."""


@contextlib.contextmanager
def _rows(
    file: Path, mapping: EventMapping | None, format_file: Path | None
) -> Iterator[tuple[Iterator[Row], EventMapping | None]]:
    """The rows, while the context lasts, and the mapping that reads them."""
    try:
        if file.suffix in JSON_LINES:
            with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                yield _objects(lines), mapping
            return
        form = None if format_file is None else Format.load(format_file)
        with reading(file, form, now_ms=int(time.time() * 1000)) as found:
            for line in found.said:
                typer.echo(line, err=True)
            if found.form is not None:
                mapping = _mapping(found.form.toml())
            with found.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                if found.form is None or is_json(found.path, found.form):
                    yield _objects(lines), mapping
                else:
                    yield _cells(lines, found.path, found.form), mapping
    except OSError as error:
        raise PaywatchError(f"cannot read {file}: {error.strerror}") from error


def _cells(lines: Iterator[str], path: Path, form: Format) -> Iterator[Row]:
    """The rows of a table, and those that break; no comments, no totals."""
    bad: list[Malformed] = []
    header, table = csv_table(lines, path, form, bad.append)
    last = 0
    for last, cells in table:
        yield from _broken(bad, last)
        if not is_no_row(cells):
            yield last, dict(zip(header, cells, strict=True))
    yield from _broken(bad, last + 1)


def _broken(bad: list[Malformed], line: int) -> Iterator[Row]:
    for error in bad:
        if error.reason != NO_ROW:
            yield line, error
    bad.clear()


def _objects(lines: Iterator[str]) -> Iterator[Row]:
    """An object a line; or the objects of one document, where a line alone is no JSON."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            if number == 1 and line.lstrip()[:1] in "[{":
                yield from _document(line + "".join(lines), error)
                return
            yield number, Malformed("bad_json", str(error))
            continue
        if isinstance(value, list):
            yield from enumerate(filter(_is_object, value), 1)
        elif _is_object(value):
            yield number, value
        else:
            yield number, Malformed("bad_json", "is no object")


def _document(text: str, error: Exception) -> Iterator[Row]:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        yield 1, Malformed("bad_json", str(error))
        return
    yield from enumerate(value if isinstance(value, list) else [value], 1)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def tried(number: int, values: Values | Malformed, mapping: EventMapping | None) -> list[TriedRow]:
    """What becomes of a row: a TriedRow for each payment in it, at least one."""
    if isinstance(values, Malformed):
        return [TriedRow(row=number, read_as="nothing", fault=_fault(values))]
    if mapping is not None:
        return [_by_mapping(number, values, mapping)]
    found = providers.payments_of(values)
    if found is None:
        return [_own(number, values)]
    return [
        _caused(TriedRow(row=number, read_as=_sender(values), fields=_became(item)), item)
        if isinstance(item, Payment)
        else TriedRow(
            row=number,
            read_as=_sender(values),
            fault=_fault(item) if isinstance(item, Malformed) else str(item),
        )
        for item in found
    ]


def _caused(row: TriedRow, payment: Payment | None) -> TriedRow:
    """The row with the cause of its payment."""
    if payment is None or not (cause := classify(payment, load())):
        return row
    found = explain(payment.error_scheme, payment.error_code, load(), payment.error_message or None)
    guessed = "" if found.known or not payment.error_code else found.why
    return msgspec.structs.replace(row, cause=cause, guessed=guessed)


def _sender(values: Values) -> str:
    """`stripe`, `adyen in sns`: who is recognised, inside of what."""
    around: list[str] = []
    inner: Any = values
    while isinstance(inner, Mapping) and len(around) <= providers.DEEPEST:
        if (known := providers.recognise(inner)) is not None:
            return " in ".join((known[0], *reversed(around)))
        if (envelope := unwrap_of(inner)) is None:
            break
        around.append(envelope[0])
        try:
            content = envelope[1](inner)
        except Malformed:
            break
        inner = content.objects[0] if not isinstance(content, list) else None
    return " in ".join(("own fields" if inner else "nothing", *reversed(around)))


def _became(payment: Payment) -> list[TriedField]:
    """All that a payment has."""
    return [
        TriedField(field=field.written, became=_shown(field.name, value))
        for field in FIELDS
        if (value := getattr(payment, field.name)) not in (None, False, 1)
        or (field.name == "amount" and value is not None)
    ]


def _shown(name: str, value: Any) -> Any:
    return iso_ms(value) if name == "timestamp_ms" and value is not None else value


def _own(number: int, values: Values) -> TriedRow:
    came = {}
    found, whence = spread(values)
    for canonical, others in ALIASES.items():
        name = next((name for name in (canonical, *others) if found.get(name) is not None), None)
        if name is not None:
            came[canonical] = (whence.get(name, name), found[name])
    row = _row(number, "own fields", values, came, found)
    if row.fault:
        return row
    # Several names may say one thing, such as codes, of which one that says why is taken.
    read = names_read(values)
    return msgspec.structs.replace(row, unread=[path for path in row.unread if path not in read])


def _by_mapping(number: int, values: Values, mapping: EventMapping) -> TriedRow:
    places = mapping.paths or {}
    raw = mapping.raw_of(values)
    came = {field: (places.get(field, field), value) for field, value in raw.items()}
    missing = {field: (path, None) for field, path in places.items() if field not in raw}
    parts = (*mapping.time_paths, *((mapping.zone_path,) if mapping.zone_path else ()))
    row = _row(number, "the format", values, {**came, **missing}, mapping.meant(raw), parts)
    if mapping.paths:
        return row
    return msgspec.structs.replace(row, read_as="own fields, as the format says")


def _row(
    number: int,
    read_as: str,
    values: Values,
    came: Mapping[str, tuple[str, Any]],
    fields: Mapping[str, Any],
    parts: Collection[str] = (),
) -> TriedRow:
    """came: field → where it came from, and what stood there. fields: as they are read. parts: where
    the parts of its time lie, and its zone."""
    payment, fault = _payment(fields, f"row-{number}")
    # With nothing else wrong in it, a field alone says what is wrong with it.
    found = []
    for field in FIELDS:
        canonical = field.accepted[0]
        place, value = came.get(canonical, ("", None))
        if not place and fields.get(canonical) is None:
            continue
        became, wrong = _alone(canonical, fields, payment)
        if not place:
            place = "(default)"
        found.append(
            TriedField(
                field=field.written,
                came_from=place,
                came=value,
                became=_shown(field.name, became),
                fault=wrong or _silent_fault(canonical, value, became),
            )
        )
    places = [*(place for place, _ in came.values()), *parts]
    used = {steps(place) for place in places} | {(place,) for place in places}
    unread = [_spelt(path) for path in _leaves(values, ()) if not _is_in(path, used)]
    row = TriedRow(
        row=number,
        read_as=read_as,
        fields=found,
        fault=fault,
        unread=unread[:_MOST_UNREAD],
    )
    return _caused(row, payment)


_MOST_UNREAD: Final = 40
_MOST_LEAVES: Final = 1000


def _leaves(value: Any, path: PathOf) -> Iterator[PathOf]:
    """The paths of all that is no object and no list, and not nothing, in order, a bounded number of
    them."""
    if value is None:
        return
    if len(path) > _DEEPEST or not isinstance(value, dict | list) or not value:
        yield path
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in islice(inside, _MOST_LEAVES):
        yield from _leaves(inner, (*path, name))


_DEEPEST: Final = 8


def _is_in(path: PathOf, used: Collection[PathOf]) -> bool:
    return any(path[: length + 1] in used for length in range(len(path)))


def _spelt(path: PathOf) -> str:
    first, *others = path
    steps_ = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in others)
    return f"{first}{''.join(steps_)}"


def _silent_fault(canonical: str, came: Any, became: Any) -> str:
    if became is not None:
        return ""
    if came is None:
        return "a payment needs it" if canonical in _NEEDED else ""
    return "is not understood"


_NEEDED: Final = {"transaction_id": "t", "payment_status": "approved", "timestamp": 0}
_ATTRIBUTE: Final = {field.accepted[0]: field.name for field in FIELDS}


def _alone(canonical: str, fields: Mapping[str, Any], payment: Payment | None) -> tuple[Any, str]:
    """What the field becomes, and what is wrong with it."""
    attribute = _ATTRIBUTE[canonical]
    names = (canonical, *ALIASES[canonical])
    own = {name: fields[name] for name in names if name in fields}
    if not own:
        return None, ""
    if canonical == "amount":
        own |= {name: fields[name] for name in ("currency", "amount_unit") if name in fields}
    needed = {name: value for name, value in _NEEDED.items() if name != canonical}
    alone, fault = (payment, "") if payment else _payment({**needed, **own}, "t")
    if alone is None:
        return None, fault
    became = getattr(alone, attribute)
    faults = [kind for kind in alone.faults if kind.partition(":")[0] in (*names, attribute)]
    if became is None:
        faults = faults or ["is taken as absent"]
    return became, "; ".join(faults)


def _payment(fields: Mapping[str, Any], made_up_id: str) -> tuple[Payment | None, str]:
    try:
        has_id = any(fields.get(name) not in (None, "") for name in _IDS)
        return to_payment(fields if has_id else {**fields, _IDS[0]: made_up_id}), ""
    except Malformed as error:
        return None, _fault(error)


_IDS: Final = ("transaction_id", *ALIASES["transaction_id"])


def _fault(error: Malformed) -> str:
    return f"{mask(error.detail)} ({error.reason})"


def in_words(rows: Sequence[TriedRow]) -> list[str]:
    """For people, in 80 columns."""
    lines: list[str] = []
    for row in rows:
        lines += [_cut(f"row {row.row}, read as {row.read_as}")]
        if row.fault:
            lines += _wrapped("  no payment: ", row.fault)
        width = max((len(field.field) for field in row.fields), default=0)
        for field in row.fields:
            lines += _field_words(field, width)
        if row.cause:
            lines.append(f"  {'cause':<{width}}  {row.cause}")
        if row.guessed:
            lines += _wrapped(f"  {'':<{width}}  ! guessed: ", row.guessed)
        if row.unread:
            lines += _wrapped("  not read: ", ", ".join(row.unread))
        lines.append("")
    return [*lines, *_summary(rows)]


def _field_words(field: TriedField, width: int) -> Iterator[str]:
    came = "" if field.came is None else f" = {_text(field.came)}"
    if field.came is None and field.became is None:
        came = ", which is not there"
    whence = f"  from {field.came_from}{came}" if field.came_from else ""
    became = _text(field.became) if field.became is not None else "-"
    line = f"  {field.field:<{width}}  {became}"
    if len(line) + len(whence) <= _WIDTH:
        yield line + whence
    else:
        yield _cut(line)
        if whence:
            yield _cut(f"  {'':<{width}}{whence}")
    if field.fault:
        yield from _wrapped(f"  {'':<{width}}  ! ", field.fault)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = mask("".join(sign if sign.isprintable() else " " for sign in text))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _wrapped(begin: str, text: str) -> list[str]:
    from textwrap import wrap

    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    indent = " " * len(begin)
    return wrap(plain, _WIDTH, initial_indent=begin, subsequent_indent=indent) or [begin.rstrip()]


def _summary(rows: Sequence[TriedRow]) -> Iterator[str]:
    good = sum(not row.fault for row in rows)
    yield f"{good} of {len(rows)} are payments"
    fields = [field for row in rows for field in row.fields if field.came_from]
    places = dict.fromkeys((field.field, field.came_from) for field in fields)
    there = {(field.field, field.came_from) for field in fields if field.became is not None}
    for name, place in places:
        if (name, place) not in there:
            yield from _wrapped("  ! ", f"{name} is in no row understood, from {place}")
