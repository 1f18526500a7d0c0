"""The form of a column of times: found once, day and month told apart by what the column shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.moments import ZONE_MARK, time_ms
from producer.time_forms import found, is_clock, spoken


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-20T13:14:15Z", "iso8601"),
        ("20261120131415", "iso8601"),
        ("20261120 131415", "iso8601"),
        ("1763644455", "epoch_s"),
        ("1763644455.25", "epoch_s"),
        ("1763644455123", "epoch_ms"),
        ("1763644455123456", "epoch_us"),
        ("1763644455123456789", "epoch_ns"),
        ("45980.5", "spreadsheet"),
        ("20.11.2026 13:14:15", "%d.%m.%Y %H:%M:%S"),
        ("20/11/26 13:14", "%d/%m/%y %H:%M"),
        ("11/20/2026 1:14:15 PM", "%m/%d/%Y %I:%M:%S %p"),
        ("20-Nov-2026 13:14:15", "%d-%b-%Y %H:%M:%S"),
        ("Nov 20, 2026 01:14 PM", "%b %d, %Y %I:%M %p"),
        ("Fri, 20 Nov 2026 13:14:15 GMT", "%a, %d %b %Y %H:%M:%S %Z"),
        ("20NOV2026 13:14", "%d%b%Y %H:%M"),
        ("20112026 131415", "%d%m%Y %H%M%S"),
        ("2026-5-24 9:05", "%Y-%m-%d %H:%M"),
        ("20-NOV-26 01.14.15.123456 PM", "%d-%b-%y %I.%M.%S %p"),
        (f"20/11/2026 13:14{ZONE_MARK}CET", "%d/%m/%Y %H:%M"),
    ],
)
def test_the_form_of_a_time_is_found_and_reads_it(text: str, form: str) -> None:
    time = found([text])
    assert time is not None
    assert (time.form, time.has_clock) == (form, True)
    assert time_ms(text, time.form)


@pytest.mark.parametrize("text", ["2026-11-20", "20261120", "20.11.2026", "45980", "20 Nov 2026"])
def test_a_day_without_a_clock_is_told(text: str) -> None:
    time = found([text])
    assert time is not None
    assert not time.has_clock


@pytest.mark.parametrize(
    "texts", [[], [""], ["00h", "01h"], ["noon"], ["3", "4"], ["13:14"], ["1", "1763644455"]]
)
def test_what_is_no_time_has_no_form(texts: list[str]) -> None:
    assert found(texts) is None


def test_a_number_above_12_tells_day_and_month_apart() -> None:
    time = found(["01/07/2026 10:00", "13/07/2026 10:00"])
    assert time is not None
    assert (time.form, time.doubt) == ("%d/%m/%Y %H:%M", "")
    assert "the day comes first" in time.because
    time = found(["07/01/2026 10:00", "07/13/2026 10:00"])
    assert time is not None
    assert (time.form, time.doubt) == ("%m/%d/%Y %H:%M", "")


def test_else_the_days_that_lie_closest_together() -> None:
    assert getattr(found(["01/07/2026", "02/07/2026", "03/07/2026"]), "form", "") == "%d/%m/%Y"
    assert getattr(found(["07/01/2026", "07/02/2026", "07/03/2026"]), "form", "") == "%m/%d/%Y"


def test_else_what_is_usual_and_the_other_reading_is_told() -> None:
    time = found(["12/07/2026 08:00"])
    assert time is not None
    assert (time.form, time.doubt) == ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")
    time = found(["12/07/2026 8:00 AM"])
    assert time is not None
    assert time.form == "%m/%d/%Y %I:%M %p"


def test_a_reading_in_the_future_is_none() -> None:
    until = time_ms("2026-08-01", "iso8601")
    time = found(["12/07/2026 08:00"], until_ms=until)
    assert time is not None
    assert (time.form, time.doubt) == ("%d/%m/%Y %H:%M", "")


def test_a_few_texts_that_are_none_do_not_hide_the_form() -> None:
    days = [f"{day}.11.2026" for day in range(10, 20)]
    assert getattr(found([*days, "soon"]), "form", "") == "%d.%m.%Y"
    assert found([*days[:3], "soon", "later"]) is None


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)),  # noqa: DTZ001 a wall clock
    st.sampled_from(["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%Y %H:%M", "%Y-%m-%dT%H:%M:%S"]),
)  # fmt: skip
def test_a_month_of_times_in_any_form_is_read_as_it_was_written(start: datetime, form: str) -> None:
    moments = [start.replace(microsecond=0, tzinfo=UTC) + timedelta(days=day) for day in range(40)]
    texts = [moment.strftime(form) for moment in moments]
    time = found(texts)
    assert time is not None
    assert time.doubt == ""
    for moment, text in zip(moments, texts, strict=True):
        expected = moment if "%S" in form else moment.replace(second=0)
        assert time_ms(text, time.form) == int(expected.timestamp()) * 1000


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("08:00:00", True), ("8:05 PM", True), ("131415", True), ("24:00", True), ("25:00", False),
     ("2026-11-20", False), ("991415", False), ("12,50", False)],
)  # fmt: skip
def test_a_time_of_day_is_known(text: str, is_one: bool) -> None:
    assert is_clock([text]) is is_one


def test_a_form_in_words_shows_a_sample_as_it_is_read() -> None:
    time = found(["12.07.2026 08:00"])
    assert time is not None
    assert spoken(time, "12.07.2026 08:00").endswith("12.07.2026 08:00 is 12 July 2026")


def test_six_digits_are_the_day_that_is_nearest_and_the_other_reading_is_said() -> None:
    until = time_ms("2026-12-01", "iso8601")
    time = found([f"201126 1000{i:02}" for i in range(60)], until_ms=until)
    assert time is not None
    assert (time.form, time.doubt) == ("%d%m%y %H%M%S", "%y%m%d %H%M%S")
    time = found([f"2611{i:02} 100000" for i in range(10, 30)], until_ms=until)
    assert time is not None
    assert (time.form, time.doubt) == ("%y%m%d %H%M%S", "")
