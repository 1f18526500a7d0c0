"""Which part of a suspect slice its failures are about: merchant × gateway, three dimensions.

Not every slice is counted, but what fails is, by leaf (functions/core/counting/failing.py), and so is
what usually failed. So of x failures in a slice S it is known how many, x_C, lie in any slice C inside of
it, and of what usually fails there, u_C. Two hypotheses are held against each other, given x:

    all of S fails more    x_C ~ BetaBinomial(x; a, b), the share of C as usual: a of a + b
    only C fails more      x - x_C ~ Poisson(what is usual outside of C)

a and b are what usually failed inside and outside of C, and beside that a few failures that are spread as
payments are: as it follows from counted slices, and from all payments that did not succeed, the
customers' own denials too. The less is known, the less the first hypothesis is bound to a share, and the more
failures it takes to refute it. Every dimension more has its price: so many more slices are there, of
which one looks better by chance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.counts import attempts
from functions.core.counting.slices import (
    ALL,
    OTHER,
    Slice,
    crossing,
    dimensions,
    disjoint,
    elements,
    refines,
    slice_values,
)
from functions.core.detection.explanation import Suspect, most_of_all, rank
from functions.core.detection.span import Moment, Span
from functions.core.detection.tuning import LeafTuning
from functions.core.detection.usual import Leaves, Usual, within
from functions.core.troubles.incident import INCIDENT, Incident
from functions.core.troubles.life import Sighting


class Within(msgspec.Struct, frozen=True):
    """The payments of a slice that have a value: their share of it, how many times their usual share of
    all traffic they have now (at least 1), and whether the share is counted or estimated. left: share of
    the slice that can have the value and is not another trouble's."""

    share: float
    growth: float = 1.0
    counted: bool = False
    left: float = 1.0


PartOf = Callable[[Slice, Slice], Within]
"""The part of the first slice that lies in the second, of one dimension."""


class Finer(msgspec.Struct, frozen=True):
    """A slice inside of a suspect that explains it: of about so many attempts, `events` with the signal, of
    which `expected` are usual. share: of the suspect's attempts."""

    slice: Slice
    attempts: int
    events: int
    expected: float
    share: float


class _Found(msgspec.Struct, frozen=True):
    """Failures of some leaves: now, usually with the signal, usually of any kind."""

    now: float = 0.0
    shown: float = 0.0
    unhappy: float = 0.0

    def plus(self, other: _Found) -> _Found:
        return _Found(self.now + other.now, self.shown + other.shown, self.unhappy + other.unhappy)


class _Candidate(msgspec.Struct, frozen=True):
    """A slice inside of the suspect. found: what failed in it; expected, rest: what of the suspect's usual
    failures lies inside and outside; nats: that it fails alone, less its price."""

    values: tuple[Slice, ...]
    found: _Found
    expected: float
    rest: float
    share: float
    nats: float


def finer(
    suspect: Suspect,
    now: Leaves,
    usually: Usual,
    part_of: PartOf,
    values: Mapping[str, int],
    dispersion: float = 1.0,
    tuning: LeafTuning = LeafTuning(),
) -> Finer | None:
    """The slice inside of the suspect that explains it alone; None where all of it fails more, or that is
    not clear.

    now: what failed with its signal in the seconds that the suspect is counted over. values: dimension →
    how many values it has. dispersion: of the suspect's failures (a ratio of variances).
    """
    masks, names = _by_values(suspect, now, usually, tuning)
    whole = _sum(masks, 0)
    excess = whole.now - suspect.expected
    if whole.now < tuning.told_apart * suspect.events or excess <= 0.0:
        return None
    surely = excess - tuning.doubt * math.sqrt(suspect.expected)
    found: list[_Candidate] = []
    singles: list[int] = []
    for index in range(len(names)):
        one = _candidate(suspect, (index,), names, masks, part_of, values, dispersion, tuning)
        if _holds(one, surely, tuning):
            singles.append(index)
            found.append(one)
    for pair in combinations(singles, 2):
        if dimensions(names[pair[0]]) != dimensions(names[pair[1]]):
            two = _candidate(suspect, pair, names, masks, part_of, values, dispersion, tuning)
            if _holds(two, surely, tuning):
                found.append(two)
    best = max(found, key=_rank, default=None)
    if best is None or best.nats < tuning.clear_nats:
        return None
    if _rest_fails(best, whole.now - best.found.now, dispersion, tuning):
        return None
    if any(_contends(other, best, tuning) for other in found):
        return None
    share = min(1.0, max(best.share, best.found.now / max(1, suspect.attempts)))
    return Finer(
        slice=_within(suspect.slice, best.values),
        attempts=max(round(share * suspect.attempts), round(best.found.now)),
        events=round(best.found.now),
        expected=best.expected,
        share=share,
    )


