"""Times as files write them, as milliseconds since the epoch.

A form is one of FORMS, or of strptime. Each also reads what clocks and exports really write: 24:00,
the leap second :60 (the second after it), parts of a second to any digit (cut to milliseconds), and
a zone's name or offset behind the time. What has no zone is of the column's, UTC where none is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from functions.core.errors import Malformed
from functions.core.payments.event import parse_timestamp

FORMS: Final = ("iso8601", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "spreadsheet")
"""iso8601: also its compact forms, and epoch seconds or milliseconds. spreadsheet: days since
1899-12-30, as a cell holds them."""

_PER_MS: Final = {"epoch_s": 1e-3, "epoch_ms": 1.0, "epoch_us": 1e3, "epoch_ns": 1e6}
_LAST_MS: Final = 253402300799999  # 9999-12-31T23:59:59.999Z
_SPREADSHEET_START_MS: Final = -2_209_161_600_000  # 1899-12-30
_DAY_MS: Final = 86_400_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 the zone is told apart from the clock

ABBREVIATIONS: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "WAT": 60, "CAT": 120,
    "EAT": 180, "PKT": 300, "NPT": 345, "SGT": 480, "HKT": 480, "JST": 540, "KST": 540,
    "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "EST": -300, "EDT": -240, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480,
    "HST": -600, "BRT": -180, "ART": -180, "WIB": 420, "WITA": 480, "WIT": 540,
}  # fmt: skip
"""Minutes east of Greenwich of names that payment exports use for one zone. Left out are those of
several: IST, CST, BST, AST, GST, MST, CDT, AMT."""
AMBIGUOUS: Final = {
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "CST": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "CDT": ("America/Chicago", "America/Havana"),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "GST": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "MST": ("America/Denver", "Asia/Kuala_Lumpur"),
    "AMT": ("America/Manaus", "Asia/Yerevan"),
}
"""Names of several zones → those zones, the one that is meant most often first."""

_IN_WORDS: Final = {
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "arizona": "America/Phoenix", "alaska": "America/Anchorage", "hawaii": "Pacific/Honolulu",
}  # fmt: skip
"""What the exports of shops call zones."""

ZONE_MARK: Final = "\t"
"""Between a time and the zone that stands in a column of its own."""


@lru_cache(maxsize=65536)
def time_ms(value: str | float, form: str, zone: str = "") -> int:
    """The value as milliseconds since the epoch. zone: of times that say none, as `zone_of` reads
    it. Raises Malformed."""
    try:
        ms = _ms(value, form, zone)
    except (ValueError, OverflowError):
        shown = str(value).replace(ZONE_MARK, " ")[:40]
        raise Malformed("bad_timestamp", f"timestamp {shown!r} is not of the form {form}") from None
    if not 0 <= ms <= _LAST_MS:
        raise Malformed("bad_timestamp", f"timestamp {value!r} lies outside the years 1970 to 9999")
    return ms


def _ms(value: str | float, form: str, zone: str) -> int:
    if form == "iso8601":
        return _iso_ms(value, zone)
    if form in _PER_MS:
        return round(float(value) / _PER_MS[form])
    if form == "spreadsheet":
        days = float(str(value).replace(",", "."))
        local = round(days * _DAY_MS) + _SPREADSHEET_START_MS
        return _in_zone(_EPOCH + timedelta(milliseconds=local), zone_of(zone), str(value))
    text, _, own = str(value).partition(ZONE_MARK)
    return _compiled(form)(text.strip(), _which(own, zone))


def _iso_ms(value: str | float, zone: str) -> int:
    if not isinstance(value, str):
        return parse_timestamp(value)
    text, _, own = value.partition(ZONE_MARK)
    text = text.strip()
    if not own and not zone and (text[4:5] == "-" or not _COMPACT.fullmatch(text)):
        try:
            return parse_timestamp(text)
        except Malformed:
            pass
    elif _NUMBER.fullmatch(text) and not _COMPACT.fullmatch(text):
        return parse_timestamp(text)
    found = _ISO.fullmatch(text)
    if found is None:
        if own or zone:
            raise ValueError(text)
        return parse_timestamp(text)  # which says what is wrong
    year, _, month, day, hour, minute, second, fraction, half, named = found.groups()
    return _clock_ms(
        (int(year), int(month), int(day)),
        _hour(int(hour or 0), half),
        int(minute or 0),
        int(second or 0),
        fraction,
        _which(named or own, zone),
        text,
    )


_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_COMPACT: Final = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-4])[0-5]\d(?:[0-6]\d(?:\d{3})?)?)?"
)
_ZONE: Final = r"(?:Z|[+-]\d\d(?::?\d\d)?|(?:UTC|GMT)[ ]?[+-]\d{1,2}(?::?\d\d)?|[A-Za-z]{2,}(?:[/_-][A-Za-z_-]+)*)"
_HALF: Final = r"[AaPp]\.?[Mm]\.?"
_ISO: Final = re.compile(
    r"(\d{4})(?P<mark>[-/.]?)(\d\d)(?P=mark)(\d\d)"
    r"(?:(?:[T _-]|\s+|(?<=\d{8}))(\d\d)[:.]?(\d\d)(?:[:.]?(\d\d)(?:[.,:]?(\d+))?)?)?"
    rf"\s*({_HALF})?\s*({_ZONE})?"
)


def is_iso(text: str) -> bool:
    """Whether the text is of the form iso8601: no other is read in a zone of its column."""
    bare = text.partition(ZONE_MARK)[0].strip()
    return bool(_ISO.fullmatch(bare) or _NUMBER.fullmatch(bare))


def _which(named: str | None, zone: str) -> str:
    """The zone's name that stands with the time, else the column's, which also says which is meant
    by a name of several."""
    if not named or (zone and named.strip().upper() in AMBIGUOUS):
        return zone
    return named


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _clock_ms(
    day: tuple[int, int, int],
    hour: int,
    minute: int,
    second: int,
    fraction: str | None,
    zone: str,
    text: str,
) -> int:
    """What a calendar and a clock show, with 24:00 and the leap second. Raises ValueError,
    Malformed."""
    later = timedelta(0)
    if second == 60:
        second, later = 59, timedelta(seconds=1)
    if hour == 24 and not minute and not second:
        hour, later = 0, timedelta(days=1)
    shown = datetime(*day, hour, minute, second) + later  # noqa: DTZ001 its zone comes next
    ms = int((fraction or "0")[:3].ljust(3, "0"))
    return _in_zone(shown + timedelta(milliseconds=ms), zone_of(zone), text)


def _in_zone(shown: datetime, zone: tzinfo, text: str) -> int:
    """What a clock in the zone shows. Of an hour that comes twice, the first; Malformed for one
    that does not come."""
    offset = zone.utcoffset(shown) or timedelta(0)
    if isinstance(zone, ZoneInfo):
        other = zone.utcoffset(shown.replace(fold=1))
        if other is not None and other > offset:
            raise Malformed(
                "bad_timestamp",
                f"timestamp {text[:40]!r} is no time in {zone.key}: the clocks were put forward",
            )
    return round((shown - offset - _EPOCH) / _MILLISECOND)


_MILLISECOND: Final = timedelta(milliseconds=1)


def comes_twice(second: int, zone: str) -> bool:
    """Whether what the zone's clocks show at that second since the epoch comes again later."""
    found = zone_of(zone)
    if not isinstance(found, ZoneInfo):
        return False
    shown = datetime.fromtimestamp(second, found).replace(tzinfo=None)
    first, again = found.utcoffset(shown), found.utcoffset(shown.replace(fold=1))
    return first is not None and again is not None and first > again


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """`Asia/Kolkata`, `CET`, `+05:30`, `UTC+2`; UTC for nothing. Raises Malformed for a name that
    is unknown, or that of several zones."""
    bare = name.strip()
    if bare.upper() in ("", "Z", "UTC", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(bare):
        sign, hours, minutes = offset.groups()
        apart = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if apart < timedelta(days=1):
            return timezone(apart if sign == "+" else -apart)
    if bare.upper() in ABBREVIATIONS:
        return timezone(timedelta(minutes=ABBREVIATIONS[bare.upper()]), bare.upper())
    if several := AMBIGUOUS.get(bare.upper()):
        raise Malformed(
            "bad_timestamp",
            f"time zone {bare!r} may be {', '.join(several[:-1])} or {several[-1]}: write"
            f' timezone = "{several[0]}", or the one that is meant, in [columns]',
        )
    try:
        return ZoneInfo(_IN_WORDS.get(bare.casefold(), bare))
    except (KeyError, ValueError, OSError):
        raise Malformed(
            "bad_timestamp",
            f"time zone {bare[:40]!r} is unknown: want a name such as Asia/Kolkata, or +05:30",
        ) from None


_OFFSET: Final = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)


