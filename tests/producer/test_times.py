"""A column of times: read as each would be by itself, also where it is not read at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.event import parse_timestamp
from producer.columns import Unplain
from producer.times import Times

START_MS = 1_752_087_790_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ISO = Times("iso8601")
moments = st.lists(st.integers(START_MS, START_MS + 5_000), max_size=40)


def written(ms: int, digits: int, offset: str, separator: str) -> str:
    hours = {"": 0, "Z": 0, "+02:00": 2, "-05:00": -5}[offset]
    moment = EPOCH + timedelta(milliseconds=ms, hours=hours)
    fraction = f".{ms % 1000:03d}" + "0" * (digits - 3) if digits else ""
    return f"{moment:%Y-%m-%d}{separator}{moment:%H:%M:%S}{fraction}{offset}"


styles = st.tuples(
    st.sampled_from([0, 3, 6]),
    st.sampled_from(["", "Z", "+02:00", "-05:00"]),
    st.sampled_from("T "),
)


@given(moments.filter(len), styles)
def test_times_that_are_written_alike_are_taken_as_texts_that_sort_as_they_do(
    found: list[int], style: tuple[int, str, str]
) -> None:
    texts = [written(ms, *style) for ms in found]
    read = ISO.moments(texts)
    assert read is texts
    whole = [parse_timestamp(text) for text in texts]
    assert [ISO.moment_ms(moment) for moment in read] == whole
    assert [parse_timestamp(text) for text in sorted(texts)] == sorted(whole)


@given(st.lists(st.tuples(st.integers(START_MS, START_MS + 5_000), styles), max_size=20))
def test_times_that_are_not_alike_are_read_one_by_one(
    drawn: list[tuple[int, tuple[int, str, str]]],
) -> None:
    texts = [written(ms, *style) for ms, style in drawn]
    read = ISO.moments(texts)
    assert [ISO.moment_ms(moment) for moment in read] == [parse_timestamp(text) for text in texts]
    kinds = {type(moment) for moment in read}
    assert len(kinds) <= 1


@pytest.mark.parametrize(
    "texts",
    [
        ["2025-07-09T21:03:10+02:00", "2025-07-09T21:03:10+01:00"],
        ["2025-07-09T19:03:10Z", "2025-07-09 19:03:10Z"],
        ["2025-07-09T19:03:10", "2025-07-09T19:03:10.5"],
        ["2025-07-09T19:03:10Z\n", "2025-07-09T19:03:10Z"],
    ],
)
def test_texts_whose_order_is_not_that_of_their_times_are_read(texts: list[str]) -> None:
    assert all(isinstance(moment, int) for moment in ISO.moments(texts))


@given(moments, styles, st.booleans())
def test_every_row_lies_in_one_second_and_the_newest_of_each_is_told(
    found: list[int], style: tuple[int, str, str], as_numbers: bool
) -> None:
    whole = sorted(ms if style[0] or as_numbers else ms // 1000 * 1000 for ms in found)
    texts: list[Any] = whole if as_numbers else sorted(written(ms, *style) for ms in whole)
    times = Times("epoch_ms") if as_numbers else ISO
    seconds = list(times.seconds(times.moments(texts)))
    assert [place for _, _, start, stop in seconds for place in range(start, stop)] == list(
        range(len(whole))
    )
    assert [second for second, _, _, _ in seconds] == sorted({ms // 1000 for ms in whole})
    for second, newest_ms, start, stop in seconds:
        assert {ms // 1000 for ms in whole[start:stop]} == {second}
        assert newest_ms == max(whole[start:stop])


@pytest.mark.parametrize("value", [None, "", "  ", "noon", -1, 1e21, float("nan")])
def test_what_is_no_time_is_left_to_be_told_row_by_row(value: Any) -> None:
    with pytest.raises(Unplain):
        ISO.ms(value)
    with pytest.raises(Unplain):
        ISO.moments(["2025-07-09T19:03:10Z", value])


def test_a_form_of_strptime_is_read_in_its_form() -> None:
    assert list(Times("%d/%m/%Y %H").moments(["09/07/2025 19", " 10/07/2025 00 "])) == [
        1_752_087_600_000,
        1_752_105_600_000,
    ]
