"""Times: whatever a payment may call its moment, as milliseconds since the epoch, and back."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from functions.core.errors import Malformed
from functions.core.payments.sensitive import quoted

LAST_MS: Final = 253402300799999
"""9999-12-31T23:59:59.999Z"""
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FLOAT_ERROR_MS: Final = 0.001
"""More than what epoch seconds lose as a binary fraction: 10.123 is 10123 ms and not 10122."""

_UNITS: Final = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))
"""Epoch numbers below a bound, and how many milliseconds one of them is: seconds, milliseconds,
microseconds, nanoseconds. Each bound lies past the year 5000."""

_LONGEST: Final = 64
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE]\+?\d\d?)?", re.ASCII)
_FAST_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:[0-5]\d(\.\d{1,9})?Z?", re.ASCII
)
_COMPACT: Final = re.compile(r"((?:19|20)\d{6})(?:(\d{6})(?:[.,]?(\d{3}))?)?", re.ASCII)
"""`20260101`, `20260101101530`, and with milliseconds run on."""
_OVERFLOWING: Final = re.compile(
    r"(\d{4}-?\d\d-?\d\d)[T ]?(?:(24):?00(?::?00(?:[.,]0+)?)?|(\d\d:?\d\d:?)60)"
    r"((?:[.,]\d+)?\s*(?:[A-Za-z]+|[+-].+)?)",
    re.ASCII,
)
"""24:00, the end of a day, and a leap second."""
_MAIL: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})\s+(\d{1,2}:\d\d(?::\d\d)?)"
    r"\s*([+-]\d{4}|[A-Za-z]{1,4})?",
    re.ASCII,
)
"""RFC 2822, section 3.3, and its obsolete zones."""
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_ZONES: Final = {
    "": "+00:00", "Z": "+00:00", "UT": "+00:00", "UTC": "+00:00", "GMT": "+00:00",
    "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00",
    "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00",
}  # fmt: skip
_ZONE_APART: Final = re.compile(
    r"\s*(UTC|GMT|UT|Z|(?:GMT|UTC)?[+-]\d\d:?\d\d)$", re.ASCII | re.IGNORECASE
)
_NAMED_BESIDE: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)\s*(\[[^\]]*\]|\([^)]*\))$", re.IGNORECASE)
"""A zone's name behind its offset: RFC 9557, as Java writes it, and JavaScript's in brackets."""
_CLOCK_LAST: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<month>[A-Za-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?:(?P<year>\d{4}),?\s+)?"
    r"(?P<clock>\d{1,2}:\d\d:\d\d)(?:\s+(?P<zone>UTC|GMT|(?:GMT|UTC)?[+-]\d{4}))?(?:\s+(?P<end>\d{4}))?",
    re.ASCII,
)
"""The month first: asctime, `Sat Jul 12 13:45:00 UTC 2025`, and JavaScript's texts."""
_DOT_NET: Final = re.compile(r"\\?/Date\((\d+)(?:[+-]\d{4})?\)\\?/", re.ASCII)


def parse_timestamp(when: str | int | float) -> int:
    """ISO 8601, RFC 2822, or epoch seconds, milliseconds, microseconds or nanoseconds, as
    milliseconds since the epoch.

    A time without an offset is UTC; parts of a millisecond are cut off. 24:00 is the next day's
    beginning, a leap second the beginning of the next minute. Raises Malformed for anything else.
    """
    if isinstance(when, str):
        text = when[:_LONGEST].strip()
        if _FAST_ISO.fullmatch(text):
            return _minute_ms(text[:16]) + _seconds_ms(text[16:23])  # cut to milliseconds
        if len(when) > _LONGEST and len(when.strip()) > _LONGEST:
            raise Malformed("bad_timestamp", f"timestamp {quoted(when)} is not a time")
        if json := _DOT_NET.fullmatch(text):
            return parse_timestamp(int(json[1]))
        if (compact := _COMPACT.fullmatch(text)) and (found := _compact_ms(*compact.groups(""))):
            return found
        return parse_timestamp(float(text)) if _NUMBER.fullmatch(text) else _text_ms(text)
    if isinstance(when, bool) or when != when:
        raise Malformed("bad_timestamp", f"timestamp {quoted(when)} is not a time")
    if isinstance(when, int) and (19e12 < when < 21e12 or 19e15 < when < 21e15):
        compact = _COMPACT.fullmatch(str(when))
        if compact and (found := _compact_ms(*compact.groups(""))):
            return found
    for bound, ms in _UNITS:
        if 0 <= when < bound:
            found = math.floor(when * ms + _FLOAT_ERROR_MS) if ms != 1.0 else int(when)
            return found if isinstance(when, float) or ms >= 1.0 else when // round(1 / ms)
    shown = max(-1e300, min(when, 1e300))
    raise Malformed("bad_timestamp", f"timestamp {shown:.6g} lies outside the years 1970 to 9999")


