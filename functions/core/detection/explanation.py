"""Which slices explain the failures: the fewest, each the most specific that still explains.

An outage of issuer HDFC on network VISA also raises HDFC, VISA and all traffic. They are one
cause. Of the slices that hold most of the failures too many, the best explanation is the likeliest:
the slice whose counts have the highest likelihood ratio of "this slice fails more" to "all is as
usual". A wider slice dilutes the failures, a narrower one leaves some unexplained; both have less.
What it explains is taken out of every other slice, and only what still stands out is a further cause.

Two troubles at once look like all traffic, or hide one another. So the best two slices are held
against the best one, by the payments that are in one of them alone and those that are in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL, Slice, dimensions, disjoint, refines
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

Crossing = Callable[[Suspect, Suspect], Suspect | None]
"""What both slices hold, counted or estimated; None where nothing is known of it."""

Inside = Callable[[Slice, Slice], bool]
"""Whether every payment of the first slice is also in the second."""

_MOST: Final = 0.999
"""Rates are taken for this at most, so that their logarithms are finite."""

_ACTIONABLE: Final = {
    name: place for place, name in enumerate(("gateway", "merchant", "issuer", "network", "method"))
}


def rank(dimension: str) -> int:
    """Dimensions in the order of how much can be done about their values; 0 is the most."""
    return _ACTIONABLE.get(dimension, len(_ACTIONABLE))


@dataclass(frozen=True)
class TwoCauses:
    """The hypothesis that two slices fail, each for a reason of its own: `alone` is what each holds
    that the other does not. nats: the log likelihood ratio of these, and of what they hold in common,
    against all being usual, less the price of the dimensions."""

    pair: tuple[Suspect, Suspect]
    alone: tuple[Suspect, Suspect]
    attempts: int
    excess: float
    nats: float


def causes(
    suspects: Sequence[Suspect],
    weigh: Weigh,
    crossing: Crossing,
    tuning: ExplanationTuning = ExplanationTuning(),
    inside: Inside = refines,
) -> list[Suspect]:
    """The suspects that explain what stands out, best first, a few at most; none while it is not
    clear which does.

    They are counted over the same seconds; each slice is suspected of one signal. Of slices that hold
    the same payments one should be among them, or neither is clear.
    """
    found: list[Suspect] = []
    left = list(suspects)
    while left and len(found) < tuning.most_causes:
        named, explaining = next_causes(left, weigh, crossing, tuning, inside)
        if not named:
            break
        for cause in explaining:
            rests = (without(suspect, cause, weigh, crossing) for suspect in left)
            left = [rest for rest in rests if rest is not None]
        found += named
    return found[: tuning.most_causes]


def next_causes(
    suspects: Sequence[Suspect],
    weigh: Weigh,
    crossing: Crossing,
    tuning: ExplanationTuning = ExplanationTuning(),
    inside: Inside = refines,
) -> tuple[list[Suspect], Sequence[Suspect]]:
    """What is proven and clear of what explains best; and all that does, proven or not."""
    enough = holding(suspects, tuning)
    best = max(enough, key=lambda suspect: _explanation(suspect, tuning))
    most = most_of_all(best, enough, tuning) if best.slice == ALL else None
    if most is not None and best.signal != VOLUME:  # of what is missing, volume has its own level
        place, beside = most
        # What is not told yet is left to what explains best as ever.
        if beside < 0.0 and (
            place.sure >= tuning.clear_all or (place.sure >= 1.0 and beside <= -tuning.clear_nats)
        ):
            return [place], [place]
    pairs = two_causes(suspects, weigh, crossing, tuning, inside)
    lead = (pairs[0].nats if pairs else 0.0) - _explanation(best, tuning)[0]
    if pairs and lead >= tuning.clear_nats + tuning.pair_nats:
        return _named(pairs, best, enough, tuning, inside), pairs[0].pair
    if best.sure < 1.0 or not _is_clear(best, enough, tuning, inside):
        return [], []
    if pairs and lead > -tuning.clear_nats and best.sure < _clear_enough(best, tuning):
        # Whether it is one or two shows soon.
        named = [best] if any(best.slice == one.slice for one in pairs[0].pair) else []
        return named, named
    named = apart(best, suspects, tuning) or [best]
    return named, named


def most_of_all(
    whole: Suspect, suspects: Sequence[Suspect], tuning: ExplanationTuning = ExplanationTuning()
) -> tuple[Suspect, float] | None:
    """The one place with most of all traffic whose payments, and no others, may be what fails; and the
    log likelihood ratio (nats) of what comes beside it failing alike to its being as usual. Below 0, the
    rest is well and the place is the cause. A dimension has one such value at most, so it does not pay
    the price of many; but of what few come beside it, all traffic seems to fail as well."""
    places = [
        (one, beside_it(whole, one, tuning))
        for one in suspects
        if len(dimensions(one.slice)) == 1
        and tuning.most_of_all * whole.attempts < one.attempts
        and one.excess > 0.0
    ]
    return min(places, key=lambda item: (round(item[1], 3), item[0].slice), default=None)


def beside_it(
    whole: Suspect, place: Suspect, tuning: ExplanationTuning = ExplanationTuning()
) -> float:
    """The log likelihood ratio of what all traffic holds beside the place failing as the place does to its
    failing as all usually does, in nats; 0 where nothing comes beside it."""
    total = max(0, whole.attempts - place.attempts)
    events = min(total, max(0, whole.events - place.events))
    usual = min(_MOST, max(tuning.lowest, whole.expected / max(1, whole.attempts)))
    rate = max(usual, min(_MOST, place.rate))
    return events * math.log(rate / usual) + (total - events) * math.log((1 - rate) / (1 - usual))


def two_causes(
    suspects: Sequence[Suspect],
    weigh: Weigh,
    crossing: Crossing,
    tuning: ExplanationTuning = ExplanationTuning(),
    inside: Inside = refines,
) -> list[TwoCauses]:
    """The pairs of slices that can hold nearly all of the excess, of which each holds a fair part that
    the other does not, and which are not all traffic together; the likeliest first. Of the likeliest
    single slices only, so that there are not too many."""
    narrow = [suspect for suspect in suspects if suspect.slice != ALL and suspect.nats > 0.0]
    narrow.sort(key=lambda suspect: _explanation(suspect, tuning), reverse=True)
    if len(narrow) < 2:
        return []
    surely = max(suspect.excess - tuning.doubt * _noise(suspect) for suspect in suspects)
    most = tuning.part_of_all * max(
        (suspect.attempts for suspect in suspects if suspect.slice == ALL), default=math.inf
    )
    tried = [
        pair
        for pair in combinations(narrow[: tuning.most_paired], 2)
        if not inside(pair[0].slice, pair[1].slice) and not inside(pair[1].slice, pair[0].slice)
    ]
    found = [
        two
        for one, other in tried
        for two in _two(one, other, weigh, crossing, tuning)
        if two.excess >= tuning.nearly_all * surely and two.attempts <= most
    ]
    return sorted(found, key=lambda two: (-round(two.nats, 3), [one.slice for one in two.pair]))


def _two(
    one: Suspect, other: Suspect, weigh: Weigh, crossing: Crossing, tuning: ExplanationTuning
) -> Iterator[TwoCauses]:
    """The pair, where each holds a fair part alone."""
    both = None if disjoint(one.slice, other.slice) else crossing(one, other)
    if both is None and not disjoint(one.slice, other.slice):
        return
    alone = (
        (one, other) if both is None else (_beside(one, both, weigh), _beside(other, both, weigh))
    )
    shared = (both.excess, _as_composed(both, alone, tuning)) if both is not None else (0.0, 0.0)
    excess = alone[0].excess + alone[1].excess + shared[0]
    price = tuning.dimension_nats * (len(dimensions(one.slice)) + len(dimensions(other.slice)))
    fair = all(
        part.excess >= tuning.fair_alone * excess and part.nats >= tuning.clear_nats
        for part in alone
    )
    if fair:
        nats = alone[0].nats + alone[1].nats + shared[1] - price
        together = one.attempts + alone[1].attempts
        yield TwoCauses((one, other), alone, together, excess, nats)


def _as_composed(both: Suspect, alone: tuple[Suspect, Suspect], tuning: ExplanationTuning) -> float:
    """The log likelihood ratio of what both hold failing for the cause of the one or of the other to
    all being usual: below 0 where less fails there than either cause would make fail."""
    if not both.attempts:
        return 0.0
    usual = min(_MOST, max(tuning.lowest, both.expected / both.attempts))
    rate = max(usual, min(_MOST, 1.0 - (1.0 - alone[0].rate) * (1.0 - alone[1].rate)))
    well = both.attempts - both.events
    return both.events * math.log(rate / usual) + well * math.log((1.0 - rate) / (1.0 - usual))


def _beside(suspect: Suspect, both: Suspect, weigh: Weigh) -> Suspect:
    """What the slice holds that is not in both."""
    return weigh(
        suspect, max(0, suspect.attempts - both.attempts), max(0, suspect.events - both.events)
    )


def _named(
    pairs: Sequence[TwoCauses],
    best: Suspect,
    enough: Sequence[Suspect],
    tuning: ExplanationTuning,
    inside: Inside,
) -> list[Suspect]:
    """Those of the likeliest pair that are proven, each by what it holds alone, and of which it is
    clear that it is they: no pair without them comes close. The best single slice may be told for all
    that it holds."""
    first = pairs[0]
    close = [two for two in pairs[1:] if two.nats > first.nats - tuning.clear_nats]
    named: list[Suspect] = []
    for suspect, alone in zip(first.pair, first.alone, strict=True):
        is_clear = all(
            any(
                inside(suspect.slice, one.slice) or inside(one.slice, suspect.slice)
                for one in two.pair
            )
            for two in close
        )
        if alone.sure >= 1.0 and (is_clear or alone.sure >= tuning.clear_enough):
            named.append(replace(suspect, sure=alone.sure))
        elif suspect is best and best.sure >= 1.0 and _is_clear(best, enough, tuning, inside):
            named.append(best)
    return sorted(named, key=lambda one: _explanation(one, tuning), reverse=True)


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


def _is_clear(
    best: Suspect, others: Sequence[Suspect], tuning: ExplanationTuning, inside: Inside
) -> bool:
    if best.sure >= _clear_enough(best, tuning):
        return True
    close = _explanation(best, tuning)[0] - tuning.clear_nats
    return not any(
        _explanation(other, tuning)[0] > close
        and not disjoint(other.slice, best.slice)
        and (best.slice == ALL or not inside(other.slice, best.slice))
        and not inside(best.slice, other.slice)
        and other is not best
        for other in others
    ) and not _is_nested_close(best, others, tuning, inside)


def _is_nested_close(
    best: Suspect, others: Sequence[Suspect], tuning: ExplanationTuning, inside: Inside
) -> bool:
    """Whether a slice inside of the best, or around it, comes so close that a little waiting tells."""
    if best.sure >= tuning.nested_enough or best.slice == ALL:
        return False
    close = _explanation(best, tuning)[0] - tuning.nested_nats
    return any(
        _explanation(other, tuning)[0] > close
        and other is not best
        and (inside(other.slice, best.slice) or inside(best.slice, other.slice))
        for other in others
    )


def _clear_enough(best: Suspect, tuning: ExplanationTuning) -> float:
    return tuning.clear_all if best.slice == ALL else tuning.clear_enough


def without(suspect: Suspect, cause: Suspect, weigh: Weigh, crossing: Crossing) -> Suspect | None:
    """What is left of the suspect when everything is taken out that the cause explains.

    Nothing is left of a slice inside of the cause; from one that contains it the cause's counts are
    taken off, and from one that crosses it those of what both hold: what fails there says nothing of
    either. Where nothing is known of that, as much of the cause's excess is taken off as it can hold.
    One that shares no payment with it stays as it is.
    """
    if refines(suspect.slice, cause.slice):
        return None
    if disjoint(suspect.slice, cause.slice):
        return suspect
    both = cause if refines(cause.slice, suspect.slice) else crossing(suspect, cause)
    if both is not None:
        return _beside(suspect, both, weigh)
    shared = cause.excess * min(1.0, suspect.attempts / max(1, cause.attempts))
    return weigh(suspect, suspect.attempts, max(0, suspect.events - round(shared)))
