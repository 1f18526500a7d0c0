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
from functions.core.troubles.incident import CARD_TESTING, DRIFT, Incident
from functions.core.troubles.route import ILL, UNSURE, WELL, Route, others_do_well, segment

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
CARD_TESTS: Final = (
    "call the fraud desk of {name} and tell the risk team: turn on 3-D Secure and a CAPTCHA there, limit"
    " tries by card, address and device (velocity); do not move the traffic, that spreads it."
)
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
_FEWEST_ALIKE: Final = 2
"""Gateways on which the same is wrong, for nothing to be moved."""


def first_action(incident: Incident, found: Blame) -> str:
    """A sentence or two."""
    if incident.kind == DRIFT:
        asked = f"is this how it is now? `paywatch normal {incident.id}` makes it normal. If not: "
        return asked + _against(incident, found)
    return _against(incident, found)


def _against(incident: Incident, found: Blame) -> str:
    if incident.pattern == CARD_TESTING:
        merchant = slice_values(incident.slice).get("merchant")
        return CARD_TESTS.format(name=merchant or "the merchant")
    if SIGNALS[incident.signal].action:
        return SIGNALS[incident.signal].action
    name = found.name or f"the {found.owner}"
    if found.owner in NOTHING_TO_MOVE:
        return NOTHING_TO_MOVE[found.owner].format(name=name) + "."
    call = CALL.get(found.owner or found.cause, CALL["unknown"]).format(name=name)
    return "; ".join([*_moving(incident), call]) + "."


def short_action(incident: Incident, found: Blame) -> str:
    """The same for a phone."""
    if incident.kind == DRIFT:
        return "normal now? Else see what changed"
    if incident.pattern == CARD_TESTING:
        return "call the merchant's fraud desk"
    if SIGNALS[incident.signal].action:
        return SIGNALS[incident.signal].action
    call = _CALL_SHORT.get(found.owner or found.cause, _CALL_SHORT["unknown"])
    if found.owner in NOTHING_TO_MOVE:
        return call
    well, ill = _gateways(incident, WELL), _gateways(incident, ILL)
    if well:
        return f"move it to {_listed(well[:2], 'or')}"
    if _others(incident):
        return f"move it off {_listed(ill, 'and')}"
    return f"nothing to move: {call}" if _moving(incident) else call


def routes_words(incident: Incident) -> str:
    """`razorpay 58 % of 212, payu 0.4 % of 310; not sure: stripe 0 of 3`; before it the segment, where
    it is wider than the incident's; empty without any."""
    routes = incident.routes
    sure = ", ".join(f"{r.gateway} {_share(r)}" for r in routes if r.does != UNSURE)
    unsure = ", ".join(f"{r.gateway} {r.shown} of {r.attempts}" for r in _on(incident, UNSURE))
    rates = "; ".join(filter(None, (sure, f"not sure: {unsure}" if unsure else "")))
    is_wider = bool(routes) and routes[0].segment != segment(incident.slice)
    return f"{words(routes[0].segment)}: {rates}" if is_wider else rates


def _moving(incident: Incident) -> list[str]:
    """What to do with the traffic, as far as that is known."""
    ill, others = _gateways(incident, ILL), _others(incident)
    rated = [f"{route.gateway} ({_share(route)})" for route in _on(incident, WELL)]
    if not rated and others:
        rated = [f"the others ({_share(others)} together)"]
    if rated:
        part = incident.routes[0].segment
        what = f"the traffic of {words(part)}" if part else "traffic"
        return [f"move {what} off {_listed(ill, 'and')} to {_listed(rated, 'or')}"]
    if len(incident.routes) == 1:
        only = incident.routes[0].gateway
        return [f"nothing can be moved: only {only} carries these payments", WARN]
    if len(ill) < _FEWEST_ALIKE:
        return []
    where = "every gateway" if len(ill) == len(incident.routes) else _listed(ill, "and")
    return [f"nothing can be moved: payments are {SIGNALS[incident.signal].short} on {where}", WARN]


def _others(incident: Incident) -> Route | None:
    return others_do_well(incident.routes, incident.worst.tolerated)


def _on(incident: Incident, does: str) -> list[Route]:
    return [route for route in incident.routes if route.does == does]


def _gateways(incident: Incident, does: str) -> list[str]:
    return [route.gateway for route in _on(incident, does)]


def _share(route: Route) -> str:
    return f"{percent(route.rate)} of {route.attempts:,}"


def _listed(names: Sequence[str], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, end = names or [""]
    return f"{', '.join(most)} {last} {end}" if most else end
