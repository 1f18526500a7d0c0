"""detect's state as bytes."""

from __future__ import annotations

import zlib
from functools import partial as partial_of
from typing import Any

import msgspec
import pytest

from functions.core.counting.partial import Position, padded
from functions.core.counting.window import Window
from functions.core.detection.journal import (
    FORMAT,
    LARGEST_CHUNK,
    UnknownFormat,
    chunks,
    decode_delta,
    decode_state,
    encode,
    restore,
)
from functions.core.detection.state import Rules, State, Totals, initial
from functions.core.detection.step import Delta, step
from functions.core.detection.tracker import Budget
from functions.core.troubles.incident import CLOSED, OPENED
from tests.builders import FIRST_SEQUENCE, NOW, SHARD, approved, partial
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
OUTAGE = Fault({"issuer": "HDFC"}, 0.9, start=50, end=80)


def history(seconds: int) -> tuple[State, list[Delta]]:
    """The state after so many seconds with an outage in them, and the deltas that led there."""
    state, deltas = initial(RULES), []
    for coming in Traffic(rate=40, faults=(OUTAGE,))(seconds):
        state, delta = step(state, [coming], RULES)
        deltas.append(delta)
    return state, deltas


STATE, DELTAS = history(70)
LATER, _ = history(200)
restored = partial_of(restore, rules=RULES)


def test_a_state_comes_back_from_its_bytes() -> None:
    assert STATE.incidents
    assert STATE.tracker.hot
    assert STATE.worst
    assert decode_state(encode(STATE)) == STATE


def test_a_state_comes_back_from_its_bytes_when_its_incident_is_over() -> None:
    assert [item.transition for item in LATER.outbox] == [OPENED, CLOSED]
    assert LATER.tracker.baseline.cells
    assert decode_state(encode(LATER)) == LATER


def test_a_state_comes_back_with_what_is_normal_although_that_is_not_stored() -> None:
    back, was = decode_state(encode(LATER)).tracker.baseline, LATER.tracker.baseline
    assert {key: back.normal(key, 0) for key in LATER.tracker.known} == {
        key: was.normal(key, 0) for key in LATER.tracker.known
    }


def test_a_new_state_comes_back_from_its_bytes() -> None:
    assert decode_state(encode(initial(RULES))) == initial(RULES)


def test_a_delta_comes_back_from_its_bytes() -> None:
    assert [decode_delta(encode(delta)) for delta in DELTAS] == DELTAS


@pytest.mark.parametrize(
    "data",
    [b"", bytes((FORMAT + 1,)) + encode(STATE)[1:], encode(STATE)[:-20], b"\x01nonsense", b"\x02"],
    ids=["nothing", "newer", "cut off", "no state of format 1", "no state"],
)
def test_bytes_of_another_release_are_known_as_such(data: bytes) -> None:
    for decode in (decode_state, decode_delta):
        with pytest.raises(UnknownFormat):
            decode(data)


def of_release_0_1(**fields: Any) -> bytes:
    """A state as release 0.1 stored it: a map with the window in it, counts as lists."""
    position = [padded(str(FIRST_SEQUENCE + 9)), 0]
    counted = [90, 10, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0]
    whole = {
        "version": 120,
        "positions": {SHARD: position},
        "window": {
            "width": 60,
            "lateness": 45,
            "clock": NOW,
            "seconds": {NOW: [{"": counted}, {7: 100}, 0, 0]},
            "sums": {"": counted},
            "latency": {7: 100},
            "parked": 0,
            "late": 0,
        },
        "totals": [100, 2, 3, 9],
        "worst": None,
        "incidents": [],
        "outbox": [],
        "newest_ms": NOW * 1000,
        **fields,
    }
    return b"\x01" + zlib.compress(msgspec.msgpack.encode(whole), 3)


def test_a_state_of_the_release_before_is_read_and_learns_anew() -> None:
    state = decode_state(of_release_0_1())
    assert state.positions == {SHARD: Position(padded(str(FIRST_SEQUENCE + 9)))}
    assert state.window == Window(width=60, lateness=45, clock=NOW)
    assert (state.version, state.totals) == (120, Totals(100, 2, 3, 9))
    assert state.newest_ms == NOW * 1000
    assert state.tracker == State().tracker


def test_after_a_state_of_the_release_before_nothing_is_counted_twice() -> None:
    state = decode_state(of_release_0_1())
    again, new = partial(9, approved(NOW, 5), NOW + 1), partial(10, approved(NOW + 1), NOW + 2)
    state, delta = step(state, [again, new], RULES)
    assert state.totals.payments == 101
    assert restored(decode_state(of_release_0_1()), [delta]) == state


def test_a_broken_state_of_the_release_before_is_known_as_such() -> None:
    with pytest.raises(UnknownFormat):
        decode_state(of_release_0_1(window=7))


def test_a_delta_of_the_release_before_is_not_read() -> None:
    with pytest.raises(UnknownFormat, match="format 1, known: 2"):
        decode_delta(b"\x01" + encode(DELTAS[0])[1:])


def test_a_state_is_restored_from_a_snapshot_and_what_follows_it() -> None:
    snapshot = restored(initial(RULES), DELTAS[:10])
    assert snapshot.version == 10
    assert restored(snapshot, DELTAS[10:]) == STATE


def test_restoring_stops_at_a_gap() -> None:
    assert restored(initial(RULES), [*DELTAS[:5], *DELTAS[6:]]).version == 5


def test_steps_that_the_snapshot_holds_already_are_a_gap() -> None:
    snapshot = restored(initial(RULES), DELTAS[:10])
    assert restored(snapshot, DELTAS[8:]) == snapshot


def test_bytes_are_cut_into_pieces_that_join_to_the_same() -> None:
    data = bytes(2 * LARGEST_CHUNK + 1)
    assert [len(piece) for piece in chunks(data)] == [LARGEST_CHUNK, LARGEST_CHUNK, 1]
    assert b"".join(chunks(data)) == data
    assert chunks(b"") == [b""]


def test_a_delta_is_far_smaller_than_the_state() -> None:
    _, delta = step(STATE, [partial(99, second=NOW + 71)], RULES)
    assert len(encode(delta)) * 5 < len(encode(STATE))
