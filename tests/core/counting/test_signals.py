"""The signals: a row each, and everything that must be known of one stands in it."""

from __future__ import annotations

import pytest

from functions.core.counting.counts import BLAMED_AT, FIELDS
from functions.core.counting.signals import (
    DEFAULT_THRESHOLDS,
    FLOW,
    ORDER,
    RATE,
    RATES,
    SIGNALS,
    WAVE,
    WAVES,
    is_rate,
)

EVERY = pytest.mark.parametrize("name", SIGNALS)


@EVERY
def test_a_signal_is_found_by_its_name_and_has_words_for_a_page(name: str) -> None:
    signal = SIGNALS[name]
    assert signal.name == name
    assert signal.kind in (RATE, FLOW, WAVE)
    assert signal.says.startswith("of ")
    assert 0 < len(signal.short) <= 20


@EVERY
def test_what_is_judged_by_counts_is_judged_by_a_field_of_them(name: str) -> None:
    assert (SIGNALS[name].judged_by in FIELDS) == (SIGNALS[name].kind != FLOW)
    assert (name in BLAMED_AT) == (SIGNALS[name].kind != FLOW)


@pytest.mark.parametrize("name", RATES)
def test_a_rate_has_a_metric_an_alarm_action_and_thresholds_in_order(name: str) -> None:
    signal = SIGNALS[name]
    assert name in FIELDS
    assert signal.metric.endswith("Rate")
    assert signal.alarm_action
    assert signal.past
    assert 0 < DEFAULT_THRESHOLDS[name].warning < DEFAULT_THRESHOLDS[name].critical < 1
    assert 0 < signal.assumed < signal.threshold.critical


def test_where_nothing_fails_the_signal_says_what_to_do_first() -> None:
    assert {name for name in SIGNALS if SIGNALS[name].action} == {
        name for name in SIGNALS if SIGNALS[name].kind == FLOW
    }


def test_signals_of_one_trouble_are_of_one_kind() -> None:
    kinds = {(signal.trouble, signal.kind) for signal in SIGNALS.values()}
    assert len(kinds) == len({trouble for trouble, _ in kinds})


def test_what_a_signal_explains_is_a_trouble_of_another_one() -> None:
    for signal in SIGNALS.values():
        others = {other.trouble for other in SIGNALS.values()} - {signal.trouble}
        assert set(signal.explains) <= others


def test_failing_payments_explain_denied_ones() -> None:
    assert SIGNALS["failed"].explains == SIGNALS["attributable"].explains == ("denied",)


def test_the_rates_are_not_the_waves_and_stand_in_the_order_of_the_table() -> None:
    assert not set(RATES) & set(WAVES)
    assert list(RATES) == sorted(filter(is_rate, SIGNALS), key=ORDER.__getitem__)
