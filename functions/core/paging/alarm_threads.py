"""What becomes of alarms: they join the incident that they speak of, or open a thread of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from functions.core.counting.signals import SIGNALS, VOLUME
from functions.core.counting.slices import ALL
from functions.core.monitoring.alarms import PAYMENTS, Alarm
from functions.core.monitoring.metrics import RATE_METRICS
from functions.core.paging.alarm_change import AlarmChange, joins_incidents, paging
from functions.core.paging.alarm_page import (
    alarm_ok_page,
    alarm_page,
    alarm_passed_page,
    alarm_subject,
)
from functions.core.paging.desk import (
    Decision,
    Manners,
    Thread,
    Threads,
    Told,
    is_red,
    is_told,
    over_notes,
    told_of,
    worse,
)
from functions.core.paging.page import Page
from functions.core.paging.record_notes import alarm_note
from functions.core.paging.storm import is_storm, storm_of, storm_thread
from functions.core.paging.thread_page import storm_page
from functions.core.troubles.head import Head
from functions.core.troubles.incident import Incident, spoken_id
from functions.core.troubles.record import Note
from functions.core.troubles.severity import RANK

AROUND_SECONDS: Final = 300
"""An alarm that changed so long before or after an incident speaks of the same payments: they are in its
metrics for a minute, and CloudWatch takes a few to look at them."""
PAYMENT_ALARMS: Final = "payment alarms"
"""What the one thread of all alarms on failing payments is about."""


def red(
    threads: dict[str, Thread],
    change: AlarmChange,
    head: Head,
    told: Mapping[str, Told],
    manners: Manners,
) -> Decision:
    """What becomes of an alarm that went red. `head`: what detect knows; `told`: what is known of
    incidents that were told."""
    alarm, url = change.alarm, manners.dashboard_url
    on_payments = joins_incidents(alarm)
    notes = _joined_notes(change, head, told)
    if notes is not None:
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


def joins(change: AlarmChange, head: Head, told: Mapping[str, Told]) -> bool:
    """Whether the alarm speaks of an incident, open or over."""
    is_joined = joined(change.alarm, paging(head)) or joined_over(change, head, told)
    return is_joined is not None


def joined_over(
    change: AlarmChange, head: Head, told: Mapping[str, Told]
) -> tuple[str, int] | None:
    """The incident that the alarm speaks of and that is over, the latest of several: its id, and when it
    began. An alarm's datapoints lie before its change, and their window before them."""
    over = {name: one for name, one in told.items() if one.closed_at}
    over |= {one.incident.id: told_of(one.incident) for one in head.over if one.incident.pages}
    found = [
        (one.closed_at, name, one.started_at)
        for name, one in over.items()
        if one.started_at - AROUND_SECONDS <= change.at <= one.closed_at + AROUND_SECONDS
        and _shows(change.alarm, one)
    ]
    if not found:
        return None
    _, name, began = max(found)
    return name, began


def _shows(alarm: Alarm, told: Told) -> bool:
    """Whether the payments of what is over show in the alarm's metric: in the score, in the rate of one of
    its signals or of what these explain, and in how many come where it was that none came."""
    if alarm.source != PAYMENTS:
        return False
    if alarm.metric == "Attempts":
        return told.slice == ALL and VOLUME in told.signals
    kinds = [SIGNALS[name] for name in told.signals]
    shown = {trouble for kind in kinds for trouble in (kind.trouble, *kind.explains)}
    return alarm.metric == "AnomalyScore" or _TROUBLES.get(alarm.metric) in shown


_TROUBLES: Final = {
    f"{metric}AtLeast": SIGNALS[signal].trouble for signal, metric in RATE_METRICS.items()
}
"""What an incident is about that an alarm's metric shows."""


def _joined_notes(
    change: AlarmChange, head: Head, told: Mapping[str, Told]
) -> tuple[Note, ...] | None:
    """The notes on the record of the incident that the alarm joins, open or over; None where it joins
    none."""
    incident = joined(change.alarm, paging(head))
    if incident is not None:
        if not incident.is_open:
            return ()
        return (alarm_note(change, incident.id, incident.started_at, None),)
    over = joined_over(change, head, told)
    return None if over is None else (alarm_note(change, *over, None),)


def outdated(
    threads: Threads, change: AlarmChange, head: Head, told: Mapping[str, Told], manners: Manners
) -> Decision:
    """What becomes of a change after which the alarm has changed again, as is known: it went red and is
    green, or the other way round. What nobody was told of is told as what was."""
    changed = dict(threads)
    if change.state != "ALARM" or is_red(threads, change.alarm.name):
        return Decision(changed)
    notes = _joined_notes(change, head, told)
    if notes is not None:
        return Decision(changed, None, notes)
    about = PAYMENT_ALARMS if joins_incidents(change.alarm) else change.alarm.name
    thread = threads.get(about)
    if thread is not None:
        return Decision(changed, None, (alarm_note(change, thread.id, thread.started_at, None),))
    thread = _new_thread(change.alarm, change.at)
    page = alarm_passed_page(change, thread, manners.dashboard_url)
    note = alarm_note(change, thread.id, thread.started_at, page)
    over = over_notes(thread, change.at, change.key)
    return Decision(changed, page, (note, *over))


def changed(alarms: Mapping[str, int], message: object) -> dict[str, int]:
    """When each alarm changed last, by what was taken."""
    if not isinstance(message, AlarmChange):
        return dict(alarms)
    name = message.alarm.name
    return {**alarms, name: max(message.at, alarms.get(name, 0))}


def without_lost_incidents(threads: Threads, head: Head) -> dict[str, Thread]:
    """The threads without incidents that detect knows no more: one that was never closed, because
    detect lost its state, must not hold a thread open and swallow later alarms. One that detect closed
    just now is not lost: its end is on the way."""
    ids = {one.id for one in head.incidents} | {one.incident.id for one in head.over}
    left: dict[str, Thread] = {}
    for about, thread in threads.items():
        thread = replace(thread, incidents=tuple(i for i in thread.incidents if i in ids))
        if thread.incidents or thread.red:
            left[about] = thread
    return left


def green(threads: Threads, change: AlarmChange, head: Head, manners: Manners) -> Decision:
    """What becomes of an alarm that is green again: the last one of its thread ends it, unless detect has
    an incident open whose announcement is on the way: that goes on in the thread."""
    changed = dict(threads)
    for about, thread in threads.items():
        if change.alarm.name not in thread.red:
            continue
        names = tuple(name for name in thread.red if name != change.alarm.name)
        changed[about] = replace(thread, red=names)
        if names or thread.incidents:
            return Decision(changed)
        coming = joined(change.alarm, paging(head))
        if coming is not None and coming.is_open and not is_told(threads, coming.id):
            changed[about] = replace(thread, red=(), incidents=(coming.id,))
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
