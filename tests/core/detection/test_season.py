"""The same hour on other days: what recurs is no news."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.counts import Counts, attempts
from functions.core.counting.slices import ALL
from functions.core.detection.baseline import CELL_SECONDS, Baseline, Stretch
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
from functions.core.troubles.incident import OPENED
from tests.builders import NOW, counts
from tests.slow_traffic import Rate
from tests.slow_traffic import after as history

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


def rate(
    hours: Mapping[int, Counts], second: int = NOW, held: Mapping[int, Counts] | None = None
) -> float | None:
    found = season(hours, second, held=held or {})
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
    days = days_before(1, 2, 3)
    assert season(days, THIS * HOUR + second) == season(days, NOW)


def test_what_failed_more_on_one_day_of_three_is_not_usual() -> None:
    assert rate(days_before(1, failed=300) | days_before(2, 3, failed=2)) == pytest.approx(0.002)


def test_what_failed_more_on_half_of_the_days_is_not_usual() -> None:
    assert rate(days_before(1, 4, failed=300) | days_before(2, 3, failed=2)) == pytest.approx(0.002)


def test_the_same_weekday_counts_double_where_it_alone_decides_nothing() -> None:
    def with_others(*others: int) -> float | None:
        return rate(days_before(1, 7, failed=300) | days_before(*others, failed=2))

    assert with_others(2, 3) == pytest.approx(0.3)  # three of five
    assert with_others(2, 3, 4) == pytest.approx(0.002)
    weekday = days_before(7, failed=300)
    assert rate(weekday | days_before(1, 2, failed=2)) == pytest.approx(0.002)
    assert rate(weekday | days_before(1, 2, 3, failed=2)) == pytest.approx(0.002)


@given(st.permutations([2, 2, 2, 300]), st.integers(3, 4))
def test_no_single_day_makes_a_rate_usual(failed: list[int], days: int) -> None:
    hours: dict[int, Counts] = {}
    for day, n in zip((1, 2, 7, 4)[:days], failed, strict=False):
        hours |= days_before(day, failed=n)
    assert rate(hours) == pytest.approx(0.002)


def test_fewer_than_three_days_tell_nothing() -> None:
    assert FEWEST_DAYS == 3
    assert season({}, NOW) is None
    assert season(days_before(1, 2), NOW) is None
    assert season({THIS - 3 * DAY + 1: hour(200)}, NOW) is None


def test_payments_that_were_held_back_are_no_silence() -> None:
    clean, held = days_before(1, 2, total=1000, failed=2), days_before(3, total=1000)
    found = season(clean, NOW, held=held)
    assert found is not None
    assert found.attempts * HOUR == pytest.approx(1000)


def test_a_rate_that_was_held_back_on_two_days_of_three_is_not_usual() -> None:
    clean = days_before(1, 2, 3, failed=2)
    assert rate(clean, held=days_before(1, 2, failed=500)) == pytest.approx(0.002)


def test_what_is_held_back_at_the_same_hour_day_by_day_recurs_as_far_as_it_did_each_day() -> None:
    held = days_before(1, 3, failed=300) | days_before(2, failed=250)
    assert rate(days_before(1, 2, 3, failed=2), held=held) == pytest.approx(252 / 2000)


def test_what_recurs_stays_usual_when_it_is_held_back_no_more() -> None:
    """It is known on the fourth day: nothing of it is held back then."""
    clean = days_before(1, failed=300) | days_before(2, 3, failed=2)
    assert rate(clean, held=days_before(2, 3, failed=500)) == pytest.approx(502 / 2000)


def test_an_incident_that_lasts_for_days_recurs_at_no_hour() -> None:
    hours = {THIS - back: hour(2) for back in range(1, 72)}
    lasting = {THIS - back: hour(300) for back in range(73)}
    assert rate(hours | days_before(3, failed=2), held=lasting) == pytest.approx(0.002)


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
        hours, _ = noted(hours, {}, start, came, {})
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
    held = {ALL: {THIS: hour(4)}}
    noted(before, held, NOW + HOUR, {ALL: hour(2), "issuer=A": hour(3)}, {ALL: hour(5)})
    noted(before, held, NOW, {ALL: hour(2)}, {ALL: hour(5)})
    assert before == {ALL: {THIS: hour(1)}}
    assert held == {ALL: {THIS: hour(4)}}


def test_what_was_held_back_is_noted_beside_what_was_not() -> None:
    clean, held = noted({}, {}, NOW, {ALL: hour(1)}, {"issuer=A": hour(9)})
    assert (clean, held) == ({ALL: {THIS: hour(1)}}, {"issuer=A": {THIS: hour(9)}})


def test_only_the_largest_slices_are_kept() -> None:
    sizes = {f"issuer={number}": hour(0, 100 + number) for number in range(MOST_SEASONAL + 20)}
    hours, _ = noted({}, {}, NOW, {ALL: hour(0, 100_000), **sizes}, {})
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
    baseline = folded(4, 6)
    assert Normals(baseline).normal(ALL, FAILED).rate == pytest.approx(0.006)
    later = fold(Normals(baseline), {}, baseline.folded + HOUR, lambda *_: False, learning=False)
    assert Normals(later).normal(ALL, FAILED).rate < 0.004


def test_what_recurs_is_normal_up_to_so_many_times_what_fails_all_day() -> None:
    normals = Normals(folded(4, 400))
    all_day = normals.baseline.past[ALL]
    most = NormalTuning().most_recurring * all_day.events[FAILED] / all_day.attempts
    assert normals.normal(ALL, FAILED).rate == pytest.approx(most, rel=0.01)


def _within(stretches: list[Stretch], key: str, start: int, _: int) -> bool:
    return any(key in one.slices and one.start <= start < one.end for one in stretches)


OUTAGES = [
    (minutes, share, days, key)
    for minutes in (5, 12, 20)
    for share in (0.05, 0.3, 0.6)
    for days in ((1,), (2,), (1, 2))
    for key in (ALL, "issuer=A")
]


@pytest.mark.parametrize(("minutes", "share", "days", "key"), OUTAGES)
def test_an_outage_at_this_hour_on_the_days_before_teaches_nothing(
    minutes: int, share: float, days: tuple[int, ...], key: str
) -> None:
    """Found after two minutes and held back; all traffic is judged, or one of its issuers."""
    start = (NOW // (DAY * HOUR) + 1) * DAY * HOUR
    broke = {start + (3 - day) * DAY * HOUR + 2 * HOUR for day in days}
    baseline = Baseline(folded=start)
    for _ in range(3 * DAY * 60 + 120):
        at = baseline.folded
        ill = any(since <= at < since + 60 * minutes for since in broke)
        if at % (DAY * HOUR) // HOUR not in (1, 2, 3):
            baseline = replace(baseline, folded=at + 60)  # nothing happens then
            continue
        own = hour(round(100 * share) if ill else 1, 100)
        tainted = [
            Stretch(since, since + 60 * minutes, frozenset((ALL, "issuer=A")))
            for since in broke
            if at >= since + 120
        ]
        baseline = fold(
            Normals(baseline),
            {ALL: own + hour(4, 400), "issuer=A": own, "issuer=B": hour(4, 400)},
            at + 60,
            partial(_within, tainted),
            learning=False,
            tainted=tainted,
        )
    assert Normals(baseline).normal(key, FAILED).rate < 0.012
    assert Normals(baseline).normal("issuer=B", FAILED).rate < 0.012


def test_an_hour_that_is_better_on_other_days_does_not_lower_what_is_normal() -> None:
    assert Normals(folded(3, 0)).normal(ALL, FAILED).rate == pytest.approx(
        Normals(folded(0, 0)).normal(ALL, FAILED).rate, rel=0.5
    )


def outages(minutes: int, share: float, *days_before: int) -> Rate:
    """At this hour on the third day, so many days before."""
    begins = [50.0 - 24 * day for day in days_before]
    return lambda hour: share if any(0 <= hour - at < minutes / 60 for at in begins) else 0.01


def ramp(hour: float) -> float:
    """By six points within half an hour, from the same hour on."""
    return 0.01 + 0.06 * min(1.0, max(0.0, hour - 50) / 0.5)


@pytest.mark.parametrize("is_same", [True, False], ids=["same slice", "another slice"])
@pytest.mark.parametrize(
    ("minutes", "share", "days"),
    [(5, 0.6, (1,)), (20, 0.3, (2,)), (20, 0.06, (1,)), (12, 0.5, (1, 2))],
)
def test_a_ramp_is_found_soon_at_the_hour_of_an_outage_of_days_before(
    minutes: int, share: float, days: tuple[int, ...], is_same: bool
) -> None:
    broke = outages(minutes, share, *days)

    def both(hour: float) -> float:
        return max(broke(hour), ramp(hour))

    rate, other = (both, None) if is_same else (ramp, broke)
    told = history(50.5, rate, 1, other, 240, 60)[1]
    opened = [item.incident for item in told if item.transition == OPENED]
    found = [one for one in opened if one.started_at >= NOW + 50 * HOUR]
    assert [one.slice for one in found] == ["issuer=A"]
    assert found[0].detected_at < NOW + 50 * HOUR + 1200
    assert len(opened) == len(days) + 1


def nightly(hour: float) -> float:
    """Three times as many fail from two to three o'clock."""
    clock = (NOW / HOUR + hour) % DAY
    return 0.03 if 2 <= clock < 3 else 0.01


def test_what_recurs_each_night_is_told_on_three_nights_at_most() -> None:
    told = history(24 * 4.7, nightly, 1, None, 240, 60)[1]
    nights = {(item.incident.detected_at // HOUR - 2) // DAY for item in told}
    first = NOW // HOUR // DAY + 1
    assert nights <= {first - 0, first + 1, first + 2}
    assert nights, "it is held back first, and known although it was"
