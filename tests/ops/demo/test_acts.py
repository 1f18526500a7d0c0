"""The demo's acts: well, broken, recovered, and what is said meanwhile."""

from __future__ import annotations

import pytest

from ops.demo.acts import ACTS, CALM_SECONDS, RECOVERY_SECONDS, Act, Breakage, phase, scenario

FUNDS = ACTS[Breakage.FUNDS]
SEGMENT = ACTS[Breakage.SEGMENT]


def test_there_is_an_act_for_everything_that_can_be_broken() -> None:
    assert set(ACTS) == set(Breakage)


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_all_is_well_before_and_after_what_breaks(act: Act) -> None:
    traffic = scenario(act, 250.0)
    (outage,) = traffic.outages
    assert traffic.rate == 250.0
    assert outage.start_s == CALM_SECONDS
    assert traffic.duration_s == outage.start_s + outage.duration_s + RECOVERY_SECONDS


def test_customers_without_funds_wake_nobody() -> None:
    assert [breakage for breakage, act in ACTS.items() if not act.pages] == [Breakage.FUNDS]
    assert FUNDS.outage.cause == "customer"


@pytest.mark.parametrize(
    ("act", "elapsed", "words"),
    [
        (
            SEGMENT,
            0.0,
            "all is well; in 25 s 60 % of the payments of issuer HDFC × network VISA fail",
        ),
        (SEGMENT, 25.0, "60 % of the payments of issuer HDFC × network VISA fail"),
        (SEGMENT, 50.0, "it is over; waiting until the last word is said"),
        (FUNDS, 24.6, "all is well; in 0 s 25 % of all customers are without funds"),
        (
            FUNDS,
            69.9,
            "25 % of all customers are without funds: nobody is to be woken for that",
        ),
        (FUNDS, 70.0, "it is over; waiting until the last word is said"),
    ],
)
def test_what_goes_on_is_said_in_words(act: Act, elapsed: float, words: str) -> None:
    assert phase(act, elapsed) == words
