"""What the localisation benchmark calls right."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from benchmarks.localise.case import CAUSED, MIX_SHIFT, OUTSIDE, VOLUME, Answer, Case
from benchmarks.localise.scoring import Result, avoids

VISA, HDFC, SBI = "network=VISA", "issuer=HDFC", "issuer=SBI"
SEGMENT = "issuer=HDFC&network=VISA"


def case(*truth: str, kind: str = CAUSED) -> Case:
    return Case("made up", ("issuer", "network"), (), 1.0, frozenset(truth), kind)


def scored(truth: Sequence[str], *ranked: Sequence[str]) -> Result:
    """A case whose exact set is the first explanation."""
    result = Result()
    sets = [frozenset(item) for item in ranked]
    result.add(case(*truth), Answer(sets[0] if sets else frozenset()), sets, 1.0)
    return result


def test_a_cause_counts_when_it_is_named_whole() -> None:
    result = scored([SEGMENT], [SEGMENT])
    assert (result.f1, result.whole, result.top(1)) == (1.0, 1, 1.0)
    assert scored([SEGMENT], [HDFC]).f1 == 0.0
    assert scored([HDFC], [SEGMENT]).f1 == 0.0


def test_top_k_looks_at_the_first_k_explanations() -> None:
    result = scored([SEGMENT], [VISA], [HDFC], [SBI], [SEGMENT])
    assert (result.top(1), result.top(3), result.top(5)) == (0.0, 0.0, 1.0)
    assert scored([SEGMENT], [VISA], [SEGMENT]).top(3) == 1.0


def test_joint_causes_are_found_one_by_one() -> None:
    half = scored([HDFC, SBI], [HDFC, VISA], [SBI])
    assert (half.top(1), half.top(3)) == (0.5, 1.0)
    assert (half.precision, half.recall, half.f1) == (0.5, 0.5, 0.5)
    assert half.whole == 0
    assert scored([HDFC, SBI], [HDFC, SBI]).whole == 1


def test_f1_is_over_the_causes_of_all_cases() -> None:
    result = scored([HDFC], [HDFC])
    result.merge(scored([HDFC, SBI], [VISA]))
    assert (result.hits, result.true, result.named) == (1, 3, 2)
    assert result.f1 == pytest.approx(2 / 5)
    assert result.cases == 2


def test_who_names_nothing_has_recall_but_no_precision() -> None:
    silent = scored([HDFC])
    assert (silent.f1, silent.recall, silent.top(5)) == (0.0, 0.0, 0.0)
    assert math.isnan(silent.precision)


@pytest.mark.parametrize(
    ("kind", "answer", "right"),
    [
        (OUTSIDE, Answer(frozenset(), outside=True), True),
        (OUTSIDE, Answer(frozenset([""]), outside=True), True),
        (OUTSIDE, Answer(frozenset([VISA]), outside=True), False),
        (OUTSIDE, Answer(frozenset()), False),
        (MIX_SHIFT, Answer(frozenset()), True),
        (MIX_SHIFT, Answer(frozenset(), outside=True), False),
        (MIX_SHIFT, Answer(frozenset([VISA])), False),
        (VOLUME, Answer(frozenset()), True),
        (VOLUME, Answer(frozenset(), outside=True), False),
        (VOLUME, Answer(frozenset([VISA])), False),
    ],
)
def test_a_trap_is_avoided_by_the_right_silence(kind: str, answer: Answer, right: bool) -> None:
    assert avoids(kind, answer) == right
    result = Result()
    result.add(case(kind=kind), answer, [], 1.0)
    assert result.avoided(kind) == float(right)
    assert len(result.missed) == (not right)


def test_traps_are_not_part_of_f1() -> None:
    result = scored([HDFC], [HDFC])
    result.add(case(kind=VOLUME), Answer(frozenset([VISA])), [], 1.0)
    assert (result.f1, result.cases, len(result.spent)) == (1.0, 1, 2)
    assert math.isnan(result.avoided(OUTSIDE))
