"""A moment in whatever form it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.times import iso_ms, parse_timestamp


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("20260101T101530Z", "2026-01-01T10:15:30.000Z"),
        ("20260101101530", "2026-01-01T10:15:30.000Z"),
        (20260101101530, "2026-01-01T10:15:30.000Z"),
        ("20260101", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T24:00:00Z", "2026-01-02T00:00:00.000Z"),
        ("2026-12-31 24:00", "2027-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250Z"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000Z"),
        ("20161231T235960Z", "2017-01-01T00:00:00.000Z"),
        ("Sat, 12 Jul 2025 13:45:00 +0200", "2025-07-12T11:45:00.000Z"),
        ("12 Jul 2025 13:45:00 GMT", "2025-07-12T13:45:00.000Z"),
        ("12 Jul 2025 8:45 PDT", "2025-07-12T15:45:00.000Z"),
        ("2025-07-12 13:45:00 UTC", "2025-07-12T13:45:00.000Z"),
        ("2025-07-12 13:45:00 +0530", "2025-07-12T08:15:00.000Z"),
        ("2025/07/12 13:45:00", "2025-07-12T13:45:00.000Z"),
        ("2025-07-12T13:45:00,5Z", "2025-07-12T13:45:00.500Z"),
        ("2025-07-12T13:45:00.123456789Z", "2025-07-12T13:45:00.123Z"),
        (1752327900123456, "2025-07-12T13:45:00.123Z"),
        (1752327900123456789, "2025-07-12T13:45:00.123Z"),
        ("1752327900123456", "2025-07-12T13:45:00.123Z"),
        (1752327900.25, "2025-07-12T13:45:00.250Z"),
    ],
)
def test_a_time_is_read_in_every_form(when: str | float, moment: str) -> None:
    assert iso_ms(parse_timestamp(when)) == moment


@pytest.mark.parametrize(
    "when", ["2026-01-01T24:00:01Z", "2026-01-01T25:00Z", "30 Feb 2026 10:00 GMT", "noon", "x" * 10**6]
)  # fmt: skip
def test_what_is_no_time_is_refused_in_few_words(when: str) -> None:
    with pytest.raises(Malformed, match="bad_timestamp") as caught:
        parse_timestamp(when)
    assert len(caught.value.detail) < 200


@given(st.integers(10**8, 4 * 10**9), st.integers(0, 999))
def test_the_size_of_an_epoch_number_tells_its_unit(second: int, ms: int) -> None:
    whole = second * 1000 + ms
    for number in (whole, whole * 1000 + 7, whole * 10**6 + 7):
        assert parse_timestamp(number) == parse_timestamp(str(number)) == whole


@given(st.text(max_size=80) | st.floats() | st.integers())
def test_anything_is_a_time_or_refused(when: str | float) -> None:
    try:
        assert 0 <= parse_timestamp(when) <= 253402300799999
    except Malformed as error:
        told = error.reason
    else:
        return
    assert told == "bad_timestamp"


@given(st.integers(1, 9), st.integers(0, 10**9 - 1), st.sampled_from(["", "Z"]))
def test_parts_of_a_millisecond_are_cut_off_however_many(
    digits: int, part: int, offset: str
) -> None:
    fraction = f"{part:09}"[:digits]
    text = f"2026-11-20T13:14:15.{fraction}{offset}"
    assert parse_timestamp(text) == 1_795_180_455_000 + int(fraction.ljust(3, "0")[:3])


@pytest.mark.parametrize(
    ("when", "iso"),
    [
        ("20250712134500.123", "2025-07-12T13:45:00.123Z"),
        ("20250712134500123", "2025-07-12T13:45:00.123Z"),
        (20250712134500123, "2025-07-12T13:45:00.123Z"),
        ("1.752327890E9", "2025-07-12T13:44:50.000Z"),
        ("/Date(1752327890123)/", "2025-07-12T13:44:50.123Z"),
        ("/Date(1752327890123+0200)/", "2025-07-12T13:44:50.123Z"),
        ("2025-07-12T13:45:00Z[UTC]", "2025-07-12T13:45:00.000Z"),
        ("2025-07-12T13:45:00+02:00[Europe/Berlin]", "2025-07-12T11:45:00.000Z"),
        ("2025-07-12t13:45:00z", "2025-07-12T13:45:00.000Z"),
        ("2025-07-12 13:45:00 GMT+0200", "2025-07-12T11:45:00.000Z"),
        ("Sat Jul 12 13:45:00 2025", "2025-07-12T13:45:00.000Z"),
        ("Sat Jul 12 13:45:00 UTC 2025", "2025-07-12T13:45:00.000Z"),
        ("Sat Jul 12 2025 13:45:00 GMT+0200 (CEST)", "2025-07-12T11:45:00.000Z"),
    ],
)
def test_what_programs_print_of_a_time_is_read(when: str | int, iso: str) -> None:
    assert iso_ms(parse_timestamp(when)) == iso
