"""Payments as a scenario has them, in the order in which they are sent.

The same scenario, seed and start give the same bytes. Each second's payments are spread evenly,
each somewhere within its own equal part of the second: a run has exactly as many payments as its
rates add up to, and yet none comes by a beat.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from math import log
from operator import attrgetter
from typing import Final

from functions.core.payments.codec import encode
from functions.core.payments.event import Payment
from producer.mix import DENIALS, TECHNICAL, Gateway, Profile, Reason
from producer.pacing import Timed
from producer.scenario import Scenario

USERS: Final = 50_000
TIMEOUT_MS: Final = 30_000.0
"""What a payment took that nobody answered."""

LATE_S: Final = (2.0, 50.0)
VERY_LATE_S: Final = (90.0, 300.0)
VERY_LATE_SHARE: Final = 0.1
REPEATED_WITHIN_S: Final = 2.0

_LATENCY_SPREAD: Final = 0.45
_AMOUNT_SPREAD: Final = 1.0
_SLOWER_IN_OUTAGE: Final = 6.0


def traffic(scenario: Scenario, *, seed: int, start_ms: int) -> Iterator[Timed]:
    """The scenario's events in the order of their send times, which lie in [0, duration_s].

    start_ms: the time of second 0, epoch milliseconds. A payment's own time is its send time, but
    for late ones and for the second of a duplicate.
    """
    rng = random.Random(seed)
    population = _Population(scenario, rng, _run_id(scenario.name, seed, start_ms), start_ms)
    flaw_names = ("late", "duplicate", "malformed", "partial")
    flaw_shares = list(accumulate(getattr(scenario.flaws, name) for name in flaw_names))
    repeats: list[Timed] = []
    for end, sends in _arrivals(scenario, rng, seed):
        population.draw(len(sends))
        batch: list[Timed] = []
        for index, at in enumerate(sends):
            drawn = bisect(flaw_shares, rng.random())
            flaw = flaw_names[drawn] if drawn < len(flaw_names) else None
            if flaw is None:
                batch.append(Timed(at, population.payment(index, at)))
                continue
            payment = population.payment(index, at - _lateness(rng) if flaw == "late" else at)
            timed = Timed(at, _flawed(payment, flaw, rng))
            batch.append(timed)
            if flaw == "duplicate":
                again = min(at + rng.uniform(0.0, REPEATED_WITHIN_S), scenario.duration_s)
                repeats.append(Timed(again, timed.event))
        if repeats:
            is_last = end >= scenario.duration_s
            batch += [timed for timed in repeats if is_last or timed.at < end]
            repeats = [] if is_last else [timed for timed in repeats if timed.at >= end]
            batch.sort(key=attrgetter("at"))
        yield from batch


def _run_id(name: str, seed: int, start_ms: int) -> str:
    """Eight hex digits that tell the transactions of two runs apart."""
    return blake2b(f"{name}/{seed}/{start_ms}".encode(), digest_size=4).hexdigest()


def _arrivals(
    scenario: Scenario, rng: random.Random, seed: int
) -> Iterator[tuple[float, list[float]]]:
    """For each second: where it ends, and its send times in order; seconds from the start."""
    second, owed = 0.0, 0.0
    while second < scenario.duration_s:
        width = min(1.0, scenario.duration_s - second)
        owed += scenario.rate_at(second, seed) * width
        n = int(owed + 1e-9)  # sums of rates such as 0.1 fall short of the whole number
        owed -= n
        part = width / n if n else 0.0
        yield second + width, [second + (i + rng.random()) * part for i in range(n)]
        second += 1.0


class _Population:
    """Draws payments. `draw` draws for many at once what a table decides, `payment` makes one."""

    def __init__(self, scenario: Scenario, rng: random.Random, run_id: str, start_ms: int) -> None:
        mix = scenario.mix
        self._rng = rng
        self._run_id = run_id
        self._start_ms = start_ms
        self._made = 0
        self._outages = [
            (outage, tuple(outage.slice.items()), _picker(outage.reasons, rng))
            for outage in scenario.outages
        ]
        self._profiles, self._profile_weights = mix.profiles()
        self._gateways = mix.gateways
        self._gateway_weights = list(accumulate(gateway.share for gateway in mix.gateways))
        self._devices, self._device_weights = _table(mix.devices)
        self._merchants, self._merchant_weights = _table(mix.merchants)
        self._rare = ("backend_reversed", "reversed", "refunded", "pending")
        self._rare_shares = list(
            accumulate((mix.backend_reversed, mix.reversed, mix.refunded, mix.pending))
        )
        self._denial = _picker(DENIALS, rng)
        self._technical = _picker(TECHNICAL, rng)

    def draw(self, n: int) -> None:
        """Get ready for `payment(0)` to `payment(n - 1)`."""
        choices = self._rng.choices
        self._profile = choices(self._profiles, cum_weights=self._profile_weights, k=n)
        self._gateway = choices(self._gateways, cum_weights=self._gateway_weights, k=n)
        self._device = choices(self._devices, cum_weights=self._device_weights, k=n)
        self._merchant = choices(self._merchants, cum_weights=self._merchant_weights, k=n)

    def payment(self, index: int, happened: float) -> Payment:
        """One payment that happened at this second from the start, which may lie before it."""
        rng = self._rng
        profile, gateway = self._profile[index], self._gateway[index]
        device, merchant = self._device[index], self._merchant[index]
        status, reason = self._outcome(profile, gateway)
        latency_ms = rng.lognormvariate(log(profile.latency_ms), _LATENCY_SPREAD)
        if self._outages:
            values = {
                **profile._asdict(), "gateway": gateway.name, "device": device, "merchant": merchant
            }  # fmt: skip
            hit = self._outage(values, happened)
            if hit is not None:
                status, reason = hit
                if status == "failed":
                    latency_ms *= _SLOWER_IN_OUTAGE
        if reason is not None and reason.slow:
            latency_ms = TIMEOUT_MS + latency_ms
        self._made += 1
        return Payment(
            transaction_id=f"txn_{self._run_id}{self._made:07x}",
            status=status,
            timestamp_ms=self._start_ms + int(happened * 1000),
            region=profile.region,
            device=device,
            method=profile.method,
            network=profile.network,
            issuer=profile.issuer,
            gateway=gateway.name,
            merchant=merchant,
            country=profile.country,
            currency=profile.currency,
            error_code=reason.code if reason else None,
            error_scheme=reason.scheme if reason else None,
            error_message=reason.message if reason else None,
            latency_ms=round(latency_ms, 1),
            amount=round(rng.lognormvariate(log(profile.amount), _AMOUNT_SPREAD), 2),
            user_id=f"u{int(rng.random() * USERS):05d}",
        )

    def _outcome(self, profile: Profile, gateway: Gateway) -> tuple[str, Reason | None]:
        roll = self._rng.random()
        failed = profile.failed + gateway.failed
        if roll < failed:
            return "failed", self._technical()
        if roll < failed + profile.denied:
            return "denied", self._denial()
        rare = bisect(self._rare_shares, 1.0 - roll)
        return (self._rare[rare] if rare < len(self._rare) else "approved"), None

    def _outage(self, values: dict[str, str], happened: float) -> tuple[str, Reason] | None:
        """What an outage makes of this payment, and why; or None."""
        for outage, slice_values, pick in self._outages:
            if all(values[name] == value for name, value in slice_values):
                level = outage.level(happened)
                if level and self._rng.random() < level:
                    return outage.status, pick()
        return None


def _table(rows: Sequence[tuple[str, float]]) -> tuple[list[str], list[float]]:
    return [name for name, _ in rows], list(accumulate(share for _, share in rows))


def _picker(reasons: Sequence[Reason], rng: random.Random) -> Callable[[], Reason]:
    weights = list(accumulate(reason.share for reason in reasons))
    return lambda: rng.choices(reasons, cum_weights=weights)[0]


def _lateness(rng: random.Random) -> float:
    return rng.uniform(*(VERY_LATE_S if rng.random() < VERY_LATE_SHARE else LATE_S))


def _flawed(payment: Payment, flaw: str, rng: random.Random) -> Payment | bytes:
    if flaw == "partial":
        return Payment(
            transaction_id=payment.transaction_id,
            status=payment.status,
            timestamp_ms=payment.timestamp_ms,
            user_id=payment.user_id,
            device=payment.device,
            region=payment.region,
        )
    return rng.choice(_DAMAGES)(encode(payment), rng) if flaw == "malformed" else payment


def _cut_off(line: bytes, rng: random.Random) -> bytes:
    return line[: rng.randrange(2, len(line))]


def _without_id(line: bytes, rng: random.Random) -> bytes:
    return line.replace(b'"transaction_id"', b'"transaction_no"')


def _strange_status(line: bytes, rng: random.Random) -> bytes:
    return line.replace(b'"payment_status":"', b'"payment_status":"MAYBE_')


def _strange_time(line: bytes, rng: random.Random) -> bytes:
    return line.replace(b'"timestamp":"', b'"timestamp":"about ')


def _unquoted(line: bytes, rng: random.Random) -> bytes:
    return line.replace(b'"', b"")


_DAMAGES: Final = (_cut_off, _without_id, _strange_status, _strange_time, _unquoted)
"""Encoded event → bytes that are one malformed event, however they are packed."""
