"""What recurs by the clock at a merchant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.troubles.recovery import Followed
from functions.core.troubles.recurrence import DAY, Recurrence, RecurrenceTuning, recurs, remembered
from functions.core.troubles.severity import Verdict
from tests.builders import NOW, followed, verdict

RENEWALS = Recurrence("merchant=M4", "denied", NOW, NOW + 1200, 0.4)
NEAR = RecurrenceTuning().near_seconds


def over(key: str = "merchant=M4", began: int = NOW, **fields: object) -> Followed:
    return followed(
        slice=key,
        signal="denied",
        started_at=began,
        closed_at=began + 1200,
        rate=0.4,
        ill_attempts=1000,
        ill_events=400,
        **fields,
    )


def tonight(key: str = "merchant=M4", **fields: object) -> Verdict:
    return verdict(key, **{"signal": "denied", "at_least": 0.35, **fields})


@pytest.mark.parametrize("days", [1, 2, 7])
@pytest.mark.parametrize("late", [-NEAR, 0, NEAR])
def test_what_a_merchant_had_at_this_time_days_before_recurs(days: int, late: int) -> None:
    began = NOW + days * DAY + late
    assert recurs([RENEWALS], tonight(), began, began + 60)


def test_it_recurs_in_a_part_of_the_merchant_too() -> None:
    part = tonight("issuer=A&merchant=M4")
    assert recurs([RENEWALS], part, NOW + DAY, NOW + DAY + 60)


@pytest.mark.parametrize(
    ("found", "began", "now"),
    [
        (tonight(), NOW + DAY + NEAR + 1, NOW + DAY + NEAR + 60),  # at another time
        (tonight(), NOW + DAY, NOW + DAY + 1200 + NEAR + 1),  # and does not end
        (tonight(), NOW + 60, NOW + 120),  # the same day
        (tonight(at_least=0.6), NOW + DAY, NOW + DAY + 60),  # much worse
        (tonight("merchant=M3"), NOW + DAY, NOW + DAY + 60),
        (tonight(""), NOW + DAY, NOW + DAY + 60),  # it reaches further
        (tonight(signal="failed"), NOW + DAY, NOW + DAY + 60),
    ],
)
def test_what_is_otherwise_is_news(found: Verdict, began: int, now: int) -> None:
    assert not recurs([RENEWALS], found, began, now)


def test_a_trouble_of_a_merchant_is_remembered_when_it_is_over() -> None:
    assert remembered((), [over()]) == (RENEWALS,)


@pytest.mark.parametrize("key", ["", "gateway=G1", "issuer=A&network=X"])
def test_what_is_no_merchants_fails_anew_each_night(key: str) -> None:
    assert remembered((), [over(key)]) == ()


def test_slow_or_missing_payments_have_no_habits() -> None:
    slow = followed(slice="merchant=M4", signal="latency", closed_at=NOW + 60)
    assert remembered((), [slow]) == ()


def test_what_did_not_come_again_for_long_is_forgotten() -> None:
    later = over(began=NOW + RecurrenceTuning().days * DAY)
    assert remembered([RENEWALS], [later]) == remembered((), [later])


@given(merchants=st.integers(0, 40), most=st.integers(1, 10))
def test_so_many_are_remembered_at_most_and_the_latest(merchants: int, most: int) -> None:
    closed = [over(f"merchant=M{number}", NOW + number) for number in range(merchants)]
    kept = remembered((), closed, RecurrenceTuning(most=most))
    assert kept == remembered((), closed)[-most:]
