"""The thresholds of severity, as a setting."""

from __future__ import annotations

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.settings.thresholds import format_thresholds, thresholds


def test_thresholds_are_read_as_they_are_written() -> None:
    assert thresholds(format_thresholds(DEFAULT_THRESHOLDS)) == DEFAULT_THRESHOLDS


def test_thresholds_that_are_not_named_keep_their_defaults() -> None:
    assert thresholds("") == DEFAULT_THRESHOLDS
    assert thresholds("denied=0.2/0.3")["failed"] == DEFAULT_THRESHOLDS["failed"]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("sadness=0.1/0.2", "names 'sadness'; known signals: failed"),
        ("failed=0.02", "has 'failed=0.02', want SIGNAL=WARNING/CRITICAL as shares"),
        ("failed=1/2", "want SIGNAL=WARNING/CRITICAL as shares: is not between 0 and 1"),
        ("failed=0.02/0.02", "has 'failed=0.02/0.02': warning must be below critical"),
        ("failed=0.02/0.01", "has 'failed=0.02/0.01': warning must be below critical"),
    ],
)
def test_what_is_no_threshold_is_refused_with_what_is_wanted(value: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        thresholds(value)
