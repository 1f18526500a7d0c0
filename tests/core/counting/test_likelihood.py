"""How much likelier counts are at their own rate: nothing where it is no higher, and never less."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.likelihood import log_likelihood_ratio

rates = st.floats(0.001, 0.999)
counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def log_likelihood(events: int, attempts: int, rate: float) -> float:
    """Of a binomial, without its coefficient, which is the same at every rate."""
    failed = events * math.log(rate) if events else 0.0
    return failed + ((attempts - events) * math.log(1 - rate) if events < attempts else 0.0)


@given(counts, rates)
def test_it_is_what_a_binomial_says(count: tuple[int, int], rate: float) -> None:
    events, attempts = count
    own = events / attempts
    found = log_likelihood_ratio(events, attempts, rate)
    if own <= rate:
        assert found == 0.0
    else:
        expected = log_likelihood(events, attempts, own) - log_likelihood(events, attempts, rate)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(counts, rates)
def test_it_is_never_below_zero(count: tuple[int, int], rate: float) -> None:
    assert log_likelihood_ratio(*count, rate) >= -1e-9


@given(counts, rates, st.integers(2, 50))
def test_so_many_times_as_much_of_everything_says_so_many_times_as_much(
    count: tuple[int, int], rate: float, times: int
) -> None:
    events, attempts = count
    once = log_likelihood_ratio(events, attempts, rate)
    assert log_likelihood_ratio(times * events, times * attempts, rate) == pytest.approx(
        times * once, rel=1e-6, abs=1e-6
    )


@given(st.integers(1, 2000), rates)
def test_every_further_event_says_more(attempts: int, rate: float) -> None:
    first = math.floor(rate * attempts) + 1
    nats = [log_likelihood_ratio(x, attempts, rate) for x in range(first, attempts + 1)]
    assert all(more > less for less, more in pairwise(nats))


def test_where_everything_failed_only_the_rate_of_failures_counts() -> None:
    assert log_likelihood_ratio(10, 10, 0.02) == pytest.approx(10 * math.log(50))


def test_of_no_attempts_nothing_is_said() -> None:
    assert log_likelihood_ratio(0, 0, 0.5) == 0.0
