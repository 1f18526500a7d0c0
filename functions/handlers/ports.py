"""What the functions need of the services around them: the shapes that adapters fill.

The names are for whoever reads and checks types; a function that has one port loads nothing of what
the others speak of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from functions.core.counting.ledger import Ledger
    from functions.core.counting.partial import Partial
    from functions.core.counting.record import Record
    from functions.core.detection.journal import Restored
    from functions.core.detection.state import Rules, State
    from functions.core.detection.step import Delta
    from functions.core.errors import Malformed
    from functions.core.paging.desk import Desk
    from functions.core.paging.page import Page
    from functions.core.troubles.head import Head
    from functions.core.troubles.incident import Announcement
    from functions.core.troubles.markers import Marker
    from functions.core.troubles.record import Note


class LedgerStore(Protocol):
    def read(self, shard: str) -> Ledger: ...
    def write(self, shard: str, ledger: Ledger) -> None: ...


class PartialSink(Protocol):
    def send(self, partials: Sequence[Partial]) -> None: ...


class ParkingPlace(Protocol):
    def park(self, parked: Sequence[tuple[Record, Sequence[Malformed]]]) -> None: ...


class JournalStore(Protocol):
    def load(self, initial: State, rules: Rules) -> Restored: ...
    def append(self, delta: Delta, state: State) -> None: ...
    def write_snapshot(self, state: State) -> None: ...


class Announcer(Protocol):
    def announce(self, announcement: Announcement) -> None: ...


class GaugeSink(Protocol):
    def put(self, values: Mapping[str, float], at_second: int) -> None: ...


class DeskStore(Protocol):
    def read(self) -> tuple[Desk, int]: ...
    def write(self, desk: Desk, version: int) -> int: ...


class HeadReader(Protocol):
    def head(self) -> Head: ...


class PageSink(Protocol):
    def send(self, page: Page) -> None: ...


class RecordStore(Protocol):
    def note(self, note: Note) -> bool: ...


class MarkerStore(Protocol):
    def add(self, marker: Marker) -> None: ...
    def between(self, start: int, until: int) -> list[Marker]: ...


class Channel(Protocol):
    def tell(self, page: Page, receives: int) -> str: ...