_GROUPS: Final = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})",
    "e": r"(?P<d>\d{1,2})", "H": r"(?P<H>\d{1,2})", "I": r"(?P<H>\d{1,2})", "M": r"(?P<M>\d\d)",
    "S": r"(?P<S>\d\d)", "f": r"(?P<f>\d+)", "p": rf"(?P<p>{_HALF})", "z": rf"(?P<z>{_ZONE})",
    "Z": rf"(?P<z>{_ZONE})", "b": r"(?P<b>[^\W\d_]{3,}\.?)", "B": r"(?P<b>[^\W\d_]{3,}\.?)",
    "a": r"[^\W\d_]+\.?", "A": r"[^\W\d_]+\.?", "%": "%",
}  # fmt: skip
_SHORT: Final = {"%T": "%H:%M:%S", "%D": "%m/%d/%y", "%F": "%Y-%m-%d", "%R": "%H:%M"}


@lru_cache(maxsize=64)
def _compiled(form: str) -> Callable[[str, str], int]:
    """What reads a text of the form in a zone. Raises ValueError, Malformed."""
    pattern = _pattern(form)
    if pattern is None:
        return _by_strptime(form)

    def read(text: str, zone: str) -> int:
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError(text)
        part = found.groupdict()
        year = part.get("Y")
        years = int(year) if year else _century(int(part.get("y") or 0))
        month = _month(part["b"]) if part.get("b") else int(part.get("m") or 1)
        return _clock_ms(
            (years, month, int(part.get("d") or 1)),
            _hour(int(part.get("H") or 0), part.get("p")),
            int(part.get("M") or 0),
            int(part.get("S") or 0),
            part.get("f") or part.get("more"),
            _which(part.get("z"), zone),
            text,
        )

    return read


