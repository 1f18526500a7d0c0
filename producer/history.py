"""A file of past payments, read as payments in the order of their times.

Rows are CSV, or JSON Lines where the file's name ends in .jsonl, .ndjson or .json. A bad row is
skipped and told to the caller with its line number: one broken line in a year's export must not
cost the year. Rows out of order are sorted on disk, so that no file is ever held in memory.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed, PaywatchError
from functions.core.event import LARGEST_COUNT, Payment, RawEvent, parse_timestamp, to_payment
from producer.format import Format
from producer.pacing import Timed
from producer.spread import Row, spread

JSON_LINES: Final = (".jsonl", ".ndjson", ".json")

OnBad = Callable[[Malformed], None]
"""Takes what is wrong with a row; `detail` begins with its line number, `data` is the row."""


def read(
    path: Path,
    form: Format,
    *,
    on_bad: OnBad,
    from_ms: int | None = None,
    until_ms: int | None = None,
) -> Iterator[Payment]:
    """The file's payments in the order of their times, those in [from_ms, until_ms) only.

    Transaction ids follow from the file's name and the row where the file has none. A row of no
    payments (a count of 0) gives none. Raises PaywatchError when there is no such file, and
    SettingsError when the file has no column that the format names.
    """
    ordered = _is_ordered(path, form)
    found = rows(path, form, on_bad=on_bad)
    for payment in spread(found if ordered else _sorted(found), form.spread_s * 1000):
        if until_ms is not None and payment.timestamp_ms >= until_ms:
            # Later rows are still read, so that each bad one is told.
            continue
        if from_ms is None or payment.timestamp_ms >= from_ms:
            yield payment


def rows(path: Path, form: Format, *, on_bad: OnBad) -> Iterator[Row]:
    """The file's rows with payments in them, in the order of the file."""
    for line, values in _records(path, form, on_bad):
        try:
            payments = _payments(values, form, f"{path.stem}-{line}")
        except Malformed as error:
            on_bad(_at(line, error.reason, error.detail, values))
            continue
        if payments:
            yield Row(line, payments)


def replay(payments: Iterator[Payment], *, speed: float, start_ms: int) -> Iterator[Timed]:
    """The payments `speed` times as fast as they were: the first at second 0, which is start_ms.

    Each payment's time is moved to its send time. They must be in the order of their times.
    """
    first: int | None = None
    for payment in payments:
        if first is None:
            first = payment.timestamp_ms
        at = (payment.timestamp_ms - first) / 1000.0 / speed
        moved = msgspec.structs.replace(payment, timestamp_ms=start_ms + int(at * 1000))
        yield Timed(at, moved)


def _at(line: int, reason: str, detail: str, values: Mapping[str, Any] | str) -> Malformed:
    return Malformed(reason, f"line {line}: {detail}", str(values).encode()[:1000])


def _records(path: Path, form: Format, on_bad: OnBad) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line number and values by column of each row."""
    if path.is_dir() or not path.exists():
        raise PaywatchError(f"there is no file {path}")
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            if path.suffix in JSON_LINES:
                yield from _json_records(file, path, form, on_bad)
            else:
                yield from _csv_records(file, path, form, on_bad)
    except OSError as error:
        raise PaywatchError(f"cannot read {path}: {error.strerror}") from error


def _csv_records(
    file: Iterator[str], path: Path, form: Format, on_bad: OnBad
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(file)
    header = next(reader, [])
    form.check_columns(header, path.name)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            on_bad(_at(line, "bad_row", str(error), ""))
            continue
        if len(fields) == len(header):
            yield line, dict(zip(header, fields, strict=True))
        elif fields:
            detail = f"{len(fields)} fields, the header has {len(header)}"
            on_bad(_at(line, "bad_row", detail, ",".join(fields)))


def _json_records(
    file: Iterator[str], path: Path, form: Format, on_bad: OnBad
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    checked = False
    for line, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            values = _OBJECT.decode(text)
        except msgspec.DecodeError as error:
            on_bad(_at(line, "bad_json", str(error), text.strip()))
            continue
        if not checked:
            # Later objects may leave out what is absent; the first shows how columns are spelt.
            form.check_columns(values, path.name, needed_only=True)
            checked = True
        yield line, values


_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


def _payments(values: Mapping[str, Any], form: Format, made_up_id: str) -> list[Payment]:
    """The row's payments: one, or with successes up to two. Raises Malformed."""
    fields = {
        field: value
        for field, column in form.fields.items()
        if (value := _scalar(column, values.get(column))) not in (None, "")
    }
    for field in ("timestamp", "count", "successes"):
        if field in form.fields and field not in fields:
            raise Malformed("missing_field", f"column {form.fields[field]!r} is empty")
    at = _time_ms(fields.pop("timestamp"), form.timestamp_format)
    fields.setdefault("transaction_id", made_up_id)
    count = _whole("count", fields.pop("count")) if "count" in fields else 1
    if "successes" not in fields:
        return [_payment(fields, at, count)] if count else []
    successes = _whole("successes", fields.pop("successes"))
    if successes > count:
        raise Malformed("bad_number", f"{successes} successes of only {count}")
    identity = fields["transaction_id"]
    failed = {**fields, "payment_status": "failed", "transaction_id": f"{identity}-failed"}
    approved = {name: value for name, value in failed.items() if name not in _OF_FAILURES}
    approved |= {"payment_status": "approved", "transaction_id": f"{identity}-approved"}
    parts = ((approved, successes), (failed, count - successes))
    return [_payment(part, at, n) for part, n in parts if n]


