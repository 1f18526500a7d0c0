"""What is normal for a slice, minute by minute."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Container, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.signals import RATES
from functions.core.counting.slices import ALL, wider_slices
from functions.core.detection.baseline import CELL_SECONDS, Baseline, Stretch, restored
from functions.core.detection.evidence import Normal
from functions.core.detection.folding import (
    HeldBack,
    fold,
    forget,
)
from functions.core.detection.normals import Normals
from functions.core.detection.season import HOUR
from functions.core.detection.tuning import LeafTuning, NormalTuning
from tests.builders import NOW, counts

FORGOTTEN_SECONDS = NormalTuning().forgotten_seconds
GUARD_SECONDS = NormalTuning().guard_seconds
MEMORY_SECONDS = NormalTuning().memory_seconds
PAST_SECONDS = NormalTuning().past_seconds

FAILED = "failed"
HDFC, SEGMENT = "issuer=HDFC", "issuer=HDFC&network=VISA"
GUARD_MINUTES = GUARD_SECONDS // CELL_SECONDS
MEMORY_MINUTES = MEMORY_SECONDS // CELL_SECONDS


def nothing(_: str, __: int, ___: int) -> bool:
    return False


def minutes(
    number: int,
    came: Mapping[str, Counts] | Callable[[int], Mapping[str, Counts]],
    baseline: Baseline | None = None,
    *,
    held_back: HeldBack = nothing,
    learning: bool = False,
    mixed: Container[int] = (),
) -> Baseline:
    """The baseline after so many minutes more, in each of which this came. mixed: the minutes in
    which traffic was spread as it usually is not."""
    baseline = baseline or Baseline()
    start = baseline.folded or NOW
    for minute in range(number):
        current = came if isinstance(came, Mapping) else came(minute)
        second = start + (minute + 1) * CELL_SECONDS
        baseline = fold(
            Normals(baseline),
            current,
            second,
            held_back,
            learning=learning,
            mixed=minute in mixed,
        )
    return baseline


def of(failed: int, total: int, key: str = ALL) -> Mapping[str, Counts]:
    return {key: counts(approved=total - failed, failed=failed, gateway=failed)}


def rate(baseline: Baseline, key: str = ALL) -> float:
    return Normals(baseline).normal(key, FAILED).rate


def test_before_anything_was_seen_the_usual_rates_of_payments_are_assumed() -> None:
    assert [Normals(Baseline()).normal(ALL, signal).rate for signal in RATES] == [
        0.01,
        0.01,
        0.05,
        0.005,
        0.0025,
    ]


def test_the_normal_rate_becomes_that_of_the_slice() -> None:
    assert rate(minutes(20, of(30, 1000))) == pytest.approx(0.03, rel=0.01)


def test_what_customers_and_fraud_rules_do_is_not_part_of_the_rate() -> None:
    came = {ALL: counts(approved=700, denied=300, customer=200, fraud=100)}
    assert Normals(minutes(20, came)).normal(ALL, "denied").rate < 0.001


def test_a_minute_becomes_part_of_what_is_normal_after_the_guard_and_not_before() -> None:
    calm = minutes(10, of(0, 1000))
    for minute in range(1, GUARD_MINUTES + 1):
        assert rate(minutes(minute, of(500, 1000), calm)) == pytest.approx(rate(calm), rel=0.5)
    assert rate(minutes(GUARD_MINUTES + 1, of(500, 1000), calm)) > 10 * rate(calm)


def test_while_learning_a_minute_is_normal_at_once() -> None:
    assert rate(minutes(1, of(500, 1000), learning=True)) == pytest.approx(0.49, abs=0.01)


def test_an_incident_that_is_held_back_does_not_change_the_normal_rate() -> None:
    calm = minutes(10, of(10, 1000))
    after = minutes(20, of(500, 1000), calm, held_back=lambda *_: True)
    # What came before the incident leaves the guard meanwhile, but nothing of the incident.
    assert rate(after) == pytest.approx(rate(calm), rel=0.1)
    assert (
        Normals(after).normal(ALL, FAILED).dispersion
        == Normals(calm).normal(ALL, FAILED).dispersion
    )


def test_an_incident_of_one_slice_keeps_the_others_learning() -> None:
    both = {**of(500, 1000, "issuer=A"), **of(40, 1000, "issuer=B")}
    after = minutes(20, both, held_back=lambda key, *_: key == "issuer=A")
    assert rate(after, "issuer=B") == pytest.approx(0.04, rel=0.05)
    assert rate(after, "issuer=A") < 0.02


def test_what_is_held_back_is_asked_for_the_seconds_of_its_minute() -> None:
    asked: set[tuple[int, int]] = set()

    def held_back(_: str, start: int, end: int) -> bool:
        asked.add((start - NOW, end - NOW))
        return False

    minutes(5, of(0, 9), held_back=held_back)
    assert asked == {(0, 60), (60, 120), (120, 180)}


def test_what_was_held_back_counts_for_how_traffic_is_spread() -> None:
    after = minutes(3 + GUARD_MINUTES, of(9, 10), held_back=lambda *_: True)
    assert (after.absorbed, after.spread) == ({}, {ALL: 30})


def test_the_first_minute_is_the_one_before_it_is_folded() -> None:
    baseline = fold(Normals(Baseline()), of(0, 9), NOW, nothing, learning=True)
    assert [(cell.start, cell.end) for cell in baseline.cells] == [(NOW - CELL_SECONDS, NOW)]
    assert baseline.folded == NOW


def test_while_traffic_is_mixed_nothing_becomes_normal_nor_usual() -> None:
    calm = minutes(10, of(10, 1000))
    after = minutes(9, of(300, 1000), calm, mixed=range(9))
    ripe = minutes(GUARD_MINUTES, of(10, 1000), calm)
    assert (after.absorbed, after.spread) == (ripe.absorbed, ripe.spread)
    assert after.dispersion == ripe.dispersion


def test_what_was_mixed_leaves_as_it_came() -> None:
    after = minutes(100, of(10, 1000), mixed=range(30))
    never = minutes(100, lambda minute: {} if minute < 30 else of(10, 1000))
    assert (after.absorbed, after.spread) == (never.absorbed, never.spread)
    assert after.past[ALL].events[FAILED] == pytest.approx(never.past[ALL].events[FAILED])


def test_what_was_held_back_is_no_part_of_the_longer_past() -> None:
    after = minutes(
        60, {**of(10, 1000), **of(500, 1000, HDFC)}, held_back=lambda key, *_: key == HDFC
    )
    assert set(after.past) == {ALL}
    assert after.spread[HDFC] == MEMORY_MINUTES * 1000


def test_the_hours_have_all_that_left_and_apart_what_was_held_back_or_mixed() -> None:
    def held_back(_: str, start: int, __: int) -> bool:
        return start < NOW + 180

    left = MEMORY_MINUTES + GUARD_MINUTES
    after = minutes(left + 5, of(10, 1000), held_back=held_back, mixed={3})
    assert sum(attempts(came) for came in after.hours[ALL].values()) == 1000
    assert sum(attempts(came) for came in after.held_hours[ALL].values()) == 4000


def test_a_minute_is_no_part_of_the_hours_before_it_leaves_the_memory() -> None:
    assert minutes(MEMORY_MINUTES + GUARD_MINUTES, of(10, 1000)).hours == {}


def test_minutes_leave_after_half_an_hour_and_the_guard() -> None:
    long = minutes(100, of(10, 1000))
    assert attempts(long.absorbed[ALL]) == MEMORY_MINUTES * 1000
    assert len(long.cells) == MEMORY_MINUTES + GUARD_MINUTES


def test_what_left_remains_as_a_prior_that_weighs_less_than_the_last_minutes() -> None:
    busy = minutes(60, of(50, 1000))
    night = minutes(60, {}, busy)
    assert night.absorbed == {}
    assert rate(night) == pytest.approx(0.05, rel=0.1)
    anew = minutes(20, of(0, 1000), night)
    assert rate(anew) < 0.002


def test_the_longer_past_fades_by_half_in_a_day() -> None:
    before = minutes(60, of(50, 1000))
    later = NOW + 61 * CELL_SECONDS + PAST_SECONDS
    held = before.past[ALL]
    after = fold(Normals(before), of(0, 7), later, nothing, learning=False)
    for second in range(1, 40):
        after = fold(Normals(after), {}, later + second * CELL_SECONDS, nothing, learning=False)
    past = after.past[ALL]
    fading = 0.5 ** ((past.at - held.at) / PAST_SECONDS)
    assert 0.4 < fading < 0.51
    # The half hour that was absorbed has left as well, when a day had gone by.
    assert past.events[FAILED] < 0.06 * past.attempts
    assert past.attempts >= held.attempts * fading


def test_the_longer_past_is_what_left_each_minute_faded_by_its_age() -> None:
    after = minutes(300, of(10, 1000))
    left = 300 - MEMORY_MINUTES - GUARD_MINUTES
    faded = sum(1000 * 0.5 ** (age * CELL_SECONDS / PAST_SECONDS) for age in range(left))
    assert after.past[ALL].attempts == pytest.approx(faded)
    assert after.past[ALL].events[FAILED] == pytest.approx(0.01 * faded)


def test_a_minute_is_of_the_hour_in_which_it_began() -> None:
    left = (-NOW % HOUR) // CELL_SECONDS + MEMORY_MINUTES + GUARD_MINUTES
    assert set(minutes(left, of(0, 9)).hours[ALL]) == {NOW // HOUR}
    assert set(minutes(left + 1, of(0, 9)).hours[ALL]) == {NOW // HOUR, NOW // HOUR + 1}


def test_a_slice_without_history_borrows_from_the_wider_one_that_fails_most() -> None:
    came = {**of(10, 1000), **of(80, 1000, HDFC), **of(20, 1000, "network=VISA")}
    baseline = minutes(20, came)
    assert rate(baseline, SEGMENT) == pytest.approx(rate(baseline, HDFC), rel=0.01)
    assert rate(baseline, HDFC) == pytest.approx(0.08, rel=0.05)
    assert rate(baseline, "gateway=new") == rate(baseline)


def test_a_rate_that_is_borrowed_is_less_certain() -> None:
    baseline = minutes(20, of(10, 1000))
    assert (
        Normals(baseline).normal("issuer=NEW", FAILED).error
        > 5 * Normals(baseline).normal(ALL, FAILED).error
    )


def test_a_slice_with_few_payments_lies_between_its_own_rate_and_the_wider_ones() -> None:
    baseline = minutes(20, {**of(10, 1000), **of(1, 2, HDFC)})
    assert rate(baseline) < rate(baseline, HDFC) < 0.5


def test_wider_slices_are_those_with_one_dimension_less() -> None:
    assert wider_slices(ALL) == ()
    assert wider_slices(HDFC) == (ALL,)
    assert set(wider_slices(SEGMENT)) == {HDFC, "network=VISA"}


def binomial(drawn: random.Random, total: int, share: float) -> int:
    return sum(drawn.random() < share for _ in range(total))


def dispersed(spread: Callable[[random.Random], float]) -> float:
    drawn = random.Random(1)
    return (
        Normals(minutes(90, lambda _: of(binomial(drawn, 400, spread(drawn)), 400)))
        .normal(ALL, FAILED)
        .dispersion
    )


def test_payments_that_fail_independently_are_hardly_dispersed() -> None:
    assert 1.0 <= dispersed(lambda _: 0.1) < 1.5


def test_minutes_that_differ_more_than_chance_are_dispersed() -> None:
    assert dispersed(lambda drawn: drawn.choice((0.03, 0.17))) > 4.0


def dispersion(baseline: Baseline, key: str = ALL) -> float:
    return baseline.dispersion[FAILED].get(key, 1.0)


def test_a_rate_that_changes_slowly_is_not_taken_for_dispersed() -> None:
    slowly = minutes(90, lambda minute: of(20 + 2 * minute, 1000))
    assert dispersion(slowly) <= 1.0


def test_one_jump_is_hardly_dispersion_however_high_it_is() -> None:
    jump = minutes(20, lambda minute: of(10 if minute < 10 else 900, 1000))
    calm = minutes(20, of(10, 1000))
    assert 0.3 < dispersion(jump) - dispersion(calm) < 16 / MEMORY_MINUTES


def test_how_few_payments_differ_says_little_about_dispersion() -> None:
    few = minutes(20, lambda minute: of(minute % 2, 2))
    many = minutes(20, lambda minute: of(500 * (minute % 2), 1000))
    assert abs(dispersion(few) - 1.0) < 0.1 * abs(dispersion(many) - 1.0)


def test_a_minute_without_payments_is_no_difference() -> None:
    gaps = minutes(40, lambda minute: of(500, 1000) if minute % 2 else {})
    assert dispersion(gaps) == 1.0


def test_a_signal_that_never_showed_has_no_dispersion() -> None:
    baseline = minutes(20, of(10, 1000))
    assert ALL in baseline.dispersion[FAILED]
    assert baseline.dispersion["reversed"] == {}


def test_a_signal_that_showed_once_goes_on_to_be_compared() -> None:
    once = minutes(40, lambda minute: of(20 if minute < 5 else 0, 1000))
    assert dispersion(once) < dispersion(minutes(5 + GUARD_MINUTES, of(20, 1000)))


histories = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda n: counts(approved=n[0], failed=n[1], issuer=n[1])
    ),
    max_size=50,
)


@given(histories, st.sets(st.integers(0, 50)))
def test_a_normal_rate_is_a_share_and_the_dispersion_is_at_least_one(
    came: list[Counts], held: set[int]
) -> None:
    def held_back(_: str, start: int, __: int) -> bool:
        return (start - NOW) // CELL_SECONDS in held

    baseline = minutes(len(came), lambda minute: {HDFC: came[minute]}, held_back=held_back)
    for signal in RATES:
        normal = Normals(baseline).normal(HDFC, signal)
        assert isinstance(normal, Normal)
        assert 0.0 < normal.rate < 1.0
        assert normal.error > 0.0
        assert normal.dispersion >= 1.0


@given(histories, st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
def test_the_sums_are_those_of_the_cells_whatever_came_and_was_held_back_or_mixed(
    came: list[Counts], held: set[int], mixed: set[int]
) -> None:
    def held_back(_: str, start: int, __: int) -> bool:
        return (start - NOW) // CELL_SECONDS in held

    baseline = minutes(
        len(came), lambda minute: {ALL: came[minute]}, held_back=held_back, mixed=mixed
    )
    again = restored(baseline)
    assert again.spread == baseline.spread
    assert {k: n for k, n in again.absorbed.items() if n} == {
        k: n for k, n in baseline.absorbed.items() if n
    }


def test_payments_that_are_no_attempts_leave_as_they_came() -> None:
    def came(minute: int) -> Mapping[str, Counts]:
        return {ALL: counts(approved=5, pending=1) if minute < 3 else counts(pending=2)}

    baseline = minutes(80, came)
    assert baseline.spread == {}
    assert rate(baseline) > 0.0


def test_of_the_cells_is_counted_what_came_since_a_second_to_the_minute() -> None:
    baseline = minutes(5, lambda minute: of(0, 10**minute))
    assert attempts(baseline.since(ALL, NOW + 3 * CELL_SECONDS)) == 11_000
    assert attempts(baseline.since(ALL, NOW + 3 * CELL_SECONDS - 1)) == 11_100
    assert baseline.since(HDFC, NOW) == NONE


def test_a_slice_without_payments_for_a_day_is_forgotten() -> None:
    busy = minutes(60, {**of(10, 1000), **of(10, 1000, HDFC)})
    quiet = minutes(60, of(10, 1000), busy)
    soon = max(past.at for past in quiet.past.values()) + FORGOTTEN_SECONDS
    kept, alive = forget(quiet, quiet.past[HDFC].at + FORGOTTEN_SECONDS)
    assert HDFC in alive
    assert HDFC in kept.past
    gone, alive = forget(quiet, soon)
    assert alive == {ALL}
    assert set(gone.past) == {ALL}
    assert all(HDFC not in by_slice for by_slice in gone.dispersion.values())


def test_a_slice_that_has_just_come_is_known_before_anything_of_it_is_normal() -> None:
    assert forget(minutes(1, of(0, 9)), NOW + CELL_SECONDS)[1] == {ALL}


def test_a_slice_that_comes_again_after_a_day_keeps_its_past() -> None:
    quiet = minutes(60, of(10, 1000), minutes(60, {**of(10, 1000), **of(10, 1000, HDFC)}))
    again = minutes(1, of(0, 9, HDFC), quiet)
    kept, alive = forget(again, quiet.past[HDFC].at + FORGOTTEN_SECONDS + 1)
    assert HDFC in alive
    assert kept.past[HDFC] == quiet.past[HDFC]


def test_asking_what_is_normal_changes_nothing_of_the_baseline() -> None:
    asked, fresh = minutes(5, of(1, 9)), minutes(5, of(1, 9))
    normals = Normals(asked)
    assert normals.normal(SEGMENT, FAILED) is normals.normal(SEGMENT, FAILED)
    assert asked == fresh


def test_a_cell_keeps_what_failed_by_leaf_and_tells_few_leaves_apart() -> None:
    most = LeafTuning().cell_leaves
    failing = {f"merchant=m{n}": counts(failed=1, gateway=1) for n in range(2 * most)}
    came = of(2 * most, 4 * most)
    baseline = fold(Normals(Baseline()), came, NOW + 60, nothing, learning=False, failing=failing)
    assert len(baseline.cells[-1].failing) == most + 1
    assert sum(baseline.cells[-1].failing.values()) == sum(failing.values())
    assert minutes(1, of(1, 100)).cells[-1].failing == {}


def slowly(first: int, last: int, over: int) -> Callable[[int], Mapping[str, Counts]]:
    """From so many of a thousand failing to so many, over so many minutes."""
    return lambda minute: of(round(first + (last - first) * min(1.0, minute / over)), 1000)


DAY = minutes(8 * 60, of(10, 1000))
"""A third of one: its rate is known."""


@pytest.mark.parametrize("last", [20, 60, 300])
@pytest.mark.parametrize("over", [60, 120, 240])
def test_normal_leaves_its_slow_anchor_by_so_much_an_hour_and_no_more(last: int, over: int) -> None:
    baseline = minutes(over, slowly(10, last, over), DAY)
    tuning = NormalTuning()
    an_hour = tuning.moves * rate(DAY) * 1.5  # the slow anchor moves, too, if slowly
    nearest = (1 + tuning.wander) * rate(DAY) + 0.001
    assert rate(baseline) < nearest + an_hour * over / 60
    assert rate(baseline) <= Normals(baseline).recent(ALL, FAILED).rate


def test_what_lies_near_the_slow_anchor_is_followed_at_once() -> None:
    baseline = minutes(40, of(11, 1000), DAY)
    assert rate(baseline) == Normals(baseline).recent(ALL, FAILED).rate
    assert rate(baseline) == pytest.approx(0.011, rel=0.02)
    assert baseline.reach.get(FAILED, {}) == {}


def test_what_gets_better_is_normal_as_soon_as_it_was_absorbed() -> None:
    assert rate(minutes(35, of(2, 1000), DAY)) == pytest.approx(0.002, rel=0.1)


def test_normal_is_at_most_twice_its_slow_anchor_however_slowly_it_left() -> None:
    baseline = minutes(12 * 60, slowly(10, 200, 12 * 60), DAY)
    past = baseline.past[ALL]
    slow = past.events[FAILED] / past.attempts
    assert rate(baseline) <= NormalTuning().moved * slow * 1.01


def test_how_far_normal_moved_is_forgotten_when_it_is_back_at_its_anchor() -> None:
    away = minutes(120, slowly(10, 60, 120), DAY)
    assert away.reach[FAILED][ALL].rate > rate(DAY)
    assert minutes(40, of(10, 1000), away).reach.get(FAILED, {}) == {}


def test_a_slice_without_a_longer_past_has_no_slow_anchor() -> None:
    baseline = minutes(10, of(10, 1000))
    assert Normals(baseline).reach(ALL, FAILED) == math.inf
    assert rate(minutes(20, of(300, 1000), baseline)) > 0.15


def test_minutes_in_which_all_fails_and_that_nobody_finds_move_the_slow_anchor_little() -> None:
    after = minutes(60, lambda minute: of(1000 if minute < 10 else 10, 1000), DAY)
    past = after.past[ALL]
    assert past.events[FAILED] / past.attempts < 0.0115


def test_what_was_absorbed_of_an_incident_is_taken_out_when_it_is_found() -> None:
    ill = minutes(10, {**of(60, 1000), **of(60, 1000, HDFC)}, minutes(20, of(10, 1000)))
    since = ill.folded - 600
    found = Stretch(since, ill.folded, frozenset({ALL}))
    after = fold(
        Normals(ill),
        of(60, 1000),
        ill.folded + 60,
        lambda key, *_: key == ALL,
        learning=False,
        tainted=[found],
    )
    assert attempts(after.absorbed[ALL]) == 20 * 1000
    assert attempts(after.absorbed[HDFC]) == attempts(ill.absorbed[HDFC]) + 1000
    assert {key for cell in after.cells if cell.start >= since for key in cell.held} == {ALL}
    assert not any(cell.held for cell in after.cells if cell.end <= since)
    assert restored(after).absorbed == after.absorbed
    # Twice found is taken out once.
    again = fold(
        Normals(after),
        {},
        after.folded + 60,
        lambda key, *_: key == ALL,
        learning=False,
        tainted=[found],
    )
    assert again.absorbed[ALL] == after.absorbed[ALL]


def test_the_longer_past_stands_in_for_what_is_held_back() -> None:
    held = minutes(40, of(500, 1000), DAY, held_back=lambda key, *_: key == ALL)
    assert rate(held) == pytest.approx(rate(DAY), rel=0.01)
    error = Normals(DAY).normal(ALL, FAILED).error
    assert Normals(held).normal(ALL, FAILED).error == pytest.approx(error, rel=0.1)


def test_an_incident_that_is_held_back_leaves_no_dispersion_at_its_edges() -> None:
    def came(minute: int) -> Mapping[str, Counts]:
        return of(500 if 10 <= minute < 20 else 10, 1000)

    def held_back(_: str, start: int, __: int) -> bool:
        return 10 <= (start - NOW) // CELL_SECONDS < 20

    assert dispersion(minutes(40, came, held_back=held_back)) <= 1.0


@given(st.integers(20, 1000), st.integers(1, 9))
def test_what_an_incident_taught_of_dispersion_before_it_was_found_is_bounded(
    failed: int, lasts: int
) -> None:
    calm = minutes(40, of(10, 1000))
    ill = minutes(lasts + GUARD_MINUTES, of(failed, 1000), calm)
    assert dispersion(ill) - dispersion(calm) <= NormalTuning().most_dispersed / MEMORY_MINUTES
