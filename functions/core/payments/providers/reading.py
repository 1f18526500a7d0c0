"""What a provider's notification is read into, and how its parts are reached.

Whatever a provider may leave out, send as null or as something else is absent: nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

Object = Mapping[str, Any]
"""A decoded JSON object."""

Scalar = str | int | float

Fields = dict[str, Any]
"""A payment in the names of docs/events.md, with values as they came; absent is left out."""


class NoPayment(msgspec.Struct, frozen=True, gc=False):
    """What is well formed and tells of no payment, such as a report that is ready: counted and told,
    not parked. sender: a provider or an envelope. kind: its own word for it, at most 64 characters.
    """

    sender: str
    kind: str

    def __str__(self) -> str:
        return f"{self.sender}: {self.kind} is no payment"


Reading = list[Fields | NoPayment]
Reader = Callable[[Object], Reading]

LONGEST_KIND: Final = 64


def no_payment(sender: str, kind: Any) -> Reading:
    told = kind[: 4 * LONGEST_KIND] if isinstance(kind, str) else ""
    printable = "".join(sign if sign.isprintable() else " " for sign in told).strip()
    return [NoPayment(sender, printable[:LONGEST_KIND] or "an event without a type")]


def at(value: Any, *path: str | int) -> Any:
    """What lies under names and places in lists; None where the way ends before."""
    for step in path:
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list and type(step) is int and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def first(*values: Any) -> Scalar | None:
    """The first that is a text with something in it, or a number that is no absurdity: thousands of
    digits, infinite."""
    for value in values:
        kind = type(value)
        if kind is str:
            if value and not value.isspace():
                text: str = value.strip()
                return text
        elif (kind is int or kind is float) and -_LARGEST < value < _LARGEST:
            number: int | float = value
            return number
    return None


_LARGEST: Final = 10**30


def word(*values: Any) -> str:
    """As `first`, as a text; empty where there is none."""
    found = first(*values)
    return "" if found is None else str(found)


def currency_of(*values: Any) -> str:
    """The first that is there, in capitals, as ISO 4217 has it."""
    return word(*values).upper()


def is_false(value: Any) -> bool:
    """false, also as a text; what is absent is not."""
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def fields(**values: Any) -> Fields:
    """The values that are there; a mark of test is there where it is true."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value != ""
    }
