"""What becomes a page and what joins one: the on-call person hears of one trouble once.

Two voices report the same trouble: detect announces incidents, and CloudWatch's alarms go red. The
rules, in order:

- An incident's transition is always told, once, in the incident's thread.
- An alarm on payments joins, silently, an incident that is open: detect is alive and speaks for
  itself. The alarm on the score, which is detect's own, joins a suspected one too; the alarm on
  silence joins the incident of all traffic's volume.
- An alarm on what detect knows to be usual is silent: a rate that is normal here or its customers'
  own doing, a silence in which no payment was to be expected. A fixed threshold cannot know that.
- Otherwise it opens the one thread of payment alarms, or joins it, or, when it is more severe,
  is told there as an update. An incident that opens meanwhile goes on in that thread.
- An alarm on the pipeline has a thread of its own.
- When the last red alarm of a thread is green again, that is told once, unless the thread was told
  that its incident recovered. What goes red after that is news again.

Decisions are values: `take` returns the new Desk, and the pages to send are in its outbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.alarms import PAYMENTS, Alarm
from functions.core.flow import VOLUME
from functions.core.incident import CLOSED, Announcement, Incident, spoken_id
from functions.core.journal import Head
from functions.core.metrics import RATE_METRICS
from functions.core.page import (
    Page,
    alarm_ok_page,
    alarm_page,
    alarm_subject,
    incident_page,
    incident_subject,
)
from functions.core.score import RANK
from functions.core.slices import ALL
from functions.core.state import SILENCE

REMEMBERED_SECONDS: Final = 7 * 86_400
"""How long a message that was taken is known, so that it is not taken again."""
MOST_REMEMBERED: Final = 2_000
"""Messages that are known at most: an alarm that flaps must not fill the desk."""
_PAYMENT_ALARMS: Final = "payment alarms"


class AlarmChange(msgspec.Struct, frozen=True):
    """An alarm's change of state. `state` is ALARM, OK or INSUFFICIENT_DATA; `at` epoch seconds."""

    alarm: Alarm
    state: str
    at: int
    reason: str

    @property
    def key(self) -> str:
        return f"{self.alarm.name}/{self.state}/{self.at}"


class Thread(msgspec.Struct, frozen=True):
    """A trouble under way. `red` are the alarms that are red in it; `incidents` those that are
    open in it; `started_at` epoch seconds. recovered: its last page said that it is over."""

    id: str
    subject: str
    title: str
    severity: str
    started_at: int
    red: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    recovered: bool = False


class Pending(msgspec.Struct, frozen=True):
    """A page that was decided on, not known to be sent. `key` is the message that caused it."""

    key: str
    page: Page
    at: int


class Desk(msgspec.Struct, frozen=True):
    """What notify remembers. taken: message key → when; threads: by what they are about."""

    taken: dict[str, int] = msgspec.field(default_factory=dict)
    threads: dict[str, Thread] = msgspec.field(default_factory=dict)
    outbox: tuple[Pending, ...] = ()


_OWN_THREAD: Final = frozenset({"Attempts", "EventLag", "Parked", "Late"})
"""Metrics whose alarms speak of other troubles than failing payments."""


def joins_incidents(alarm: Alarm) -> bool:
    """Whether the alarm speaks of failing payments, as detect's incidents do."""
    return alarm.source == PAYMENTS and alarm.metric not in _OWN_THREAD


def decided(change: AlarmChange, head: Head, waited: int, now: int) -> bool:
    """Whether an alarm that went red so many seconds ago can be taken. One on payments lets detect
    decide first, on what it suspects or whether it suspects anything: to join its page, not to
    precede it by a second. A detect that is down is not waited for."""
    if change.state != "ALARM" or not joins_incidents(change.alarm):
        return True
    if any(incident.is_open for incident in head.incidents):
        return True
    if head.incidents:
        return waited >= _DECIDING_SECONDS
    return now - head.clock > _DOWN_SECONDS or waited >= _NOTICING_SECONDS


_NOTICING_SECONDS: Final = 5
_DECIDING_SECONDS: Final = 10
_DOWN_SECONDS: Final = 90
"""detect's clock moves with every tick, once a minute: older, and detect does not work."""

_USUAL: Final = {
    **{f"{metric}AtLeast": signal for signal, metric in RATE_METRICS.items()},
    "Attempts": SILENCE,
}
"""What an alarm's metric is about, in the words of `Head.usual`."""


def is_usual(alarm: Alarm, head: Head, now: int) -> bool:
    """Whether detect, being up, knows what the alarm cries about and that it is no news."""
    return now - head.clock <= _DOWN_SECONDS and _USUAL.get(alarm.metric) in head.usual


