"""What a mute keeps silent: noted on the record, told to nobody.

- A transition of an incident that the mute covers is noted; only the end of one that people were told of
  before is told, for it wakes nobody and closes what is open.
- An alarm on payments that no open incident explains is held back while detect works and suspects, or lately
  had, nothing but what the mute covers. A mute of all traffic holds back every alarm on payments.
- Whatever else is told as ever: another slice, one that is wider than the mute's, the pipeline.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL
from functions.core.monitoring.alarms import PAYMENTS
from functions.core.paging.alarm_change import AlarmChange, is_up, joins_incidents, paging
from functions.core.paging.alarm_threads import joins
from functions.core.paging.desk import Decision, Desk, Manners, is_red, is_told
from functions.core.paging.incident_page import incident_page
from functions.core.paging.muting import (
    Muted,
    Muting,
    in_effect,
    muted_incident,
    told_of,
    with_trouble,
)
from functions.core.paging.page import TRIGGER, UPDATE
from functions.core.paging.record_notes import alarm_note, incident_note, over_note
from functions.core.troubles.head import Head
from functions.core.troubles.incident import CLOSED, OPENED, Announcement, spoken_id
from functions.core.troubles.mutes import Mute, covers
from functions.core.troubles.record import Note

HELD: Final = "Held back"
"""The fact that says so."""
LATELY_SECONDS: Final = 300
"""An alarm is red for so long after what it shows was over."""


def silenced(
    desk: Desk, message: object, head: Head, now: int, manners: Manners
) -> Decision | None:
    """What becomes of a message that a mute holds back; None for one that none does."""
    if not desk.mutes:
        return None
    if isinstance(message, Announcement):
        return _incident_silenced(desk, message, now, manners)
    if isinstance(message, AlarmChange):
        is_outdated = message.at < desk.alarms.get(message.alarm.name, 0)
        if message.state == "ALARM":
            return _alarm_silenced(desk, message, head, now, is_outdated=is_outdated)
        return None if is_outdated else _green(desk, message)
    return None


def held_words(mute: Mute) -> str:
    """`held back: muted by asha, HDFC's maintenance`."""
    return f"held back: muted by {mute.by}, {mute.reason}"


def first_told(desk: Desk, message: object, told: Decision) -> Decision:
    """What is told, as the beginning that it is for people who were not told of the incident before: it
    was held back, and is more than the mute covers now, or outlasts it."""
    if (
        not isinstance(message, Announcement)
        or told.page is None
        or is_told(desk.threads, message.incident.id)
    ):
        return told
    before = [muting for muting in desk.mutes.values() if muting.holds(message.incident.id)]
    if not before:
        return told
    fact = (HELD, held_words(before[-1].mute).partition(": ")[2])
    is_new = all(told.page.thread != thread.id for thread in desk.threads.values())
    kind = TRIGGER if is_new and told.page.kind == UPDATE else told.page.kind
    page = replace(told.page, kind=kind, facts=(*told.page.facts, fact))
    return replace(told, page=page, mutes=told_of(desk.mutes, message.incident.id))


def _incident_silenced(
    desk: Desk, message: Announcement, now: int, manners: Manners
) -> Decision | None:
    incident, is_over = message.incident, message.transition == CLOSED
    if not incident.pages or (is_over and is_told(desk.threads, incident.id)):
        return None
    muting = next((m for m in in_effect(desk.mutes, now) if covers(m.mute, incident)), None)
    if muting is None and is_over:
        # Nobody heard that it began: nobody hears that it is over.
        muting = next((m for m in desk.mutes.values() if m.holds(incident.id)), None)
    if muting is None:
        return None
    headline = incident_page(message, manners.dashboard_url).headline
    note = incident_note(message, headline, incident.id, paged=False)
    if not muting.ended_at:
        at_worst = incident_page(Announcement(OPENED, incident), "").headline
        found = muted_incident(incident, at_worst)
        muting = with_trouble(muting, found, is_new=message.transition == OPENED)
    return _held(desk, muting, _said(note, muting.mute))


def _alarm_silenced(
    desk: Desk, change: AlarmChange, head: Head, now: int, *, is_outdated: bool
) -> Decision | None:
    """is_outdated: it is known to be green again, or to have gone red once more."""
    alarm, incidents = change.alarm, paging(head)
    is_volume = alarm.metric == "Attempts"
    shows = joins_incidents(alarm) or (alarm.source == PAYMENTS and is_volume)
    if is_outdated and is_red(desk.threads, alarm.name):
        return None
    if not shows or joins(change, head, desk.told):
        return None
    explains = [i for i in incidents if i.signal == VOLUME or not is_volume]
    for muting in in_effect(desk.mutes, now):
        mute = muting.mute
        lately = any(
            one.closed_at and change.at - one.closed_at < LATELY_SECONDS for one in muting.muted
        )
        is_muted = all(covers(mute, i) for i in explains) and bool(explains or lately)
        if mute.slice == ALL or (is_up(head, now) and is_muted):
            record = spoken_id(alarm.name, change.at)
            note = alarm_note(change, record, change.at, None)
            closed_at = change.at if is_outdated else 0
            found = Muted(record, alarm.severity, 0.0, alarm.title, change.at, closed_at)
            muting = with_trouble(muting, found, is_new=True)
            if not is_outdated:
                others = tuple(red for red in muting.alarms if red.alarm.name != alarm.name)
                muting = replace(muting, alarms=(*others, change))
            notes = [_said(note, mute)]
            if is_outdated:
                notes.append(over_note(record, alarm.title, change.at, change.at, change.key))
            return _held(desk, muting, *notes)
    return None


def _green(desk: Desk, change: AlarmChange) -> Decision | None:
    """An alarm that was held back is green again: that is noted where its beginning is."""
    for muting in desk.mutes.values():
        for red in muting.alarms:
            if red.alarm.name == change.alarm.name:
                record = spoken_id(red.alarm.name, red.at)
                left = tuple(other for other in muting.alarms if other != red)
                muted = tuple(
                    replace(one, closed_at=change.at) if one.id == record else one
                    for one in muting.muted
                )
                note = over_note(record, red.alarm.title, red.at, change.at, change.key)
                return _held(desk, replace(muting, alarms=left, muted=muted), note)
    return None


def _held(desk: Desk, muting: Muting, *notes: Note) -> Decision:
    mutes = {**desk.mutes, muting.mute.id: muting}
    return Decision(dict(desk.threads), None, notes, mutes)


def _said(note: Note, mute: Mute) -> Note:
    entry = replace(note.entry, text=f"{note.entry.text} ({held_words(mute)})")
    return replace(note, entry=entry)
