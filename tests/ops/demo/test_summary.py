"""The demo ends with what it measured, and with every fault that it found."""

from __future__ import annotations

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from functions.core.troubles.head import Head
from functions.core.troubles.record import TroubleRecord
from ops.demo.acts import ACTS, Act, Breakage
from ops.demo.seen import Seen
from ops.demo.summary import faults, measured, show_incidents, show_summary
from producer.run import Report
from tests.builders import NOW

SEGMENT, FUNDS = ACTS[Breakage.SEGMENT], ACTS[Breakage.FUNDS]
RED = (NOW + 32.5, "CRITICAL: HDFC", "CRITICAL: 56 % of payments fail")
OK = (NOW + 70.0, "OK: HDFC", "OK: it is over")


def record(identity: str = "PW-1128-0801-305", closed_at: int = NOW + 60) -> TroubleRecord:
    return TroubleRecord(
        id=identity, started_at=NOW, rule="x", title="a wave", thread="", closed_at=closed_at
    )


def report(payments: int = 40_000, ended: str = "done", error: str | None = None) -> Report:
    return Report(
        sent=payments, failed=0, retried=0, malformed=0, payments=payments, records=9, bytes=9,
        requests=9, duration_s=9.0, rate=9.0, p50_ms=None, p99_ms=None, behind_s=0.0, ended=ended,
        error=error,
    )  # fmt: skip


def seen(*pages: tuple[float, str, str], counted: int = 40_000) -> Seen:
    return Seen(
        head=Head(payments=counted - 3, late=3), pages=list(pages), first_bad=NOW + 30.0,
        ever_red={"a", "b"},
    )  # fmt: skip


def closed(*pages: tuple[float, str, str]) -> Seen:
    """All of it is on record as over."""
    whole = seen(*pages)
    whole.records = [record()]
    return whole


@pytest.mark.parametrize(("what", "act"), [(seen(RED, OK), SEGMENT), (closed(), FUNDS)])
def test_nothing_is_wrong_when_all_is_told_and_counted(what: Seen, act: Act) -> None:
    assert faults(what, report(), act) == []


@pytest.mark.parametrize(
    ("what", "sent", "act", "wrong"),
    [
        (
            seen(RED, OK, counted=39_990),
            report(),
            SEGMENT,
            "sent 40,000 payments, counted 39,990",
        ),
        (seen(RED, OK), report(ended="error", error="no"), SEGMENT, "the producer stopped: no"),
        (seen(), report(), SEGMENT, "no page came"),
        (seen(OK), report(), SEGMENT, "no page came"),
        (seen(RED), report(), SEGMENT, "the recovery was not told"),
        (closed(RED), report(), FUNDS, "1 pages came, and nobody was to be woken"),
        (seen(), report(), FUNDS, "the wave is not on record"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(
    what: Seen, sent: Report, act: Act, wrong: str
) -> None:
    assert faults(what, sent, act) == [wrong]


def console() -> Console:
    return Console(width=100, color_system=None)


def test_the_summary(snapshot: SnapshotAssertion) -> None:
    out = console()
    with out.capture() as capture:
        show_summary(out, measured(seen(RED, OK), report(), SEGMENT, 98.4), ["no page came"])
    assert capture.get() == snapshot


def test_what_wakes_nobody_has_no_delay_to_be_measured() -> None:
    out = console()
    with out.capture() as capture:
        out.print(measured(closed(), report(), FUNDS, 98.4))
    assert "first bad payment" not in capture.get()


def test_all_that_was_recorded_is_listed_and_the_last_told() -> None:
    out = console()
    with out.capture() as capture:
        show_incidents(out, [record("PW-1128-0801-aaa"), record("PW-1128-0802-bbb")], NOW + 90)
    told = capture.get()
    assert "paywatch incidents PW-1128-0802-bbb" in told
    assert "paywatch incidents PW-1128-0801-aaa" not in told
    assert "PW-1128-0801-aaa" in told
