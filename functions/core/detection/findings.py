"""What stands out now and what explains it: from the evidence of each slice to few causes.

A slice that has gathered enough evidence is a suspect. What known incidents explain of it is taken
out, and so is what a mix shift explains (functions/core/detection/span.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from functions.core.counting.confidence import lower_bound
from functions.core.counting.counts import NONE, attempts, blamed, minus, risen, shown
from functions.core.counting.signals import ORDER, RATES, SIGNALS
from functions.core.counting.slices import ALL, Slice, dimensions, disjoint, wider_slices
from functions.core.detection.evidence import began, strength
from functions.core.detection.explanation import Suspect, next_causes, rank
from functions.core.detection.leaves import in_part, still_in_part
from functions.core.detection.routes import routes
from functions.core.detection.span import Moment, Span
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import WARNING_SCORE, Verdict, score

NOT_YET: Final = 0.98
"""What is proven is an incident; the rest scores less than 50."""

_FAMILIES: Final = tuple(
    tuple(name for name in RATES if SIGNALS[name].trouble == trouble)
    for trouble in dict.fromkeys(SIGNALS[name].trouble for name in RATES)
)
"""Rates that tell of one trouble."""


def findings(
    moment: Moment, incidents: Iterable[Incident], over: Iterable[Incident] = ()
) -> tuple[list[Sighting], frozenset[tuple[str, str]]]:
    """The causes that stand out and no incident explains, best first; and the signals and slices
    whose evidence says nothing new: incidents explain it, it is too little to speak of, or traffic
    has shifted. `incidents` are open; `over` were closed not long ago: what their payments showed until
    then is theirs."""
    known = [(one.signal, key) for one in incidents for key in _names(one)]
    closed = [(one.signal, one.slice, one.closed_at) for one in over]
    found: list[Sighting] = []
    explained: set[tuple[str, str]] = set()
    for family in _FAMILIES:
        trouble = SIGNALS[family[0]].trouble
        told = [key for signal, key in known if explains(signal, trouble)]
        hot = _surest(moment, family)
        past = [(key, until) for signal, key, until in closed if explains(signal, trouble)]
        suspects, idle = _suspects(moment, hot, told, past)
        explained |= idle
        localised = _localised(moment, family, suspects, told, past)
        found += localised
        known += [(news.verdict.signal, news.verdict.slice) for news in localised]
    return found, frozenset(explained)


def _names(incident: Incident) -> tuple[Slice, ...]:
    return (incident.slice, incident.narrowed) if incident.narrowed else (incident.slice,)


def _surest(moment: Moment, family: Sequence[str]) -> list[tuple[str, str]]:
    """The signals and slices with enough evidence, the most first; where there are many, some in turn."""
    strong = [
        (-round(nats, 6), (signal, key))
        for signal, key in moment.tracker.hot
        if signal in family
        if (nats := strength(moment.trail(key, signal))) >= moment.tracker.needed
    ]
    strong.sort(key=lambda item: (item[0], _order(item[1])))
    most = moment.normals.tuning.explanation.most_looked_at
    turn = moment.clock * most % len(strong) if len(strong) > most else 0
    return [hot for _, hot in (*strong[turn:], *strong[:turn])][:most]


_Past = Sequence[tuple[Slice, int]]
"""Slices of incidents that are over, and until when they lasted."""
_Suspects = list[tuple[Suspect, int]]
"""Each with the second since which it is one."""


def _suspects(
    moment: Moment, hot: Sequence[tuple[str, str]], told: Sequence[str], past: _Past
) -> tuple[_Suspects, set[tuple[str, str]]]:
    """The suspects that stand out beside what is told; and those of which nothing is left that may
    yet become one."""
    suspects: _Suspects = []
    idle: set[tuple[str, str]] = set()
    tuning = moment.normals.tuning.evidence
    for signal, key in hot:
        touched = [one for one in told if not disjoint(one, key)]
        left = _left(moment, key, signal, touched, past)
        if left is None:
            idle.add((signal, key))
            continue
        suspect, start = left
        touched = [*touched, *_still_told(past, key, start)]
        if suspect.events < tuning.fewest_events and not touched:
            continue  # not enough to tell, but nothing that is explained
        span = moment.since(start)
        shifted = span.with_shift(suspect, touched) if suspect.sure >= 1.0 else suspect
        if shifted.sure >= 1.0 and span.is_worth(shifted, touched):
            suspects.append((shifted, start))
        elif suspect.sure >= 1.0 or not touched or suspect.sure < tuning.suspicious:
            idle.add((signal, key))  # else it grows: what is its own is not let go with the rest
    return suspects, idle


def _left(
    moment: Moment, key: str, signal: str, touched: Sequence[str], past: _Past
) -> tuple[Suspect, int] | None:
    """What is left of the slice beside incidents whose payments it shares, and since when."""
    start = began(moment.trail(key, signal))
    gone = _still_told(past, key, start)
    if not touched and not gone:
        return moment.since(start).suspect(key, signal), start
    # It is looked for no further back than to where another incident, of before, showed in the slice.
    others = [until for one, until in past if one not in gone and not disjoint(one, key)]
    left = [moment.beside(key, signal, [*touched, *gone], max(others, default=0) + 1)]
    if gone:  # or all of it since they are over
        ended = max(until for one, until in past if one in gone)
        left.append(moment.beside(key, signal, touched, ended + 1))
    return max((one for one in left if one is not None), key=lambda one: one[0].nats, default=None)


def _still_told(past: _Past, key: Slice, start: int) -> list[Slice]:
    """The slices of incidents that lasted in a stretch from `start` on and share payments with this."""
    return [one for one, until in past if until >= start and not disjoint(one, key)]


def actionable(key: Slice) -> tuple[int, int, str]:
    """For sorting: of slices that hold the same payments the fewest words first, and of these what
    most can be done about."""
    names = dimensions(key)
    return len(names), min(map(rank, names), default=rank("")), key


def _order(hot: tuple[str, str]) -> tuple[int, str]:
    """A set has another order in each process, and equals must not be told differently."""
    signal, key = hot
    return ORDER[signal], key


def explains(signal: str, trouble: str) -> bool:
    """Whether an incident about the signal explains what a family shows, the signals of one trouble."""
    row = SIGNALS[signal]
    return trouble == row.trouble or trouble in row.explains


def _localised(
    moment: Moment,
    family: Sequence[str],
    suspects: _Suspects,
    told: Sequence[str],
    past: _Past,
) -> list[Sighting]:
    """The causes of one family. All that may explain is counted since the surest began; what is left
    beside that, since the surest of it began."""
    most = moment.normals.tuning.explanation.most_causes
    found: list[Sighting] = []
    known, left = list(told), suspects
    while left and len(found) < most:
        surest, start = max(left, key=lambda item: (item[0].sure, item[0].slice))
        span = moment.since(start)
        gone = [one for one, until in past if until >= start]
        named = _next(moment, family, surest, span, [*known, *gone])
        own = {(suspect.slice, suspect.signal): since for suspect, since in left}
        known += [cause.slice for cause in named]
        found += [
            in_part(
                moment,
                sighting(moment, verdict(span, cause), own.get((cause.slice, cause.signal), start)),
                [other for other in known if other != cause.slice],
            )
            for cause in named
        ]
        hot = [(suspect.signal, suspect.slice) for suspect, _ in left]
        left = _suspects(moment, hot, known, past)[0] if named else []
    return found[:most]


def _next(
    moment: Moment, family: Sequence[str], surest: Suspect, span: Span, known: Sequence[str]
) -> list[Suspect]:
    """What explains best of what is suspicious with the surest, beside what is known."""
    best: dict[str, Suspect] = {}
    for signal, key in _rivals(moment, family, surest, span):
        touched = [one for one in known if not disjoint(one, key)]
        left = span.rest(key, signal, touched, surely=len(dimensions(key)) > 1)
        if left is None or not left.nats:
            continue
        left = span.with_shift(left, touched)
        if not touched:
            left = span.composed(left)
        if key not in best or _more(left, best[key]):
            best[key] = left
    if not best:
        return []
    tuning = moment.normals.tuning.explanation
    rivals = _one_of_the_same(moment, list(best.values()))
    return next_causes(rivals, span.weigh, span.crossing, tuning, moment.inside)[0]


def _one_of_the_same(moment: Moment, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Of suspects that hold the same payments, the one that most can be done about."""
    kept: list[Suspect] = []
    for suspect in sorted(suspects, key=lambda one: actionable(one.slice)):
        if not any(moment.same(suspect.slice, other.slice) for other in kept):
            kept.append(suspect)
    return kept


