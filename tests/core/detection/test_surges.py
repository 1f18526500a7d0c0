"""Surges: when what comes is many times what came before, and what that was."""

from __future__ import annotations

import pytest

from functions.core.detection.surges import Surge, surging
from functions.core.detection.tuning import VolumeTuning

TUNING = VolumeTuning()
KEY = "merchant=M1"


def after(*rates: float, usual: float = 1.0, every: int = 60) -> Surge | None:
    """The surge of a slice, of which so many payments a second come minute by minute."""
    known: dict[str, Surge] = {}
    for number, rate in enumerate(rates, 1):
        known = surging(known, {KEY: rate}, lambda _: usual, number * every, TUNING)
    return known.get(KEY)


@pytest.mark.parametrize(
    ("rate", "is_surge"), [(1.0, False), (2.4, False), (2.6, True), (50.0, True)]
)
def test_many_times_what_usually_comes_is_a_surge(rate: float, is_surge: bool) -> None:
    assert (after(rate) is not None) is is_surge


def test_a_surge_keeps_what_came_before_it() -> None:
    first = surging({}, {KEY: 9.0}, lambda _: 1.0, 60, TUNING)
    assert surging(first, {KEY: 9.0}, lambda _: 9.0, 6000, TUNING) == {KEY: Surge(60, 1.0)}


def test_a_surge_is_over_when_as_much_comes_as_before_or_when_it_lasted_for_a_day() -> None:
    assert after(9.0, 2.0) is None
    assert after(9.0, 9.0, every=TUNING.surge_seconds + 1) is None


def test_what_comes_for_the_first_time_surges_from_nothing_and_little_does_not() -> None:
    assert after(1.0, usual=0.0) == Surge(60, 0.0)
    assert after(0.1, usual=0.0) is None
