"""A route: a segment × a gateway. How the payments that an incident is about do on each of theirs.

A segment is what a payment is: its issuer × its network, or its method. Card and customer fix it; of
a payment's route only the gateway can be chosen. So what can be done about an incident depends on
how the same payments do by other gateways.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from functions.core.counting.confidence import lower_bound
from functions.core.counting.slices import Slice, slice_key, slice_values
from functions.core.troubles.severity import RATE_SURE

WELL, ILL, UNSURE = "well", "ill", "unsure"
"""How payments do on a route: surely far better than where they fail, and not worse than is tolerated
there as far as one can see; surely worse than that; or neither is sure."""

FEWEST_TO_BE_WELL: Final = 20
"""Attempts below which no route is called well."""
WELL_PART: Final = 0.5
"""A route that does well has, surely, less than this part of the rate that it is held against."""
MOST_ROUTES: Final = 5
"""Of an incident: more help nobody to choose."""
MOST_WELL: Final = 3
"""Of these, as long as there are others."""
_PARTS: Final = ("issuer", "network", "method")
"""Dimensions that stand for a segment whose routes are not counted, the narrowest first."""


class Route(msgspec.Struct, frozen=True, array_like=True):
    """segment: its slice, `""` for all traffic. attempts: since the incident began; rate: the share
    of them that shows the incident's signal. does: WELL, ILL or UNSURE."""

    segment: str
    gateway: str
    attempts: int
    rate: float
    does: str


def segment(key: Slice) -> Slice:
    """The slice without its gateway."""
    return slice_key(
        {name: value for name, value in slice_values(key).items() if name != "gateway"}
    )


def segments(key: Slice) -> list[Slice]:
    """The segments whose routes tell of the slice, best first: its own, then wider ones."""
    values = slice_values(segment(key))
    parts = [slice_key({name: values[name]}) for name in _PARTS if name in values]
    return list(dict.fromkeys((segment(key), *parts)))


def does(shown: int, attempts: int, tolerated: float, ill_rate: float) -> str:
    """How a route does of whose attempts so many show the signal. tolerated: the rate that is nothing
    to speak of there; ill_rate: the one that it is held against. Sure is 1 - RATE_SURE, one-sided."""
    if not attempts:
        return UNSURE
    if lower_bound(shown, attempts, RATE_SURE) > tolerated:
        return ILL
    at_most = 1.0 - lower_bound(attempts - shown, attempts, RATE_SURE)
    is_well = at_most < WELL_PART * ill_rate and attempts >= FEWEST_TO_BE_WELL
    return WELL if is_well else UNSURE


def most_telling(routes: Iterable[Route]) -> tuple[Route, ...]:
    """At most MOST_ROUTES: what does well first, then what does not, each the largest first."""
    ranked = sorted(routes, key=lambda route: (-route.attempts, route.gateway))
    by_state = {state: [r for r in ranked if r.does == state] for state in (WELL, ILL, UNSURE)}
    well, more = by_state[WELL][:MOST_WELL], by_state[WELL][MOST_WELL:]
    return tuple([*well, *by_state[ILL], *by_state[UNSURE], *more][:MOST_ROUTES])
