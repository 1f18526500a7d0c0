"""What to simulate: how much traffic when, which outages, which flaws in the events."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from functions.core.errors import SettingsError
from functions.core.payments.event import DIMENSIONS
from producer.mix import CAUSE_REASONS, DENYING_CAUSES, OTHER_OUTAGE, OUTAGE_REASONS, Mix, Reason

Shape = Callable[[float, float, int], float]
"""(second, duration in seconds, seed) → how many times the scenario's rate holds in that second."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A slice whose payments fail more than they should.

    slice: dimension → value; empty is all traffic. share_lost: the share of the slice's payments
    that fail because of the outage, 0 to 1. start_s, duration_s: seconds, from the scenario's start; it
    ends at once. ramp_s: so many seconds from its start until it is at its full share. cause: one of
    CAUSE_REASONS, which `customer` makes a wave of payments without funds; by default it follows from
    the slice. Raises SettingsError that lists every fault.
    """

    slice: Mapping[str, str]
    share_lost: float = 1.0
    start_s: float = 0.0
    duration_s: float = math.inf
    ramp_s: float = 0.0
    cause: str = ""

    def __post_init__(self) -> None:
        faults = [
            f"outage: unknown dimension {name!r}; known: {', '.join(DIMENSIONS)}"
            for name in self.slice
            if name not in DIMENSIONS
        ]
        if self.cause and self.cause not in CAUSE_REASONS:
            known = ", ".join(CAUSE_REASONS)
            faults.append(f"outage: unknown cause {self.cause!r}; known: {known}")
        if not 0.0 <= self.share_lost <= 1.0:
            faults.append(f"outage: severity is {self.share_lost:g}, want a share from 0 to 1")
        if not 0.0 <= self.start_s < math.inf:
            faults.append(f"outage: start is {self.start_s:g}, want seconds from 0")
        if not self.duration_s > 0.0:
            faults.append(f"outage: duration is {self.duration_s:g}, want seconds above 0")
        if not 0.0 <= self.ramp_s < math.inf:
            faults.append(f"outage: ramp is {self.ramp_s:g}, want seconds from 0")
        if faults:
            raise SettingsError(faults)

    @classmethod
    def parse(cls, text: str) -> Self:
        """`issuer=HDFC,network=VISA,severity=0.5,start=60,duration=120,ramp=10`.

        Only the slice is needed: severity is 1, start 0, ramp 0, the duration without end, and the
        cause follows from the slice.
        Raises SettingsError that lists every fault.
        """
        values: dict[str, str] = {}
        numbers: dict[str, float] = {}
        cause = ""
        faults: list[str] = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not value:
                faults.append(f"outage: {part!r} is not of the form name=value")
            elif name in values or name in numbers:
                faults.append(f"outage: {name} is given twice")
            elif name in _NUMBERS:
                numbers[name] = _number(name, value, faults)
            elif name in DIMENSIONS:
                values[name] = value
            elif name == "cause":
                cause = value
            else:
                known = ", ".join((*DIMENSIONS, *_NUMBERS, "cause"))
                faults.append(f"outage: unknown dimension {name!r}; known: {known}")
        if not values and not numbers and not faults:
            faults.append("outage: is empty, want for example issuer=HDFC,severity=0.5")
        try:
            outage = cls(
                slice=values, cause=cause, **{_NUMBERS[name]: n for name, n in numbers.items()}
            )
        except SettingsError as error:
            raise SettingsError([*faults, *error.faults]) from None
        if faults:
            raise SettingsError(faults)
        return outage

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the slice's payments fail."""
        if self.cause:
            return CAUSE_REASONS[self.cause]
        return next((OUTAGE_REASONS[d] for d in OUTAGE_REASONS if d in self.slice), OTHER_OUTAGE)

    @property
    def status(self) -> str:
        """What becomes of the slice's payments."""
        return "denied" if self.cause in DENYING_CAUSES else "failed"

    def level(self, at_s: float) -> float:
        """The share of the slice's payments that fail at this second, 0 to share_lost."""
        since = at_s - self.start_s
        if not 0.0 <= since < self.duration_s:
            return 0.0
        return self.share_lost * min(1.0, since / self.ramp_s) if self.ramp_s else self.share_lost


_NUMBERS: Final = {
    "severity": "share_lost",
    "start": "start_s",
    "duration": "duration_s",
    "ramp": "ramp_s",
}
"""What a number is called on the command line → in an Outage."""


def _number(name: str, value: str, faults: list[str]) -> float:
    """The number; where it is none, a fault is noted and a number within every range returned."""
    try:
        return float(value)
    except ValueError:
        faults.append(f"outage: {name} is {value!r}, want a number")
        return 1.0


