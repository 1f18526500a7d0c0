"""What is said to be done first: it can be followed, and it is no guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import slice_values
from functions.core.paging.first_action import first_action, routes_words, short_action
from functions.core.troubles.blame import blame
from functions.core.troubles.incident import DRIFT, Incident
from functions.core.troubles.route import ILL, UNSURE, WELL, Route
from tests.builders import incident

HDFC = "issuer=HDFC"
ON_RAZORPAY = "gateway=razorpay&issuer=HDFC"


SHOWN = {WELL: 1, ILL: 180, UNSURE: 0}


def route(gateway: str, does: str, segment: str = HDFC) -> Route:
    """Of one that is not sure, 3 attempts; of any other 310."""
    return Route(segment, gateway, 3 if does == UNSURE else 310, SHOWN[does], does)


def advice(key: str, *routes: Route, **fields: object) -> str:
    found = incident(slice=key, routes=routes, **fields)
    return first_action(found, blame(found))


def short(key: str, *routes: Route, **fields: object) -> str:
    found = incident(slice=key, routes=routes, **fields)
    return short_action(found, blame(found))


def test_traffic_is_moved_off_the_gateway_that_fails_to_those_that_do_well() -> None:
    said = advice(
        "gateway=razorpay", route("payu", WELL, ""), route("stripe", WELL, ""),
        route("razorpay", ILL, ""), causes={"gateway": 90},
    )  # fmt: skip
    assert said == (
        "move traffic off razorpay to payu (0.3 % of 310) or stripe (0.3 % of 310);"
        " check the status page of razorpay, open a ticket."
    )


def test_an_issuers_traffic_is_moved_off_the_one_gateway_on_which_it_fails() -> None:
    said = advice(ON_RAZORPAY, route("payu", WELL), route("razorpay", ILL))
    assert said == (
        "move the traffic of issuer HDFC off razorpay to payu (0.3 % of 310);"
        " call the technical desk of HDFC."
    )


def test_an_issuers_traffic_is_moved_off_the_several_gateways_on_which_it_fails() -> None:
    said = advice(HDFC, route("payu", WELL), route("razorpay", ILL), route("stripe", ILL))
    assert said.startswith("move the traffic of issuer HDFC off razorpay and stripe to payu (")


def test_where_the_others_do_well_only_together_none_of_them_is_named() -> None:
    thin = [Route(HDFC, name, 8, 0, UNSURE) for name in ("payu", "stripe", "cashfree")]
    said = advice(ON_RAZORPAY, route("razorpay", ILL), *thin)
    assert said.startswith(
        "move the traffic of issuer HDFC off razorpay to the others (0.0 % of 24 together);"
    )
    assert short(ON_RAZORPAY, route("razorpay", ILL), *thin) == "move it off razorpay"


def test_what_fails_on_every_gateway_cannot_be_moved() -> None:
    assert advice(HDFC, route("payu", ILL), route("razorpay", ILL)) == (
        "nothing can be moved: payments are failing on every gateway;"
        " tell customers, hide the method or warn of it; call the technical desk of HDFC."
    )


def test_what_fails_on_several_gateways_and_is_not_sure_to_do_well_on_any_is_not_moved() -> None:
    said = advice(HDFC, route("payu", ILL), route("razorpay", ILL), route("stripe", UNSURE))
    assert said.startswith("nothing can be moved: payments are failing on payu and razorpay;")


@pytest.mark.parametrize("does", [ILL, UNSURE])
def test_what_only_one_gateway_carries_cannot_be_moved(does: str) -> None:
    said = advice(HDFC, route("payu", does))
    assert said.startswith("nothing can be moved: only payu carries these payments; tell customers")


@pytest.mark.parametrize(
    "routes", [(), (route("payu", UNSURE), route("razorpay", UNSURE)),
               (route("payu", ILL), route("razorpay", UNSURE))],
)  # fmt: skip
def test_where_it_is_not_known_how_the_others_do_nothing_is_said_of_moving(
    routes: tuple[Route, ...],
) -> None:
    assert advice(HDFC, *routes) == "call the technical desk of HDFC."
    assert short(HDFC, *routes) == "call the issuer"


def test_what_happens_to_the_payments_is_said_in_the_words_of_the_signal() -> None:
    said = advice(HDFC, route("payu", ILL), route("razorpay", ILL), signal="denied")
    assert said.startswith("nothing can be moved: payments are denied on every gateway;")


@pytest.mark.parametrize(
    ("causes", "begins"),
    [
        ({"customer": 90}, "compare with a campaign"),
        ({"fraud": 90}, "tell the risk team"),
    ],
)
def test_no_gateway_helps_against_what_customers_or_rules_do(
    causes: dict[str, int], begins: str
) -> None:
    assert advice(ON_RAZORPAY, route("payu", WELL), causes=causes).startswith(begins)
    assert "payu" not in short(ON_RAZORPAY, route("payu", WELL), causes=causes)


@pytest.mark.parametrize("signal", ["volume", "latency"])
def test_where_nothing_fails_the_signal_says_what_to_do(signal: str) -> None:
    assert "payu" not in advice(ON_RAZORPAY, route("payu", WELL), signal=signal)


def test_without_an_owner_it_is_said_where_to_look() -> None:
    assert "which hop is slow" in advice("", causes={"timeout": 9})
    assert "newest error codes" in advice("", causes={})


def test_a_phone_says_the_same() -> None:
    assert short(ON_RAZORPAY, route("payu", WELL), route("razorpay", ILL)) == "move it to payu"
    assert short(HDFC, route("payu", ILL), route("razorpay", ILL)) == (
        "nothing to move: call the issuer"
    )


def test_the_rates_by_gateway_name_the_segment_where_it_is_wider_than_the_slice() -> None:
    routes = (route("payu", WELL), route("razorpay", ILL), Route(HDFC, "stripe", 3, 0, UNSURE))
    own = incident(slice=ON_RAZORPAY, routes=routes)
    assert routes_words(own) == "payu 0.3 % of 310, razorpay 58 % of 310; not sure: stripe 0 of 3"
    wider = incident(slice="issuer=HDFC&network=VISA", routes=routes)
    assert routes_words(wider).startswith("issuer HDFC: payu 0.3 %")


GATEWAYS = ("alpha", "beta", "gamma", "delta")


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    """Any, with any routes; the gateway that the slice names does ill, as detect has it."""
    failing = draw(st.sampled_from(("", *GATEWAYS)))
    part = draw(st.sampled_from(("", HDFC, "network=VISA", "method=upi")))
    names = draw(st.lists(st.sampled_from(GATEWAYS), unique=True, max_size=4))
    states = st.sampled_from((WELL, ILL, UNSURE))
    routes = tuple(
        Route(part, name, draw(st.integers(99, 999)), draw(st.integers(0, 99)),
              ILL if name == failing else draw(states))
        for name in names
    )  # fmt: skip
    cause = draw(
        st.sampled_from(("issuer", "network", "gateway", "timeout", "unknown", "customer"))
    )
    key = "&".join(filter(None, (f"gateway={failing}" if failing else "", part)))
    signal = draw(st.sampled_from(("failed", "attributable", "denied", "reversed", "latency")))
    return incident(slice=key, routes=routes, causes={cause: 90}, signal=signal)


@given(incidents())
def test_a_gateway_to_move_to_always_does_well_and_is_never_the_failing_one(
    found: Incident,
) -> None:
    well = {route.gateway for route in found.routes if route.does == WELL}
    said = first_action(found, blame(found))
    if said.startswith("move "):
        moved = said.split(";")[0].partition(" to ")[2]
        named = {name for name in GATEWAYS if name in moved}
        assert named or " the others (" in f" {moved}"
        assert named <= well
        assert slice_values(found.slice).get("gateway") not in named
    on_phone = short_action(found, blame(found))
    if on_phone.startswith("move it to "):
        assert {name for name in GATEWAYS if name in on_phone} <= well
        assert said.startswith("move ")


@pytest.mark.parametrize("signal", ["failed", "denied", "reversed"])
def test_what_to_do_first_about_a_drift_names_the_command_that_makes_it_normal(signal: str) -> None:
    said = advice(HDFC, kind=DRIFT, signal=signal)
    assert "`paywatch normal PW-1120-1343-4f2`" in said.partition("If not: ")[0]
    assert said.endswith(advice(HDFC, signal=signal))
    assert "normal now?" in short(HDFC, kind=DRIFT, signal=signal)
