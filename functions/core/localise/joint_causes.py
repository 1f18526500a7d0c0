"""Which slices explain that failures rose, from leaf counts now and in a baseline.

A leaf is a value for every dimension. A slice's evidence is the sum of its leaves', at the
share lost that suits best (`evidence`): each leaf that rose counts, however much it rose, and
each that did not is held against the slice. Its profile is the log likelihood ratio of "its rate
rose, and that of the rest by less" to "all rates rose alike": it favours the slice that has the
rise within its bounds, and all of it. The first cause is the slice with the best merit,

    ln evidence + weight · ln (1 + profile)

since either alone errs: evidence hardly sees what a wider slice holds besides, profile not how
evenly it rose. What it explains is taken out of all other slices, and the best of what is left is a
further cause, as long as its evidence pays for naming it: the log of the number of slices that it
is picked from, and half the log of the leaves for its share lost (description length: Rissanen,
Automatica 14, 1978). The same is done from other first slices that share payments with the best
one, and the set with the best merit is the answer.

Mix shift and volume change no leaf's rate, and so give no evidence. Everything rose alike when all
traffic has at least the evidence of the best set beyond its price, and what is outside of its first
cause, and of the whole set, rose half as much as the first cause.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from functions.core.errors import PaywatchError
from functions.core.localise.evidence import Odds, evidence, normal_rates, variance
from functions.core.localise.slices import (
    Place,
    Slice,
    Slices,
    depth,
    disjoint,
    nested,
    slices,
    surprise,
)


class Leaf(msgspec.Struct, frozen=True):
    """values: one for each dimension, "" where it is unknown. Counts now and in the baseline, which
    may be of another length. Several may have the same values; they are summed."""

    values: tuple[str, ...]
    attempts: float
    failures: float
    baseline_attempts: float
    baseline_failures: float


class ExplainingSlice(msgspec.Struct, frozen=True):
    """slice: values by dimension. score: how sure it is, see `score`."""

    slice: dict[str, str]
    score: float


class Localisation(msgspec.Struct, frozen=True):
    """causes: the joint causes, best first. outside: everything rose alike, no slice is to blame,
    and there are no causes."""

    causes: tuple[ExplainingSlice, ...]
    outside: bool


class Tuning(msgspec.Struct, frozen=True):
    """pooled: attempts at the rate of all traffic that each leaf's baseline is pooled with.
    wander: the share of themselves by which rates vary from one time to the next. spared, own: see
    `evidence.Odds`. profile: its weight in the merit; joint: what a further cause costs in
    it. needed, further: nats that the first and each further cause have beyond their price.
    mild: the least share lost by a further cause, as a share of all traffic's; worth: its least excess,
    as a share of the first cause's: less is not worth a name. alike: everything rose
    when what is outside rose so much, as a share of the first cause's rise.
    deepest: dimensions of a cause, at most; 3 where there are more than 5. most: joint causes."""

    pooled: float = 30.0
    wander: float = 0.1
    spared: float = 0.2
    own: float = 0.75
    profile: float = 0.25
    joint: float = 0.2
    needed: float = 8.0
    further: float = 16.0
    mild: float = 0.5
    worth: float = 0.005
    alike: float = 0.5
    deepest: int = 5
    most: int = 9


DEFAULT: Final = Tuning()
_STARTS: Final = 6
_CLOSE: Final = 0.7
"""First causes that sets are built from: so many at most, of half the best one's merit at least."""
_NEXT: Final = 20
"""Single slices that are ranked besides."""
_HINT: Final = 1.0
"""Nats from which a slice may stand in a ranking."""
_REMAINDER: Final = 0.1
"""Share of the attempts below which what is outside of a set says nothing."""
_HALVES_EACH: Final = 8.0

JointCauses = tuple[float, tuple[Slice, ...]]
"""Its merit, and joint causes, each without the payments of those before it."""


def localise(
    dimensions: Sequence[str], leaves: Sequence[Leaf], *, tuning: Tuning = DEFAULT
) -> Localisation:
    """The joint causes. Raises PaywatchError when a leaf has not one value for each dimension."""
    case = _case(dimensions, leaves, tuning)
    _, best = next(iter(_sets(case, tuning)), (0.0, ()))
    if _rose_alike(case, best, tuning):
        return Localisation((), outside=True)
    return Localisation(_told(case, best, dimensions), outside=False)


