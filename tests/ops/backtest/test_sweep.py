"""Other settings on the same history: what they would have cost, and which are proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.signals import DEFAULT_THRESHOLDS, RATES, Threshold
from functions.core.counting.slices import ALL
from functions.core.detection.budget import Budget
from functions.core.detection.normals import Normals
from functions.core.detection.state import Rules
from functions.settings.thresholds import thresholds
from ops.backtest.alarm_rules import default_rules
from ops.backtest.sweep import BUDGETS, FACTORS, proposal, sweep_table, trials
from ops.backtest.trial import Trial
from producer.second import Second
from tests.builders import NOW
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))


def tried(traffic: Traffic, seconds: int = 300, rules: Rules = RULES) -> tuple[Trial, list[Trial]]:
    """The trial asked for and the others, after the traffic."""
    first, others = Trial(rules, default_rules()), trials(rules, default_rules())
    for number, partial in enumerate(traffic(seconds)):
        second = Second(NOW + number, partial.tally, 1, partial.newest_ms)
        for trial in (first, *others):
            trial.second(second)
    for trial in (first, *others):
        trial.end()
    return first, others


@cache
def calm() -> tuple[Trial, list[Trial]]:
    return tried(Traffic(rate=20))


@cache
def with_an_outage() -> tuple[Trial, list[Trial]]:
    return tried(Traffic(rate=30, faults=(Fault({"gateway": "beta"}, 0.5, 150, 220),)))


def with_threshold(signal: str, warning: float, critical: float, per_week: float = 1.0) -> Rules:
    limits = {**DEFAULT_THRESHOLDS, signal: Threshold(warning, critical)}
    return replace(RULES, budget=replace(RULES.budget, thresholds=limits, per_week=per_week))


def test_every_combination_of_thresholds_and_budget_is_tried_once() -> None:
    first, others = calm()
    assert len(others) == len(FACTORS) * len(BUDGETS) - 1
    budgets = [trial.rules.budget for trial in (first, *others)]
    assert all(one != two for n, one in enumerate(budgets) for two in budgets[:n])


@given(
    warning=st.floats(0.0001, 0.89),
    above=st.floats(1.001, 3.0),
    per_week=st.sampled_from([0.1, 0.5, 1.0, 30.0]),
)
def test_whatever_is_tried_is_a_setting_that_can_be_set(
    warning: float, above: float, per_week: float
) -> None:
    rules = with_threshold("failed", warning, min(0.99, warning * above), per_week)
    for trial in trials(rules, ()):
        assert trial.rules.budget != rules.budget
        for limit in trial.rules.budget.thresholds.values():
            assert 0 < limit.warning < limit.critical < 1


def test_the_table_has_a_row_for_each_setting_and_that_asked_for_first() -> None:
    first, others = with_an_outage()
    table = sweep_table(first, others)
    assert len(table) == len(FACTORS) * len(BUDGETS)
    assert (table[0]["thresholds"], table[0]["false_alarms_per_week"]) == ("as asked for", 1.0)
    assert {row["false_alarms_per_week"] for row in table} == set(BUDGETS)
    assert len({row["thresholds"] for row in table}) == len(FACTORS)
    for row, trial in zip(table, (first, *others), strict=True):
        limits = thresholds(row["settings"])
        assert {name: pytest.approx(limit.warning) for name, limit in limits.items()} == {
            name: limit.warning for name, limit in trial.rules.budget.thresholds.items()
        }


def test_a_row_tells_what_the_setting_would_have_cost() -> None:
    first, others = with_an_outage()
    for row, trial in zip(sweep_table(first, others), (first, *others), strict=True):
        assert row["incidents"] == len(trial.incidents) == 1
        assert row["pages_per_week"] == pytest.approx(trial.paged * 7 * 86_400 / 300, rel=0.01)
        assert 0 <= row["median_delay_seconds"] <= 20


def test_more_budget_finds_no_later() -> None:
    first, others = with_an_outage()
    delays = {
        row["false_alarms_per_week"]: row["median_delay_seconds"]
        for row in sweep_table(first, others)
        if row["thresholds"] == "as asked for"
    }
    assert delays[0.1] >= delays[1.0] >= delays[10.0]


def test_a_row_without_incidents_has_no_delay() -> None:
    first, others = calm()
    assert {row["median_delay_seconds"] for row in sweep_table(first, others)} == {0.0}
    assert {row["pages_per_week"] for row in sweep_table(first, others)} == {0.0}


def settings_of(words: str) -> tuple[Mapping[str, Threshold], float]:
    """The options of the command line, read as it reads them."""
    options = words.split()
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert set(given) <= {"--thresholds", "--false-alarms-per-week"}
    return thresholds(given.get("--thresholds", "")), float(given["--false-alarms-per-week"])


def test_what_is_proposed_for_an_ordinary_history_keeps_the_thresholds() -> None:
    first, others = calm()
    limits, budget = settings_of(proposal(first, others)["settings"])
    assert limits == DEFAULT_THRESHOLDS
    assert budget in BUDGETS


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5])
def test_thresholds_that_are_proposed_lie_above_what_is_normal(share: float) -> None:
    first = Trial(RULES, default_rules())
    for number, partial in enumerate(Traffic(rate=30, healthy={"failed": share})(200)):
        first.second(Second(NOW + number, partial.tally, 1, partial.newest_ms))
    limits, _ = settings_of(proposal(first, [])["settings"])
    baseline = first.chain.state.tracker.baseline
    for signal in RATES:
        limit = limits[signal]
        assert Normals(baseline).normal(ALL, signal).rate < limit.warning < limit.critical
    assert limits["failed"] != DEFAULT_THRESHOLDS["failed"]
    assert limits["denied"] == DEFAULT_THRESHOLDS["denied"]


def fake(first: Trial, per_week: float, paged: int, incidents: int) -> Trial:
    """A trial that ended so."""
    trial = Trial(replace(first.rules, budget=replace(first.rules.budget, per_week=per_week)), ())
    trial.start = trial.clock - 604_800
    trial.paged = paged
    trial.incidents = with_an_outage()[0].incidents * incidents
    return trial


def ended(results: Iterable[tuple[float, int, int]]) -> tuple[Trial, list[Trial]]:
    """Trials by budget, pages in a week and incidents; the first is that asked for."""
    found = [fake(with_an_outage()[0], *result) for result in results]
    return found[0], found[1:]


@pytest.mark.parametrize(
    ("results", "budget"),
    [
        # More budget finds more, and is read.
        ([(1.0, 3, 3), (0.1, 1, 1), (10.0, 5, 5)], 10.0),
        # What would page more than once a day is not read any more.
        ([(1.0, 3, 3), (0.1, 1, 1), (10.0, 40, 40)], 1.0),
        # More budget finds nothing more.
        ([(1.0, 3, 3), (0.1, 3, 3), (10.0, 3, 3)], 0.1),
        # All page too often: the calmest.
        ([(1.0, 30, 30), (0.1, 20, 20), (10.0, 40, 40)], 0.1),
    ],
)
def test_the_budget_proposed_finds_the_most_that_people_still_read(
    results: list[tuple[float, int, int]], budget: float
) -> None:
    found = proposal(*ended(results))
    assert settings_of(found["settings"])[1] == budget
