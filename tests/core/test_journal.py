"""detect's state as bytes."""

from __future__ import annotations

import msgspec
import pytest

from functions.core.detector import Delta, Rules, State, initial, step
from functions.core.journal import (
    FORMAT,
    LARGEST_CHUNK,
    Head,
    UnknownFormat,
    chunks,
    decode,
    encode,
    head,
    restore,
)
from tests.builders import NOW, incident, partial
from tests.traffic import Fault, Traffic


def history() -> tuple[State, list[Delta]]:
    """A state with an incident in it, and the deltas that led there."""
    state, deltas = initial(Rules()), []
    for coming in Traffic(rate=40, faults=(Fault({"issuer": "HDFC"}, 0.9, start=10),))(30):
        state, delta = step(state, [coming], Rules())
        deltas.append(delta)
    return state, deltas


STATE, DELTAS = history()


def test_a_state_comes_back_from_its_bytes() -> None:
    assert STATE.incidents
    assert decode(encode(STATE), State) == STATE


def test_a_delta_comes_back_from_its_bytes() -> None:
    assert [decode(encode(delta), Delta) for delta in DELTAS] == DELTAS


@pytest.mark.parametrize(
    "data", [b"", bytes((FORMAT + 1,)) + encode(STATE)[1:], encode(STATE)[:-20], b"\x01nonsense"]
)
def test_bytes_of_another_release_are_known_as_such(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        decode(data, State)


def test_a_state_is_restored_from_a_snapshot_and_what_follows_it() -> None:
    snapshot = restore(initial(Rules()), DELTAS[:10])
    assert snapshot.version == 10
    assert restore(snapshot, DELTAS[10:]) == STATE


def test_restoring_stops_at_a_gap() -> None:
    assert restore(initial(Rules()), [*DELTAS[:5], *DELTAS[6:]]).version == 5


def test_steps_that_the_snapshot_holds_already_are_a_gap() -> None:
    snapshot = restore(initial(Rules()), DELTAS[:10])
    assert restore(snapshot, DELTAS[8:]) == snapshot


def test_bytes_are_cut_into_pieces_that_join_to_the_same() -> None:
    data = bytes(2 * LARGEST_CHUNK + 1)
    assert [len(piece) for piece in chunks(data)] == [LARGEST_CHUNK, LARGEST_CHUNK, 1]
    assert b"".join(chunks(data)) == data
    assert chunks(b"") == [b""]


def test_the_head_is_the_state_in_brief() -> None:
    brief = head(STATE)
    assert (brief.version, brief.clock, brief.payments) == (30, NOW + 29, 1200)
    assert 0 < brief.failed < brief.attempts == 1200
    assert brief.score > 75
    assert brief.incidents == STATE.incidents


def test_the_head_of_a_new_state_is_empty() -> None:
    assert head(State()) == Head()


def test_a_closed_incident_is_not_in_the_head() -> None:
    closed = msgspec.structs.replace(STATE, incidents=(incident(closed_at=NOW),))
    assert head(closed).incidents == ()


def test_a_delta_is_far_smaller_than_the_state() -> None:
    _, delta = step(STATE, [partial(99, second=NOW + 31)], Rules())
    assert len(encode(delta)) * 5 < len(encode(STATE))
