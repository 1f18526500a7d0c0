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

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.counts import Counts, attempts, blamed
from functions.core.counting.harm import MOST_EXAMPLES, NO_HARM, Harm, in_major_units
from functions.core.counting.signals import is_rate
from functions.core.counting.slices import Slice, refines
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CLOSED,
    INCIDENT,
    NOBODY_AFFECTED,
    OPENED,
    RECOVERED,
    RECOVERING,
    SILENT,
    WORSE,
    Affected,
    Announcement,
    Figures,
    Incident,
    about,
    incident_id,
)
from functions.core.troubles.route import Route
from functions.core.troubles.severity import RANK, Verdict, severity


class Life(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the life of an incident stands; times are seconds since the epoch, 0 for not now.

    announced: severity of the last page, empty while it is suspected. widened: it reaches further
    than it was told. recovery: the evidence that its slice is well again, in nats; well_since: when
    its payments began to say so. calm_since: since when the window's rate is tolerated. idle_since:
    since when no payment of its slice came.
    """

    announced: str = ""
    widened: bool = False
    recovery: float = 0.0
    well_since: int = 0
    calm_since: int = 0
    idle_since: int = 0


_NEWBORN: Final = Life()


class Followed(msgspec.Struct, frozen=True):
    """An incident, and where its life stands: nobody needs to know that but who follows it."""

    incident: Incident
    life: Life = _NEWBORN


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


class RecoveryTuning(msgspec.Struct, frozen=True):
    """When is a slice well again? (life.py)

    recovered_nats: evidence that it is (nats): the odds are e^7, about 1,000 to 1.
    fewest_attempts: in a window, for its rate to say that all is well.
    still_ill: share of the rise at its worst that is an incident yet: one that got better by half is
        not over.
    most_patient: times that the patience doubles at most: 30 s become 8 minutes.
    """

    recovered_nats: Annotated[float, msgspec.Meta(gt=0.0)] = 7.0
    fewest_attempts: Annotated[int, msgspec.Meta(ge=1)] = 60
    still_ill: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.35
    most_patient: Annotated[int, msgspec.Meta(ge=1)] = 4


class Sighting(msgspec.Struct, frozen=True):
    """A cause that stands out now: its verdict, since when, its causes, the rate elsewhere, the harm
    done since it began, how the same payments do by each gateway, and slices that hold the same or all
    of them."""

    verdict: Verdict
    began: int
    causes: dict[str, int]
    elsewhere: float | None
    harm: Harm = NO_HARM
    routes: tuple[Route, ...] = ()
    also: tuple[Slice, ...] = ()


_Subject = tuple[str, str]
"""What an incident is about (functions/core/troubles/incident.py: about)."""
_Outcome = tuple[Followed | None, Announcement | None]
"""What becomes of one in a second, None when it is dropped, and what is to be announced of it."""


def follow(
    followed: Sequence[Followed],
    seen: Iterable[Sighting],
    came: Mapping[str, Harm],
    now: int,
    patience: Patience,
    tuning: RecoveryTuning = RecoveryTuning(),
) -> tuple[list[Followed], list[Announcement]]:
    """The incidents after second `now`, and what is to be announced.

    `seen` are the causes that stand out and no open incident explains, and those of open incidents
    as they are now. `came`: slice → what was counted since the last time, for open incidents.
    """
    sightings = {about(item.verdict.slice, item.verdict.signal): item for item in seen}
    lasting = [item for item in followed if not item.incident.closed_at]
    outcomes = [
        _gone_on(item, sighting, came, now, patience, tuning)
        for item, sighting in _with_sightings(lasting, sightings)
    ]
    after = _remembered(followed, now, patience)
    after += [item for item, _ in outcomes if item is not None]
    before = {item.incident.about: item.incident for item in after if item.incident.closed_at}
    new = [
        _suspected(_suspect(sighting, now, before.get(subject)), sighting, now, patience)
        for subject, sighting in sightings.items()
    ]
    after += [item for item, _ in new if item is not None]
    return _without_returned(after), [told for _, told in (*outcomes, *new) if told is not None]


def _with_sightings(
    lasting: Sequence[Followed], sightings: dict[_Subject, Sighting]
) -> list[tuple[Followed, Sighting | None]]:
    """Each with what is seen of it now. What is taken leaves `sightings`: the rest is new."""
    known = {item.incident.about for item in lasting}
    wider = [subject for subject in sightings if subject not in known]
    pairs: list[tuple[Followed, Sighting | None]] = []
    for item in lasting:
        own = sightings.pop(item.incident.about, None)
        pairs.append((item, _wider(item, sightings, wider) or own))
    return pairs


def _wider(
    item: Followed, sightings: dict[_Subject, Sighting], wider: Sequence[_Subject]
) -> Sighting | None:
    """The new sighting whose slice contains the open incident's: the cause reaches further than it
    seemed, and stays one incident. One that is recovering does not grow: that is a new trouble."""
    incident = item.incident
    if not incident.is_open or item.life.well_since:
        return None
    for subject in wider:
        is_alike = subject[1] == incident.about[1]
        if is_alike and subject in sightings and refines(incident.slice, subject[0]):
            return sightings.pop(subject)
    return None


def _gone_on(
    item: Followed,
    sighting: Sighting | None,
    came: Mapping[str, Harm],
    now: int,
    patience: Patience,
    tuning: RecoveryTuning,
) -> _Outcome:
    """What becomes of one that is suspected or open."""
    if not item.incident.is_open:
        if sighting is None:
            return None, None
        return _suspected(_updated(item, sighting, now, tuning), sighting, now, patience)
    incident = _harmed(item.incident, came.get(item.incident.slice, NO_HARM))
    item = replace(item, incident=incident)
    if sighting is not None:
        item = _updated(item, sighting, now, tuning)
    weighed = _weighed(item, came, sighting is not None, now, tuning)
    return _open(weighed, now, patience, tuning)


def _remembered(followed: Sequence[Followed], now: int, patience: Patience) -> list[Followed]:
    """Those that were closed not long ago."""
    return [
        item
        for item in followed
        if item.incident.closed_at and now - item.incident.closed_at < patience.quiet_seconds
    ]


def _without_returned(followed: Sequence[Followed]) -> list[Followed]:
    """Without what is remembered of an incident that is open again."""
    back = {item.incident.id for item in followed if item.incident.is_open}
    return [item for item in followed if not (item.incident.closed_at and item.incident.id in back)]


def _harmed(incident: Incident, came: Harm) -> Incident:
    """The incident with more harm."""
    if not came.counts or not is_rate(incident.signal):
        return incident
    before = incident.affected
    money = dict(before.money)
    for currency, amount in in_major_units(came.money).items():
        money[currency] = round(money.get(currency, 0.0) + amount, 3)
    affected = Affected(
        before.payments + blamed(came.counts, incident.signal),
        money,
        tuple(dict.fromkeys((*before.examples, *came.examples)))[:MOST_EXAMPLES],
    )
    return replace(incident, affected=affected)


def _weighed(
    item: Followed, came: Mapping[str, Harm], standing: bool, now: int, tuning: RecoveryTuning
) -> Followed:
    incident, life = item.incident, item.life
    if is_rate(incident.signal):
        return recovering(item, came.get(incident.slice, NO_HARM).counts, now, tuning)
    if standing:
        return Followed(
            replace(incident, state=INCIDENT), replace(life, recovery=0.0, well_since=0)
        )
    life = replace(life, recovery=tuning.recovered_nats, well_since=life.well_since or now)
    return Followed(replace(incident, state=RECOVERING), life)


def recovering(
    item: Followed, came: Counts, now: int, tuning: RecoveryTuning = RecoveryTuning()
) -> Followed:
    """The open incident with what came of its slice weighed: Page's CUSUM of the log likelihood ratio
    of what is normal against what is still ill, in nats."""
    incident, life = item.incident, item.life
    total = attempts(came)
    if not total:
        return replace(item, life=replace(life, idle_since=life.idle_since or now))
    shown = blamed(came, incident.signal)
    well = min(0.98, max(0.001, incident.worst.normal))
    ill = min(0.99, well + max(0.005, tuning.still_ill * (incident.worst.rate - well)))
    nats = shown * math.log(well / ill) + (total - shown) * math.log((1 - well) / (1 - ill))
    recovery = max(0.0, life.recovery + nats)
    since = (life.well_since or now) if recovery > 0.0 else 0
    recovery = min(recovery, 2 * tuning.recovered_nats)
    life = replace(life, recovery=recovery, well_since=since, idle_since=0)
    return Followed(replace(incident, state=RECOVERING if since else INCIDENT), life)


def _suspect(sighting: Sighting, now: int, before: Incident | None) -> Followed:
    """A suspect; with the name, the start and the harm of the incident that comes back, if any."""
    verdict, began = sighting.verdict, min(sighting.began, now)
    suspect = Incident(
        id=incident_id(verdict.slice, verdict.signal, began),
        slice=verdict.slice,
        signal=verdict.signal,
        severity=verdict.severity,
        started_at=began,
        suspected_at=now,
        updated_at=now,
        worst=_figures(sighting, verdict.score),
        routes=sighting.routes,
        also=sighting.also,
    )
    if before is not None:
        suspect = replace(
            suspect,
            id=before.id,
            started_at=before.started_at,
            back_at=max(began, before.closed_at),
            again=before.again + 1,
            detected_at=before.detected_at,
            affected=before.affected,
        )
    return Followed(suspect)


def _figures(sighting: Sighting, score: float) -> Figures:
    verdict = sighting.verdict
    return Figures(
        score=score,
        rate=verdict.rate,
        at_least=verdict.at_least,
        attempts=verdict.attempts,
        normal=verdict.normal,
        tolerated=verdict.tolerated,
        elsewhere=sighting.elsewhere,
        causes=sighting.causes,
    )


def _updated(item: Followed, sighting: Sighting, now: int, tuning: RecoveryTuning) -> Followed:
    """The incident with the sighting noted; the figures stay those of its worst moment."""
    verdict, incident, life = sighting.verdict, item.incident, item.life
    widened = verdict.slice != incident.slice
    is_calm = (
        is_rate(verdict.signal)
        and verdict.rate <= verdict.tolerated
        and verdict.attempts >= tuning.fewest_attempts
    )
    life = replace(
        life,
        calm_since=(life.calm_since or now) if is_calm else 0,
        widened=life.widened or (widened and incident.is_open),
        # That the narrow slice was silent says nothing of the wide one.
        idle_since=0 if widened else life.idle_since,
    )
    routes = incident.routes if life.well_since else sighting.routes
    incident = replace(
        incident, slice=verdict.slice, updated_at=now, routes=routes, also=sighting.also
    )
    if widened and incident.is_open:
        incident = _harmed_at_least(incident, sighting.harm)
    if verdict.score < incident.worst.score and not widened:
        return Followed(incident, life)
    score = max(verdict.score, incident.worst.score)
    incident = replace(
        incident,
        signal=verdict.signal,
        severity=severity(score),
        worst=_figures(sighting, score),
    )
    return Followed(incident, life)


def _harmed_at_least(incident: Incident, harm: Harm) -> Incident:
    """The incident that reaches further, with the harm of all that it is about where that is more."""
    examples = incident.affected.examples
    whole = replace(incident, affected=replace(NOBODY_AFFECTED, examples=examples))
    return max(incident, _harmed(whole, harm), key=lambda one: one.affected.payments)


def _suspected(item: Followed, sighting: Sighting, now: int, patience: Patience) -> _Outcome:
    incident = item.incident
    if now - incident.suspected_at < patience.confirm_seconds:
        return item, None
    incident = replace(
        _harmed(incident, sighting.harm),
        state=INCIDENT,
        detected_at=incident.detected_at or now,
    )
    opened = Followed(incident, replace(item.life, announced=incident.severity))
    return opened, Announcement(AGAIN if incident.again else OPENED, incident)


def _open(item: Followed, now: int, patience: Patience, tuning: RecoveryTuning) -> _Outcome:
    incident, life = item.incident, item.life
    if RANK[incident.severity] > RANK[life.announced] or life.widened:
        life = replace(life, announced=incident.severity, widened=False)
        return Followed(incident, life), Announcement(WORSE, incident)
    reason = _over_because(item, now, patience, tuning)
    if not reason:
        return item, None
    closed = replace(incident, state=CLOSED, closed_at=now)
    return Followed(closed, life), Announcement(CLOSED, closed, reason)


def _over_because(item: Followed, now: int, patience: Patience, tuning: RecoveryTuning) -> str:
    """Why an open incident is over; empty while it is not. What its payments say comes before what
    it says that none come."""
    incident, life = item.incident, item.life
    longer = 2 ** min(incident.again, tuning.most_patient)
    if (
        life.recovery >= tuning.recovered_nats
        and now - life.well_since >= patience.recover_seconds * longer
    ):
        return RECOVERED
    if life.calm_since and now - life.calm_since >= patience.calm_seconds * longer:
        return CALM
    if (
        is_rate(incident.signal)
        and life.idle_since
        and now - life.idle_since >= patience.idle_seconds
    ):
        return SILENT
    return ""
