"""Markers: what people and deployments changed, and when. A trouble that begins soon after one says so.

A marker is a hint, not evidence: it changes nothing of what is found, and who reads the page judges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from functions.core.counting.slices import ALL, Slice, disjoint, read_slice
from functions.core.payments.sensitive import kept

LONGEST_TEXT: Final = 120
LONGEST_NAME: Final = 40
KEPT_DAYS: Final = 400
"""As long as the records of troubles."""
LATE_SECONDS: Final = 120
"""So long after a trouble began, what was changed may still be why: who marks by hand is late, a
deployment is reported when it is through, and the first bad payment may be a chance one."""
MOST_NEAR: Final = 3
LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z."""


class Marker(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was changed, at epoch second `at`. slice: which payments it touches, all traffic unless that
    is known; by: who did it, empty where nobody says."""

    text: str
    at: int
    slice: Slice = ALL
    by: str = ""

    @property
    def key(self) -> str:
        """Sorts by time; the same marker told twice is one."""
        said = msgspec.json.encode((self.text, self.slice, self.by))
        return f"{self.at:012d}#{hashlib.blake2b(said, digest_size=6).hexdigest()}"


def marker(text: str, at: int, key: Slice = ALL, by: str = "") -> Marker:
    """A marker of texts that come from anywhere. Raises ValueError that says what is wrong."""
    told = kept(text, LONGEST_TEXT)
    if not told:
        raise ValueError("a marker needs a text: what was changed?")
    if not 0 <= at <= LAST_SECOND:
        raise ValueError(f"a marker's time, {at}, lies outside of the years 1970 to 9999")
    return Marker(told, at, checked_slice(key), kept(by, LONGEST_NAME))


def checked_slice(key: Slice) -> Slice:
    """A slice that comes from anywhere, as counts have it. Raises ValueError."""
    return read_slice(key) if key else ALL


def near(markers: Iterable[Marker], key: Slice, began: int, seconds: int) -> tuple[Marker, ...]:
    """The markers that a trouble in the slice, which began at `began`, may follow from: of the
    `seconds` before it and the LATE_SECONDS after, in slices that share payments with its own. At most
    MOST_NEAR: those before it first, and of them the nearest."""

    def order(one: Marker) -> tuple[bool, int, str]:
        return one.at > began, abs(began - one.at), one.key

    found: dict[tuple[str, str], Marker] = {}
    for one in sorted(markers, key=order):
        if -LATE_SECONDS <= began - one.at <= seconds and not disjoint(one.slice, key):
            found.setdefault((one.text, one.by), one)
    return tuple(found.values())[:MOST_NEAR]
