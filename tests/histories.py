"""Made-up histories with known troubles: payment by payment, from a seed, with the standard library.

A market of five issuers, three networks, three methods, four gateways and four merchants, of which the
better gateways fail less. What happens in it is a list of Happenings; `told` says what a backtest
tells of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from typing import Any, Final

from functions.core.counting.slices import DEFAULT_SLICING, slices_of
from functions.core.counting.tally import Tally
from functions.core.detection.state import Rules
from functions.core.payments.event import Payment
from ops.backtest.alarm_rules import default_rules
from ops.backtest.trial import Trial
from producer.second import APPROVED, Second
from tests.drawn_traffic import poisson

MIDNIGHT: Final = 1_780_272_000
"""Monday 2026-06-01 00:00 UTC."""
MINUTE, HOUR, DAY = 60, 3600, 86_400

_MARKET: Final[Mapping[str, Mapping[str, float]]] = {
    "issuer": {"ALPHA": 0.3, "BETA": 0.25, "GAMMA": 0.2, "DELTA": 0.15, "EPSILON": 0.1},
    "network": {"VISA": 0.5, "MASTERCARD": 0.35, "RUPAY": 0.15},
    "method": {"CARD": 0.6, "UPI": 0.3, "WALLET": 0.1},
    "gateway": {"G1": 0.42, "G2": 0.3, "G3": 0.18, "G4": 0.1},
    "merchant": {"M1": 0.4, "M2": 0.3, "M3": 0.2, "M4": 0.1},
}
_GATEWAY_FAILS: Final = {"G1": 0.5, "G2": 1.0, "G3": 1.6, "G4": 2.5}
"""Times the base rate."""
_USUAL: Final = {"denied": 0.08, "reversed": 0.003, "backend_reversed": 0.001}
_LATENCY_MS: Final = 600.0


@dataclass(frozen=True)
class Happening:
    """What happens to the payments of a slice in [start, end), seconds of the history. extra: status →
    share of the others that end so; reached linearly within `ramp` seconds, and `at_first` for the
    first `at_first_seconds`. slow: times the latency. silent: none comes."""

    start: int
    end: int
    where: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)
    ramp: int = 0
    at_first: float = 0.0
    at_first_seconds: int = 0
    slow: float = 1.0
    silent: bool = False

    def holds(self, second: int, values: Mapping[str, str]) -> bool:
        return self.start <= second < self.end and all(
            values[name] == value for name, value in self.where.items()
        )

    def share(self, status: str, second: int) -> float:
        if second < self.start + self.at_first_seconds:
            return self.at_first
        risen = (second - self.start) / self.ramp if self.ramp else 1.0
        return self.extra[status] * min(1.0, risen)


@dataclass(frozen=True)
class History:
    """`seconds` of traffic. base: the failure rate of gateway G2. by_day: second → times the usual
    volume. only_by: method → the one gateway that serves it, and that serves nothing else. looked_at:
    [start, end) that is stepped through second by second; the rest comes once a minute. timed:
    payments say how long they took."""

    seed: int
    seconds: int
    base: float
    per_minute: float
    happenings: Sequence[Happening] = ()
    by_day: Callable[[int], float] = lambda second: 1.0
    only_by: Mapping[str, str] = field(default_factory=dict)
    looked_at: Sequence[tuple[int, int]] = ((0, 1 << 40),)
    timed: bool = False


def told(history: History, rules: Rules = Rules()) -> Trial:
    """What a backtest tells of it."""
    trial = Trial(rules, default_rules())
    for second in _seconds(history):
        trial.second(second)
    trial.end()
    return trial


def _seconds(history: History) -> Iterator[Second]:
    """The payments of a second, or of a whole minute where nobody looks closely."""
    rng = random.Random(history.seed)
    tally = Tally()
    for second in range(history.seconds):
        _draw(history, second, rng, tally)
        at = MIDNIGHT + second
        is_looked_at = any(start <= second < end for start, end in history.looked_at)
        if is_looked_at or second % MINUTE == MINUTE - 2:
            if tally.seconds:
                yield Second(at, tally, 1, at * 1000 + 999)
            tally = Tally()


def _draw(history: History, second: int, rng: random.Random, tally: Tally) -> None:
    mean = history.per_minute / MINUTE * history.by_day(second)
    now = [item for item in history.happenings if item.start <= second < item.end]
    bucket = tally.bucket(MIDNIGHT + second)
    for at in rng.choices(_PLACES, cum_weights=_WEIGHTS, k=poisson(rng, mean)):
        values = _LEAVES[at]
        if history.only_by:
            values = {**values, "gateway": _served_by(history.only_by, values)}
        here = [item for item in now if item.holds(second, values)]
        if any(item.silent for item in here):
            continue
        latency = None
        if history.timed:
            slow = math.prod(item.slow for item in here)
            latency = _LATENCY_MS * slow * rng.lognormvariate(0.0, 0.5)
        status = _status(rng, history.base * _GATEWAY_FAILS[values["gateway"]], here, second)
        if status != "approved" or latency is not None or history.only_by:
            _add(tally, second, status, latency, values)
            continue
        slices = bucket.slices
        for key in _SLICES[at]:
            slices[key] = slices.get(key, 0) + APPROVED


def _add(
    tally: Tally, second: int, status: str, latency: float | None, values: Mapping[str, str]
) -> None:
    payment = Payment(
        transaction_id="t",
        status=status,
        timestamp_ms=(MIDNIGHT + second) * 1000,
        latency_ms=latency,
        **dict[str, Any](values),
    )
    tally.add(payment, "" if status == "approved" else "unknown", DEFAULT_SLICING)


def _served_by(only_by: Mapping[str, str], values: Mapping[str, str]) -> str:
    serves = only_by.get(values["method"])
    if serves is not None:
        return serves
    return "G1" if values["gateway"] in only_by.values() else values["gateway"]


def _status(rng: random.Random, base: float, here: Sequence[Happening], second: int) -> str:
    chances = {"failed": base, **_USUAL}
    for item in here:
        for status in item.extra:
            chances[status] += (1.0 - chances[status]) * item.share(status, second)
    draw = rng.random()
    for status, chance in chances.items():
        draw -= chance
        if draw < 0.0:
            return status
    return "approved"


_LEAVES: Final = [dict(zip(_MARKET, values, strict=True)) for values in product(*_MARKET.values())]
_PLACES: Final = range(len(_LEAVES))
_WEIGHTS: Final = list(
    accumulate(math.prod(_MARKET[name][leaf[name]] for name in _MARKET) for leaf in _LEAVES)
)
_SLICES: Final = [
    slices_of(
        Payment(transaction_id="t", status="approved", timestamp_ms=0, **dict[str, Any](leaf)),
        DEFAULT_SLICING,
    )
    for leaf in _LEAVES
]
