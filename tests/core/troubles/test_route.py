"""When a route does well, and which of many are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.troubles.route import (
    FEWEST_TO_BE_WELL,
    ILL,
    MOST_ROUTES,
    UNSURE,
    WELL,
    Route,
    does,
    most_telling,
    segment,
    segments,
)

TOLERATED = 0.01
BROKEN = 0.6
"""What is tolerated on the route, and the rate where payments fail."""


@pytest.mark.parametrize(
    ("shown", "attempts", "how"),
    [
        (1, 310, WELL),
        (0, FEWEST_TO_BE_WELL, WELL),
        (0, FEWEST_TO_BE_WELL - 1, UNSURE),
        (0, 0, UNSURE),
        (1, 1, UNSURE),
        (2, 179, WELL),
        (2, 8, ILL),
        (30, 50, ILL),
        (8, 100, ILL),
    ],
)
def test_a_route_does_well_or_ill_only_where_that_is_sure(
    shown: int, attempts: int, how: str
) -> None:
    assert does(shown, attempts, TOLERATED, BROKEN) == how


def test_a_small_rise_needs_many_payments_to_be_seen_missing_elsewhere() -> None:
    assert does(0, 100, TOLERATED, 0.03) == UNSURE
    assert does(0, 1000, TOLERATED, 0.03) == WELL


def test_a_route_that_always_fails_a_little_does_as_well_as_ever() -> None:
    assert does(15, 300, 0.08, BROKEN) == WELL


shares = st.floats(0.0, 1.0)
seen = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(seen, shares, shares)
def test_what_fails_at_least_half_as_much_as_where_it_is_broken_never_does_well(
    came: tuple[int, int], tolerated: float, broken: float
) -> None:
    shown, attempts = came
    if attempts and shown / attempts >= broken / 2:
        assert does(shown, attempts, tolerated, broken) != WELL


@given(seen, shares, shares)
def test_what_fails_no_more_than_is_tolerated_never_does_ill(
    came: tuple[int, int], tolerated: float, broken: float
) -> None:
    shown, attempts = came
    if not attempts or shown / attempts <= tolerated:
        assert does(shown, attempts, tolerated, broken) != ILL


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
        shares,
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
