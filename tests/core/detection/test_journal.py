"""detect's state as bytes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial as partial_of
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.counting.counts import Counts
from functions.core.counting.wire import Derived, Wire
from functions.core.detection.budget import Budget
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
from functions.core.detection.normals import Normals
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import Delta, step
from functions.core.troubles.incident import CLOSED, OPENED
from tests.builders import NOW, counts, partial
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


@given(
    rate=st.integers(1, 60),
    where=st.sampled_from([{"issuer": "HDFC"}, {"gateway": "beta"}, {}]),
    share=st.sampled_from([0.0, 0.2, 0.9]),
    seed=st.integers(0, 99),
    seconds=st.integers(1, 90),
)
@settings(max_examples=15, deadline=None)
def test_any_state_that_traffic_leads_to_comes_back_from_its_bytes(
    rate: int, where: dict[str, str], share: float, seed: int, seconds: int
) -> None:
    state = initial(RULES)
    for coming in Traffic(rate, (Fault(where, share, start=35),), seed=seed)(seconds):
        state, delta = step(state, [coming], RULES)
        assert decode_delta(encode(delta)) == delta
    assert decode_state(encode(state)) == state


def test_a_state_comes_back_from_its_bytes_when_its_incident_is_over() -> None:
    assert [item.transition for item in LATER.outbox] == [OPENED, CLOSED]
    assert LATER.tracker.baseline.absorbed
    assert decode_state(encode(LATER)) == LATER


def filled(kind: Any) -> Any:
    """A value of the type with something in all that it holds, but for what follows from the rest."""
    if kind == Counts:
        return counts(attempts=7, failed=3, unknown=3)
    if kind in SIMPLE:
        return SIMPLE[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return filled(arguments[0])
    if origin in (dict, Mapping):
        return {filled(arguments[0]): filled(arguments[1])}
    if origin in (tuple, frozenset):
        return origin(filled(argument) for argument in arguments if argument is not ...)
    if origin in (Union, UnionType):
        return filled(arguments[0])
    hints = get_type_hints(kind, include_extras=True)
    stored = [field for field in msgspec.structs.fields(kind) if not is_derived(hints[field.name])]
    return kind(
        **{
            field.name: not field.default if field.type is bool else filled(hints[field.name])
            for field in stored
        }
    )


SIMPLE = {int: 7, float: 0.5, str: "x", bytes: b"x"}


def is_derived(kind: Any) -> bool:
    return get_origin(kind) is Annotated and get_args(kind)[1:] == get_args(Derived[int])[1:]


@pytest.mark.parametrize("kind", [State, Delta])
def test_every_field_is_stored_unless_its_type_says_that_it_follows_from_the_rest(
    kind: type[State | Delta],
) -> None:
    whole = filled(kind)
    assert Wire(kind).decode(Wire(kind).encode(whole)) == whole


def test_a_state_comes_back_with_what_is_normal_although_that_is_not_stored() -> None:
    back, was = decode_state(encode(LATER)).tracker.baseline, LATER.tracker.baseline
    assert {key: Normals(back).normal(key, "failed") for key in LATER.tracker.known} == {
        key: Normals(was).normal(key, "failed") for key in LATER.tracker.known
    }


def test_a_new_state_comes_back_from_its_bytes() -> None:
    assert decode_state(encode(initial(RULES))) == initial(RULES)


def test_a_delta_comes_back_from_its_bytes() -> None:
    assert [decode_delta(encode(delta)) for delta in DELTAS] == DELTAS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes((FORMAT + 1,)) + encode(STATE)[1:],
        bytes((2,)) + encode(STATE)[1:],
        encode(STATE)[:-20],
        bytes((FORMAT,)),
        encode(STATE)[:1] + zlib.compress(b"\xc0"),
    ],
    ids=["nothing", "newer", "of no release", "cut off", "empty", "of no state"],
)
def test_bytes_of_another_release_are_known_as_such(data: bytes) -> None:
    for decode in (decode_state, decode_delta):
        with pytest.raises(UnknownFormat):
            decode(data)


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


GOLDEN = Path(__file__).parents[2] / "golden" / "journal"
"""What releases stored of a minute and a half of traffic with an outage in it, and of the second after. Files of
a format that a release wrote are kept as they are. Those of this one are written anew, until it is released,
by `python -m tests.core.detection.test_journal`."""


def golden() -> tuple[bytes, bytes]:
    """The state after 90 seconds, and the step of the next one, as bytes."""
    state, deltas = history(91)
    before, _ = history(90)
    assert state.version == 91
    return encode(before), encode(deltas[-1])


@pytest.mark.parametrize("written", [3, FORMAT])
def test_a_state_that_was_stored_in_each_format_is_read(written: int) -> None:
    state = decode_state((GOLDEN / f"state.format-{written}").read_bytes())
    assert (state.version, state.window.clock) == (90, NOW + 89)
    assert (state.totals.payments, state.totals.partials) == (3600, 90)
    [incident] = state.incidents
    assert (incident.slice, incident.signal, incident.kind) == ("issuer=HDFC", "failed", "")
    assert OPENED in [item.transition for item in state.outbox]
    assert len(state.tracker.known) == 28
    assert state.tracker.baseline.cells
    assert state.tracker.baseline.reach == {}
    assert state.tracker.baseline.held_hours == {}


@pytest.mark.parametrize("written", [3, FORMAT])
def test_a_step_that_was_stored_in_each_format_goes_on_from_its_state(written: int) -> None:
    state = decode_state((GOLDEN / f"state.format-{written}").read_bytes())
    delta = decode_delta((GOLDEN / f"delta.format-{written}").read_bytes())
    after = restored(state, [delta])
    assert (after.version, after.totals.payments) == (91, 3640)
    assert after.incidents[0].id == state.incidents[0].id
    assert decode_state(encode(after)) == after


def test_what_is_stored_of_this_format_is_what_this_release_writes() -> None:
    state, delta = golden()
    assert decode_state((GOLDEN / f"state.format-{FORMAT}").read_bytes()) == decode_state(state)
    assert decode_delta((GOLDEN / f"delta.format-{FORMAT}").read_bytes()) == decode_delta(delta)


if __name__ == "__main__":
    for name, data in zip(("state", "delta"), golden(), strict=True):
        (GOLDEN / f"{name}.format-{FORMAT}").write_bytes(data)
