"""What detect does with a batch of partials: step, store, say, publish, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from functions.core.counting.partial import Partial, decode, grouped
from functions.core.counting.record import Record
from functions.core.detection.journal import SNAPSHOT_EVERY
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, initial, under
from functions.core.detection.step import newest_counted, step
from functions.core.errors import StateConflict, Transient
from functions.core.monitoring.metrics import gauges
from functions.core.monitoring.publishing import Publishing, is_due, published, with_counted
from functions.core.texts import LONGEST_TEXT, cleaned
from functions.core.troubles.incident import as_named
from functions.handlers.ports import Announcer, GaugeSink, JournalStore

logger = Logger()


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
    memory: Memory = field(default_factory=Memory)
    publishing: Publishing = field(default_factory=Publishing)
    just_loaded: bool = False

    def __call__(self, batch: Sequence[Record], now_ms: int) -> None:
        """Count the batch of partials. Raises Transient: then Lambda brings it again."""
        for group in grouped(batch):
            self._step([decode(record.data) for record in group], now_ms)

    def _step(self, partials: Sequence[Partial], now_ms: int) -> None:
        state = self.state or self._load()
        after, delta = step(state, partials, self.rules, frozenset(self.told), self.memory)
        if delta.positions or self.told:
            try:
                self.journal.append(delta, after)
            except StateConflict:
                self.state = None
                raise
            self.told.clear()
            self.state = after
            newest_ms = newest_counted(state.totals, delta)
            self.publishing = with_counted(self.publishing, newest_ms, now_ms)
            _log_new_faults(state, after)
            if self.just_loaded or after.version % SNAPSHOT_EVERY == 0:
                self.journal.write_snapshot(after)
                self.just_loaded = False
        else:
            after = state
        self._say(after)
        self._publish(after)

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
                    slice=cleaned(as_named(announcement.incident).slice, LONGEST_TEXT),
                    severity=announcement.incident.severity,
                )

    def _publish(self, state: State) -> None:
        clock, new = state.window.clock, self.publishing
        if not is_due(new, clock, self.publish_seconds):
            return
        try:
            self.metrics.put(
                gauges(state.window, state.score, new.newest_ms, new.counted_ms, state.faults),
                clock,
            )
        except Transient as error:
            # Counting and paging go on without CloudWatch; missing gauges have an alarm: NoTraffic.
            logger.warning("gauges were not published", error=str(error))
        else:
            self.publishing = published(new, clock)


def _log_new_faults(before: State, after: State) -> None:
    """A kind of fault is told when it did not come for a day; how many there are, metrics say."""
    for kind, fault in after.faults.items():
        known = before.faults.get(kind)
        is_again = known is not None and fault.first > known.last
        if known is None or is_again:
            logger.warning("a new kind of fault in events", kind=kind, events=fault.events)
