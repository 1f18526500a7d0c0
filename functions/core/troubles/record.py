"""The record of a trouble: what was known when, who was paged, who took it, whether it was worth it.

A record grows by notes, and each note is taken once, so whoever repeats one does no harm. Records are
kept after the trouble for as long as somebody may ask how often a rule cried wolf.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.troubles.incident import CLOSED, TRANSITIONS, Incident
from functions.core.troubles.markers import Marker
from functions.core.troubles.severity import INFO

KEPT_DAYS: Final = 400
ALARM, ACKNOWLEDGED, RATED, OVER = "alarm", "acknowledged", "rated", "over"
"""What a note says, beside an incident's transitions: an alarm went red, somebody took the trouble
over, somebody said whether its pages were worth it, the last alarm is green again."""
USEFUL, NOISE = "useful", "noise"
OPEN: Final = "open"
"""State of a trouble that lasts and that nobody has taken over; then it is ACKNOWLEDGED, then CLOSED."""
_MOST_MARKERS: Final = 10
_FIRST, _LATEST = 50, 150
"""Entries that are kept of a long trouble: how it began, and its newest."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a timeline. at: epoch seconds. what: a transition or one of the words above. by: who
    did it, where that was a person. paged: people were told."""

    key: str
    at: int
    what: str
    text: str
    severity: str = ""
    by: str = ""
    paged: bool = False


class Note(msgspec.Struct, frozen=True):
    """What is to be noted on the record `id` of a trouble that began at started_at. rule: what found
    it, a signal or an alarm's name; title: the trouble in one line; thread: where people were told of
    it; incident: as detect knows it; reason: why that is closed; markers: what was changed shortly before
    it began."""

    id: str
    started_at: int
    rule: str
    title: str
    thread: str
    entry: Entry
    incident: Incident | None = None
    reason: str = ""
    markers: tuple[Marker, ...] = ()


class TroubleRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times are seconds since the epoch, 0 for never. incident: None where CloudWatch alone spoke;
    reason: why it is closed (functions/core/troubles/incident.py); markers: what was changed shortly before
    it began, or came back."""

    id: str
    started_at: int
    rule: str
    title: str
    thread: str
    severity: str = INFO
    incident: Incident | None = None
    entries: tuple[Entry, ...] = ()
    pages: int = 0
    acknowledged_at: int = 0
    acknowledged_by: str = ""
    closed_at: int = 0
    reason: str = ""
    rating: str = ""
    rated_by: str = ""
    updated_at: int = 0
    markers: tuple[Marker, ...] = ()

    @property
    def state(self) -> str:
        """open, acknowledged or closed."""
        if self.closed_at:
            return CLOSED
        return ACKNOWLEDGED if self.acknowledged_at else OPEN

    def minutes(self, now: int) -> float:
        return max(0, (self.closed_at or now) - self.started_at) / 60


def noted(record: TroubleRecord | None, note: Note) -> TroubleRecord:
    """The record with the note; as it was when that is on it already. A transition that comes after a later
    one stands before it, and says what was, not how things stand."""
    entry = note.entry
    is_older = record is not None and _is_older(note.incident, record.incident)
    if record is None:
        record = TroubleRecord(
            id=note.id,
            started_at=note.started_at,
            rule=note.rule,
            title=note.title,
            thread=note.thread,
        )
    elif any(known.key == entry.key for known in record.entries):
        return record
    at = _place(record.entries, entry) if is_older else len(record.entries)
    entries = (*record.entries[:at], entry, *record.entries[at:])
    if len(entries) > _FIRST + _LATEST:
        entries = (*entries[:_FIRST], *entries[-_LATEST:])
    record = replace(
        record,
        entries=entries,
        pages=record.pages + entry.paged,
        severity=record.severity if is_older else entry.severity or record.severity,
        updated_at=max(record.updated_at, entry.at),
        markers=tuple(dict.fromkeys((*record.markers, *note.markers)))[:_MOST_MARKERS],
    )
    if note.incident is not None and not is_older:
        record = replace(
            record,
            incident=note.incident,
            rule=note.rule,
            title=note.title,
            thread=note.thread,
            closed_at=note.incident.closed_at,
            reason=note.reason,
        )
    if entry.what == ACKNOWLEDGED and not record.acknowledged_at:
        record = replace(record, acknowledged_at=entry.at, acknowledged_by=entry.by)
    if entry.what == RATED:
        record = replace(record, rating=entry.text.partition(":")[0], rated_by=entry.by)
    if entry.what == OVER:
        record = replace(record, closed_at=entry.at)
    return record