def _compact_ms(day: str, time: str, ms: str) -> int | None:
    """`20260101` and `20260101101530` as times; None where there is no such day or hour."""
    try:
        moment = datetime.strptime((day + time).ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH_START) // _MILLISECOND + int(ms or 0)


@lru_cache(maxsize=8192)
def _minute_ms(minute: str) -> int:
    return _text_ms(minute + ":00Z")


def _seconds_ms(rest: str) -> int:
    return round(float(rest[1:].rstrip("Z")) * 1000)


def _text_ms(text: str) -> int:
    try:
        ms = (_moment(text) - _EPOCH_START) // _MILLISECOND
    except (ValueError, OverflowError) as error:
        raise Malformed(
            "bad_timestamp", f"timestamp {quoted(text)} is not ISO 8601: {error}"
        ) from None
    if not 0 <= ms <= LAST_MS:
        raise Malformed(
            "bad_timestamp", f"timestamp {quoted(text)} lies outside the years 1970 to 9999"
        )
    return ms


def _moment(text: str) -> datetime:
    """Raises ValueError."""
    more = timedelta()
    text = text if text[-1:].isdigit() else _NAMED_BESIDE.sub(r"\1", text)
    if over := _OVERFLOWING.fullmatch(text):
        day, end_of_day, minute, rest = over.groups()
        if end_of_day:
            text, more = f"{day}T00:00:00{rest}", timedelta(days=1)
        else:
            text, more = f"{day}T{minute}59{rest}", timedelta(seconds=1)
            if "-" not in day or ":" not in minute:
                text = text.replace("-", "", 2).replace(":", "", 2)
    if mail := _MAIL.fullmatch(text):
        number, month, year, clock, zone = mail.groups("")
        zone = _ZONES.get(zone.upper(), zone)
        text = f"{year}-{_MONTHS.get(month.lower(), 0):02}-{int(number):02}T{clock:0>5}{zone}"
    elif (first := _CLOCK_LAST.fullmatch(text)) and (first["year"] is None) != (
        first["end"] is None
    ):
        zone = (first["zone"] or "").upper()
        zone = _ZONES.get(zone, zone.removeprefix("GMT").removeprefix("UTC"))
        in_year = _MONTHS.get(first["month"].lower(), 0)
        day = f"{first['year'] or first['end']}-{in_year:02}-{int(first['day']):02}"
        text = f"{day}T{first['clock']:0>8}{zone}"
    elif zoned := _ZONE_APART.search(text):
        zone = zoned[1].upper()
        zone = _ZONES.get(zone, zone.removeprefix("GMT").removeprefix("UTC"))
        text = text[: zoned.start()] + zone
    if text[4:5] == "/" and text[7:8] == "/":
        text = f"{text[:4]}-{text[5:7]}-{text[8:]}"
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) + more


def iso_ms(timestamp_ms: int) -> str:
    """Milliseconds since the epoch as ISO 8601, UTC: what `parse_timestamp` reads."""
    return _iso_second(timestamp_ms // 1000) + _ISO_REST[timestamp_ms % 1000]


_ISO_REST: Final = tuple(f".{ms:03d}Z" for ms in range(1000))


@lru_cache(maxsize=4096)
def _iso_second(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
