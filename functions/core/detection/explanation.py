"""Which slices explain the failures: the fewest, each the most specific that still explains.

An outage of issuer HDFC on network VISA also raises HDFC, VISA and all traffic. They are one
cause. Of the slices that hold most of the failures too many, the best explanation is the likeliest:
the slice whose counts have the highest likelihood ratio of "this slice fails more" to "all is as
usual". A wider slice dilutes the failures, a narrower one leaves some unexplained; both have less.
What it explains is taken out of every other slice, and only what still stands out is a further cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from functions.core.counting.slices import dimensions, disjoint, refines

MOST_CAUSES: Final = 3
EXPLAINS: Final = 0.7
"""A cause holds at least this share of the failures too many that there surely are."""
DOUBT: Final = 1.5
"""Standard deviations of an excess, within which it may be more or less than it seems."""
NEARLY_ALL: Final = 0.8
SMALL_PART: Final = 0.5
"""Shares of the excess and of the payments, at which several troubles are told apart."""
CLEAR_NATS: Final = 5.0
"""By so much the best explanation must beat the next one that shares some payments with it: 150 to 1.
One that lies within the other may follow: the incident then reaches further than it seemed."""
DIMENSION_NATS: Final = 2.0
"""There are so many more slices of one dimension more that one of them looks better by chance."""
CLEAR_ENOUGH: Final = 3.0
"""With so many times the evidence that is needed, it is told even if another one comes close."""


class Suspect(msgspec.Struct, frozen=True):
    """A slice under suspicion of one signal, one of RATES: events of attempts, of which
    `expected` are usual. nats: the log likelihood ratio, for comparing explanations; sure: the
    evidence as a share of what is needed for a page, where clusters of failures count for less."""

    slice: str
    signal: str
    attempts: int
    events: int
    expected: float
    nats: float
    sure: float

    @property
    def rate(self) -> float:
        return self.events / self.attempts if self.attempts else 0.0

    @property
    def excess(self) -> float:
        return max(0.0, self.events - self.expected)


Weigh = Callable[[Suspect, int, int], Suspect]
"""The suspect with other attempts and events: what is left of it, weighed again."""

Crossing = Callable[[Suspect, Suspect], float | None]
"""The excess events that both slices hold, None where that is not counted."""


def causes(suspects: Sequence[Suspect], weigh: Weigh, crossing: Crossing) -> list[Suspect]:
    """The suspects that explain what stands out, best first, at most MOST_CAUSES; none while it
    is not clear which does.

    They are counted over the same seconds; each slice is suspected of one signal.
    """
    found: list[Suspect] = []
    left = list(suspects)
    while left and len(found) < MOST_CAUSES:
        enough = holding(left)
        best = max(enough, key=_explanation)
        if best.sure < 1.0 or not _is_clear(best, enough):
            break
        for cause in apart(best, left) or [best]:
            found.append(cause)
            rests = (without(suspect, cause, weigh, crossing) for suspect in left)
            left = [rest for rest in rests if rest is not None]
    return found[:MOST_CAUSES]


def apart(best: Suspect, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Slices inside of the best explanation that are better ones together: troubles that share no
    payment, hold nearly all of its excess and a small part of its payments; none otherwise."""
    inside = [
        suspect
        for suspect in suspects
        if suspect.sure >= 1.0
        and suspect.slice != best.slice
        and refines(suspect.slice, best.slice)
    ]
    chosen: list[Suspect] = []
    for suspect in sorted(inside, key=_explanation, reverse=True):
        if all(disjoint(suspect.slice, other.slice) for other in chosen):
            chosen.append(suspect)
    chosen = chosen[:MOST_CAUSES]
    is_better = (
        len(chosen) > 1
        and sum(one.excess for one in chosen) >= NEARLY_ALL * best.excess
        and sum(one.attempts for one in chosen) <= SMALL_PART * best.attempts
        and sum(one.nats for one in chosen) >= best.nats + CLEAR_NATS
    )
    return chosen if is_better else []


def holding(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The suspects that can hold EXPLAINS of the failures too many that there surely are.

    A slice that crosses the cause shows a part of them only. Its likelihood may still be the higher
    one, where it normally fails less: so it is excess that decides who may explain at all.
    """
    surely = max(suspect.excess - DOUBT * _noise(suspect) for suspect in suspects)
    return [
        suspect
        for suspect in suspects
        if suspect.excess + DOUBT * _noise(suspect) >= EXPLAINS * surely
    ]


def _noise(suspect: Suspect) -> float:
    """The standard deviation of the excess, were all as usual."""
    return math.sqrt(suspect.expected)


def _explanation(suspect: Suspect) -> tuple[float, int, str]:
    """The likeliest first, where every dimension more has to earn its place."""
    depth = len(dimensions(suspect.slice))
    return round(suspect.nats - DIMENSION_NATS * depth, 3), -depth, suspect.slice


def _is_clear(best: Suspect, others: Sequence[Suspect]) -> bool:
    if best.sure >= CLEAR_ENOUGH:
        return True
    return not any(
        _explanation(other)[0] > _explanation(best)[0] - CLEAR_NATS
        and not disjoint(other.slice, best.slice)
        and not refines(other.slice, best.slice)
        and not refines(best.slice, other.slice)
        for other in others
    )


def without(suspect: Suspect, cause: Suspect, weigh: Weigh, crossing: Crossing) -> Suspect | None:
    """What is left of the suspect when everything is taken out that the cause explains.

    Nothing is left of a slice inside of the cause; from one that contains it the cause's counts are
    taken off; from one that crosses it, as much of the cause's excess as the crossing can hold, which
    is `crossing` where that is counted; one that shares no payment with it stays as it is.
    """
    if refines(suspect.slice, cause.slice):
        return None
    if disjoint(suspect.slice, cause.slice):
        return suspect
    if refines(cause.slice, suspect.slice):
        return weigh(
            suspect,
            max(0, suspect.attempts - cause.attempts),
            max(0, suspect.events - cause.events),
        )
    shared = crossing(suspect, cause)
    if shared is None:
        shared = cause.excess * min(1.0, suspect.attempts / max(1, cause.attempts))
    return weigh(suspect, suspect.attempts, max(0, suspect.events - round(shared)))
