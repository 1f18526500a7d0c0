"""What is known of each slice, arrival by arrival and minute by minute."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import Counts, attempts
from functions.core.counting.signals import RATES
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Tally
from functions.core.counting.window import MAX_SLICES
from functions.core.detection.baseline import restored
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import strength
from functions.core.detection.normals import Normals
from functions.core.detection.tracker import (
    Tracker,
    calmed,
    cleared,
    counted,
    folded,
    hot,
    is_due,
)
from functions.core.detection.tuning import EvidenceTuning
from tests.builders import NOW, counts, tally

SUSPICIOUS = EvidenceTuning().suspicious

BUDGET = Budget(learning_seconds=30)
FAILED = "failed"
A, B = "issuer=A", "issuer=B"
GOOD, MIXED = counts(approved=100), counts(approved=90, failed=10, gateway=10)


def nothing(_: str, __: int, ___: int) -> bool:
    return False


def normals(tracker: Tracker, budget: Budget = BUDGET) -> Normals:
    return Normals(tracker.baseline, budget)


def fed(tracker: Tracker, what: Tally, clock: int, budget: Budget = BUDGET) -> Tracker:
    """The tracker when this arrived at that second, folded before if it was due."""
    if is_due(tracker, clock, budget):
        tracker = folded(tracker, clock, normals(tracker, budget), nothing)
    return counted(tracker, what, clock, normals(tracker, budget))


def watched(came: list[dict[str, Counts]], budget: Budget = BUDGET) -> Tracker:
    """The tracker after one arrival a second."""
    tracker = Tracker()
    for second, slices in enumerate(came):
        tracker = fed(tracker, tally({NOW + second: slices}), NOW + second, budget)
    return tracker


CALM = watched([{ALL: GOOD, A: GOOD}] * 100)


def ill(tracker: Tracker, seconds: int, slices: dict[str, Counts]) -> Tracker:
    for second in range(100, 100 + seconds):
        tracker = fed(tracker, tally({NOW + second: slices}), NOW + second)
    return tracker


class Untouchable(dict[str, object]):
    """Evidence that nobody may look at or copy."""

    def _refuse(self, *_: object) -> bool:
        raise AssertionError("the evidence was touched")

    get = __getitem__ = __iter__ = keys = items = _refuse  # type: ignore[assignment]


def test_slices_without_failures_are_not_weighed() -> None:
    guarded = msgspec.structs.replace(CALM, evidence={signal: Untouchable() for signal in RATES})
    after = counted(
        guarded, tally({NOW + 100: {ALL: GOOD, A: GOOD, B: GOOD}}), NOW + 100, normals(guarded)
    )
    assert after.events == CALM.events
    assert after.evidence == guarded.evidence


def test_what_customers_and_fraud_rules_refuse_is_not_weighed() -> None:
    theirs = counts(approved=50, denied=50, customer=30, fraud=20)
    after = ill(CALM, 5, {ALL: theirs, A: theirs})
    assert (after.events, after.hot) == (CALM.events, frozenset())


def test_a_slice_is_weighed_once_for_each_signal_that_it_shows_in_an_arrival() -> None:
    after = ill(CALM, 1, {ALL: MIXED, A: GOOD})
    assert after.events == CALM.events + 2  # failed, attributable


def test_what_fails_more_than_usual_is_hot() -> None:
    assert ill(CALM, 2, {ALL: MIXED, A: MIXED}).hot >= {(FAILED, ALL), (FAILED, A)}
    assert CALM.hot == frozenset()


def test_a_slice_that_is_new_is_held_against_what_its_sister_slices_show() -> None:
    late = watched([{ALL: GOOD, A: GOOD}] * 70)
    for second in range(70, 80):
        slices = {ALL: GOOD, B: counts(approved=1, failed=2, gateway=2)}
        late = fed(late, tally({NOW + second: slices}), NOW + second)
    assert late.known[B] == NOW + 70
    assert (FAILED, B) in late.hot
    assert late.steps(B, FAILED, NOW + 80, normals(late)).q > 0.03


def test_a_few_failures_among_the_first_payments_of_a_slice_are_not_suspicious() -> None:
    late = watched([{ALL: GOOD, A: GOOD}] * 70)
    for second in range(70, 80):
        failed = int(second % 4 == 0)
        came = counts(approved=2 - failed, failed=failed, gateway=failed)
        late = fed(late, tally({NOW + second: {ALL: GOOD + came, B: came}}), NOW + second)
    assert (FAILED, B) not in late.hot


def test_before_the_first_fold_every_slice_is_held_to_half_of_it_failing() -> None:
    third = counts(approved=70, failed=30, gateway=30)
    assert watched([{ALL: GOOD, A: third}] * 10).hot == frozenset()
    half = counts(approved=30, failed=70, gateway=70)
    assert (FAILED, A) in watched([{ALL: GOOD, A: half}] * 3).hot


def test_while_nothing_is_learned_all_traffic_is_held_to_half_of_it_failing() -> None:
    half = counts(approved=30, failed=70, gateway=70)
    assert (FAILED, ALL) in watched([{ALL: half, A: half}] * 5).hot
    third = counts(approved=70, failed=30, gateway=30)
    assert watched([{ALL: third, A: third}] * 25).hot == frozenset()


def test_what_two_watches_learn_has_nothing_to_do_with_each_other() -> None:
    third = counts(approved=70, failed=30, gateway=30)
    watched([{ALL: GOOD}] * 100)
    assert watched([{ALL: third}] * 25).hot == frozenset()


def test_current_counts_are_what_came_since_the_last_fold() -> None:
    tracker = watched([{ALL: GOOD}] * 70)
    assert tracker.baseline.folded == NOW + 60
    assert tracker.current == {ALL: 10 * GOOD}


def test_a_fold_is_due_when_a_minute_begins_and_while_all_is_learned_more_often() -> None:
    tracker = watched([{ALL: GOOD}])
    long = Budget(learning_seconds=300)
    due = [second for second in range(1, 61) if is_due(tracker, NOW + second, long)]
    assert due == list(range(10, 61))
    again = folded(tracker, NOW + 10, normals(tracker), nothing)
    assert not is_due(again, NOW + 19, long)
    assert is_due(again, NOW + 20, long)
    assert is_due(again, NOW + 19, Budget(learning_seconds=19))
    after = folded(tracker, NOW + 30, normals(tracker), nothing)
    assert [second for second in range(31, 62) if is_due(after, NOW + second, BUDGET)] == [60, 61]


def test_while_all_is_learned_a_minutes_cell_grows_and_what_is_held_back_of_it_is_taken_out() -> (
    None
):
    tracker, doubt = Tracker(), {A: False}
    budget = Budget(learning_seconds=300)
    for second in range(131):
        if is_due(tracker, NOW + second, budget):
            doubt[A] = second == 60
            held = normals(tracker, budget)
            tracker = folded(tracker, NOW + second, held, lambda key, *_: doubt.get(key, False))
        tracker = counted(
            tracker, tally({NOW + second: {ALL: GOOD, A: GOOD}}), NOW + second, normals(tracker)
        )
    cells = tracker.baseline.cells
    assert [(cell.start - NOW, cell.end - NOW) for cell in cells] == [
        (0, 60),
        (60, 120),
        (120, 130),
    ]
    assert tracker.baseline.absorbed == {ALL: 130 * GOOD, A: 70 * GOOD}
    assert restored(tracker.baseline) == tracker.baseline


def test_before_anything_came_no_fold_is_due() -> None:
    assert not is_due(Tracker(), NOW, BUDGET)


def test_a_fold_keeps_the_evidence() -> None:
    before = ill(CALM, 3, {ALL: MIXED, A: MIXED})
    now = NOW + 103
    after = folded(before, now, normals(before), lambda *_: True)
    for key in (ALL, A):
        old = before.trail(key, FAILED, now, normals(before))
        new = after.trail(key, FAILED, now, normals(after))
        assert strength(old) > 0.0
        assert new[1:] == old[1:]
    assert (after.current, after.events) == ({}, 0)


def test_evidence_that_is_nothing_any_more_is_let_go_by_a_fold() -> None:
    before = ill(CALM, 1, {ALL: counts(approved=999, failed=1), A: GOOD})
    assert ALL in before.evidence[FAILED]
    calm = ill(before, 40, {ALL: 10 * GOOD})
    assert folded(calm, NOW + 140, normals(calm), nothing).evidence[FAILED] == {}


def test_what_cooled_is_hot_no_more() -> None:
    before = ill(CALM, 2, {ALL: MIXED, A: MIXED})
    after = ill(before, 18, {ALL: 100 * GOOD})
    assert (FAILED, ALL) in after.hot
    cool = calmed(after, NOW + 119, normals(after))
    assert (FAILED, ALL) not in cool.hot
    assert (FAILED, A) in cool.hot


def test_what_is_cleared_begins_anew() -> None:
    before = ill(CALM, 2, {ALL: MIXED, A: MIXED})
    after = cleared(before, frozenset({(FAILED, A)}))
    assert A not in after.evidence[FAILED]
    assert (FAILED, A) not in after.hot
    assert after.evidence[FAILED][ALL] == before.evidence[FAILED][ALL]


slices = st.dictionaries(
    st.sampled_from([ALL, A, B]),
    st.tuples(st.integers(0, 30), st.integers(0, 9)).map(
        lambda n: counts(approved=n[0] + 1, failed=n[1], gateway=n[1])
    ),
)


@given(st.lists(slices, max_size=40))
def test_hot_is_what_the_trails_say(came: list[dict[str, Counts]]) -> None:
    tracker = CALM
    for second, arrived in enumerate(came, 100):
        tracker = fed(tracker, tally({NOW + second: arrived}), NOW + second)
        assert tracker.hot == hot(tracker.evidence, tracker.needed)
        tracker = calmed(tracker, NOW + second, normals(tracker))
        assert tracker.hot == hot(tracker.evidence, tracker.needed)


@given(st.lists(slices, max_size=30))
def test_every_attempt_is_counted_once(came: list[dict[str, Counts]]) -> None:
    tracker = watched(came)
    for key in (ALL, A, B):
        total = tracker.current.get(key, 0) + tracker.baseline.since(key, 0)
        assert total == sum(arrived.get(key, 0) for arrived in came)


def test_what_comes_in_one_arrival_weighs_no_more_than_in_two() -> None:
    whole = counts(approved=96, failed=4, gateway=4)
    half = counts(approved=48, failed=2, gateway=2)
    once = counted(CALM, tally({NOW + 100: {ALL: whole}}), NOW + 100, normals(CALM))
    twice = CALM
    for _ in range(2):
        twice = counted(twice, tally({NOW + 100: {ALL: half}}), NOW + 100, normals(twice))
    one, two = once.evidence[FAILED][ALL], twice.evidence[FAILED][ALL]
    assert strength(two) >= strength(one) > 0.0


def test_the_more_fails_all_the_time_the_more_evidence_is_needed() -> None:
    quiet = watched([{ALL: GOOD}] * 130)
    noisy = watched([{ALL: MIXED, A: MIXED, B: MIXED}] * 130)
    assert noisy.events_a_second > quiet.events_a_second
    assert noisy.needed > quiet.needed


def test_a_smaller_budget_of_false_alarms_needs_more_evidence() -> None:
    strict = Budget(learning_seconds=30, per_week=0.01)
    assert watched([{ALL: MIXED}] * 130, strict).needed > watched([{ALL: MIXED}] * 130).needed


def crowd(first: int, many: int, each: int) -> dict[str, Counts]:
    return {f"merchant=m{n}": counts(approved=each) for n in range(first, first + many)}


def test_when_nearly_too_many_slices_are_known_the_smallest_are_let_go() -> None:
    large, small = crowd(0, 3000, 3), crowd(3000, MAX_SLICES - 3001, 1)
    tracker = watched([{ALL: counts(approved=1), **large, **small}])
    assert len(tracker.known) == MAX_SLICES
    after = folded(tracker, NOW + 60, normals(tracker), nothing)
    assert len(after.known) == MAX_SLICES * 0.8
    assert ALL in after.known
    assert set(large) <= set(after.known)


def test_slices_that_are_let_go_take_their_evidence_with_them() -> None:
    budget = Budget(learning_seconds=0)
    bad = {key: counts(failed=1, gateway=1) for key in crowd(3000, MAX_SLICES - 3001, 1)}
    tracker = watched([{ALL: counts(approved=1), **crowd(0, 3000, 3), **bad}] * 2, budget)
    after = folded(tracker, NOW + 60, normals(tracker, budget), nothing)
    assert tracker.evidence[FAILED]
    assert all(set(by_slice) <= set(after.known) for by_slice in after.evidence.values())
    assert after.hot == hot(after.evidence, after.needed)


def test_few_slices_are_all_kept() -> None:
    tracker = watched([{ALL: GOOD, **crowd(0, 4000, 1)}])
    assert len(folded(tracker, NOW + 60, normals(tracker), nothing).known) == 4001


def test_a_trail_is_suspicious_before_it_is_sure() -> None:
    assert 0 < SUSPICIOUS < 1
    assert attempts(CALM.current[ALL]) == 4000


def test_what_failed_by_leaf_is_kept_until_the_fold_and_is_then_in_the_cell() -> None:
    tracker = Tracker()
    for second in range(3):
        what = tally({NOW + second: {ALL: MIXED}})
        what.seconds[NOW + second].failing = {A: counts(failed=10, gateway=10)}
        tracker = counted(tracker, what, NOW + second, normals(tracker))
    assert tracker.failing == {A: counts(failed=30, gateway=30)}
    after = folded(tracker, NOW + 60, normals(tracker), nothing)
    assert after.failing == {}
    assert after.baseline.cells[-1].failing == tracker.failing
