"""What becomes of what detect announces: each incident is told in one thread, from its beginning to its
end."""

from __future__ import annotations

from msgspec.structs import replace

from functions.core.paging.alarm_threads import PAYMENT_ALARMS
from functions.core.paging.desk import Decision, Desk, Manners, Thread, over_notes, worse
from functions.core.paging.incident_page import incident_page, incident_subject
from functions.core.paging.page import UPDATE, Page
from functions.core.paging.record_notes import incident_note
from functions.core.paging.storm import in_storm, is_storm, storm_of, storm_thread
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    NARROWED,
    WORSE,
    Announcement,
    Incident,
)
from functions.core.troubles.record import Note
from functions.core.troubles.severity import RANK


def announced(desk: Desk, message: Announcement, now: int, manners: Manners) -> Decision:
    """What becomes of one transition of an incident; it is noted whether it is told or not."""
    incident, threads = message.incident, dict(desk.threads)
    page = incident_page(message, manners.dashboard_url)
    headline = page.headline
    if not incident.pages:
        note = incident_note(message, headline, incident.id, paged=False)
        return Decision(threads, None, (note,))
    about, thread = _thread_of(desk, incident)
    is_old = about in threads
    page = replace(page, subject=thread.subject, thread=thread.id)
    is_worse = RANK[incident.severity] > RANK[thread.severity]
    if message.transition == CLOSED:
        others = tuple(other for other in thread.incidents if other != incident.id)
        thread = replace(thread, incidents=others, recovered=not others)
        if others or thread.red:
            page = replace(page, kind=UPDATE)
    else:
        ids = tuple(dict.fromkeys((*thread.incidents, incident.id)))
        thread = replace(thread, incidents=ids, recovered=False)
        if is_old and message.transition != AGAIN:
            page = replace(page, kind=UPDATE)
    if thread.taken_by:
        page = replace(page, facts=(*page.facts, ("Taken by", thread.taken_by)))
    told: Page | None = page
    if message.transition in (WORSE, NARROWED) and not is_worse:
        if now - thread.updated_at < manners.cooldown_seconds:
            told = None
        else:
            thread = replace(thread, updated_at=now)
    if is_storm(about):
        told, thread = in_storm(threads, thread, page, message, is_old, manners)
    thread = replace(thread, severity=worse(thread.severity, incident.severity))
    note = incident_note(message, headline, thread.id, paged=told is not None)
    notes: tuple[Note, ...] = (note,)
    threads[about] = thread
    if not thread.incidents and not thread.red:
        del threads[about]
        notes += over_notes(thread, incident.closed_at, message.key)
    return Decision(threads, told, notes)


def _thread_of(desk: Desk, incident: Incident) -> tuple[str, Thread]:
    """The incident's thread and what it is about: its own, the one that it had before it came back,
    that of the payment alarms, or a new one."""
    for about, thread in desk.threads.items():
        if incident.id in thread.incidents:
            return about, thread
    before = desk.over.get(incident.id)
    if before is not None and not incident.closed_at:
        return before.id, replace(before, over_at=0, recovered=False)
    if PAYMENT_ALARMS in desk.threads:
        return PAYMENT_ALARMS, desk.threads[PAYMENT_ALARMS]
    storm = storm_of(desk.threads, incident.detected_at)
    if storm is not None:
        return storm, desk.threads.get(storm) or storm_thread(incident.detected_at)
    return incident.id, Thread(
        id=incident.id,
        subject=incident_subject(incident),
        title=incident_subject(incident),
        severity=incident.severity,
        started_at=incident.started_at,
    )
