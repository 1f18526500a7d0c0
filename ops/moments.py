"""Times and lengths as people type them: `now`, `in 2h`, `14:30`, `2026-12-01T14:30+05:30`, `90m`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.core.errors import Malformed, PaywatchError
from functions.core.paging.page import moment
from functions.core.payments.sensitive import quoted
from producer.moments import AMBIGUOUS, time_ms, zone_of

DAY: Final = 86_400
WANTED: Final = "now, in 2h, 10min ago, 14:30, or 2026-12-01T14:30+05:30"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}
_LENGTH: Final = re.compile(
    r"(?:(\d{1,6})\s*(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?\s*)+",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"(\d{1,6})\s*([smhdw])", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*(\S.*)?")


def second_of(text: str, now: int, zone: str, option: str, *, after: int | None = None) -> int:
    """The time as seconds since the epoch. zone: of times that say none, UTC where empty. option: whose
    value it is, for the fault. A time of day is today's; with `after`, the first one later than that.
    Raises PaywatchError."""
    said = text.strip()
    low = said.lower()
    if low == "now":
        return now
    if low.startswith(("in ", "+")):
        return now + seconds_of(said[1:] if low[0] == "+" else said[3:], option)
    if low.endswith(" ago"):
        return now - seconds_of(said[:-4], option)
    try:
        if clock := _CLOCK.fullmatch(said):
            return _of_day(clock, said, now, zone, after)
        if not _DATED.match(said):
            raise Malformed("bad_timestamp", "")
        return time_ms(said, "iso8601", zone) // 1000
    except Malformed as error:
        # What it says of a number that is none helps nobody here; what it says of clocks and zones does.
        told = error.detail.partition(": ")[2] if "clocks" in error.detail else ""
        why = f": {told}" if told else f": want {WANTED}"
        raise PaywatchError(f"{option} {quoted(text)} is no time{why}") from None


_DATED: Final = re.compile(r"\d{4}-?\d\d-?\d\d")


def _of_day(clock: re.Match[str], said: str, now: int, zone: str, after: int | None) -> int:
    """A time of day: today's in its zone, or the first later than `after`."""
    own = checked_zone(clock[4]) if clock[4] else zone
    where = zone_of(own)
    start = now if after is None else after
    day = datetime.fromtimestamp(start, UTC).astimezone(where).date()
    shown = f"{int(clock[1]):02}:{clock[2]}:{clock[3] or '00'}"
    found = time_ms(f"{day:%Y-%m-%d}T{shown}", "iso8601", own or "UTC") // 1000
    if after is not None and found <= after:
        day += timedelta(days=1)
        found = time_ms(f"{day:%Y-%m-%d}T{shown}", "iso8601", own or "UTC") // 1000
    return found


def seconds_of(text: str, option: str) -> int:
    """`2h`, `90 min`, `1h30m`, `2 days` as seconds. Raises PaywatchError."""
    if not _LENGTH.fullmatch(text.strip()):
        raise PaywatchError(
            f"{option} {quoted(text)} is no length of time: want 90m, 2h, 1h30m or 3d"
        )
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))


def checked_zone(name: str) -> str:
    """The zone's name. Raises PaywatchError for one that is unknown, or of several zones."""
    bare = name.strip()
    if several := AMBIGUOUS.get(bare.upper()):
        raise PaywatchError(
            f"time zone {quoted(bare)} may be {', '.join(several[:-1])} or {several[-1]}: say which"
        )
    try:
        zone_of(bare)
    except Malformed as error:
        raise PaywatchError(error.detail) from None
    return bare


def told(second: int, zone: str = "") -> str:
    """`14:30:00 UTC, Tue 01 Dec`, and what clocks show then in the zone, where one is given."""
    where = zone_of(zone)
    if where is UTC:
        return moment(second)
    local = datetime.fromtimestamp(second, UTC).astimezone(where)
    return f"{moment(second)} ({local:%H:%M, %a %d %b} in {zone})"
