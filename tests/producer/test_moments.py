"""Times as files write them: each form, each oddity of clocks, each way to name a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.event import iso_ms, parse_timestamp
from producer.moments import (
    ABBREVIATIONS,
    AMBIGUOUS,
    FORMS,
    ZONE_MARK,
    comes_twice,
    is_form,
    plain,
    time_ms,
    zone_of,
)


def fault(value: Any, form: str, zone: str = "") -> str:
    with pytest.raises(Malformed) as caught:
        time_ms(value, form, zone)
    assert caught.value.reason == "bad_timestamp"
    return caught.value.detail


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-20T13:14:15Z", "2026-11-20T13:14:15.000Z"),
        ("2026-11-20 24:00:00", "2026-11-21T00:00:00.000Z"),
        ("2026-06-30T23:59:60Z", "2026-07-01T00:00:00.000Z"),
        ("20261120131415", "2026-11-20T13:14:15.000Z"),
        ("20261120131415123", "2026-11-20T13:14:15.123Z"),
        ("202611201314", "2026-11-20T13:14:00.000Z"),
        ("20261120", "2026-11-20T00:00:00.000Z"),
        ("20261120T131415Z", "2026-11-20T13:14:15.000Z"),
        ("20261120 131415", "2026-11-20T13:14:15.000Z"),
        ("2026-11-20T13:14:15.123456789Z", "2026-11-20T13:14:15.123Z"),
        ("2026-11-20T13:14:15,5+05:30", "2026-11-20T07:44:15.500Z"),
        ("2026-11-20 13:14:15 +0530", "2026-11-20T07:44:15.000Z"),
        ("2026-11-20 13:14:15 CET", "2026-11-20T12:14:15.000Z"),
        ("2026-11-20 13:14:15 Europe/Berlin", "2026-11-20T12:14:15.000Z"),
        ("2026/11/20 01:14 PM", "2026-11-20T13:14:00.000Z"),
        ("2026-11-20 12:14:15 AM", "2026-11-20T00:14:15.000Z"),
        ("2026-11-20-13.14.15.123456", "2026-11-20T13:14:15.123Z"),
        ("1763644455", "2025-11-20T13:14:15.000Z"),
        ("1763644455123", "2025-11-20T13:14:15.123Z"),
    ],
)
def test_iso_8601_is_read_with_what_clocks_and_exports_write(text: str, iso: str) -> None:
    assert iso_ms(time_ms(text, "iso8601")) == iso


@pytest.mark.parametrize(
    ("value", "form", "iso"),
    [
        ("20/11/2026 13:14:15", "%d/%m/%Y %H:%M:%S", "2026-11-20T13:14:15.000Z"),
        ("20/11/2026 13:14:15.987", "%d/%m/%Y %H:%M:%S", "2026-11-20T13:14:15.987Z"),
        ("20/11/26 1:14 p.m.", "%d/%m/%y %I:%M %p", "2026-11-20T13:14:00.000Z"),
        ("20 Nov 2026 24:00", "%d %b %Y %H:%M", "2026-11-21T00:00:00.000Z"),
        ("20 août 2026", "%d %B %Y", "2026-08-20T00:00:00.000Z"),
        ("1. März 2026", "%d. %B %Y", "2026-03-01T00:00:00.000Z"),
        ("5 dic. 2026", "%d %b %Y", "2026-12-05T00:00:00.000Z"),
        ("20-NOV-26 01.14.15.123456 PM", "%d-%b-%y %I.%M.%S.%f %p", "2026-11-20T13:14:15.123Z"),
        ("Fri, 20 Nov 2026 13:14:15 GMT", "%a, %d %b %Y %H:%M:%S %Z", "2026-11-20T13:14:15.000Z"),
        ("2026-324", "%Y-%j", "2026-11-20T00:00:00.000Z"),
        ("2026-11-20", "%F", "2026-11-20T00:00:00.000Z"),
        ("1763644455123456", "epoch_us", "2025-11-20T13:14:15.123Z"),
        (1763644455123456789, "epoch_ns", "2025-11-20T13:14:15.123Z"),
        ("45981.5", "spreadsheet", "2025-11-20T12:00:00.000Z"),
        ("45981,5", "spreadsheet", "2025-11-20T12:00:00.000Z"),
        (f"20/11/2026 13:14{ZONE_MARK}PDT", "%d/%m/%Y %H:%M", "2026-11-20T20:14:00.000Z"),
    ],
)
def test_a_time_is_read_in_its_form(value: Any, form: str, iso: str) -> None:
    assert iso_ms(time_ms(value, form)) == iso


def test_a_time_without_a_zone_is_in_the_columns() -> None:
    assert iso_ms(time_ms("2026-11-20 13:14:15", "iso8601", "Asia/Kolkata"))[:19] == (
        "2026-11-20T07:44:15"
    )
    assert time_ms("2026-11-20T13:14:15Z", "iso8601", "Asia/Kolkata") == parse_timestamp(
        "2026-11-20T13:14:15Z"
    )
    assert time_ms("1763644455", "iso8601", "Asia/Kolkata") == 1_763_644_455_000


def test_of_an_hour_that_comes_twice_the_first_is_taken_and_that_it_does_is_known() -> None:
    at = time_ms("2026-10-25 02:30:00", "iso8601", "Europe/Berlin")
    assert iso_ms(at) == "2026-10-25T00:30:00.000Z"
    assert comes_twice(at // 1000, "Europe/Berlin")
    assert not comes_twice(at // 1000 + 3600, "Europe/Berlin")
    assert not comes_twice(at // 1000 - 3600, "Europe/Berlin")
    assert not comes_twice(at // 1000, "UTC")


def test_a_time_that_does_not_exist_is_refused_with_the_reason() -> None:
    told = fault("2026-03-29 02:30:00", "iso8601", "Europe/Berlin")
    assert "is no time in Europe/Berlin: the clocks were put forward" in told
    assert "put forward" in fault("03/08/2026 02:30", "%m/%d/%Y %H:%M", "America/New_York")


@pytest.mark.parametrize("name", sorted(AMBIGUOUS))
def test_a_name_of_several_zones_is_refused_with_the_line_to_add(name: str) -> None:
    told = fault(f"2026-11-20 13:14:15 {name}", "iso8601")
    assert f'write timezone = "{AMBIGUOUS[name][0]}"' in told
    zone = AMBIGUOUS[name][0]
    assert time_ms(f"2026-11-20 13:14:15 {name}", "iso8601", zone) == time_ms(
        "2026-11-20 13:14:15", "iso8601", zone
    )


def test_zones_named_are_known_and_no_name_is_both_sure_and_in_doubt() -> None:
    assert not set(ABBREVIATIONS) & set(AMBIGUOUS)
    assert {zone for zones in AMBIGUOUS.values() for zone in zones} <= available_timezones()


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("", 0), ("Z", 0), ("utc", 0), ("+05:30", 330), ("-0800", -480), ("UTC+2", 120),
     ("GMT-5:00", -300), ("CEST", 120), ("Asia/Kolkata", 330), ("Arizona", -420)],
)  # fmt: skip
def test_a_zone_is_a_place_an_offset_or_a_sure_name(name: str, minutes: int) -> None:
    offset = zone_of(name).utcoffset(datetime(2026, 11, 20))  # noqa: DTZ001 a wall clock
    assert offset is not None
    assert offset.total_seconds() == 60 * minutes


@pytest.mark.parametrize("name", ["Mars/Olympus", "XYZ", "../etc/passwd", "+99:00", "?"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(Malformed, match="is unknown"):
        zone_of(name)


@pytest.mark.parametrize(
    ("value", "form"),
    [("noon", "iso8601"), ("2026-13-20", "iso8601"), ("13/13/2026", "%d/%m/%Y"), ("x", "epoch_us"),
     ("2026-11-20 13:61", "iso8601"), ("13:00 PM 1/1/2026", "%I:%M %p %d/%m/%Y"),
     ("1 Foo 2026", "%d %b %Y"), ("x", "spreadsheet"), ("1899-12-31", "iso8601")],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: str, form: str) -> None:
    assert fault(value, form)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 a wall clock
def test_a_time_is_the_same_in_every_form_that_tells_it(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    expected = int(moment.timestamp()) * 1000
    for form in ("%d/%m/%Y %H:%M:%S", "%m-%d-%Y %I:%M:%S %p", "%Y%m%d%H%M%S", "%d %b %Y %H:%M:%S"):
        assert time_ms(moment.strftime(form), form) == expected
    assert time_ms(moment.isoformat(), "iso8601") == expected
    assert time_ms(str(expected * 1000), "epoch_us") == expected


@pytest.mark.parametrize("form", [*FORMS, "%Y-%m-%d %H", "%d/%m/%Y %H:%M %z", "%d %b %y"])
def test_a_form_that_reads_times_is_one(form: str) -> None:
    assert is_form(form)


@pytest.mark.parametrize("form", ["noon", "%", "epoch", "%Q", "", 3, "date"])
def test_a_form_that_reads_nothing_is_none(form: Any) -> None:
    assert not is_form(form)


def test_plain_text_is_small_and_without_accents() -> None:
    assert plain("Währung É") == "wahrung e"
