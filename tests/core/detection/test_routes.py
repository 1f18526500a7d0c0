"""How the same payments do by other gateways, as detect's step finds it in traffic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.counting.slices import ALL, DEFAULT_SLICING, Slicing
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.paging.first_action import first_action
from functions.core.troubles.blame import blame
from functions.core.troubles.incident import RECOVERING, Incident
from functions.core.troubles.route import ILL, UNSURE, WELL
from tests.builders import NOW, counts, partial, tally
from tests.traffic import SLICING, Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
BROKEN_AT = 100
RARELY_COUNTED = ("gateway", "issuer", "network")
HDFC, VISA = {"issuer": "HDFC"}, {"network": "VISA"}
ALPHA, BETA = {"gateway": "alpha"}, {"gateway": "beta"}


def incidents(
    where: Mapping[str, str],
    *,
    absent: tuple[Mapping[str, str], ...] = (),
    slicing: Slicing = DEFAULT_SLICING,
    cause: str = "issuer",
    status: str = "failed",
    share: float = 0.6,
    seconds: int = 10,
    lasts: int = 1000,
) -> list[Incident]:
    """What pages, so many seconds after these payments began to fail."""
    end = BROKEN_AT + lasts
    faults = (Fault(where, share, BROKEN_AT, end, status=status, cause=cause),)
    traffic = Traffic(rate=300, faults=faults, slicing=slicing, absent=absent)
    state = initial(RULES)
    for coming in traffic(BROKEN_AT + seconds):
        state, _ = step(state, [coming], RULES)
    return [one for one in state.incidents if one.pages]


def incident(where: Mapping[str, str], **fields: Any) -> Incident:
    """The only one."""
    [found] = incidents(where, **fields)
    return found


def on(found: Incident) -> dict[str, str]:
    """Gateway → how the incident's payments do on it."""
    return {route.gateway: route.does for route in found.routes}


def advice(found: Incident) -> str:
    return first_action(found, blame(found))


def test_where_an_issuer_fails_on_one_gateway_only_its_traffic_is_to_be_moved_off_it() -> None:
    found = incident({**HDFC, **ALPHA})
    assert found.slice == "issuer=HDFC"
    assert on(found) == {"alpha": ILL, "beta": WELL}
    assert advice(found).startswith("move the traffic of issuer HDFC off alpha to beta (")


def test_where_an_issuer_fails_on_all_gateways_there_is_nothing_to_move() -> None:
    found = incident(HDFC)
    assert found.slice == "issuer=HDFC"
    assert on(found) == {"alpha": ILL, "beta": ILL}
    assert advice(found).startswith("nothing can be moved: payments are failing on every gateway")
    assert advice(found).endswith("call the technical desk of HDFC.")


def test_where_a_gateway_fails_traffic_is_to_be_moved_to_those_that_do_well() -> None:
    found = incident(BETA, cause="gateway")
    assert found.slice == "gateway=beta"
    assert on(found) == {"alpha": WELL, "beta": ILL}
    assert advice(found).startswith("move traffic off beta to alpha (")


def test_where_only_one_gateway_carries_an_issuer_there_is_nowhere_to_move() -> None:
    found = incident(HDFC, absent=({**HDFC, **BETA},))
    assert on(found) == {"alpha": ILL}
    assert advice(found).startswith("nothing can be moved: only alpha carries these payments")


def test_a_network_and_a_method_have_routes_like_an_issuer() -> None:
    for found in incidents({**VISA, **BETA}):
        assert on(found) == {"alpha": WELL, "beta": ILL}
    assert on(incident({"method": "upi", **BETA})) == {"alpha": WELL, "beta": ILL}
    assert on(incident({"method": "upi"})) == {"alpha": ILL, "beta": ILL}


def test_of_an_issuer_on_one_network_the_issuers_routes_are_told() -> None:
    everywhere = incident({**HDFC, **VISA})
    assert everywhere.slice == "issuer=HDFC&network=VISA"
    assert {route.segment for route in everywhere.routes} == {"issuer=HDFC"}
    assert on(everywhere) == {"alpha": ILL, "beta": ILL}


def test_a_route_says_how_many_attempts_it_has_had_since_the_incident_began() -> None:
    [beta] = [r for r in incident({**HDFC, **ALPHA}).routes if r.gateway == "beta"]
    assert beta.segment == "issuer=HDFC"
    assert beta.rate < 0.02
    # HDFC has two fifths of 300 payments a second, and beta two fifths of these, for 10 seconds.
    assert beta.attempts == pytest.approx(480, rel=0.2)


@pytest.mark.parametrize("status", ["failed", "denied", "reversed"])
def test_every_rate_has_its_routes(status: str) -> None:
    assert on(incident(BETA, status=status, cause="unknown")) == {"alpha": WELL, "beta": ILL}


def test_the_routes_of_one_that_recovers_stay_as_they_were_while_it_was_ill() -> None:
    found = incident(HDFC, lasts=10, seconds=25)
    assert found.state == RECOVERING
    assert on(found) == {"alpha": ILL, "beta": ILL}
    # Three fifths failed for ten seconds; 15 more seconds would thin that to a quarter.
    assert all(route.rate > 0.5 for route in found.routes)


def test_where_the_routes_are_not_counted_nothing_is_said_of_them() -> None:
    found = incident(HDFC, slicing=SLICING)
    assert found.routes == ()
    assert advice(found) == "call the technical desk of HDFC."


def test_a_route_too_thin_to_tell_is_no_place_to_move_to() -> None:
    rare = {"issuer": "AXIS", "network": "RUPAY"}
    found = incident(
        {**rare, **ALPHA},
        slicing=(*DEFAULT_SLICING, RARELY_COUNTED),
        share=0.6,
        seconds=6,
        absent=({**rare, "gateway": "beta", "method": "card"},),
    )
    assert found.slice == "issuer=AXIS&network=RUPAY"  # nearly all of it on alpha
    [beta] = [route for route in found.routes if route.gateway == "beta"]
    assert (beta.attempts < 20, beta.does) == (True, UNSURE)
    assert advice(found) == "call the technical desk of AXIS."


def test_gateways_that_were_too_many_to_count_apart_are_no_place_to_move_to() -> None:
    well, ill = counts(approved=100), counts(approved=40, failed=60, gateway=60)
    gateways = ("alpha", "beta", "other")
    state = initial(RULES)
    for second in range(BROKEN_AT + 5):
        failing = "alpha" if second >= BROKEN_AT else ""
        came = {f"gateway={name}": ill if name == failing else well for name in gateways}
        what = tally({NOW + second: {ALL: sum(came.values()), **came}})
        state, _ = step(state, [partial(second + 1, what, NOW + second)], RULES)
    [found] = state.incidents
    assert on(found) == {"alpha": ILL, "beta": WELL}


places = st.sampled_from(({}, HDFC, VISA, {"method": "upi"}, {**HDFC, **VISA}))


@settings(max_examples=15, deadline=None)
@given(places, st.sampled_from(({}, ALPHA, BETA)), st.floats(0.3, 0.95), st.integers(1, 15))
def test_nobody_is_sent_to_a_gateway_on_which_the_payments_fail_too(
    segment: Mapping[str, str], gateway: Mapping[str, str], share: float, seconds: int
) -> None:
    for found in incidents({**segment, **gateway}, share=share, seconds=seconds):
        moved, _, to = advice(found).split(";")[0].partition(" to ")
        if moved.startswith("move "):
            assert gateway
            assert gateway["gateway"] not in to
