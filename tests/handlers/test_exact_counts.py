"""The promise of exact counts, against every way in which a stream can come twice.

The world here is smaller than AWS and crueller: readers crash before or after each single write, a
write may land although its writer saw it fail, and land late; batches come again with other ends;
a second reader of the same shard may run in between any two calls of the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial as partial_of
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting
from functions.core.counting.counts import payments
from functions.core.counting.ledger import Ledger
from functions.core.counting.partial import Partial, encode
from functions.core.counting.record import Record
from functions.core.counting.slices import ALL
from functions.core.detection.state import Rules
from functions.core.errors import PaywatchError
from functions.handlers.detect_function import DetectFunction
from functions.handlers.tally_function import TallyFunction
from tests.fakes import FakeAlarmsTopic, FakeGauges, FakeJournal, FakeLedgers, FakeQuarantine

START = 1_760_000_000
COUNTING = Counting(knowledge=load(), slicing=(("issuer",),))
RULES = Rules(lateness=100_000)
FIRST_SEQUENCE = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000


class Crash(Exception):
    """The invocation ends here: a time-out, an error, a lost connection."""


def shard_of(number: int) -> str:
    return f"shardId-{number:012d}"


def records_of(shard: int, events: Sequence[int]) -> list[Record]:
    """One record for each event: its second, or a malformed one for a negative number."""
    return [
        Record(
            shard=shard_of(shard),
            sequence_number=str(FIRST_SEQUENCE + 7 * index),
            arrived_ms=(START + index) * 1000,
            data=(
                b"{broken"
                if second < 0
                else (
                    f'{{"transaction_id":"{shard}-{index}","payment_status":"FAIL","issuer":"A",'
                    f'"timestamp":{START + second}}}'
                ).encode()
            ),
        )
        for index, second in enumerate(events)
    ]


@dataclass
class World:
    """The services, with a fate for every call: what happens at it, drawn by hypothesis."""

    fates: list[str]
    ledgers: FakeLedgers = field(default_factory=FakeLedgers)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    journal: FakeJournal = field(default_factory=FakeJournal)
    stream: list[Partial] = field(default_factory=list)
    in_flight: list[Partial] = field(default_factory=list)
    interloper: Callable[[], None] | None = None
    calm: bool = False
    depth: int = 0

    def call(self, effect: Callable[[], Any], late: Callable[[], Any] | None = None) -> Any:
        """Make one call to a service as its fate is."""
        fate = "well" if self.calm or not self.fates else self.fates.pop()
        if fate == "crash before":
            raise Crash
        if fate == "intrude" and self.interloper and self.depth < 2:
            self.depth += 1
            try:
                self.interloper()
            finally:
                self.depth -= 1
        if fate == "land late" and late is not None:
            late()
            raise Crash
        if fate == "landing" and self.in_flight:
            self.stream.append(self.in_flight.pop(0))
        result = effect()
        if fate == "crash after":
            raise Crash
        return result

    def read(self, shard: str) -> Ledger:
        ledger: Ledger = self.call(lambda: self.ledgers.read(shard))
        return ledger

    def write(self, shard: str, ledger: Ledger) -> None:
        self.call(lambda: self.ledgers.write(shard, ledger))

    def park(self, parked: Any) -> None:
        self.call(lambda: self.quarantine.park(parked))

    def send(self, partials: Sequence[Partial]) -> None:
        for partial in partials:
            self.call(
                partial_of(self.stream.append, partial), partial_of(self.in_flight.append, partial)
            )

    def load(self, initial: Any, rules: Any) -> Any:
        return self.call(lambda: self.journal.load(initial, rules))

    def append(self, delta: Any, state: Any) -> None:
        self.call(lambda: self.journal.append(delta, state))

    def write_snapshot(self, state: Any) -> None:
        self.call(lambda: self.journal.write_snapshot(state))


@dataclass
class Reader:
    """Lambda's poller of one shard: delivers from its own position, goes on after success."""

    world: World
    records: list[Record]
    checkpoint: int = 0

    def deliver(self, size: int) -> None:
        start = self.checkpoint
        batch = self.records[start : start + size]
        if not batch:
            return
        world = self.world
        try:
            TallyFunction(world, world, world, COUNTING)(batch)
        except (Crash, PaywatchError):
            return
        self.checkpoint = max(self.checkpoint, start + len(batch))


@dataclass
class Detectors:
    """detect's containers: each keeps its own state in memory, and may be a late one."""

    world: World
    checkpoint: int = 0
    containers: list[DetectFunction] = field(default_factory=list)

    def deliver(self, container: int, size: int, back: int) -> None:
        start = max(0, self.checkpoint - back)
        partials = self.world.stream[start : start + size]
        if not partials:
            return
        batch = [
            Record("shardId-000000000000", str(start + index), partial.arrived_ms, encode(partial))
            for index, partial in enumerate(partials)
        ]
        while len(self.containers) <= container:
            self.containers.append(
                DetectFunction(self.world, FakeAlarmsTopic(), FakeGauges(), RULES, 5)
            )
        try:
            self.containers[container](batch, 0)
        except (Crash, PaywatchError):
            if self.world.fates[-1:] == ["crash after"]:
                self.containers.pop(container)
            return
        self.checkpoint = max(self.checkpoint, start + len(partials))


