"""The life of an incident: suspect, open, worse, closed.

A cause must stand out for `confirm_seconds` before it is announced, so that the page names the
cause and severity it settled on; it is closed when its recent payments were well for
`recover_seconds`. Between the two lies hysteresis: an incident that is open closes at a lower
score than the one it opened with. A closed one is remembered for `quiet_seconds`, while its
failures are still in the window: they are explained, and only new ones open an incident again.

A slice has at most one incident about failing payments, and one about each other signal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.score import RANK, SLICE_SIGNALS, WARNING_SCORE, Verdict, severity
from functions.core.slices import refines

CLOSES_BELOW: Final = 0.8 * WARNING_SCORE

OPENED, WORSE, CLOSED = "opened", "worse", "closed"


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cause of failures. Times are seconds since the epoch; rates are shares of attempts.

    id: the same for the same slice and start. started_at: the first second it stood out.
    announced: severity of the last page, empty while it is suspected. well_since: when its recent
    payments began to be well again, 0 while they are not. attempts: in the window, at the worst.
    latest_rate: the rate over the last latest_seconds, since it stands out, for the window dilutes
    what has just begun; None where these seconds have too few attempts for a rate. elsewhere: the
    same signal's rate outside of the slice. causes: cause → attempts, as far as they are more than
    elsewhere.
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
    announced: str = ""
    detected_at: int = 0
    closed_at: int = 0
    well_since: int = 0
    widened: bool = False
    latest_rate: float | None = None
    latest_seconds: int = 0
    elsewhere: float | None = None
    causes: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return bool(self.announced) and not self.closed_at

    @property
    def about(self) -> tuple[str, str]:
        return about(self.slice, self.signal)


def about(key: str, signal: str) -> tuple[str, str]:
    """What an incident is about: its slice, and whether payments fail there or show `signal`."""
    return key, "failing" if signal in SLICE_SIGNALS else signal


class Announcement(msgspec.Struct, frozen=True):
    """One transition to be told: `opened`, `worse` or `closed`, with the incident as it was then."""

    transition: str
    incident: Incident

    @property
    def key(self) -> str:
        """Identifies the transition: told twice, it is taken once."""
        incident = self.incident
        return f"{incident.id}/{self.transition}/{incident.severity}/{incident.slice}"


class Patience(msgspec.Struct, frozen=True):
    """Seconds: to confirm an incident, to call it recovered, what `recent` means, and how long a
    closed one is remembered (the window's width)."""

    confirm_seconds: int = 3
    recover_seconds: int = 15
    recent_seconds: int = 15
    quiet_seconds: int = 60


class Sighting(msgspec.Struct, frozen=True):
    """A cause that stands out now: its verdict, its counts in the window, the rate elsewhere."""

    verdict: Verdict
    causes: dict[str, int]
    elsewhere: float | None


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
    recent: Callable[[Incident], Verdict],
    now: int,
    patience: Patience,
) -> tuple[list[Incident], list[Announcement]]:
    """The incidents after second `now`, and what is to be announced.

    `seen` are the causes that stand out, and those of incidents that were announced. `recent`
    judges an incident by the latest payments of its slice alone.
    """
    sightings = {about(item.verdict.slice, item.verdict.signal): item for item in seen}
    wider = [key for key in sightings if all(key != incident.about for incident in incidents)]
    kept: list[Incident] = []
    told: list[Announcement] = []
    for incident in incidents:
        sighting = sightings.pop(incident.about, None)
        if incident.closed_at:
            if _stays_well(incident, recent(incident), now, patience):
                kept.append(incident)
            continue
        sighting = _wider(incident, sightings, wider) or sighting
        noted = _updated(incident, sighting, now) if sighting else incident
        after, announcement = (
            _open(noted, recent(noted), now, patience)
            if incident.is_open
            else _suspected(noted, sighting is not None, now, patience)
        )
        if announcement:
            told.append(announcement)
        if after is not None:
            kept.append(after)
    kept.extend(_suspect(sighting, now) for sighting in sightings.values())
    return kept, told


def _stays_well(incident: Incident, recent: Verdict, now: int, patience: Patience) -> bool:
    """Whether a closed incident is still to be remembered."""
    return now - incident.closed_at < patience.quiet_seconds and recent.score < WARNING_SCORE


def _wider(
    incident: Incident,
    sightings: dict[tuple[str, str], Sighting],
    wider: Sequence[tuple[str, str]],
) -> Sighting | None:
    """The new sighting whose slice contains the open incident's: the cause reaches further than it
    seemed, and stays one incident."""
    if not incident.is_open:
        return None
    for key in wider:
        if key in sightings and key[1] == incident.about[1] and refines(incident.slice, key[0]):
            return sightings.pop(key)
    return None


def _suspect(sighting: Sighting, now: int) -> Incident:
    verdict = sighting.verdict
    return Incident(
        id=incident_id(verdict.slice, verdict.signal, now),
        slice=verdict.slice,
        signal=verdict.signal,
        score=verdict.score,
        severity=verdict.severity,
        rate=verdict.rate,
        at_least=verdict.at_least,
        attempts=verdict.attempts,
        started_at=now,
        updated_at=now,
        elsewhere=sighting.elsewhere,
        causes=sighting.causes,
    )


def _updated(incident: Incident, sighting: Sighting, now: int) -> Incident:
    """The incident with the sighting noted; the figures stay those of its worst moment."""
    verdict = sighting.verdict
    widened = verdict.slice != incident.slice
    incident = msgspec.structs.replace(
        incident,
        slice=verdict.slice,
        widened=incident.widened or (widened and incident.is_open),
        updated_at=now,
    )
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
        elsewhere=sighting.elsewhere,
        causes=sighting.causes,
    )


def _suspected(
    incident: Incident, standing: bool, now: int, patience: Patience
) -> tuple[Incident | None, Announcement | None]:
    if not standing:
        return None, None
    if now - incident.started_at < patience.confirm_seconds:
        return incident, None
    opened = msgspec.structs.replace(incident, announced=incident.severity, detected_at=now)
    return opened, Announcement(OPENED, opened)


def _open(
    incident: Incident, recent: Verdict, now: int, patience: Patience
) -> tuple[Incident, Announcement | None]:
    if RANK[incident.severity] > RANK[incident.announced] or incident.widened:
        incident = msgspec.structs.replace(incident, announced=incident.severity, widened=False)
        return incident, Announcement(WORSE, incident)
    if recent.score >= CLOSES_BELOW:
        return msgspec.structs.replace(incident, well_since=0), None
    if not incident.well_since:
        return msgspec.structs.replace(incident, well_since=now), None
    if now - incident.well_since < patience.recover_seconds:
        return incident, None
    closed = msgspec.structs.replace(incident, closed_at=now)
    return closed, Announcement(CLOSED, closed)
