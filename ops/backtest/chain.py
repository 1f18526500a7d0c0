"""The whole chain on a virtual clock, in one process: tallies in, pages out.

What runs is what runs in Lambda: detect's step, its metrics, CloudWatch's alarms as the template
has them, and notify's desk. Partials arrive when their second is over; a tick comes every minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from functions.core.counting.messages import NO_MESSAGES, Messages
from functions.core.counting.partial import Partial
from functions.core.counting.tally import Tally
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, head, initial
from functions.core.detection.step import newest_counted, step
from functions.core.monitoring.alarms import PAYMENTS, Alarm
from functions.core.monitoring.metrics import gauges
from functions.core.monitoring.publishing import Publishing, is_due, published, with_counted
from functions.core.paging.alarm_change import AlarmChange, decided
from functions.core.paging.desk import Desk, Manners, Pending, sent
from functions.core.paging.take import take
from functions.core.troubles.incident import CLOSED, Announcement, Incident
from functions.core.troubles.severity import WARNING
from ops.backtest.alarm_rules import AlarmRule
from ops.backtest.cloudwatch import OK, Alarms, Change

TICK_SECONDS: Final = 60
FILLING_SECONDS: Final = 300
"""So long after the history's begin an alarm to which missing data are a breach still sees what was
before it. A deployment that is used was there before."""
_MANNERS: Final = Manners("")
_INTERVAL: Final = 10
"""Seconds between CloudWatch's evaluations."""


class Paged(msgspec.Struct, frozen=True):
    """A page that people would have got. at: epoch seconds. alarm: what caused it, a CloudWatch
    alarm's name or `incident`; state: ALARM or OK."""

    at: int
    alarm: str
    state: str
    incident: Incident | None
    subject: str


class RedTime(msgspec.Struct):
    """How often an alarm went red, and for how many seconds."""

    times: int = 0
    seconds: int = 0
    since: int = 0


