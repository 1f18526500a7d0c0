"""What the demo breaks, and what is to come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from producer.scenario import SCENARIOS, Outage, Scenario

CALM_SECONDS: Final = 25.0
RECOVERY_SECONDS: Final = 70.0
"""At most: the demo ends as soon as the recovery is told and every payment is counted."""


class Breakage(StrEnum):
    ROUTE = "route"
    SEGMENT = "segment"
    GATEWAY = "gateway"
    FUNDS = "funds"


@dataclass(frozen=True)
class Act:
    """What the demo breaks, and what is to come of it. what: in words, before and while; pages: whether
    anybody is to be woken."""

    outage: Outage
    what: str
    pages: bool = True

    @property
    def seconds(self) -> float:
        return self.outage.duration_s


ACTS: Final = {
    Breakage.SEGMENT: Act(
        Outage(
            slice={"issuer": "HDFC", "network": "VISA"},
            share_lost=0.6,
            start_s=CALM_SECONDS,
            duration_s=25.0,
        ),
        "60 % of the payments of issuer HDFC × network VISA fail",
    ),
    Breakage.ROUTE: Act(
        Outage(
            slice={"gateway": "razorpay", "issuer": "HDFC"},
            share_lost=0.6,
            start_s=CALM_SECONDS,
            duration_s=25.0,
        ),
        "60 % of the payments of issuer HDFC by gateway razorpay fail",
    ),
    Breakage.GATEWAY: Act(
        Outage(slice={"gateway": "payu"}, share_lost=0.6, start_s=CALM_SECONDS, duration_s=25.0),
        "60 % of the payments of gateway payu fail",
    ),
    Breakage.FUNDS: Act(
        Outage(slice={}, share_lost=0.25, start_s=CALM_SECONDS, duration_s=45.0, cause="customer"),
        "25 % of all customers are without funds",
        pages=False,
    ),
}


def scenario(act: Act, rate: float) -> Scenario:
    """The traffic of an act: all is well, then something breaks, then it recovers."""
    return replace(
        SCENARIOS["prime-day"],
        rate=rate,
        duration_s=CALM_SECONDS + act.seconds + RECOVERY_SECONDS,
        outages=(act.outage,),
    )


def phase(act: Act, elapsed: float) -> str:
    """What goes on so many seconds from the start, in words."""
    if elapsed < CALM_SECONDS:
        return f"all is well; in {CALM_SECONDS - elapsed:.0f} s {act.what}"
    if elapsed < CALM_SECONDS + act.seconds:
        return f"{act.what}" + ("" if act.pages else ": nobody is to be woken for that")
    return "it is over; waiting until the last word is said"