def _by_values(
    suspect: Suspect, now: Leaves, usually: Usual, tuning: LeafTuning
) -> tuple[dict[int, _Found], list[Slice]]:
    """What failed in the suspect by which of the candidate values it has, as bits; and these values: those
    that have a fair part of the excess."""
    own, given = set(elements(suspect.slice)), set(dimensions(suspect.slice))
    inside = {leaf: n for leaf, n in now.items() if own <= set(elements(leaf))}
    by_value: Counter[Slice] = Counter()
    for leaf, n in inside.items():
        for element in elements(leaf):
            by_value[element] += n  # type: ignore[assignment]  # a Counter of floats
    excess = sum(inside.values()) - suspect.expected
    fair = tuning.explains * (excess - tuning.doubt * math.sqrt(suspect.expected))
    names = [
        value
        for value, n in sorted(by_value.items(), key=lambda item: (-item[1], item[0]))
        if n >= fair
        and dimensions(value)[0] not in given
        and slice_values(value)[dimensions(value)[0]] != OTHER
    ][: tuning.most_values]
    bits = {value: 1 << index for index, value in enumerate(names)}
    masks: dict[int, list[float]] = {}
    for kind, leaves in enumerate((inside, usually.shown, usually.unhappy)):
        for leaf, n in leaves.items():
            parts = elements(leaf)
            if kind and not own <= set(parts):
                continue
            mask = sum(bits.get(element, 0) for element in parts)
            masks.setdefault(mask, [0.0, 0.0, 0.0])[kind] += n
    return {mask: _Found(*sums) for mask, sums in masks.items()}, names


def _sum(masks: Mapping[int, _Found], wanted: int) -> _Found:
    total = _Found()
    for mask, found in masks.items():
        if mask & wanted == wanted:
            total = total.plus(found)
    return total


def _candidate(
    suspect: Suspect,
    chosen: Sequence[int],
    names: Sequence[Slice],
    masks: Mapping[int, _Found],
    part_of: PartOf,
    values: Mapping[str, int],
    dispersion: float,
    tuning: LeafTuning,
) -> _Candidate:
    found, whole = _sum(masks, sum(1 << index for index in chosen)), _sum(masks, 0)
    parts = [part_of(suspect.slice, names[index]) for index in chosen]
    left = math.prod(part.left for part in parts)
    share = min(1.0, math.prod(part.share for part in parts) / left)
    growth = max(part.growth for part in parts)
    if len(parts) == 1 and parts[0].counted:
        weight = tuning.borrowed
    else:
        seen = found.unhappy + tuning.independent * share
        share = seen / (whole.unhappy + tuning.independent)
        weight = min(tuning.borrowed, tuning.independent + tuning.told_by * whole.unhappy)
    a = growth * found.shown + weight * share
    b = whole.shown - found.shown + weight * (1.0 - share)
    inner = suspect.expected * a / (a + b)
    rest = suspect.expected - inner
    price = sum(
        tuning.dimension_nats + math.log(max(2, values.get(dimensions(names[i])[0], 2)))
        for i in chosen
    )
    nats = _alone(found.now, whole.now, a, b, rest * tuning.tolerated) / dispersion
    chosen_values = tuple(names[index] for index in chosen)
    return _Candidate(chosen_values, found, inner, rest, share * left, nats - price)


