"""What to do first about an incident: what can be moved where, and whom to call.

Card and customer fix issuer, network and method of a payment; only its gateway can be chosen. So
traffic is moved only to gateways on which the same payments are seen to do well
(functions/core/troubles/route.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import slice_values, words
from functions.core.paging.page import percent
from functions.core.troubles.blame import RISK_TEAM, Blame
from functions.core.troubles.incident import Incident
from functions.core.troubles.route import ILL, UNSURE, WELL, Route, segment

CALL: Final[Mapping[str, str]] = {
    "issuer": "call the technical desk of {name}",
    "network": "check the status page of {name}, call the acquirer",
    "gateway": "check the status page of {name}, open a ticket",
    "timeout": "see which hop is slow (gateway, network or issuer), shorten what waits for it",
    "unknown": "open the dashboard, read the newest error codes: the events do not say why",
}
"""By owner, or by cause where there is none; {name} is the owner's own name where it is known."""
NOTHING_TO_MOVE: Final[Mapping[str, str]] = {
    "merchant": "check the set-up of {name} and its last change: keys, limits, accounts",
    "customers": "compare with a campaign or a payday; no outage on the payment path is seen",
    RISK_TEAM: "tell the risk team: rules may be too strict, or an attack is under way",
}
"""By owner: what other gateways cannot help."""
WARN: Final = "tell customers, hide the method or warn of it"

_CALL_SHORT: Final[Mapping[str, str]] = {
    "issuer": "call the issuer",
    "network": "check the network's status",
    "gateway": "check the gateway's status",
    "timeout": "find the slow hop",
    "unknown": "open the dashboard",
    "merchant": "check its last change",
    "customers": "compare with a campaign or payday",
    RISK_TEAM: "tell the risk team",
}
_MOST_ALIKE: Final = 2
"""On so many gateways it fails, at least, to be said to fail on whichever."""


def first_action(incident: Incident, found: Blame) -> str:
    """A sentence or two."""
    if SIGNALS[incident.signal].action:
        return SIGNALS[incident.signal].action
    name = found.name or f"the {found.owner}"
    if found.owner in NOTHING_TO_MOVE:
        return NOTHING_TO_MOVE[found.owner].format(name=name) + "."
    call = CALL.get(found.owner or found.cause, CALL["unknown"]).format(name=name)
    return "; ".join([*_moving(incident), call]) + "."


def short_action(incident: Incident, found: Blame) -> str:
    """The same for a phone."""
    if SIGNALS[incident.signal].action:
        return SIGNALS[incident.signal].action
    call = _CALL_SHORT.get(found.owner or found.cause, _CALL_SHORT["unknown"])
    if found.owner in NOTHING_TO_MOVE:
        return call
    well = _on(incident, WELL)
    if well:
        return f"move it to {_listed([route.gateway for route in well[:2]], 'or')}"
    return f"nothing to move: {call}" if _moving(incident) else call


def routes_words(incident: Incident) -> str:
    """`razorpay 58 % of 212, payu 0.4 % of 310, stripe too few to tell`; before it the segment, where
    it is wider than the incident's; empty without any."""
    routes = incident.routes
    is_wider = bool(routes) and routes[0].segment != segment(incident.slice)
    whose = f"{words(routes[0].segment)}: " if is_wider else ""
    return whose + ", ".join(map(_rated, routes))


def _moving(incident: Incident) -> list[str]:
    """What to do with the traffic, as far as that is known."""
    routes, well, ill = incident.routes, _on(incident, WELL), _on(incident, ILL)
    if well:
        off = slice_values(incident.slice).get("gateway") or _listed(
            [r.gateway for r in ill], "and"
        )
        to = _listed([f"{r.gateway} ({percent(r.rate)} of {r.attempts:,})" for r in well], "or")
        part = well[0].segment
        what = f"the traffic of {words(part)}" if part else "traffic"
        return [f"move {what}{f' off {off}' if off else ''} to {to}"]
    if len(routes) == 1:
        return [f"nothing can be moved: only {routes[0].gateway} carries these payments", WARN]
    if len(ill) < _MOST_ALIKE:
        return []
    where = "every gateway" if len(ill) == len(routes) else _listed([r.gateway for r in ill], "and")
    how = SIGNALS[incident.signal].short
    return [f"nothing can be moved: payments are {how} on {where}", WARN]


def _on(incident: Incident, does: str) -> list[Route]:
    return [route for route in incident.routes if route.does == does]


def _rated(route: Route) -> str:
    if route.does == UNSURE:
        return f"{route.gateway} too few to tell"
    return f"{route.gateway} {percent(route.rate)} of {route.attempts:,}"


def _listed(names: Sequence[str], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, end = names or [""]
    return f"{', '.join(most)} {last} {end}" if most else end
