"""When to send: never before its time, never faster than what was missed can be caught up with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.codec import encode
from producer.pacing import BURST_S, CATCH_UP, Pacer, ScheduleClock, SystemClock, Timed
from tests.builders import payment

waits = st.lists(st.floats(0, 30), min_size=1, max_size=30)


def positions(steps: list[float]) -> tuple[ScheduleClock, list[float]]:
    clock = ScheduleClock()
    pacer = Pacer(clock)
    found = []
    for wait in steps:
        clock.sleep(wait)
        found.append(pacer.position())
    return clock, found


@given(waits)
def test_the_schedule_is_never_ahead_of_the_clock_and_never_goes_back(steps: list[float]) -> None:
    clock, found = positions(steps)
    assert found == sorted(found)
    assert found[-1] <= clock.now() + 1e-9


@given(st.lists(st.floats(0, BURST_S), min_size=1, max_size=30))
def test_without_a_stall_the_schedule_keeps_up_with_the_clock(steps: list[float]) -> None:
    clock, found = positions(steps)
    assert found[-1] == pytest.approx(clock.now())


@given(waits)
def test_what_is_behind_is_what_the_clock_is_ahead(steps: list[float]) -> None:
    clock = ScheduleClock()
    pacer = Pacer(clock)
    for wait in steps:
        clock.sleep(wait)
        assert pacer.position() + pacer.behind_s == pytest.approx(clock.now())


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_however_long_a_stall_at_most_a_bounded_part_of_the_schedule_is_due_at_once(
    pauses: list[float],
) -> None:
    clock = ScheduleClock()
    pacer = Pacer(clock)
    before = 0.0
    for pause in pauses:
        clock.sleep(pause)
        position = pacer.position()
        assert before <= position <= clock.now() + 1e-9
        assert position - before <= min(BURST_S, CATCH_UP * pause) + 1e-9
        before = position


def test_after_a_stall_the_schedule_is_caught_up_with() -> None:
    clock = ScheduleClock()
    pacer = Pacer(clock)
    clock.sleep(10.0)
    assert (pacer.position(), pacer.behind_s) == (BURST_S, 10.0 - BURST_S)
    for _ in range(100):
        clock.sleep(0.1)
        position = pacer.position()
    assert position == pytest.approx(clock.now())
    assert pacer.behind_s == pytest.approx(0.0)


def test_a_pacer_starts_when_it_is_made() -> None:
    clock = ScheduleClock()
    clock.sleep(100.0)
    assert Pacer(clock).position() == 0.0


def test_on_the_clock_of_a_schedule_waiting_takes_no_time() -> None:
    clock = ScheduleClock()
    clock.sleep(3600.0)
    assert clock.now() == 3600.0


def test_the_systems_clock_does_not_go_backwards() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.0)
    assert clock.now() >= before


def test_an_events_line_is_its_bytes_and_a_payments_is_the_public_event() -> None:
    assert Timed(0.0, b"{broken").line == b"{broken"
    assert Timed(0.0, payment()).line == encode(payment())
