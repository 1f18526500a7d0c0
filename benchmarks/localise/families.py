"""The generated cases by family, and which seeds are for tuning and which for reporting."""

from __future__ import annotations

from typing import Final

from benchmarks.localise import payments, riskloc_s
from benchmarks.localise.case import CAUSED, TRAPS, Case

TUNING_SEEDS: Final = range(1_000, 2_000)
REPORT_SEEDS: Final = range(5_000, 6_000)

LARGE: Final = tuple(riskloc_s.LAWS)
PAYMENTS: Final = "payments"
FAMILIES: Final = (*LARGE, PAYMENTS, *TRAPS)


def made(family: str, seed: int) -> Case:
    """The case of that family and seed, the same whenever it is asked for."""
    if family in riskloc_s.LAWS:
        return riskloc_s.case(family, seed, riskloc_s.LAWS[family])
    return payments.case(CAUSED if family == PAYMENTS else family, seed)
