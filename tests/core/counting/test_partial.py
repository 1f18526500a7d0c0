"""Partials: as bytes, in parts, and which of them are new."""

from __future__ import annotations

import random
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import to_bytes
from functions.core.counting.partial import (
    LARGEST_BYTES,
    Partial,
    Position,
    decode,
    encode,
    fits,
    fresh,
    grouped,
    padded,
    word,
)
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally
from functions.core.errors import Malformed
from tests.builders import NOW, SHARD, counts, partial, record


def taken(*partials: Partial, positions: dict[str, Position] | None = None) -> list[Partial]:
    return fresh(positions or {}, partials)[0]


@given(
    st.dictionaries(
        st.integers(0, 2**40),
        st.builds(
            Bucket,
            st.dictionaries(st.text(max_size=9), st.integers(0, 10**12).map(lambda n: counts(failed=n))),
            st.dictionaries(st.integers(0, 300), st.integers(1, 10**12)),
            st.integers(0, 99),
            st.integers(0, 99),
        ),
        max_size=4,
    ).map(Tally)
)  # fmt: skip
def test_a_partial_comes_back_from_its_bytes(what: Tally) -> None:
    sent = partial(7, what, first=3, part=2)
    assert decode(encode(sent)) == sent


@pytest.mark.parametrize("data", [b"", b"nonsense", encode(partial(1))[:-9]])
def test_bytes_that_are_no_partial_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="bad_partial"):
        decode(data)


def test_a_partial_of_another_version_is_refused_by_its_number() -> None:
    other = msgspec.structs.replace(partial(1), version=3)
    with pytest.raises(Malformed, match="version 3, known: 2"):
        decode(encode(other))


def test_what_failed_by_leaf_travels_with_a_partial() -> None:
    what = Tally({NOW: Bucket({ALL: counts(failed=2)}, failing={"issuer=A": counts(failed=2)})})
    assert decode(encode(partial(7, what))).tally == what


def test_a_partial_without_money_examples_unknown_codes_and_leaves_is_read() -> None:
    counted = counts(approved=1)
    tally = {NOW: [{ALL: to_bytes(counted)}, {7: 2}, 3, 4]}
    sent = [SHARD, "1", "2", NOW * 1000, NOW * 1000, tally, 0, 2, ""]
    read = decode(zlib.compress(msgspec.msgpack.encode(sent)))
    assert read.tally == Tally({NOW: Bucket({ALL: counted}, {7: 2}, 3, 4)})


@pytest.mark.parametrize("tally", [[], [{NOW: []}], {NOW: [{ALL: [1]}, {}, 0, 0]}, "x"], ids=repr)
def test_a_partial_whose_tally_is_none_is_malformed(tally: object) -> None:
    data = msgspec.msgpack.encode([SHARD, "1", "2", 0, 0, tally, 0, 2])
    with pytest.raises(Malformed, match="bad_partial"):
        decode(zlib.compress(data))


def test_partials_are_taken_in_order() -> None:
    one, two = partial(3, first=1), partial(5, first=4)
    assert taken(one, two) == [one, two]


def test_a_partial_that_comes_again_is_dropped() -> None:
    one, two = partial(3, first=1), partial(5, first=4)
    assert taken(one, two, one, two) == [one, two]


def test_a_partial_before_the_position_is_dropped() -> None:
    #  (1 ........ 5)  (2 . 3)
    assert taken(partial(5, first=1), partial(3, first=2)) == [partial(5, first=1)]


def test_a_partial_that_straddles_the_position_is_dropped() -> None:
    #  (1 .... 3)
    #       (3 ........ 6)      its records come again in partials that fit
    assert taken(partial(3, first=1), partial(6, first=3)) == [partial(3, first=1)]


def following(number: int, on: int) -> Partial:
    """The partial of the record of that number, in one batch with the one that ended with `on`."""
    return msgspec.structs.replace(partial(number), after=partial(on).last)


def test_what_follows_on_a_partial_that_was_dropped_is_dropped_with_it() -> None:
    #  (1 .... 3)
    #       (3 .... 6) (7)      of one batch
    straddling = partial(6, first=3)
    assert taken(partial(3, first=1), straddling, following(7, on=6)) == [partial(3, first=1)]


