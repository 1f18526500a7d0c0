"""What a stream really held: faults to be found and traps to be left alone.

Times are seconds since the epoch, a period is [onset, end); rates are shares of attempts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

INCIDENT, OVERLAP, FLAPPING, EARLY, SILENCE, SLOWNESS = (
    "incident",
    "overlap",
    "flapping",
    "while learning",
    "silence",
    "latency",
)
FAULTS: Final = (INCIDENT, OVERLAP, FLAPPING, EARLY, SILENCE, SLOWNESS)
"""Kinds that are to be found. More payments of the slice fail than is normal there (incident): two at
once in slices that cross (overlap), now and then only (flapping), in the stream's first minutes (while
learning). Or none come any more (silence), or they are slow (latency)."""

MIX_SHIFT, PRIME_DAY, CUSTOMERS, NIGHT, BURST, RENEWALS = (
    "mix shift",
    "prime day",
    "customer wave",
    "quiet night",
    "small burst",
    "renewals",
)
TRAPS: Final = (MIX_SHIFT, PRIME_DAY, CUSTOMERS, NIGHT, BURST, RENEWALS)
FIRST_RENEWALS: Final = "first renewals"
"""The first night of a merchant's batch that is denied without codes: nobody can know yet that it is
no trouble, so a page there is neither true nor false."""

BUDGET_SLICES: Final = 1_000
BUDGET_MINUTES: Final = 7 * 24 * 60
"""The false pages that are allowed: one a week over a thousand slices."""

WORTH_POINTS, WORTH_SHARE, WORTH_SECONDS, WORTH_LOST = 0.01, 0.5, 60, 10
"""A fault is worth a page when it adds so much to the rate, and so much of the base, for so long, or
when so many payments are lost."""

SMALLEST_RATE, SMALLEST_LEFT = 1e-6, 0.02
"""No oracle knows that something never happens: a rate, and what a silence leaves, is at least so much."""


@dataclass(frozen=True)
class Label:
    """A fault or a trap.

    volume: payments a minute of the slice at that time of an ordinary day. normal: the slice's ordinary rate of
    what the fault raises. severity: the rate that is added; of silence the share that does not come;
    of a trap what its kind raises: the share of the traffic (mix shift), the rate (customer wave,
    burst, renewals), the factor of the volume.
    share: of the payments that would otherwise have gone their way, so many fail (are slow, do not
    come). ramp, fall: seconds until it has reached its height, and back. unknown: the failures carry
    no code. as_failed: share of a customer wave's declines that come as failed, the rest come as denied.
    flap: seconds that it is there, and away, in turn; (0, 0) when it stays. slowed: share of the
    payments that are slow, by so many classes of latency (of counts.SPEEDS: each doubles it).
    dispersion: variance of what is counted in a minute, over that of a binomial.
    """

    kind: str
    slice: str
    onset: int
    end: int
    volume: float
    normal: float
    severity: float
    share: float = 0.0
    ramp: int = 0
    fall: int = 0
    unknown: bool = False
    as_failed: float = 0.0
    flap: tuple[int, int] = (0, 0)
    slowed: float = 0.0
    classes: int = 0
    dispersion: float = 1.0

    @property
    def seconds(self) -> int:
        return self.end - self.onset

    @property
    def is_fault(self) -> bool:
        return self.kind in FAULTS

    @property
    def fails(self) -> bool:
        """Whether it is a fault in which payments fail."""
        return self.is_fault and self.kind not in (SILENCE, SLOWNESS)

    @property
    def outage(self) -> bool:
        """Whether no payment of the slice succeeds."""
        return self.fails and self.share >= 0.95

    @property
    def at_once(self) -> bool:
        return self.ramp == 0

    def height(self, second: float) -> float:
        """How far it has risen at that second, 0 to 1."""
        if not self.onset <= second < self.end:
            return 0.0
        there, away = self.flap
        if there and (second - self.onset) % (there + away) >= there:
            return 0.0
        up = (second - self.onset + 1) / self.ramp if self.ramp else 1.0
        down = (self.end - second) / self.fall if self.fall else 1.0
        return min(1.0, up, down)

    def rate(self, height: float) -> float:
        """The slice's rate of what is raised, at that height."""
        return min(1.0, self.normal + height * self.share * (1.0 - self.normal))

    def left(self, height: float) -> float:
        """What a silence leaves of the slice's payments at that height, as a share."""
        return max(SMALLEST_LEFT, 1.0 - height * self.share)


def divergence(p: float, q: float) -> float:
    """KL(p‖q) of two Bernoulli laws, in nats a payment."""
    total = 0.0
    for one, other in ((p, q), (1.0 - p, 1.0 - q)):
        if one > 0.0:
            total += one * math.log(one / other) if other > 0.0 else math.inf
    return total


def needed(label: Label) -> float:
    """Nats of evidence without which no detector keeps the budget of false pages.

    Lorden (Ann. Math. Stat. 42, 1971): a detector with γ payments between false alarms needs at
    least ln γ / KL payments on average, asymptotically. γ is what the budget leaves to one slice.
    """
    return math.log(max(label.volume * BUDGET_MINUTES * BUDGET_SLICES, math.e))


def nats(label: Label, height: float) -> float:
    """The evidence that a payment of an ordinary day is expected to bring at that height: of a rate
    that of a binomial, of silence that of a Poisson rate, each divided by the dispersion
    (quasi-likelihood)."""
    if label.kind == SILENCE:
        left = label.left(height)
        gained = 1.0 - left + left * math.log(left)
    else:
        gained = divergence(label.rate(height), max(SMALLEST_RATE, label.normal))
    return gained / label.dispersion


def bound_payments(label: Label) -> float:
    """Lorden's bound on the mean delay at full severity, in payments of the slice."""
    return needed(label) / nats(label, 1.0)


def bound_seconds(label: Label) -> float | None:
    """The seconds after onset at which the expected evidence reaches what is needed, the ramp
    included; None when the fault is over before.

    The rates of an ordinary day and their dispersion are taken as known, so no detector reaches the
    bound on average.
    """
    rate = label.volume / 60.0
    left = needed(label)
    for second in range(label.onset, label.end):
        evidence = rate * nats(label, label.height(second))
        if evidence > 0.0 and evidence >= left:
            return second - label.onset + left / evidence
        left -= evidence
    return None


def is_worth_it(label: Label) -> bool:
    """Whether anybody should be woken for it, however sure it is."""
    heights = [label.height(second) for second in range(label.onset, label.end)]
    lost = label.volume / 60.0 * label.severity * sum(heights)
    if label.kind == SILENCE:
        return lost >= WORTH_LOST
    least = max(WORTH_POINTS, WORTH_SHARE * label.normal)
    lasts = sum(label.severity * height >= least - 1e-12 for height in heights)
    return lasts >= WORTH_SECONDS or (label.kind != SLOWNESS and lost >= WORTH_LOST)
