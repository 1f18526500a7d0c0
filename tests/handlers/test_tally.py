"""tally: four writes in the order that makes the counts exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting
from functions.core.counting.ledger import Ledger
from functions.core.counting.partial import Partial
from functions.core.counting.record import TICK, Record
from functions.core.errors import Malformed, StateConflict, Transient
from functions.handlers.tally_function import TallyFunction
from tests.builders import SHARD, record
from tests.fakes import FakeLedgers, FakeQuarantine, FakeTallies

COUNTING = Counting(knowledge=load())


@dataclass
class World:
    """The services, writing down what they are asked; it ends at the call named `dies_at`."""

    ledgers: FakeLedgers = field(default_factory=FakeLedgers)
    tallies: FakeTallies = field(default_factory=FakeTallies)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    calls: list[str] = field(default_factory=list)
    dies_at: str = ""

    def _call(self, name: str) -> None:
        if name == self.dies_at:
            raise Transient(name)
        self.calls.append(name)

    def read(self, shard: str) -> Ledger:
        self._call("read")
        return self.ledgers.read(shard)

    def write(self, shard: str, ledger: Ledger) -> None:
        self._call("write")
        self.ledgers.write(shard, ledger)

    def send(self, partials: Sequence[Partial]) -> None:
        self._call("send")
        self.tallies.send(partials)

    def park(self, parked: Sequence[tuple[Record, Sequence[Malformed]]]) -> None:
        self._call("park")
        self.quarantine.park(parked)

    def tally(self, *batch: Record) -> None:
        TallyFunction(self, self, self, COUNTING)(batch)


def test_the_writes_come_in_the_order_that_keeps_counts_exact() -> None:
    world = World()
    world.tally(record(1), record(2, b"{broken"))
    assert world.calls == ["read", "park", "write", "send", "read"]


def test_nothing_is_sent_whose_end_is_not_written_ahead() -> None:
    world = World(dies_at="write")
    with pytest.raises(Transient):
        world.tally(record(1))
    assert world.tallies.partials == []


def test_nothing_is_sent_of_a_batch_whose_malformed_events_are_not_parked() -> None:
    world = World(dies_at="park")
    with pytest.raises(Transient):
        world.tally(record(1), record(2, b"{broken"))
    assert (world.ledgers.ledgers, world.tallies.partials) == ({}, [])


def test_a_batch_that_comes_again_is_sent_as_before_and_writes_no_ledger() -> None:
    world = World()
    world.tally(record(1), record(2))
    world.tally(record(1), record(2))
    first, second = world.tallies.partials
    assert first == second
    assert world.calls.count("write") == 1


def test_a_longer_batch_is_cut_where_the_shorter_one_ended() -> None:
    world = World()
    world.tally(record(1), record(2))
    world.tally(record(1), record(2), record(3))
    assert [(item.first, item.last) for item in world.tallies.partials[1:]] == [
        (record(1).sequence_number, record(2).sequence_number),
        (record(3).sequence_number, record(3).sequence_number),
    ]


def test_a_batch_during_which_another_reader_cut_the_shard_comes_again() -> None:
    @dataclass
    class Interrupted(World):
        def send(self, partials: Sequence[Partial]) -> None:
            super().send(partials)
            held = self.ledgers.read(SHARD)
            self.ledgers.write(SHARD, Ledger(held.version + 1, (1, *held.boundaries)))

    with pytest.raises(StateConflict, match=SHARD):
        Interrupted().tally(record(1))


def test_a_batch_of_ticks_alone_is_an_empty_partial_with_its_time() -> None:
    world = World()
    world.tally(record(1, TICK))
    [sent] = world.tallies.partials
    assert (sent.tally.seconds, sent.arrived_ms) == ({}, record(1).arrived_ms)
