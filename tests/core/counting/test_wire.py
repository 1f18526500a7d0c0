"""Values as bytes: their form follows from their type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import DIGIT, NONE, Counts
from functions.core.counting.wire import Derived, Wire, from_json


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    name: str
    counts: Counts = NONE
    spare: int = 0


class Plain(msgspec.Struct, frozen=True):
    text: str = "x"


class Whole(msgspec.Struct, frozen=True):
    number: int
    counts: Counts = NONE
    by_slice: Mapping[str, Counts] = msgspec.field(default_factory=dict)
    by_hour: Mapping[str, Mapping[int, Counts]] = msgspec.field(default_factory=dict)
    leaves: tuple[Leaf, ...] = ()
    leaf: Leaf | None = None
    plain: Plain = Plain()
    held: frozenset[str] = frozenset()
    total: Derived[Counts] = NONE


counted = st.integers(0, DIGIT**20)
names = st.text(max_size=5)
leaves = st.builds(Leaf, names, counted, st.integers(0, 9))
wholes = st.builds(
    Whole,
    number=st.integers(-(2**63), 2**64 - 1),
    counts=counted,
    by_slice=st.dictionaries(names, counted, max_size=3),
    by_hour=st.dictionaries(names, st.dictionaries(st.integers(0, 9), counted), max_size=3),
    leaves=st.lists(leaves, max_size=3).map(tuple),
    leaf=st.none() | leaves,
    plain=st.builds(Plain, names),
    held=st.frozensets(names),
)
WIRE = Wire(Whole)


@given(wholes)
def test_a_value_comes_back_from_its_bytes(whole: Whole) -> None:
    assert WIRE.decode(WIRE.encode(whole)) == whole


def test_counts_are_stored_in_as_many_bytes_as_they_need() -> None:
    assert msgspec.msgpack.decode(Wire(Leaf).encode(Leaf("x", 256))) == ["x", b"\x00\x01", 0]


def test_what_follows_from_the_rest_is_not_stored() -> None:
    assert WIRE.decode(WIRE.encode(Whole(1, total=7))) == Whole(1)
    assert "total" not in msgspec.msgpack.decode(WIRE.encode(Whole(1, total=7)))


def test_a_field_that_the_bytes_do_not_have_takes_its_default() -> None:
    assert WIRE.decode(msgspec.msgpack.encode({"number": 1})) == Whole(1)
    assert Wire(Leaf).decode(msgspec.msgpack.encode(["x"])) == Leaf("x")


def test_a_field_that_the_type_does_not_have_is_left_out() -> None:
    assert WIRE.decode(msgspec.msgpack.encode({"number": 1, "newer": [1, 2]})) == Whole(1)
    assert Wire(Leaf).decode(msgspec.msgpack.encode(["x", b"", 3, "newer"])) == Leaf("x", NONE, 3)


@pytest.mark.parametrize(
    "stored", [{}, {"number": "1"}, {"number": 1, "counts": 7}, {"number": 1, "leaves": [[]]}, 7]
)
def test_bytes_of_another_type_are_refused(stored: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        WIRE.decode(msgspec.msgpack.encode(stored))


def test_a_type_that_holds_counts_in_another_way_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="is not known"):
        Wire(list[Counts])


def test_a_new_part_of_a_struct_costs_one_field() -> None:
    class Grown(Whole, frozen=True):
        routed: Mapping[str, Leaf] = msgspec.field(default_factory=dict)

    grown = Grown(1, routed={"x": Leaf("y", DIGIT**9)})
    assert Wire(Grown).decode(Wire(Grown).encode(grown)) == grown
    assert Wire(Grown).decode(WIRE.encode(Whole(1))) == Grown(1), "stored before it was there"
    assert WIRE.decode(Wire(Grown).encode(grown)) == Whole(1), "read by who does not know it"


class Kept(msgspec.Struct, frozen=True):
    id: str
    at: int = 0
    parts: tuple[Plain, ...] = ()


KEPT = Kept("x", 7, (Plain("y"),))


def kept(**fields: Any) -> str:
    return msgspec.json.encode({**msgspec.to_builtins(KEPT), **fields}).decode()


def test_a_struct_comes_back_from_its_json() -> None:
    assert from_json(Kept, kept()) == (KEPT, ())
    assert from_json(Kept, kept(newer=1)) == (KEPT, ())


def test_fields_of_another_release_take_their_defaults_and_are_named() -> None:
    read = from_json(Kept, kept(at="noon", parts=[{"text": 7}]))
    assert read == (Kept("x"), ("at", "parts"))


@pytest.mark.parametrize("text", [kept(id=7), '{"at": 7}', "[]", "", "no JSON"])
def test_json_without_a_field_that_has_no_default_is_refused(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        from_json(Kept, text)


def test_what_is_no_json_object_is_a_struct_of_defaults_and_that_is_said() -> None:
    assert from_json(Plain, "[]") == (Plain(), ("Expected `object`, got `array`",))
