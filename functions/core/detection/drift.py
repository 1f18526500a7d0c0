"""A drift: what fails more and more, so slowly that each half hour looks like the one before.

Normal may leave its slow anchor by so much an hour (functions/core/detection/normals.py). What is proven to lie
beyond that, and is what the half hour before shows, is no outage: it is told as a drift, a warning at most,
and a person says whether it is normal now.
"""

from __future__ import annotations

from msgspec.structs import replace

from functions.core.counting.counts import attempts, blamed
from functions.core.counting.signals import is_rate
from functions.core.detection.evidence import Normal, surprise, tolerated
from functions.core.detection.span import Moment
from functions.core.troubles.incident import DRIFT, Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import CRITICAL_SCORE


def with_kind(sighting: Sighting, moment: Moment) -> Sighting:
    """What is seen for the first time, as a drift where the half hour before it began explains it: where it
    is not proven that the rate lies beyond what would be tolerated if that were normal."""
    verdict, normals = sighting.verdict, moment.normals
    if not is_rate(verdict.signal):
        return sighting
    recent = normals.recent(verdict.slice, verdict.signal)
    if recent.rate <= normals.normal(verdict.slice, verdict.signal).rate:
        return sighting
    recent = normals.recent(verdict.slice, verdict.signal, sighting.began)
    counts = moment.since(sighting.began).counts(verdict.slice)
    tuning, shown = normals.tuning.evidence, blamed(counts, verdict.signal)
    limit = tolerated(recent, normals.drift(verdict.signal), tuning)
    nats = surprise(shown, attempts(counts), Normal(limit, 0.0, 1.0), 0.0, tuning)
    if nats >= moment.tracker.needed * recent.dispersion:
        return sighting
    return _drifting(sighting)


def going_on(sighting: Sighting, incident: Incident, moment: Moment) -> Sighting:
    """The open incident as it is seen now. A drift stays one until it rises by surely so much more than
    it was told with that it is an outage."""
    if incident.kind != DRIFT:
        return sighting
    verdict, worst = sighting.verdict, incident.worst
    rise = moment.normals.tuning.holding.outgrown * (worst.rate - worst.normal)
    is_outage = verdict.at_least > worst.normal + rise
    return sighting if is_outage else _drifting(sighting)


def _drifting(sighting: Sighting) -> Sighting:
    # Nobody is woken by what takes hours.
    verdict = replace(sighting.verdict, score=min(CRITICAL_SCORE - 1, sighting.verdict.score))
    return replace(sighting, verdict=verdict, kind=DRIFT)
