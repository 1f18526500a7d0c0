"""A run on a virtual clock: pace, catching up, stopping, and the report."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from functions.core.errors import Transient
from functions.core.payments.event import Payment
from producer.pacing import ScheduleClock, Timed
from producer.run import TICK_S, Progress, quantile, run
from producer.sinks import Counters


class FakeSink:
    """Keeps what is flushed and when. takes_s: seconds a flush takes; refuse_at: which fails."""

    def __init__(self, clock: ScheduleClock, takes_s: float = 0.0, refuse_at: int = -1) -> None:
        self.counters = Counters()
        self.flushed: list[tuple[float, int]] = []
        self._clock = clock
        self._takes_s = takes_s
        self._refuse_at = refuse_at
        self._kept = 0

    def add(self, line: bytes, key: str = "") -> None:
        self._kept += 1

    def flush(self) -> None:
        kept, self._kept = self._kept, 0
        if len(self.flushed) == self._refuse_at:
            self.counters.failed += kept
            raise Transient(f"{kept} events were not sent")
        self.flushed.append((self._clock.now(), kept))
        self.counters.sent += kept
        self._clock.sleep(self._takes_s)


def events(n: int, every_s: float) -> Iterator[Timed]:
    for i in range(n):
        yield Timed(i * every_s, Payment(transaction_id=str(i), status="approved", timestamp_ms=i))


def test_events_are_sent_at_their_times_and_at_most_a_tick_later() -> None:
    clock = ScheduleClock()
    sink = FakeSink(clock)
    run(events(100, 0.1), sink, clock)
    sent = 0
    for at, n in sink.flushed:
        assert sent == 0 or (sent + n - 1) * 0.1 <= at + 1e-9
        sent += n
        assert sent == 100 or sent * 0.1 >= at - 1e-9
    assert sent == 100
    assert clock.now() == pytest.approx(9.9, abs=2 * TICK_S)


def test_a_sink_that_is_too_slow_shows_in_the_report() -> None:
    clock = ScheduleClock()
    report = run(events(100, 0.1), FakeSink(clock, takes_s=3.0), clock)
    assert report.sent == 100
    assert report.behind_s > 5.0
    assert "the sink was too slow" in report.words()


def test_a_run_that_is_asked_to_stop_reports_what_was_sent() -> None:
    clock = ScheduleClock()
    report = run(events(1000, 0.1), FakeSink(clock), clock, stop=lambda: clock.now() >= 5.0)
    assert report.ended == "stopped"
    assert 50 <= report.sent <= 55


def test_a_sink_that_gives_up_ends_the_run_and_the_report_says_why() -> None:
    clock = ScheduleClock()
    report = run(events(1000, 0.1), FakeSink(clock, refuse_at=10), clock)
    assert (report.ended, report.failed) == ("error", 2)
    assert report.error == "2 events were not sent"
    assert report.sent > 0


def test_progress_is_told_about_every_second_and_at_the_end() -> None:
    clock = ScheduleClock()
    told: list[Progress] = []
    report = run(events(100, 0.1), FakeSink(clock), clock, on_second=told.append)
    assert len(told) == 10
    assert [p.sent for p in told] == sorted(p.sent for p in told)
    assert told[-1].sent == report.sent == 100


def test_the_report_counts_events_payments_and_malformed_ones_apart() -> None:
    clock = ScheduleClock()
    counted = Payment(transaction_id="1", status="approved", timestamp_ms=1, count=7)
    report = run([Timed(0.0, counted), Timed(0.5, b"{oops")], FakeSink(clock), clock)
    assert (report.sent, report.payments, report.malformed) == (2, 7, 1)
    assert json.loads(report.json())["payments"] == 7


def test_nothing_to_send_is_a_report_of_nothing() -> None:
    clock = ScheduleClock()
    report = run([], FakeSink(clock), clock)
    assert (report.sent, report.rate, report.p50_ms, report.ended) == (0, 0.0, None, "done")


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (0.0, 1.0), (1.0, 100.0)])
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(
    share: float, value: float
) -> None:
    assert quantile([float(n) for n in range(1, 101)], share) == value