def ranking(
    dimensions: Sequence[str], leaves: Sequence[Leaf], most: int = 5, *, tuning: Tuning = DEFAULT
) -> list[tuple[ExplainingSlice, ...]]:
    """The best sets of joint causes, unsure ones too. Raises as `localise`."""
    case = _case(dimensions, leaves, tuning)
    sets = _sets(case, tuning)
    hints = _rated(case.over(_HINT, priced=False), case.total, tuning)[:_NEXT]
    others = [*sets[1:], *((merit, (one,)) for merit, one in hints)]
    others.sort(key=_best_first)
    found: dict[frozenset[Place], tuple[ExplainingSlice, ...]] = {}
    for _, causes in (*sets[:1], *others):
        places = frozenset(cause.place for cause in causes)
        found.setdefault(places, _told(case, causes, dimensions))
    return list(found.values())[:most]


def score(nats: float) -> float:
    """How sure a cause is, 0 to 100, by its evidence beyond the price of naming it: 50 at 8 nats,
    which is just enough; 8 more halve what is missing to 100, so 75 at 16."""
    return 100.0 * (1.0 - math.exp2(-max(0.0, nats) / _HALVES_EACH))


def _case(dimensions: Sequence[str], leaves: Sequence[Leaf], tuning: Tuning) -> Slices:
    """The order of dimensions and leaves is lost here, so that it cannot matter."""
    order = sorted(range(len(dimensions)), key=lambda i: dimensions[i])
    values, columns = _summed(leaves, order)
    rate = _rate(columns)
    live = [row for row, attempts in enumerate(columns[0]) if attempts > 0.0]
    values = [values[row] for row in live]
    now, failed, before, failed_before = ([column[row] for row in live] for column in columns)
    rates = normal_rates(before, failed_before, tuning.pooled, rate)
    doubt = [1.0 + n / (m + tuning.pooled) for n, m in zip(now, before, strict=True)]
    varies = variance(now, failed, rates, doubt, tuning.wander**2)
    odds = Odds(tuning.spared, tuning.own)
    nats = evidence(now, failed, rates, doubt, varies, odds)
    expected = [n * q for n, q in zip(now, rates, strict=True)]
    columns = [now, failed, expected, *nats]
    dispersion = varies.of_all(expected, doubt)
    return slices(values, columns, len(dimensions), tuning.deepest, dispersion)


def _summed(
    leaves: Sequence[Leaf], order: Sequence[int]
) -> tuple[list[tuple[str, ...]], list[list[float]]]:
    """Values in that order of dimensions, each once, sorted; and the four counts by column."""
    parts: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        if len(leaf.values) != len(order):
            told = ", ".join(leaf.values)
            raise PaywatchError(
                f"a leaf has {len(leaf.values)} values, not one for each of the {len(order)}"
                f" dimensions: {told}"
            )
        parts.setdefault(tuple(leaf.values[i] for i in order), []).append(leaf)
    values = sorted(parts)
    whole = [_whole(parts[key]) for key in values]
    return values, [
        [leaf.attempts for leaf in whole],
        [leaf.failures for leaf in whole],
        [leaf.baseline_attempts for leaf in whole],
        [leaf.baseline_failures for leaf in whole],
    ]


def _whole(parts: Sequence[Leaf]) -> Leaf:
    """Exact sums, whatever the order."""
    if len(parts) == 1:
        return parts[0]
    return Leaf(
        parts[0].values,
        math.fsum(leaf.attempts for leaf in parts),
        math.fsum(leaf.failures for leaf in parts),
        math.fsum(leaf.baseline_attempts for leaf in parts),
        math.fsum(leaf.baseline_failures for leaf in parts),
    )


def _rate(columns: Sequence[Sequence[float]]) -> float:
    """Of all traffic in the baseline; that of now where there is no baseline."""
    now, failed, before, failed_before = map(sum, columns)
    return failed_before / before if before else failed / now if now else 0.0


