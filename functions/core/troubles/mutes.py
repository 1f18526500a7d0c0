"""Mutes: silence on purpose, for a slice and a time. Nobody is paged; what is found and recorded stays
the same.

A mute ends by itself, within a week, for who forgets one would never hear of that slice again.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.counting.slices import Slice, refines
from functions.core.payments.sensitive import kept
from functions.core.troubles.incident import Incident, as_named
from functions.core.troubles.markers import LONGEST_NAME, checked_slice

LONGEST_SECONDS: Final = 7 * 86_400
"""How long a mute may last."""
AHEAD_SECONDS: Final = 30 * 86_400
"""How far ahead one may begin."""
LONGEST_REASON: Final = 120


class Mute(msgspec.Struct, frozen=True):
    """Nobody is paged about what goes wrong in `slice` from `since` until `until` (epoch seconds). by: who
    says so, and for what reason."""

    id: str
    slice: Slice
    since: int
    until: int
    by: str
    reason: str

    @property
    def key(self) -> str:
        return f"{self.id}/muted"


class Unmute(msgspec.Struct, frozen=True):
    """`by` ended the mute `id` at epoch second `at`, before its time."""

    id: str
    by: str
    at: int

    @property
    def key(self) -> str:
        return f"{self.id}/unmuted/{self.at}"


class MuteEnd(msgspec.Struct, frozen=True):
    """The time of the mute `id` is over."""

    id: str

    @property
    def key(self) -> str:
        return f"{self.id}/over"


def mute(key: Slice, since: int, until: int, by: str, reason: str, now: int) -> Mute:
    """A mute of what somebody typed at `now`. Raises ValueError that says what is wrong."""
    made = checked(Mute(mute_id(key, by, now), key, since, until, by, reason))
    if why := fault(made, now):
        raise ValueError(why)
    return made


def checked(said: Mute) -> Mute:
    """A mute that comes from anywhere, cleaned. Raises ValueError."""
    if not is_mute_name(said.id):
        raise ValueError(f"no mute is called {said.id!r}")
    by, reason = kept(said.by, LONGEST_NAME), kept(said.reason, LONGEST_REASON)
    if not by or not reason:
        raise ValueError("a mute needs a reason and who says so")
    if said.until <= said.since:
        raise ValueError("a mute must end after it begins")
    if said.until - said.since > LONGEST_SECONDS:
        raise ValueError("a mute lasts a week at most: set another one when it is over")
    return Mute(said.id, checked_slice(said.slice), said.since, said.until, by, reason)


def checked_end(said: Unmute) -> Unmute:
    """The end of a mute that comes from anywhere, cleaned. Raises ValueError."""
    by = kept(said.by, LONGEST_NAME)
    if not is_mute_name(said.id) or not by:
        raise ValueError(f"no mute is called {said.id!r}, or nobody ends it")
    return Unmute(said.id, by, said.at)


def fault(said: Mute, now: int) -> str:
    """Why the mute makes no sense at `now`; empty where it does."""
    if said.until <= now:
        return "the mute would be over already"
    if said.since > now + AHEAD_SECONDS:
        return f"a mute begins within {AHEAD_SECONDS // 86_400} days"
    return ""


def mute_id(key: Slice, by: str, at: int) -> str:
    """Short enough to say on the phone: `MU-1120-1343-4f2` (UTC day, minute, what it is about)."""
    moment = datetime.fromtimestamp(at, UTC)
    mark = hashlib.blake2b(f"{key}@{by}@{at}".encode(), digest_size=2).hexdigest()[:3]
    return f"MU-{moment:%m%d-%H%M}-{mark}"


def is_mute_name(identity: str) -> bool:
    """Whether a mute may be called so."""
    return _NAME.fullmatch(identity) is not None


_NAME: Final = re.compile(r"MU-(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-\d{4}-[0-9a-f]{3}")


def covers(said: Mute, incident: Incident) -> bool:
    """Whether all that the incident's trouble shows lies in the mute's slice: the incident by its
    narrowest name, or a slice that holds all of its payments, and each part that goes on. What reaches
    further is not muted."""
    named = as_named(incident)
    inside = any(refines(key, said.slice) for key in (named.slice, *named.also))
    parts = (part.slice for part in incident.parts if not part.until)
    return inside and all(refines(key, said.slice) for key in parts)
