"""What notify does with a message: take it, tell what it causes, and note that on the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final

from aws_lambda_powertools import Logger

from functions.core.errors import PaywatchError, StateConflict
from functions.core.monitoring.alarms import Alarm
from functions.core.paging.alarm_change import AlarmChange, decided
from functions.core.paging.desk import Desk, Manners, Pending, is_awaited, sent, to_send
from functions.core.paging.marked import wanted
from functions.core.paging.message import Minute, parse
from functions.core.paging.muting import due
from functions.core.paging.take import Message, take
from functions.core.troubles.markers import Marker
from functions.handlers.contention import Contention
from functions.handlers.ports import DeskStore, HeadReader, MarkerStore, PageSink, RecordStore

logger = Logger()
_AWAITED_TIMES: Final = 10
_AWAITED_SECONDS: Final = 0.5
"""So often and so long a page waits for the one before it, which another invocation sends."""


@dataclass(frozen=True)
class NotifyFunction:
    desks: DeskStore
    detect: HeadReader
    oncall: PageSink
    records: RecordStore
    alarms: Mapping[str, Alarm]
    alarm_prefix: str
    manners: Manners
    contention: Contention = field(default_factory=Contention)
    markers: MarkerStore = field(kw_only=True)

    def __call__(self, texts: Sequence[str], now: int) -> None:
        """Tell each message. Raises Malformed, Transient or StateConflict: then SNS brings it again."""
        for text in texts:
            message = parse(text, self.alarm_prefix, self.alarms)
            if isinstance(message, Marker):
                self._mark(message)
            elif isinstance(message, Minute):
                self._minute(now)
            elif message is not None:
                self._tell(message, now)

    def _tell(self, message: Message, now: int) -> None:
        if isinstance(message, AlarmChange):
            self._let_detect_decide(message, now)
        taking = partial(self._take, message, now, self._markers_of(message, now))
        while_taken = f"while {message.key} was taken"
        before, after = self.contention.retried(taking, "the desk", while_taken)
        self._send(after, to_send(before, after, message.key, now), now)

    def _let_detect_decide(self, change: AlarmChange, now: int) -> None:
        for waited in count():
            if decided(change, self.detect.head(), waited, now):
                return
            self.contention.pause(1.0)

    def _mark(self, marker: Marker) -> None:
        """One that cannot be stored is lost: raised, it would reach people as a page."""
        try:
            self.markers.add(marker)
            logger.info("marked", marker=marker.key)
        except PaywatchError as error:
            logger.exception("a marker is lost", marker=marker.key, reason=str(error))

    def _minute(self, now: int) -> None:
        """Tell what is due, and send what somebody left, which each message that is told does, too. Nothing
        is raised: a minute that fails would reach people as a page, and the next one does the same."""
        try:
            desk, _ = self.desks.read()
            ends = due(desk.mutes, now)
            for end in ends:
                self._tell(end, now)
            if not ends:
                self._send(desk, to_send(desk, desk, "", now), now)
        except PaywatchError as error:
            logger.exception("a minute is left out", reason=str(error))

    def _markers_of(self, message: Message, now: int) -> Sequence[Marker]:
        """Of about the time at which the trouble began; a page does not wait for them."""
        span = wanted(message, now, self.manners)
        if span is None:
            return ()
        try:
            return self.markers.between(*span)
        except PaywatchError as error:
            logger.warning("told without markers", reason=str(error))
            return ()

    def _let_others_send(self, desk: Desk, pending: Sequence[Pending], now: int) -> None:
        """Wait, for a few seconds at most, while somebody sends what these pages would be heard before."""
        for _ in range(_AWAITED_TIMES):
            if not is_awaited(desk, pending, now):
                return
            self.contention.pause(_AWAITED_SECONDS)
            desk, _version = self.desks.read()

    def _take(self, message: Message, now: int, markers: Sequence[Marker]) -> tuple[Desk, Desk]:
        """The desk before the message and after it."""
        desk, version = self.desks.read()
        # Read after the desk, so that detect knows every incident that the desk does.
        after = take(desk, message, self.detect.head(), now, self.manners, markers)
        if after != desk:
            self.desks.write(after, version)
        return desk, after

    def _send(self, desk: Desk, pending: Sequence[Pending], now: int) -> None:
        self._let_others_send(desk, pending, now)
        for item in pending:
            self._apply(item)
        if pending:
            self._clear([item.key for item in pending])

    def _apply(self, item: Pending) -> None:
        """Page first: the record can wait. Both may come twice; a note is taken once."""
        if item.page is not None:
            self.oncall.send(item.page)
            logger.info("paged", page=item.page.thread, severity=item.page.severity)
        for note in item.notes:
            noting = partial(self.records.note, note)
            if not self.contention.retried(noting, f"the record of {note.id}"):
                logger.warning("a response to a trouble that has no record", id=note.id)

    def _clear(self, keys: Sequence[str]) -> None:
        try:
            self.contention.retried(partial(self._cleared, keys), "the desk")
        except StateConflict:
            logger.warning("pages were sent but stay in the outbox", keys=list(keys))

    def _cleared(self, keys: Sequence[str]) -> None:
        desk, version = self.desks.read()
        self.desks.write(sent(desk, keys), version)
