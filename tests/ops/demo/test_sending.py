"""The payments of an act go out while the demo watches, and the first that broke is noted."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from functions.core.errors import PaywatchError
from functions.core.payments.codec import decode
from functions.core.payments.event import Payment
from ops.demo.acts import ACTS, CALM_SECONDS, Breakage, scenario
from ops.demo.seen import Seen
from ops.demo.sending import SEED, Sending, noting
from producer.pacing import ScheduleClock, Timed
from producer.sinks import Counters
from producer.traffic import traffic
from tests.builders import NOW

SEGMENT = ACTS[Breakage.SEGMENT]
RATE = 20.0


@dataclass
class FakeSink:
    """Takes all lines, or refuses them."""

    lines: list[bytes] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    refuses: PaywatchError | None = None

    def add(self, line: bytes, key: str = "") -> None:
        self.lines.append(line)

    def flush(self) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.counters.sent = len(self.lines)


def sent(sink: FakeSink, seen: Seen) -> Sending:
    with Sending(SEGMENT, RATE, NOW, sink, ScheduleClock(), seen) as sending:
        for thread in threading.enumerate():
            if thread.name == "producer":
                thread.join()
        assert not sending.lasts
    return sending


def payments(sink: FakeSink) -> list[Payment]:
    return [item for line in sink.lines for item in decode(line) if isinstance(item, Payment)]


def test_the_whole_act_is_sent_and_reported() -> None:
    sink, seen = FakeSink(), Seen()
    report = sent(sink, seen).report()
    act = scenario(SEGMENT, RATE)
    assert (report.ended, report.sent) == ("done", len(sink.lines))
    assert report.sent == pytest.approx(act.rate * act.duration_s, rel=0.05)
    assert seen.sent == report.sent


def test_the_time_of_the_first_payment_that_broke_is_noted() -> None:
    sink, seen = FakeSink(), Seen()
    sent(sink, seen)
    broken = [
        p.timestamp_ms / 1000
        for p in payments(sink)
        if (p.issuer, p.network, p.status) == ("HDFC", "VISA", "failed")
        and p.timestamp_ms / 1000 >= NOW + CALM_SECONDS
    ]
    assert seen.first_bad == pytest.approx(min(broken), abs=0.01)


def test_what_is_noted_goes_on_unchanged() -> None:
    made = [
        *traffic(scenario(SEGMENT, RATE), seed=SEED, start_ms=NOW * 1000),
        Timed(999.0, b"{bad"),
    ]
    assert list(noting(made, NOW, SEGMENT, Seen())) == made


def test_it_ends_early_when_asked() -> None:
    sink = FakeSink()
    sending = Sending(SEGMENT, RATE, NOW, sink, ScheduleClock(), Seen())
    sending.stop()
    with sending:
        pass
    assert sending.report().ended == "stopped"
    assert len(sink.lines) < 20


def test_a_sink_that_refuses_is_reported() -> None:
    report = sent(FakeSink(refuses=PaywatchError("no stream")), Seen()).report()
    assert (report.ended, report.error) == ("error", "no stream")


def test_without_a_report_it_says_where_to_look() -> None:
    sending = Sending(SEGMENT, RATE, NOW, FakeSink(), ScheduleClock(), Seen())
    with pytest.raises(PaywatchError, match="its fault is printed above"):
        sending.report()
