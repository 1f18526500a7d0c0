"""Which faults are worth a page, and which can be found at all."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.detect.labels import (
    FAULTS,
    INCIDENT,
    SILENCE,
    SLOWNESS,
    TRAPS,
    Label,
    bound_seconds,
    is_worth_it,
    needed,
)
from benchmarks.detect.oracle import evidence, is_detectable

CLEAR = Label(INCIDENT, "issuer=HDFC", 1000, 1300, 600.0, 0.01, 0.3, share=0.3 / 0.99)
SILENT = Label(SILENCE, "gateway=G1", 1000, 1300, 600.0, 1.0, 1.0, share=1.0)


def test_a_kind_is_to_be_found_or_left_alone() -> None:
    assert not set(FAULTS) & set(TRAPS)
    assert CLEAR.is_fault
    assert CLEAR.fails
    assert SILENT.is_fault
    assert not SILENT.fails


@pytest.mark.parametrize(
    ("label", "worth"),
    [
        (CLEAR, True),
        (replace(CLEAR, severity=0.009, volume=60.0), False),  # below a point, 2.7 payments lost
        (replace(CLEAR, severity=0.009, volume=600.0), True),  # 27 payments lost
        (replace(CLEAR, normal=0.5, severity=0.2, volume=6.0), False),  # below half the base
        (replace(CLEAR, end=1050, volume=6.0), False),  # below a minute, 1.5 payments lost
        (replace(CLEAR, end=1065, volume=6.0), True),
        (replace(SILENT, volume=1.0), False),
        (SILENT, True),
        (replace(CLEAR, kind=SLOWNESS, severity=0.009), False),  # nothing is lost
    ],
)
def test_worth_is_points_for_a_minute_or_payments_lost(label: Label, worth: bool) -> None:
    assert is_worth_it(label) == worth


def test_the_oracle_is_sure_of_an_outage_and_blind_to_a_trifle() -> None:
    assert evidence(CLEAR) > 3.0
    assert is_detectable(CLEAR)
    assert evidence(replace(CLEAR, volume=5.0, severity=0.02, share=0.02)) < 1.0
    assert evidence(SILENT) > 3.0
    assert not is_detectable(replace(SILENT, end=1001))


def test_the_oracle_answers_the_same_every_time() -> None:
    evidence.cache_clear()
    before = evidence(CLEAR)
    evidence.cache_clear()
    assert evidence(CLEAR) == before


def test_what_95_redraws_reach_is_less_than_what_is_expected() -> None:
    slight = replace(CLEAR, volume=60.0, severity=0.1, share=0.1)
    total = slight.volume / 60.0 * slight.seconds
    p, q = slight.rate(1.0), slight.normal
    expected = total * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    assert 0.3 < evidence(slight) * needed(slight) / expected < 0.95


@pytest.mark.parametrize("dispersion", [1.3, 2.0, 8.0])
def test_dispersion_costs_evidence(dispersion: float) -> None:
    dispersed = replace(CLEAR, dispersion=dispersion)
    assert evidence(dispersed) < evidence(CLEAR)
    assert (bound_seconds(dispersed) or 0.0) == pytest.approx(
        dispersion * (bound_seconds(CLEAR) or 0.0), rel=0.01
    )


def test_a_fault_that_flaps_is_there_and_away_in_turn() -> None:
    flapping = replace(CLEAR, flap=(60, 40))
    assert [flapping.height(1000 + second) for second in (0, 59, 60, 99, 100)] == [1, 1, 0, 0, 1]
    assert evidence(flapping) < evidence(CLEAR)


def test_silence_is_found_as_soon_as_enough_payments_are_missing() -> None:
    found = bound_seconds(SILENT)
    assert found is not None
    # 10 payments a second are expected, of which 2 % may still come.
    assert found == pytest.approx(needed(SILENT) / (10 * (0.98 + 0.02 * math.log(0.02))), rel=0.01)
