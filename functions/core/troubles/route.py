"""A route: a segment × a gateway. How the payments that an incident is about do on each of theirs.

A segment is what a payment is: its issuer × its network, or its method. Card and customer fix it; of
a payment's route only the gateway can be chosen. So what can be done about an incident depends on
how the same payments do by other gateways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.confidence import SURE, lower_bound
from functions.core.counting.slices import Slice, slice_key, slice_values

WELL, ILL, UNSURE = "well", "ill", "unsure"
"""How payments do on a route: ILL, more surely shows the signal than is tolerated there; WELL, that is
not so, and surely far less shows it than where they do ill; UNSURE, neither is proven."""

MORE_SURE: Final = 0.01
"""Error probability of the bound by which payments do ill, and of what is said of several routes as one."""
WELL_PART: Final = 0.5
"""Where payments do well, surely less than this part of the rate where they do ill shows the signal."""
MOST_ROUTES: Final = 5
"""Of an incident: more help nobody to choose."""
MOST_WELL: Final = 3
"""Of these, as long as there are others."""
_PARTS: Final = ("issuer", "network", "method")
"""Dimensions that stand for a segment whose routes are not counted, the narrowest first."""


class Route(msgspec.Struct, frozen=True, array_like=True):
    """segment: its slice, `""` for all traffic. attempts: since the incident began; shown: those of
    them that show the incident's signal. does: WELL, ILL or UNSURE."""

    segment: str
    gateway: str
    attempts: int
    shown: int
    does: str = UNSURE

    @property
    def rate(self) -> float:
        return self.shown / self.attempts if self.attempts else 0.0


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


def judged(routes: Mapping[Route, float], failing: str = "") -> list[Route]:
    """The routes of one segment with how they do, each by the rate that is tolerated on it. failing:
    the gateway that the incident is about, on which they do ill."""
    ill = [
        route
        for route, tolerated in routes.items()
        if route.gateway == failing or _is_ill(route, tolerated)
    ]
    worst = together(ill)
    found: list[Route] = []
    for route, tolerated in routes.items():
        is_well = route not in ill and _is_well(route, tolerated, worst, SURE)
        found.append(replace(route, does=ILL if route in ill else WELL if is_well else UNSURE))
    return found


def others_do_well(routes: Iterable[Route], tolerated: float) -> Route | None:
    """The routes on which the payments do not do ill, as one, where they do well together. It must be
    surer (1 - MORE_SURE) than of one alone: they are what was left when those that do ill were taken."""
    found = list(routes)
    ill = together(route for route in found if route.does == ILL)
    others = together(route for route in found if route.does != ILL)
    return others if _is_well(others, tolerated, ill, MORE_SURE) else None


def together(routes: Iterable[Route]) -> Route:
    """As if they were one; its gateway is empty."""
    found = list(routes)
    part = found[0].segment if found else ""
    return Route(part, "", sum(r.attempts for r in found), sum(r.shown for r in found))


def _is_ill(route: Route, tolerated: float) -> bool:
    return lower_bound(route.shown, route.attempts, MORE_SURE) > tolerated


def _is_well(route: Route, tolerated: float, ill: Route, error: float) -> bool:
    """error: the probability of it where half as much shows the signal as where it does ill; where as
    much does, it is far smaller."""
    if not route.attempts or _is_ill(route, tolerated):
        return False
    at_most = 1.0 - lower_bound(route.attempts - route.shown, route.attempts, error)
    return at_most < WELL_PART * ill.rate


def most_telling(routes: Iterable[Route]) -> tuple[Route, ...]:
    """At most MOST_ROUTES: what does well first, then what does not, each the largest first."""
    ranked = sorted(routes, key=lambda route: (-route.attempts, route.gateway))
    by_state = {state: [r for r in ranked if r.does == state] for state in (WELL, ILL, UNSURE)}
    well, more = by_state[WELL][:MOST_WELL], by_state[WELL][MOST_WELL:]
    return tuple([*well, *by_state[ILL], *by_state[UNSURE], *more][:MOST_ROUTES])
