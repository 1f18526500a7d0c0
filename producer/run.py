"""One run: sends timed events to a sink as their times come, and reports what became of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from functions.core.errors import PaywatchError
from producer.pacing import Clock, Pacer, Timed
from producer.sinks import Sink

TICK_S: Final = 0.2
"""Events are gathered for so long before they are sent: the most that a run adds to their age."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run's events; one line can hold several payments (Payment.count).

    sent, failed, malformed: events; malformed ones are sent too. payments: the payments that the
    events handed to the sink stand for. retried: records sent again. rate: events a second.
    p50_ms, p99_ms: of the requests, None without any. behind_s: the most that the schedule was
    behind the clock. ended: done, stopped (asked to) or error, and then `error` says which.
    """

    sent: int
    failed: int
    retried: int
    malformed: int
    payments: int
    records: int
    bytes: int
    requests: int
    duration_s: float
    rate: float
    p50_ms: float | None
    p99_ms: float | None
    behind_s: float
    ended: str
    error: str | None = None

    def json(self) -> str:
        return msgspec.json.encode(self).decode()

    def words(self) -> str:
        """The report for people, several lines."""
        lines = [
            f"sent      {self.sent:,} events ({self.payments:,} payments,"
            f" {self.malformed:,} malformed) in {self.duration_s:.1f} s: {self.rate:,.0f} a second",
            f"records   {self.records:,}, {self.bytes:,} bytes;"
            f" {self.retried:,} retried, {self.failed:,} events failed",
        ]
        if self.p50_ms is not None:
            lines.append(
                f"requests  {self.requests:,}, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"
            )
        if self.behind_s >= 1.0:
            lines.append(f"schedule  up to {self.behind_s:.1f} s behind: the sink was too slow")
        if self.ended == "stopped":
            lines.append("stopped before the end")
        return "\n".join(lines)


class Progress(msgspec.Struct, frozen=True):
    """at_s: seconds of the schedule that are sent. sent, failed, retried: as in Report, so far."""

    at_s: float
    sent: int
    failed: int
    retried: int
    behind_s: float


def never() -> bool:
    return False


def silent(progress: Progress) -> None:
    return None


def run(
    events: Iterable[Timed],
    sink: Sink,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    on_second: Callable[[Progress], None] = silent,
    tick_s: float = TICK_S,
) -> Report:
    """Send the events, which are in the order of their times, and report.

    stop: asked at every tick, for instance `threading.Event().is_set`; what is sent by then is
    reported. on_second: called about once a second, in this thread. When the sink raises
    PaywatchError, the run ends and the report says so: read `error`.
    """
    return _Run(events, sink, clock, stop, on_second, tick_s).report()


class _Run:
    def __init__(
        self,
        events: Iterable[Timed],
        sink: Sink,
        clock: Clock,
        stop: Callable[[], bool],
        on_second: Callable[[Progress], None],
        tick_s: float,
    ) -> None:
        self._events = iter(events)
        self._sink = sink
        self._clock = clock
        self._stop = stop
        self._on_second = on_second
        self._tick_s = tick_s
        self._payments = 0
        self._malformed = 0
        self._behind_s = 0.0

    def report(self) -> Report:
        began = self._clock.now()
        error = None
        try:
            ended = self._send()
        except PaywatchError as fault:
            ended, error = "error", str(fault)
        duration_s = self._clock.now() - began
        done = self._sink.counters
        latencies = sorted(done.latencies_ms)
        return Report(
            sent=done.sent,
            failed=done.failed,
            retried=done.retried,
            malformed=self._malformed,
            payments=self._payments,
            records=done.records,
            bytes=done.bytes,
            requests=len(latencies),
            duration_s=round(duration_s, 3),
            rate=round(done.sent / duration_s, 1) if duration_s > 0 else 0.0,
            p50_ms=quantile(latencies, 0.50),
            p99_ms=quantile(latencies, 0.99),
            behind_s=round(self._behind_s, 3),
            ended=ended,
            error=error,
        )

    def _send(self) -> str:
        """Send everything; `done`, or `stopped` when asked to stop first."""
        pacer = Pacer(self._clock)
        second = 1.0
        upcoming = next(self._events, None)
        while upcoming is not None:
            tick = self._clock.now()
            position = pacer.position()
            self._behind_s = max(self._behind_s, pacer.behind_s)
            while upcoming is not None and upcoming.at <= position:
                self._add(upcoming)
                upcoming = next(self._events, None)
            self._sink.flush()
            if position >= second or upcoming is None:
                done = self._sink.counters
                second = math.floor(position) + 1.0
                self._on_second(
                    Progress(position, done.sent, done.failed, done.retried, pacer.behind_s)
                )
            if upcoming is not None:
                if self._stop():
                    return "stopped"
                self._clock.sleep(max(0.0, tick + self._tick_s - self._clock.now()))
        return "done"

    def _add(self, timed: Timed) -> None:
        if isinstance(timed.event, bytes):
            self._malformed += 1
        else:
            self._payments += timed.event.count
        self._sink.add(timed.line, timed.key)


def quantile(ordered: list[float], share: float) -> float | None:
    """The smallest value that so large a share of the values does not exceed."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)
