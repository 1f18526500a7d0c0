"""Counts of payments by second and slice: empty, add, merge. A commutative monoid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from functions.core.counting.counts import BAD, NONE, Counts, one, speed
from functions.core.counting.failing import Failing, add_failing, few
from functions.core.counting.harm import (
    Example,
    Money,
    add_money,
    bounded,
    example_of,
    is_harm,
    money_of,
)
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import ALL, Slicing, leaf_of, slices_of
from functions.core.payments.event import Payment


class Bucket(msgspec.Struct, array_like=True):
    """What is known of one second.

    slices: slice → counts. latency: sketch bucket → payments (all traffic). parked, late: events
    of that second of arrival that were parked, and payments that came too late to be counted.
    money: slice → currency → amounts that failed; examples: slice → the first of its failed payments,
    by name. unknown: decline code that the knowledge base does not have → payments. failing: leaf →
    counts of its payments that did not succeed.
    """

    slices: dict[str, Counts] = msgspec.field(default_factory=dict)
    latency: dict[int, int] = msgspec.field(default_factory=dict)
    parked: int = 0
    late: int = 0
    money: dict[str, Money] = msgspec.field(default_factory=dict)
    examples: dict[str, Example] = msgspec.field(default_factory=dict)
    unknown: dict[str, int] = msgspec.field(default_factory=dict)
    failing: Failing = msgspec.field(default_factory=dict)

    @property
    def cells(self) -> int:
        return sum(len(cells) for cells in self.parts())

    def parts(self) -> tuple[dict[Any, Any], ...]:
        """Everything that grows with what is counted, in the order in which a tally is split."""
        return self.slices, self.latency, self.money, self.examples, self.unknown, self.failing


class Tally(msgspec.Struct, array_like=True):
    """Second since the epoch → Bucket."""

    seconds: dict[int, Bucket] = msgspec.field(default_factory=dict)

    def bucket(self, second: int) -> Bucket:
        found = self.seconds.get(second)
        if found is None:
            found = self.seconds[second] = Bucket()
        return found

    def add(self, payment: Payment, cause: str, slicing: Slicing, unknown_code: str = "") -> None:
        """Count one payment. `cause` is one of CAUSES, or empty when it did not fail; unknown_code
        is its decline code where the knowledge base does not have it."""
        bucket = self.bucket(payment.timestamp_ms // 1000)
        latency, counts = payment.latency_ms, one(payment.status, cause)
        if counts >= BAD:
            leaf = leaf_of(payment, slicing)
            bucket.failing[leaf] = bucket.failing.get(leaf, NONE) + counts * payment.count
        if latency is not None:
            counts += speed(latency)
            index = latency_index(latency)
            bucket.latency[index] = bucket.latency.get(index, 0) + payment.count
        counts *= payment.count
        slices = bucket.slices
        keys = slices_of(payment, slicing)
        for key in keys:
            slices[key] = slices.get(key, NONE) + counts
        if is_harm(cause):
            _harm(bucket, keys, payment)
        if unknown_code:
            bucket.unknown[unknown_code] = bucket.unknown.get(unknown_code, 0) + payment.count

    def park(self, arrival_second: int, events: int = 1) -> None:
        """Count events that could not become payments, by the second of their arrival."""
        self.bucket(arrival_second).parked += events

    def with_few_leaves(self) -> Tally:
        """The tally with few leaves told apart in each second. It is changed, if at all."""
        for bucket in self.seconds.values():
            bucket.failing = few(bucket.failing)
        return self

    @property
    def cells(self) -> int:
        """Numbers of slices and latency buckets over all seconds: what its size grows with."""
        return sum(bucket.cells for bucket in self.seconds.values())

    @property
    def total(self) -> Counts:
        """Counts over all seconds, all traffic."""
        return sum(bucket.slices.get(ALL, NONE) for bucket in self.seconds.values())

    @property
    def parked(self) -> int:
        return sum(bucket.parked for bucket in self.seconds.values())


def _harm(bucket: Bucket, keys: Iterable[str], payment: Payment) -> None:
    example, amount = example_of(payment), money_of(payment)
    for key in keys:
        bucket.examples[key] = min(example, bucket.examples.get(key, example))
        if amount is not None:
            money = bucket.money.setdefault(key, {})
            money[amount[0]] = bounded(money.get(amount[0], 0) + amount[1])


def merge_buckets(one: Bucket, two: Bucket) -> Bucket:
    """A new bucket that holds both."""
    slices = dict(one.slices)
    for key, counts in two.slices.items():
        slices[key] = slices.get(key, NONE) + counts
    latency = dict(one.latency)
    for index, count in two.latency.items():
        latency[index] = latency.get(index, 0) + count
    money = dict(one.money)
    for key, amounts in two.money.items():
        money[key] = add_money(money.get(key, {}), amounts)
    examples = dict(one.examples)
    for key, example in two.examples.items():
        examples[key] = min(example, examples.get(key, example))
    unknown = dict(one.unknown)
    for code, count in two.unknown.items():
        unknown[code] = unknown.get(code, 0) + count
    return Bucket(
        slices,
        latency,
        one.parked + two.parked,
        one.late + two.late,
        money,
        examples,
        unknown,
        add_failing(one.failing, two.failing),
    )


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
        for number, cells in enumerate(bucket.parts()):
            for key in sorted(cells):
                piece = piece_of(second, piece)
                piece.parts()[number][key] = cells[key]
    return parts
