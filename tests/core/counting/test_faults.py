"""Kinds of faults in events: how many had one, since when, and which are new."""

from __future__ import annotations

from functions.core.counting.faults import DAY_SECONDS, MOST_KINDS, NEW_SECONDS, Fault, new, seen
from functions.core.counting.tally import Tally
from tests.builders import NOW


def faulty(second: int, *kinds: str) -> Tally:
    tally = Tally()
    tally.fault(second, kinds)
    return tally


def test_faults_are_counted_by_kind() -> None:
    known = seen(seen({}, faulty(NOW, "a", "b", "a")), faulty(NOW + 9, "a"))
    assert known == {"a": Fault(3, NOW, NOW + 9), "b": Fault(1, NOW, NOW)}


def test_what_has_no_faults_changes_nothing() -> None:
    known = {"a": Fault(3, NOW, NOW)}
    assert seen(known, Tally()) is known


def test_of_many_kinds_those_seen_last_are_kept() -> None:
    known: dict[str, Fault] = {}
    for number in range(MOST_KINDS + 5):
        known = seen(known, faulty(NOW + number, f"kind {number}"))
    assert len(known) == MOST_KINDS
    assert "kind 4" not in known


def test_a_kind_is_new_for_some_minutes_and_again_after_a_day() -> None:
    known = seen({}, faulty(NOW, "parked: a", "amount: b"))
    assert new(known, NOW) == 2
    assert new(known, NOW + NEW_SECONDS, "parked: ") == 1
    assert new(known, NOW + NEW_SECONDS + 1) == 0
    later = NOW + DAY_SECONDS
    assert new(seen(known, faulty(later, "parked: a")), later) == 0
    assert new(seen(known, faulty(later + 1, "parked: a")), later + 1) == 1
