"""Rivals do what their sources say, on cases that leave no doubt."""

from __future__ import annotations

import math
import random
from itertools import product
from pathlib import Path

import pytest

from benchmarks.localise.case import Case, Detector

pytest.importorskip("numpy")

import numpy as np

from benchmarks.localise import adtributor, impaptr, riskloc, robustspot
from benchmarks.localise.arrays import table
from benchmarks.localise.knee import knee
from functions.core.localise.joint_causes import Leaf

RIVALS = (*adtributor.DETECTORS, *riskloc.DETECTORS, impaptr.DETECTOR, robustspot.DETECTOR)
EXACT = [adtributor.DETECTORS[0], *riskloc.DETECTORS, robustspot.DETECTOR]
DEEP = [*riskloc.DETECTORS, impaptr.DETECTOR, robustspot.DETECTOR]
NAMES = ("issuer", "network", "gateway")
VALUES = (
    ("HDFC", "SBI", "ICICI", "AXIS"),
    ("VISA", "RUPAY", "AMEX"),
    ("payu", "razorpay", "paytm"),
)
BEFORE = 20


def case(*causes: dict[str, str], periods: float = 1.0, noise: float = 0.03) -> Case:
    """Every leaf has 1,000 attempts of which 2 % fail, give or take; of a cause's, a third."""
    rng = random.Random(5)
    rows = []
    for values in product(*VALUES):
        named = dict(zip(NAMES, values, strict=True))
        failures = BEFORE * (1.0 + rng.gauss(0.0, noise))
        if any(cause.items() <= named.items() for cause in causes):
            failures += 300.0
        rows.append(Leaf(values, 1_000, failures, 1_000 * periods, BEFORE * periods))
    return Case("made up", NAMES, tuple(rows), periods, frozenset())


@pytest.mark.parametrize("rival", EXACT, ids=lambda rival: rival.name)
@pytest.mark.parametrize("periods", [1.0, 10.0])
def test_a_rival_names_an_issuer_that_fails(rival: Detector, periods: float) -> None:
    found = case({"issuer": "SBI"}, periods=periods)
    answer = rival.answer(found)
    assert answer.causes == {"issuer=SBI"}
    assert next(iter(rival.ranked(found, answer))) == {"issuer=SBI"}
    assert not answer.outside


@pytest.mark.parametrize("rival", DEEP, ids=lambda rival: rival.name)
def test_a_rival_of_several_dimensions_names_a_route(rival: Detector) -> None:
    found = case({"issuer": "SBI", "network": "RUPAY"})
    ranked = rival.ranked(found, rival.answer(found))
    assert {"issuer=SBI&network=RUPAY"} in ranked[:3]


def test_adtributor_names_two_values_of_one_dimension() -> None:
    answer = adtributor.plain(case({"issuer": "SBI"}, {"issuer": "AXIS"}))
    assert answer.causes == {"issuer=SBI", "issuer=AXIS"}


def test_recursive_adtributor_goes_down_to_where_power_is_even() -> None:
    answer = adtributor.recursive(case({"issuer": "SBI", "network": "RUPAY"}, noise=0.0))
    assert answer.causes == {"issuer=SBI&network=RUPAY"}


def test_riskloc_names_causes_of_different_dimensions() -> None:
    found = case({"issuer": "SBI"}, {"network": "VISA", "gateway": "paytm"})
    for rival in riskloc.DETECTORS:
        assert rival.answer(found).causes == {"issuer=SBI", "gateway=paytm&network=VISA"}


def test_robustspot_joins_what_it_finds_in_one_dimension() -> None:
    answer = robustspot.robustspot(case({"issuer": "SBI"}, {"issuer": "AXIS"}))
    assert answer.ranked[0] == {"issuer=SBI", "issuer=AXIS"}


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_rival_answers_where_nothing_happened(rival: Detector) -> None:
    still = Case(
        "still", NAMES, tuple(Leaf(v, 0, 0, 0, 0) for v in product(*VALUES)), 1, frozenset()
    )
    assert rival.answer(still).causes == frozenset()
    one = Case("one leaf", ("issuer",), (Leaf(("SBI",), 10, 5, 10, 1),), 1, frozenset())
    assert rival.answer(one).causes <= {"issuer=SBI"}


def test_arrays_hold_what_the_rows_do() -> None:
    found = case({"issuer": "SBI"}, periods=10.0)
    leaves = table(found)
    assert leaves.attempts_before.sum() == pytest.approx(1_000 * len(found.leaves))
    assert leaves.key([(0, leaves.values[0].index("SBI"))]) == "issuer=SBI"
    inside = leaves.inside([(0, leaves.values[0].index("SBI"))])
    assert inside.sum() == len(found.leaves) / 4
    attempts, failures, _, before = leaves.sums(1)
    assert attempts.sum() == leaves.attempts.sum()
    assert failures.sum() == pytest.approx(leaves.failures.sum())
    assert before == pytest.approx(np.full(3, 20.0 * len(found.leaves) / 3))


def test_the_knee_is_where_a_curve_bends() -> None:
    x = np.linspace(0.0, 1.0, 200)
    bent = np.minimum(1.0, 5.0 * x)
    at = knee(x, bent, 1.0)
    assert at == pytest.approx(0.2, abs=0.1)
    assert knee(x, x, 1.0) is None
    assert knee(x[:2], bent[:2], 1.0) is None
    assert not math.isnan(at or math.nan)


def test_one_command_prints_every_detector_and_the_goals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from benchmarks.localise.__main__ import main

    few = ["--generated", "--families", "payments", "outside", "--cases", "1", "--jobs", "1"]
    assert main([*few, "--seed", "1000"]) == 0
    printed = capsys.readouterr().out
    for name in ("Paywatch", *(rival.name for rival in RIVALS)):
        assert name in printed
    assert "payments (3) F1" in printed
    assert "outside at least 0.9" in printed


def test_without_data_constants_are_not_fitted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from benchmarks.localise.__main__ import main

    monkeypatch.setenv("PAYWATCH_DATA", str(tmp_path))
    assert main(["--fit"]) == 2
    assert "PAYWATCH_DATA" in capsys.readouterr().out
    assert main(["--real"]) == 0
    assert "No real data" in capsys.readouterr().out
