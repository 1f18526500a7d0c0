"""What an incident is, for whoever tells, shows or judges it: who it is, its figures, the harm done.

How it goes on, from second to second, is functions/core/troubles/life.py.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.counting.harm import MOST_EXAMPLES, Example
from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import Slice
from functions.core.troubles.route import Route
from functions.core.troubles.severity import INFO

OPENED, WORSE, AGAIN, CLOSED = "opened", "worse", "again", "closed"
"""Transitions; CLOSED is also the last state."""
NARROWED: Final = "narrowed"
"""The transition of an open incident whose finer name has become clear."""
TRANSITIONS: Final = (OPENED, WORSE, NARROWED, AGAIN, CLOSED)
FAR_WORSE: Final = 4.0
"""Times as many failures too many as were told: it is told again, though no severer by name."""
SUSPECT, INCIDENT, RECOVERING = "suspect", "incident", "recovering"
"""The states before."""
RECOVERED, CALM, SILENT, NORMAL, USUAL = "recovered", "calm", "silent", "normal", "usual"
"""Why an incident is closed: its payments prove that its slice is well again; its rate has long been
tolerated; no payment of its slice has come for so long that nobody waits; a person says that this is
normal now; its slice was so from its first payments on, and has stayed so."""
CARD_TESTING: Final = "card_testing"
"""The pattern of a trouble in which somebody tries stolen cards at one merchant."""
DRIFT = "drift"
"""The kind of an incident that came slowly: its rate left what was normal by more than it may in so few
hours. Others have none."""


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
    say one; examples: some of them. failed: payments whose first try did not succeed, whoever caused it;
    retries: their further tries; rescued: how many of them succeeded by one."""

    payments: int = 0
    money: dict[str, float] = msgspec.field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    failed: int = 0
    retries: int = 0
    rescued: int = 0

    @property
    def retries_each(self) -> float | None:
        """Retries per payment that failed; None where nothing failed or was tried again."""
        return self.retries / self.failed if self.retries and self.failed else None

    @property
    def lost(self) -> int:
        """Payments that did not succeed by any try, as far as is known."""
        return max(0, self.failed - self.rescued)


NOBODY_AFFECTED: Final = Affected()