def _alone(inside: float, whole: float, a: float, b: float, usual_outside: float) -> float:
    """The log likelihood ratio of "only inside" to "everywhere alike", in nats, each at its best."""
    outside = max(0.0, whole - inside)
    if b <= _NOTHING or a <= _NOTHING:
        return 0.0 if b <= _NOTHING else math.inf if inside else 0.0
    alike = _log_choose(whole, inside) + _log_beta(inside + a, outside + b) - _log_beta(a, b)
    # What fails less than usual outside is no reason against it.
    usual_outside = max(_NOTHING, min(outside, usual_outside))
    return (
        _poisson(outside, usual_outside)
        + _poisson(inside, inside)
        - (_poisson(whole, whole) + alike)
    )


_NOTHING: Final = 1e-9


def _poisson(events: float, mean: float) -> float:
    """ln P(X = events), X ~ Poisson(mean)."""
    if events <= 0.0:
        return -mean
    return events * math.log(mean) - mean - math.lgamma(events + 1)


def _log_choose(n: float, k: float) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(max(0.0, n - k) + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _holds(candidate: _Candidate, surely: float, tuning: LeafTuning) -> bool:
    """Whether it can hold most of the failures too many that there surely are."""
    excess = candidate.found.now - candidate.expected
    return excess + tuning.doubt * math.sqrt(candidate.expected) >= tuning.explains * surely


def _rest_fails(best: _Candidate, outside: float, dispersion: float, tuning: LeafTuning) -> bool:
    """Whether what lies outside of it is proven to fail more, too."""
    usual = tuning.tolerated * best.rest
    if outside <= usual:
        return False
    nats = _poisson(outside, outside) - _poisson(outside, max(_NOTHING, usual))
    return nats / dispersion >= tuning.clear_nats


def _rank(candidate: _Candidate) -> tuple[float, int, list[int], tuple[Slice, ...]]:
    """The likeliest first; of those that hold the same payments the one that can be acted on."""
    order = sorted(rank(dimensions(value)[0]) for value in candidate.values)
    places = [-place for place in order]
    return round(candidate.nats, 3), -len(order), places, candidate.values


def _contends(other: _Candidate, best: _Candidate, tuning: LeafTuning) -> bool:
    """Whether the other comes close, and is neither the best one's part, nor has it as its part, nor
    holds the same failures."""
    if set(other.values) <= set(best.values) or set(best.values) <= set(other.values):
        return False
    is_same = other.found == best.found
    return not is_same and other.nats > best.nats - tuning.contending_nats


def _within(key: Slice, values: Sequence[Slice]) -> Slice:
    for value in values:
        key = crossing(key, value)
    return key


def in_part(moment: Moment, seen: Sighting, others: Sequence[Slice]) -> Sighting:
    """The sighting of something new, with the part of its slice that it is about, where that is clear.
    others: slices of other troubles."""
    key, signal = seen.verdict.slice, seen.verdict.signal
    found = None if others else _place_of_all(moment, key, signal, seen.began)
    found = found or named(moment, key, signal, seen.began, others)
    return seen if found is None else replace(seen, narrowed=found.slice, share=found.share)


def _place_of_all(moment: Moment, key: Slice, signal: str, since: int) -> Finer | None:
    """The one place with most of all traffic, where what comes beside it proves to be well: the failures by
    leaf say little of a rest that hardly ever fails, its payments more."""
    if key != ALL:
        return None
    span = moment.since(max(since, moment.window.oldest))
    whole = span.suspect(ALL, signal)
    every = [span.suspect(part, signal) for parts in moment.parts.values() for part in parts]
    most = most_of_all(whole, every, moment.normals.tuning.explanation)
    if most is None or most[1] > -moment.normals.tuning.explanation.clear_nats:
        return None
    place = most[0]
    share = place.attempts / max(1, whole.attempts)
    return Finer(place.slice, place.attempts, place.events, place.expected, share)


def still_in_part(
    moment: Moment, seen: Sighting, incident: Incident, others: Sequence[Slice]
) -> Sighting:
    """The sighting of an open incident, with the part that it turns out to be about, or with none where
    it has outgrown that. Looked at now and then, and not when it gets well."""
    tuning, since = moment.normals.tuning.leaf, incident.stands_since
    age = moment.clock - since
    if incident.state != INCIDENT or age % _pause(age, tuning.every_seconds):
        return seen
    if incident.narrowed:
        outgrown = is_outgrown(moment, incident.slice, incident.narrowed, incident.signal, since)
        return replace(seen, narrowed="") if outgrown else seen
    return seen if age > tuning.named_seconds else in_part(moment, seen, others)


def _pause(age: int, shortest: int) -> int:
    """Seconds until it is looked at again: an eighth of its age, for what was not clear by then takes as
    much longer."""
    return shortest * max(1, age // (8 * shortest))


def named(
    moment: Moment, key: Slice, signal: str, since: int, others: Sequence[Slice] = ()
) -> Finer | None:
    """The finer slice that explains what fails in a counted one since that second; None where there is
    none. others: slices of other troubles, whose failures are left out."""
    tuning, window = moment.normals.tuning.leaf, moment.window
    span = moment.since(max(since, window.oldest))
    suspect = span.with_shift(span.suspect(key, signal))
    now, usually = span.leaves(signal), moment.normals.usually(signal)
    apart = [other for other in others if not refines(key, other) and not disjoint(key, other)]
    if apart:
        before = within(usually.shown, key)
        now = _outside(now, apart)
        usually = Usual(_outside(usually.shown, apart), _outside(usually.unhappy, apart))
        left, events = within(usually.shown, key), within(now, key)
        suspect = replace(
            suspect,
            events=min(suspect.events, round(events)),
            expected=suspect.expected * (left + 1) / (before + 1),
        )
    values = {name: len(keys) for name, keys in moment.parts.items()}
    dispersion = moment.normals.normal(key, signal).dispersion
    part_of = _beside(_parts(span), apart)
    return finer(suspect, now, usually, part_of, values, dispersion, tuning)


def _beside(part_of: PartOf, others: Sequence[Slice]) -> PartOf:
    """The parts where what lies in other troubles is left out: without the payments of one gateway, each
    other gateway has a larger share of what is left."""
    if not others:
        return part_of

    def part_beside(key: Slice, value: Slice) -> Within:
        gone = sum(
            part_of(key, other).share
            for other in others
            if len(dimensions(other)) == 1 and disjoint(other, value)
        )
        return replace(part_of(key, value), left=max(_NOTHING, 1.0 - gone))

    return part_beside


def _outside(leaves: Leaves, slices: Sequence[Slice]) -> Leaves:
    return {leaf: n for leaf, n in leaves.items() if not any(refines(leaf, key) for key in slices)}


def is_outgrown(moment: Moment, key: Slice, narrow: Slice, signal: str, since: int) -> bool:
    """Whether what lies in the slice outside of the narrow one is proven to fail more, too, by as much
    evidence as an incident needs."""
    span = moment.since(max(since, moment.window.start))
    suspect = span.with_shift(span.suspect(key, signal))
    now, usually = span.leaves(signal), moment.normals.usually(signal)
    outside = within(_outside(now, [narrow]), key)
    whole = within(usually.shown, key)
    before = within(_outside(usually.shown, [narrow]), key)
    tuning = moment.normals.tuning.leaf
    mean = tuning.tolerated * suspect.expected * (before + 1) / (whole + 1)
    if outside <= mean:
        return False
    dispersion = moment.normals.normal(key, signal).dispersion
    nats = _poisson(outside, outside) - _poisson(outside, mean)
    return nats / dispersion >= moment.tracker.needed


def _parts(span: Span) -> PartOf:
    """Shares of payments in the stretch, as counted slices have them: of the slice itself where it is
    counted with the value, else as if its values each told of the value by themselves."""
    most_grown = span.moment.normals.tuning.leaf.most_grown
    known, spread = span.moment.tracker.known, span.moment.tracker.baseline.spread

    def count(key: Slice) -> int:
        return attempts(span.counts(key))

    def part_of(key: Slice, value: Slice) -> Within:
        everything = max(1, count(ALL))
        overall = min(1.0, (count(value) + 0.5) / (everything + 1))
        usually = spread.get(value, 0) / max(1, spread.get(ALL, 0))
        growth = min(most_grown, max(1.0, overall / usually)) if usually else 1.0
        both = crossing(key, value)
        if both in known:
            return Within(min(1.0, count(both) / max(1, count(key))), growth, counted=True)
        share = overall
        for element in elements(key):
            pair = crossing(element, value)
            if pair in known:
                share *= count(pair) / max(1, count(element)) / overall
        return Within(min(1.0, share), growth)

    return part_of
