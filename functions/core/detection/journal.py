"""detect's state as bytes: a snapshot now and then, a delta for every step in between.

The first byte says which format follows. This release reads its own format and that of the release
before it; what it cannot read it passes over, and says so (docs/decisions/0022).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec

from functions.core.counting.window import summed
from functions.core.counting.wire import Wire
from functions.core.detection.baseline import restored
from functions.core.detection.normals import Memory
from functions.core.detection.remembered import MOST_MARKS, as_of, with_seen
from functions.core.detection.state import Rules, State
from functions.core.detection.step import Delta, passed_over, replay
from functions.core.detection.tracker import hot

FORMAT: Final = 4
"""Raised when what was stored before would be misread, or lost in silence by whoever knows less. A
new field that has a default needs no new format."""
READ: Final = frozenset((3, FORMAT))
"""The formats that are read: this release's, and that of release 0.2.0, the first that any release wrote.
Of format 3 the hours, which had what was held back in them, are taken as they are: what one incident left
there is no majority of the days. What format 4 adds begins empty: the held hours, and how far normal
had moved."""
SNAPSHOT_EVERY: Final = 120
"""Steps between snapshots: what a cold start replays at most."""
LARGEST_CHUNK: Final = 350_000
"""Bytes of one stored piece; a DynamoDB item holds 400 KB."""


class UnknownFormat(ValueError):
    """Bytes that this release cannot read: another one wrote them, or they are damaged."""


class Lost(msgspec.Struct, frozen=True):
    """Stored steps that could not be read: the versions `first` to `last`, which the clock was in
    from second `since` to `until`; 0 where that is not known, as when nothing can be read."""

    first: int
    last: int
    since: int
    until: int

    @property
    def steps(self) -> int:
        return self.last - self.first + 1


class Restored(NamedTuple):
    """The newest state that can be read, at a version above all that is stored, and what it lacks."""

    state: State
    lost: Lost | None = None


_state: Final = Wire(State)
_delta: Final = Wire(Delta)
_Stored = TypeVar("_Stored", State, Delta)


def encode(stored: State | Delta) -> bytes:
    data = _delta.encode(stored) if isinstance(stored, Delta) else _state.encode(stored)
    return bytes((FORMAT,)) + zlib.compress(data, 3)


def decode_state(data: bytes, rules: Rules = Rules()) -> State:
    """Raises UnknownFormat."""
    state = _decoded(_state, data)
    tracker = msgspec.structs.replace(
        state.tracker,
        baseline=restored(state.tracker.baseline),
        hot=hot(state.tracker.evidence, state.tracker.needed, rules.tuning.evidence),
    )
    return msgspec.structs.replace(state, window=summed(state.window), tracker=tracker)


def decode_delta(data: bytes) -> Delta:
    """Raises UnknownFormat."""
    return _decoded(_delta, data)


def _decoded(wire: Wire[_Stored], data: bytes) -> _Stored:
    if not data or data[0] not in READ:
        raise UnknownFormat(
            f"format {data[0] if data else 'none'}, known: {', '.join(map(str, sorted(READ)))}"
        )
    try:
        return wire.decode(zlib.decompress(data[1:]))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise UnknownFormat(f"what is stored cannot be read: {error}") from None


def chunks(data: bytes) -> list[bytes]:
    """The bytes in pieces that an item can hold; at least one."""
    return [data[at : at + LARGEST_CHUNK] for at in range(0, len(data), LARGEST_CHUNK)] or [b""]


def restore(
    snapshot: State, deltas: Iterable[Delta], rules: Rules, before: Iterable[Delta] = ()
) -> State:
    """The state after the deltas that follow the snapshot, up to the first gap in versions. before: those
    that led to the snapshot in the last REMEMBERED_SECONDS, the newest first: by them payments are known."""
    state, memory = _knowing(snapshot, before), Memory()
    for delta in deltas:
        if delta.version != state.version + 1:
            break
        state = replay(state, delta, rules, memory)
    return state


def _knowing(snapshot: State, before: Iterable[Delta]) -> State:
    """The snapshot with what is known of payments, as far back as the steps before it are there, and no
    further than can be remembered."""
    steps: list[Delta] = []
    marks = 0
    for delta in before:
        if delta.version != snapshot.version - len(steps):
            break
        steps.append(delta)
        marks += sum(arrival.seen.marks for arrival in delta.arrivals)
        if marks > MOST_MARKS:
            break
    known = snapshot.remembered
    for delta in reversed(steps):
        for arrival in delta.arrivals:
            known = with_seen(known, arrival.seen)
    return msgspec.structs.replace(snapshot, remembered=as_of(known, snapshot.window.clock))


def resumed(state: State, newest: int, clock: int, rules: Rules) -> Restored:
    """What is gone on with, when steps up to version `newest`, at second `clock`, are stored and
    cannot be read after `state`."""
    if newest <= state.version:
        return Restored(state)
    lost = Lost(state.version + 1, newest, state.window.clock, clock)
    return Restored(passed_over(state, newest, clock, rules), lost)
