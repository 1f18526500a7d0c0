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

Payments and tries are known by marks: 64 bits of BLAKE2b (RFC 7693) of their ids.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import nan
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from functions.core.counting.counts import BAD_RETRY, RESCUE, RETRY, Counts
from functions.core.counting.harm import code_of, example_of
from functions.core.counting.slices import Slicing, format_slicing, parse_slicing
from functions.core.payments.event import Payment

MARK_BYTES: Final = 8
NO_MARK: Final = 0

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
"""Status → what a payment is known by once it had it. FAILED: its first try did not succeed."""
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

    A payment that was approved may be undone later: a reversal counts by itself, once. After a failure it
    is how the failure ends.
    """
    bit = _BIT[status]
    after = known | bit
    if status in _BAD_TRIES:
        if is_known_try:
            return Role(False, 0, known)
        if known & TRIED:
            return Role(False, BAD_RETRY, known)
        return Role(True, 0, after)
    if known & bit == bit or (status in _REVERSALS and known & FAILED):
        return Role(False, 0, after)
    if status == "approved" and known & TRIED:
        return Role(False, RESCUE if known & FAILED else RETRY, after)
    return Role(True, 0, after)


def payment_mark(payment: Payment) -> bytes:
    """Of the payment that the message is about."""
    text = f"{payment.transaction_id}\0{payment.merchant or ''}"
    return blake2b(text.encode(errors="surrogatepass"), digest_size=MARK_BYTES).digest()


def try_mark(payment: Payment) -> bytes:
    """Of the try that the message is about. Of a message that stands for several payments alike, of the
    message: who counts before sending gives them no ids."""
    which = payment.attempt_id or payment.timestamp_ms
    text = f"{payment.transaction_id}\0{payment.merchant or ''}\0{which}"
    if payment.count > 1:
        text = f"{text}\0{payment.timestamp_ms}\0{payment.status}\0{payment.count}"
    return blake2b(text.encode(errors="surrogatepass"), digest_size=MARK_BYTES).digest()


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

    marks: 8 bytes a message; times: epoch milliseconds, 8 bytes each; latencies: ms, as doubles, NaN where
    there is none, empty where none has any. values: by dimension of the slicing, in the order of their
    names, the distinct values and which one each message has (2 bytes each, empty where all have the
    first). slicing: as text (functions/core/counting/slices.py).
    """

    slicing: str = ""
    marks: bytes = b""
    times: bytes = b""
    latencies: bytes = b""
    values: tuple[tuple[tuple[str | None, ...], bytes], ...] = ()
    others: tuple[Message, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.marks or self.others)

    @property
    def cells(self) -> int:
        """What the size grows with, in about 8 bytes each, as the cells of a tally."""
        return CELLS_WELL * (len(self.marks) // MARK_BYTES) + CELLS_OTHER * len(self.others)

    @property
    def well(self) -> array[int]:
        """The marks of the payments that went well."""
        return _array("Q", self.marks)

    def rows(self, places: Sequence[int]) -> Iterator[Message]:
        """Those that went well at these places."""
        marks, times = self.well, _array("Q", self.times)
        latencies = _array("d", self.latencies)
        names = _names(parse_slicing(self.slicing))
        columns = [(table, _array("H", which)) for table, which in self.values]
        for place in places:
            latency = latencies[place] if latencies else nan
            values: dict[str, Any] = {
                name: table[which[place] if which else 0]
                for name, (table, which) in zip(names, columns, strict=True)
            }
            payment = Payment(
                transaction_id="",
                status="approved",
                timestamp_ms=times[place],
                latency_ms=None if latency != latency else latency,
                **values,
            )
            yield Message(marks[place], NO_MARK, payment)


NO_MESSAGES: Final = Messages()


class Noting:
    """The messages of a partial as they come."""

    def __init__(self, slicing: Slicing) -> None:
        self._slicing = slicing
        self._values_of = _values_of(slicing)
        self._marks: list[bytes] = []
        self._times: list[int] = []
        self._latencies: list[float | None] = []
        self._values: list[tuple[str | None, ...]] = []
        self._others: list[Message] = []

    def add(self, payment: Payment, cause: str, unknown: str = "") -> None:
        """Note what was counted, with that cause and that unknown code."""
        if payment.status == "approved" and payment.count == 1:
            text = f"{payment.transaction_id}\0{payment.merchant or ''}"
            data = text.encode(errors="surrogatepass")
            self._marks.append(blake2b(data, digest_size=MARK_BYTES).digest())
            self._times.append(payment.timestamp_ms)
            self._latencies.append(payment.latency_ms)
            self._values.append(self._values_of(payment))
        else:
            self._others.append(counted(payment, cause, unknown, self._slicing))

    @property
    def cells(self) -> int:
        """As `Tally.cells`: what the size grows with, in about 8 bytes each."""
        return CELLS_WELL * len(self._marks) + CELLS_OTHER * len(self._others)

    def noted(self) -> Messages:
        if not self._marks and not self._others:
            return NO_MESSAGES
        latencies = b""
        if any(latency is not None for latency in self._latencies):
            given = [nan if latency is None else latency for latency in self._latencies]
            latencies = array("d", given).tobytes()
        return Messages(
            slicing=format_slicing(self._slicing),
            marks=b"".join(self._marks),
            times=array("Q", self._times).tobytes(),
            latencies=latencies,
            values=tuple(map(_column, zip(*self._values, strict=True))),
            others=tuple(self._others),
        )


CELLS_WELL: Final = 3
CELLS_OTHER: Final = 15


def counted(payment: Payment, cause: str, unknown: str, slicing: Slicing) -> Message:
    """The message as a partial names it, by itself."""
    values: dict[str, Any] = dict(zip(_names(slicing), _values_of(slicing)(payment), strict=True))
    kept = Payment(
        transaction_id=example_of(payment).transaction_id,
        status=payment.status,
        timestamp_ms=payment.timestamp_ms,
        count=payment.count,
        error_code=code_of(payment) or None,
        latency_ms=payment.latency_ms,
        amount=payment.amount,
        **{**values, "currency": payment.currency},
    )
    is_single = payment.count == 1
    tried = not is_single or payment.status in _BAD_TRIES
    return Message(
        mark=_number(payment_mark(payment)) if is_single else NO_MARK,
        tried=_number(try_mark(payment)) if tried else NO_MARK,
        payment=kept,
        cause=cause,
        unknown=unknown,
    )


def _number(mark: bytes) -> int:
    return int.from_bytes(mark, "little")


def _column(values: Sequence[str | None]) -> tuple[tuple[str | None, ...], bytes]:
    """The distinct values in the order in which they come, and which one each is."""
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if len(places) == 1:
        return tuple(places), b""
    return tuple(places), array("H", map(places.__getitem__, values)).tobytes()


@lru_cache(maxsize=64)
def _names(slicing: Slicing) -> tuple[str, ...]:
    """The dimensions of the slicing, by name."""
    return tuple(sorted({name for names in slicing for name in names}))


@lru_cache(maxsize=64)
def _values_of(slicing: Slicing) -> Callable[[Payment], tuple[str | None, ...]]:
    names = _names(slicing)
    if not names:
        return lambda _: ()
    value_of: Callable[[Payment], Any] = attrgetter(*names)
    if len(names) == 1:
        return lambda payment: (value_of(payment),)
    return value_of


def _array(kind: str, data: bytes) -> array[Any]:
    """The numbers that the bytes hold. Raises ValueError where they hold no whole number of them."""
    found: array[Any] = array(kind)
    found.frombytes(data)
    return found
