"""The fixed set of figures that CloudWatch gets."""

from __future__ import annotations

import pytest

from functions.core.counting.counts import Counts
from functions.core.counting.faults import PARKED_AS
from functions.core.counting.latency import latency_index
from functions.core.counting.signals import RATES
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.monitoring.metrics import METRICS, RATE_METRICS, gauges
from tests.builders import NOW, counts, partial


def state(seen: Counts, latency: dict[int, int] | None = None, parked: int = 0) -> State:
    """The state after one second with these counts."""
    what = Tally({NOW: Bucket({ALL: seen}, latency or {}, parked)})
    return step(initial(Rules()), [partial(1, what)], Rules())[0]


def values_of(state: State, now_ms: int) -> dict[str, float]:
    return gauges(state.window, state.score, state.newest_ms, now_ms)


def test_the_set_of_metrics_is_fixed() -> None:
    assert len(METRICS) == 22
    assert set(RATE_METRICS) == set(RATES)


def test_every_metric_has_a_unit_of_cloudwatch_and_a_meaning() -> None:
    for metric in METRICS.values():
        assert metric.unit in {"Percent", "Count", "None", "Milliseconds", "Seconds"}
        assert metric.meaning


def test_a_busy_second_gives_every_metric_a_value() -> None:
    busy = state(counts(approved=90, failed=10, gateway=10), {latency_index(100): 100})
    assert list(values_of(busy, NOW * 1000)) == list(METRICS)


def test_rates_are_percent_of_the_attempts() -> None:
    seen = counts(approved=80, failed=10, denied=10, gateway=5, customer=15, pending=900)
    values = values_of(state(seen), NOW * 1000)
    assert (values["FailureRate"], values["DeniedRate"]) == (10.0, 10.0)
    assert values["AttributableFailureRate"] == 5.0
    assert values["Attempts"] == 100.0


def test_what_a_rate_surely_exceeds_lies_below_it() -> None:
    values = values_of(state(counts(approved=990, failed=10)), NOW * 1000)
    assert 0.5 < values["FailureRateAtLeast"] < values["FailureRate"] == 1.0


def test_one_failure_in_three_payments_surely_exceeds_little() -> None:
    values = values_of(state(counts(approved=2, failed=1)), NOW * 1000)
    assert values["FailureRateAtLeast"] < 2.0


def test_without_attempts_there_is_no_rate_but_the_number_of_attempts() -> None:
    values = values_of(state(counts(pending=3)), NOW * 1000)
    assert values["Attempts"] == 0.0
    assert {values.pop(name) for name in [*values] if name.endswith("AtLeast")} == {0.0}
    assert not {name for name in values if "Rate" in name}


def test_where_nothing_was_counted_nothing_lags_though_the_window_has_payments() -> None:
    now = state(counts(approved=1))
    assert "EventLag" not in gauges(now.window, now.score, 0, 0)


def test_payments_that_come_too_late_lag() -> None:
    what = Tally({NOW - 500: Bucket({ALL: counts(approved=6)})})
    late = step(initial(Rules()), [partial(1, what)], Rules())[0]
    assert gauges(late.window, 0.0, (NOW - 500) * 1000, NOW * 1000)["EventLag"] == 500.0


def test_when_no_payment_is_in_the_window_nothing_lags() -> None:
    assert "EventLag" not in values_of(state(counts()), NOW * 1000)


def test_before_the_first_payment_nothing_lags() -> None:
    assert "EventLag" not in values_of(State(), NOW * 1000)


def test_the_lag_is_the_age_of_the_newest_payment_and_never_negative() -> None:
    one = state(counts(approved=1))
    assert values_of(one, (NOW + 7) * 1000)["EventLag"] == 7.0
    assert values_of(one, (NOW - 7) * 1000)["EventLag"] == 0.0


def test_the_latency_is_right_within_five_percent() -> None:
    values = values_of(state(counts(approved=1), {latency_index(240): 1}), NOW * 1000)
    assert values["LatencyP95"] == pytest.approx(240, rel=0.05)


def test_parked_events_are_shown() -> None:
    assert values_of(state(counts(approved=1), parked=4), NOW * 1000)["Parked"] == 4.0


def test_late_payments_are_shown() -> None:
    what = Tally({NOW - 500: Bucket({ALL: counts(approved=6)})})
    late = step(initial(Rules()), [partial(1, what)], Rules())[0]
    assert values_of(late, NOW * 1000)["Late"] == 6.0


def test_the_score_is_that_of_the_worst_slice() -> None:
    assert values_of(state(counts(approved=1)), NOW * 1000)["AnomalyScore"] == 0.0
    assert values_of(state(counts(approved=100, failed=900)), NOW * 1000)["AnomalyScore"] > 90


def parked(second: int, events: int, reason: str = "unknown_status") -> Tally:
    tally = Tally()
    tally.park(second, events)
    tally.fault(second, [f"{PARKED_AS}{reason}"] * events)
    return tally


def gauged(*tallies: Tally, at: int = NOW) -> dict[str, float]:
    now = initial(Rules())
    for number, what in enumerate(tallies, 1):
        now, _ = step(now, [partial(number, what, at)], Rules())
    return gauges(now.window, now.score, now.newest_ms, at * 1000, now.faults)


def test_of_what_is_parked_the_share_is_told_and_not_one_odd_event() -> None:
    for events, share in ((1, 0.0), (4, 0.0), (20, 12.0)):
        paid = Tally({NOW: Bucket({ALL: counts(approved=80)})})
        assert gauged(paid, parked(NOW, events))["ParkedAtLeast"] == pytest.approx(share, abs=2)


def test_a_reason_that_did_not_come_before_is_told() -> None:
    assert gauged(parked(NOW - 9, 2), parked(NOW, 1))["ParkedNew"] == 3.0
    assert gauged(parked(NOW, 1), parked(NOW, 1, "future"))["ParkedNew"] == 2.0


def test_what_comes_beside_first_tries_is_told() -> None:
    beside = Bucket(
        {ALL: counts(approved=3, retries=5)}, tests=2, repeats=7, faults={"a": 1, "b": 3}
    )
    values = gauged(Tally({NOW: beside}))
    names = ("Retries", "Repeats", "TestPayments", "Faults")
    assert [values[name] for name in names] == [5.0, 7.0, 2.0, 4.0]
    late = gauged(Tally({NOW - 500: beside}))
    assert [late[name] for name in names] == [0.0, 7.0, 2.0, 4.0]
