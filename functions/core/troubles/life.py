"""The life of an incident: suspect, open, recovering, closed.

A cause is announced when it has stood out for `confirm_seconds`: by default at once, for it stands
out only when it is clear which slice explains it. It is closed when there is evidence that its slice
is well again, for `recover_seconds` at least (functions/core/troubles/recovery.py): hysteresis, so that
what opened on proof does not close for the lack of it, and silence is not health. A closed one is
remembered for `again_seconds`.

A slice has at most one incident about failing payments, and one about each other signal. Those that
belong together are told as one, and one that comes back while it is remembered is the same incident
again (functions/core/troubles/trouble.py); it needs twice as long to be believed well as the time
before: what flaps is not told each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from functions.core.counting.counts import bad, blamed, field
from functions.core.counting.harm import MOST_EXAMPLES, NO_HARM, Harm, in_major_units
from functions.core.counting.signals import WAVES, is_rate
from functions.core.counting.slices import Slice, refines
from functions.core.troubles.incident import (
    CLOSED,
    FAR_WORSE,
    INCIDENT,
    NARROWED,
    NOBODY_AFFECTED,
    OPENED,
    RECOVERING,
    WORSE,
    Affected,
    Announcement,
    Figures,
    Incident,
    about,
    above_normal,
    incident_id,
)
from functions.core.troubles.recovery import (
    Followed,
    Life,
    Patience,
    RecoveryTuning,
    mean_while_ill,
    over_because,
    recovering,
    without_level,
)
from functions.core.troubles.route import Route
from functions.core.troubles.severity import CRITICAL, RANK, Verdict, severity
from functions.core.troubles.trouble import (
    Turn,
    numbered,
    placed,
    remembered,
    told,
    without_returned,
)


class Sighting(msgspec.Struct, frozen=True):
    """A cause that stands out now: its verdict, since when, its causes, the rate elsewhere, the harm
    done since it began, and how the same payments do by each gateway. narrowed: the slice inside that
    it is about, empty where it is all of it, None where that is not clear; share: of the attempts, in
    it. kind, pattern: of incident. also: slices that hold the same payments, or all of them."""

    verdict: Verdict
    began: int
    causes: dict[str, int]
    elsewhere: float | None
    harm: Harm = NO_HARM
    routes: tuple[Route, ...] = ()
    narrowed: Slice | None = None
    share: float = 1.0
    kind: str = ""
    also: tuple[Slice, ...] = ()
    pattern: str = ""


_Subject = tuple[str, str]
"""What an incident is about (functions/core/troubles/incident.py: about)."""
_Outcome = tuple[Followed, Turn | None]
"""What becomes of one in a second, and what befell it."""


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
    after = remembered(followed, now, patience)
    turns: list[Turn] = []
    suspects: list[tuple[Followed, Sighting]] = []
    for item, sighting in _with_sightings(lasting, sightings):
        if not item.incident.is_open:
            if sighting is not None:
                suspects.append((_updated(item, sighting, now, tuning), sighting))
            continue
        one, turn = _gone_on(item, sighting, came, now, patience, tuning)
        after.append(one)
        turns += [turn] if turn else []
    suspects += [(_suspect(sighting, now), sighting) for sighting in sightings.values()]
    for item, sighting in suspects:
        one, turn = _suspected(item, sighting, after, now, patience)
        after.append(one)
        turns += [turn] if turn else []
    after = without_returned(after)
    announcements = told(followed, after, turns)
    return numbered(after, announcements), announcements


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
    seemed, and stays one incident. One that is recovering does not grow: that is a new trouble. A wave
    does: as it swells it stands out here and there, and it is recorded once."""
    incident = item.incident
    if not incident.is_open or (item.life.well_since and incident.signal not in WAVES):
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
    """What becomes of one that is open."""
    incident = _harmed(item.incident, came.get(item.incident.slice, NO_HARM))
    item = replace(item, incident=incident)
    if sighting is not None:
        item = _updated(item, sighting, now, tuning)
    weighed = _weighed(item, came, sighting is not None, now, tuning)
    return _open(weighed, now, patience, tuning)


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
        failed=before.failed + bad(came.counts),
        retries=before.retries + field(came.counts, "retries"),
        rescued=before.rescued + field(came.counts, "rescued"),
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


