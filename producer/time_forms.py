"""Which form a column's times have, found once over its first rows.

Day and month are told apart by what the column shows: a number above 12 is a day; else the reading
whose days lie closer together holds, for exports are of days in a row; else what usually goes with
the way they are written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.errors import Malformed
from producer.moments import ZONE_MARK, is_iso, time_ms

FIRST_SANE_MS: Final = 946_684_800_000
"""2000-01-01: nobody has payments of before."""
_LAST_SANE_MS: Final = 4_102_444_800_000  # 2100-01-01
_MOST_SAMPLES: Final = 400
_ENOUGH: Final = 0.8
"""Share of the samples that a form must read."""
_MOST_TRIED: Final = 12


class TimeForm(msgspec.Struct, frozen=True, kw_only=True):
    """form: as `producer.moments.time_ms` takes it. has_clock: whether the times are finer than a
    day. doubt: what else the texts may mean, as the form; empty where they say it themselves.
    because: what told day and month apart, in words."""

    form: str
    has_clock: bool = True
    doubt: str = ""
    because: str = ""


def found(texts: Iterable[str], *, until_ms: int = _LAST_SANE_MS) -> TimeForm | None:
    """The form of these texts; None where most are no times from 2000 until until_ms.

    A zone of its own stands behind ZONE_MARK.
    """
    samples = _different(texts)
    if not samples:
        return None
    for form in _NUMBERS if all(_NUMBER.fullmatch(_bare(text)) for text in samples) else ():
        if _reads(samples, form, until_ms):
            clock = form != "spreadsheet" or any(not _is_whole(text) for text in samples)
            return TimeForm(form=form, has_clock=clock)
    if _reads(samples, "iso8601", until_ms):
        return TimeForm(form="iso8601", has_clock=any(map(_CLOCK.search, samples)))
    tried = Counter(form for text in samples for form in _forms(_bare(text)))
    for form, _ in tried.most_common(_MOST_TRIED):
        if _reads(samples, form, until_ms):
            other = _swapped(form)
            has_clock = "%H" in form or "%I" in form
            if rival := _nearer(samples, form, until_ms):
                return msgspec.structs.replace(rival, has_clock=has_clock)
            if other is None or not _reads(samples, other, until_ms, share=1.0):
                because = "" if other is None else _DECIDED[_is_day_first(form)]
                return TimeForm(form=form, has_clock=has_clock, because=because)
            chosen, doubt, because = _likelier(samples, form, other)
            return TimeForm(form=chosen, has_clock=has_clock, doubt=doubt, because=because)
    return None


def is_clock(texts: Iterable[str]) -> bool:
    """Whether most of the texts show a time of day and no day."""
    samples = _different(texts)
    return bool(samples) and sum(bool(_ALONE.fullmatch(text)) for text in samples) >= (
        _ENOUGH * len(samples)
    )


def spoken(form: TimeForm, sample: str) -> str:
    """`%d/%m/%Y %H:%M, 12/07/2025 is 12 July 2025`: the form in words."""
    try:
        at = datetime.fromtimestamp(time_ms(sample, form.form) / 1000, UTC)
    except Malformed:
        return form.form
    shown = sample.replace(ZONE_MARK, " ")
    return f"{form.form}: {shown} is {at.day} {at:%B %Y}"


_NUMBER: Final = re.compile(r"\d+([.,]\d+)?")
_NUMBERS: Final = ("epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "spreadsheet")
_CLOCK: Final = re.compile(r"\d[ T_-]+\d{1,2}[:.]?\d\d|\d{12}")
_ALONE: Final = re.compile(
    r"([01]?\d|2[0-4])[:.h][0-5]\d([:.][0-6]\d([.,]\d+)?)?(\s*[AaPp]\.?[Mm]\.?)?"
    r"|([01]\d|2[0-3])[0-5]\d[0-5]\d"
)
_DATE: Final = (
    re.compile(r"(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?!\d)"),
    re.compile(r"(?P<d>\d{1,2})(?P<m1>\.?[ /-]?\s*)(?P<month>[^\W\d_]{3,}\.?)(?P<m2>[ ,/-]*)(?P<year>\d{4}|\d\d)(?!\d)"),
    re.compile(r"(?P<month>[^\W\d_]{3,}\.?)(?P<m1>[ -])(?P<d>\d{1,2})(?P<m2>,?[ -]\s*)(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})(?P<mark>[./-])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})(?!\d)"),
)  # fmt: skip
_TIME: Final = re.compile(
    r"(?P<gap>\s*[ T,]\s*|\s+(?:at|um|a las)\s+|:)"
    r"(?P<hour>\d{1,2})(?P<c1>[:.h])(?P<minute>\d\d)(?:(?P<c2>[:.])(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?P<g2>\s*)(?P<half>[AaPp]\.?[Mm]\.?)?(?P<g3>\s*)(?P<zone>Z|[+-]\d\d:?\d\d|[A-Za-z]{3,}\S*)?"
    r"|(?P<gap2>\s+)(?P<compact>\d{6})"
)
_WEEKDAY: Final = re.compile(r"[^\W\d_]{2,}\.?(?P<end>,? )(?=\d|[^\W\d_]{3})")


def _different(texts: Iterable[str]) -> list[str]:
    samples: dict[str, None] = {}
    for text in texts:
        if text.strip(" \t"):
            samples[text.strip(" ")] = None
        if len(samples) >= _MOST_SAMPLES:
            break
    return list(samples)


def _bare(text: str) -> str:
    return text.partition(ZONE_MARK)[0].strip()


def _is_whole(text: str) -> bool:
    return float(_bare(text).replace(",", ".")).is_integer()


def _reads(samples: Sequence[str], form: str, until_ms: int, share: float = _ENOUGH) -> bool:
    good = 0
    for text in samples:
        if form == "iso8601" and not is_iso(text):
            continue
        try:
            good += FIRST_SANE_MS <= time_ms(text, form) <= until_ms
        except Malformed as error:
            # A name of several zones is told when the rows are read: the form is right.
            good += "time zone" in error.detail or "put forward" in error.detail
    return good >= share * len(samples)


def _forms(text: str) -> Iterator[str]:
    """The forms of strptime that the text may have."""
    prefix = ""
    if weekday := _WEEKDAY.match(text):
        rest = text[weekday.end() :]
        if any(date.match(rest) for date in _DATE):
            prefix, text = "%a" + weekday["end"], rest
    yield from _digits(text)
    for kind, pattern in enumerate(_DATE):
        date = pattern.match(text)
        if date is None:
            continue
        clock = _clock_form(text[date.end() :])
        if clock is None:
            continue
        year = "%Y" if len(date["year"]) == 4 else "%y"
        if kind == 0:
            for order in (("%d", "%m"), ("%m", "%d")):
                yield prefix + date["mark"].join((*order, year)) + clock
        elif kind == 1:
            yield f"{prefix}%d{date['m1']}%b{date['m2']}{year}{clock}"
        elif kind == 2:
            yield f"{prefix}%b{date['m1']}%d{date['m2']}{year}{clock}"
        else:
            yield prefix + date["mark"].join(("%Y", "%m", "%d")) + clock


_DIGITS: Final = re.compile(r"(\d{8}|\d{6})(\s?)(\d{6}|\d{4}|)")
_DAYS: Final = {8: ("%d%m%Y", "%m%d%Y"), 6: ("%y%m%d", "%d%m%y", "%m%d%y")}
_CLOCKS: Final = {0: "", 4: "%H%M", 6: "%H%M%S"}


def _digits(text: str) -> Iterator[str]:
    """The forms of days in digits alone, whose year is not first."""
    found = _DIGITS.fullmatch(text)
    day, gap, clock = found.groups() if found else ("", "", "")
    for order in _DAYS.get(len(day), ()):
        yield order + gap + _CLOCKS[len(clock)]


def _nearer(samples: Sequence[str], form: str, until_ms: int) -> TimeForm | None:
    """Of the readings of six digits the one whose days lie closest together, then the latest: what is
    exported is of late. None where the form is none of six digits, or has no rival."""
    order = form[:6]
    if order not in _DAYS[6]:
        return None
    forms = [each + form[6:] for each in _DAYS[6]]
    read = [each for each in forms if _reads(samples, each, until_ms, share=1.0)]
    if len(read) < 2:
        return None
    read.sort(key=lambda each: (_span(samples, each), -time_ms(samples[0], each)))
    spans = [_span(samples, each) for each in read]
    if spans[0] < spans[1]:
        because = "of all readings of six digits the one whose days lie closest together"
        return TimeForm(form=read[0], because=because)
    return TimeForm(form=read[0], doubt=read[1], because="of all readings the latest is taken")


def _clock_form(text: str) -> str | None:
    """The form of what follows a date; None where it is no time of day."""
    if not text:
        return ""
    clock = _TIME.fullmatch(text)
    if clock is None:
        return None
    if clock["compact"]:
        return f"{clock['gap2']}%H%M%S"
    hour = "%I" if clock["half"] else "%H"
    form = f"{clock['gap']}{hour}{clock['c1']}%M"
    if clock["second"]:
        form += f"{clock['c2']}%S"
    if clock["half"]:
        form += f"{clock['g2']}%p"
    if clock["zone"]:
        form += f"{clock['g3'] if clock['half'] else clock['g2']}%Z"
    return form


def _is_day_first(form: str) -> bool:
    return form.index("%d") < form.index("%m")


def _swapped(form: str) -> str | None:
    """The form with day and month the other way round; None where a month is a name, or the year
    comes first."""
    match = re.search(r"%([dm])([^%]?)%([dm])\2%[Yy]", form)
    if match is None:
        return None
    return form.replace(match[0], f"%{match[3]}{match[2]}%{match[1]}{match[2]}{match[0][-2:]}")


_DECIDED: Final = {
    True: "the day comes first: a first number is above 12",
    False: "the month comes first: a second number is above 12",
}


def _likelier(samples: Sequence[str], form: str, other: str) -> tuple[str, str, str]:
    """Of two forms that both read all samples, the one to take, the other where that is in doubt,
    and why."""
    day, month = (form, other) if _is_day_first(form) else (other, form)
    spans = [_span(samples, each) for each in (day, month)]
    if spans[0] != spans[1]:
        chosen = (day, month)[spans.index(min(spans))]
        return chosen, "", f"the {_first(chosen)} comes first: so the days lie closest together"
    american = "%I" in form or any(re.search(r"\b[ECMP][SD]T\b", text) for text in samples)
    chosen, left = (month, day) if american and "." not in form[:4] else (day, month)
    return chosen, left, f"the {_first(chosen)} is taken to come first: no number is above 12"


def _first(form: str) -> str:
    return "day" if _is_day_first(form) else "month"


def _span(samples: Sequence[str], form: str) -> int:
    days = [time_ms(text, form) // 86_400_000 for text in samples]
    return max(days) - min(days)
