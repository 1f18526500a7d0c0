"""What a mute held back so far: it lies on the desk, so that what is told and what is not is one decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.paging.alarm_change import AlarmChange
from functions.core.troubles.incident import Incident
from functions.core.troubles.mutes import Mute, MuteEnd
from functions.core.troubles.severity import RANK

MOST_MUTES: Final = 20
"""Mutes that lie on the desk at most, those that are over included."""
MOST_MUTED: Final = 20
"""Troubles of a mute that are known by name: the desk is one item."""
LISTED_SECONDS: Final = 7 * 86_400
"""How long a mute that is over is listed."""
_LONGEST_HEADLINE: Final = 200


class Muted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A trouble that a mute held back, at its worst. started_at, closed_at: seconds since the epoch, the
    latter 0 while it lasts. told: people were told of it since, for it reached further, or outlasted the
    mute."""

    id: str
    severity: str
    score: float
    headline: str
    started_at: int
    closed_at: int = 0
    told: bool = False


class Muting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mute with what it held back. more: troubles beyond MOST_MUTED; alarms: those that are red. ended_at:
    when it was over (epoch seconds), 0 before; ended_by: who ended it before its time."""

    mute: Mute
    muted: tuple[Muted, ...] = ()
    more: int = 0
    alarms: tuple[AlarmChange, ...] = ()
    ended_at: int = 0
    ended_by: str = ""

    @property
    def count(self) -> int:
        return len(self.muted) + self.more

    def holds(self, identity: str) -> bool:
        return any(one.id == identity for one in self.muted)

    def is_in_effect(self, now: int) -> bool:
        return not self.ended_at and self.mute.since <= now < self.mute.until


Mutes = Mapping[str, Muting]
"""By the mute's name."""


def in_effect(mutes: Mutes, now: int) -> Iterator[Muting]:
    return (muting for muting in mutes.values() if muting.is_in_effect(now))


def due(mutes: Mutes, now: int) -> list[MuteEnd]:
    """The ends that are to be told at `now`."""
    return [
        MuteEnd(name)
        for name, muting in mutes.items()
        if not muting.ended_at and muting.mute.until <= now
    ]


def with_trouble(muting: Muting, found: Muted, *, is_new: bool) -> Muting:
    """With the trouble, at its worst so far. is_new: it begins, and is counted where there is no room."""
    found = replace(found, headline=found.headline[:_LONGEST_HEADLINE])
    others = tuple(one for one in muting.muted if one.id != found.id)
    for before in muting.muted:
        if before.id == found.id and _strength(before) >= _strength(found):
            found = replace(before, closed_at=found.closed_at, told=False)
    if len(others) == MOST_MUTED:
        return replace(muting, more=muting.more + is_new)
    return replace(muting, muted=(*others, found))


def told_of(mutes: Mutes, identity: str) -> dict[str, Muting]:
    """With people told of that trouble."""
    changed = dict(mutes)
    for name, muting in mutes.items():
        if muting.holds(identity):
            muted = (replace(one, told=one.told or one.id == identity) for one in muting.muted)
            changed[name] = replace(muting, muted=tuple(muted))
    return changed


def muted_incident(incident: Incident, headline: str) -> Muted:
    return Muted(
        incident.id,
        incident.severity,
        incident.worst.score,
        headline,
        incident.stands_since,
        incident.closed_at,
    )


def worst_first(muting: Muting) -> list[Muted]:
    return sorted(muting.muted, key=_strength, reverse=True)


def _strength(one: Muted) -> tuple[int, float]:
    return RANK[one.severity], one.score


def added(mutes: Mutes, new: Mute, now: int) -> dict[str, Muting]:
    """With another mute; as they were where there are too many."""
    listed = _listed(mutes, now)
    if new.id in listed or len(listed) >= MOST_MUTES:
        return listed
    return {**listed, new.id: Muting(new)}


def ended(mutes: Mutes, name: str, now: int, by: str) -> dict[str, Muting]:
    """With that mute ended; of what it held back the names stay, for what comes late."""
    muting = mutes[name]
    names = tuple(replace(one, headline="") for one in muting.muted)
    over = replace(muting, ended_at=now, ended_by=by, alarms=(), muted=names)
    return _listed({**mutes, name: over}, now)


def _listed(mutes: Mutes, now: int) -> dict[str, Muting]:
    """Without those that were over long ago, and of those that are over as many as there is room for."""
    young = {
        name: muting
        for name, muting in mutes.items()
        if not muting.ended_at or now - muting.ended_at < LISTED_SECONDS
    }
    over = sorted((m.ended_at, name) for name, m in young.items() if m.ended_at)
    for _, name in over[: max(0, len(young) - MOST_MUTES + 1)]:
        del young[name]
    return young