def _rivals(
    moment: Moment, family: Sequence[str], surest: Suspect, span: Span
) -> list[tuple[str, str]]:
    """Whatever may explain the failures better: what is suspicious, and every slice of at most one
    dimension with a part of the failures, for wide slices take longer to be suspicious, and each of
    two troubles is a part of all."""
    rivals = {(signal, key) for signal, key in moment.tracker.hot if signal in family}
    fair = moment.normals.tuning.explanation.fair_part * surest.excess
    for key in moment.window.sums:
        if len(dimensions(key)) > 1:
            continue
        for signal in family:
            if blamed(span.counts(key), signal) >= fair:
                rivals.add((signal, key))
    return sorted(rivals, key=_order)


def _more(one: Suspect, two: Suspect) -> bool:
    return (one.nats, -ORDER[one.signal]) > (two.nats, -ORDER[two.signal])


def reaches_further(moment: Moment, incident: Incident, others: Sequence[str]) -> Sighting | None:
    """The wider slice that an open incident turns out to be about, because it explains more than
    the incident's own and those of the others that are open; and more than the incident's and one
    that begins beside it."""
    signal = incident.signal
    span = moment.since(incident.stands_since)
    own = span.suspect(incident.slice, signal)
    if not own.nats:
        return None
    wider = [
        left
        for key in (*wider_slices(incident.slice), ALL)
        if (left := span.rest(key, signal, others)) is not None
    ]
    best = max(wider, key=lambda suspect: suspect.nats, default=own)
    enough = moment.normals.tuning.explanation.wider_nats
    if best.nats < own.nats + enough:
        return None
    known = [incident.slice, *others]
    beside = _beside_it(moment, span, best, known)
    rest = span.rest(best.slice, signal, known if beside is None else [*known, beside.slice])
    if beside is not None and (rest is None or rest.nats < enough):
        return None
    return sighting(moment, verdict(span, replace(best, sure=1.0)), incident.stands_since)


