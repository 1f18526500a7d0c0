"""Counts of payments by second and slice: empty, add, merge. A commutative monoid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from functions.core.counting.counts import BAD, NONE, Counts, minus, one, speed
from functions.core.counting.failing import Failing, add_failing, few
from functions.core.counting.harm import (
    MOST_MONEY,
    Example,
    Money,
    add_money,
    bounded,
    example_of,
    is_harm,
    money_of,
)
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import ALL, Slicing, leaf_of, slices_and_leaf, slices_of
from functions.core.payments.event import Payment

Key = TypeVar("Key")


class Bucket(msgspec.Struct, array_like=True):
    """What is known of one second.

    slices: slice → counts. latency: sketch bucket → payments (all traffic). parked, late: events
    of that second of arrival that were parked, and payments that came too late to be counted.
    money: slice → currency → amounts that failed; examples: slice → the first of its failed payments,
    by name. unknown: decline code that the knowledge base does not have → payments. failing: leaf →
    counts of its payments that did not succeed. tests: payments of a test system, by the second of their
    arrival, which are in no other field. repeats: messages that said nothing new of a payment. faults:
    kind of what could not be read or is not known → how many events had it.
    """

    slices: dict[str, Counts] = msgspec.field(default_factory=dict)
    latency: dict[int, int] = msgspec.field(default_factory=dict)
    parked: int = 0
    late: int = 0
    money: dict[str, Money] = msgspec.field(default_factory=dict)
    examples: dict[str, Example] = msgspec.field(default_factory=dict)
    unknown: dict[str, int] = msgspec.field(default_factory=dict)
    failing: Failing = msgspec.field(default_factory=dict)
    tests: int = 0
    repeats: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def cells(self) -> int:
        return sum(len(cells) for cells in self.parts())

    def parts(self) -> tuple[dict[Any, Any], ...]:
        """Everything that grows with what is counted."""
        return (
            self.slices,
            self.latency,
            self.money,
            self.examples,
            self.unknown,
            self.failing,
            self.faults,
        )


MOST_FAULTS: Final = 64
"""Kinds of fault of one second; what comes on top is counted under OTHER_FAULTS."""
OTHER_FAULTS: Final = "other"


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
        keys, leaf = slices_and_leaf(payment, slicing)
        if counts >= BAD:
            bucket.failing[leaf] = bucket.failing.get(leaf, NONE) + counts * payment.count
        if latency is not None:
            counts += speed(latency)
            index = latency_index(latency)
            bucket.latency[index] = bucket.latency.get(index, 0) + payment.count
        counts *= payment.count
        slices = bucket.slices
        for key in keys:
            slices[key] = slices.get(key, NONE) + counts
        if is_harm(cause):
            _harm(bucket, keys, payment)
        if unknown_code:
            bucket.unknown[unknown_code] = bucket.unknown.get(unknown_code, 0) + payment.count

    def take(self, payment: Payment, cause: str, slicing: Slicing, unknown_code: str = "") -> None:
        """Take back what `add` counted; what it left as an example stays. Where less was counted, as much
        as that."""
        bucket = self.seconds.get(payment.timestamp_ms // 1000)
        if bucket is None:
            return
        latency, counts = payment.latency_ms, one(payment.status, cause)
        if counts >= BAD:
            leaf = leaf_of(payment, slicing)
            told = leaf if leaf in bucket.failing else ALL
            _less(bucket.failing, told, counts * payment.count)
        if latency is not None:
            counts += speed(latency)
            _fewer(bucket.latency, latency_index(latency), payment.count)
        keys = slices_of(payment, slicing)
        for key in keys:
            _less(bucket.slices, key, counts * payment.count)
        amount = money_of(payment) if is_harm(cause) else None
        if amount is not None:
            for key in keys:
                _fewer(bucket.money.get(key, {}), *amount)
        if unknown_code:
            _fewer(bucket.unknown, unknown_code, payment.count)

    def retry(self, payment: Payment, counts: Counts, slicing: Slicing) -> None:
        """Count a further try of a payment, as these counts."""
        slices = self.bucket(payment.timestamp_ms // 1000).slices
        for key in slices_of(payment, slicing):
            slices[key] = slices.get(key, NONE) + counts

    def park(self, arrival_second: int, events: int = 1) -> None:
        """Count events that could not become payments, by the second of their arrival."""
        self.bucket(arrival_second).parked += events

    def fault(self, arrival_second: int, kinds: Iterable[str]) -> None:
        """Count what could not be read or is not known of an event, by the second of its arrival."""
        faults = self.bucket(arrival_second).faults
        for kind in kinds:
            known = kind in faults or len(faults) < MOST_FAULTS
            kind = kind if known else OTHER_FAULTS
            faults[kind] = faults.get(kind, 0) + 1

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

    @property
    def repeats(self) -> int:
        return sum(bucket.repeats for bucket in self.seconds.values())

    @property
    def tests(self) -> int:
        return sum(bucket.tests for bucket in self.seconds.values())


def _less(counted: dict[str, Counts], key: str, taken: Counts) -> None:
    left = minus(counted.get(key, NONE), taken)
    if left:
        counted[key] = left
    else:
        counted.pop(key, None)


def _fewer(counted: dict[Key, int], key: Key, taken: int) -> None:
    if counted.get(key) == taken:
        del counted[key]
    elif key in counted:
        counted[key] -= taken


def _harm(bucket: Bucket, keys: Iterable[str], payment: Payment) -> None:
    example, amount = example_of(payment), money_of(payment)
    examples, sums = bucket.examples, bucket.money
    for key in keys:
        first = examples.get(key)
        if first is None or example < first:
            examples[key] = example
        if amount is not None:
            currency, thousandths = amount
            money = sums.get(key)
            if money is None:
                sums[key] = {currency: thousandths}
                continue
            total = money.get(currency, 0) + thousandths
            money[currency] = total if -MOST_MONEY <= total <= MOST_MONEY else bounded(total)


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
        one.tests + two.tests,
        one.repeats + two.repeats,
        _added(one.faults, two.faults),
    )


def _added(one: dict[str, int], two: dict[str, int]) -> dict[str, int]:
    """Both, of which MOST_FAULTS are told apart: the first by name, so that the order is all one."""
    if not two:
        return one
    total = dict(one)
    for kind, count in two.items():
        total[kind] = total.get(kind, 0) + count
    if len(total) <= MOST_FAULTS + 1:
        return total
    kept = {kind: total[kind] for kind in sorted(total.keys() - {OTHER_FAULTS})[:MOST_FAULTS]}
    kept[OTHER_FAULTS] = sum(total.values()) - sum(kept.values())
    return kept


def merge(tallies: Iterable[Tally]) -> Tally:
    """A new tally that holds all of them. Associative, commutative; `Tally()` is neutral."""
    seconds: dict[int, Bucket] = {}
    for tally in tallies:
        for second, bucket in tally.seconds.items():
            held = seconds.get(second)
            seconds[second] = bucket if held is None else merge_buckets(held, bucket)
    return Tally(seconds)
