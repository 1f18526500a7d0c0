"""detect's state as bytes: a snapshot now and then, a delta for every step in between.

The first byte says which format follows, so that a format of another release is known as such and
state is rebuilt rather than misread.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from functions.core.counting.counts import Counts, from_bytes, to_bytes
from functions.core.counting.harm import Example, Harm, Money
from functions.core.counting.partial import Position
from functions.core.counting.tally import Tally, Wire, from_wire, to_wire
from functions.core.counting.unknown_codes import UnknownCode
from functions.core.counting.window import Window, summed
from functions.core.detection.baseline import Baseline, Cell, Past, restored
from functions.core.detection.evidence import Trail
from functions.core.detection.flow import Flow
from functions.core.detection.state import Rules, State, Totals
from functions.core.detection.step import CountedPartial, Delta, replay
from functions.core.detection.tracker import Tracker, hot
from functions.core.troubles.incident import Announcement
from functions.core.troubles.life import Followed
from functions.core.troubles.severity import Verdict

FORMAT: Final = 2
SNAPSHOT_EVERY: Final = 120
"""Steps between snapshots: what a cold start replays at most."""
LARGEST_CHUNK: Final = 350_000
"""Bytes of one stored piece; a DynamoDB item holds 400 KB."""

Packed = dict[str, bytes]
"""Slice → counts."""


class UnknownFormat(ValueError):
    """Bytes that another release of Paywatch wrote."""


class _Arrival(msgspec.Struct, array_like=True):
    arrived_ms: int
    newest_ms: int
    counted: Wire


class _Delta(msgspec.Struct, array_like=True):
    version: int
    arrivals: list[_Arrival]
    positions: dict[str, Position]
    totals: Totals
    followed: tuple[Followed, ...]
    outbox: tuple[Announcement, ...]


class _Cell(msgspec.Struct, array_like=True):
    start: int
    end: int
    counts: Packed
    absorbed: bool
    held: list[str]
    mixed: bool


class _State(msgspec.Struct):
    """A State without what follows from the rest: sums, and what is normal."""

    version: int
    positions: dict[str, Position]
    clock: int
    width: int
    lateness: int
    seconds: Wire
    began: int
    folded: int
    cells: list[_Cell]
    past: dict[str, Past]
    hours: dict[str, dict[int, bytes]]
    dispersion: list[dict[str, float]]
    known: dict[str, int]
    current: Packed
    trails: list[dict[str, Trail]]
    events: int
    events_a_second: float
    needed: float
    totals: Totals
    worst: Verdict | None
    followed: tuple[Followed, ...]
    learning: bool
    excused: dict[str, int]
    flow: Flow
    outbox: tuple[Announcement, ...]
    newest_ms: int
    harm: dict[str, _Harm] = msgspec.field(default_factory=dict)
    unknown: dict[str, UnknownCode] = msgspec.field(default_factory=dict)


class _Harm(msgspec.Struct, array_like=True):
    counts: bytes
    money: Money
    examples: tuple[Example, ...]


class _First(msgspec.Struct):
    """What is taken over of a State of format 1. Its counts have no causes by status, and it knows
    no baseline, so it learns anew. The steps after it are not read: Lambda goes on behind them."""

    version: int
    positions: dict[str, Position]
    window: _FirstWindow
    totals: Totals
    newest_ms: int


class _FirstWindow(msgspec.Struct):
    width: int
    lateness: int
    clock: int


def encode(stored: State | Delta) -> bytes:
    wire = _packed_delta(stored) if isinstance(stored, Delta) else _packed_state(stored)
    return bytes((FORMAT,)) + zlib.compress(_encoder.encode(wire), 3)


def decode_state(data: bytes) -> State:
    """Reads this format and the one before. Raises UnknownFormat for any other bytes."""
    if data[:1] == b"\x01":
        first = _read(data, _First)
        window = Window(first.window.width, first.window.lateness, first.window.clock)
        return State(
            version=first.version,
            positions=first.positions,
            window=window,
            totals=first.totals,
            newest_ms=first.newest_ms,
        )
    return _state(_read(data, _State, FORMAT))


def decode_delta(data: bytes) -> Delta:
    """Raises UnknownFormat for bytes that this release did not write."""
    read = _read(data, _Delta, FORMAT)
    arrivals = (
        CountedPartial(a.arrived_ms, a.newest_ms, from_wire(a.counted)) for a in read.arrivals
    )
    return Delta(
        read.version, tuple(arrivals), read.positions, read.totals, read.followed, read.outbox
    )


_encoder: Final = msgspec.msgpack.Encoder()
_Read = TypeVar("_Read", _State, _Delta, _First)


def _read(data: bytes, kind: type[_Read], format_: int = 1) -> _Read:
    if not data or data[0] != format_:
        raise UnknownFormat(f"format {data[0] if data else 'none'}, known: {FORMAT}")
    try:
        return msgspec.msgpack.decode(zlib.decompress(data[1:]), type=kind)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise UnknownFormat(f"{kind.__name__.strip('_')} cannot be read: {error}") from None


def _packed_delta(delta: Delta) -> _Delta:
    return _Delta(
        delta.version,
        [_Arrival(a.arrived_ms, a.newest_ms, to_wire(a.counted)) for a in delta.arrivals],
        delta.positions,
        delta.totals,
        delta.followed,
        delta.outbox,
    )


def _packed_state(state: State) -> _State:
    window, tracker = state.window, state.tracker
    baseline = tracker.baseline
    return _State(
        version=state.version,
        positions=state.positions,
        clock=window.clock,
        width=window.width,
        lateness=window.lateness,
        seconds=to_wire(Tally(dict(window.seconds))),
        began=tracker.began,
        folded=baseline.folded,
        cells=[
            _Cell(
                cell.start,
                cell.end,
                _pack(cell.counts),
                cell.absorbed,
                sorted(cell.held),
                cell.mixed,
            )
            for cell in baseline.cells
        ],
        past=dict(baseline.past),
        hours={
            key: {hour: to_bytes(counts) for hour, counts in by_hour.items()}
            for key, by_hour in baseline.hours.items()
        },
        dispersion=[dict(by_slice) for by_slice in baseline.dispersion],
        known=dict(tracker.known),
        current=_pack(tracker.current),
        trails=[dict(by_slice) for by_slice in tracker.trails],
        events=tracker.events,
        events_a_second=tracker.events_a_second,
        needed=tracker.needed,
        totals=state.totals,
        worst=state.worst,
        followed=state.followed,
        harm={
            key: _Harm(to_bytes(harm.counts), harm.money, harm.examples)
            for key, harm in state.came.items()
        },
        unknown=state.unknown,
        learning=state.learning,
        excused=state.excused,
        flow=state.flow,
        outbox=state.outbox,
        newest_ms=state.newest_ms,
    )


def _state(read: _State) -> State:
    window = Window(read.width, read.lateness, read.clock, seconds=from_wire(read.seconds).seconds)
    cells = tuple(
        Cell(
            cell.start,
            cell.end,
            _unpack(cell.counts),
            cell.absorbed,
            frozenset(cell.held),
            cell.mixed,
        )
        for cell in read.cells
    )
    return State(
        version=read.version,
        positions=read.positions,
        window=summed(window),
        tracker=Tracker(
            began=read.began,
            baseline=restored(
                Baseline(
                    read.folded,
                    cells,
                    past=read.past,
                    hours={
                        key: {hour: from_bytes(data) for hour, data in by_hour.items()}
                        for key, by_hour in read.hours.items()
                    },
                    dispersion=tuple(read.dispersion),
                )
            ),
            known=read.known,
            current=_unpack(read.current),
            trails=tuple(read.trails),
            hot=hot(read.trails, read.needed),
            events=read.events,
            events_a_second=read.events_a_second,
            needed=read.needed,
        ),
        totals=read.totals,
        worst=read.worst,
        followed=read.followed,
        came={
            key: Harm(from_bytes(harm.counts), harm.money, harm.examples)
            for key, harm in read.harm.items()
        },
        unknown=read.unknown,
        learning=read.learning,
        excused=read.excused,
        flow=read.flow,
        outbox=read.outbox,
        newest_ms=read.newest_ms,
    )


def _pack(counts: Mapping[str, Counts]) -> Packed:
    return {key: to_bytes(value) for key, value in counts.items()}


def _unpack(packed: Packed) -> dict[str, Counts]:
    return {key: from_bytes(data) for key, data in packed.items()}


def chunks(data: bytes) -> list[bytes]:
    """The bytes in pieces that an item can hold; at least one."""
    return [data[at : at + LARGEST_CHUNK] for at in range(0, len(data), LARGEST_CHUNK)] or [b""]


def restore(snapshot: State, deltas: Iterable[Delta], rules: Rules) -> State:
    """The state after the deltas that follow the snapshot, up to the first gap in versions."""
    state = snapshot
    for delta in deltas:
        if delta.version != state.version + 1:
            break
        state = replay(state, delta, rules)
    return state
