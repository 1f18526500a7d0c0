"""Counts of payments by outcome, packed into one whole number, so that adding is one addition.

A Counts is a number in base 2^64 with one digit a field of FIELDS: counts add up, and what was
added can be subtracted, as numbers do. Adding two takes 0.05 µs; as lists it took 0.8
(docs/decisions/0011). No digit overflows: it would take 2^64 payments.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Final

from functions.core.causes.vocabulary import CAUSES, PATH_CAUSES
from functions.core.counting.signals import SIGNALS
from functions.core.payments.event import ATTEMPT_STATUSES, STATUSES

Counts = Annotated[int, "packed"]
"""A type of its own, for what stores counts as bytes (functions/core/counting/wire.py)."""

SPEEDS: Final = (125, 250, 500, 1000, 2000, 4000, 8000, 16000)
"""Upper bounds in ms of the latency fields; the last field takes what is slower. A coarse DDSketch
(γ = 2): it adds up, and tells a slice's 95th percentile within a factor of two."""

_SPEED_FIELDS: Final = (*(f"within_{bound}" for bound in SPEEDS), "slower")
_BAD_STATUSES: Final = tuple(s for s in STATUSES if s in ATTEMPT_STATUSES and s != "approved")

FIELDS: Final = (
    "attempts",
    "refunded",
    "pending",
    *_SPEED_FIELDS,
    *_BAD_STATUSES,
    "failed_to_us",
    "denied_to_us",
    "attributable",
    *CAUSES,
    "retries",
    "retries_bad",
    "rescued",
)
"""attempts: payments with a final outcome, each by its first try. failed_to_us, denied_to_us: those that
failed or were denied for another cause than the customer or a fraud rule. attributable: with a cause on
the payment path. Fields before `failed` are of payments that went well too. retries: tries of a payment
after its first, which are in no other field; retries_bad: those that did not succeed. rescued: payments
whose first try did not succeed, and a later one did. A field is added at the end: counts that are stored
without it are read as they are."""

NONE: Final[Counts] = 0

_BITS: Final = 64
DIGIT: Final = (1 << _BITS) - 1
_AT: Final = {name: index * _BITS for index, name in enumerate(FIELDS)}
_WIDTH: Final = len(FIELDS) * _BITS // 8
_INDEX: Final = {name: index for index, name in enumerate(FIELDS)}
_NOT_BLAMED: Final = frozenset(("customer", "fraud"))

BAD: Final[Counts] = 1 << _AT[_BAD_STATUSES[0]]
"""Counts below this hold nothing that went wrong, and no retries."""

RETRY: Final[Counts] = 1 << _AT["retries"]
"""A further try of a payment."""
BAD_RETRY: Final[Counts] = RETRY + (1 << _AT["retries_bad"])
RESCUE: Final[Counts] = RETRY + (1 << _AT["rescued"])
"""The try by which a payment that failed first succeeded."""

BLAMED_AT: Final[Mapping[str, int]] = {
    signal.name: _AT[signal.judged_by] for signal in SIGNALS.values() if signal.judged_by
}
"""By how many bits the field that a signal is judged by lies up."""


def field(counts: Counts, name: str) -> int:
    return counts >> _AT[name] & DIGIT


def bits_to(name: str) -> int:
    """By how many bits the field lies up: what asks many counts for it shifts by itself."""
    return _AT[name]


def fields(counts: Counts) -> array[int]:
    """All fields, in the order of FIELDS."""
    return array("Q", counts.to_bytes(_WIDTH, "little"))


def counts_of(values: Mapping[str, int]) -> Counts:
    """The counts with these fields."""
    return sum(value << _AT[name] for name, value in values.items())


@cache
def one(status: str, cause: str) -> Counts:
    """The counts of one payment. `cause` is one of CAUSES, or empty when it did not fail."""
    values = {"attempts": 1} if status in ATTEMPT_STATUSES else {_COUNTED_AS.get(status, status): 1}
    if status in _BAD_STATUSES:
        values[status] = 1
        if f"{status}_to_us" in _AT and cause not in _NOT_BLAMED:
            values[f"{status}_to_us"] = 1
    if cause:
        values[cause] = 1
        if cause in PATH_CAUSES:
            values["attributable"] = 1
    return counts_of(values)


_COUNTED_AS: Final = {"abandoned": "pending", "disputed": "refunded"}
"""Statuses without a field of their own: no attempts either."""


def speed(latency_ms: float) -> Counts:
    """The counts of one latency."""
    for bound, unit in _SPEED_UNITS:
        if latency_ms <= bound:
            return unit
    return _SLOWER


