"""With which tuning the detection benchmark tries Paywatch."""

from __future__ import annotations

import pytest

from benchmarks.detect.tuned import (
    EVERY,
    UnknownField,
    around,
    fields,
    value_of,
    with_settings,
)
from functions.core.detection.tuning import Tuning

USUAL = Tuning()


def test_a_setting_changes_its_field_and_no_other() -> None:
    tuning = with_settings(USUAL, ["evidence.cap=2.0", "explanation.most_causes=5"])
    changed = [name for name in fields() if value_of(tuning, name) != value_of(USUAL, name)]
    assert changed == ["evidence.cap", "explanation.most_causes"]
    assert (tuning.evidence.cap, tuning.explanation.most_causes) == (2.0, 5)


def test_a_name_that_is_unknown_is_told_with_the_known_ones() -> None:
    with pytest.raises(
        UnknownField, match=r"'evidence\.kap'\. Known: evidence\.smallest_rise, .*cap"
    ):
        with_settings(USUAL, ["evidence.kap=2.0"])
    with pytest.raises(UnknownField, match="Known"):
        fields("evi")


@pytest.mark.parametrize("setting", ["evidence.cap", "evidence=2.0", "all=1"])
def test_a_setting_names_one_field_and_its_value(setting: str) -> None:
    with pytest.raises(ValueError, match="is no FIELD=VALUE"):
        with_settings(USUAL, [setting])


@pytest.mark.parametrize(
    "setting",
    [
        "evidence.cap=much",
        "evidence.highest=1.5",
        "evidence.fewest_events=0",
        "evidence.fewest_events=2.5",
        "recovery.recovered_nats=0",
    ],
)
def test_a_value_that_the_field_cannot_have_is_a_fault(setting: str) -> None:
    with pytest.raises(ValueError, match=setting.partition("=")[0]):
        with_settings(USUAL, [setting])


def test_a_question_means_all_of_its_fields() -> None:
    assert fields("holding") == [name for name in fields(EVERY) if name.startswith("holding.")]
    assert len(fields("holding")) > 1
    assert fields("holding.tainted") == ["holding.tainted"]


@pytest.mark.parametrize("field", fields())
def test_every_field_can_be_a_step_lower_and_a_step_higher(field: str) -> None:
    lower, higher = (value_of(tuning, field) for tuning in around(USUAL, field))
    assert lower < value_of(USUAL, field) < higher
    for tuning in around(USUAL, field):
        others = [name for name in fields() if value_of(tuning, name) != value_of(USUAL, name)]
        assert others == [field]


def test_a_step_is_a_factor_and_of_few_things_one() -> None:
    assert [one.evidence.cap for one in around(USUAL, "evidence.cap")] == [1.05, 2.1]
    assert [one.normal.fewest_days for one in around(USUAL, "normal.fewest_days")] == [2, 4]
    assert [one.evidence.highest for one in around(USUAL, "evidence.highest")] == [0.679, 0.985]
