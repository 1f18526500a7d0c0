"""Paywatch's own, as `paywatch localise` runs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.localise.case import Answer, Case, Detector
from benchmarks.localise.scoring import KS
from functions.core.counting.slices import slice_key
from functions.core.localise.joint_causes import (
    DEFAULT,
    ExplainingSlice,
    Tuning,
    localise,
    ranking,
)

NAME: Final = "Paywatch"


def answer(case: Case, tuning: Tuning = DEFAULT) -> Answer:
    found = localise(case.dimensions, case.leaves, tuning=tuning)
    return Answer(_keys(found.causes), found.outside)


def ranked(case: Case, tuning: Tuning = DEFAULT) -> Sequence[frozenset[str]]:
    return [
        _keys(causes) for causes in ranking(case.dimensions, case.leaves, max(KS), tuning=tuning)
    ]


def _keys(causes: Iterable[ExplainingSlice]) -> frozenset[str]:
    return frozenset(slice_key(cause.slice) for cause in causes)


DETECTOR: Final = Detector(NAME, answer, ranked)
