"""The same hour on other days: what recurs is no news."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import Counts, attempts
from functions.core.counting.slices import ALL
from functions.core.detection.baseline import CELL_SECONDS, Baseline
from functions.core.detection.folding import fold
from functions.core.detection.normals import Normals
from functions.core.detection.season import (
    HOUR,
    HOURS,
    Hours,
    noted,
    season,
)
from functions.core.detection.tuning import NormalTuning
from tests.builders import NOW, counts

FEWEST_ATTEMPTS = NormalTuning().seasonal_attempts
FEWEST_DAYS = NormalTuning().fewest_days
MOST_SEASONAL = NormalTuning().most_seasonal

DAY = 24
FAILED = "failed"
THIS = NOW // HOUR


def hour(failed: int, total: int = 1000) -> Counts:
    return counts(approved=total - failed, failed=failed, gateway=failed)


def days_before(*days: int, failed: int = 200, total: int = 1000) -> dict[int, Counts]:
    """The counts of this hour, so many days before."""
    return {THIS - DAY * day: hour(failed, total) for day in days}


def rate(hours: Mapping[int, Counts], second: int = NOW) -> float | None:
    found = season(hours, second)
    return found.rates[FAILED] if found else None


def test_an_hour_that_failed_more_on_the_days_before_is_normal_so_at_that_hour() -> None:
    assert rate(days_before(1, 2, 3)) == pytest.approx(0.2)


@given(st.integers(-11, 11).filter(bool))
def test_other_hours_are_told_nothing_by_it(later: int) -> None:
    """In those, no payment came."""
    found = season(days_before(1, 2, 3, 4, 5, 6), NOW + later * HOUR)
    assert found is not None
    assert (found.attempts, set(found.rates.values())) == (0.0, {None})


@given(st.integers(0, HOUR - 1))
def test_the_whole_hour_is_one(second: int) -> None:
    assert season(days_before(1, 2), THIS * HOUR + second) == season(days_before(1, 2), NOW)


def test_what_failed_more_on_one_day_of_three_is_not_usual() -> None:
    assert rate(days_before(1, failed=300) | days_before(2, 3, failed=2)) == pytest.approx(0.002)


def test_the_same_weekday_counts_double() -> None:
    weekday, others = days_before(7, failed=300), days_before(1, 2, 3, failed=2)
    assert rate(weekday | days_before(1, failed=2)) == pytest.approx(0.3)
    assert rate(weekday | others) == pytest.approx(0.002)
    assert rate(days_before(6, failed=300) | days_before(1, failed=2)) == pytest.approx(0.151)


def test_fewer_than_two_days_tell_nothing() -> None:
    assert FEWEST_DAYS == 2
    assert season({}, NOW) is None
    assert season(days_before(1), NOW) is None
    assert season({THIS - 2 * DAY + 1: hour(200)}, NOW) is None


def test_an_hour_without_payments_after_the_first_is_one_of_none() -> None:
    found = season(days_before(3) | {THIS - 1: hour(2)}, NOW)
    assert found is not None
    assert (found.attempts, set(found.rates.values())) == (0.0, {None})


def test_this_hour_itself_and_what_is_older_than_a_week_say_nothing() -> None:
    assert season(days_before(0), NOW) is None
    assert season(days_before(8, 14), NOW) == season(days_before(8), NOW)
    assert rate(days_before(8, 14, failed=900)) is None


def test_an_hour_of_few_payments_tells_how_many_come_but_no_rate() -> None:
    few = FEWEST_ATTEMPTS - 1
    found = season(days_before(1, 2, 3, failed=few, total=few), NOW)
    assert found is not None
    assert found.attempts * HOUR == pytest.approx(few)
    assert set(found.rates.values()) == {None}


def test_the_attempts_of_an_hour_are_those_of_an_ordinary_day() -> None:
    found = season(days_before(1, 2, total=3600) | days_before(3, total=360_000), NOW)
    assert found is not None
    assert found.attempts == pytest.approx(1.0)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(500, 5000)), max_size=7),
)
def test_what_is_excused_lies_between_what_was_seen(days: list[tuple[int, int]]) -> None:
    hours = {THIS - DAY * day: hour(failed, total) for day, (failed, total) in enumerate(days, 1)}
    found = season(hours, NOW)
    assert (found is None) == (len(days) < FEWEST_DAYS)
    if found is not None:
        seen = [failed / total for failed, total in days]
        usual = found.rates[FAILED]
        assert usual is not None
        assert min(seen) <= usual <= max(seen)
        volumes = [total for _, total in days]
        assert min(volumes) <= round(found.attempts * HOUR, 6) <= max(volumes)


def after(cells: list[tuple[int, Mapping[str, Counts]]]) -> Hours:
    """The hours after cells that began at these seconds."""
    hours: Hours = {}
    for start, came in cells:
        hours = noted(hours, start, came)
    return hours


def test_the_cells_of_an_hour_add_up() -> None:
    begin = THIS * HOUR
    hours = after([(begin, {ALL: hour(1)}), (begin + 3540, {ALL: hour(2)})])
    assert hours == {ALL: {THIS: hour(1) + hour(2)}}


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abc")), max_size=60))
def test_the_hours_of_a_week_are_kept_and_no_older_ones(seen: list[tuple[int, str]]) -> None:
    seen.sort()
    hours = after([((THIS + at) * HOUR, {key: hour(1, 100)}) for at, key in seen])
    for key, by_hour in hours.items():
        mine = [THIS + at for at, name in seen if name == key]
        kept = {at for at in mine if at >= mine[-1] - HOURS}
        assert set(by_hour) == kept
        assert sum(map(attempts, by_hour.values())) == 100 * sum(at in kept for at in mine)


def test_noting_a_cell_leaves_the_hours_before_as_they_are() -> None:
    before = after([(NOW, {ALL: hour(1)})])
    noted(before, NOW + HOUR, {ALL: hour(2), "issuer=A": hour(3)})
    noted(before, NOW, {ALL: hour(2)})
    assert before == {ALL: {THIS: hour(1)}}


def test_only_the_largest_slices_are_kept() -> None:
    sizes = {f"issuer={number}": hour(0, 100 + number) for number in range(MOST_SEASONAL + 20)}
    hours = noted({}, NOW, {ALL: hour(0, 100_000), **sizes})
    assert len(hours) == MOST_SEASONAL
    assert ALL in hours
    kept = {attempts(by_hour[THIS]) for key, by_hour in hours.items() if key}
    assert min(kept) == 100 + 20 + 1


def folded(days: int, failed_at_two: int) -> Baseline:
    """The baseline at two o'clock, before anything of that hour: on each day before, so many of a
    thousand payments failed from two to three."""
    start = (NOW // (DAY * HOUR) + 1) * DAY * HOUR
    baseline = Baseline(folded=start)
    for number in range(days * DAY + 2):
        at = start + number * HOUR
        failed = failed_at_two if number % DAY == 2 else 2
        for end in (at + CELL_SECONDS, at + HOUR):
            baseline = fold(
                Normals(baseline), {ALL: hour(failed)}, end, lambda *_: False, learning=False
            )
    return baseline


def test_what_fails_at_that_hour_on_other_days_is_normal_for_a_slice_then() -> None:
    baseline = folded(3, 200)
    assert Normals(baseline).normal(ALL, FAILED).rate == pytest.approx(0.2)
    later = fold(Normals(baseline), {}, baseline.folded + HOUR, lambda *_: False, learning=False)
    assert Normals(later).normal(ALL, FAILED).rate < 0.05


def test_an_hour_that_is_better_on_other_days_does_not_lower_what_is_normal() -> None:
    assert Normals(folded(3, 0)).normal(ALL, FAILED).rate == pytest.approx(
        Normals(folded(0, 0)).normal(ALL, FAILED).rate, rel=0.5
    )
