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
from functions.core.counting.slices import ALL, Slice, dimensions, wider_slices
from functions.core.detection.evidence import began, strength
from functions.core.detection.explanation import Suspect, causes
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
    moment: Moment, incidents: Iterable[Incident]
) -> tuple[list[Sighting], frozenset[tuple[str, str]]]:
    """The causes that stand out and no incident explains, best first; and the signals and slices
    whose evidence says nothing new: incidents explain it, it is too little to speak of, or traffic
    has shifted. `incidents` are open."""
    known = [(incident.signal, incident.slice) for incident in incidents]
    found: list[Sighting] = []
    explained: set[tuple[str, str]] = set()
    for family in _FAMILIES:
        told = [key for signal, key in known if explains(signal, SIGNALS[family[0]].trouble)]
        suspects: list[tuple[Suspect, int]] = []
        for signal, key in sorted(moment.tracker.hot, key=_order):
            if signal not in family:
                continue
            trail = moment.trail(key, signal)
            if strength(trail) < moment.tracker.needed:
                continue
            start = began(trail)
            span = moment.since(start)
            own = span.suspect(key, signal)
            if own.events < moment.normals.tuning.evidence.fewest_events:
                continue  # not enough to tell, but nothing that is explained
            suspect = span.without(own, told)
            if suspect is not None and suspect.sure >= 1.0:
                suspect = span.with_shift(suspect)
                if suspect.sure >= 1.0 and span.is_worth(suspect):
                    suspects.append((suspect, start))
                    continue
            explained.add((signal, key))
        if suspects:
            localised = _localised(moment, family, suspects, told)
            found += localised
            known += [(news.verdict.signal, news.verdict.slice) for news in localised]
    return found, frozenset(explained)


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
    suspects: Sequence[tuple[Suspect, int]],
    told: Sequence[str],
) -> list[Sighting]:
    """The causes of one family: all that may explain is counted since the surest began."""
    surest, start = max(suspects, key=lambda item: (item[0].sure, item[0].slice))
    span = moment.since(start)
    best: dict[str, Suspect] = {}
    for signal, key in _rivals(moment, family, surest):
        left = span.without(span.suspect(key, signal), told)
        if left is not None and left.nats:
            left = span.with_shift(left)
        if left is not None and (key not in best or _more(left, best[key])):
            best[key] = left
    tuning = moment.normals.tuning.explanation
    own = {(suspect.slice, suspect.signal): since for suspect, since in suspects}
    found = causes(list(best.values()), span.weigh, span.crossing, tuning)
    slices = [*told, *(cause.slice for cause in found)]
    return [
        in_part(
            moment,
            sighting(moment, verdict(span, cause), own.get((cause.slice, cause.signal), start)),
            [other for other in slices if other != cause.slice],
        )
        for cause in found
    ]


def _rivals(moment: Moment, family: Sequence[str], surest: Suspect) -> set[tuple[str, str]]:
    """Whatever may explain the failures better: what is suspicious, and every slice of at most one
    dimension with a fair part of the failures, for wide slices take longer to be suspicious."""
    rivals = {(signal, key) for signal, key in moment.tracker.hot if signal in family}
    fair = moment.normals.tuning.explanation.fair_part * surest.excess
    for key, counts in moment.window.sums.items():
        if len(dimensions(key)) > 1:
            continue
        for signal in family:
            if blamed(counts, signal) >= fair:
                rivals.add((signal, key))
    return rivals


def _more(one: Suspect, two: Suspect) -> bool:
    return (one.nats, -ORDER[one.signal]) > (two.nats, -ORDER[two.signal])


def reaches_further(moment: Moment, incident: Incident, others: Sequence[str]) -> Sighting | None:
    """The wider slice that an open incident turns out to be about, because it explains more than
    the incident's own and those of the others that are open."""
    signal = incident.signal
    span = moment.since(incident.stands_since)
    own = span.suspect(incident.slice, signal)
    if not own.nats:
        return None
    wider = [
        left
        for key in (*wider_slices(incident.slice), ALL)
        if key != incident.slice
        and (left := span.without(span.suspect(key, signal), others)) is not None
    ]
    best = max(wider, key=lambda suspect: suspect.nats, default=own)
    if best.nats < own.nats + moment.normals.tuning.explanation.wider_nats:
        return None
    return sighting(moment, verdict(span, replace(best, sure=1.0)), incident.stands_since)


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
    if found.slice == ALL or not total:
        return Sighting(found, began, shown(counts, found.signal), None, routes=ways)
    elsewhere = blamed(outside, found.signal) / total
    return Sighting(found, began, risen(counts, outside, found.signal), elsewhere, routes=ways)


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