def _sets(case: Slices, tuning: Tuning) -> list[JointCauses]:
    """Sets of joint causes, built from the best first causes; the best set first."""
    pool = list(case.over(tuning.needed))
    first = _rated(pool, case.total, tuning)
    starts = [
        one
        for merit, one in first
        if merit >= first[0][0] - _CLOSE and not disjoint(one, first[0][1])
    ]
    found = []
    for start in starts[:_STARTS]:
        causes = _with_further(start, pool, case, tuning)
        found.append((_merit(causes, case.total, tuning), causes))
    return sorted(found, key=_best_first)


def _with_further(
    start: Slice, pool: Sequence[Slice], case: Slices, tuning: Tuning
) -> tuple[Slice, ...]:
    least, worth = tuning.mild * case.total.share_lost, tuning.worth * start.excess
    causes, left, rest = [start], list(pool), case.total
    while len(causes) < tuning.most:
        left = [
            one
            for one in _left(left, causes, case)
            if one.margin >= tuning.further and one.share_lost >= least and one.excess >= worth
        ]
        if not left:
            break
        rest = rest.without(causes[-1:])
        causes.append(_rated(left, rest, tuning)[0][1])
    return tuple(causes)


def _left(pool: Iterable[Slice], causes: Sequence[Slice], case: Slices) -> Iterator[Slice]:
    """What is left of each when the last cause's payments are taken out too. Nothing of one that
    contains that cause or lies in it: it is the same trouble, seen wider or closer."""
    last = causes[-1]
    for one in pool:
        if disjoint(one, last):
            yield one
        elif not nested(one, last):
            yield case.outside(one, causes)


def _rated(pool: Iterable[Slice], within: Slice, tuning: Tuning) -> list[tuple[float, Slice]]:
    """Each slice with its merit, best first, where `within` is what is to be explained."""
    alike = within.surprise
    found = []
    for one in pool:
        outside = surprise(
            within.attempts - one.attempts,
            within.failures - one.failures,
            within.expected - one.expected,
        )
        profile = max(0.0, one.surprise + outside - alike)
        merit = math.log(one.evidence) + tuning.profile * math.log1p(profile)
        found.append((-round(merit, 9), depth(one.place), one.place, one))
    return [(-merit, one) for merit, _, _, one in sorted(found)]


def _merit(causes: Sequence[Slice], within: Slice, tuning: Tuning) -> float:
    apart = sum(one.surprise for one in causes) + within.without(causes).surprise
    return (
        math.log(sum(one.evidence for one in causes))
        + tuning.profile * math.log1p(max(0.0, apart - within.surprise))
        - tuning.joint * (len(causes) - 1)
    )


def _best_first(joint: JointCauses) -> tuple[float, int, list[Place]]:
    merit, causes = joint
    places = [cause.place for cause in causes]
    return -round(merit, 9), sum(map(depth, places)), places


def _rose_alike(case: Slices, causes: Sequence[Slice], tuning: Tuning) -> bool:
    """Whether all traffic explains the rise as well as the causes do, leaf by leaf or as a sum: a
    mild rise everywhere is seen in the sum only."""
    total = case.total
    shown = max(total.evidence, total.surprise / case.dispersion)
    if shown < max(tuning.needed, sum(one.margin for one in causes)):
        return False
    if not causes:
        return True
    first, beyond = causes[0], total.without(causes)
    return _as_much(total.without(causes[:1]), first, tuning) and (
        beyond.attempts < _REMAINDER * total.attempts or _as_much(beyond, first, tuning)
    )


def _as_much(rest: Slice, cause: Slice, tuning: Tuning) -> bool:
    """A share of all payments that fails more raises all shares lost alike, a factor all growths."""
    part = tuning.alike
    return rest.share_lost >= part * cause.share_lost or rest.growth >= part * cause.growth


def _told(
    case: Slices, causes: Sequence[Slice], dimensions: Sequence[str]
) -> tuple[ExplainingSlice, ...]:
    names = sorted(dimensions)
    return tuple(ExplainingSlice(case.named(one, names), score(one.margin)) for one in causes)
