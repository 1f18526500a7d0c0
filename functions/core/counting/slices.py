"""A slice: a value for some dimensions, written `issuer=HDFC&network=VISA`; `""` is all traffic.

How it is written is known here and nowhere else: who needs its dimensions or values asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from functions.core.payments.event import DIMENSIONS, Payment
from functions.core.payments.sensitive import quoted
from functions.core.payments.values import cleaned

Slice = str
"""A slice as it is written: a key of counts, in storage and in JSON."""

ALL: Final = ""
"""The slice of all traffic."""

OTHER: Final = "other"
"""The value under which a dimension's surplus values are pooled."""

Slicing = tuple[tuple[str, ...], ...]
"""The combinations of dimensions that are counted; each combination sorted by name."""

DEFAULT_SLICING: Final[Slicing] = (
    *((dimension,) for dimension in DIMENSIONS),
    ("gateway", "issuer"),
    ("gateway", "method"),
    ("gateway", "network"),
    ("issuer", "network"),
)

COMPARED: Final[Slicing] = (("gateway", "issuer"), ("gateway", "network"))
"""Counted to compare the same payments between gateways, and not judged. A slice of these and one of
issuer × network can hold much the same failures; which explains them, only a count of all three would
tell. So what fails is followed in an issuer, a network or a gateway, and its routes say on which gateways;
what failed by leaf says whether it is one of them alone (functions/core/detection/leaves.py)."""


def parse_slicing(text: str) -> Slicing:
    """`region,issuer*network` as a Slicing. Raises ValueError that names what is unknown or would
    be counted twice."""
    slicing = tuple(
        tuple(sorted(part.strip() for part in combination.split("*")))
        for combination in text.split(",")
        if combination.strip()
    )
    unknown = sorted({name for names in slicing for name in names} - set(DIMENSIONS))
    if unknown:
        raise ValueError(f"unknown dimension {', '.join(unknown)}; known: {', '.join(DIMENSIONS)}")
    for number, names in enumerate(slicing):
        if len(set(names)) < len(names) or names in slicing[:number]:
            raise ValueError(f"dimension or combination {'*'.join(names)} stands there twice")
    return slicing


def format_slicing(slicing: Slicing) -> str:
    return ",".join("*".join(names) for names in slicing)


def _element(name: str, value: str) -> str:
    escaped = value.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    return f"{name}={escaped}"


def slice_key(values: Mapping[str, str]) -> Slice:
    """The slice's text: its elements sorted by dimension, `%`, `&` and `=` in values escaped."""
    return "&".join(_element(name, values[name]) for name in sorted(values))


@lru_cache(maxsize=65536)
def slice_values(key: Slice) -> Mapping[str, str]:
    """Dimension → value, by dimension: the inverse of `slice_key`."""
    pairs = (element.split("=", 1) for element in key.split("&") if element)
    return {name: _unescaped(value) for name, value in pairs}


def _unescaped(value: str) -> str:
    return value.replace("%3D", "=").replace("%26", "&").replace("%25", "%")


def read_slice(text: str) -> Slice:
    """The slice that a person writes: `issuer=HDFC,network=VISA`, as it is stored, or in the words of a
    page; `all` is all traffic. Its values are spelt as payments' are, so that it is compared with what is
    counted. Raises ValueError that says what is wrong."""
    if text.strip().lower() in _ALL_WORDS:
        return ALL
    values: dict[str, str] = {}
    for part in _BETWEEN.split(text):
        found = _WRITTEN.fullmatch(part)
        name = found[1].lower() if found else ""
        if found is None or name not in DIMENSIONS:
            raise ValueError(
                f"{quoted(part)} is no part of a slice: want DIMENSION=VALUE, such as issuer=HDFC or"
                f" gateway=payu,method=upi, or all; dimensions: {', '.join(DIMENSIONS)}"
            )
        if name in values:
            raise ValueError(f"{name} stands twice in {quoted(text)}: a payment has one")
        value = cleaned(name, _unescaped(found[2]))
        if value is None:
            raise ValueError(f"{quoted(found[2])} says no {name}")
        values[name] = value
    return slice_key(values)


_ALL_WORDS: Final = frozenset(("all", "all traffic"))
_BETWEEN: Final = re.compile(r"\s*×\s*|\s*[&,]\s*(?=[A-Za-z_]{1,20}\s*=)")
_WRITTEN: Final = re.compile(r"\s*([A-Za-z_]{1,20})\s*[=\s]\s*(\S.*)", re.DOTALL)


def slices_of(payment: Payment, slicing: Slicing) -> Sequence[Slice]:
    """Every slice that the payment is in; a combination with an absent dimension is left out."""
    slicer = _slicer(slicing)
    return slicer[slicer.values_of(payment)][0]


def slices_and_leaf(payment: Payment, slicing: Slicing) -> tuple[Sequence[Slice], Slice]:
    """As `slices_of` and `leaf_of`, looked up once."""
    slicer = _slicer(slicing)
    return slicer[slicer.values_of(payment)]


def leaf_of(payment: Payment, slicing: Slicing) -> Slice:
    """The narrowest slice that the payment is in: its values of all dimensions of the slicing."""
    slicer = _slicer(slicing)
    return slicer[slicer.values_of(payment)][1]


def names_of(slicing: Slicing) -> tuple[str, ...]:
    """The dimensions of the slicing, by name."""
    return _slicer(slicing).names


