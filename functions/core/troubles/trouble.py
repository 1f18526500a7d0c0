"""A trouble: what is told as one incident, in one thread, though several signals show it.

Each signal of a slice has an incident and a life of its own inside of detect. Those whose slices are
nested (one lies in the other) and whose times overlap are one trouble: they carry one id. A trouble
has one signal of each family (functions/core/counting/signals.py: trouble), and what joins it is nested
with all that it shows, so two slices of one signal beside each other are two troubles. A wave is one
by itself.

The strongest is the trouble's face; the others are its parts. A trouble is told when its first signal
opens and when its last one is over, and in between when a signal becomes critical that was not, or its
face reaches further. What comes back within the hour, nested in what was over, is the same one again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from functions.core.counting.signals import ORDER, WAVES
from functions.core.counting.slices import ALL, Slice, dimensions, nested, refines
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    INCIDENT,
    NARROWED,
    NOBODY_AFFECTED,
    OPENED,
    RECOVERING,
    WORSE,
    Announcement,
    Incident,
    Part,
    joint_harm,
)
from functions.core.troubles.recovery import Followed, Patience
from functions.core.troubles.severity import CRITICAL

Group = Sequence[Followed]
"""The followed incidents of one trouble."""


class Turn(NamedTuple):
    """What befell the incident of one signal in a second: it opened, got worse, or closed, and why."""

    item: Followed
    transition: str
    reason: str = ""


def by_trouble(followed: Iterable[Followed]) -> dict[str, list[Followed]]:
    """By id, in their order."""
    groups: dict[str, list[Followed]] = {}
    for item in followed:
        groups.setdefault(item.incident.id, []).append(item)
    return groups


def troubles(followed: Iterable[Followed]) -> tuple[Incident, ...]:
    """The incidents as they are told: one for each trouble, suspected, open or closed not long ago."""
    return tuple(face(group) for group in by_trouble(followed).values())


def face(group: Group) -> Incident:
    """The trouble as it is told: the strongest of its incidents, and the others as parts."""
    if len(group) == 1:
        return group[0].incident
    now = sorted((item.incident for item in _current(group)), key=_strength, reverse=True)
    first, every = now[0], [item.incident for item in group]
    states = {incident.state for incident in now}
    is_over = not any(incident.is_open for incident in now)
    return replace(
        first,
        state=CLOSED if is_over else INCIDENT if INCIDENT in states else RECOVERING,
        started_at=min(incident.started_at for incident in every),
        suspected_at=min(incident.suspected_at for incident in every),
        detected_at=min((i.detected_at for i in every if i.detected_at), default=0),
        updated_at=max(incident.updated_at for incident in now),
        closed_at=max(incident.closed_at for incident in now) if is_over else 0,
        again=max(incident.again for incident in now),
        returns=max(i.times for i in now) - 1 - max(i.again for i in now),
        back_at=_back_at(group),
        number=max(incident.number for incident in every),
        affected=joint_harm([first.affected, *(i.affected for i in every if i is not first)]),
        parts=tuple(map(_part, now[1:])),
    )


def _current(group: Group) -> list[Followed]:
    """Those that stand out since the trouble came back last, or ever."""
    back_at = _back_at(group)
    return [
        item for item in group if not item.incident.closed_at or item.incident.closed_at > back_at
    ]


def _back_at(group: Group) -> int:
    """When the trouble as a whole came back last; 0 where it never did."""
    again = max(item.incident.again for item in group)
    came = [i.incident.back_at for i in group if i.incident.again == again and i.incident.back_at]
    return min(came, default=0) if again else 0


def _strength(incident: Incident) -> tuple[float, int]:
    return incident.worst.score, -ORDER[incident.signal]


def _part(incident: Incident) -> Part:
    return Part(
        slice=incident.slice,
        signal=incident.signal,
        severity=incident.severity,
        rate=incident.worst.rate,
        normal=incident.worst.normal,
        since=incident.stands_since,
        until=incident.closed_at,
    )


def placed(item: Followed, others: Sequence[Followed]) -> Followed:
    """What opens, as a part of the open trouble that it belongs to, or as what was over not long ago
    and comes back; else as it is. `others`: all that is followed beside."""
    if item.incident.signal in WAVES:
        return _returned(item, others)
    best: tuple[int, int, str] | None = None
    for name, group in by_trouble(others).items():
        if any(one.incident.is_open for one in group) and _belongs(item, group):
            distance = sum(apart(item.incident.slice, one.incident.slice) for one in group)
            known = (distance, group[0].incident.started_at, name)
            best = known if best is None else min(best, known)
    if best is None:
        return _returned(item, others)
    group = by_trouble(others)[best[2]]
    return _joined(item, group)


def apart(one: Slice, two: Slice) -> int:
    """By how many dimensions the one of two nested slices is narrower."""
    return abs(len(dimensions(one)) - len(dimensions(two)))


def _belongs(item: Followed, group: Group) -> bool:
    """Whether it is one trouble with these. The place of its kind must be free, or of what was over."""
    return all(
        one.incident.signal not in WAVES
        and nested(item.incident.slice, one.incident.slice)
        and (one.incident.closed_at or one.incident.family != item.incident.family)
        for one in _current(group)
    )


def _joined(item: Followed, group: Group) -> Followed:
    """The incident as a part; where its signal was over, as the one that goes on."""
    lead = face(group)
    item = replace(
        item,
        incident=replace(item.incident, id=lead.id, again=lead.again, number=lead.number),
    )
    for before in group:
        if before.incident.family == item.incident.family:
            back_at = max(item.incident.started_at, before.incident.closed_at)
            item = _after(replace(item, incident=replace(item.incident, back_at=back_at)), before)
    return item


def _returned(item: Followed, others: Sequence[Followed]) -> Followed:
    """What comes back of what was over: the same slice before one that is nested, and of them the
    latest. Of a wave what is narrower is a part of it (functions/core/detection/waves.py)."""
    incident = item.incident
    is_wave = incident.signal in WAVES
    before = [
        one
        for one in others
        if one.incident.closed_at
        and one.incident.family == incident.family
        and (
            refines(one.incident.slice, incident.slice)
            if is_wave
            else nested(one.incident.slice, incident.slice)
        )
    ]
    if not before:
        return item
    one = max(before, key=lambda i: (i.incident.slice == incident.slice, i.incident.closed_at))
    whole = face(by_trouble(others)[one.incident.id])
    if not whole.closed_at:
        return item  # it goes on, and what opens is not part of it
    incident = replace(
        incident,
        id=whole.id,
        again=whole.again + 1,
        number=whole.number,
        back_at=max(incident.started_at, whole.closed_at),
    )
    return _after(replace(item, incident=incident), one)


def _after(item: Followed, before: Followed) -> Followed:
    """With the start and the harm of the one that comes back, and how long it was well."""
    incident, old = item.incident, before.incident
    well_since = before.life.well_since or before.life.calm_since or old.closed_at
    well_for = max(incident.started_at, old.closed_at) - well_since
    if not incident.narrowed and old.slice == incident.slice:
        incident = replace(incident, narrowed=old.narrowed, share=old.share)
    well_for = max(0, well_for, before.life.well_for)
    if not _may_flap(incident.slice, old.slice):
        well_for = 0
    return Followed(
        replace(
            incident,
            started_at=old.started_at,
            detected_at=old.detected_at,
            returns=max(incident.returns, old.returns),
            pattern=incident.pattern or old.pattern,
            affected=joint_harm([old.affected, incident.affected]),
        ),
        replace(item.life, well_for=well_for),
    )


def _may_flap(one: Slice, two: Slice) -> bool:
    """Whether what was over in the one may be the fault that is back in the other: they are nearly the
    same. All traffic and a part of it show the same failures, perhaps, but hardly one fault that comes
    and goes."""
    return one == two or (ALL not in (one, two) and apart(one, two) <= 1)


def remembered(followed: Sequence[Followed], now: int, patience: Patience) -> list[Followed]:
    """Those that were closed not long ago, or whose trouble goes on."""
    kept: list[Followed] = []
    lasting = {item.incident.id for item in followed if item.incident.is_open}
    for item in followed:
        incident = item.incident
        seconds = patience.quiet_seconds if incident.signal in WAVES else patience.again_seconds
        if incident.closed_at and (incident.id in lasting or now - incident.closed_at < seconds):
            kept.append(item)
    return kept


def without_returned(followed: Sequence[Followed]) -> list[Followed]:
    """Without what is remembered of a signal that is open again in the same slice: what another slice
    showed until then is explained by it yet. Its harm is counted by the one that is back."""
    back: dict[tuple[str, str], set[str]] = {}
    for item in followed:
        if item.incident.is_open:
            place = item.incident.id, item.incident.family
            back.setdefault(place, set()).add(item.incident.slice)
    kept: list[Followed] = []
    for item in followed:
        open_ = back.get((item.incident.id, item.incident.family))
        if item.incident.closed_at and open_ is not None:
            if item.incident.slice in open_:
                continue
            item = replace(item, incident=replace(item.incident, affected=NOBODY_AFFECTED))
        kept.append(item)
    return kept


def told(
    before: Sequence[Followed], after: Sequence[Followed], turns: Iterable[Turn]
) -> list[Announcement]:
    """What is to be announced of the turns of a second: one transition of a trouble at most."""
    was, now = by_trouble(before), by_trouble(after)
    by_id: dict[str, list[Turn]] = {}
    for turn in turns:
        by_id.setdefault(turn.item.incident.id, []).append(turn)
    found: list[Announcement] = []
    for name, befell in by_id.items():
        group = now[name]
        transition = _transition(was.get(name, ()), group, befell)
        if transition:
            reason = befell[-1].reason if transition == CLOSED else ""
            incident = face(group)
            incident = replace(incident, number=incident.number + 1)
            found.append(Announcement(transition, incident, reason))
    return found


def numbered(followed: Sequence[Followed], announcements: Sequence[Announcement]) -> list[Followed]:
    """The followed incidents, which know how many transitions of their trouble were told, and why it is
    over."""
    if not announcements:
        return list(followed)
    by_id = {item.incident.id: item for item in announcements}
    found: list[Followed] = []
    for item in followed:
        told_now = by_id.get(item.incident.id)
        if told_now is not None:
            incident = replace(item.incident, number=told_now.incident.number)
            item = Followed(incident, replace(item.life, closed_for=told_now.reason))
        found.append(item)
    return found


def ended(followed: Iterable[Followed]) -> list[Announcement]:
    """The last announcement of each trouble that was closed not long ago, the latest first."""
    found = [
        Announcement(CLOSED, face(group), group[0].life.closed_for)
        for group in by_trouble(followed).values()
        if all(item.incident.closed_at for item in group)
    ]
    return sorted(found, key=lambda item: (-item.incident.closed_at, item.incident.id))


def _transition(was: Group, group: Group, befell: Sequence[Turn]) -> str:
    """What the turns are for the trouble as a whole; empty where they are no news."""
    if not any(item.incident.is_open for item in group):
        return CLOSED
    if not any(item.incident.is_open for item in was):
        return AGAIN if face(group).again else OPENED
    critical = {item.incident.family for item in _current(was) if item.life.announced == CRITICAL}
    first = face(group)
    for item, transition, _ in befell:
        incident = item.incident
        if transition == CLOSED:
            continue
        if incident.severity == CRITICAL and incident.family not in critical:
            return WORSE
        if transition in (WORSE, NARROWED) and incident.about == first.about:
            return transition
    return ""
