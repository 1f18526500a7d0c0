"""notify: what the alarms topic says becomes one page for a trouble, or joins the one it has, and is
noted on the trouble's record.

A message that cannot be told in good words is raised: after Lambda's retries it reaches the on-call
topic raw, through the function's failure destination. A page is never lost.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from functions.adapters import aws
from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.adapters.sns import OncallTopic, messages
from functions.core.errors import StateConflict
from functions.core.monitoring.alarms import Alarm, alarms
from functions.core.paging.alarm_change import AlarmChange, decided
from functions.core.paging.desk import Desk, Manners, Pending, sent
from functions.core.paging.message import parse
from functions.core.paging.page import Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import Head
from functions.core.troubles.record import Note
from functions.settings.notify import NotifySettings

logger = Logger()

STALE_SECONDS: Final = 40
"""A page that somebody else decided on and did not send for so long is sent by whoever comes. Longer
than an invocation may last (30 s), shorter than Lambda waits before it tries again (a minute)."""
_TRIES: Final = 12
_LONGEST_PAUSE: Final = 0.25
"""Seconds. The alarms of one outage come within the same second and all want the desk."""
_LONGEST_WAIT: Final = 10
"""Seconds that an alarm waits for detect, at most."""


class DeskStore(Protocol):
    def read(self) -> tuple[Desk, int]: ...
    def write(self, desk: Desk, version: int) -> int: ...


class HeadReader(Protocol):
    def head(self) -> Head: ...


class PageSink(Protocol):
    def send(self, page: Page) -> None: ...


class RecordStore(Protocol):
    def note(self, note: Note) -> bool: ...


@dataclass(frozen=True)
class NotifyFunction:
    desks: DeskStore
    detect: HeadReader
    oncall: PageSink
    records: RecordStore
    alarms: Mapping[str, Alarm]
    alarm_prefix: str
    manners: Manners
    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def __call__(self, texts: Sequence[str], now: int) -> None:
        """Tell each message. Raises Malformed, Transient or StateConflict: then SNS brings it again."""
        for text in texts:
            message = parse(text, self.alarm_prefix, self.alarms)
            if message is not None:
                pending = self._take(message, now)
                for item in pending:
                    self._apply(item)
                if pending:
                    self._sent([item.key for item in pending])

    def _apply(self, item: Pending) -> None:
        """Page first: the record can wait. Both may come twice; a note is taken once."""
        if item.page is not None:
            self.oncall.send(item.page)
            logger.info("paged", page=item.page.thread, severity=item.page.severity)
        for note in item.notes:
            if not self._noted(note):
                logger.warning("a response to a trouble that has no record", id=note.id)

    def _noted(self, note: Note) -> bool:
        for attempt in range(_TRIES):
            if attempt:
                self.pause(_LONGEST_PAUSE * self.jitter())
            try:
                return self.records.note(note)
            except StateConflict:
                continue
        raise StateConflict(f"the record of {note.id} was written {_TRIES} times meanwhile")

    def _take(self, message: Message, now: int) -> list[Pending]:
        """Take the message; the pages that are this invocation's to send.

        Raises StateConflict while another invocation may be sending the message's page: Lambda
        comes again, and by then it is sent, or is left to whoever comes.
        """
        self._wait_for_detect(message, now)
        for attempt in range(_TRIES):
            if attempt:
                self.pause(_LONGEST_PAUSE * self.jitter())
            desk, version = self.desks.read()
            # Read after the desk, so that detect knows every incident that the desk does.
            head = self.detect.head()
            after = take(desk, message, head, now, self.manners)
            try:
                if after != desk:
                    self.desks.write(after, version)
            except StateConflict:
                continue
            mine = message.key not in desk.taken
            stale = [item for item in after.outbox if now - item.at >= STALE_SECONDS]
            own = [item for item in after.outbox if item.key == message.key]
            if own and not mine and own[0] not in stale:
                raise StateConflict(f"another invocation is sending the page for {message.key}")
            return [*(own if mine else ()), *stale]
        raise StateConflict(f"the desk was written {_TRIES} times while {message.key} was taken")

    def _wait_for_detect(self, message: Message, now: int) -> None:
        if not isinstance(message, AlarmChange):
            return
        for waited in range(_LONGEST_WAIT):
            if decided(message, self.detect.head(), waited, now):
                return
            self.pause(1.0)

    def _sent(self, keys: Sequence[str]) -> None:
        for attempt in range(_TRIES):
            if attempt:
                self.pause(_LONGEST_PAUSE * self.jitter())
            desk, version = self.desks.read()
            try:
                self.desks.write(sent(desk, keys), version)
            except StateConflict:
                continue
            return
        logger.warning("pages were sent but stay in the outbox", keys=list(keys))


@cache
def _function() -> NotifyFunction:
    settings = NotifySettings.from_env(os.environ)
    table = aws.client("dynamodb")
    return NotifyFunction(
        desks=Desks(table, settings.state_table),
        detect=Heads(table, settings.state_table),
        oncall=OncallTopic(aws.client("sns"), settings.oncall_topic_arn),
        records=TroubleRecords(table, settings.state_table),
        alarms={
            alarm.name: alarm for alarm in alarms(settings.thresholds, channels=settings.channels)
        },
        alarm_prefix=f"paywatch-{settings.environment}-",
        manners=Manners(settings.dashboard_url, settings.cooldown_seconds),
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(list(messages(event)), int(time.time()))