@dataclass(frozen=True, kw_only=True)
class Flaws:
    """Shares, 0 to 1, of the events that are not as they should be; an event has at most one flaw.

    late: comes 2 to 50 s after its time, one in ten 90 to 300 s. duplicate: comes again, the same
    bytes, within 2 s; the second is on top of the rate. malformed: cannot become a payment.
    partial: has only the fields of the smallest event (design section 6).
    """

    late: float = 0.0
    duplicate: float = 0.0
    malformed: float = 0.0
    partial: float = 0.0

    @property
    def faults(self) -> list[str]:
        shares = {
            name: getattr(self, name) for name in ("late", "duplicate", "malformed", "partial")
        }
        faults = [
            f"{name} is {share:g}, want a share from 0 to 1"
            for name, share in shares.items()
            if not 0.0 <= share <= 1.0
        ]
        if not faults and (total := math.fsum(shares.values())) > 1.0:
            faults.append(f"{' + '.join(shares)} is {total:g}, want at most 1")
        return faults


def steady(second: float, duration_s: float, seed: int) -> float:
    """The same rate all the time."""
    return 1.0


_RAMP_SHARE: Final = 0.2
_RAMP_FROM: Final = 0.3
_BURST_EVERY_S: Final = 15
_BURST_S: Final = (2.0, 5.0)
_BURST_HEIGHT: Final = (1.3, 1.9)


def prime_day(second: float, duration_s: float, seed: int) -> float:
    """From 0.3 to 1 over the first fifth of the time; then in every 15 s a burst of 2 to 5 s, 1.3
    to 1.9 times as high, whose place and height follow from the seed."""
    ramp_s = _RAMP_SHARE * duration_s
    if second < ramp_s:
        return _RAMP_FROM + (1.0 - _RAMP_FROM) * second / ramp_s
    period, within = divmod(second - ramp_s, _BURST_EVERY_S)
    rng = random.Random(f"burst/{seed}/{period:.0f}")
    length = rng.uniform(*_BURST_S)
    begin = rng.uniform(0.0, _BURST_EVERY_S - length)
    return rng.uniform(*_BURST_HEIGHT) if begin <= within < begin + length else 1.0


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A simulation. rate: payments a second where the shape is 1. duration_s: seconds.

    Raises SettingsError that lists every fault, also an outage of a slice that gets no traffic.
    """

    name: str
    rate: float
    duration_s: float
    shape: Shape = steady
    outages: tuple[Outage, ...] = ()
    flaws: Flaws = Flaws()
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        faults = []
        if not 0.0 < self.rate < math.inf:
            faults.append(f"rate is {self.rate:g}, want payments a second above 0")
        if not 0.0 < self.duration_s < math.inf:
            faults.append(f"duration is {self.duration_s:g}, want seconds above 0")
        faults += self.flaws.faults
        profiles, _ = self.mix.profiles()
        for outage in self.outages:
            named = [
                f"outage: {name}={value} gets no traffic; known: {', '.join(self.mix.values[name])}"
                for name, value in outage.slice.items()
                if value not in self.mix.values[name]
            ]
            drawn = {n: v for n, v in outage.slice.items() if n not in _INDEPENDENT}
            if not named and not any(
                all(getattr(profile, n) == v for n, v in drawn.items()) for profile in profiles
            ):
                pairs = " with ".join(f"{name}={value}" for name, value in drawn.items())
                named.append(f"outage: {pairs} gets no traffic: they do not occur together")
            faults += named
        if faults:
            raise SettingsError(faults)

    def rate_at(self, second: float, seed: int) -> float:
        """Payments a second, at `second` seconds from the start."""
        return self.rate * self.shape(second, self.duration_s, seed)


_INDEPENDENT: Final = frozenset(("gateway", "device", "merchant"))
"""Dimensions that occur with every other value of the others."""

SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="steady", rate=200.0, duration_s=300.0),
        Scenario(
            name="prime-day",
            rate=800.0,
            duration_s=300.0,
            shape=prime_day,
            flaws=Flaws(late=0.002, partial=0.005),
        ),
    )
}
"""Name → scenario. `dataclasses.replace` changes one."""


def scenario_from(
    name: str,
    rate: float | None,
    duration_s: float | None,
    outages: Iterable[str],
    flaws: Mapping[str, float | None],
) -> Scenario:
    """The named scenario with what is given in place of its own. flaws: name → share.

    Raises SettingsError that lists every fault.
    """
    faults: list[str] = []
    parsed: list[Outage] = []
    for text in outages:
        try:
            parsed.append(Outage.parse(text))
        except SettingsError as error:
            faults += error.faults
    base = SCENARIOS.get(name)
    if base is None:
        raise SettingsError(
            [f"there is no scenario {name!r}; known: {', '.join(SCENARIOS)}", *faults]
        )
    given = {flaw: share for flaw, share in flaws.items() if share is not None}
    try:
        simulated = dataclasses.replace(
            base,
            rate=base.rate if rate is None else rate,
            duration_s=base.duration_s if duration_s is None else duration_s,
            outages=(*base.outages, *parsed),
            flaws=dataclasses.replace(base.flaws, **given),
        )
    except SettingsError as error:
        raise SettingsError([*faults, *error.faults]) from None
    if faults:
        raise SettingsError(faults)
    return simulated
