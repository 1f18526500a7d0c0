"""When a route does well, and which of many are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.troubles.route import (
    ILL,
    MOST_ROUTES,
    UNSURE,
    WELL,
    Route,
    judged,
    most_telling,
    others_do_well,
    segment,
    segments,
    together,
)  # fmt: skip

TOLERATED = 0.01
BROKEN = Route("", "broken", 50, 30)
"""What is tolerated on each route, and a route on which three fifths fail."""


def does(shown: int, attempts: int, tolerated: float = TOLERATED, broken: Route = BROKEN) -> str:
    """How a route does beside one that is broken."""
    found = judged({broken: TOLERATED, Route("", "payu", attempts, shown): tolerated})
    return {route.gateway: route.does for route in found}["payu"]


@pytest.mark.parametrize(
    ("shown", "attempts", "how"),
    [
        (1, 310, WELL),
        (2, 179, WELL),
        (0, 9, WELL),
        (0, 8, UNSURE),
        (0, 0, UNSURE),
        (1, 1, UNSURE),
        (1, 9, UNSURE),
        (2, 8, ILL),
        (30, 50, ILL),
        (8, 100, ILL),
    ],
)
def test_a_route_does_well_or_ill_only_where_that_is_sure(
    shown: int, attempts: int, how: str
) -> None:
    assert does(shown, attempts) == how


def test_a_small_rise_needs_many_payments_to_be_seen_missing_elsewhere() -> None:
    slight = Route("", "broken", 10_000, 300)
    assert does(0, 100, broken=slight) == UNSURE
    assert does(0, 1000, broken=slight) == WELL


def test_a_route_that_always_fails_a_little_does_as_well_as_ever() -> None:
    assert does(15, 300, tolerated=0.08) == WELL


def test_the_gateway_that_the_incident_is_about_does_ill_however_few_its_payments() -> None:
    few, many = Route("", "payu", 3, 1), Route("", "stripe", 100, 0)
    [payu, stripe] = judged(dict.fromkeys((few, many), TOLERATED), failing="payu")
    assert (payu.does, stripe.does) == (ILL, WELL)


def test_nothing_does_well_where_nothing_is_sure_to_do_ill() -> None:
    [payu, stripe] = judged({Route("", "payu", 500, 0): 0.01, Route("", "stripe", 500, 5): 0.02})
    assert (payu.does, stripe.does) == (UNSURE, UNSURE)


def test_routes_too_thin_alone_may_do_well_together() -> None:
    thin = [Route("", name, 6, 0, UNSURE) for name in ("payu", "stripe", "cashfree")]
    broken = replace(BROKEN, does=ILL)
    assert others_do_well([broken, *thin], TOLERATED) == Route("", "", 18, 0)
    assert others_do_well([broken, *thin[:2]], TOLERATED) is None
    assert others_do_well([broken], TOLERATED) is None
    assert others_do_well(thin, TOLERATED) is None
    assert others_do_well([], TOLERATED) is None


seen = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
markets = st.lists(st.tuples(seen, st.floats(0.0, 1.0)), max_size=6)


@given(markets, st.sampled_from(("", "0", "1")))
def test_where_payments_do_well_less_than_half_as_much_fails_as_where_they_do_ill(
    market: list[tuple[tuple[int, int], float]], failing: str
) -> None:
    carried = {
        Route("", str(number), attempts, shown): tolerated
        for number, ((shown, attempts), tolerated) in enumerate(market)
    }
    found = judged(carried, failing)
    ill = together(route for route in found if route.does == ILL)
    for route, tolerated in zip(found, carried.values(), strict=True):
        if route.does == WELL:
            assert route.gateway != failing
            assert route.rate < ill.rate / 2
        if route.does == ILL and route.gateway != failing:
            assert route.rate > tolerated


def test_a_segment_is_a_slice_without_its_gateway() -> None:
    assert segment("gateway=payu&issuer=HDFC") == "issuer=HDFC"
    assert segment("gateway=payu") == segment("") == ""
    assert segment("issuer=HDFC&network=VISA") == "issuer=HDFC&network=VISA"


def test_the_routes_of_its_own_segment_tell_most_then_those_of_its_issuer() -> None:
    own = "issuer=HDFC&network=VISA"
    assert segments(own) == [own, "issuer=HDFC", "network=VISA"]
    assert segments("gateway=payu&method=upi") == ["method=upi"]


def test_no_wider_segment_tells_of_a_place_or_of_one_merchant() -> None:
    assert segments("region=IN-WEST") == ["region=IN-WEST"]
    assert segments("merchant=amazon") == ["merchant=amazon"]


routes = st.lists(
    st.builds(
        Route,
        st.just(""),
        st.text("abcdefgh", min_size=1, max_size=2),
        st.integers(0, 999),
        st.just(0),
        st.sampled_from((WELL, ILL, UNSURE)),
    ),
    max_size=12,
    unique_by=lambda route: route.gateway,
)


@given(routes)
def test_of_many_routes_those_are_told_that_help_to_choose(found: list[Route]) -> None:
    told = most_telling(found)
    assert len(told) == min(MOST_ROUTES, len(found))
    assert set(told) <= set(found)
    well = sorted((route.attempts for route in found if route.does == WELL), reverse=True)
    assert [route.attempts for route in told if route.does == WELL][:3] == well[:3]
    if any(route.does == ILL for route in found):
        assert any(route.does == ILL for route in told)
