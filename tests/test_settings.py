"""The settings of each function, from its environment."""

from __future__ import annotations

import pytest

from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.detection.state import Rules
from functions.core.detection.tracker import Budget
from functions.core.errors import SettingsError
from functions.core.troubles.life import Patience
from functions.core.troubles.severity import DEFAULT_THRESHOLDS, Threshold
from functions.settings import (
    DetectSettings,
    NotifySettings,
    TallySettings,
    TickSettings,
    format_slicing,
    format_thresholds,
    thresholds,
)

TALLY = {"TALLIES_STREAM": "tallies", "STATE_TABLE": "state", "QUARANTINE_BUCKET": "parked"}
DETECT = {"STATE_TABLE": "state", "ALARMS_TOPIC_ARN": "arn", "NAMESPACE": "Paywatch/dev"}


def faults(kind: type[TallySettings] | type[DetectSettings], env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        kind.from_env(env)
    return list(caught.value.faults)


def test_what_is_not_set_has_its_default() -> None:
    settings = TallySettings.from_env(TALLY)
    assert (settings.slicing, settings.skew_seconds, settings.oldest_days) == (
        DEFAULT_SLICING,
        60,
        30,
    )


def test_detect_judges_by_the_default_rules() -> None:
    assert DetectSettings.from_env(DETECT).rules == Rules()


def test_detect_judges_by_what_is_set() -> None:
    env = {
        **DETECT,
        "THRESHOLDS": "failed=0.03/0.05",
        "FALSE_ALARMS_PER_WEEK": "0.1",
        "LEARNING_SECONDS": "60",
        "LATENESS_SECONDS": "5",
        "CONFIRM_SECONDS": "7",
        "RECOVER_SECONDS": "9",
    }
    assert DetectSettings.from_env(env).rules == Rules(
        budget=Budget(
            thresholds={**DEFAULT_THRESHOLDS, "failed": Threshold(0.03, 0.05)},
            per_week=0.1,
            learning_seconds=60,
        ),
        lateness=5,
        patience=Patience(confirm_seconds=7, recover_seconds=9),
    )


def test_what_the_environment_has_besides_does_not_matter() -> None:
    assert TickSettings.from_env({"EVENTS_STREAM": "events", "PATH": "/bin"}).events_stream


def test_all_faults_are_reported_at_once() -> None:
    env = {"STATE_TABLE": " ", "SKEW_SECONDS": "-1", "OLDEST_DAYS": "many", "SLICING": "planet"}
    found = faults(TallySettings, env)
    assert [fault.split("=")[0].split(" ")[0] for fault in found] == [
        "TALLIES_STREAM",
        "STATE_TABLE",
        "QUARANTINE_BUCKET",
        "SLICING",
        "SKEW_SECONDS",
        "OLDEST_DAYS",
    ]


def test_a_fault_names_the_variable_its_value_and_what_is_wanted() -> None:
    assert faults(TallySettings, {**TALLY, "SKEW_SECONDS": "3601"}) == [
        "SKEW_SECONDS='3601': is not between 0 and 3600"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"FALSE_ALARMS_PER_WEEK": "0"},
        {"FALSE_ALARMS_PER_WEEK": "-1"},
        {"FALSE_ALARMS_PER_WEEK": "inf"},
        {"FALSE_ALARMS_PER_WEEK": "nan"},
        {"FALSE_ALARMS_PER_WEEK": "few"},
        {"LEARNING_SECONDS": "-1"},
        {"LEARNING_SECONDS": "86401"},
        {"PUBLISH_SECONDS": "0"},
        {"RECOVER_SECONDS": "0"},
        {"CONFIRM_SECONDS": "601"},
        {"LATENESS_SECONDS": "1.5"},
        {"NAMESPACE": ""},
        {"THRESHOLDS": "failed"},
        {"THRESHOLDS": "failed=0.02"},
        {"THRESHOLDS": "failed=0.02/0.01"},
        {"THRESHOLDS": "failed=1/2"},
        {"THRESHOLDS": "sadness=0.1/0.2"},
    ],
    ids=str,
)
def test_a_wrong_value_is_refused(wrong: dict[str, str]) -> None:
    [fault] = faults(DetectSettings, {**DETECT, **wrong})
    [name] = wrong
    assert fault.startswith(f"{name}=")


def test_thresholds_are_read_as_they_are_written() -> None:
    assert thresholds(format_thresholds(DEFAULT_THRESHOLDS)) == DEFAULT_THRESHOLDS


def test_thresholds_that_are_not_named_keep_their_defaults() -> None:
    assert thresholds("") == DEFAULT_THRESHOLDS
    assert thresholds("denied=0.2/0.3")["failed"] == DEFAULT_THRESHOLDS["failed"]


def test_a_slicing_is_read_as_it_is_written() -> None:
    env = {**TALLY, "SLICING": format_slicing(DEFAULT_SLICING)}
    assert TallySettings.from_env(env).slicing == DEFAULT_SLICING


def test_notify_has_its_deployments_names() -> None:
    env = {
        "STATE_TABLE": "state",
        "ONCALL_TOPIC_ARN": "arn",
        "ENVIRONMENT": "dev",
        "DASHBOARD_URL": "https://x",
    }
    settings = NotifySettings.from_env(env)
    assert (settings.environment, settings.thresholds) == ("dev", DEFAULT_THRESHOLDS)
