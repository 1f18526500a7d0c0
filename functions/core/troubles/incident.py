"""The life of an incident: suspect, open, recovering, closed.

A cause is announced when it has stood out for `confirm_seconds`: by default at once, for it stands
out only when it is clear which slice explains it. It is closed when there is evidence that its slice
is well again, for `recover_seconds` at least: hysteresis, so that what opened on proof does not close
for the lack of it, and silence is not health. A closed one is remembered for `quiet_seconds`: what it counted
is kept out of what is normal.

A slice has at most one incident about failing payments, and one about each other signal. One that
comes back while it is remembered is the same incident again, and needs twice as long to be believed
well as the time before: what flaps is not told each time.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.counting.counts import Counts, attempts, blamed
from functions.core.counting.harm import MOST_EXAMPLES, NO_HARM, Example, Harm, in_major_units
from functions.core.counting.signals import SIGNALS, is_rate
from functions.core.counting.slices import refines
from functions.core.troubles.severity import INFO, RANK, Verdict, severity

OPENED, WORSE, AGAIN, CLOSED = "opened", "worse", "again", "closed"
SUSPECT, INCIDENT, RECOVERING = "suspect", "incident", "recovering"

RECOVERED_NATS: Final = 7.0
"""Evidence that a slice is well again: the odds are e^7, about 1,000 to 1."""
FEWEST_ATTEMPTS: Final = 60
"""In a window, for its rate to say that all is well."""
STILL_ILL: Final = 0.35
"""An incident that got better by half is not over."""
MOST_PATIENT: Final = 4
"""Times that the patience doubles at most: 30 s become 8 minutes."""


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cause of failures. Times are seconds since the epoch; rates are shares of attempts.

    id: the same for the same slice and start. started_at: the second of its first bad payment.
    suspected_at, detected_at: when the evidence sufficed, when it was announced. announced: severity
    of the last page, empty while it is suspected. well_since: when its payments began to be well
    again, 0 while they are not. recovery: the evidence for that, in nats. calm_since: since when the
    window's rate is tolerated, 0 while it is not. rate, at_least, attempts: since it started, or in
    the window, at the worst. normal, tolerated: what is usual there.
    latest_rate: the rate over the last latest_seconds, since it stands out, for the window dilutes
    what has just begun; None where these seconds have too few attempts for a rate. elsewhere: the
    same signal's rate outside of the slice. causes: cause → attempts, as far as they are more than
    elsewhere. affected: attempts that showed the signal since it started, and were not the customer's
    or a fraud rule's doing; money: currency → their amounts, in major units, of those that say one;
    examples: some of them. again: how many times it came back, back_at: when last, 0 when never.
    """

    id: str
    slice: str
    signal: str
    score: float
    severity: str
    rate: float
    at_least: float
    attempts: int
    started_at: int
    updated_at: int
    normal: float = 0.0
    tolerated: float = 0.0
    suspected_at: int = 0
    announced: str = ""
    detected_at: int = 0
    closed_at: int = 0
    well_since: int = 0
    recovery: float = 0.0
    calm_since: int = 0
    idle_since: int = 0
    widened: bool = False
    latest_rate: float | None = None
    latest_seconds: int = 0
    elsewhere: float | None = None
    causes: dict[str, int] = msgspec.field(default_factory=dict)
    affected: int = 0
    money: dict[str, float] = msgspec.field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    again: int = 0
    back_at: int = 0

    @property
    def stands_since(self) -> int:
        """The second of the first bad payment since it came back, or ever."""
        return self.back_at or self.started_at

    @property
    def pages(self) -> bool:
        """Whether it is worth waking anybody: one of severity info is only recorded."""
        return self.severity != INFO

    @property
    def is_open(self) -> bool:
        return bool(self.announced) and not self.closed_at

    @property
    def state(self) -> str:
        """suspect, incident or recovering; `closed` when it is over."""
        if self.closed_at:
            return CLOSED
        if not self.announced:
            return SUSPECT
        return RECOVERING if self.well_since else INCIDENT

    @property
    def about(self) -> tuple[str, str]:
        return about(self.slice, self.signal)


def about(key: str, signal: str) -> tuple[str, str]:
    """What an incident is about: its slice, and whether payments fail there or show `signal`."""
    return key, SIGNALS[signal].trouble


class Announcement(msgspec.Struct, frozen=True):
    """One transition to be told: `opened`, `worse`, `again` or `closed`, with the incident as it was
    then."""

    transition: str
    incident: Incident

    @property
    def key(self) -> str:
        """Identifies the transition: told twice, it is taken once."""
        incident = self.incident
        name = f"{incident.id}/{self.transition}/{incident.severity}/{incident.slice}"
        return f"{name}/{incident.again}" if incident.again else name