GAP = {SHARD: Position(padded(partial(3).last), gap=True)}


def test_after_a_position_with_a_gap_nothing_has_to_follow_on_it() -> None:
    assert taken(following(7, on=6), positions=GAP) == [following(7, on=6)]
    assert fresh(GAP, [partial(7)])[1] == {SHARD: Position(padded(partial(7).last))}


def test_what_a_position_with_a_gap_counted_is_not_counted_again() -> None:
    assert taken(partial(2), partial(3), positions=GAP) == []


def test_what_is_cut_anew_shows_that_nothing_was_counted_after_a_position_with_a_gap() -> None:
    assert taken(partial(6, first=3), following(7, on=6), positions=GAP) == []


def test_shards_have_positions_of_their_own() -> None:
    one, two = partial(5, shard="a"), partial(3, shard="b")
    assert taken(one, two) == [one, two]


def test_the_parts_of_a_partial_are_taken_each_once() -> None:
    parts = [partial(5, first=5, part=number) for number in range(3)]
    assert taken(parts[0], parts[1], parts[0], parts[1], parts[2]) == parts


def test_a_part_that_comes_again_after_a_later_partial_is_dropped() -> None:
    first, second, later = partial(5, part=0), partial(5, part=1), partial(6)
    assert taken(first, second, later, first, second) == [first, second, later]


def test_sequence_numbers_are_compared_as_numbers() -> None:
    nine = msgspec.structs.replace(partial(1), first="9", last="9")
    ten = msgspec.structs.replace(partial(1), first="10", last="10")
    assert taken(nine, ten) == [nine, ten]
    assert padded("9") < padded("10")


def test_the_positions_that_were_given_stay_as_they_were() -> None:
    positions: dict[str, Position] = {}
    fresh(positions, [partial(1)])
    assert positions == {}


def crowded(values: int, length: int) -> Tally:
    """Slices whose values hold so many bytes that do not compress."""
    drawn = random.Random(1)
    slices = {
        f"merchant={drawn.randbytes(length).hex()}": counts(approved=1) for _ in range(values)
    }
    return Tally({NOW: Bucket(slices)})


def test_few_slices_fit_however_long_their_values_are() -> None:
    small = partial(1, crowded(300, 400))
    assert fits(small)
    assert len(encode(small)) <= LARGEST_BYTES


def sizes(*lengths: int) -> list[list[int]]:
    """The runs of records of these lengths, as lengths."""
    batch = [record(number, bytes(length)) for number, length in enumerate(lengths)]
    return [[len(item.data) for item in group] for group in grouped(batch)]


def test_partials_that_fit_into_one_step_are_one_run() -> None:
    assert sizes(LARGEST_BYTES - 2, 1, 1) == [[LARGEST_BYTES - 2, 1, 1]]


def test_a_run_ends_before_the_partial_that_would_be_too_much() -> None:
    assert sizes(LARGEST_BYTES - 1, 1, 1) == [[LARGEST_BYTES - 1, 1], [1]]


def test_a_partial_too_large_for_a_run_is_one_of_its_own() -> None:
    assert sizes(1, LARGEST_BYTES + 1, 1) == [[1], [LARGEST_BYTES + 1], [1]]


def test_a_batch_of_nothing_has_no_run() -> None:
    assert sizes() == []


@given(st.lists(st.integers(1, LARGEST_BYTES // 2), max_size=12))
def test_runs_are_the_batch_in_its_order_and_each_fits(lengths: list[int]) -> None:
    runs = sizes(*lengths)
    assert [length for run in runs for length in run] == lengths
    assert all(0 < sum(run) <= LARGEST_BYTES for run in runs)


def test_a_persons_word_comes_back_from_its_bytes_and_counts_once_whatever_their_clock_says() -> (
    None
):
    one, other = word("PW-1120-1343-4f2", 1_763_646_500_000), word("PW-1120-1350-abc", 1)
    assert decode(encode(one)) == one
    after_one = fresh({}, [one])[1]
    assert taken(one, positions=after_one) == []
    assert taken(other, positions=after_one) == [other]
    assert one.arrived_ms == one.newest_ms == one.tally.cells == 0