def _pattern(form: str) -> re.Pattern[str] | None:
    """None for a form with parts that only strptime knows."""
    for short, long in _SHORT.items():
        form = form.replace(short, long)
    told = re.findall(r"%(.)", form)
    groups = [_GROUPS.get(kind) for kind in told]
    names = [name for group in groups if group for name in re.findall(r"\(\?P<(\w)>", group)]
    if None in groups or len(names) != len(set(names)) or not {"Y", "y"} & set(names):
        return None
    made = ""
    for part in re.split(r"(%.|\s+)", form):
        if part.startswith("%") and len(part) == 2:
            made += _GROUPS[part[1]]
        elif part.isspace():
            made += r"\s+"
        else:
            made += re.escape(part)
    if "f" not in names and "%S" in form:
        made = made.replace(_GROUPS["S"], _GROUPS["S"] + r"(?:[.,](?P<more>\d+))?")
    return re.compile(made)


def _by_strptime(form: str) -> Callable[[str, str], int]:
    def read(text: str, zone: str) -> int:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 its zone comes next
        if moment.tzinfo is None:
            return _in_zone(moment, zone_of(zone), text)
        return round((moment - _EPOCH.replace(tzinfo=UTC)) / _MILLISECOND)

    return read


def _century(year: int) -> int:
    """Of two digits, as POSIX has it."""
    return year + (2000 if year < 69 else 1900)


_MONTHS: Final = {
    **{name: at for at, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)},
    "mai": 5, "okt": 10, "dez": 12, "maerz": 3, "mrz": 3,
    "ene": 1, "abr": 4, "ago": 8, "set": 9, "dic": 12, "out": 10, "fev": 2,
    "gen": 1, "mag": 5, "giu": 6, "lug": 7, "ott": 10,
    "avr": 4, "juin": 6, "juil": 7, "aou": 8,
}  # fmt: skip
"""Beginnings of the names of months in English, German, Spanish, Portuguese, Italian, French."""


def plain(text: str) -> str:
    """Without accents, in small letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _month(name: str) -> int:
    bare = plain(name).rstrip(".")
    for length in (5, 4, 3):
        if month := _MONTHS.get(bare[:length]):
            return month
    raise ValueError(name)


def is_form(form: Any) -> bool:
    """Whether the form reads times."""
    if form in FORMS:
        return True
    if not isinstance(form, str) or "%" not in form:
        return False
    sample = datetime(2026, 11, 20, 13, 14, 15, tzinfo=UTC)
    try:
        text = sample.strftime(form)
        if text == form:
            return False
        _compiled(form)(text, "")
    except (ValueError, UnicodeError, Malformed):
        return False
    return True
