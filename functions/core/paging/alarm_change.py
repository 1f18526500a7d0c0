"""A CloudWatch alarm that changed its state, and what detect's word means for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from functions.core.monitoring.alarms import PAYMENTS, Alarm
from functions.core.monitoring.metrics import RATE_METRICS
from functions.core.troubles.head import SILENCE, Head
from functions.core.troubles.incident import Incident


class AlarmChange(msgspec.Struct, frozen=True):
    """An alarm's change of state. `state` is ALARM, OK or INSUFFICIENT_DATA; `at` epoch seconds."""

    alarm: Alarm
    state: str
    at: int
    reason: str

    @property
    def key(self) -> str:
        return f"{self.alarm.name}/{self.state}/{self.at}"


_OWN_THREAD: Final = frozenset({"Attempts", "EventLag", "ParkedAtLeast", "ParkedNew", "Late"})
"""Metrics whose alarms speak of other troubles than failing payments."""


def joins_incidents(alarm: Alarm) -> bool:
    """Whether the alarm speaks of failing payments, as detect's incidents do."""
    return alarm.source == PAYMENTS and alarm.metric not in _OWN_THREAD


def paging(head: Head) -> Sequence[Incident]:
    """The incidents that detect suspects or follows and that are worth a page."""
    return [incident for incident in head.incidents if incident.pages]


def decided(change: AlarmChange, head: Head, waited: int, now: int) -> bool:
    """Whether an alarm that went red so many seconds ago can be taken. One on payments lets detect
    decide first, on what it suspects or whether it suspects anything: to join its page, not to
    precede it by a second. A detect that is down is not waited for, and nothing for longer than
    _DECIDING_SECONDS."""
    if change.state != "ALARM" or not joins_incidents(change.alarm):
        return True
    incidents = paging(head)
    if any(incident.is_open for incident in incidents):
        return True
    if incidents:
        return waited >= _DECIDING_SECONDS
    return not is_up(head, now) or waited >= _NOTICING_SECONDS


_NOTICING_SECONDS: Final = 5
_DECIDING_SECONDS: Final = 10
_DOWN_SECONDS: Final = 90
"""detect's clock moves with every tick, once a minute: older, and detect does not work."""


def is_up(head: Head, now: int) -> bool:
    """Whether detect works, as far as is known at `now`."""
    return now - head.clock <= _DOWN_SECONDS


_EXCUSED: Final = {
    **{f"{metric}AtLeast": signal for signal, metric in RATE_METRICS.items()},
    "Attempts": SILENCE,
}
"""What an alarm's metric is about, in the words of `Head.excused`."""


def is_excused(alarm: Alarm, head: Head, now: int) -> bool:
    """Whether detect, being up, knows what the alarm cries about and that it is no news."""
    return is_up(head, now) and _EXCUSED.get(alarm.metric) in head.excused