FATES = st.sampled_from(
    ["well"] * 6 + ["crash before", "crash after", "land late", "landing", "intrude", "intrude"]
)
EVENTS = st.lists(st.integers(-1, 9), min_size=1, max_size=14)
SIZES = st.integers(1, 8)
ACTION = st.one_of(
    st.tuples(st.just("deliver"), st.integers(0, 1), SIZES),
    st.tuples(st.just("new reader"), st.integers(0, 1), st.integers(0, 5)),
    st.tuples(st.just("zombie"), st.integers(0, 1), SIZES),
    st.tuples(st.just("landing"), st.just(0), st.just(0)),
    st.tuples(st.just("detect"), st.integers(0, 1), SIZES),
    st.tuples(st.just("detect again"), st.integers(0, 1), SIZES),
)


def in_turn(*fates: str) -> list[str]:
    """Fates are taken from the end."""
    return list(reversed(fates))


@settings(max_examples=2500, deadline=None)
@example(  # another reader cuts inside of the batch just before it is sent
    shards=[[0, 0, 0]],
    fates=in_turn("well", "well", "well", "intrude"),
    actions=[("deliver", 0, 3)],
    intrusions=[(0, 1)],
)
@example(  # a longer retry is cut off after its boundary is written: the first one still counts
    shards=[[0, 0, 0]],
    fates=in_turn("well", "well", "well", "crash after", "well", "well", "crash after"),
    actions=[("deliver", 0, 2), ("deliver", 0, 3)],
    intrusions=[],
)
@example(  # a write that seemed to fail lands after its batch was bisected and sent
    shards=[[0, 1, 2, 3]],
    fates=in_turn("well", "well", "well", "land late", "well", "well", "well", "well", "landing"),
    actions=[("deliver", 0, 4), ("deliver", 0, 2), ("deliver", 0, 2)],
    intrusions=[],
)
@example(  # another reader cuts inside of the first of two partials while both are being sent
    shards=[[0, 0, 0]],
    fates=in_turn(
        "crash before", "intrude", "well", "well", "well", "crash before", "well", "well", "intrude"
    ),
    actions=[("deliver", 0, 1), ("deliver", 0, 3)],
    intrusions=[(0, 1), (0, 2)],
)
@given(
    shards=st.lists(EVENTS, min_size=1, max_size=2),
    fates=st.lists(FATES, max_size=120),
    actions=st.lists(ACTION, max_size=40),
    intrusions=st.lists(st.tuples(st.integers(0, 1), SIZES), max_size=30),
)
def test_whatever_comes_twice_every_payment_is_counted_once(
    shards: list[list[int]],
    fates: list[str],
    actions: list[tuple[str, int, int]],
    intrusions: list[tuple[int, int]],
) -> None:
    world = World(fates)
    live = [Reader(world, records_of(number, events)) for number, events in enumerate(shards)]
    zombies = [Reader(world, reader.records) for reader in live]
    detectors = Detectors(world)

    def intrude() -> None:
        if intrusions:
            shard, size = intrusions.pop()
            zombies[shard % len(zombies)].deliver(size)

    world.interloper = intrude
    for action, which, number in actions:
        shard = which % len(live)
        if action == "deliver":
            live[shard].deliver(number)
        elif action == "zombie":
            zombies[shard].deliver(number)
        elif action == "new reader":
            # The lease moves: the old reader lives on as a zombie, the new one starts from a
            # checkpoint that may lag behind what the old one has done.
            zombies[shard] = live[shard]
            lagging = max(0, live[shard].checkpoint - number)
            live[shard] = Reader(world, live[shard].records, lagging)
        elif action == "landing" and world.in_flight:
            world.stream.append(world.in_flight.pop(0))
        elif action == "detect":
            detectors.deliver(which, number, 0)
        elif action == "detect again":
            detectors.deliver(which, number, number)

    world.calm = True
    for reader in live:
        while reader.checkpoint < len(reader.records):
            reader.deliver(3)
    world.stream.extend(world.in_flight)
    final = Detectors(world)
    while final.checkpoint < len(world.stream):
        final.deliver(0, 4, 0)

    truth = Counter(START + second for events in shards for second in events if second >= 0)
    malformed = sum(second < 0 for events in shards for second in events)
    state = final.containers[0].state
    assert state is not None
    counted = {
        second: payments(bucket.slices[ALL])
        for second, bucket in state.window.seconds.items()
        if ALL in bucket.slices
    }
    assert counted == dict(truth)
    assert state.totals.payments == sum(truth.values())
    assert state.totals.parked == malformed
    assert len(world.quarantine.objects) == malformed