_SPEED_UNITS: Final = tuple(
    (bound, 1 << _AT[name]) for bound, name in zip(SPEEDS, _SPEED_FIELDS, strict=False)
)
_SLOWER: Final = 1 << _AT["slower"]
_SPEED_AT: Final = tuple(_AT[name] for name in _SPEED_FIELDS)
_SPEED_MASKS: Final = tuple(
    (1 << _BITS * (len(_SPEED_FIELDS) - index)) - 1 for index in range(len(_SPEED_FIELDS))
)


def speeds(counts: Counts) -> list[int]:
    """Payments by latency: one number for each of SPEEDS, then what is slower."""
    found = fields(counts)
    first = _INDEX[_SPEED_FIELDS[0]]
    return list(found[first : first + len(_SPEED_FIELDS)])


def slower(counts: Counts, index: int) -> int:
    """Payments in the latency fields from `index` on: slower than the bound before it; all that have a
    latency at 0."""
    # The digits' sum: a number is its digits' sum modulo the base less one.
    return (counts >> _SPEED_AT[index] & _SPEED_MASKS[index]) % DIGIT


def slower_fields(index: int) -> Counts:
    """The latency fields from `index` on, all their bits set; none beyond the last."""
    return _SPEED_MASKS[index] << _SPEED_AT[index] if index < len(_SPEED_FIELDS) else NONE


def attempts(counts: Counts) -> int:
    """Payments with a final outcome, by their first try."""
    return counts & DIGIT


def tries(counts: Counts) -> int:
    """Attempts and retries: every try of every payment."""
    return attempts(counts) + field(counts, "retries")


def bad(counts: Counts) -> int:
    """Payments whose first try did not succeed."""
    return sum(field(counts, status) for status in _BAD_STATUSES)


def lost(counts: Counts) -> int:
    """Payments that did not succeed by any try, as far as is known: the customer went without."""
    return max(0, bad(counts) - field(counts, "rescued"))


def payments(counts: Counts) -> int:
    """All payments, attempts or not."""
    return attempts(counts) + field(counts, "refunded") + field(counts, "pending")


def approved(counts: Counts) -> int:
    return attempts(counts) - bad(counts)


def events(counts: Counts, signal: str) -> int:
    """The attempts that show the signal, one of RATES."""
    return field(counts, signal)


def blamed(counts: Counts, signal: str) -> int:
    """The attempts that show the signal and are neither the customer's nor a fraud rule's doing:
    what a page is about."""
    return counts >> BLAMED_AT[signal] & DIGIT


def minus(counts: Counts, taken: Counts) -> Counts:
    """`counts` without `taken`, in no field below 0."""
    left = fields(counts)
    for index, value in enumerate(fields(taken)):
        left[index] -= min(left[index], value)
    return int.from_bytes(left.tobytes(), "little")


def failures(counts: Counts) -> Counts:
    """The counts of what did not succeed, each still an attempt."""
    return (counts & _OF_FAILURES) + bad(counts)


_OF_FAILURES: Final = RETRY - BAD
"""The fields from the first that is of what went wrong, up to the retries: all their bits set."""


def by_cause(counts: Counts) -> dict[str, int]:
    """Attempts that did not succeed, by cause; causes without any are left out."""
    return {cause: n for cause in CAUSES if (n := field(counts, cause))}


def shown(counts: Counts, signal: str) -> dict[str, int]:
    """`by_cause` without the causes that the signal is not about."""
    return {cause: n for cause, n in by_cause(counts).items() if cause in _about(signal)}


def risen(counts: Counts, elsewhere: Counts, signal: str) -> dict[str, int]:
    """`shown`, beyond what the rate elsewhere would give; all of them when none rose."""
    scale = attempts(counts) / attempts(elsewhere)
    causes = shown(counts, signal)
    more = {cause: round(n - scale * field(elsewhere, cause)) for cause, n in causes.items()}
    return {cause: n for cause, n in more.items() if n > 0} or causes


def _about(signal: str) -> frozenset[str]:
    if signal == "attributable":
        return PATH_CAUSES
    return _BLAMED_CAUSES if signal in ("failed", "denied") else _ALL_CAUSES


_ALL_CAUSES: Final = frozenset(CAUSES)
_BLAMED_CAUSES: Final = _ALL_CAUSES - _NOT_BLAMED


def to_bytes(counts: Counts) -> bytes:
    return counts.to_bytes((counts.bit_length() + 7) // 8, "little")


def from_bytes(data: bytes) -> Counts:
    return int.from_bytes(data, "little")