def _suspect(sighting: Sighting, now: int) -> Followed:
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
        narrowed=sighting.narrowed or "",
        share=sighting.share,
        kind=sighting.kind,
        also=sighting.also,
        pattern=sighting.pattern,
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
        and verdict.attempts * mean_while_ill(item) >= tuning.fewest_events
    )
    if widened:
        # What came of the narrow slice says nothing of the wide one.
        life = without_level(life)
    life = replace(
        life,
        calm_since=(life.calm_since or now) if is_calm else 0,
        widened=life.widened or (widened and incident.is_open),
        # That the narrow slice was silent says nothing of the wide one.
        idle_since=0 if widened else life.idle_since,
    )
    item = _renamed(Followed(incident, life), sighting, widened=widened)
    incident, life = item.incident, item.life
    if sighting.pattern and not incident.pattern and incident.is_open:
        life = replace(life, renamed=True)  # whoever was told of it without must hear
    routes = incident.routes if life.well_since else sighting.routes
    incident = replace(
        incident,
        slice=verdict.slice,
        updated_at=now,
        routes=routes,
        kind=sighting.kind,
        also=sighting.also,
        pattern=sighting.pattern or incident.pattern,
    )
    if widened and incident.is_open:
        incident = _harmed_at_least(incident, sighting.harm)
    if not widened and not _is_worse(verdict, incident.worst):
        return Followed(incident, life)
    score = max(verdict.score, incident.worst.score)
    incident = replace(
        incident,
        signal=verdict.signal,
        severity=severity(score),
        worst=_figures(sighting, score),
    )
    return Followed(incident, life)


def _renamed(item: Followed, sighting: Sighting, *, widened: bool) -> Followed:
    """The incident by the name that is seen now. A finer one is given once, and taken back once, where the
    trouble has outgrown it: a name does not go to and fro."""
    incident, life = item.incident, item.life
    if incident.narrowed and (widened or sighting.narrowed == ""):
        plain = replace(incident, narrowed="", share=1.0)
        wider = life.widened or incident.is_open
        return Followed(plain, replace(life, named=True, widened=wider, renamed=False))
    if life.named or widened or incident.narrowed or not sighting.narrowed:
        return item
    finer = replace(incident, narrowed=sighting.narrowed, share=sighting.share)
    return Followed(finer, replace(life, renamed=incident.is_open))


def _harmed_at_least(incident: Incident, harm: Harm) -> Incident:
    """The incident that reaches further, with the harm of all that it is about where that is more."""
    examples = incident.affected.examples
    whole = replace(incident, affected=replace(NOBODY_AFFECTED, examples=examples))
    return max(incident, _harmed(whole, harm), key=lambda one: one.affected.payments)


def _is_worse(verdict: Verdict, worst: Figures) -> bool:
    """Of equal scores, such as the least one that is told, the higher proven rate is worse."""
    return (verdict.score, verdict.at_least) > (worst.score, worst.at_least)


def _suspected(
    item: Followed, sighting: Sighting, others: Sequence[Followed], now: int, patience: Patience
) -> _Outcome:
    """What becomes of one that is suspected: it opens when it stood out for long enough."""
    incident = item.incident
    if now - incident.suspected_at < patience.confirm_seconds:
        return item, None
    incident = replace(_harmed(incident, sighting.harm), state=INCIDENT, detected_at=now)
    opened = placed(Followed(incident, _told(item.life, incident, now)), others)
    return opened, Turn(opened, OPENED)


def _open(item: Followed, now: int, patience: Patience, tuning: RecoveryTuning) -> _Outcome:
    incident, life = item.incident, item.life
    is_worse = RANK[incident.severity] > RANK[life.announced] or life.widened
    if is_worse or _is_far_worse(item, now, patience):
        life = replace(_told(life, incident, now), widened=False, renamed=False)
        worse = Followed(incident, life)
        return worse, Turn(worse, WORSE)
    if life.renamed:
        narrowed = Followed(incident, replace(life, renamed=False))
        return narrowed, Turn(narrowed, NARROWED)
    reason = over_because(item, now, patience, tuning)
    if not reason:
        return item, None
    closed = Followed(replace(incident, state=CLOSED, closed_at=now), life)
    return closed, Turn(closed, CLOSED, reason)


def _told(life: Life, incident: Incident, now: int) -> Life:
    """The life of the incident when it is told as it stands."""
    return replace(life, announced=incident.severity, told_rate=above_normal(incident), told_at=now)


def _is_far_worse(item: Followed, now: int, patience: Patience) -> bool:
    """Whether it is another matter than what was told a while ago, though no severer by name: whoever
    read a critical page of 3 % must hear of 40 %."""
    incident, life = item.incident, item.life
    if incident.severity != CRITICAL or not life.told_rate or life.well_since:
        return False
    if now - life.told_at < patience.told_seconds:
        return False
    return is_rate(incident.signal) and above_normal(incident) >= FAR_WORSE * life.told_rate
