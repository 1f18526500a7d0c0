"""Counts of payments by second and slice: empty, add, merge. A commutative monoid.

`Counts` is a list of `len(FIELDS)` whole numbers: payments by status, then attempts by cause.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from functions.core.causes import CAUSES, PATH_CAUSES
from functions.core.event import ATTEMPT_STATUSES, STATUSES, Payment
from functions.core.slices import ALL, Slicing, slices_of

FIELDS: Final = (*STATUSES, *CAUSES)
_INDEX: Final = {name: index for index, name in enumerate(FIELDS)}
_ATTEMPTS: Final = tuple(_INDEX[name] for name in STATUSES if name in ATTEMPT_STATUSES)
_PATH: Final = tuple(_INDEX[name] for name in CAUSES if name in PATH_CAUSES)
_NOT_FAILURES: Final = frozenset(_INDEX[name] for name in ("approved", "refunded", "pending"))

Counts = list[int]
SIGNALS: Final = ("failed", "attributable", "denied", "reversed", "backend_reversed")
"""What has a rate: so many of the attempts."""


def no_counts() -> Counts:
    return [0] * len(FIELDS)


def plus(one: Sequence[int], two: Sequence[int]) -> Counts:
    return [a + b for a, b in zip(one, two, strict=True)]


def minus(one: Sequence[int], two: Sequence[int]) -> Counts:
    return [a - b for a, b in zip(one, two, strict=True)]


def attempts(counts: Sequence[int]) -> int:
    """Payments with a final outcome."""
    return sum(counts[index] for index in _ATTEMPTS)


def payments(counts: Sequence[int]) -> int:
    """All payments, attempts or not."""
    return sum(counts[: len(STATUSES)])


def events(counts: Sequence[int], signal: str) -> int:
    """The attempts that show the signal, one of SIGNALS."""
    if signal == "attributable":
        return sum(counts[index] for index in _PATH)
    return counts[_INDEX[signal]]


def failures(counts: Sequence[int]) -> Counts:
    """The counts without what was approved, refunded or is pending."""
    return [0 if index in _NOT_FAILURES else n for index, n in enumerate(counts)]


def by_cause(counts: Sequence[int]) -> dict[str, int]:
    """Attempts that did not succeed, by cause; causes without any are left out."""
    return {cause: n for cause in CAUSES if (n := counts[_INDEX[cause]])}


def shown(counts: Sequence[int], signal: str) -> Counts:
    """The counts without the causes that have nothing to do with the signal, as far as can be told:
    what failed is not what was denied, and denied is mostly the customer or a fraud rule."""
    left = list(counts)
    if signal == "attributable":
        for cause in CAUSES:
            if cause not in PATH_CAUSES:
                left[_INDEX[cause]] = 0
    elif signal == "failed":
        denied = counts[_INDEX["denied"]]
        for cause in ("customer", "fraud"):
            taken = min(denied, left[_INDEX[cause]])
            left[_INDEX[cause]] -= taken
            denied -= taken
    return left


def risen(counts: Sequence[int], elsewhere: Sequence[int]) -> dict[str, int]:
    """Attempts by cause beyond what the rate elsewhere would give; all of them when none rose."""
    scale = attempts(counts) / attempts(elsewhere)
    more = {
        cause: round(counts[_INDEX[cause]] - scale * elsewhere[_INDEX[cause]]) for cause in CAUSES
    }
    return {cause: n for cause, n in more.items() if n > 0} or by_cause(counts)


class Bucket(msgspec.Struct, array_like=True):
    """What is known of one second.

    slices: slice → counts. latency: sketch bucket → payments (all traffic). parked, late: events
    of that second of arrival that were parked, and payments that came too late to be counted.
    """

    slices: dict[str, Counts] = msgspec.field(default_factory=dict)
    latency: dict[int, int] = msgspec.field(default_factory=dict)
    parked: int = 0
    late: int = 0

    @property
    def cells(self) -> int:
        return len(self.slices) + len(self.latency)


class Tally(msgspec.Struct, array_like=True):
    """Second since the epoch → Bucket."""

    seconds: dict[int, Bucket] = msgspec.field(default_factory=dict)

    def bucket(self, second: int) -> Bucket:
        found = self.seconds.get(second)
        if found is None:
            found = self.seconds[second] = Bucket()
        return found

    def add(self, payment: Payment, cause: str, slicing: Slicing) -> None:
        """Count one payment. `cause` is one of CAUSES, or empty when it did not fail."""
        bucket = self.bucket(payment.timestamp_ms // 1000)
        status, count = _INDEX[payment.status], payment.count
        because = _INDEX[cause] if cause else -1
        slices = bucket.slices
        for key in slices_of(payment, slicing):
            counts = slices.get(key)
            if counts is None:
                counts = slices[key] = no_counts()
            counts[status] += count
            if because >= 0:
                counts[because] += count
        if payment.latency_ms is not None:
            index = latency_index(payment.latency_ms)
            bucket.latency[index] = bucket.latency.get(index, 0) + count

    def park(self, arrival_second: int, events: int = 1) -> None:
        """Count events that could not become payments, by the second of their arrival."""
        self.bucket(arrival_second).parked += events

    @property
    def cells(self) -> int:
        """Numbers of slices and latency buckets over all seconds: what its size grows with."""
        return sum(bucket.cells for bucket in self.seconds.values())

    @property
    def total(self) -> Counts:
        """Counts over all seconds, all traffic."""
        total = no_counts()
        for bucket in self.seconds.values():
            if ALL in bucket.slices:
                total = plus(total, bucket.slices[ALL])
        return total

    @property
    def parked(self) -> int:
        return sum(bucket.parked for bucket in self.seconds.values())


def merge_buckets(one: Bucket, two: Bucket) -> Bucket:
    """A new bucket that holds both."""
    slices = dict(one.slices)
    for key, counts in two.slices.items():
        held = slices.get(key)
        slices[key] = counts if held is None else plus(held, counts)
    latency = dict(one.latency)
    for index, count in two.latency.items():
        latency[index] = latency.get(index, 0) + count
    return Bucket(slices, latency, one.parked + two.parked, one.late + two.late)


def merge(tallies: Iterable[Tally]) -> Tally:
    """A new tally that holds all of them. Associative, commutative; `Tally()` is neutral."""
    seconds: dict[int, Bucket] = {}
    for tally in tallies:
        for second, bucket in tally.seconds.items():
            held = seconds.get(second)
            seconds[second] = bucket if held is None else merge_buckets(held, bucket)
    return Tally(seconds)


def split(tally: Tally, largest: int) -> list[Tally]:
    """The tally in parts of at most `largest` cells each, whose merge is the tally.

    The same tally is always split the same way. An empty tally is one empty part.
    """
    parts: list[Tally] = [Tally()]
    room = largest

    def piece_of(second: int, piece: Bucket) -> Bucket:
        """The piece of that second that has room for one cell more."""
        nonlocal room
        if room == 0:
            piece = Bucket()
            parts.append(Tally({second: piece}))
            room = largest
        room -= 1
        return piece

    for second in sorted(tally.seconds):
        bucket = tally.seconds[second]
        piece = parts[-1].seconds[second] = Bucket({}, {}, bucket.parked, bucket.late)
        for key, counts in sorted(bucket.slices.items()):
            piece = piece_of(second, piece)
            piece.slices[key] = counts
        for index, count in sorted(bucket.latency.items()):
            piece = piece_of(second, piece)
            piece.latency[index] = count
    return parts


_GAMMA: Final = 1.1
_LOG_GAMMA: Final = math.log(_GAMMA)


def latency_index(latency_ms: float) -> int:
    """The sketch bucket of a latency: DDSketch (Masson, Rim, Lee, VLDB 2019), γ = 1.1.

    Bucket i holds (γ^(i-1), γ^i] ms, so a quantile is right within (γ-1)/(γ+1) = 4.8 %.
    Latencies of 1 ms or less share bucket 0.
    """
    return max(0, math.ceil(math.log(latency_ms) / _LOG_GAMMA)) if latency_ms > 1 else 0


def latency_quantile(sketch: Mapping[int, int], quantile: float) -> float | None:
    """The latency in ms below which `quantile` of the payments lie; None of an empty sketch."""
    rank = quantile * sum(sketch.values())
    seen = 0
    for index in sorted(sketch):
        seen += sketch[index]
        if seen >= rank:
            return 2 * _GAMMA**index / (_GAMMA + 1)
    return None
