"""When an incident is over: what must be known of its slice before anybody is told that it is well.

Of a rate, Page's CUSUM (Biometrika 41, 1954) of the log likelihood ratio of two rates, in nats, says so:

    well = the geometric mean of what is normal and what is tolerated (as odds), for "at most tolerated"
    ill  = half of the mean while it was ill; where that is less than four times what is tolerated, the
           mean itself, up to four times what is tolerated

    x events in n attempts weigh  x ln(well / ill) + (n - x) ln((1 - well) / (1 - ill))

The mean is of all attempts since the incident began that came while it was ill, and not of its worst
window, which is a maximum over noise. What is mild, so that its half may be tolerated, needs more
proof: its rates lie close together, and a rate that stays ill must not pass for well within hours
(in e^nats / K attempts on average, K the mean evidence of an attempt against it).

Such evidence proves that the rate fell below its half, not that it is tolerated: a storm that began at
60 % may go on at 2 %. So the stretch since then, the calm stretch, must say by itself that its rate is
no more than tolerated. When it proves the contrary, the incident goes on at that lower level: its mean
is the stretch's from then on.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from functions.core.counting.confidence import lower_bound
from functions.core.counting.counts import Counts, attempts, blamed
from functions.core.counting.signals import is_rate
from functions.core.troubles.incident import (
    CALM,
    INCIDENT,
    RECOVERED,
    RECOVERING,
    SILENT,
    Incident,
)


class Life(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the life of an incident stands; times are seconds since the epoch, 0 for not now.

    announced: severity of the last page, empty while it is suspected. widened: it reaches further
    than it was told. recovery: the evidence that its slice is well again, in nats; well_since: when
    its payments began to say so. calm_since: since when the window's rate is tolerated. idle_since:
    since when no payment of its slice came. ill_attempts, ill_events: that came while it was ill;
    well_attempts, well_events: since well_since. well_for: seconds that it was well for before it
    came back last. renamed: it has a finer name that was not told; named: its name stays what it is.
    was_well: its payments proved that it was well since well_since, and it was kept open, for it comes and
    goes. told_rate: the worst rate when it was told last, by how much it was above what is normal (share of
    attempts); told_at: when. closed_for: the reason for which its trouble is over; empty while it is not.
    """

    announced: str = ""
    widened: bool = False
    recovery: float = 0.0
    well_since: int = 0
    calm_since: int = 0
    idle_since: int = 0
    ill_attempts: int = 0
    ill_events: int = 0
    well_attempts: int = 0
    well_events: int = 0
    well_for: int = 0
    was_well: bool = False
    renamed: bool = False
    named: bool = False
    told_rate: float = 0.0
    told_at: int = 0
    closed_for: str = ""


_NEWBORN: Final = Life()


class Followed(msgspec.Struct, frozen=True):
    """An incident, and where its life stands: nobody needs to know that but who follows it."""

    incident: Incident
    life: Life = _NEWBORN


class Patience(msgspec.Struct, frozen=True):
    """Seconds: to confirm an incident, to call it recovered, over what the latest rate is told, for
    how long a rate must be tolerated to be believed without more proof, for how long what a closed
    one explains is no news, for how long it is the same one again that comes back, after how long
    without a payment one is closed, and for how long what was told of one holds, however bad it gets."""

    confirm_seconds: int = 0
    recover_seconds: int = 30
    recent_seconds: int = 15
    calm_seconds: int = 120
    quiet_seconds: int = 300
    idle_seconds: int = 1800
    again_seconds: int = 3600
    told_seconds: int = 300


