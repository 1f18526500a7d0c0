"""What a page says of the payments that failed: whether trying again helps, and what money to reconcile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.core.causes.advice import RETRY_ADVICE
from functions.core.counting.signals import SIGNALS
from functions.core.paging.page import Fact, percent
from functions.core.troubles.blame import Blame
from functions.core.troubles.incident import Incident

GIVEN_BACK: Final = frozenset(("reversed", "backend_reversed"))
"""Signals of payments that were charged."""
_AGAIN_GIVEN_BACK: Final = "as a new payment, once it is known why the money went back"
_MONEY_GIVEN_BACK: Final = "was charged and goes back: reconcile each payment with its reversal"
_NOTHING: Final = "nothing was charged, as far as the codes say"
_NEARLY_ALL: Final = 0.95
_HARDLY_ANY: Final = 0.005


def retry_facts(incident: Incident, found: Blame) -> list[Fact]:
    """While payments fail; empty where none do."""
    if SIGNALS[incident.signal].action:
        return []
    again = (
        _AGAIN_GIVEN_BACK
        if incident.signal in GIVEN_BACK
        else RETRY_ADVICE.get(found.cause, RETRY_ADVICE["unknown"]).again
    )
    return [("Try again", again), ("Money", money_words(incident))]


def money_facts(incident: Incident) -> list[Fact]:
    """When it is over: what is left to reconcile."""
    if SIGNALS[incident.signal].action or not is_money_unclear(incident):
        return []
    return [("Money", money_words(incident))]


def money_words(incident: Incident) -> str:
    if incident.signal in GIVEN_BACK:
        return _MONEY_GIVEN_BACK
    share = _unclear_share(incident.worst.causes)
    if share < _HARDLY_ANY:
        return _NOTHING
    who = "they" if share >= _NEARLY_ALL else f"{percent(share, whole=True)} of them"
    return f"{who} may have been charged: ask for their status, reconcile before repeating"


def is_money_unclear(incident: Incident) -> bool:
    """Whether some of the payments may have been charged."""
    return incident.signal in GIVEN_BACK or _unclear_share(incident.worst.causes) >= _HARDLY_ANY


def money_short(incident: Incident) -> str:
    """The same for a phone: `may be charged`; empty where it goes without saying."""
    if SIGNALS[incident.signal].action:
        return ""
    mostly = incident.signal not in GIVEN_BACK and _unclear_share(incident.worst.causes) >= 0.5
    return "may be charged" if mostly else ""


def _unclear_share(causes: Mapping[str, int]) -> float:
    """The share of the failures whose cause leaves it open; all of them where no cause is known."""
    total = sum(causes.values())
    if not total:
        return 1.0
    unclear = sum(
        count
        for cause, count in causes.items()
        if RETRY_ADVICE.get(cause, RETRY_ADVICE["unknown"]).is_unclear
    )
    return unclear / total
