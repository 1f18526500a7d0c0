"""What becomes a page and what joins one: the on-call person hears of one trouble once.

Two voices report the same trouble: detect announces incidents, and CloudWatch's alarms go red. The
rules, in order:

- An incident's transition is told, once, in the incident's thread. News that is no worse than what was
  told, such as a wider slice, is told at most once in a cool-down. An incident that comes back goes on
  in its thread. One of severity info is recorded, never told.
- An alarm on payments joins, silently, an incident that is open: detect is alive and speaks for
  itself. The alarm on the score, which is detect's own, joins a suspected one too; the alarm on
  silence joins the incident of all traffic's volume.
- An alarm on what detect knows to be usual is silent: a rate that is normal here or its customers'
  own doing, a silence in which no payment was to be expected. A fixed threshold cannot know that.
- Otherwise it opens the one thread of payment alarms, or joins it, or, when it is more severe,
  is told there as an update. An incident that opens meanwhile goes on in that thread.
- An alarm on the pipeline has a thread of its own.
- Where a few threads have begun within minutes, what else begins joins one more, the storm: it is told
  once, and again only when something more severe joins.
- When the last red alarm of a thread is green again, that is told once, unless the thread was told
  that its incident recovered. What goes red after that is news again.

Decisions are values: `take` returns the new Desk; the pages to send and what is to be noted on the
records of the troubles are in its outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.alarms import Alarm
from functions.core.flow import VOLUME
from functions.core.incident import AGAIN, CLOSED, WORSE, Announcement, Incident, spoken_id
from functions.core.journal import Head
from functions.core.paging.alarm_change import AlarmChange, is_usual, joins_incidents, paging
from functions.core.paging.alarm_page import alarm_ok_page, alarm_page, alarm_subject
from functions.core.paging.desk import (
    OVER_SECONDS,
    Desk,
    Pending,
    Thread,
    Threads,
    remembered,
)
from functions.core.paging.incident_page import incident_page, incident_subject
from functions.core.paging.incident_record import Note
from functions.core.paging.notes import alarm_note, incident_note, over_note, response_note
from functions.core.paging.page import TRIGGER, UPDATE, Page
from functions.core.paging.response import Acknowledgement, Rating, Response
from functions.core.paging.thread_page import (
    STORM_TITLE,
    acknowledged_page,
    storm_page,
    storm_subject,
)
from functions.core.score import RANK
from functions.core.slices import ALL

STORM_THREADS: Final = 4
STORM_SECONDS: Final = 600
"""So many threads that began within so long are a storm."""
_PAYMENT_ALARMS: Final = "payment alarms"
_STORM: Final = "storm "


class Manners(msgspec.Struct, frozen=True):
    """How people are told. cooldown_seconds: news that is no worse is told at most so often."""

    dashboard_url: str
    cooldown_seconds: int = 600


Message = Announcement | AlarmChange | Response


def take(desk: Desk, message: Message, head: Head, now: int, manners: Manners) -> Desk:
    """The desk after the message. `head` is what detect knows now.

    A message that was taken before changes nothing.
    """
    if message.key in desk.taken:
        return desk
    over = {key: thread for key, thread in desk.over.items() if now - thread.over_at < OVER_SECONDS}
    desk = replace(desk, taken={**remembered(desk.taken, now), message.key: now}, over=over)
    told = _told(desk, message, head, now, manners)
    pending: tuple[Pending, ...] = ()
    if told.page or told.notes:
        pending = (Pending(message.key, told.page, now, told.notes),)
    ended = {
        incident: replace(thread, over_at=now, red=(), incidents=())
        for about, thread in desk.threads.items()
        if about not in told.threads and not _is_storm(about)
        for incident in thread.incidents
    }
    return replace(
        desk, threads=told.threads, over={**over, **ended}, outbox=(*desk.outbox, *pending)
    )


@dataclass(frozen=True)
class Told:
    """What becomes of a message: the threads after it, the page and the notes that it causes."""

    threads: dict[str, Thread]
    page: Page | None = None
    notes: tuple[Note, ...] = ()


def _told(desk: Desk, message: Message, head: Head, now: int, manners: Manners) -> Told:
    if isinstance(message, Announcement):
        return _announced(desk, message, now, manners)
    if isinstance(message, Acknowledgement):
        return _acknowledged(desk.threads, message, manners)
    if isinstance(message, Rating):
        return Told(dict(desk.threads), None, (response_note(message),))
    if message.state != "ALARM":
        return _green(desk.threads, message, manners)
    known, incidents = _known(desk.threads, head.incidents), paging(head)
    if is_usual(message.alarm, head, now) and _joined(message.alarm, incidents) is None:
        return Told(known)
    return _red(known, message, incidents, manners)


def _announced(desk: Desk, message: Announcement, now: int, manners: Manners) -> Told:
    incident, threads = message.incident, dict(desk.threads)
    if not incident.pages:
        return Told(threads, None, (incident_note(message, incident.id, None),))
    about, thread = _thread_of(desk, incident)
    is_old = about in threads
    page = incident_page(message, manners.dashboard_url)
    page = replace(page, subject=thread.subject, thread=thread.id)
    is_worse = RANK[incident.severity] > RANK[thread.severity]
    if message.transition == CLOSED:
        known = tuple(known for known in thread.incidents if known != incident.id)
        thread = replace(thread, incidents=known, recovered=not known)
        if known or thread.red:
            page = replace(page, kind=UPDATE)
    else:
        known = tuple(dict.fromkeys((*thread.incidents, incident.id)))
        thread = replace(thread, incidents=known, recovered=False)
        if is_old and message.transition != AGAIN:
            page = replace(page, kind=UPDATE)
    if thread.taken_by:
        page = replace(page, facts=(*page.facts, ("Taken by", thread.taken_by)))
    told: Page | None = page
    if message.transition == WORSE and not is_worse:
        if now - thread.updated_at < manners.cooldown_seconds:
            told = None
        else:
            thread = replace(thread, updated_at=now)
    if _is_storm(about):
        told, thread = _in_storm(threads, thread, page, message, is_old, manners)
    thread = replace(thread, severity=_worse(thread.severity, incident.severity))
    notes: tuple[Note, ...] = (incident_note(message, thread.id, told),)
    threads[about] = thread
    if not thread.incidents and not thread.red:
        del threads[about]
        notes += _over(thread, incident.closed_at, message.key)
    return Told(threads, told, notes)


def _thread_of(desk: Desk, incident: Incident) -> tuple[str, Thread]:
    """The incident's thread and what it is about: its own, the one that it had before it came back,
    that of the payment alarms, or a new one."""
    for about, thread in desk.threads.items():
        if incident.id in thread.incidents:
            return about, thread
    before = desk.over.get(incident.id)
    if before is not None and not incident.closed_at:
        return before.id, replace(before, over_at=0, recovered=False)
    if _PAYMENT_ALARMS in desk.threads:
        return _PAYMENT_ALARMS, desk.threads[_PAYMENT_ALARMS]
    storm = _storm(desk.threads, incident.detected_at)
    if storm is not None:
        return storm, desk.threads.get(storm) or _storm_thread(incident.detected_at)
    return incident.id, Thread(
        id=incident.id,
        subject=incident_subject(incident),
        title=incident_subject(incident),
        severity=incident.severity,
        started_at=incident.started_at,
    )


def _storm(threads: Threads, at: int) -> str | None:
    """What the storm is about that a trouble joins which begins at `at`, if there is one. It takes in
    what begins soon after it: what begins later is news, however long the storm lasts."""
    young = [about for about, item in threads.items() if at - item.started_at < STORM_SECONDS]
    under_way = next((about for about in young if _is_storm(about)), None)
    if under_way is None and len(young) >= STORM_THREADS:
        return f"{_STORM}{at}"
    return under_way


def _is_storm(about: str) -> bool:
    return about.startswith(_STORM)


def _storm_thread(at: int) -> Thread:
    identity = spoken_id(STORM_TITLE, at)
    return Thread(identity, storm_subject(identity), STORM_TITLE, "info", at)


def _in_storm(
    threads: Threads,
    thread: Thread,
    page: Page,
    message: Announcement,
    is_old: bool,
    manners: Manners,
) -> tuple[Page | None, Thread]:
    """What is told of an incident that is one of many: that there are many, once and when something
    more severe joins; and that the last of them is over."""
    incident = message.incident
    if message.transition == CLOSED:
        return (page if not thread.incidents and not thread.red else None), thread
    if RANK[incident.severity] <= RANK[thread.severity]:
        return None, thread
    titles = [other.title for about, other in threads.items() if not _is_storm(about)]
    told = storm_page(
        thread.id,
        incident.severity,
        [*titles, incident_subject(incident)],
        thread.started_at,
        manners.dashboard_url,
        is_news=not is_old,
    )
    return told, thread


def _red(
    threads: dict[str, Thread],
    change: AlarmChange,
    incidents: Sequence[Incident],
    manners: Manners,
) -> Told:
    alarm, url = change.alarm, manners.dashboard_url
    on_payments = joins_incidents(alarm)
    joined = _joined(alarm, incidents)
    if joined is not None:
        notes = (alarm_note(change, joined.id, joined.started_at, None),) if joined.is_open else ()
        return Told(threads, None, notes)
    about = _PAYMENT_ALARMS if on_payments else alarm.name
    if about not in threads:
        about = _storm(threads, change.at) or about
    thread = threads.get(about)
    page: Page | None = None
    if thread is None and _is_storm(about):
        thread = _storm_thread(change.at)
        titles = [*(other.title for other in threads.values()), alarm.title]
        page = storm_page(thread.id, alarm.severity, titles, change.at, url)
    elif thread is None:
        thread = _new_thread(alarm, change.at)
        page = alarm_page(alarm, thread.id, change.at, change.reason, url)
    elif thread.recovered or RANK[alarm.severity] > RANK[thread.severity]:
        page = alarm_page(alarm, thread.id, change.at, change.reason, url, subject=thread.subject)
        if thread.recovered:
            page = replace(page, kind=TRIGGER)
    red = tuple(dict.fromkeys((*thread.red, alarm.name)))
    recovered = thread.recovered and page is None
    worst = _worse(thread.severity, alarm.severity)
    thread = replace(thread, red=red, severity=worst, recovered=recovered)
    note = alarm_note(change, thread.id, thread.started_at, page)
    return Told({**threads, about: thread}, page, (note,))


def _joined(alarm: Alarm, incidents: Sequence[Incident]) -> Incident | None:
    """The incident that the alarm speaks of, the gravest where there are several."""
    speaks = [
        incident
        for incident in incidents
        if (joins_incidents(alarm) and (incident.is_open or alarm.metric == "AnomalyScore"))
        or (
            alarm.metric == "Attempts"
            and incident.is_open
            and incident.signal == VOLUME
            and incident.slice == ALL
        )
    ]
    return max(speaks, key=lambda incident: (incident.score, incident.id), default=None)


def _known(threads: Threads, incidents: Sequence[Incident]) -> dict[str, Thread]:
    """The threads without incidents that detect knows no more: one that was never closed, because
    detect lost its state, must not hold a thread open and swallow later alarms."""
    ids = {incident.id for incident in incidents}
    known: dict[str, Thread] = {}
    for about, thread in threads.items():
        thread = replace(thread, incidents=tuple(i for i in thread.incidents if i in ids))
        if thread.incidents or thread.red:
            known[about] = thread
    return known


def _green(threads: Threads, change: AlarmChange, manners: Manners) -> Told:
    changed = dict(threads)
    for about, thread in threads.items():
        if change.alarm.name not in thread.red:
            continue
        red = tuple(name for name in thread.red if name != change.alarm.name)
        changed[about] = replace(thread, red=red)
        if red or thread.incidents:
            return Told(changed)
        del changed[about]
        notes = _over(thread, change.at, change.key)
        if thread.recovered:
            return Told(changed, None, notes)
        page = alarm_ok_page(
            thread.title,
            thread.id,
            thread.subject,
            thread.severity,
            thread.started_at,
            change.at,
            manners.dashboard_url,
        )
        return Told(changed, page, notes)
    return Told(changed)


def _acknowledged(threads: Threads, message: Acknowledgement, manners: Manners) -> Told:
    """Who took the trouble over stands on every later page; the channels that know of it are told."""
    changed, page = dict(threads), None
    for about, thread in threads.items():
        if message.id != thread.id and message.id not in thread.incidents:
            continue
        if thread.taken_by == message.by:
            break
        changed[about] = replace(thread, taken_by=message.by)
        page = acknowledged_page(
            message,
            thread.id,
            thread.subject,
            thread.title,
            thread.severity,
            thread.started_at,
            manners.dashboard_url,
        )
        break
    return Told(changed, page, (response_note(message),))


def _over(thread: Thread, at: int, key: str) -> tuple[Note, ...]:
    """What is noted when a thread ends that alarms opened, or a storm: those of incidents end with
    their incident."""
    is_incidents = thread.title == thread.subject
    return () if is_incidents else (over_note(thread.id, thread.title, thread.started_at, at, key),)


def _new_thread(alarm: Alarm, at: int) -> Thread:
    identity = spoken_id(alarm.name, at)
    return Thread(
        id=identity,
        subject=alarm_subject(alarm, identity),
        title=alarm.title,
        severity=alarm.severity,
        started_at=at,
    )


def _worse(one: str, two: str) -> str:
    return max(one, two, key=lambda name: RANK[name])
