"""The payments of the last quarter of an hour by their marks, and what of a partial is no first try.

tally counts every message as a payment's first try, and names them all (functions/core/counting/messages.py).
Here a message of a payment that is known is taken out again: a repeat and a later state count nothing, a
further try counts as a retry. The messages of one partial are taken in the order of their times; of two
partials the one that comes first says which try was first. What is known lies in the steps of the journal
and nowhere else: of a payment that went well 8 bytes, written once (docs/decisions/0028).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import repeat
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from functions.core.counting.harm import example_of, is_harm
from functions.core.counting.marks import MARK_BYTES, NO_MARK, marks_in
from functions.core.counting.messages import (
    APPROVED,
    TRIED,
    Message,
    Messages,
    role_of,
    slicing_of,
)
from functions.core.counting.slices import Slicing, slices_of
from functions.core.counting.tally import Bucket, Tally

REMEMBERED_SECONDS: Final = 900
"""So long a payment is known, by detect's clock."""
MOST_MARKS: Final = 1_000_000
"""Marks that are known at once, of payments and tries: 15 minutes of 1,000 payments a second. Beyond, the
oldest are forgotten first. A mark takes some 100 bytes of memory."""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """The payments and tries of one partial. at: detect's clock, in seconds. payments: what is known of a
    payment (functions/core/counting/messages.py) → marks, 8 bytes each; tries: the marks of those that did
    not succeed."""

    at: int = 0
    payments: dict[int, bytes] = msgspec.field(default_factory=dict)
    tries: bytes = b""

    @property
    def marks(self) -> int:
        return (sum(map(len, self.payments.values())) + len(self.tries)) // MARK_BYTES


NOTHING_SEEN: Final = Seen()


class Remembered(msgspec.Struct, frozen=True):
    """What was seen, by partial, the oldest first. first: how many came before these and are forgotten;
    marks: in all of these."""

    first: int = 0
    seen: tuple[Seen, ...] = ()
    marks: int = 0


NOTHING_REMEMBERED: Final = Remembered()


def with_seen(known: Remembered, seen: Seen) -> Remembered:
    """What is known after the partial."""
    if not seen.payments and not seen.tries:
        return known
    return _bounded(Remembered(known.first, (*known.seen, seen), known.marks + seen.marks), seen.at)


def as_of(known: Remembered, clock: int) -> Remembered:
    """What is known still."""
    if not known.seen or known.seen[0].at > clock - REMEMBERED_SECONDS:
        return known
    return _bounded(known, clock)


def _bounded(known: Remembered, clock: int) -> Remembered:
    gone, marks = 0, known.marks
    for seen in known.seen:
        if seen.at > clock - REMEMBERED_SECONDS and marks <= MOST_MARKS:
            break
        gone += 1
        marks -= seen.marks
    return Remembered(known.first + gone, known.seen[gone:], marks) if gone else known


class Index:
    """What is known, by mark: for whoever steps, from step to step. It follows from Remembered; with a new one
    nothing is lost but time."""

    def __init__(self) -> None:
        self._known = NOTHING_REMEMBERED
        self._payments: dict[int, int] = {}
        self._tries: dict[int, int] = {}

    def of(self, known: Remembered) -> Index:
        """The index of what is known: brought on from that of before, where this follows on it."""
        held = self._known
        if held is known:
            return self
        end = held.first + len(held.seen)
        if not self._is_continued(held, known, end):
            self._payments, self._tries = {}, {}
            held, end = Remembered(known.first), known.first
        for number, seen in enumerate(held.seen[: known.first - held.first], held.first):
            self._forget(number, seen)
        for number, seen in enumerate(known.seen[end - known.first :], end):
            self._learn(number, seen)
        self._known = known
        return self

    @staticmethod
    def _is_continued(held: Remembered, known: Remembered, end: int) -> bool:
        if not held.seen or not held.first <= known.first < end <= known.first + len(known.seen):
            return False
        return known.seen[end - 1 - known.first] is held.seen[-1]

    def _learn(self, number: int, seen: Seen) -> None:
        for bits, marks in seen.payments.items():
            self._payments.update(zip(marks_in(marks), repeat(number << _BITS | bits)))
        if seen.tries:
            self._tries.update(zip(marks_in(seen.tries), repeat(number)))

    def _forget(self, number: int, seen: Seen) -> None:
        payments, tries = self._payments, self._tries
        for bits, marks in seen.payments.items():
            value = number << _BITS | bits
            for mark in marks_in(marks):
                if payments.get(mark) == value:
                    del payments[mark]
        for mark in marks_in(seen.tries):
            if tries.get(mark) == number:
                del tries[mark]

    def payments_among(self, marks: set[int]) -> set[int]:
        return self._payments.keys() & marks

    def payment(self, mark: int) -> int:
        """What is known of the payment: 0 where it is not."""
        return self._payments.get(mark, 0) & _MASK

    def has_try(self, mark: int) -> bool:
        return mark in self._tries


