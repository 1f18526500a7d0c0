"""Payments that are slow: whose they are, within what time, and what is no news."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from functions.core.counting.counts import NONE, slower
from functions.core.counting.signals import LATENCY
from functions.core.counting.slices import ALL
from functions.core.troubles.incident import CLOSED, OPENED
from tests.drawn_traffic import CALM, RULES, Told, Trouble, drawn

MINUTE = 60
G1, G2, G3, G4 = (f"gateway=G{number}" for number in range(1, 5))


def slow(key: str, times: float, minutes: int = 5) -> Trouble:
    return Trouble(key, CALM, CALM + minutes * MINUTE, slow=times)


def what(said: Sequence[Told]) -> list[tuple[str, str, str]]:
    return [(item.transition, item.slice, item.signal) for item in said]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("key", "times", "a_minute", "within"),
    [
        (G2, 6, 400, 30),
        (G2, 6, 1200, 20),
        (G2, 3, 400, 60),
        (G2, 2, 400, 120),
        (G1, 10, 100, 60),
        (G4, 6, 400, 90),
        ("issuer=B", 4, 200, 120),
        ("method=CARD", 6, 300, 30),
        ("issuer=A&network=VISA", 6, 400, 120),
        ("gateway=G1&method=CARD", 4, 600, 60),
        (ALL, 4, 300, 30),
        (ALL, 2, 300, 60),
    ],
)
def test_a_slice_that_is_slow_is_one_incident_of_its_own_until_it_is_quick_again(
    key: str, times: float, a_minute: float, within: int, seed: int
) -> None:
    said, _ = drawn(CALM + 8 * MINUTE, [slow(key, times)], a_minute=a_minute, seed=seed)
    assert what(said) == [(OPENED, key, LATENCY), (CLOSED, key, LATENCY)]
    opened, closed = said
    assert opened.second - CALM <= within
    assert -15 <= opened.began - CALM <= 20
    assert closed.second - CALM <= 5 * MINUTE + 120


@pytest.mark.parametrize("keys", [(G1, G2), (G3, G4), ("issuer=B", "issuer=C")])
def test_two_that_are_slow_at_once_are_told_by_their_own_names(keys: tuple[str, str]) -> None:
    said, _ = drawn(CALM + 5 * MINUTE, [slow(key, 6) for key in keys])
    assert sorted(what(said)) == [(OPENED, key, LATENCY) for key in keys]
    assert max(item.second for item in said) - CALM <= 90


@pytest.mark.parametrize(("key", "times"), [(G2, 6), (G3, 4)])
def test_a_slice_that_is_always_slower_is_held_against_its_own_usual(
    key: str, times: float
) -> None:
    usually = {G3: 4.0, "issuer=C": 2.0}
    said, _ = drawn(CALM + 5 * MINUTE, [slow(key, times)], usually=usually, a_minute=600)
    assert what(said) == [(OPENED, key, LATENCY)]


def test_what_is_slow_does_not_become_usual_while_it_lasts() -> None:
    said, state = drawn(CALM + 48 * MINUTE, [slow(G2, 5, 45)], a_minute=200)
    assert what(said) == [(OPENED, G2, LATENCY), (CLOSED, G2, LATENCY)]
    assert said[1].second - CALM <= 47 * MINUTE
    learned = state.tracker.baseline.absorbed.get(ALL, NONE)
    assert slower(learned, 5) <= 0.05 * slower(learned, 0)


@pytest.mark.parametrize("a_minute", [60, 200])
def test_ordinary_traffic_opens_nothing(a_minute: float) -> None:
    assert drawn(60 * MINUTE, a_minute=a_minute, usually={G3: 2.0})[0] == []


def test_what_takes_a_quarter_longer_is_not_worth_a_page() -> None:
    assert drawn(CALM + 15 * MINUTE, [slow(G2, 1.25)])[0] == []


def test_traffic_that_moves_to_a_slice_that_is_always_slower_is_not_slow() -> None:
    """All traffic has more slow payments then, no slice has."""
    moved = [Trouble(key, CALM, CALM + 600, left=0.5) for key in (G1, G2)]
    assert drawn(CALM + 10 * MINUTE, moved, usually={G3: 3.0, G4: 3.0})[0] == []


def test_the_rate_is_the_share_of_payments_slower_than_usual() -> None:
    _, state = drawn(CALM + 2 * MINUTE, [slow(G2, 6)])
    [incident] = state.incidents
    assert incident.worst.rate >= 0.8
    assert incident.worst.normal <= 0.25
    assert incident.worst.attempts >= 20


def test_the_evidence_that_a_slice_is_slow_has_an_end() -> None:
    _, state = drawn(CALM + 5 * MINUTE, [slow(G2, 6)])
    most = RULES.tuning.evidence.cap * state.tracker.needed
    # It is capped with each arrival, and may fall again by what came since.
    assert 0.9 * most < max(by_slice[G2].nats for by_slice in state.flow.latency) <= most
