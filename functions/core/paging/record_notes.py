"""What is noted on the record of a trouble, of each message that notify takes."""

from __future__ import annotations

from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.incident_page import incident_subject
from functions.core.paging.page import Page
from functions.core.troubles.incident import Announcement
from functions.core.troubles.record import ACKNOWLEDGED, ALARM, OVER, RATED, Entry, Note
from functions.core.troubles.response import Acknowledgement, Response


def incident_note(message: Announcement, headline: str, thread: str, *, paged: bool) -> Note:
    """A transition: the headline of its page, and whether people were sent that, in `thread`."""
    incident = message.incident
    entry = Entry(
        message.key,
        incident.closed_at or incident.updated_at,
        message.transition,
        headline,
        severity=incident.severity,
        paged=paged,
    )
    return Note(
        incident.id,
        incident.started_at,
        incident.signal,
        incident_subject(incident),
        thread,
        entry,
        incident,
        message.reason,
    )


def alarm_note(change: AlarmChange, record: str, started_at: int, page: Page | None) -> Note:
    """An alarm that went red, on the record of the trouble that it belongs to."""
    alarm = change.alarm
    entry = Entry(
        change.key,
        change.at,
        ALARM,
        f"alarm {alarm.name}: {alarm.title}",
        severity=alarm.severity if page else "",
        paged=page is not None,
    )
    return Note(record, started_at, alarm.name, alarm.title, record, entry)


def over_note(record: str, title: str, started_at: int, at: int, key: str) -> Note:
    """The end of a trouble that alarms told of."""
    entry = Entry(f"{key}/over", at, OVER, f"over: {title}")
    return Note(record, started_at, "", title, record, entry)


def response_note(response: Response) -> Note:
    """What somebody answered. The record is there: what a new one would need is not known."""
    if isinstance(response, Acknowledgement):
        what, text = ACKNOWLEDGED, response.comment
    else:
        what, text = RATED, ": ".join(filter(None, (response.rating, response.comment)))
    entry = Entry(response.key, response.at, what, text, by=response.by)
    return Note(response.id, response.at, "", "", response.id, entry)
