"""A payment, a try and a message told apart, so that what comes again is not counted again.

A system says more than once of a payment what became of it: a producer sends a message anew, a webhook
is delivered eight times, a customer tries again, what was authorised is captured and settled. So

    a payment  is all that bears its id (with its merchant's, where that is given);
    a try      is one attempt at it: its own id, where it has one, or else its time;
    a message  is what is said of a try at a time: id, status and time.

By what is known of its payment already, a message counts as its first try, as a retry, or not at all
(`role_of`). One partial does not know what another has counted. So tally counts every message as if it
were a first try and names all of them in the partial, with what it counted for each; detect, the one
writer, knows the payments of the last quarter of an hour and takes out what was not a first try
(functions/core/detection/remembered.py, docs/decisions/0028).

Payments and tries are known by their marks (functions/core/counting/marks.py).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import nan
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from functions.core.counting.counts import BAD_RETRY, RESCUE, Counts
from functions.core.counting.harm import code_of, kept_id
from functions.core.counting.marks import MARK_BYTES, NO_MARK, marks_in, payment_mark, try_mark
from functions.core.counting.slices import (
    Slicing,
    format_slicing,
    names_of,
    parse_slicing,
)
from functions.core.counting.well import Numbering, Well, is_well
from functions.core.payments.event import DIMENSIONS, Payment

TRIED, APPROVED, FAILED = 1, 2, 4
_BIT: Final = {
    "approved": TRIED | APPROVED,
    "failed": TRIED | FAILED,
    "denied": TRIED | FAILED,
    "pending": 8,
    "refunded": 16,
    "abandoned": 32,
    "disputed": 64,
    "reversed": 128,
    "backend_reversed": 256,
}
"""Status → what a payment is known by once it had it. FAILED: a try of it did not succeed."""
_REVERSALS: Final = frozenset(("reversed", "backend_reversed"))
_BAD_TRIES: Final = frozenset(("failed", "denied"))


class Role(NamedTuple):
    """What a message is of its payment. first: it counts as tally counted it. retry: what it counts
    instead, where it is a further try; 0 where it counts nothing. known: what is known of the payment
    after it."""

    first: bool
    retry: Counts
    known: int


def role_of(known: int, status: str, *, is_known_try: bool = False) -> Role:
    """What a message of that status is, of a payment of which that much is known (0: nothing).

    The first try that does not succeed counts whatever is known: that it failed is found, and costs, the
    same in every order. A payment that was approved may be undone later: a reversal counts by itself,
    once. After a failure it is how the failure ends.
    """
    bit = _BIT[status]
    after = known | bit
    if status in _BAD_TRIES:
        if is_known_try:
            return Role(False, 0, known)
        if known & FAILED:
            return Role(False, BAD_RETRY, known)
        return Role(True, 0, after)
    if known & bit == bit or (status in _REVERSALS and known & FAILED):
        return Role(False, 0, after)
    if status == "approved" and known & FAILED:
        return Role(False, RESCUE, after)
    return Role(True, 0, after)


class Message(msgspec.Struct, frozen=True, array_like=True):
    """A message and what tally counted for it, which `Tally.take` takes back. payment: what of it counts,
    and nothing else; its id as an example shows it. mark, tried: of the payment and of the try, NO_MARK
    where there is none to know it by."""

    mark: int
    tried: int
    payment: Payment
    cause: str = ""
    unknown: str = ""


class Messages(msgspec.Struct, frozen=True, array_like=True):
    """The messages of a partial, in bytes by column: those of single payments that went well, which are
    nearly all, and the others one by one.

    marks: 8 bytes a message; times: milliseconds since `since_ms` (epoch), 4 bytes each, or 8 where they lie
    49 days apart; latencies: ms, as
    doubles, NaN where there is none, empty where none has any. values: by dimension of the slicing, in
    the order of their names, the distinct values and which one each message has (a byte each, or two
    where there are more than 256; empty where all have the first). slicing: as text
    (functions/core/counting/slices.py).
    """

    slicing: str = ""
    marks: bytes = b""
    times: bytes = b""
    latencies: bytes = b""
    values: tuple[tuple[tuple[str | None, ...], bytes], ...] = ()
    others: tuple[Message, ...] = ()
    since_ms: int = 0

    def __bool__(self) -> bool:
        return bool(self.marks or self.others)

    @property
    def cells(self) -> int:
        """What the size grows with, in about 8 bytes each, as the cells of a tally."""
        return CELLS_WELL * (len(self.marks) // MARK_BYTES) + CELLS_OTHER * len(self.others)

    @property
    def well(self) -> array[int]:
        """The marks of the payments that went well."""
        return marks_in(self.marks)

    def rows(self, places: Sequence[int]) -> Iterator[Message]:
        """Those that went well at these places."""
        marks = self.well
        times = _array("I" if len(self.times) < 8 * len(marks) else "Q", self.times)
        latencies = _array("d", self.latencies)
        names = names_of(slicing_of(self.slicing))
        columns = [
            (table, _array("B" if len(table) <= _IN_A_BYTE else "H", which))
            for table, which in self.values
        ]
        for place in places:
            latency = latencies[place] if latencies else nan
            values: dict[str, Any] = {
                name: table[which[place] if which else 0]
                for name, (table, which) in zip(names, columns, strict=True)
            }
            payment = Payment(
                transaction_id="",
                status="approved",
                timestamp_ms=self.since_ms + times[place],
                latency_ms=None if latency != latency else latency,
                **values,
            )
            yield Message(marks[place], NO_MARK, payment)


NO_MESSAGES: Final = Messages()


class Noting:
    """The messages of a partial as they come. well: those of single payments that went well."""

    def __init__(self, slicing: Slicing) -> None:
        self._slicing = slicing
        self.well = Well(slicing)
        self._others: list[Message] = []

    def add(self, payment: Payment, cause: str, unknown: str = "") -> None:
        """Note what was counted, with that cause and that unknown code."""
        if is_well(payment):
            self.well.add(payment)
        else:
            self._others.append(message_of(payment, cause, unknown, self._slicing))

    @property
    def cells(self) -> int:
        """As `Tally.cells`: what the size grows with, in about 8 bytes each."""
        return CELLS_WELL * len(self.well) + CELLS_OTHER * len(self._others)

    def noted(self) -> Messages:
        well = self.well
        if not well:
            others = tuple(self._others)
            return Messages(format_slicing(self._slicing), others=others) if others else NO_MESSAGES
        since_ms = min(well.times)
        kind = "I" if max(well.times) - since_ms < 1 << 32 else "Q"
        return Messages(
            slicing=format_slicing(self._slicing),
            marks=bytes(well.marks),
            times=array(kind, [at - since_ms for at in well.times]).tobytes(),
            latencies=b"" if well.without_latency else well.latencies.tobytes(),
            values=tuple(map(_column, well.numberings, well.which)),
            others=tuple(self._others),
            since_ms=since_ms,
        )


CELLS_WELL: Final = 3
CELLS_OTHER: Final = 15


slicing_of: Final = lru_cache(maxsize=16)(parse_slicing)
"""The slicing that a text says: the same object each time."""


def message_of(payment: Payment, cause: str, unknown: str, slicing: Slicing) -> Message:
    """The message as a partial names it, by itself."""
    values = _dimensions_of(payment)
    names = names_of(slicing)
    if len(names) < len(DIMENSIONS):
        counted = {*names, "currency"}
        named = zip(DIMENSIONS, values, strict=True)
        values = tuple([value if name in counted else None for name, value in named])
    # In the order in which a payment has them, which takes half as long as by name.
    kept: Any = (
        kept_id(payment),
        payment.status,
        payment.timestamp_ms,
        payment.count,
        *values,
        code_of(payment) or None,
        None,
        None,
        payment.latency_ms,
        payment.amount,
    )
    is_single = payment.count == 1
    is_try = not is_single or payment.status in _BAD_TRIES
    mark = _number(payment_mark(payment)) if is_single else NO_MARK
    tried = _number(try_mark(payment)) if is_try else NO_MARK
    return Message(mark, tried, Payment(*kept), cause, unknown)


_dimensions_of: Final[Callable[[Payment], tuple[str | None, ...]]] = attrgetter(*DIMENSIONS)


def _number(mark: bytes) -> int:
    return int.from_bytes(mark, "little")


def _column(numbering: Numbering, which: Sequence[int]) -> tuple[tuple[str | None, ...], bytes]:
    """The distinct values, and which one each is."""
    values = tuple(numbering.met)
    if len(values) == 1:
        return values, b""
    return values, bytes(which) if len(values) <= _IN_A_BYTE else array("H", which).tobytes()


_IN_A_BYTE: Final = 256


def _array(kind: str, data: bytes) -> array[Any]:
    """The numbers that the bytes hold. Raises ValueError where they hold no whole number of them."""
    found: array[Any] = array(kind)
    found.frombytes(data)
    return found
