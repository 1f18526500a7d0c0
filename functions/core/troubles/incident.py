"""What an incident is, for whoever tells, shows or judges it: who it is, its figures, the harm done.

How it goes on, from second to second, is functions/core/troubles/life.py.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.counting.harm import Example
from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import Slice
from functions.core.troubles.route import Route
from functions.core.troubles.severity import INFO

OPENED, WORSE, AGAIN, CLOSED = "opened", "worse", "again", "closed"
"""Transitions; CLOSED is also the last state."""
SUSPECT, INCIDENT, RECOVERING = "suspect", "incident", "recovering"
"""The states before."""
RECOVERED, CALM, SILENT = "recovered", "calm", "silent"
"""Why an incident is closed: its payments prove that its slice is well again; its rate has long been
tolerated; no payment of its slice has come for so long that nobody waits."""


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an incident showed at its worst. score: 0 to 100. rate, at_least: share of the attempts,
    seen and surely; attempts: since it started, or in the window. normal, tolerated: what is usual
    there. elsewhere: the same signal's rate outside of the slice, None where nothing is outside.
    causes: cause → attempts, as far as they are more than elsewhere."""

    score: float
    rate: float
    at_least: float
    attempts: int
    normal: float = 0.0
    tolerated: float = 0.0
    elsewhere: float | None = None
    causes: dict[str, int] = msgspec.field(default_factory=dict)


class Latest(msgspec.Struct, frozen=True):
    """The rate over the last `seconds`, since the incident stands out: the window dilutes what has
    just begun."""

    rate: float
    seconds: int


class Affected(msgspec.Struct, frozen=True, omit_defaults=True):
    """payments: attempts that showed the signal since the incident started, and were not the
    customer's or a fraud rule's doing; money: currency → their amounts, in major units, of those that
    say one; examples: some of them."""

    payments: int = 0
    money: dict[str, float] = msgspec.field(default_factory=dict)
    examples: tuple[Example, ...] = ()


NOBODY_AFFECTED: Final = Affected()


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cause of failures. Times are seconds since the epoch, 0 for never; rates are shares of
    attempts.

    id: the same for the same slice and start. state: suspect, incident, recovering or closed.
    severity: that of the worst score. started_at: the second of its first bad payment. suspected_at,
    detected_at: when the evidence sufficed, when it was announced. again: how many times it came
    back, back_at: when last. worst: its figures at the worst. latest: None where the latest seconds
    have too few attempts for a rate. routes: how the same payments did by each gateway, when it was
    last seen and did not recover. also: slices of one dimension that hold the same payments as
    its own, or all of them and more.
    """

    id: str
    slice: str
    signal: str
    severity: str
    started_at: int
    updated_at: int
    worst: Figures
    state: str = SUSPECT
    suspected_at: int = 0
    detected_at: int = 0
    closed_at: int = 0
    again: int = 0
    back_at: int = 0
    latest: Latest | None = None
    affected: Affected = NOBODY_AFFECTED
    routes: tuple[Route, ...] = ()
    also: tuple[Slice, ...] = ()

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
        """Whether it was announced and is not over."""
        return self.state in (INCIDENT, RECOVERING)

    @property
    def about(self) -> tuple[str, str]:
        return about(self.slice, self.signal)


def about(key: Slice, signal: str) -> tuple[str, str]:
    """What an incident is about: its slice, and whether payments fail there or show `signal`."""
    return key, SIGNALS[signal].trouble


class Announcement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One transition to be told: `opened`, `worse`, `again` or `closed`, with the incident as it was
    then. reason: why it is closed (`recovered`, `calm` or `silent`); empty while it is open."""

    transition: str
    incident: Incident
    reason: str = ""

    @property
    def key(self) -> str:
        """Identifies the transition: told twice, it is taken once."""
        incident = self.incident
        name = f"{incident.id}/{self.transition}/{incident.severity}/{incident.slice}"
        return f"{name}/{incident.again}" if incident.again else name


def incident_id(key: Slice, signal: str, started_at: int) -> str:
    return spoken_id(str(about(key, signal)), started_at)


def spoken_id(subject: str, at: int) -> str:
    """Short enough to say on the phone: `PW-1112-1703-4f2` (UTC day, minute, what it is about)."""
    moment = datetime.fromtimestamp(at, UTC)
    mark = hashlib.blake2b(f"{subject}@{at}".encode(), digest_size=2).hexdigest()[:3]
    return f"PW-{moment:%m%d-%H%M}-{mark}"