class RecoveryTuning(msgspec.Struct, frozen=True):
    """When is a slice well again? (recovery.py, life.py)

    recovered_nats: evidence that it is (nats): the odds are e^7, about 1,000 to 1.
    mild_nats: the same where the mean while it was ill is close to what is tolerated (nats).
    calm_nats: evidence of the calm stretch alone, with which it need not last (nats).
    ill_times: the evidence is against a rate of so many times what is tolerated at least, where the
        mean was as high.
    near_times: the calm stretch speaks against a rate of so many times what is tolerated, however high
        the mean was.
    near_part: or against so much of the mean, where that is more (share): of rare failures, one may
        come by chance.
    clear_times: a rate with so many times the normal odds can be told from it, however mild the
        incident is.
    level_sure: error probability of the bound by which a stretch proves that it is ill yet (share).
    fewest_attempts: in a window, for its rate to say that all is well.
    fewest_events: that a window would have if it were as ill as before, for the same.
    most_patient: times that the patience doubles at most: 30 s become 8 minutes.
    gap_times: what comes back after so long is believed well after so many times as long.
    longest_seconds: where that is no longer than this (seconds).
    return_seconds: what was proven well for so long and is ill again came back (seconds).
    flaps: what came back so many times comes and goes: it is kept open however long it was well between,
        up to most_seconds.
    burst_seconds: where it was ill for no longer than this each time (seconds).
    most_seconds: what comes and goes is believed well after so long at the latest (seconds).
    """

    recovered_nats: Annotated[float, msgspec.Meta(gt=0.0)] = 7.0
    mild_nats: Annotated[float, msgspec.Meta(gt=0.0)] = 10.0
    calm_nats: Annotated[float, msgspec.Meta(gt=0.0)] = 4.0
    ill_times: Annotated[float, msgspec.Meta(gt=1.0)] = 4.0
    near_times: Annotated[float, msgspec.Meta(gt=1.0)] = 2.0
    near_part: Annotated[float, msgspec.Meta(gt=0.0, lt=0.5)] = 0.03
    clear_times: Annotated[float, msgspec.Meta(gt=1.0)] = 1.5
    level_sure: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.01
    fewest_attempts: Annotated[int, msgspec.Meta(ge=1)] = 60
    fewest_events: Annotated[int, msgspec.Meta(ge=1)] = 5
    most_patient: Annotated[int, msgspec.Meta(ge=1)] = 4
    gap_times: Annotated[int, msgspec.Meta(ge=1)] = 2
    longest_seconds: Annotated[int, msgspec.Meta(ge=1)] = 1800
    return_seconds: Annotated[int, msgspec.Meta(ge=1)] = 30
    flaps: Annotated[int, msgspec.Meta(ge=1)] = 2
    burst_seconds: Annotated[int, msgspec.Meta(ge=1)] = 300
    most_seconds: Annotated[int, msgspec.Meta(ge=1)] = 3600


class Rates(NamedTuple):
    """What the evidence compares, as shares of attempts: well < ill. near: the lowest rate that counts
    as ill for the calm stretch, well < near ≤ ill. needed: nats."""

    well: float
    ill: float
    near: float
    tolerated: float
    needed: float


def rates(item: Followed, tuning: RecoveryTuning = RecoveryTuning()) -> Rates:
    """What is well and what is ill in the incident's slice."""
    worst = item.incident.worst
    tolerated, normal = max(worst.tolerated, worst.normal), _odds(worst.normal)
    mean = mean_while_ill(item)
    least = tuning.clear_times * normal
    near = max(least, min(_odds(mean), tuning.near_times * _odds(tolerated)))
    near = max(near, _odds(tuning.near_part * mean))
    clear = max(least, min(_odds(mean), tuning.ill_times * _odds(tolerated)))
    # Well below what is ill, and no lower than needed for what is tolerated to weigh for health.
    well = max(math.sqrt(normal * _odds(tolerated)), _odds(tolerated) / 2)
    well = min(well, math.sqrt(normal * near))
    is_mild = _odds(mean / 2) < clear
    return Rates(
        well=_share(well),
        ill=_share(max(_odds(mean / 2), clear)),
        near=_share(near),
        tolerated=tolerated,
        needed=tuning.mild_nats if is_mild else tuning.recovered_nats,
    )


def _odds(share: float) -> float:
    """Of it against the rest: rates keep apart there, also where nearly all payments show a signal."""
    share = min(_MOST, max(_LEAST, share))
    return share / (1 - share)


def _share(odds: float) -> float:
    return odds / (1 + odds)


_LEAST: Final = 1e-6
_MOST: Final = 0.999
"""Guards that keep the logarithms finite."""


def nats(events: int, total: int, well: float, ill: float) -> float:
    """The log likelihood ratio of the one rate against the other."""
    return events * math.log(well / ill) + (total - events) * math.log((1 - well) / (1 - ill))


def mean_while_ill(item: Followed) -> float:
    """The rate over all payments that came while the incident was ill, as far as it is known."""
    life = _with_level(item).life
    return life.ill_events / life.ill_attempts if life.ill_attempts else item.incident.worst.rate


def without_level(life: Life) -> Life:
    """The life of which no payments are known."""
    return replace(life, ill_attempts=0, ill_events=0, well_attempts=0, well_events=0)


def _with_level(item: Followed) -> Followed:
    """With the attempts and events while it was ill; those of its worst moment where none are known."""
    worst = item.incident.worst
    if item.life.ill_attempts or not worst.attempts:
        return item
    events = round(worst.rate * worst.attempts)
    return replace(item, life=replace(item.life, ill_attempts=worst.attempts, ill_events=events))