def values_of(slicing: Slicing) -> Callable[[Payment], Values]:
    """What gives a payment's values of these dimensions, in their order; None where one is absent."""
    return _slicer(slicing).values_of


def keys_of(slicing: Slicing) -> Sequence[tuple[Sequence[int], Mapping[Any, Slice | None]]]:
    """Of each combination where its dimensions stand among these, and values of it → slice, None where one is
    absent. The value of a combination of one dimension stands for itself."""
    return _slicer(slicing).combinations


Values = tuple[str | None, ...]


class _Slicer(dict[Values, tuple[tuple[Slice, ...], Slice]]):
    """Values of the slicing's dimensions → the slices of a payment that has them, and its leaf: worked
    out once, for the same ones come all day."""

    def __init__(self, slicing: Slicing) -> None:
        self.slicing = slicing
        self.names = tuple(sorted({name for names in slicing for name in names}))
        self.values_of = _getter(self.names)
        place = {name: number for number, name in enumerate(self.names)}
        self.places = [(names, [place[name] for name in names]) for names in slicing]
        self.combinations = [(places, _Keys(names)) for names, places in self.places]

    def __missing__(self, values: Values) -> tuple[tuple[Slice, ...], Slice]:
        if len(self) >= _REMEMBERED:
            self.clear()
        keys = [ALL]
        for names, places in self.places:
            key = slice_of(names, tuple(values[place] for place in places))
            if key is not None:
                keys.append(key)
        single = (
            slice_of((name,), (value,)) for name, value in zip(self.names, values, strict=True)
        )
        leaf = narrowest(key for key in single if key is not None)
        found = self[values] = tuple(keys), leaf
        return found


class _Keys(dict[Any, Slice | None]):
    """Values of a combination → their slice: one dimension's value stands for itself."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __missing__(self, values: Any) -> Slice | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        key = slice_of(self.names, values if len(self.names) > 1 else (values,))
        self[values] = key
        return key


_REMEMBERED: Final = 16_384
_SLICERS: dict[int, _Slicer] = {}


def _slicer(slicing: Slicing) -> _Slicer:
    """Found by which object it is: to hash a slicing takes longer than all the rest."""
    found = _SLICERS.get(id(slicing))
    if found is None or found.slicing is not slicing:
        if len(_SLICERS) >= _MOST_SLICERS:
            _SLICERS.clear()
        found = _SLICERS[id(slicing)] = _Slicer(slicing)
    return found


_MOST_SLICERS: Final = 64


def _getter(names: tuple[str, ...]) -> Callable[[Payment], Values]:
    if not names:
        return lambda _: ()
    value_of: Callable[[Payment], Any] = attrgetter(*names)
    return value_of if len(names) > 1 else lambda payment: (value_of(payment),)


@lru_cache(maxsize=65536)
def slice_of(names: tuple[str, ...], values: Values) -> Slice | None:
    """The slice of these values, None where one is absent; kept: the same ones come all day."""
    present = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return slice_key(present) if len(present) == len(names) else None


@lru_cache(maxsize=65536)
def elements(key: Slice) -> tuple[Slice, ...]:
    """The slices of one dimension that it is the crossing of, in the order of their names."""
    return tuple(element for element in key.split("&") if element)


def narrowest(keys: Iterable[Slice]) -> Slice:
    """The slice of what is in all of these, each of one dimension, in the order of their names."""
    return "&".join(keys)


@lru_cache(maxsize=65536)
def dimensions(key: Slice) -> tuple[str, ...]:
    """The dimensions that the slice gives a value, by name; none of all traffic."""
    return tuple(slice_values(key))


@lru_cache(maxsize=65536)
def is_judged(key: Slice) -> bool:
    """Whether what happens in the slice may be a trouble of its own."""
    return dimensions(key) not in COMPARED


@lru_cache(maxsize=65536)
def crossing(one: Slice, two: Slice) -> Slice:
    """The slice of what is in both, where they are not disjoint."""
    return slice_key({**slice_values(one), **slice_values(two)})


@lru_cache(maxsize=65536)
def wider_slices(key: Slice) -> tuple[Slice, ...]:
    """The slices one dimension wider; none of all traffic."""
    values = slice_values(key)
    return tuple(
        slice_key({other: value for other, value in values.items() if other != name})
        for name in values
    )


def refines(inner: Slice, outer: Slice) -> bool:
    """Whether every payment of `inner` is also in `outer`."""
    return slice_values(outer).items() <= slice_values(inner).items()


def nested(one: Slice, two: Slice) -> bool:
    """Whether all payments of one of them are also in the other."""
    return refines(one, two) or refines(two, one)


def disjoint(one: Slice, two: Slice) -> bool:
    """Whether no payment can be in both: they give one dimension different values."""
    first, second = slice_values(one), slice_values(two)
    return any(name in second and second[name] != value for name, value in first.items())


def pooled(key: Slice) -> Slice:
    """The slice that takes in `key` when there are too many: its values replaced by `other`."""
    return slice_key(dict.fromkeys(slice_values(key), OTHER))


def words(key: Slice) -> str:
    """The slice for people: `issuer HDFC × network VISA`, or `all traffic`."""
    values = slice_values(key)
    return " × ".join(f"{name} {value}" for name, value in values.items()) or "all traffic"
