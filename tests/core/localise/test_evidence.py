"""How much leaves speak for a rise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.localise.evidence import (
    SHARES_LOST,
    Odds,
    Variance,
    evidence,
    normal_rates,
    variance,
)

ODDS = Odds(spared=0.2, own=0.75)
COUNTS = Variance(chance=1.0, wander=0.01)


def nats(attempts: float, failures: float, rate: float = 0.02, varies: Variance = COUNTS) -> float:
    """At the share lost that suits best."""
    return max(
        column[0] for column in evidence([attempts], [failures], [rate], [1.0], varies, ODDS)
    )


def test_a_baseline_of_few_attempts_is_pulled_to_the_rate_of_all_traffic() -> None:
    assert normal_rates([0.0, 30.0, 1e9], [0.0, 30.0, 1e8], 30.0, 0.02) == pytest.approx(
        [0.02, 0.51, 0.1]
    )


def test_rates_of_nothing_and_of_everything_stay_possible() -> None:
    assert normal_rates([1e9, 1e9], [0.0, 1e9], 1.0, 0.0) == [1e-5, 0.999]


@given(st.integers(1, 5000), st.floats(0.001, 0.5))
def test_a_leaf_that_did_not_rise_costs_a_bounded_amount(attempts: int, rate: float) -> None:
    assert math.log(ODDS.spared) <= nats(attempts, attempts * rate, rate) <= 0.1


@given(st.integers(50, 5000), st.floats(0.05, 0.9), st.floats(0.0, 0.1))
@example(182, 0.6484375, 0.015625)
def test_the_more_fails_the_more_a_leaf_speaks_for_a_rise_up_to_what_its_wandering_allows(
    attempts: int, share: float, more: float
) -> None:
    few, many = nats(attempts, attempts * share), nats(attempts, attempts * (share + more))
    # Near what it allows, evidence is flat, and dips by half a thousandth where one share of the grid
    # takes over from the next.
    assert many >= few * (1 - 0.001)
    if share + more < 0.5 and more > 0.01 and attempts < 500:
        assert many > few


def test_no_leaf_counts_for_more_than_its_wandering_allows() -> None:
    small, large = nats(1_000, 40), nats(1_000_000, 40_000)
    assert small < large < 2.0 * 0.5**2 / COUNTS.wander
    wild = Variance(1.0, 0.25)
    assert nats(1_000_000, 40_000, varies=wild) < large


def test_each_share_lost_suits_its_own_rise_best() -> None:
    for number, share in enumerate(SHARES_LOST[1:], start=1):
        failures = 20_000 * (0.02 + 0.98 * share)
        columns = evidence([20_000], [failures], [0.02], [1.0], COUNTS, Odds(0.2, 0.1))
        assert max(range(len(SHARES_LOST)), key=lambda i: columns[i][0]) == number


def leaves_of(
    rng: random.Random, rate: float, wander: float
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Attempts, failures by chance around a rate that wanders, normal rates, no doubt of them."""
    attempts = [rng.uniform(200, 20_000) for _ in range(2000)]
    means = [n * rate * max(0.0, 1 + rng.gauss(0, wander)) for n in attempts]
    failures = [max(0.0, rng.gauss(mean, math.sqrt(mean))) for mean in means]
    return attempts, failures, [rate] * 2000, [1.0] * 2000


def test_counts_that_vary_by_chance_alone_wander_no_more_than_is_taken_for_granted() -> None:
    found = variance(*leaves_of(random.Random(1), 0.03, 0.0), 0.01)
    assert found.chance == 1.0
    assert found.wander == pytest.approx(0.01, abs=0.002)


def test_wandering_is_seen_in_the_leaves_that_fell_whatever_a_cause_adds() -> None:
    attempts, failures, rates, doubt = leaves_of(random.Random(2), 0.03, 0.25)
    found = variance(attempts, failures, rates, doubt, 0.0)
    assert found.wander == pytest.approx(0.25**2, rel=0.3)
    struck = [
        x + 0.5 * n * (i % 3 > 0) for i, (x, n) in enumerate(zip(failures, attempts, strict=True))
    ]
    assert variance(attempts, struck, rates, doubt, 0.0).wander == pytest.approx(
        found.wander, rel=0.3
    )


def test_amounts_that_hardly_vary_are_taken_for_no_counts() -> None:
    rng = random.Random(3)
    attempts = [rng.uniform(100, 20_000) for _ in range(500)]
    failures = [n * 0.03 * (1 + rng.gauss(0, 0.02)) for n in attempts]
    found = variance(attempts, failures, [0.03] * 500, [1.0] * 500, 0.01)
    assert found.chance < 0.1
    assert found.wander < 0.01


def test_a_few_leaves_say_nothing_about_variance() -> None:
    assert variance([1e4] * 9, [0.0] * 9, [0.03] * 9, [1.0] * 9, 0.01) == Variance(1.0, 0.01)