def _place(entries: Sequence[Entry], transition: Entry) -> int:
    """Before the first transition that is later."""
    later = (
        n
        for n, known in enumerate(entries)
        if known.what in TRANSITIONS and known.at > transition.at
    )
    return next(later, len(entries))


def _is_older(incident: Incident | None, known: Incident | None) -> bool:
    return incident is not None and known is not None and 0 < incident.number < known.number


def month_of(started_at: int) -> str:
    """`2026-11`: under which a trouble is kept that began then."""
    return f"{datetime.fromtimestamp(started_at, UTC):%Y-%m}"


def months_of(identity: str, at: int) -> tuple[str, str]:
    """The months under which a trouble of that name (functions/core/troubles/incident.py: spoken_id) may be kept,
    the likelier first, when it is spoken of at `at`: its name says the day and not the year. A day
    ahead is allowed for, for clocks differ."""
    soon = datetime.fromtimestamp(at + _DAY, UTC)
    month, day = int(identity[3:5]), int(identity[5:7])
    year = soon.year if (month, day) <= (soon.month, soon.day) else soon.year - 1
    return f"{year}-{month:02d}", f"{year - 1}-{month:02d}"


_DAY: Final = 86_400


def is_name(identity: str) -> bool:
    """Whether a trouble may be called so."""
    return _NAME.fullmatch(identity) is not None


_NAME: Final = re.compile(r"PW-(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-\d{4}-[0-9a-f]{3}")


def as_now(record: TroubleRecord, open_incidents: Iterable[Incident]) -> TroubleRecord:
    """The record with the figures that detect has now, while the incident lasts."""
    for incident in open_incidents:
        if incident.id == record.id and not record.closed_at:
            return replace(record, incident=incident)
    return record


class RuleAudit(msgspec.Struct, frozen=True):
    """What one rule did: troubles, pages, how many of the rated troubles were useful, minutes that they
    lasted, and money that failed meanwhile (currency → amount)."""

    rule: str
    incidents: int
    pages: int
    useful: int
    noise: int
    minutes: float
    affected: int
    money: dict[str, float]

    @property
    def precision(self) -> float | None:
        """Useful ones of those rated; None while nobody rated any."""
        rated = self.useful + self.noise
        return self.useful / rated if rated else None


def audit(records: Iterable[TroubleRecord], now: int) -> list[RuleAudit]:
    """By rule, those with most pages first."""
    rules: dict[str, list[TroubleRecord]] = {}
    for record in records:
        rules.setdefault(record.rule, []).append(record)
    found = [_audited(rule, group, now) for rule, group in rules.items()]
    return sorted(found, key=lambda item: (-item.pages, -item.incidents, item.rule))


def _audited(rule: str, records: list[TroubleRecord], now: int) -> RuleAudit:
    money: dict[str, float] = {}
    incidents = [record.incident for record in records if record.incident is not None]
    for incident in incidents:
        for currency, amount in incident.affected.money.items():
            money[currency] = money.get(currency, 0.0) + amount
    return RuleAudit(
        rule=rule,
        incidents=len(records),
        pages=sum(record.pages for record in records),
        useful=sum(record.rating == USEFUL for record in records),
        noise=sum(record.rating == NOISE for record in records),
        minutes=sum(record.minutes(now) for record in records),
        affected=sum(incident.affected.payments for incident in incidents),
        money=money,
    )
