"""From evidence and counts to a score of 0 to 100: how sure a trouble is, and how bad.

That something is wrong is proven by the evidence (functions/core/detection/evidence.py); how bad it is, is
judged by the lower end of an exact one-sided confidence interval, so that one failure in three
payments says nothing and thirty in a thousand say a lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.signals import Threshold

INFO, WARNING, CRITICAL = "info", "warning", "critical"
RANK: Final[Mapping[str, int]] = {INFO: 0, WARNING: 1, CRITICAL: 2}
"""Severities in order."""
WARNING_SCORE: Final = 50.0
CRITICAL_SCORE: Final = 75.0


class Verdict(msgspec.Struct, frozen=True):
    """A signal of a slice, judged. Rates are shares of attempts: `rate` was seen, it surely is
    `at_least`, `normal` is usual, up to `tolerated` is nothing to speak of.

    Of signal latency, rate and normal are shares of the payments with a latency that are slower than is
    usual. Of signal volume, rate is the share of the expected payments that came, normal is 1, and a
    collapse leaves `tolerated` or less; attempts are those expected a minute."""

    slice: str
    signal: str
    score: float
    rate: float
    at_least: float
    normal: float
    tolerated: float
    attempts: int

    @property
    def severity(self) -> str:
        return severity(self.score)


def below(verdict: Verdict, score: float) -> Verdict:
    """The verdict with a score short of that one, where it is not anyway."""
    return verdict if verdict.score < score else replace(verdict, score=score - _SHORT)


_SHORT: Final = 0.1


def severity(score: float) -> str:
    """info < 50 ≤ warning < 75 ≤ critical."""
    if score >= CRITICAL_SCORE:
        return CRITICAL
    return WARNING if score >= WARNING_SCORE else INFO


def score(sure: float, at_least: float, threshold: Threshold, tolerated: float) -> float:
    """0 to 100: a statistical part and a rule part of up to 50 each.

    The statistical part is 50 when the evidence suffices (sure = 1, its share of what is needed),
    and less in proportion. The rule part says by how much the rate, at least, lies above the
    thresholds: 0 up to the warning threshold, 25 at the critical one, towards 50 beyond. Where a
    slice tolerates more than the warning threshold, both thresholds lie that much higher: what is
    usual there says nothing new.
    """
    above = max(0.0, tolerated - threshold.warning)
    warning, critical = threshold.warning + above, threshold.critical + above
    if at_least <= warning:
        rule = 0.0
    elif at_least <= critical:
        rule = 25.0 * (at_least - warning) / (critical - warning)
    else:
        rule = 50.0 - 25.0 * critical / at_least
    return 50.0 * min(1.0, sure) + (rule if sure >= 1.0 else 0.0)