def take(
    desk: Desk, message: Announcement | AlarmChange, head: Head, now: int, dashboard_url: str
) -> Desk:
    """The desk after the message. `head` is what detect knows now.

    A message that was taken before changes nothing.
    """
    if message.key in desk.taken:
        return desk
    desk = replace(desk, taken={**_remembered(desk.taken, now), message.key: now})
    if isinstance(message, Announcement):
        threads, page = _announced(desk.threads, message, dashboard_url)
    elif message.state == "ALARM":
        threads, page = _known(desk.threads, head.incidents), None
        if not is_usual(message.alarm, head, now):
            threads, page = _red(threads, message, head.incidents, dashboard_url)
    else:
        threads, page = _green(desk.threads, message, dashboard_url)
    pending = (Pending(message.key, page, now),) if page else ()
    return replace(desk, threads=threads, outbox=(*desk.outbox, *pending))


def _remembered(taken: Mapping[str, int], now: int) -> dict[str, int]:
    young = [(key, at) for key, at in taken.items() if now - at < REMEMBERED_SECONDS]
    return dict(young[-MOST_REMEMBERED + 1 :])


def sent(desk: Desk, keys: Sequence[str]) -> Desk:
    """The desk without the pages that these messages caused: they were sent."""
    return replace(desk, outbox=tuple(item for item in desk.outbox if item.key not in keys))


Threads = Mapping[str, Thread]
Told = tuple[dict[str, Thread], Page | None]


def _announced(threads: Threads, message: Announcement, dashboard_url: str) -> Told:
    incident = message.incident
    changed = dict(threads)
    about = next(
        (about for about, thread in threads.items() if incident.id in thread.incidents), None
    )
    if about is None:
        about = _PAYMENT_ALARMS if _PAYMENT_ALARMS in threads else incident.id
    thread = threads.get(about) or Thread(
        id=incident.id,
        subject=incident_subject(incident),
        title=incident_subject(incident),
        severity=incident.severity,
        started_at=incident.started_at,
    )
    page = replace(incident_page(message, dashboard_url), subject=thread.subject, thread=thread.id)
    if message.transition == CLOSED:
        known = tuple(known for known in thread.incidents if known != incident.id)
        thread = replace(thread, incidents=known, recovered=not known)
    else:
        known = tuple(dict.fromkeys((*thread.incidents, incident.id)))
        worst = _worse(thread.severity, incident.severity)
        thread = replace(thread, incidents=known, severity=worst, recovered=False)
    changed[about] = thread
    if not thread.incidents and not thread.red:
        del changed[about]
    return changed, page


def _red(
    threads: Threads, change: AlarmChange, incidents: Sequence[Incident], dashboard_url: str
) -> Told:
    alarm = change.alarm
    on_payments = joins_incidents(alarm)
    if on_payments and any(
        incident.is_open or alarm.metric == "AnomalyScore" for incident in incidents
    ):
        return dict(threads), None
    if alarm.metric == "Attempts" and any(
        incident.is_open and incident.signal == VOLUME and incident.slice == ALL
        for incident in incidents
    ):
        return dict(threads), None
    about = _PAYMENT_ALARMS if on_payments else alarm.name
    thread = threads.get(about)
    if thread is None:
        thread = _new_thread(alarm, change.at)
        page = alarm_page(alarm, thread.id, change.at, change.reason, dashboard_url)
    elif thread.recovered or RANK[alarm.severity] > RANK[thread.severity]:
        page = alarm_page(
            alarm, thread.id, change.at, change.reason, dashboard_url, subject=thread.subject
        )
    else:
        page = None
    red = tuple(dict.fromkeys((*thread.red, alarm.name)))
    recovered = thread.recovered and page is None
    worst = _worse(thread.severity, alarm.severity)
    thread = replace(thread, red=red, severity=worst, recovered=recovered)
    return {**threads, about: thread}, page


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


def _green(threads: Threads, change: AlarmChange, dashboard_url: str) -> Told:
    changed = dict(threads)
    for about, thread in threads.items():
        if change.alarm.name not in thread.red:
            continue
        red = tuple(name for name in thread.red if name != change.alarm.name)
        changed[about] = replace(thread, red=red)
        if red or thread.incidents:
            return changed, None
        del changed[about]
        if thread.recovered:
            return changed, None
        page = alarm_ok_page(
            thread.title,
            thread.id,
            thread.subject,
            thread.severity,
            thread.started_at,
            change.at,
            dashboard_url,
        )
        return changed, page
    return changed, None


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