_BITS: Final = 9
_MASK: Final = (1 << _BITS) - 1
_WELL: Final = TRIED | APPROVED
_RANK: Final = {"failed": 0, "denied": 0, "approved": 1}
"""At the same time a try that did not succeed comes before the one that did."""


class Settled(NamedTuple):
    """A tally with nothing in it but first tries, retries and first words; what is known by it; and how
    many of its messages are a further word of a payment that is in another field already, such as the
    success of what was pending."""

    tally: Tally
    seen: Seen = NOTHING_SEEN
    words: int = 0


def settled(tally: Tally, messages: Messages, index: Index, clock: int) -> Settled:
    """The tally, which is not touched, settled. The index is of what was known before, `clock` detect's
    now."""
    if not messages:
        return Settled(tally)
    well = messages.well
    groups: dict[int, list[Message]] = {}
    for message in messages.others:
        groups.setdefault(message.mark, []).append(message)
    again = _again(well, groups, index)
    if again:
        places = [place for place, mark in enumerate(well) if mark in again]
        for message in messages.rows(places):
            groups.setdefault(message.mark, []).append(message)
    taking = _Taking(tally, messages.slicing)
    found: dict[int, list[int]] = {}
    tries: set[int] = set()
    for mark, group in groups.items():
        known = _part(group, index.payment(mark), index, tries, taking)
        if mark != NO_MARK:
            found.setdefault(known, []).append(mark)
    marks = {known: array("Q", of).tobytes() for known, of in found.items()}
    plain = messages.marks
    if again:
        plain = array("Q", (mark for mark in well if mark not in again)).tobytes()
    if plain:
        marks[_WELL] = marks.get(_WELL, b"") + plain
    seen = Seen(clock, marks, array("Q", sorted(tries)).tobytes())
    return Settled(taking.outcome(clock), seen, taking.words)


def _again(well: Sequence[int], groups: dict[int, list[Message]], index: Index) -> set[int]:
    """The marks of what went well that are known, or come more than once."""
    once = set(well)
    again = index.payments_among(once) | (groups.keys() & once)
    if len(once) < len(well):
        again.update(mark for mark, times in Counter(well).items() if times > 1)
    return again


def _part(group: list[Message], known: int, index: Index, tries: set[int], taking: _Taking) -> int:
    """What is known of a payment after its messages, of which those that are no first try are taken out.
    Messages that stand for several payments have no mark, and are repeated or are not."""
    if len(group) > 1:
        group.sort(key=_order)
    for message in group:
        is_known_try = message.tried in tries or index.has_try(message.tried)
        if message.tried != NO_MARK:
            tries.add(message.tried)
        if message.mark == NO_MARK:
            taking.message(message, first=not is_known_try)
            continue
        role = role_of(known, message.payment.status, is_known_try=is_known_try)
        taking.words += role.first and known != 0
        taking.message(message, first=role.first, retry=role.retry)
        known = role.known
    return known


def _order(message: Message) -> tuple[int, int, int, str]:
    """By time; what is said of one time, in an order that is the same however it came."""
    payment = message.payment
    return payment.timestamp_ms, _RANK.get(payment.status, 2), message.tried, repr(payment)


class _Taking:
    """A tally out of which messages are taken. What it is made of is copied before it is changed."""

    def __init__(self, tally: Tally, slicing: str) -> None:
        self._tally, self._slicing_text = tally, slicing
        self._slicing: Slicing = ()
        self._copy: Tally | None = None
        self._repeats = 0
        self.words = 0
        self._harms: list[Message] = []
        self._lost_examples: set[int] = set()

    def message(self, message: Message, *, first: bool, retry: int = 0) -> None:
        payment, is_harming = message.payment, is_harm(message.cause)
        if first:
            if is_harming:
                self._harms.append(message)
            return
        if self._copy is None:
            self._slicing = slicing_of(self._slicing_text)
            self._copy = Tally({second: _copied(b) for second, b in self._tally.seconds.items()})
        self._copy.take(payment, message.cause, self._slicing, message.unknown)
        if is_harming:
            self._lost_examples.add(payment.timestamp_ms // 1000)
        if retry:
            self._copy.retry(payment, retry, self._slicing)
        else:
            self._repeats += payment.count

    def outcome(self, clock: int) -> Tally:
        if self._copy is None:
            return self._tally
        for second in self._lost_examples:
            self._copy.bucket(second).examples.clear()
        for message in self._harms:
            second = message.payment.timestamp_ms // 1000
            if second in self._lost_examples:
                examples, example = self._copy.bucket(second).examples, example_of(message.payment)
                for key in slices_of(message.payment, self._slicing):
                    examples[key] = min(example, examples.get(key, example))
        if self._repeats:
            self._copy.bucket(clock).repeats += self._repeats
        return self._copy


def _copied(bucket: Bucket) -> Bucket:
    return replace(
        bucket,
        slices=dict(bucket.slices),
        latency=dict(bucket.latency),
        money={key: dict(money) for key, money in bucket.money.items()},
        examples=dict(bucket.examples),
        unknown=dict(bucket.unknown),
        failing=dict(bucket.failing),
    )
