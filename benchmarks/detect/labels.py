"""What a stream really held: incidents to be found and traps to be left alone.

Times are seconds since the epoch, a period is [onset, end); rates are shares of attempts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

INCIDENT: Final = "incident"
MIX_SHIFT, PRIME_DAY, CUSTOMERS, NIGHT, BURST = (
    "mix shift",
    "prime day",
    "customer wave",
    "quiet night",
    "small burst",
)
TRAPS: Final = (MIX_SHIFT, PRIME_DAY, CUSTOMERS, NIGHT, BURST)

BUDGET_SLICES: Final = 1_000
BUDGET_MINUTES: Final = 7 * 24 * 60
"""The false pages that are allowed: one a week over a thousand slices."""


@dataclass(frozen=True)
class Label:
    """An incident or a trap.

    volume: payments a minute of the slice on an ordinary day. normal: the slice's ordinary rate of
    what the incident raises. severity: the rate that is added; of a trap what its kind raises: the
    share of the traffic (mix shift), the rate (customer wave, burst), the factor of the volume.
    share: of the payments that would otherwise have gone their way, so many fail. ramp, fall:
    seconds until it has reached its height, and back. unknown: the failures carry no code.
    as_failed: share of a customer wave's declines that come as failed, the rest come as denied.
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

    @property
    def seconds(self) -> int:
        return self.end - self.onset

    @property
    def outage(self) -> bool:
        """Whether no payment of the slice succeeds."""
        return self.kind == INCIDENT and self.share >= 0.95

    @property
    def at_once(self) -> bool:
        return self.ramp == 0

    def height(self, second: float) -> float:
        """How far it has risen at that second, 0 to 1."""
        if not self.onset <= second < self.end:
            return 0.0
        up = (second - self.onset + 1) / self.ramp if self.ramp else 1.0
        down = (self.end - second) / self.fall if self.fall else 1.0
        return min(1.0, up, down)


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


def bound_payments(label: Label) -> float:
    """Lorden's bound on the mean delay at full severity, in payments of the slice."""
    return needed(label) / divergence(_risen(label, 1.0), label.normal)


def bound_seconds(label: Label) -> float | None:
    """The seconds after onset at which the expected evidence reaches what is needed, the ramp
    included; None when the incident is over before: it is not detectable at all.

    The rates of an ordinary day are taken as known and without over-dispersion, so no detector
    reaches the bound.
    """
    rate = label.volume / 60.0
    left = needed(label)
    for second in range(label.onset, label.end):
        risen = _risen(label, label.height(second))
        evidence = rate * divergence(risen, label.normal)
        if evidence >= left:
            return second - label.onset + left / evidence
        left -= evidence
    return None


def _risen(label: Label, height: float) -> float:
    return min(1.0, label.normal + height * label.share * (1.0 - label.normal))
