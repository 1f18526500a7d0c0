"""detect's state as bytes: a snapshot now and then, a delta for every step in between.

The first byte says which format follows, so that a format of another release is known as such and
state is rebuilt rather than misread.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from functions.core.detector import Delta, State, replay
from functions.core.incident import Incident
from functions.core.slices import ALL
from functions.core.tally import attempts, events

FORMAT: Final = 1
SNAPSHOT_EVERY: Final = 120
"""Steps between snapshots: what a cold start replays at most."""
LARGEST_CHUNK: Final = 350_000
"""Bytes of one stored piece; a DynamoDB item holds 400 KB."""

_Stored = TypeVar("_Stored", State, Delta)
_encoder: Final = msgspec.msgpack.Encoder()


class UnknownFormat(ValueError):
    """Bytes that another release of Paywatch wrote."""


def encode(stored: State | Delta) -> bytes:
    return bytes((FORMAT,)) + zlib.compress(_encoder.encode(stored), 3)


def decode(data: bytes, kind: type[_Stored]) -> _Stored:
    """Raises UnknownFormat for bytes that this release did not write."""
    if not data or data[0] != FORMAT:
        raise UnknownFormat(f"format {data[0] if data else 'none'}, known: {FORMAT}")
    try:
        return msgspec.msgpack.decode(zlib.decompress(data[1:]), type=kind)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise UnknownFormat(f"{kind.__name__} cannot be read: {error}") from None


def chunks(data: bytes) -> list[bytes]:
    """The bytes in pieces that an item can hold; at least one."""
    return [data[at : at + LARGEST_CHUNK] for at in range(0, len(data), LARGEST_CHUNK)] or [b""]


def restore(snapshot: State, deltas: Iterable[Delta]) -> State:
    """The state after the deltas that follow the snapshot, up to the first gap in versions."""
    state = snapshot
    for delta in deltas:
        if delta.version != state.version + 1:
            break
        state = replay(state, delta)
    return state


class Head(msgspec.Struct, frozen=True):
    """The newest step in brief, for whoever reads and does not detect. `incidents` are suspected
    or open."""

    version: int = 0
    clock: int = 0
    payments: int = 0
    late: int = 0
    parked: int = 0
    attempts: int = 0
    failed: int = 0
    score: float = 0.0
    incidents: tuple[Incident, ...] = ()


def head(state: State) -> Head:
    """attempts and failed are those of the window, the rest since the first record."""
    counts = state.window.sums.get(ALL)
    return Head(
        version=state.version,
        clock=state.window.clock,
        payments=state.totals.payments,
        late=state.totals.late,
        parked=state.totals.parked,
        attempts=attempts(counts) if counts else 0,
        failed=events(counts, "failed") if counts else 0,
        score=state.worst.score if state.worst else 0.0,
        incidents=tuple(incident for incident in state.incidents if not incident.closed_at),
    )
