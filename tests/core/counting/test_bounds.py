"""The bounds of the event time."""

from __future__ import annotations

import json

import pytest

from functions.core.counting.bounds import Bounds
from tests.builders import NOW, payment

BOUNDS = Bounds(skew_ms=60_000, oldest_ms=86_400_000)


@pytest.mark.parametrize(
    ("second", "is_held"),
    [
        (NOW + 61, False),
        (NOW + 60, True),
        (NOW, True),
        (NOW - 86_400, True),
        (NOW - 86_401, False),
    ],
)
def test_both_ends_belong_to_the_bounds(second: int, is_held: bool) -> None:
    assert BOUNDS.hold(payment(second), NOW * 1000) == is_held


def test_several_are_held_where_each_is() -> None:
    for seconds in ([NOW, NOW + 60], [NOW, NOW + 61], [NOW - 86_401, NOW], [NOW - 86_400]):
        times = [second * 1000 for second in seconds]
        each = all(BOUNDS.hold(payment(second), NOW * 1000) for second in seconds)
        assert BOUNDS.hold_all(times, [NOW * 1000]) == each


def test_several_of_several_arrivals_are_held_where_any_may_have_come_with_any() -> None:
    arrivals = [NOW * 1000, (NOW + 10) * 1000]
    assert BOUNDS.hold_all([(NOW + 60) * 1000, (NOW - 86_390) * 1000], arrivals)
    assert not BOUNDS.hold_all([(NOW + 61) * 1000], arrivals)
    assert not BOUNDS.hold_all([(NOW - 86_391) * 1000], arrivals)


def test_a_time_ahead_is_refused_as_future_with_what_is_allowed() -> None:
    fault = BOUNDS.fault(payment(NOW + 61), NOW * 1000)
    assert fault.reason == "future"
    assert fault.detail == "timestamp lies 61 s after arrival; 60 s are allowed"


def test_a_time_long_past_is_refused_as_stone_age_with_what_is_allowed() -> None:
    fault = BOUNDS.fault(payment(NOW - 3 * 86_400), NOW * 1000)
    assert fault.reason == "stone_age"
    assert fault.detail == "timestamp lies 3 days before arrival; 1 are allowed"


def test_what_is_refused_is_kept_as_an_event_that_can_be_sent_again() -> None:
    fault = BOUNDS.fault(payment(NOW + 61, issuer="HDFC"), NOW * 1000)
    assert json.loads(fault.data)["issuer"] == "HDFC"
