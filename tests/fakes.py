"""The services in memory, as the handlers' ports see them. They can be told to fail at a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.core.counting.ledger import Ledger
from functions.core.counting.partial import Partial
from functions.core.counting.record import Record
from functions.core.detection.journal import Restored, decode_delta, decode_state, encode, restore
from functions.core.detection.state import Rules, State, head
from functions.core.detection.step import Delta
from functions.core.errors import Malformed, StateConflict
from functions.core.paging.desk import Desk
from functions.core.paging.page import Page
from functions.core.troubles.head import Head
from functions.core.troubles.incident import Announcement
from functions.core.troubles.markers import Marker
from functions.core.troubles.record import Note, TroubleRecord, noted


@dataclass
class FakeLedgers:
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    def read(self, shard: str) -> Ledger:
        return self.ledgers.get(shard, Ledger())

    def write(self, shard: str, ledger: Ledger) -> None:
        if self.read(shard).version != ledger.version - 1:
            raise StateConflict(shard)
        self.ledgers[shard] = ledger


@dataclass
class FakeTallies:
    partials: list[Partial] = field(default_factory=list)

    def send(self, partials: Sequence[Partial]) -> None:
        self.partials.extend(partials)


@dataclass
class FakeQuarantine:
    """Objects by name, as in S3: parking a record again writes over it."""

    objects: dict[tuple[str, str], list[Malformed]] = field(default_factory=dict)

    def park(self, parked: Sequence[tuple[Record, Sequence[Malformed]]]) -> None:
        for record, refused in parked:
            self.objects[record.shard, record.sequence_number] = list(refused)


@dataclass
class FakeJournal:
    """Keeps bytes, so that what is read is what would be stored."""

    deltas: list[bytes] = field(default_factory=list)
    snapshot: bytes = b""
    newest: Head = Head()

    def load(self, initial: State, rules: Rules) -> Restored:
        state = decode_state(self.snapshot) if self.snapshot else initial
        deltas = (decode_delta(data) for data in self.deltas[state.version :])
        before = (decode_delta(data) for data in reversed(self.deltas[: state.version]))
        return Restored(restore(state, deltas, rules, before))

    def append(self, delta: Delta, state: State) -> None:
        if len(self.deltas) != delta.version - 1:
            raise StateConflict(f"step {delta.version}")
        self.deltas.append(encode(delta))
        self.newest = head(state)

    def write_snapshot(self, state: State) -> None:
        self.snapshot = encode(state)

    def head(self) -> Head:
        return self.newest


@dataclass
class FakeAlarmsTopic:
    announced: list[Announcement] = field(default_factory=list)

    def announce(self, announcement: Announcement) -> None:
        self.announced.append(announcement)


@dataclass
class FakeGauges:
    published: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    def put(self, values: Mapping[str, float], at_second: int) -> None:
        self.published.append((at_second, dict(values)))


@dataclass
class FakeDesks:
    desk: Desk = Desk()
    version: int = 0

    def read(self) -> tuple[Desk, int]:
        return self.desk, self.version

    def write(self, desk: Desk, version: int) -> int:
        if version != self.version:
            raise StateConflict("desk")
        self.desk, self.version = desk, version + 1
        return self.version


@dataclass
class FakeOncall:
    pages: list[Page] = field(default_factory=list)

    def send(self, page: Page) -> None:
        self.pages.append(page)


@dataclass
class FakeRecords:
    records: dict[str, TroubleRecord] = field(default_factory=dict)
    conflicts: int = 0

    def note(self, note: Note) -> bool:
        if self.conflicts:
            self.conflicts -= 1
            raise StateConflict("record")
        if note.id not in self.records and not note.rule:
            return False
        self.records[note.id] = noted(self.records.get(note.id), note)
        return True


@dataclass
class FakeMarkers:
    markers: list[Marker] = field(default_factory=list)

    def add(self, marker: Marker) -> None:
        self.markers.append(marker)

    def between(self, start: int, until: int) -> list[Marker]:
        return [marker for marker in self.markers if start <= marker.at <= until]
