"""What becomes of what detect announces: each incident is told in one thread, from its beginning to its
end."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from functions.core.paging.alarm_threads import PAYMENT_ALARMS
from functions.core.paging.desk import (
    Decision,
    Desk,
    Manners,
    Thread,
    Told,
    over_notes,
    told_of,
    worse,
)
from functions.core.paging.incident_page import incident_page, incident_subject
from functions.core.paging.page import UPDATE, Page
from functions.core.paging.record_notes import incident_note
from functions.core.paging.storm import in_storm, is_storm, storm_of, storm_thread
from functions.core.troubles.head import Head
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    NARROWED,
    OPENED,
    WORSE,
    Announcement,
    Incident,
)
from functions.core.troubles.record import Note
from functions.core.troubles.severity import RANK


def announced(desk: Desk, message: Announcement, head: Head, manners: Manners) -> Decision:
    """What becomes of one transition of an incident; it is noted whether it is told or not. What is told
    is how it stands, as far as detect (`head`) knows more by now."""
    incident, threads = message.incident, dict(desk.threads)
    headline = incident_page(message, manners.dashboard_url).headline
    before = desk.told.get(incident.id)
    if not incident.pages or _is_older(message, before):
        note = incident_note(message, headline, _thread_name(desk, incident), paged=False)
        return Decision(threads, None, (note,))
    about, thread = _thread_of(desk, incident)
    is_known = before is not None or incident.id in thread.incidents or incident.id in desk.over
    standing = as_it_stands(message, head)
    incident, is_over = standing.incident, standing.transition == CLOSED
    is_untold = is_over and (not is_known or _is_over_again(before, incident))
    if not is_over:
        standing = replace(standing, transition=_as_heard(standing, before, is_known=is_known))
    page = incident_page(
        standing,
        manners.dashboard_url,
        is_untold=is_untold,
        is_held_up=standing.incident is not message.incident,
    )
    is_old = about in threads
    page = replace(page, subject=thread.subject, thread=thread.id)
    is_worse = RANK[incident.severity] > RANK[thread.severity]
    if is_over:
        others = tuple(other for other in thread.incidents if other != incident.id)
        thread = replace(thread, incidents=others, recovered=not others)
        page = replace(page, untold=is_untold and not is_old and not is_known)
        if others:
            page = replace(page, kind=UPDATE)
    else:
        ids = tuple(dict.fromkeys((*thread.incidents, incident.id)))
        thread = replace(thread, incidents=ids, recovered=False)
        if is_old and standing.transition != AGAIN:
            page = replace(page, kind=UPDATE)
    if thread.taken_by:
        page = replace(page, facts=(*page.facts, ("Taken by", thread.taken_by)))
    told: Page | None = page
    if standing.transition in (WORSE, NARROWED) and not is_worse:
        # By its own time: what came late is told no oftener than in time.
        if message.incident.updated_at - thread.updated_at < manners.cooldown_seconds:
            told = None
        else:
            thread = replace(thread, updated_at=message.incident.updated_at)
    if is_storm(about):
        told, thread = in_storm(threads, thread, page, standing, is_old, manners)
    thread = replace(thread, severity=worse(thread.severity, incident.severity))
    notes: tuple[Note, ...] = (incident_note(message, headline, thread.id, paged=told is not None),)
    if is_over and message.transition != CLOSED:
        # Whether that it is over comes or not, the record knows.
        ending = incident_page(standing, manners.dashboard_url).headline
        notes += (incident_note(standing, ending, thread.id, paged=False),)
    threads[about] = thread
    if not thread.incidents and not thread.red:
        del threads[about]
        notes += over_notes(thread, incident.closed_at, message.key)
    return Decision(threads, told, notes, told=(incident.id, told_of(incident)))


HELD_UP_SECONDS: Final = 60
"""What an announcement says of how bad it is holds for so long; after it, people are told what detect sees."""


def as_it_stands(message: Announcement, head: Head) -> Announcement:
    """The announcement, or what is true by now where detect knows more: that the incident is over, or back,
    or its figures where the announcement was held up. Those of a release that did not number them are
    taken as they are."""
    incident = message.incident
    for ending in head.over:
        if ending.incident.id == incident.id and incident.number < ending.incident.number:
            return ending if incident.number else message
    now = next((one for one in head.incidents if one.id == incident.id and one.is_open), None)
    if now is None or not now.pages or not incident.number or now.number < incident.number:
        return message
    is_held_up = head.clock - incident.updated_at >= HELD_UP_SECONDS
    if now.number == incident.number and not is_held_up:
        return message
    is_back = message.transition == CLOSED or now.again > incident.again
    return Announcement(AGAIN if is_back else message.transition, now)


def _is_older(message: Announcement, before: Told | None) -> bool:
    """Whether as new a transition was taken before. Without a number: whether the end was that it should
    have come before."""
    incident = message.incident
    if before is None:
        return False
    if incident.number:
        return incident.number <= before.number
    is_end = message.transition == CLOSED
    return before.closed_at > 0 and incident.again <= before.again and not is_end


def _as_heard(standing: Announcement, before: Told | None, *, is_known: bool) -> str:
    """What an open incident's transition is to those who did not hear all that came before."""
    if before is not None and before.closed_at:
        return AGAIN
    if not is_known and standing.transition in (WORSE, NARROWED):
        return OPENED
    return standing.transition


def _is_over_again(before: Told | None, incident: Incident) -> bool:
    """Whether it came back and is over, and the last that people heard is that it was over before."""
    return before is not None and before.closed_at > 0 and incident.again > before.again


def _thread_name(desk: Desk, incident: Incident) -> str:
    """Where people were told of the incident, or would have been."""
    if not incident.pages:
        return incident.id
    return _thread_of(desk, incident)[1].id


def _thread_of(desk: Desk, incident: Incident) -> tuple[str, Thread]:
    """The incident's thread and what it is about: its own, the one that it had before it came back,
    that of the payment alarms, or a new one."""
    for about, thread in desk.threads.items():
        if incident.id in thread.incidents:
            return about, thread
    before = desk.over.get(incident.id)
    if before is not None:
        for about, thread in desk.threads.items():
            if thread.id == before.id:
                return about, thread
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