def recovering(
    item: Followed, came: Counts, now: int, tuning: RecoveryTuning = RecoveryTuning()
) -> Followed:
    """The open incident with what came of its slice weighed."""
    incident, life = item.incident, item.life
    total = attempts(came)
    if not total:
        return replace(item, life=replace(life, idle_since=life.idle_since or now))
    item = _with_level(item)
    life, between = replace(item.life, idle_since=0), rates(item, tuning)
    shown = blamed(came, incident.signal)
    recovery = max(0.0, life.recovery + nats(shown, total, between.well, between.ill))
    life = replace(
        life,
        recovery=min(recovery, 2 * between.needed),
        well_since=(life.well_since or now) if recovery > 0.0 else 0,
        well_attempts=life.well_attempts + total,
        well_events=life.well_events + shown,
    )
    if recovery <= 0.0:
        well_for = now - item.life.well_since
        if life.was_well and well_for >= tuning.return_seconds:
            incident, life = returned(incident, life)
        life = _ill(life, life.ill_attempts, life.ill_events)
    elif recovery >= between.needed:
        if _is_surely_ill(life, between, tuning):
            life = _ill(life, 0, 0)
        else:
            life = replace(life, was_well=True)
    return Followed(replace(incident, state=RECOVERING if life.well_since else INCIDENT), life)


def returned(incident: Incident, life: Life) -> tuple[Incident, Life]:
    """The open incident that was well for a while and is ill again: it comes and goes."""
    # What came while it was well is no part of how ill it is when it is.
    life = replace(life, well_attempts=0, well_events=0)
    return replace(incident, returns=incident.returns + 1), life


def _ill(life: Life, before: int, events: int) -> Life:
    """The life of what is ill yet, with what came since it seemed well, beside what came before."""
    return replace(
        life,
        recovery=0.0,
        well_since=0,
        was_well=False,
        ill_attempts=before + life.well_attempts,
        ill_events=events + life.well_events,
        well_attempts=0,
        well_events=0,
    )


def _is_surely_ill(life: Life, between: Rates, tuning: RecoveryTuning) -> bool:
    """Whether the calm stretch proves that its rate is more than is tolerated."""
    if life.well_events <= between.tolerated * life.well_attempts:
        return False
    least = lower_bound(life.well_events, life.well_attempts, tuning.level_sure)
    return least > between.tolerated


def over_because(
    item: Followed, now: int, patience: Patience, tuning: RecoveryTuning = RecoveryTuning()
) -> str:
    """Why an open incident is over; empty while it is not. What its payments say comes before what
    it says that none come."""
    incident, life = item.incident, item.life
    is_patient = now - life.well_since >= _patient(item, patience.recover_seconds, tuning)
    if is_patient and is_proven_well(item, now, patience, tuning):
        return RECOVERED
    if life.calm_since and now - life.calm_since >= _patient(item, patience.calm_seconds, tuning):
        return CALM
    if (
        is_rate(incident.signal)
        and life.idle_since
        and now - life.idle_since >= patience.idle_seconds
    ):
        return SILENT
    return ""


def is_proven_well(
    item: Followed, now: int, patience: Patience, tuning: RecoveryTuning = RecoveryTuning()
) -> bool:
    """Whether its payments prove that its slice is well: it is over, but for patience."""
    is_enough = item.life.recovery > 0.0 and item.life.recovery >= _needed(item, tuning)
    return is_enough and _is_calm_stretch(item, now, patience, tuning)


def _needed(item: Followed, tuning: RecoveryTuning) -> float:
    if not is_rate(item.incident.signal):
        return tuning.recovered_nats
    return rates(item, tuning).needed


def _patient(item: Followed, seconds: int, tuning: RecoveryTuning) -> int:
    """So long it must be well: twice as long with each time that it came back, and than it was well
    the last time. What was well for longer does not flap: it is told when it comes back, the first time."""
    back = item.incident.again
    longer = seconds << min(back, tuning.most_patient)
    gap = tuning.gap_times * item.life.well_for
    ill_for = item.life.well_since - item.incident.stands_since
    is_burst = item.incident.returns > 0 or ill_for <= tuning.burst_seconds
    if back >= tuning.flaps and is_burst:
        return max(longer, min(gap, tuning.most_seconds))
    return max(longer, gap) if gap <= tuning.longest_seconds else longer


def _is_calm_stretch(item: Followed, now: int, patience: Patience, tuning: RecoveryTuning) -> bool:
    """Whether the payments since well_since, by themselves, say that the rate is tolerated: with some
    evidence, or for so long that little is enough."""
    life = item.life
    if not life.well_attempts or not is_rate(item.incident.signal):
        return True
    between = rates(item, tuning)
    found = nats(life.well_events, life.well_attempts, between.well, between.near)
    if found >= tuning.calm_nats:
        return True
    return found > 0.0 and now - life.well_since >= patience.calm_seconds
