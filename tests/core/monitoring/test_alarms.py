"""Every alarm, as data."""

from __future__ import annotations

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS, RATES, Threshold
from functions.core.monitoring.alarms import PAYMENTS, Alarm, alarms
from functions.core.monitoring.metrics import METRICS, RATE_METRICS
from tests.builders import ALARMS

EVERY = pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: str(alarm.name))


def test_names_are_unique() -> None:
    names = [alarm.name for alarm in alarms(DEFAULT_THRESHOLDS)]
    assert len(set(names)) == len(names)


@EVERY
def test_an_alarm_has_a_unit_a_first_action_and_a_reasoned_rule_for_missing_data(
    alarm: Alarm,
) -> None:
    assert alarm.unit
    assert alarm.first_action
    assert alarm.missing in {"breaching", "notBreaching", "ignore", "missing"}
    assert alarm.why_missing


@EVERY
def test_an_alarm_is_warning_or_critical(alarm: Alarm) -> None:
    assert alarm.severity in {"warning", "critical"}


@EVERY
def test_an_alarm_can_be_evaluated(alarm: Alarm) -> None:
    assert 1 <= alarm.datapoints <= alarm.periods
    assert alarm.period in (10, 30) or alarm.period % 60 == 0
    assert alarm.period * alarm.periods <= 86_400


@EVERY
def test_an_alarm_on_payments_watches_a_metric_that_is_published_in_its_unit(alarm: Alarm) -> None:
    if alarm.source == PAYMENTS:
        assert METRICS[alarm.metric].unit == alarm.unit


@EVERY
def test_the_description_says_severity_unit_and_first_action_and_fits(alarm: Alarm) -> None:
    assert alarm.description.startswith(f"[{alarm.severity}] ")
    assert alarm.unit in alarm.description
    assert alarm.first_action in alarm.description
    assert len(alarm.description) <= 1024


@pytest.mark.parametrize("signal", RATES)
def test_each_signal_has_a_warning_and_a_critical_alarm_on_what_is_sure(signal: str) -> None:
    mine = [a for a in ALARMS.values() if a.metric.endswith("AtLeast")]
    threshold = DEFAULT_THRESHOLDS[signal]
    found = {(a.severity, a.threshold) for a in mine if a.metric == _at_least(signal)}
    assert found == {
        ("warning", 100 * threshold.warning),
        ("critical", 100 * threshold.critical),
    }


def _at_least(signal: str) -> str:
    return f"{RATE_METRICS[signal]}AtLeast"


def test_a_deployments_own_thresholds_are_those_of_its_alarms() -> None:
    mine = {a.name: a for a in alarms({**DEFAULT_THRESHOLDS, "failed": Threshold(0.03, 0.05)})}
    assert mine["FailureRate-critical"].threshold == pytest.approx(5.0)
    assert "more than 5 %" in mine["FailureRate-critical"].title


def test_missing_data_is_silence_and_only_silence_pages_for_it() -> None:
    assert [a.name for a in ALARMS.values() if a.missing == "breaching"] == ["NoTraffic"]
