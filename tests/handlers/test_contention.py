"""What several invocations want to write at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from functions.core.errors import StateConflict, Transient
from functions.handlers.contention import LONGEST_PAUSE, TRIES, Contention


@dataclass
class Contested:
    """A write that others win, so many times."""

    conflicts: int
    tries: int = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.conflicts:
            raise StateConflict("written meanwhile")
        return "written"


@dataclass
class Pauses:
    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def contention(pauses: Callable[[float], None]) -> Contention:
    return Contention(pauses, lambda: 0.5)


def test_a_write_that_nobody_contends_for_waits_for_nothing() -> None:
    pauses = Pauses()
    assert contention(pauses).retried(Contested(0), "the desk") == "written"
    assert pauses.seconds == []


def test_a_write_that_others_won_is_tried_again_after_a_part_of_the_longest_pause() -> None:
    pauses = Pauses()
    assert contention(pauses).retried(Contested(3), "the desk") == "written"
    assert pauses.seconds == [LONGEST_PAUSE / 2] * 3


def test_a_write_that_others_always_win_is_given_up_and_says_what_was_contended_for() -> None:
    contested = Contested(TRIES)
    with pytest.raises(StateConflict, match="the desk was written 12 times meanwhile"):
        contention(Pauses()).retried(contested, "the desk")
    assert contested.tries == TRIES


def test_what_is_no_conflict_is_not_tried_again() -> None:
    pauses = Pauses()

    def down() -> None:
        raise Transient("no DynamoDB")

    with pytest.raises(Transient):
        contention(pauses).retried(down, "the desk")
    assert pauses.seconds == []