class Patience(msgspec.Struct, frozen=True):
    """Seconds: to confirm an incident, to call it recovered, over what the latest rate is told, for
    how long a window that is tolerated says as much, how long a closed one is remembered, after how
    long without a payment one is closed, and after how long what it counts becomes normal after
    all."""

    confirm_seconds: int = 0
    recover_seconds: int = 30
    recent_seconds: int = 15
    calm_seconds: int = 120
    quiet_seconds: int = 300
    idle_seconds: int = 1800
    lasting_seconds: int = 21_600


class Sighting(msgspec.Struct, frozen=True):
    """A cause that stands out now: its verdict, since when, its causes, the rate elsewhere, and the
    harm done since it began."""

    verdict: Verdict
    began: int
    causes: dict[str, int]
    elsewhere: float | None
    harm: Harm = NO_HARM


def incident_id(key: str, signal: str, started_at: int) -> str:
    return spoken_id(str(about(key, signal)), started_at)


def spoken_id(subject: str, at: int) -> str:
    """Short enough to say on the phone: `PW-1112-1703-4f2` (UTC day, minute, what it is about)."""
    moment = datetime.fromtimestamp(at, UTC)
    mark = hashlib.blake2b(f"{subject}@{at}".encode(), digest_size=2).hexdigest()[:3]
    return f"PW-{moment:%m%d-%H%M}-{mark}"


def follow(
    incidents: Sequence[Incident],
    seen: Sequence[Sighting],
    came: Mapping[str, Harm],
    now: int,
    patience: Patience,
) -> tuple[list[Incident], list[Announcement]]:
    """The incidents after second `now`, and what is to be announced.

    `seen` are the causes that stand out and no open incident explains, and those of open incidents
    as they are now. `came`: slice → what was counted since the last time, for open incidents.
    """
    sightings = {about(item.verdict.slice, item.verdict.signal): item for item in seen}
    live = [incident for incident in incidents if not incident.closed_at]
    wider = [key for key in sightings if all(key != incident.about for incident in live)]
    kept = [
        incident
        for incident in incidents
        if incident.closed_at and now - incident.closed_at < patience.quiet_seconds
    ]
    told: list[Announcement] = []
    for incident in live:
        sighting = sightings.pop(incident.about, None)
        sighting = _wider(incident, sightings, wider) or sighting
        noted = (
            _harmed(incident, came.get(incident.slice, NO_HARM)) if incident.is_open else incident
        )
        noted = _updated(noted, sighting, now) if sighting else noted
        after, announcement = (
            _open(_weighed(noted, came, sighting is not None, now), now, patience)
            if incident.is_open
            else _suspected(noted, sighting, now, patience)
        )
        if announcement:
            told.append(announcement)
        if after is not None:
            kept.append(after)
    before = {incident.about: incident for incident in kept if incident.closed_at}
    for subject, sighting in sightings.items():
        suspect = _suspect(sighting, now, before.get(subject))
        after, announcement = _suspected(suspect, sighting, now, patience)
        if announcement:
            told.append(announcement)
        if after is not None:
            kept.append(after)
    back = {incident.id for incident in kept if incident.is_open}
    return [item for item in kept if not (item.closed_at and item.id in back)], told


def _harmed(incident: Incident, came: Harm) -> Incident:
    """The incident with more harm."""
    if not came.counts or not is_rate(incident.signal):
        return incident
    money = dict(incident.money)
    for currency, amount in in_major_units(came.money).items():
        money[currency] = round(money.get(currency, 0.0) + amount, 3)
    return msgspec.structs.replace(
        incident,
        affected=incident.affected + blamed(came.counts, incident.signal),
        money=money,
        examples=tuple(dict.fromkeys((*incident.examples, *came.examples)))[:MOST_EXAMPLES],
    )


def _weighed(incident: Incident, came: Mapping[str, Harm], standing: bool, now: int) -> Incident:
    if is_rate(incident.signal):
        return recovering(incident, came.get(incident.slice, NO_HARM).counts, now)
    if standing:
        return msgspec.structs.replace(incident, recovery=0.0, well_since=0)
    since = incident.well_since or now
    return msgspec.structs.replace(incident, recovery=RECOVERED_NATS, well_since=since)


def recovering(incident: Incident, came: Counts, now: int) -> Incident:
    """The incident with what came of its slice weighed: Page's CUSUM of the log likelihood ratio of
    what is normal against STILL_ILL of the rise at its worst, in nats."""
    total = attempts(came)
    if not total:
        idle = incident.idle_since or now
        return msgspec.structs.replace(incident, idle_since=idle)
    shown = blamed(came, incident.signal)
    well = min(0.98, max(0.001, incident.normal))
    ill = min(0.99, well + max(0.005, STILL_ILL * (incident.rate - well)))
    nats = shown * math.log(well / ill) + (total - shown) * math.log((1 - well) / (1 - ill))
    recovery = max(0.0, incident.recovery + nats)
    since = (incident.well_since or now) if recovery > 0.0 else 0
    return msgspec.structs.replace(
        incident,
        recovery=min(recovery, 2 * RECOVERED_NATS),
        well_since=since,
        idle_since=0,
    )


