"""The rivals that ask the likelihood: the same as a search over every start, and loud only where it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.detect.likelihood_ratio import Curve, Focus, Glr, binomial_nats
from benchmarks.detect.rival import RECOVERED, Rival, StrongestAlarm

SECONDS = st.lists(
    st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=40
)


@given(SECONDS, st.floats(0.01, 0.9))
def test_focus_finds_what_a_search_over_every_start_finds(
    seconds: Sequence[tuple[int, int]], rate: float
) -> None:
    curve = Curve()
    for place, (attempts, events) in enumerate(seconds):
        if events:
            curve.corner()
        curve.attempts += attempts
        curve.events += events
        if not events:
            continue
        curve.forget(rate)
        every = [
            binomial_nats(sum(x for _, x in since), sum(n for n, _ in since), rate)
            for start in range(place + 1)
            for since in [seconds[start : place + 1]]
        ]
        assert curve.nats(rate, 0) == pytest.approx(max(every))


@given(SECONDS)
def test_focus_keeps_few_starts_and_their_slopes_rise(seconds: Sequence[tuple[int, int]]) -> None:
    curve = Curve()
    for attempts, events in seconds:
        if events:
            curve.corner()
        curve.attempts += attempts
        curve.events += events
    points = curve.corners
    slopes = [(x2 - x1) / (n2 - n1) for (n1, x1), (n2, x2) in pairwise(points)]
    assert slopes == sorted(slopes)
    assert len(set(slopes)) == len(slopes)


def paged(rival: Rival, seconds: Sequence[dict[str, tuple[int, int]]]) -> list[tuple[int, str]]:
    alarm = rival.alarm(rival.default)
    return [
        (second, key)
        for second, counts in enumerate(seconds)
        for key in alarm.second(second, rival.levels(second, counts) or {})
    ]


def traffic(quiet: int, ill: int, well: int = 0) -> list[dict[str, tuple[int, int]]]:
    """Two gateways with ten payments a second, of which one in 200 fails, then half of the second's."""
    found = []
    for second in range(quiet + ill + well):
        usual = int(second % 20 == 7)
        second_one = 5 if quiet <= second < quiet + ill else usual
        found.append(
            {
                "": (20, usual + second_one),
                "gateway=G1": (10, usual),
                "gateway=G2": (10, second_one),
            }
        )
    return found


@pytest.mark.parametrize("kind", [Glr, Focus])
def test_the_likelihood_names_the_slice_that_fails_within_seconds(kind: type[Rival]) -> None:
    ((second, key),) = paged(kind(), traffic(1500, 200, 400))
    assert key == "gateway=G2"
    assert 1500 <= second <= 1504


@pytest.mark.parametrize("kind", [Glr, Focus])
def test_the_likelihood_is_silent_about_what_is_usual(kind: type[Rival]) -> None:
    assert paged(kind(), traffic(3000, 0)) == []


@pytest.mark.parametrize("kind", [Glr, Focus])
def test_a_trouble_that_comes_back_later_is_told_again(kind: type[Rival]) -> None:
    ill = traffic(1500, 120, 600)
    pages = paged(kind(), [*ill, *ill[1500:]])
    assert [key for _, key in pages] == ["gateway=G2", "gateway=G2"]


def test_of_slices_that_share_payments_the_strongest_pages() -> None:
    alarm = StrongestAlarm(10.0)
    levels = {"": 12.0, "gateway=G1": 30.0, "gateway=G2": 11.0}
    assert alarm.second(0, levels) == ["gateway=G1", "gateway=G2"]
    assert alarm.second(1, {**levels, "issuer=I1": 90.0}) == []
    assert alarm.second(2 + RECOVERED, {"issuer=I1": 90.0}) == ["issuer=I1"]
