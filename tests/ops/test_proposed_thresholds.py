"""Thresholds that lie above what is usual."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.signals import DEFAULT_THRESHOLDS, RATES, Threshold
from functions.settings.thresholds import format_thresholds, thresholds
from ops.proposed_thresholds import raised


@given(st.dictionaries(st.sampled_from(RATES), st.floats(0.0, 0.7)))
def test_what_is_proposed_can_be_set_and_lies_above_what_is_usual(usual: dict[str, float]) -> None:
    found = raised(DEFAULT_THRESHOLDS, usual)
    for signal, rate in usual.items():
        assert rate <= found[signal].warning < found[signal].critical <= 0.99
    assert set(thresholds(format_thresholds(found))) == set(DEFAULT_THRESHOLDS)


@given(st.dictionaries(st.sampled_from(RATES), st.floats(0.0, 1.0)))
def test_a_threshold_above_what_is_usual_stays(usual: dict[str, float]) -> None:
    found = raised(DEFAULT_THRESHOLDS, usual)
    for signal, before in DEFAULT_THRESHOLDS.items():
        if usual.get(signal, 0.0) <= before.warning:
            assert found[signal] == before


def test_it_is_written_as_people_would_set_it() -> None:
    assert raised(DEFAULT_THRESHOLDS, {"denied": 0.12})["denied"] == Threshold(0.15, 0.3)
