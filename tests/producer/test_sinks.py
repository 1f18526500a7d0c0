"""Where events go: all of them, in order, and what went wrong is counted and not forgotten."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.payments.codec import PACKINGS, decode, encode
from producer.sinks import RECORD_BYTES, LinesSink, Record, grouped, packed
from tests.builders import payment

lines_of_any_size = st.lists(st.integers(1, 60_000).map(lambda n: b"x" * n), max_size=60)


@given(lines_of_any_size, st.sampled_from(["ndjson", "kpl", "json"]))
@settings(deadline=None)
def test_packing_loses_nothing_and_keeps_the_record_size(lines: list[bytes], packing: str) -> None:
    groups = list(grouped(lines, packing, RECORD_BYTES))
    assert [each for group in groups for each in group] == lines
    for group in groups:
        record = packed(group, packing, "0123456789abcdef")
        assert len(group) == 1 or len(record.data) <= RECORD_BYTES + 64
        assert record.events == len(group)


@given(lines_of_any_size)
def test_a_record_is_begun_only_where_the_line_does_not_fit_into_the_one_before(
    lines: list[bytes],
) -> None:
    groups = list(grouped(lines, "ndjson", RECORD_BYTES))
    for before, after in pairwise(groups):
        assert sum(map(len, before)) + len(after[0]) + 16 * len(before) + 16 > RECORD_BYTES


@given(lines_of_any_size)
def test_under_json_each_event_has_a_record_of_its_own(lines: list[bytes]) -> None:
    assert list(grouped(lines, "json", RECORD_BYTES)) == [[line] for line in lines]


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_read_by_the_pipeline(packing: str) -> None:
    payments = [payment(transaction_id=f"t{n}") for n in range(1 if packing == "json" else 5)]
    record = packed(list(map(encode, payments)), packing, "key")
    assert decode(record.data) == payments
    assert (record.partition_key, record.events) == ("key", len(payments))


def test_the_size_of_a_record_is_that_of_its_data_and_its_key() -> None:
    assert Record(b"12345", "key", 1).size == 8


def test_lines_are_kept_until_they_are_flushed_and_each_ends_its_line() -> None:
    stream = io.BytesIO()
    sink = LinesSink(stream)
    sink.add(b"a")
    sink.add(b"b")
    assert stream.getvalue() == b""
    sink.flush()
    sink.flush()
    sink.add(b"c")
    sink.flush()
    assert stream.getvalue() == b"a\nb\nc\n"


@given(st.lists(st.lists(st.binary(max_size=20), max_size=5), max_size=5))
def test_what_was_sent_is_counted(flushes: list[list[bytes]]) -> None:
    stream = io.BytesIO()
    sink = LinesSink(stream)
    for lines in flushes:
        for line in lines:
            sink.add(line)
        sink.flush()
    sent = sum(map(len, flushes))
    counters = sink.counters
    assert (counters.sent, counters.failed, counters.records) == (sent, 0, sent)
    assert counters.bytes == len(stream.getvalue())


class Full(io.BytesIO):
    """A disk that has no room."""

    def write(self, data: object) -> int:
        raise OSError("no space left on device")


def test_lines_that_could_not_be_written_are_counted_as_failed_and_not_sent_again() -> None:
    sink = LinesSink(Full())
    sink.add(b"a")
    sink.add(b"b")
    with pytest.raises(OSError, match="no space"):
        sink.flush()
    sink.flush()
    assert (sink.counters.sent, sink.counters.failed) == (0, 2)