def _beside_it(moment: Moment, span: Span, wider: Suspect, known: Sequence[str]) -> Suspect | None:
    """The likeliest slice beside known ones that shares payments with the wider one and does not hold
    nearly all of them: what begins there is another trouble."""
    nearly_all = moment.normals.tuning.explanation.nearly_all
    most = nearly_all * attempts(span.counts(wider.slice))
    rests = [
        rest
        for key in moment.tracker.known
        if len(dimensions(key)) == 1 and key != wider.slice and not disjoint(key, wider.slice)
        if attempts(span.counts(key)) <= most
        if (rest := span.rest(key, wider.signal, [one for one in known if not disjoint(one, key)]))
    ]
    best = max(rests, key=lambda rest: (rest.nats, rest.slice), default=None)
    return best if best is not None and best.nats > 0.0 else None


def as_now(moment: Moment, incident: Incident, others: Sequence[Slice] = ()) -> Sighting:
    """The open incident as the window shows it. others: slices of the other ones."""
    now = sighting(moment, verdict_now(moment, incident), incident.stands_since)
    return still_in_part(moment, now, incident, others)


def verdict_now(moment: Moment, incident: Incident) -> Verdict:
    """On the incident as the window shows it; that it is one, is proven."""
    span = moment.since(moment.window.start)
    suspect = span.suspect(incident.slice, incident.signal)
    return verdict(span, replace(suspect, sure=1.0))


def sighting(moment: Moment, found: Verdict, began: int) -> Sighting:
    """What stands out since `began`, with its causes and routes since then, for the window dilutes
    what has begun."""
    sums = moment.window.sums
    counts = moment.since(max(began, moment.window.start)).counts(found.slice)
    outside = minus(sums.get(ALL, NONE), sums.get(found.slice, NONE))
    total = attempts(outside)
    ways = routes(moment, found, began)
    also = _also(moment, found.slice)
    if found.slice == ALL or not total:
        causes = shown(counts, found.signal)
        return Sighting(found, began, causes, None, routes=ways, also=also)
    causes = risen(counts, outside, found.signal)
    elsewhere = blamed(outside, found.signal) / total
    return Sighting(found, began, causes, elsewhere, routes=ways, also=also)


def _also(moment: Moment, key: Slice) -> tuple[Slice, ...]:
    """The slices of one dimension that hold the same payments as this one, then those that hold all of
    them and more; each the one first that most can be done about. None of all traffic, which says it."""
    own = dimensions(key)
    if not own:
        return ()
    around = [
        other
        for dimension, parts in moment.parts.items()
        if dimension not in own
        for other in parts
        if moment.inside(key, other)
    ]
    around.sort(key=lambda other: (not moment.inside(other, key), actionable(other)))
    return tuple(around)


def verdict(span: Span, suspect: Suspect) -> Verdict:
    budget, normals = span.moment.budget, span.moment.normals
    limit = normals.tolerated(suspect.slice, suspect.signal)
    sure = normals.tuning.figures.rate_sure
    at_least = lower_bound(suspect.events, suspect.attempts, sure)
    return Verdict(
        slice=suspect.slice,
        signal=suspect.signal,
        score=score(suspect.sure, at_least, budget.thresholds[suspect.signal], limit),
        rate=suspect.rate,
        at_least=at_least,
        normal=normals.normal(suspect.slice, suspect.signal).rate,
        tolerated=limit,
        attempts=suspect.attempts,
    )


def suspicious(moment: Moment) -> Verdict | None:
    """The verdict on the slice with the most evidence, short of what is needed; None in calm."""
    top: tuple[float, int, str, str] | None = None
    for signal, key in moment.tracker.hot:
        candidate = (strength(moment.trail(key, signal)), -ORDER[signal], key, signal)
        top = candidate if top is None else max(top, candidate)
    if top is None:
        return None
    nats, _, key, signal = top
    counts = moment.window.sums.get(key, NONE)
    total = attempts(counts)
    return Verdict(
        slice=key,
        signal=signal,
        score=WARNING_SCORE * min(NOT_YET, nats / moment.tracker.needed),
        rate=blamed(counts, signal) / total if total else 0.0,
        at_least=0.0,
        normal=moment.normals.normal(key, signal).rate,
        tolerated=moment.normals.tolerated(key, signal),
        attempts=total,
    )
