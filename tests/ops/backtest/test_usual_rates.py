"""What the rates of all traffic usually are."""

from __future__ import annotations

import pytest

from functions.core.counting.counts import NONE
from functions.core.counting.signals import RATES
from ops.backtest.usual_rates import UsualRates
from tests.builders import counts


def usual(*minutes: tuple[int, int], ill: tuple[str, ...] = ()) -> UsualRates:
    """Minutes of so many attempts, of which so many failed."""
    found = UsualRates()
    for total, failed in minutes:
        found.add(counts(approved=total - failed, failed=failed), ill)
    return found


def test_nothing_is_usual_of_nothing() -> None:
    found = UsualRates()
    found.add(NONE, ())
    assert found.rates() == {}


def test_it_is_what_one_minute_in_a_hundred_exceeds() -> None:
    many = [(10_000, 100)] * 198 + [(10_000, 500)] * 2
    assert usual(*many).rates()["failed"] == pytest.approx(0.0085, abs=0.001)
    more = [(10_000, 100)] * 190 + [(10_000, 500)] * 10
    assert usual(*more).rates()["failed"] == pytest.approx(0.0465, abs=0.001)


def test_a_minute_in_which_something_is_wrong_is_not_usual() -> None:
    found = usual((1_000, 900), ill=("failed",))
    assert "failed" not in found.rates()
    assert set(found.rates()) == set(RATES) - {"failed"}


def test_few_payments_say_little() -> None:
    assert usual(*[(3, 1)] * 50).rates()["failed"] < 0.1