def _wider(
    incident: Incident,
    sightings: dict[tuple[str, str], Sighting],
    wider: Sequence[tuple[str, str]],
) -> Sighting | None:
    """The new sighting whose slice contains the open incident's: the cause reaches further than it
    seemed, and stays one incident. One that is recovering does not grow: that is a new trouble."""
    if not incident.is_open or incident.well_since:
        return None
    for key in wider:
        if key in sightings and key[1] == incident.about[1] and refines(incident.slice, key[0]):
            return sightings.pop(key)
    return None


def _suspect(sighting: Sighting, now: int, before: Incident | None) -> Incident:
    """A suspect; with the name, the start and the harm of the incident that comes back, if any."""
    began = min(sighting.began, now)
    suspect = _new_suspect(sighting, began, now)
    if before is None:
        return suspect
    return msgspec.structs.replace(
        suspect,
        id=before.id,
        started_at=before.started_at,
        back_at=max(began, before.closed_at),
        again=before.again + 1,
        detected_at=before.detected_at,
        affected=before.affected,
        money=before.money,
        examples=before.examples,
    )


def _new_suspect(sighting: Sighting, began: int, now: int) -> Incident:
    verdict = sighting.verdict
    return Incident(
        id=incident_id(verdict.slice, verdict.signal, began),
        slice=verdict.slice,
        signal=verdict.signal,
        score=verdict.score,
        severity=verdict.severity,
        rate=verdict.rate,
        at_least=verdict.at_least,
        attempts=verdict.attempts,
        started_at=min(sighting.began, now),
        suspected_at=now,
        updated_at=now,
        normal=verdict.normal,
        tolerated=verdict.tolerated,
        elsewhere=sighting.elsewhere,
        causes=sighting.causes,
    )


def _updated(incident: Incident, sighting: Sighting, now: int) -> Incident:
    """The incident with the sighting noted; the figures stay those of its worst moment."""
    verdict = sighting.verdict
    widened = verdict.slice != incident.slice
    is_calm = (
        is_rate(verdict.signal)
        and verdict.rate <= verdict.tolerated
        and verdict.attempts >= FEWEST_ATTEMPTS
    )
    incident = msgspec.structs.replace(
        incident,
        slice=verdict.slice,
        calm_since=(incident.calm_since or now) if is_calm else 0,
        widened=incident.widened or (widened and incident.is_open),
        updated_at=now,
    )
    if widened and incident.is_open:
        whole = msgspec.structs.replace(incident, affected=0, money={})
        incident = max(incident, _harmed(whole, sighting.harm), key=lambda item: item.affected)
    if verdict.score < incident.score and not widened:
        return incident
    return msgspec.structs.replace(
        incident,
        signal=verdict.signal,
        score=max(verdict.score, incident.score),
        severity=severity(max(verdict.score, incident.score)),
        rate=verdict.rate,
        at_least=verdict.at_least,
        attempts=verdict.attempts,
        normal=verdict.normal,
        tolerated=verdict.tolerated,
        elsewhere=sighting.elsewhere,
        causes=sighting.causes,
    )


def _suspected(
    incident: Incident, sighting: Sighting | None, now: int, patience: Patience
) -> tuple[Incident | None, Announcement | None]:
    if sighting is None:
        return None, None
    if now - incident.suspected_at < patience.confirm_seconds:
        return incident, None
    opened = msgspec.structs.replace(
        _harmed(incident, sighting.harm),
        announced=incident.severity,
        detected_at=incident.detected_at or now,
    )
    return opened, Announcement(AGAIN if opened.again else OPENED, opened)


def _open(incident: Incident, now: int, patience: Patience) -> tuple[Incident, Announcement | None]:
    if RANK[incident.severity] > RANK[incident.announced] or incident.widened:
        incident = msgspec.structs.replace(incident, announced=incident.severity, widened=False)
        return incident, Announcement(WORSE, incident)
    longer = 2 ** min(incident.again, MOST_PATIENT)
    is_well = (
        incident.recovery >= RECOVERED_NATS
        and now - incident.well_since >= patience.recover_seconds * longer
    )
    is_calm = incident.calm_since and now - incident.calm_since >= patience.calm_seconds * longer
    is_idle = (
        is_rate(incident.signal)
        and incident.idle_since
        and now - incident.idle_since >= patience.idle_seconds
    )
    if not (is_well or is_calm or is_idle):
        return incident, None
    closed = msgspec.structs.replace(incident, closed_at=now)
    return closed, Announcement(CLOSED, closed)
