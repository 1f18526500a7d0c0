"""What tally is told."""

from __future__ import annotations

import pytest

from functions.core.counting.slices import DEFAULT_SLICING, format_slicing
from functions.core.errors import SettingsError
from functions.settings.tally import TallySettings

TALLY = {"TALLIES_STREAM": "tallies", "STATE_TABLE": "state", "QUARANTINE_BUCKET": "parked"}


def faults(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        TallySettings.from_env(env)
    return list(caught.value.faults)


def test_what_is_not_set_has_its_default() -> None:
    settings = TallySettings.from_env(TALLY)
    assert (settings.slicing, settings.skew_seconds, settings.oldest_days) == (
        DEFAULT_SLICING,
        60,
        30,
    )


def test_all_faults_are_reported_at_once() -> None:
    env = {"STATE_TABLE": " ", "SKEW_SECONDS": "-1", "OLDEST_DAYS": "many", "SLICING": "planet"}
    found = faults(env)
    assert [fault.split("=")[0].split(" ")[0] for fault in found] == [
        "TALLIES_STREAM",
        "STATE_TABLE",
        "QUARANTINE_BUCKET",
        "SLICING",
        "SKEW_SECONDS",
        "OLDEST_DAYS",
    ]


def test_a_fault_names_the_variable_its_value_and_what_is_wanted() -> None:
    assert faults({**TALLY, "SKEW_SECONDS": "3601"}) == [
        "SKEW_SECONDS='3601': is not between 0 and 3600"
    ]


def test_a_slicing_is_read_as_it_is_written() -> None:
    env = {**TALLY, "SLICING": format_slicing(DEFAULT_SLICING)}
    assert TallySettings.from_env(env).slicing == DEFAULT_SLICING