class Chain:
    """`on_told` and `on_page` are told what happens, in the order of the virtual time: a transition of
    an incident and its second, and then the page that it makes, if any. `on_folded` follows each step
    that made a cell of the counts, which is the baseline's newest."""

    def __init__(
        self,
        rules: Rules,
        alarm_rules: Sequence[AlarmRule],
        alarms: Mapping[str, Alarm],
        *,
        publish_seconds: int,
        on_page: Callable[[Paged], None],
        on_told: Callable[[Announcement, int], None],
        on_folded: Callable[[], None] = lambda: None,
    ) -> None:
        self.rules = rules
        self.state: State = initial(rules)
        self.red: dict[str, RedTime] = {}
        self._alarm_rules = alarm_rules
        self._known = {**{rule.name: _alarm(rule) for rule in alarm_rules}, **alarms}
        self._publish_seconds = publish_seconds
        self._on_page = on_page
        self._on_told = on_told
        self._on_folded = on_folded
        self._desk = Desk()
        self._alarms: Alarms | None = None
        self._waiting: list[AlarmChange] = []
        self._told: tuple[str, ...] = ()
        self._memory = Memory()
        self._number = 0
        self._began = 0
        self._publishing = Publishing()
        self._evaluated = 0

    def second(
        self, second: int, tally: Tally, newest_ms: int, messages: Messages = NO_MESSAGES
    ) -> None:
        """The payments of that second, of which none came before but those that `messages` names."""
        self.quiet_until(second + 1)
        self._step(second + 1, tally, newest_ms, messages)

    def quiet_until(self, clock: int) -> None:
        """Let time pass without payments: only ticks come."""
        now = self.state.window.clock
        if now:
            for tick in range(now - now % TICK_SECONDS + TICK_SECONDS, clock, TICK_SECONDS):
                self._step(tick, _NOTHING, 0)

    def end(self) -> list[Incident]:
        """The incidents that are open when the payments end."""
        now = self.state.window.clock
        for red in self.red.values():
            if red.since:
                red.seconds += now - red.since
                red.since = 0
        return [incident for incident in self.state.troubles if incident.is_open]

    def _step(
        self, clock: int, tally: Tally, newest_ms: int, messages: Messages = NO_MESSAGES
    ) -> None:
        self._number += 1
        number = str(self._number)
        partial = Partial(
            "backtest", number, number, clock * 1000, newest_ms, tally, messages=messages
        )
        folded, before = self.state.tracker.baseline.folded, self.state.totals
        self.state, delta = step(self.state, (partial,), self.rules, self._told, self._memory)
        if self.state.tracker.baseline.folded != folded:
            self._on_folded()
        self._told = ()
        if self.state.outbox:
            self._told = tuple(item.key for item in self.state.outbox)
            for announcement in self.state.outbox:
                self._announced(announcement, clock)
        self._evaluate(clock)
        newest_ms = newest_counted(before, delta)
        self._publishing = with_counted(self._publishing, newest_ms, clock * 1000)
        if is_due(self._publishing, clock, self._publish_seconds):
            self._publish(clock)
        if self._waiting:
            self._take_waiting(clock)

    def _publish(self, clock: int) -> None:
        if self._alarms is None:
            self._alarms = Alarms(self._alarm_rules, since=clock)
            self._began = clock
        now, new = self.state, self._publishing
        values = gauges(now.window, now.score, new.newest_ms, new.counted_ms, now.faults)
        self._alarms.put_all(values, clock)
        self._publishing = published(new, clock)

    def _evaluate(self, clock: int) -> None:
        if self._alarms is None or clock < self._evaluated + _INTERVAL:
            return
        self._evaluated = clock - clock % _INTERVAL
        for change in self._alarms.until(self._evaluated):
            if self._is_filling(change):
                continue
            self._count_red(change)
            self._waiting.append(AlarmChange(self._known[change.name], change.state, change.at, ""))

    def _is_filling(self, change: Change) -> bool:
        missing = self._known[change.name].missing
        early = change.at - self._began <= FILLING_SECONDS
        return early and change.state == "ALARM" and missing == "breaching"

    def _count_red(self, change: Change) -> None:
        red = self.red.setdefault(change.name, RedTime())
        if change.state == "ALARM":
            red.times += 1
            red.since = change.at
        elif red.since:
            red.seconds += change.at - red.since
            red.since = 0

    def _take_waiting(self, clock: int) -> None:
        """Take the alarms that detect has decided on, or waited long enough for."""
        now = head(self.state)
        waiting: list[AlarmChange] = []
        for change in self._waiting:
            if waiting or not decided(change, now, clock - change.at, clock):
                waiting.append(change)
                continue
            self._desk = take(self._desk, change, now, clock, _MANNERS)
            self._page(change.alarm.name, change.state, None, clock)
        self._waiting = waiting

    def _announced(self, announcement: Announcement, clock: int) -> None:
        self._on_told(announcement, clock)
        self._desk = take(self._desk, announcement, head(self.state), clock, _MANNERS)
        state = OK if announcement.transition == CLOSED else "ALARM"
        self._page("incident", state, announcement.incident, clock)

    def _page(self, alarm: str, state: str, incident: Incident | None, clock: int) -> None:
        pages: tuple[Pending, ...] = self._desk.outbox
        for item in pages:
            if item.page is not None:
                self._on_page(Paged(clock, alarm, state, incident, item.page.subject))
        if pages:
            self._desk = sent(self._desk, [item.key for item in pages])


def _alarm(rule: AlarmRule) -> Alarm:
    """An alarm that the template has beyond those of Paywatch."""
    return Alarm(
        name=rule.name,
        title=f"{rule.metric} breaches {rule.threshold:g}",
        source=PAYMENTS,
        metric=rule.metric,
        threshold=rule.threshold,
        unit="None",
        severity=WARNING,
        first_action="open the dashboard",
        missing=rule.missing,
        why_missing="the template says so",
    )


_NOTHING: Final = Tally()