def _payment(fields: Mapping[str, Any], timestamp_ms: int, count: int) -> Payment:
    payment = to_payment(RawEvent(**fields, timestamp=0, count=count))
    # Set last: the event's contract would read milliseconds from before 1973 as seconds.
    return msgspec.structs.replace(payment, timestamp_ms=timestamp_ms)


_OF_FAILURES: Final = ("error_code", "error_scheme", "error_message")


def _scalar(column: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, (int, float)):
        return value
    raise Malformed("wrong_type", f"column {column!r} holds a {type(value).__name__}")


def _whole(name: str, value: Any) -> int:
    """A whole number from 0, also when it is written 116.0."""
    try:
        number = float(value)
    except ValueError:
        raise Malformed("bad_number", f"{name} {str(value)[:40]!r} is not a number") from None
    if not 0 <= number <= LARGEST_COUNT or number != int(number):
        raise Malformed(
            "bad_number", f"{name} {value!r} is not a whole number from 0 to {LARGEST_COUNT}"
        )
    return int(number)


@lru_cache(maxsize=65536)
def _time_ms(value: str | float, timestamp_format: str) -> int:
    """The value as epoch milliseconds, UTC where it has no offset. Raises Malformed."""
    if timestamp_format == "iso8601":
        return parse_timestamp(value)
    try:
        if timestamp_format in ("epoch_s", "epoch_ms"):
            ms = round(float(value) * (1000 if timestamp_format == "epoch_s" else 1))
        else:
            moment = datetime.strptime(str(value), timestamp_format)  # noqa: DTZ007 UTC is next
            ms = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Malformed(
            "bad_timestamp", f"timestamp {str(value)[:40]!r} is not of the form {timestamp_format}"
        ) from None
    if not 0 <= ms <= _LAST_MS:
        raise Malformed("bad_timestamp", f"timestamp {value!r} lies outside the years 1970 to 9999")
    return ms


_LAST_MS: Final = 253402300799999


def _is_ordered(path: Path, form: Format) -> bool:
    """Whether the rows with a readable time are in its order. Reads the file once."""
    last = 0
    column = form.fields["timestamp"]
    for _, values in _records(path, form, on_bad=lambda _: None):
        try:
            now = _time_ms(_scalar(column, values.get(column)) or "", form.timestamp_format)
        except Malformed:
            continue
        if now < last:
            return False
        last = now
    return True


def _sorted(found: Iterator[Row]) -> Iterator[Row]:
    """The rows by time, those of one time in the order of the file. Sorts on disk."""
    database = sqlite3.connect("")  # a temporary file, which SQLite deletes
    try:
        database.execute("CREATE TABLE rows (at INTEGER, line INTEGER, data BLOB)")
        database.executemany(
            "INSERT INTO rows VALUES (?, ?, ?)",
            ((row.timestamp_ms, row.line, _PACK.encode(row)) for row in found),
        )
        for (data,) in database.execute("SELECT data FROM rows ORDER BY at, line"):
            yield _UNPACK.decode(data)
    finally:
        database.close()


_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(Row)
