"""detect: merge the partials, roll the window, weigh, judge; then say so.

The state is stored before anything is said. What was decided and not said yet is in the stored
outbox, so it is said by whoever comes next; what was said twice is taken once by notify.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from functions.adapters import aws
from functions.adapters.cloudwatch import Gauges
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.kinesis import records
from functions.adapters.sns import AlarmsTopic
from functions.core.counting.batch import Record
from functions.core.counting.partial import LARGEST_BYTES, Partial, decode
from functions.core.detection.journal import SNAPSHOT_EVERY, Restored
from functions.core.detection.state import Rules, State, initial, under
from functions.core.detection.step import Delta, step
from functions.core.errors import StateConflict, Transient
from functions.core.monitoring.metrics import gauges
from functions.core.troubles.incident import Announcement
from functions.settings import DetectSettings

logger = Logger()


class JournalStore(Protocol):
    def load(self, initial: State, rules: Rules) -> Restored: ...
    def append(self, delta: Delta, state: State) -> None: ...
    def write_snapshot(self, state: State) -> None: ...


class Announcer(Protocol):
    def announce(self, announcement: Announcement) -> None: ...


class GaugeSink(Protocol):
    def put(self, values: Mapping[str, float], at_second: int) -> None: ...


@dataclass
class DetectFunction:
    """`state` is what this container knows; another container may know more, and then wins."""

    journal: JournalStore
    alarms: Announcer
    metrics: GaugeSink
    rules: Rules
    publish_seconds: int
    state: State | None = None
    told: set[str] = field(default_factory=set)
    published_at: int = 0
    just_loaded: bool = False

    def __call__(self, batch: Sequence[Record], now_ms: int) -> None:
        """Count the batch of partials. Raises Transient: then Lambda brings it again."""
        for group in _groups(batch):
            self._step([decode(record.data) for record in group], now_ms)

    def _step(self, partials: Sequence[Partial], now_ms: int) -> None:
        state = self.state or self._load()
        after, delta = step(state, partials, self.rules, frozenset(self.told))
        if delta.positions or self.told:
            try:
                self.journal.append(delta, after)
            except StateConflict:
                self.state = None
                raise
            self.told.clear()
            self.state = after
            if self.just_loaded or after.version % SNAPSHOT_EVERY == 0:
                self.journal.write_snapshot(after)
                self.just_loaded = False
        else:
            after = state
        self._say(after)
        self._publish(after, now_ms)

    def _load(self) -> State:
        state, lost = self.journal.load(initial(self.rules), self.rules)
        if lost is not None:
            logger.error(
                "steps that are stored could not be read, and what they counted is not known",
                steps=lost.steps,
                versions=(lost.first, lost.last),
                clock=(lost.since, lost.until),
            )
        logger.info("state restored", version=state.version, clock=state.window.clock)
        self.state = under(state, self.rules)
        # Steps that this release cannot read lie before what it writes: nobody may restore from them.
        self.just_loaded = True
        return self.state

    def _say(self, state: State) -> None:
        for announcement in state.outbox:
            if announcement.key not in self.told:
                self.alarms.announce(announcement)
                self.told.add(announcement.key)
                logger.warning(
                    "incident",
                    id=announcement.incident.id,
                    transition=announcement.transition,
                    slice=announcement.incident.slice,
                    severity=announcement.incident.severity,
                )

    def _publish(self, state: State, now_ms: int) -> None:
        clock = state.window.clock
        if clock - self.published_at < self.publish_seconds:
            return
        try:
            self.metrics.put(gauges(state.window, state.score, state.newest_ms, now_ms), clock)
        except Transient as error:
            # Counting and paging go on without CloudWatch; missing gauges have an alarm: NoTraffic.
            logger.warning("gauges were not published", error=str(error))
        else:
            self.published_at = clock


def _groups(batch: Sequence[Record]) -> Iterator[list[Record]]:
    """The batch in runs whose bytes fit into one step of the journal, in order."""
    group: list[Record] = []
    size = 0
    for record in batch:
        if group and size + len(record.data) > LARGEST_BYTES:
            yield group
            group, size = [], 0
        group.append(record)
        size += len(record.data)
    if group:
        yield group


@cache
def _function() -> DetectFunction:
    settings = DetectSettings.from_env(os.environ)
    return DetectFunction(
        journal=Journal(aws.client("dynamodb"), settings.state_table),
        alarms=AlarmsTopic(aws.client("sns"), settings.alarms_topic_arn),
        metrics=Gauges(aws.client("cloudwatch"), settings.namespace),
        rules=settings.rules,
        publish_seconds=settings.publish_seconds,
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(records(event), time.time_ns() // 1_000_000)
