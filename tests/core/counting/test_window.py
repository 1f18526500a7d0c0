"""The rolling window, on a clock of whole seconds and with small windows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, payments
from functions.core.counting.failing import MOST_LEAVES
from functions.core.counting.latency import latency_quantile
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally, merge_buckets
from functions.core.counting.window import (
    KEPT_FREE,
    MAX_SLICES,
    Window,
    countable,
    merge_into,
    roll,
    summed,
)
from tests.builders import NOW, approved, counts, tally

SMALL = Window(width=4, lateness=3)


def at(clock: int, window: Window = SMALL) -> Window:
    return roll(window, NOW + clock)


def merged(window: Window, coming: Tally) -> tuple[Window, Tally, int]:
    """The window with the tally, what was counted of it, and how many payments were late."""
    known = {key for bucket in window.seconds.values() for key in bucket.slices}
    counted, late = countable(window, coming, known)
    return merge_into(window, counted), counted, late


def plus_one(window: Window, second: int, count: int = 1) -> Window:
    return merged(window, approved(NOW + second, count))[0]


def in_window(window: Window) -> int:
    return payments(window.sums.get(ALL, NONE))


def held(window: Window) -> int:
    return sum(payments(b.slices[ALL]) for b in window.seconds.values() if ALL in b.slices)


# A tally with two slices, latencies and parked events, in seconds around the clock.
buckets = st.builds(
    Bucket,
    slices=st.dictionaries(
        st.sampled_from((ALL, "issuer=A", "issuer=B")),
        st.integers(1, 5).map(lambda n: counts(approved=n, failed=1, issuer=1)),
        min_size=1,
    ),
    latency=st.dictionaries(st.integers(0, 5), st.integers(1, 3), max_size=2),
    parked=st.integers(0, 2),
)
tallies = st.dictionaries(st.integers(-12, 12).map(NOW.__add__), buckets, max_size=4).map(Tally)
steps = st.lists(st.one_of(tallies, st.integers(-3, 9)), max_size=14)


@given(steps)
def test_after_any_merges_and_rolls_the_sums_equal_a_recount(steps: list[Tally | int]) -> None:
    window = at(0)
    for step in steps:
        if isinstance(step, int):
            window = roll(window, window.clock + step)
        else:
            window, _, _ = merged(window, step)
    recount = Bucket()
    for second, bucket in window.seconds.items():
        if window.start <= second <= window.clock:
            recount = merge_buckets(recount, bucket)
    assert window.sums == recount.slices
    assert window.latency == recount.latency
    assert (window.parked, window.late) == (recount.parked, recount.late)


@given(steps)
def test_every_payment_is_held_or_late_or_has_grown_old(steps: list[Tally | int]) -> None:
    window = at(0)
    came = gone = lost = 0
    for step in steps:
        if isinstance(step, int):
            before = held(window)
            window = roll(window, window.clock + step)
            gone += before - held(window)
        else:
            window, _, late = merged(window, step)
            came += payments(step.total)
            lost += late
        assert all(second >= window.oldest for second in window.seconds)
    assert came == held(window) + gone + lost


@given(steps)
def test_what_was_counted_merges_into_the_same_window_again(steps: list[Tally | int]) -> None:
    window = at(0)
    for step in steps:
        if isinstance(step, int):
            window = roll(window, window.clock + step)
        else:
            after, counted, _ = merged(window, step)
            assert countable(
                window,
                counted,
                {key for bucket in counted.seconds.values() for key in bucket.slices},
            ) == (counted, 0)
            assert merge_into(window, counted) == after
            window = after


@given(steps)
def test_sums_counted_anew_are_those_that_were_kept(steps: list[Tally | int]) -> None:
    window = at(0)
    for step in steps:
        window = (
            roll(window, window.clock + step) if isinstance(step, int) else merged(window, step)[0]
        )
    assert summed(window) == window


@given(tallies)
def test_merging_changes_neither_the_window_nor_the_tally(coming: Tally) -> None:
    window = plus_one(at(0), 0)
    before = repr((window, coming))
    merged(window, coming)
    roll(window, window.clock + 2)
    summed(window)
    assert repr((window, coming)) == before


def test_the_window_begins_with_its_first_second_and_ends_before_the_next_one() -> None:
    #  seconds    6 [ 7  8  9 10 ] 11         clock 10, width 4
    #  payments   1   2  4  8 16   32
    window = at(10)
    for second, count in ((6, 1), (7, 2), (8, 4), (9, 8), (10, 16), (11, 32)):
        window = plus_one(window, second, count)
    assert in_window(window) == 2 + 4 + 8 + 16


def test_a_payment_leaves_the_window_when_its_second_is_as_old_as_the_window_is_wide() -> None:
    #  seconds   [ 7  8  9 10 ] 11 12         clock 10, then 11
    #  payments    1  .  .  .
    window = plus_one(at(10), 7)
    assert in_window(window) == 1
    assert in_window(at(11, window)) == 0


def test_a_payment_from_before_the_window_but_within_the_lateness_is_kept_outside_of_it() -> None:
    #  late | 4  5  6 [ 7  8  9 10 ]          clock 10, width 4, lateness 3
    #         1
    window, _, late = merged(at(10), approved(NOW + 4))
    assert (in_window(window), held(window), late) == (0, 1, 0)


def test_a_late_payment_is_counted_as_late_and_in_no_window() -> None:
    #  3 | 4  5  6 [ 7  8  9 10 ]             clock 10, width 4, lateness 3
    #  1
    window, counted, late = merged(at(10), approved(NOW + 3, 5))
    assert (in_window(window), held(window), late) == (0, 0, 5)
    assert window.late == 5
    assert payments(counted.total) == 0


def test_what_was_late_is_shown_until_the_second_it_came_in_leaves_the_window() -> None:
    #  [ 7  8  9 10 ] 11 12 13 14             came, late, at 10
    window, _, _ = merged(at(10), approved(NOW, 5))
    assert at(13, window).late == 5
    assert at(14, window).late == 0


def test_parked_events_of_an_old_arrival_are_shown_now() -> None:
    coming = Tally()
    coming.park(NOW - 100, 3)
    window, _, late = merged(at(10), coming)
    assert (window.parked, late) == (3, 0)


def test_a_payment_from_the_future_enters_when_the_clock_reaches_its_second() -> None:
    #  [ 7  8  9 10 ] 11 12                   clock 10, then 11, then 12
    #                     1
    window = plus_one(at(10), 12)
    assert in_window(window) == 0
    assert in_window(at(11, window)) == 0
    assert in_window(at(12, window)) == 1


def test_a_jump_over_the_whole_window_empties_it_and_keeps_what_lies_ahead() -> None:
    #  [ 7  8  9 10 ] ...  97 [ 98 99 100 101 ]
    #          1            1    1
    window = plus_one(plus_one(plus_one(at(10), 9), 98), 97)
    assert in_window(at(101, window)) == 1


def test_a_jump_within_the_window_lets_go_of_what_it_passes() -> None:
    #  [ 7  8  9 10 ]        →  [ 9 10 11 12 ]
    #    1  1  1  1
    window = at(10)
    for second in (7, 8, 9, 10):
        window = plus_one(window, second)
    assert in_window(at(12, window)) == 2


def test_a_clock_that_goes_back_changes_nothing() -> None:
    window = plus_one(at(10), 9)
    assert at(5, window) is window


def test_the_first_roll_counts_what_was_merged_before_it() -> None:
    assert in_window(at(10, plus_one(SMALL, 9))) == 1


def test_since_counts_the_seconds_of_a_slice_from_one_on_with_the_one_under_way() -> None:
    #  late | 4  5  6 [ 7  8  9 10 ] 11       since 9: 9 and 10
    window = at(10)
    for second, count in ((5, 32), (7, 1), (8, 2), (9, 4), (10, 8), (11, 16)):
        window = merged(window, tally({NOW + second: {"issuer=A": counts(failed=count)}}))[0]
    assert window.since("issuer=A", NOW + 9) == counts(failed=12)
    assert window.since("issuer=A", NOW) == counts(failed=47)
    assert window.since("issuer=B", NOW + 9) == NONE


def crowd(second: int, first: int, many: int) -> Tally:
    """A payment of each of so many merchants, all in one second."""
    slices = {ALL: counts(approved=many)}
    slices |= {f"merchant=m{number}": counts(approved=1) for number in range(first, first + many)}
    return tally({NOW + second: slices})


def merchants(window: Window) -> int:
    return sum(payments(c) for key, c in window.sums.items() if key.startswith("merchant="))


def test_slices_beyond_the_most_are_pooled_as_other_and_lose_no_payment() -> None:
    window, _, _ = merged(at(10), crowd(10, 0, MAX_SLICES + 50))
    assert len(window.sums) <= MAX_SLICES + 1
    assert payments(window.sums["merchant=other"]) == KEPT_FREE + 51
    assert merchants(window) == MAX_SLICES + 50


def test_values_that_hardly_repeat_leave_room_for_other_dimensions_and_are_told() -> None:
    window = at(13)
    for number in range(100):  # as many as there is room for, and then no more
        window, _, _ = merged(window, crowd(10, 100 * number, 100))
    slices = {ALL: counts(approved=5), "issuer=new": counts(approved=5)}
    window, _, _ = merged(window, tally({NOW + 13: slices}))
    assert payments(window.sums["issuer=new"]) == 5
    assert merchants(window) == 10_000
    [(kind, many)] = window.seconds[NOW + 10].faults.items()
    assert kind == "merchant: more values than are told apart"
    assert many == payments(window.sums["merchant=other"])


def test_a_slice_that_is_held_already_is_never_pooled() -> None:
    window, _, _ = merged(at(10), crowd(10, 0, MAX_SLICES))
    window, _, _ = merged(window, crowd(10, 0, 10))
    assert payments(window.sums["merchant=m0"]) == 2


def test_one_tally_over_many_seconds_holds_no_more_slices_than_one_of_a_single_second() -> None:
    coming = Tally()
    for second in (7, 8, 9, 10):
        coming.seconds |= crowd(second, second * MAX_SLICES, MAX_SLICES).seconds
    window, _, _ = merged(at(10), coming)
    assert len(window.sums) <= MAX_SLICES + 1
    assert merchants(window) == 4 * MAX_SLICES


def test_slices_of_the_future_are_bounded_before_they_enter() -> None:
    window = at(10)
    for second in (11, 12, 13):
        window, _, _ = merged(window, crowd(second, second * MAX_SLICES, MAX_SLICES))
    window = at(13, window)
    assert len(window.sums) <= MAX_SLICES + 1
    assert merchants(window) == 3 * MAX_SLICES


def test_all_traffic_is_never_pooled() -> None:
    full, _, _ = merged(
        at(10), tally({NOW + 10: {f"merchant={n}": counts(approved=1) for n in range(MAX_SLICES)}})
    )
    window, _, _ = merged(full, approved(NOW + 10, 7))
    assert payments(window.sums[ALL]) == 7


def test_the_sketch_of_latencies_moves_with_the_window() -> None:
    slow = Tally({NOW + 10: Bucket({}, {50: 1})})
    window, _, _ = merged(at(10), slow)
    assert latency_quantile(window.latency, 0.5) is not None
    assert latency_quantile(at(14, window).latency, 0.5) is None


def failing(second: int, first: int, many: int) -> Tally:
    """A failure of each of so many merchants, all in one second."""
    coming = tally({NOW + second: {ALL: counts(failed=many, gateway=many)}})
    coming.seconds[NOW + second].failing = {
        f"merchant=m{number}": counts(failed=1, gateway=1) for number in range(first, first + many)
    }
    return coming


def test_a_second_has_few_leaves_however_many_tallies_bring_them_and_loses_no_failure() -> None:
    window = at(10)
    for first in (0, 5 * MOST_LEAVES, 10 * MOST_LEAVES):
        window, _, _ = merged(window, failing(9, first, 5 * MOST_LEAVES))
    held = window.seconds[NOW + 9].failing
    assert len(held) <= MOST_LEAVES + 1
    assert sum(held.values()) == counts(failed=15 * MOST_LEAVES, gateway=15 * MOST_LEAVES)