def joint_harm(every: Sequence[Affected]) -> Affected:
    """The harm of several that share no payment."""
    money: dict[str, float] = {}
    for one in every:
        for currency, amount in one.money.items():
            money[currency] = round(money.get(currency, 0.0) + amount, 3)
    examples = dict.fromkeys(example for one in every for example in one.examples)
    return Affected(
        sum(one.payments for one in every),
        money,
        tuple(examples)[:MOST_EXAMPLES],
        failed=sum(one.failed for one in every),
        retries=sum(one.retries for one in every),
        rescued=sum(one.rescued for one in every),
    )


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A further signal of an incident's trouble, in a slice that is nested with its own. rate, normal:
    shares of attempts, at its worst. since, until: seconds since the epoch; until is 0 while it goes
    on."""

    slice: str
    signal: str
    severity: str
    rate: float
    normal: float
    since: int
    until: int = 0


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cause of failures. Times are seconds since the epoch, 0 for never; rates are shares of
    attempts.

    id: the same for the same slice and start. state: suspect, incident, recovering or closed.
    severity: that of the worst score. started_at: the second of its first bad payment. suspected_at,
    detected_at: when the evidence sufficed, when it was announced. again: how many times it came
    back, back_at: when last; returns: how many times it came back while it was kept open, for it comes and
    goes. worst: its figures at the worst. latest: None where the latest seconds
    have too few attempts for a rate. routes: how the same payments did by each gateway, when it was
    last seen and did not recover. parts: what else its trouble shows, the strongest first
    (functions/core/troubles/trouble.py). also: slices that hold the same payments as `slice`, or
    contain all of them. narrowed: a slice inside of its own, not counted, that its failures are
    about; empty where there is none, or none is clear; share: of the slice's attempts, some that are in it.
    kind: DRIFT, or empty. pattern: CARD_TESTING where it looks like that, or empty. number: how many
    transitions of its trouble were announced, the newest of which has it; 0 of a release that did not
    count them.
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
    returns: int = 0
    latest: Latest | None = None
    affected: Affected = NOBODY_AFFECTED
    routes: tuple[Route, ...] = ()
    parts: tuple[Part, ...] = ()
    also: tuple[Slice, ...] = ()
    narrowed: Slice = ""
    share: float = 1.0
    kind: str = ""
    number: int = 0
    pattern: str = ""

    @property
    def times(self) -> int:
        """How many times it was there: it comes and goes where that is more than once."""
        return 1 + self.again + self.returns

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
    def family(self) -> str:
        """Of its signal: those that are views of one trouble."""
        return SIGNALS[self.signal].trouble

    @property
    def about(self) -> tuple[str, str]:
        return about(self.slice, self.signal)


def as_named(incident: Incident) -> Incident:
    """The incident by the narrowest name that is known of it, for whoever tells or shows it.

    What it is followed by is its slice, which is counted. Of a narrower one the failures are known and
    the attempts are an estimate: all that fails too much is in it, so its rate is higher by as much as
    it is smaller.
    """
    if not incident.narrowed:
        return incident
    worst, latest, share = incident.worst, incident.latest, incident.share

    def inside(rate: float) -> float:
        return min(1.0, worst.normal + max(0.0, rate - worst.normal) / share)

    return msgspec.structs.replace(
        incident,
        slice=incident.narrowed,
        narrowed="",
        share=1.0,
        worst=msgspec.structs.replace(
            worst,
            rate=inside(worst.rate),
            at_least=inside(worst.at_least),
            attempts=round(worst.attempts * share),
        ),
        latest=latest and Latest(inside(latest.rate), latest.seconds),
    )


def about(key: Slice, signal: str) -> tuple[str, str]:
    """What an incident is about: its slice, and whether payments fail there or show `signal`."""
    return key, SIGNALS[signal].trouble


class Announcement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One transition to be told: `opened`, `worse`, `again` or `closed`, with the incident as it was
    then. reason: why it is closed (`recovered`, `calm`, `silent` or `normal`); empty while it is open."""

    transition: str
    incident: Incident
    reason: str = ""

    @property
    def key(self) -> str:
        """Identifies the transition: told twice, it is taken once."""
        incident = self.incident
        name = f"{incident.id}/{self.transition}/{incident.severity}/{incident.slice}"
        name = f"{name}/{_magnitude(incident)}" if self.transition == WORSE else name
        name = f"{name}/{incident.again}" if incident.again else name
        name = f"{name}/{incident.narrowed}" if incident.narrowed else name
        name = f"{name}/{incident.pattern}" if incident.pattern else name
        parts = "+".join(sorted(f"{part.signal}:{part.severity}" for part in incident.parts))
        return f"{name}/{incident.signal}+{parts}" if parts else name


def above_normal(incident: Incident) -> float:
    """The worst rate, by how much it is above what is normal (share of attempts)."""
    return max(0.0, incident.worst.rate - incident.worst.normal)


def _magnitude(incident: Incident) -> int:
    """Of how bad it is: another number where it is far worse."""
    more = above_normal(incident)
    return math.floor(math.log(more, FAR_WORSE)) if more > 0.0 else 0


def incident_id(key: Slice, signal: str, started_at: int) -> str:
    return spoken_id(str(about(key, signal)), started_at)


def spoken_id(subject: str, at: int) -> str:
    """Short enough to say on the phone: `PW-1112-1703-4f2` (UTC day, minute, what it is about)."""
    moment = datetime.fromtimestamp(at, UTC)
    mark = hashlib.blake2b(f"{subject}@{at}".encode(), digest_size=2).hexdigest()[:3]
    return f"PW-{moment:%m%d-%H%M}-{mark}"
