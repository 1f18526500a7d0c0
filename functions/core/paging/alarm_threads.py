"""What becomes of alarms: they join the incident that they speak of, or open a thread of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL
from functions.core.monitoring.alarms import Alarm
from functions.core.paging.alarm_change import AlarmChange, joins_incidents
from functions.core.paging.alarm_page import alarm_ok_page, alarm_page, alarm_subject
from functions.core.paging.desk import Decision, Manners, Thread, Threads, over_notes, worse
from functions.core.paging.page import Page
from functions.core.paging.record_notes import alarm_note
from functions.core.paging.storm import is_storm, storm_of, storm_thread
from functions.core.paging.thread_page import storm_page
from functions.core.troubles.incident import Incident, spoken_id
from functions.core.troubles.severity import RANK

PAYMENT_ALARMS: Final = "payment alarms"
"""What the one thread of all alarms on failing payments is about."""


def red(
    threads: dict[str, Thread],
    change: AlarmChange,
    incidents: Sequence[Incident],
    manners: Manners,
) -> Decision:
    """What becomes of an alarm that went red. `incidents` are those that detect has and that page."""
    alarm, url = change.alarm, manners.dashboard_url
    on_payments = joins_incidents(alarm)
    incident = joined(alarm, incidents)
    if incident is not None:
        is_noted = incident.is_open
        notes = (alarm_note(change, incident.id, incident.started_at, None),) if is_noted else ()
        return Decision(threads, None, notes)
    about = PAYMENT_ALARMS if on_payments else alarm.name
    if about not in threads:
        about = storm_of(threads, change.at) or about
    thread = threads.get(about)
    page: Page | None = None
    if thread is None and is_storm(about):
        thread = storm_thread(change.at)
        titles = [*(other.title for other in threads.values()), alarm.title]
        page = storm_page(thread, alarm.severity, titles, url)
    elif thread is None:
        thread = _new_thread(alarm, change.at)
        page = alarm_page(change, thread, url)
    elif thread.recovered or RANK[alarm.severity] > RANK[thread.severity]:
        page = alarm_page(change, thread, url, is_news=thread.recovered)
    names = tuple(dict.fromkeys((*thread.red, alarm.name)))
    recovered = thread.recovered and page is None
    worst = worse(thread.severity, alarm.severity)
    thread = replace(thread, red=names, severity=worst, recovered=recovered)
    note = alarm_note(change, thread.id, thread.started_at, page)
    return Decision({**threads, about: thread}, page, (note,))


def joined(alarm: Alarm, incidents: Sequence[Incident]) -> Incident | None:
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
    return max(speaks, key=lambda incident: (incident.worst.score, incident.id), default=None)


def without_lost_incidents(threads: Threads, incidents: Sequence[Incident]) -> dict[str, Thread]:
    """The threads without incidents that detect knows no more: one that was never closed, because
    detect lost its state, must not hold a thread open and swallow later alarms."""
    ids = {incident.id for incident in incidents}
    left: dict[str, Thread] = {}
    for about, thread in threads.items():
        thread = replace(thread, incidents=tuple(i for i in thread.incidents if i in ids))
        if thread.incidents or thread.red:
            left[about] = thread
    return left


def green(threads: Threads, change: AlarmChange, manners: Manners) -> Decision:
    """What becomes of an alarm that is green again: the last one of its thread ends it."""
    changed = dict(threads)
    for about, thread in threads.items():
        if change.alarm.name not in thread.red:
            continue
        names = tuple(name for name in thread.red if name != change.alarm.name)
        changed[about] = replace(thread, red=names)
        if names or thread.incidents:
            return Decision(changed)
        del changed[about]
        notes = over_notes(thread, change.at, change.key)
        if thread.recovered:
            return Decision(changed, None, notes)
        return Decision(changed, alarm_ok_page(thread, change.at, manners.dashboard_url), notes)
    return Decision(changed)


def _new_thread(alarm: Alarm, at: int) -> Thread:
    identity = spoken_id(alarm.name, at)
    return Thread(
        id=identity,
        subject=alarm_subject(alarm, identity),
        title=alarm.title,
        severity=alarm.severity,
        started_at=at,
    )
