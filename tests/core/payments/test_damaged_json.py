"""Of damaged JSON text nothing is lost: it is taken apart, and put together it is the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.damaged_json import DEEPEST, blocks, lines

pieces = st.sampled_from(
    [b"{", b"}", b'"', b"\\", b"\n", b"\n{", b",", b" ", b"a", b'{"a":1}', b'"}"', b"\xff", b"[", b"]"]
)  # fmt: skip
texts = st.lists(pieces, max_size=30).map(b"".join) | st.binary(max_size=60)
objects = st.dictionaries(
    st.text(max_size=5), st.text(max_size=8) | st.dictionaries(st.text(max_size=3), st.integers())
).map(lambda value: json.dumps(value).encode())


def parts(block: bytes) -> list[list[bytes]]:
    """Each line's parts; what is empty is left out."""
    return [[part for part in line if part] for line in lines(block)]


def found(block: bytes) -> list[bytes]:
    return [part for line in parts(block) for part in line if part.startswith(b"{")]


@given(texts)
def test_the_blocks_of_a_text_are_the_text(text: bytes) -> None:
    assert b"".join(blocks(text)) == text
    assert b"".join(blocks(bytearray(text))) == text


@given(texts)
def test_the_lines_of_a_block_are_the_block(block: bytes) -> None:
    assert b"".join(part for line in parts(block) for part in line) == block


@given(texts)
def test_every_block_but_the_first_begins_with_an_object(text: bytes) -> None:
    _, *others = blocks(text)
    assert all(block.startswith(b"{") for block in others)
    assert sum(block.count(b"\n{") for block in blocks(text)) == 0


@given(st.lists(objects, min_size=1, max_size=5), st.sampled_from([b"", b" ", b",", b"\n", b"x"]))
def test_sound_objects_are_found_whole_whatever_stands_between_them(
    several: list[bytes], between: bytes
) -> None:
    assert found(between.join(several)) == several


@given(st.lists(objects, min_size=1, max_size=4), texts)
def test_damage_reaches_no_further_than_to_the_next_line_that_begins_an_object(
    several: list[bytes], damage: bytes
) -> None:
    text = damage + b"\n" + b"\n".join(several)
    after = [part for block in blocks(text) for part in found(block)]
    assert after[-len(several) :] == several


def test_an_object_that_goes_over_several_lines_makes_them_one() -> None:
    pretty = b'{\n"a": {\n"b": 1}\n}'
    assert parts(b"x\n" + pretty + b"y\nz") == [[b"x\n"], [pretty, b"y\n"], [b"z"]]


def test_braces_and_quotes_inside_of_a_text_are_no_braces() -> None:
    one = rb'{"a":"} \" { \\","b":{"c":"}"}}'
    assert parts(one + b" rest\n") == [[one, b" rest\n"]]


def test_a_text_that_is_not_closed_ends_with_its_line() -> None:
    assert parts(b'"{\n{"a":1}') == [[b'"{\n'], [b'{"a":1}']]


def test_a_closing_brace_too_many_is_damage_and_no_object() -> None:
    assert parts(b'}{"a":1}}') == [[b"}", b'{"a":1}', b"}"]]


@pytest.mark.parametrize("piece", [b"{", b"}", b'"', b"\\", b'{"', b'"\\'])
def test_a_megabyte_of_nesting_is_taken_apart_without_recursion(piece: bytes) -> None:
    text = piece * (1_000_000 // len(piece))
    assert b"".join(part for line in lines(text) for part in line) == text


def test_blank_lines_belong_to_the_line_before_them_however_many_they_are() -> None:
    assert parts(b"x\n\n \r\n\ty\n") == [[b"x\n\n \r\n\t"], [b"y\n"]]
    assert parts(b"\n" * 1_000_000 + b"x") == [[b"\n" * 1_000_000], [b"x"]]


@pytest.mark.parametrize("piece", [b"}", b'"', b'"}"', b"a", b"\\", b'\\"', b'"{" '])
def test_what_decides_nothing_is_passed_over_as_one_part(piece: bytes) -> None:
    assert len(parts(piece * 1_000_000)) == len(parts(piece * 1_000_000)[0]) == 1
    assert len(found(b"{" + piece * 100_000 + b"\n}")) == 1


def test_an_object_deeper_than_anything_reads_is_not_taken_apart() -> None:
    deep, deeper = (b"{" * depth + b"}" * depth for depth in (DEEPEST, DEEPEST + 2))
    assert parts(deep + b" x\n") == [[deep, b" x\n"]]
    assert parts(deeper + b" x\n{}") == [[deeper + b" x\n{}"]]
