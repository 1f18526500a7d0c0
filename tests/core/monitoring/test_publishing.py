"""When gauges are published, and how old what was counted is said to be."""

from __future__ import annotations

from functions.core.monitoring.publishing import Publishing, is_due, published, with_counted


def counted(*steps: tuple[int, int]) -> Publishing:
    """After steps: event time of the newest payment, and the wall clock."""
    publishing = Publishing()
    for newest_ms, now_ms in steps:
        publishing = with_counted(publishing, newest_ms, now_ms)
    return publishing


def test_what_was_counted_keeps_its_age_until_it_is_published() -> None:
    held = counted((10_000, 11_000), (0, 58_000))
    assert (held.newest_ms, held.counted_ms) == (10_000, 11_000)
    assert published(held, 60) == Publishing(at=60)


def test_of_several_steps_the_freshest_tells_the_age() -> None:
    assert counted((10_000, 19_000), (19_000, 20_000), (5_000, 21_000)).newest_ms == 19_000


def test_gauges_are_due_when_so_many_seconds_are_over() -> None:
    publishing = published(counted((9_000, 10_000)), 10)
    assert [clock for clock in range(10, 20) if is_due(publishing, clock, 5)] == [
        15,
        16,
        17,
        18,
        19,
    ]


def test_gauges_of_silence_hold_nothing_back() -> None:
    assert is_due(published(Publishing(), 60), 61, 5)
