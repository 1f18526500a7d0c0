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

import msgspec

from functions.core.counting.slices import dimensions, disjoint, refines
from functions.core.detection.tuning import ExplanationTuning


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


def causes(
    suspects: Sequence[Suspect],
    weigh: Weigh,
    crossing: Crossing,
    tuning: ExplanationTuning = ExplanationTuning(),
) -> list[Suspect]:
    """The suspects that explain what stands out, best first, a few at most; none while it is not
    clear which does.

    They are counted over the same seconds; each slice is suspected of one signal.
    """
    found: list[Suspect] = []
    left = list(suspects)
    while left and len(found) < tuning.most_causes:
        enough = holding(left, tuning)
        best = max(enough, key=lambda suspect: _explanation(suspect, tuning))
        if best.sure < 1.0 or not _is_clear(best, enough, tuning):
            break
        for cause in apart(best, left, tuning) or [best]:
            found.append(cause)
            rests = (without(suspect, cause, weigh, crossing) for suspect in left)
            left = [rest for rest in rests if rest is not None]
    return found[: tuning.most_causes]


def apart(
    best: Suspect, suspects: Sequence[Suspect], tuning: ExplanationTuning = ExplanationTuning()
) -> list[Suspect]:
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
    likeliest = sorted(inside, key=lambda suspect: _explanation(suspect, tuning), reverse=True)
    for suspect in likeliest:
        if all(disjoint(suspect.slice, other.slice) for other in chosen):
            chosen.append(suspect)
    chosen = chosen[: tuning.most_causes]
    is_better = (
        len(chosen) > 1
        and sum(one.excess for one in chosen) >= tuning.nearly_all * best.excess
        and sum(one.attempts for one in chosen) <= tuning.small_part * best.attempts
        and sum(one.nats for one in chosen) >= best.nats + tuning.clear_nats
    )
    return chosen if is_better else []


def holding(
    suspects: Sequence[Suspect], tuning: ExplanationTuning = ExplanationTuning()
) -> list[Suspect]:
    """The suspects that can hold most of the failures too many that there surely are.

    A slice that crosses the cause shows a part of them only. Its likelihood may still be the higher
    one, where it normally fails less: so it is excess that decides who may explain at all.
    """
    surely = max(suspect.excess - tuning.doubt * _noise(suspect) for suspect in suspects)
    return [
        suspect
        for suspect in suspects
        if suspect.excess + tuning.doubt * _noise(suspect) >= tuning.explains * surely
    ]


def _noise(suspect: Suspect) -> float:
    """The standard deviation of the excess, were all as usual."""
    return math.sqrt(suspect.expected)


def _explanation(suspect: Suspect, tuning: ExplanationTuning) -> tuple[float, int, str]:
    """The likeliest first, where every dimension more has to earn its place."""
    depth = len(dimensions(suspect.slice))
    return round(suspect.nats - tuning.dimension_nats * depth, 3), -depth, suspect.slice


def _is_clear(best: Suspect, others: Sequence[Suspect], tuning: ExplanationTuning) -> bool:
    if best.sure >= tuning.clear_enough:
        return True
    close = _explanation(best, tuning)[0] - tuning.clear_nats
    return not any(
        _explanation(other, tuning)[0] > close
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
