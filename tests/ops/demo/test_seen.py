"""What the demo has seen, and what follows from it."""

from __future__ import annotations

import pytest

from functions.core.troubles.head import Head
from functions.core.troubles.record import TroubleRecord
from ops.demo.seen import Seen
from tests.builders import NOW

RED = (NOW + 32.5, "CRITICAL: HDFC", "CRITICAL: 56 % of payments fail")
OK = (NOW + 70.0, "OK: HDFC", "OK: it is over")


def record(closed_at: int) -> TroubleRecord:
    return TroubleRecord(
        id="PW-1", started_at=NOW, rule="failed", title="", thread="", closed_at=closed_at
    )


def test_payments_that_came_late_are_counted_too() -> None:
    assert Seen(head=Head(payments=900, late=7)).counted == 907


def test_the_delay_runs_from_the_first_bad_payment_to_the_first_page() -> None:
    assert Seen(first_bad=NOW + 30.0, pages=[RED, OK]).delay == 2.5


@pytest.mark.parametrize(
    "seen", [Seen(), Seen(first_bad=NOW), Seen(pages=[RED]), Seen(first_bad=NOW, pages=[OK])]
)
def test_without_a_bad_payment_or_its_page_there_is_no_delay(seen: Seen) -> None:
    assert seen.delay is None


def test_it_is_told_over_when_the_ok_came_and_nothing_is_red() -> None:
    assert Seen(pages=[RED, OK]).told_over
    assert not Seen(pages=[RED]).told_over
    assert not Seen(pages=[RED, OK], red={"FailureRate-critical"}).told_over


def test_it_is_recorded_over_when_something_is_on_record_and_all_of_it_is_closed() -> None:
    assert Seen(records=[record(NOW + 60)]).recorded_over
    assert not Seen(records=[record(NOW + 60), record(0)]).recorded_over
    assert not Seen().recorded_over


def test_the_newest_rate_is_what_fails_now_and_a_minute_of_them_is_kept() -> None:
    seen = Seen()
    assert seen.failing == 0.0
    seen.rates.extend(float(rate) for rate in range(70))
    assert seen.failing == 69.0
    assert len(seen.rates) == 60
