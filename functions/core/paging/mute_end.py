"""Mutes begin without a word; when one is over, what it held back is told once.

What lasts is paged as it stands, on its own page, whose first says what else was held back; where nothing
lasts, one message says so. Where nothing was held back there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from functions.core.counting.slices import slice_values, words
from functions.core.paging.alarm_change import is_excused, paging
from functions.core.paging.alarm_threads import joined, red
from functions.core.paging.desk import Decision, Desk, Manners, is_told
from functions.core.paging.incident_page import incident_page
from functions.core.paging.incident_threads import announced
from functions.core.paging.marked import marked
from functions.core.paging.muted import HELD, silenced
from functions.core.paging.muting import (
    Muted,
    Muting,
    added,
    ended,
    in_effect,
    muted_incident,
    with_trouble,
    worst_first,
)
from functions.core.paging.outcome import outcome
from functions.core.paging.page import (
    RESOLVE,
    Page,
    minute,
    moment,
    sms_text,
    subject_line,
)
from functions.core.troubles.head import Head
from functions.core.troubles.incident import OPENED, WORSE, Announcement, Incident
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import Mute, MuteEnd, Unmute, covers, fault
from functions.core.troubles.record import Note
from functions.core.troubles.severity import INFO

MuteWord = Mute | Unmute | MuteEnd
_MOST_SHOWN: Final = 5


def mute_taken(
    desk: Desk,
    message: MuteWord,
    head: Head,
    now: int,
    manners: Manners,
    markers: Sequence[Marker],
) -> Desk:
    """The desk after a mute began, or ended."""
    if isinstance(message, Mute):
        return desk if fault(message, now) else replace(desk, mutes=added(desk.mutes, message, now))
    muting = desk.mutes.get(message.id)
    if muting is None or muting.ended_at:
        return desk
    by = message.by if isinstance(message, Unmute) else ""
    desk = replace(desk, mutes=ended(desk.mutes, message.id, now, by))
    told = {one.id for one in muting.muted if one.told}
    open_ = _lasting(desk, muting, paging(head))
    waiting = [incident for incident in open_ if incident.id not in told]
    desk, passed = _passed_on(desk, waiting, now)
    left = tuple(one for one in muting.muted if one.id not in passed)
    muting = replace(muting, muted=left, ended_by=by)
    lasting = [incident for incident in open_ if incident.id not in passed]
    until, was = min(now, muting.mute.until), len(desk.outbox)
    for incident in lasting:
        if incident.id in told:
            continue
        decision = _as_it_stands(desk, incident, message.key, head, now, manners)
        announcement = Announcement(OPENED, incident)
        decision = marked(decision, announcement, markers, manners)
        desk = outcome(desk, _held(decision, desk, was, muting, until), message.key, now)
    for change in muting.alarms:
        if not is_excused(change.alarm, head, now) or joined(change.alarm, paging(head)):
            held = silenced(desk, change, head, now, manners)
            decision = held or red(desk.threads, change, head, desk.told, manners)
            desk = outcome(desk, _held(decision, desk, was, muting, until), message.key, now)
    if muting.count and not _is_any_page(desk, was):
        page = _summary(muting, lasting, until, now, manners.dashboard_url)
        desk = outcome(desk, Decision(dict(desk.threads), page), message.key, now)
    return desk


def _lasting(desk: Desk, muting: Muting, incidents: Sequence[Incident]) -> list[Incident]:
    """The incidents that were held back and are open, the worst first."""
    found = [
        incident
        for incident in incidents
        if incident.is_open
        and (
            muting.holds(incident.id)
            or (
                muting.more
                and covers(muting.mute, incident)
                and not is_told(desk.threads, incident.id)
            )
        )
    ]
    return sorted(found, key=lambda incident: (-incident.worst.score, incident.id))


def _passed_on(desk: Desk, lasting: Sequence[Incident], now: int) -> tuple[Desk, set[str]]:
    """The desk after what lasts and is muted by another mute as well was passed on to that, and the names
    of what was: it is told when that one is over."""
    passed: set[str] = set()
    for incident in lasting:
        headline = incident_page(Announcement(OPENED, incident), "").headline
        found = muted_incident(incident, headline)
        for other in in_effect(desk.mutes, now):
            if covers(other.mute, incident):
                taken = with_trouble(other, found, is_new=True)
                desk = replace(desk, mutes={**desk.mutes, other.mute.id: taken})
                passed.add(incident.id)
                break
    return desk, passed


def _as_it_stands(
    desk: Desk, incident: Incident, key: str, head: Head, now: int, manners: Manners
) -> Decision:
    """The page of an incident that outlasts the mute; none where people know it as bad as that."""
    is_known = is_told(desk.threads, incident.id)
    message = Announcement(WORSE if is_known else OPENED, incident)
    decision = announced(desk, message, head, manners)
    notes = tuple(_own(note, incident, key, now) for note in decision.notes)
    return replace(decision, notes=notes)


def _own(note: Note, incident: Incident, key: str, now: int) -> Note:
    """With a key of its own, for the transition is on the record already."""
    entry = note.entry
    text = f"{entry.text} (told at the end of the mute)"
    return replace(note, entry=replace(entry, key=f"{key}/{incident.id}", at=now, text=text))


def _is_any_page(desk: Desk, was: int) -> bool:
    """Whether a page is among what was decided since the outbox held so many."""
    return any(item.page is not None for item in desk.outbox[was:])


def _held(decision: Decision, desk: Desk, was: int, muting: Muting, until: int) -> Decision:
    """With the words that it was held back; on the first page, what else was."""
    page = decision.page
    if page is None:
        return decision
    said = _held_words(muting, until, is_first=not _is_any_page(desk, was))
    return replace(decision, page=replace(page, facts=(*page.facts, (HELD, said))))


def _held_words(muting: Muting, until: int, *, is_first: bool) -> str:
    """`until 15:00 UTC, muted by asha, HDFC's maintenance; 2 troubles in all, the worst: CRITICAL: 61 % …`."""
    mute = muting.mute
    said = f"until {minute(until)}, muted by {mute.by}, {mute.reason}"
    if not is_first or muting.count < 2:
        return said
    return f"{said}; {_troubles(muting)} in all, the worst: {worst_first(muting)[0].headline}"


def _troubles(muting: Muting) -> str:
    return "1 trouble" if muting.count == 1 else f"{muting.count} troubles"


def _summary(muting: Muting, lasting: Sequence[Incident], until: int, now: int, url: str) -> Page:
    """The one message where nothing that was held back has to be told now. It ends, and wakes nobody."""
    mute, ranked = muting.mute, worst_first(muting)
    place, verb = words(mute.slice), "was" if muting.count == 1 else "were"
    headline = f"MUTE OVER: {_troubles(muting)} on {place} {verb} held back, the worst: {ranked[0].headline}"
    names = {incident.id for incident in lasting}
    shown = [(one.id, _line(one, lasts=one.id in names)) for one in ranked[:_MOST_SHOWN]]
    more = muting.count - len(shown)
    rest = [("And", f"{more} more, listed by `paywatch incidents`")] if more else []
    early = f", ended by {muting.ended_by}" if muting.ended_by else ""
    return Page(
        thread=mute.id,
        kind=RESOLVE,
        severity=INFO,
        subject=subject_line(f"{mute.id}: what was held back on {place}"),
        headline=headline,
        facts=(
            ("Muted", f"{place}, by {mute.by}: {mute.reason}"),
            ("From", moment(mute.since)),
            ("Until", f"{moment(until)}{early}"),
            *shown,
            *rest,
        ),
        action=None,
        names=(("Mute", mute.id), ("Dashboard", url)),
        sms=sms_text(f"MUTE OVER {_troubles(muting)} held back: {place}", mute.id),
        labels={"owner": "unknown", **slice_values(mute.slice)},
        started_at=mute.since,
        at=now,
        url=url,
    )


def _line(one: Muted, *, lasts: bool) -> str:
    over = f"over at {minute(one.closed_at)}" if one.closed_at else "lasts" if lasts else "over"
    return f"{one.headline}, since {minute(one.started_at)}, {over}"
