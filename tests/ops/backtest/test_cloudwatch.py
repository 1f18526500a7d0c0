"""Alarms on a virtual clock: the tables of CloudWatch's user guide, and the laws of the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.errors import PaywatchError
from functions.core.monitoring.alarms import PAYMENTS, alarms
from functions.core.monitoring.metrics import METRICS
from ops.backtest.alarm_rules import AlarmRule, Dimension, default_rules
from ops.backtest.cloudwatch import ALARM, INSUFFICIENT_DATA, OK, Alarms, Change, judge

DAY: Final = 86_400
START: Final = 20_000 * DAY
STAYS: Final = "stays"

Sample = tuple[int, float]
"""Seconds since START, value."""


def rule(**fields: Any) -> AlarmRule:
    """1 of 1 period of 60 s, breached by 10 or more."""
    whole = {
        "name": "Red",
        "namespace": "Paywatch/dev",
        "metric": "Attempts",
        "statistic": "Maximum",
        "period": 60,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
        "threshold": 10.0,
        "comparison": "GreaterThanOrEqualToThreshold",
        "missing": "missing",
    }
    return AlarmRule(**{**whole, **fields})


def asked(watched: AlarmRule, samples: Iterable[Sample], until: int) -> list[Change]:
    """The changes that a clock tells when it is asked once, so many seconds after START."""
    clock = Alarms([watched], since=START)
    for second, value in samples:
        clock.put(watched.metric, value, START + second)
    return clock.until(START + until)


def last_state(watched: AlarmRule, points: str) -> str:
    """After a data point per period: X breaches, 0 does not, - is missing."""
    value = {"X": 10.0, "0": 0.0}
    samples = [(k * watched.period, value[p]) for k, p in enumerate(points) if p in value]
    told = asked(watched, samples, len(points) * watched.period)
    return told[-1].state if told else INSUFFICIENT_DATA


GUIDE = [
    # data points, datapoints to alarm of 3; under missing, ignore, breaching, notBreaching
    ("0-X-X", 3, OK, OK, OK, OK),
    ("----0", 3, OK, OK, OK, OK),
    ("0----", 3, OK, OK, OK, OK),
    ("-----", 3, INSUFFICIENT_DATA, STAYS, ALARM, OK),
    ("0XX-X", 3, ALARM, ALARM, ALARM, ALARM),
    ("--X--", 3, ALARM, STAYS, ALARM, OK),
    ("X----", 3, ALARM, STAYS, ALARM, OK),
    ("----X", 3, INSUFFICIENT_DATA, STAYS, ALARM, OK),
    ("---X-", 3, INSUFFICIENT_DATA, STAYS, ALARM, OK),
    ("0-X-X", 2, ALARM, ALARM, ALARM, ALARM),
    ("00X0X", 2, ALARM, ALARM, ALARM, ALARM),
    ("0-X--", 2, OK, OK, ALARM, OK),
    ("----0", 2, OK, OK, ALARM, OK),
    ("----X", 2, INSUFFICIENT_DATA, STAYS, ALARM, OK),
    ("---X-", 2, ALARM, STAYS, ALARM, OK),
]


@pytest.mark.parametrize("period", [10, 60])
@pytest.mark.parametrize("before", ["", "000-----", "XXX-----"])
@pytest.mark.parametrize(("points", "datapoints", *"mibn"), GUIDE)
def test_missing_data_is_treated_as_in_the_tables_of_the_guide(
    points: str, datapoints: int, m: str, i: str, b: str, n: str, before: str, period: int
) -> None:
    """Those of today's edition, what only that of 2018 shows, and the text's `- - - X -` of 3."""
    for missing, expected in (("missing", m), ("ignore", i), ("breaching", b), ("notBreaching", n)):
        watched = rule(
            period=period,
            evaluation_periods=3,
            datapoints_to_alarm=datapoints,
            missing=missing,
        )
        kept = {"": INSUFFICIENT_DATA, "0": OK, "X": ALARM}[before[:1]]
        last = last_state(watched, before + points)
        assert last == (kept if expected == STAYS else expected), missing


def test_an_alarm_starts_without_a_state_and_takes_the_first_it_can_judge() -> None:
    assert asked(rule(), [], 3600) == []
    assert asked(rule(), [(0, 10.0)], 60) == [Change("Red", ALARM, START + 60)]


def test_a_period_is_judged_when_it_has_ended() -> None:
    assert asked(rule(), [(59, 10.0)], 59) == []
    assert asked(rule(), [(60, 10.0)], 119) == []
    assert asked(rule(), [(60, 10.0)], 120) == [Change("Red", ALARM, START + 120)]


def test_nothing_is_judged_before_the_alarm_is_there() -> None:
    clock = Alarms([rule(missing="breaching")], since=START + 61)
    assert clock.until(START + 119) == []
    assert clock.until(START + 120) == [Change("Red", ALARM, START + 120)]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Maximum", 7.0), ("Minimum", 1.0), ("Average", 4.0), ("Sum", 12.0), ("SampleCount", 3.0)],
)
def test_the_samples_of_a_period_become_one_by_the_statistic(statistic: str, value: float) -> None:
    samples = [(0, 4.0), (31, 7.0), (59, 1.0)]
    just = rule(statistic=statistic, threshold=value)
    above = rule(statistic=statistic, threshold=value + 0.1)
    assert [change.state for change in asked(just, samples, 60)] == [ALARM]
    assert [change.state for change in asked(above, samples, 60)] == [OK]


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", {11.0}),
        ("GreaterThanOrEqualToThreshold", {10.0, 11.0}),
        ("LessThanThreshold", {9.0}),
        ("LessThanOrEqualToThreshold", {9.0, 10.0}),
    ],
)
def test_a_value_is_compared_with_the_threshold(comparison: str, breaching: set[float]) -> None:
    red = {
        value
        for value in (9.0, 10.0, 11.0)
        if asked(rule(comparison=comparison), [(0, value)], 60)[-1].state == ALARM
    }
    assert red == breaching


def test_a_longer_period_slides_by_the_interval_of_evaluation() -> None:
    """The burst lies across the multiples of 300 s, and is in one window nevertheless."""
    watched = rule(period=300, statistic="Sum", threshold=2.0, missing="notBreaching")
    assert asked(watched, [(290, 1.0), (310, 1.0)], 1500)[:2] == [
        Change("Red", OK, START + 60),
        Change("Red", ALARM, START + 360),
    ]


@pytest.mark.parametrize("period", [10, 20, 30])
def test_an_alarm_of_high_resolution_is_evaluated_every_ten_seconds(period: int) -> None:
    assert asked(rule(period=period), [(3, 10.0)], 60)[0] == Change("Red", ALARM, START + 10)


def test_a_late_sample_is_refused() -> None:
    clock = Alarms([rule()], since=START)
    clock.until(START + 60)
    with pytest.raises(PaywatchError, match=str(START + 59)):
        clock.put("Attempts", 1.0, START + 59)
    clock.put("Attempts", 1.0, START + 180)
    with pytest.raises(PaywatchError, match=str(START + 179)):
        clock.put("Attempts", 1.0, START + 179)


def test_a_metric_that_no_alarm_watches_is_passed_over() -> None:
    clock = Alarms([rule()], since=START)
    clock.put("LatencyP95", 1e9, START)
    assert clock.until(START + 3600) == []


def test_only_alarms_on_the_given_metrics_without_dimensions_are_judged() -> None:
    others = [
        rule(name="foreign", namespace="AWS/Lambda"),
        rule(name="sliced", dimensions=(Dimension("route", "stripe"),)),
        rule(name="not given", metric="ArchiveRefused"),
    ]
    assert Alarms([*others, rule()], since=START).unjudged == others


def test_changes_come_by_time_and_then_in_the_order_of_the_rules() -> None:
    clock = Alarms(
        [rule(name="b"), rule(name="a", metric="Parked"), rule(name="c", period=10)], since=START
    )
    clock.put("Parked", 10.0, START)
    clock.put("Attempts", 10.0, START)
    told = [(change.name, change.at - START) for change in clock.until(START + 60)]
    assert told == [("c", 10), ("c", 40), ("b", 60), ("a", 60)]


@st.composite
def watched(draw: st.DrawFn) -> AlarmRule:
    periods = draw(st.integers(1, 4))
    return rule(
        period=draw(st.sampled_from([10, 20, 30, 60, 120, 300])),
        evaluation_periods=periods,
        datapoints_to_alarm=draw(st.integers(1, periods)),
        missing=draw(st.sampled_from(["missing", "ignore", "breaching", "notBreaching"])),
        statistic=draw(st.sampled_from(["Maximum", "Minimum", "Sum", "Average", "SampleCount"])),
        threshold=draw(st.sampled_from([1.0, 2.0, 10.0])),
    )


GAPS = st.one_of(st.integers(0, 90), st.integers(0, 9000))
SAMPLES = st.lists(st.tuples(GAPS, st.sampled_from([0.0, 1.0, 5.0, 10.0])), max_size=12).map(
    lambda steps: [
        (sum(gap for gap, _ in steps[: k + 1]), value) for k, (_, value) in enumerate(steps)
    ]
)


def stepped(watched: AlarmRule, samples: list[Sample], until: int) -> list[Change]:
    """What every single evaluation says, each over all the samples in its range."""
    told: list[Change] = []
    state = INSUFFICIENT_DATA
    for at in range(watched.interval, until + 1, watched.interval):
        seen = breaching = 0
        for age in range(watched.evaluation_range):
            end = at - age * watched.period
            values = [v for second, v in samples if end - watched.period <= second < end]
            if values:
                seen |= 1 << age
                breaching |= (STATISTICS[watched.statistic](values) >= watched.threshold) << age
        new = judge(
            watched.evaluation_periods,
            watched.datapoints_to_alarm,
            watched.missing,
            seen,
            breaching,
        )
        if new not in (None, state):
            state = new
            told.append(Change(watched.name, state, START + at))
    return told


STATISTICS: Final[Mapping[str, Any]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}


@given(watched(), SAMPLES, st.integers(0, 6000))
def test_skipping_what_is_quiet_equals_stepping_through_it(
    watched: AlarmRule, samples: list[Sample], rest: int
) -> None:
    until = samples[-1][0] + rest if samples else rest
    assert asked(watched, samples, until) == stepped(watched, samples, until)


@given(
    watched(),
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from([0.0, 4.0, 50.0])), max_size=6),
    st.sampled_from([5, 10, 30, 60]),
)
def test_calm_that_lasts_equals_stepping_through_it(
    watched: AlarmRule, runs: list[tuple[int, float]], every: int
) -> None:
    values = [value for number, value in runs for _ in range(number)]
    samples = [(number * every, value) for number, value in enumerate(values)]
    until = len(samples) * every + 600
    assert asked(watched, samples, until) == stepped(watched, samples, until)


@given(st.lists(watched(), min_size=1, max_size=4), SAMPLES, st.lists(GAPS, max_size=8))
def test_it_makes_no_difference_when_the_clock_is_asked(
    drawn: list[AlarmRule], samples: list[Sample], seconds: list[int]
) -> None:
    named = [msgspec.structs.replace(one, name=str(k)) for k, one in enumerate(drawn)]
    at_once, often = Alarms(named, since=START), Alarms(named, since=START)
    for second, value in samples:
        at_once.put("Attempts", value, START + second)
    told = []
    waiting = list(samples)
    for until in (*sorted(seconds), 100_000):
        while waiting and waiting[0][0] < until:
            second, value = waiting.pop(0)
            often.put("Attempts", value, START + second)
        told += often.until(START + until)
    assert told == at_once.until(START + 100_000)


def test_the_alarms_on_payments_are_the_judged_ones() -> None:
    unjudged = {one.name for one in Alarms(default_rules(), since=START).unjudged}
    core = alarms(DEFAULT_THRESHOLDS)
    assert unjudged == {alarm.name for alarm in core if alarm.source != PAYMENTS}


def test_no_metric_at_all_reads_as_no_traffic_when_its_last_value_is_out_of_range() -> None:
    """The evaluation range is wider than three minutes, so silence is found after five."""
    clock = Alarms(default_rules(), since=START)
    for second in range(0, 600, 5):
        clock.put("Attempts", 100.0, START + second)
    red = [c for c in clock.until(START + 3600) if c.name == "NoTraffic" and c.state == ALARM]
    assert red == [Change("NoTraffic", ALARM, START + 600 + 5 * 60)]


def test_a_silent_year_has_no_changes_but_the_first() -> None:
    clock = Alarms(default_rules(), since=START)
    first = clock.until(START + 60)
    assert [c.name for c in first if c.state == ALARM] == ["NoTraffic"]
    assert clock.until(START + 365 * DAY) == []


@given(
    st.lists(st.dictionaries(st.sampled_from(sorted(METRICS)), st.floats(0.0, 200.0)), max_size=40)
)
def test_many_samples_at_once_are_the_same_one_by_one(seconds: list[dict[str, float]]) -> None:
    at_once, each = (Alarms(default_rules(), since=START) for _ in range(2))
    for number, values in enumerate(seconds):
        at_once.put_all(values, START + 5 * number)
        for metric, value in values.items():
            each.put(metric, value, START + 5 * number)
    assert at_once.until(START + 900) == each.until(START + 900)
