"""What detect is told."""

from __future__ import annotations

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules
from functions.core.errors import SettingsError
from functions.core.troubles.recovery import Patience
from functions.settings.detect import DetectSettings

DETECT = {"STATE_TABLE": "state", "ALARMS_TOPIC_ARN": "arn", "NAMESPACE": "Paywatch/dev"}


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
    with pytest.raises(SettingsError) as caught:
        DetectSettings.from_env({**DETECT, **wrong})
    [fault], [name] = caught.value.faults, wrong
    assert fault.startswith(f"{name}=")
