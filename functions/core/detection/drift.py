"""A drift: what fails more and more, so slowly that each half hour looks like the one before.

Normal may leave its slow anchor by so much an hour (functions/core/detection/normals.py). What is proven to lie
beyond that, and showed in part in the half hour before, is no outage: it is told as a drift, a warning at most,
and a person says whether it is normal now.
"""

from __future__ import annotations

from msgspec.structs import replace

from functions.core.counting.counts import attempts, blamed
from functions.core.counting.signals import is_rate
from functions.core.detection.span import Moment
from functions.core.troubles.incident import DRIFT, Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import CRITICAL_SCORE


def with_kind(sighting: Sighting, moment: Moment) -> Sighting:
    """What is seen for the first time, as a drift where it came gradually: a good part of its rise lay
    already in the half hour before it began, beyond what is normal."""
    verdict, normals = sighting.verdict, moment.normals
    if not is_rate(verdict.signal):
        return sighting
    key, signal = verdict.slice, verdict.signal
    normal = normals.normal(key, signal).rate
    if normals.recent_rate(key, signal) <= normal:
        return sighting
    counts = moment.since(sighting.began).counts(key)
    rise = blamed(counts, signal) / max(1, attempts(counts)) - normal
    risen = normals.recent(key, signal, sighting.began).rate - normal
    return _drifting(sighting) if risen >= normals.tuning.holding.gradual * rise else sighting


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
