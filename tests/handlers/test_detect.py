"""detect: the state is stored before anything is said, and what was decided is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from functions.core.counting.partial import LARGEST_BYTES, Partial, encode
from functions.core.counting.record import Record
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.journal import SNAPSHOT_EVERY, Restored, decode_state, resumed
from functions.core.detection.state import Rules, State
from functions.core.detection.step import Delta
from functions.core.errors import StateConflict, Transient
from functions.core.monitoring.metrics import METRICS
from functions.core.troubles.incident import OPENED, Announcement
from functions.handlers.detect_function import DetectFunction
from tests.builders import NOW, approved, partial
from tests.fakes import FakeAlarmsTopic, FakeGauges, FakeJournal
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
OUTAGE = list(Traffic(rate=60, faults=(Fault({"issuer": "HDFC"}, 0.9, start=50),))(70))


def records(partials: Sequence[Partial]) -> list[Record]:
    return [
        Record("shardId-000000000000", str(number), item.arrived_ms, encode(item))
        for number, item in enumerate(partials)
    ]


@dataclass
class Failing(FakeAlarmsTopic):
    failures: int = 0

    def announce(self, announcement: Announcement) -> None:
        if self.failures:
            self.failures -= 1
            raise Transient("no SNS")
        super().announce(announcement)


@dataclass
class FailingGauges(FakeGauges):
    failures: int = 0

    def put(self, values: Mapping[str, float], at_second: int) -> None:
        if self.failures:
            self.failures -= 1
            raise Transient("no CloudWatch")
        super().put(values, at_second)


@dataclass
class World:
    """The services, and as many containers of detect as a test wants."""

    journal: FakeJournal = field(default_factory=FakeJournal)
    alarms: FakeAlarmsTopic = field(default_factory=FakeAlarmsTopic)
    gauges: FakeGauges = field(default_factory=FakeGauges)

    def container(self) -> DetectFunction:
        return DetectFunction(self.journal, self.alarms, self.gauges, RULES, 5)

    def said(self) -> list[str]:
        return [item.transition for item in self.alarms.announced]


def test_an_incident_is_announced_once_in_good_weather() -> None:
    world = World()
    detect = world.container()
    for item in OUTAGE:
        detect(records([item]), 0)
    assert world.said() == [OPENED]


def test_what_was_decided_is_stored_before_it_is_said() -> None:
    @dataclass
    class Listening(FakeAlarmsTopic):
        journal: FakeJournal = field(default_factory=FakeJournal)

        def announce(self, announcement: Announcement) -> None:
            stored = [incident.id for incident in self.journal.newest.incidents]
            assert announcement.incident.id in stored
            super().announce(announcement)

    journal = FakeJournal()
    world = World(journal, Listening(journal=journal))
    world.container()(records(OUTAGE), 0)
    assert world.said() == [OPENED]


def test_an_announcement_that_was_not_sent_is_sent_when_the_batch_comes_again() -> None:
    world = World(alarms=Failing(failures=1))
    detect = world.container()
    with pytest.raises(Transient):
        detect(records(OUTAGE), 0)
    detect(records(OUTAGE), 0)
    assert world.said() == [OPENED]


def test_an_announcement_is_sent_by_a_new_container_when_the_first_one_died() -> None:
    world = World(alarms=Failing(failures=1))
    with pytest.raises(Transient):
        world.container()(records(OUTAGE), 0)
    world.container()(records(OUTAGE), 0)
    assert world.said() == [OPENED]


def test_what_was_said_leaves_the_stored_outbox_with_the_next_step() -> None:
    world = World()
    detect = world.container()
    detect(records(OUTAGE), 0)
    detect(records([partial(99, second=NOW + 71)]), 0)
    assert detect.state is not None
    assert detect.state.outbox == ()


def test_another_container_that_wrote_first_is_read_and_nothing_is_counted_twice() -> None:
    world = World()
    first, second = world.container(), world.container()
    first(records([partial(1, approved(NOW, 1))]), 0)
    second(records([partial(2, approved(NOW, 2))]), 0)
    with pytest.raises(StateConflict):
        first(records([partial(3, approved(NOW, 4))]), 0)
    first(records([partial(3, approved(NOW, 4))]), 0)
    assert world.journal.newest.payments == 7


def test_a_batch_that_comes_again_writes_nothing() -> None:
    world = World()
    detect = world.container()
    for _ in range(2):
        detect(records([partial(1, approved(NOW))]), 0)
    assert len(world.journal.deltas) == 1


def test_a_new_container_goes_on_where_the_last_one_was() -> None:
    world = World()
    for number in (1, 2, 3):
        world.container()(records([partial(number, approved(NOW))]), 0)
    assert world.journal.newest.payments == 3


def test_a_snapshot_is_written_every_so_many_steps() -> None:
    world = World()
    detect = world.container()
    for number in range(1, SNAPSHOT_EVERY + 3):
        detect(records([partial(number)]), 0)
    restored = world.container()
    restored(records([partial(999, approved(NOW))]), 0)
    assert world.journal.snapshot
    assert restored.state is not None
    assert restored.state.version == SNAPSHOT_EVERY + 3


def test_steps_that_could_not_be_read_are_said_and_a_snapshot_follows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @dataclass
    class PutBack(FakeJournal):
        def load(self, initial: State, rules: Rules) -> Restored:
            return resumed(initial, 3, NOW + 9, rules)

    journal = PutBack([b"", b"", b""])
    World(journal).container()(records([partial(1, approved(NOW + 10), NOW + 10)]), 0)
    [line] = [line for line in caplog.records if line.levelname == "ERROR"]
    told = vars(line)
    assert (told["steps"], told["versions"], told["clock"]) == (3, (1, 3), (0, NOW + 9))
    assert (len(journal.deltas), decode_state(journal.snapshot).version) == (4, 4)


def test_a_kind_of_fault_is_logged_when_it_did_not_come_for_a_day(
    caplog: pytest.LogCaptureFixture,
) -> None:
    detect = World().container()
    day = 86_400
    for number, second in enumerate((NOW, NOW + 9, NOW + 10 + day), 1):
        faulty = Tally()
        faulty.fault(second, ["amount: not a number"])
        detect(records([partial(number, faulty, second)]), 0)
    told = [vars(line) for line in caplog.records if "kind of fault" in line.getMessage()]
    assert [line["kind"] for line in told] == ["amount: not a number"] * 2


def test_gauges_are_published_at_most_so_often() -> None:
    world = World()
    detect = world.container()
    for second in range(12):
        detect(records([partial(second + 1, approved(NOW + second), NOW + second)]), 0)
    assert [at - NOW for at, _ in world.gauges.published] == [0, 5, 10]


def tick(number: int, second: int) -> Partial:
    return replace(partial(number, second=second), newest_ms=0)


def test_the_lag_is_told_once_with_the_age_when_counted_and_not_of_silence() -> None:
    world = World()
    detect = world.container()
    detect(records([partial(1, approved(NOW + 1), NOW + 1)]), (NOW + 2) * 1000)
    detect(records([partial(2, approved(NOW + 4), NOW + 4)]), (NOW + 7) * 1000)
    detect(records([tick(3, NOW + 58)]), (NOW + 58) * 1000)
    detect(records([tick(4, NOW + 118)]), (NOW + 118) * 1000)
    lags = [(at - NOW, values.get("EventLag")) for at, values in world.gauges.published]
    assert lags == [(1, 1.0), (58, 3.0), (118, None)]


def test_a_payment_just_after_a_tick_is_told_before_it_has_left_the_window() -> None:
    world = World()
    detect = world.container()
    for minute in range(0, 600, 60):
        detect(records([tick(2 * minute + 1, NOW + minute)]), (NOW + minute) * 1000)
        paid = partial(2 * minute + 2, approved(NOW + minute), NOW + minute + 1)
        detect(records([paid]), (NOW + minute + 1) * 1000)
    told = {at: values["Attempts"] for at, values in world.gauges.published}
    assert [told.get(NOW + minute + 1) for minute in range(0, 600, 60)] == [1.0] * 10


def test_the_lag_that_cloudwatch_did_not_take_is_told_later() -> None:
    world = World(gauges=FailingGauges(failures=1))
    detect = world.container()
    detect(records([partial(1, approved(NOW), NOW + 40)]), (NOW + 41) * 1000)
    detect(records([tick(2, NOW + 58)]), (NOW + 58) * 1000)
    [(_, values)] = world.gauges.published
    assert values["EventLag"] == 1.0


def test_gauges_are_those_of_the_fixed_set() -> None:
    world = World()
    world.container()(records(OUTAGE), (NOW + 70) * 1000)
    [(_, values)] = world.gauges.published
    assert set(values) <= set(METRICS)
    assert values["EventLag"] == pytest.approx(1.0)


def test_cloudwatch_out_of_order_keeps_nobody_from_counting_and_paging() -> None:
    world = World(gauges=FailingGauges(failures=1))
    detect = world.container()
    detect(records(OUTAGE), 0)
    assert world.said() == [OPENED]
    detect(records([partial(99, second=NOW + 71)]), 0)
    assert len(world.gauges.published) == 1


def test_a_batch_too_large_for_one_item_is_stored_in_several_steps() -> None:
    @dataclass
    class Sizes(FakeJournal):
        sizes: list[int] = field(default_factory=list)

        def append(self, delta: Delta, state: State) -> None:
            super().append(delta, state)
            self.sizes.append(len(self.deltas[-1]))

    batch = records([partial(number, approved(NOW)) for number in range(1, 9)])
    heavy = [
        Record(item.shard, item.sequence_number, item.arrived_ms, item.data + _padding(item.data))
        for item in batch
    ]
    world = World(journal=Sizes())
    world.container()(heavy, 0)
    assert len(world.journal.deltas) == 4
    assert world.journal.newest.payments == 8


def _padding(data: bytes) -> bytes:
    """What fills the record up to two fifths of a step; zlib ignores what follows its end."""
    return bytes(LARGEST_BYTES * 2 // 5 - len(data))
