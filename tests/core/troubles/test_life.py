"""Why an incident is closed: decided where it is closed, and never by what was left over."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.harm import Harm
from functions.core.troubles.incident import (
    CALM,
    CLOSED,
    INCIDENT,
    RECOVERED,
    SILENT,
    Announcement,
)
from functions.core.troubles.life import Followed, Patience, Sighting, follow
from tests.builders import NOW, counts, followed, verdict

SEGMENT, ISSUER = "issuer=HDFC&network=VISA", "issuer=HDFC"
BAD, GOOD, SOME_BAD = counts(failed=50, issuer=50), counts(approved=100), counts(failed=1, issuer=1)
PATIENCE = Patience(recover_seconds=5, calm_seconds=12, quiet_seconds=20, idle_seconds=30)


def seen(
    key: str = SEGMENT, rate: float = 0.5, attempts: int = 200, signal: str = "failed"
) -> Sighting:
    found = verdict(key, rate=rate, attempts=attempts, signal=signal, score=80.0)
    return Sighting(found, NOW, {"issuer": 9}, 0.003)


def closing(every: Sequence[Counts], *sightings: Sighting, **fields: object) -> tuple[int, str]:
    """The second in which an open incident is closed of whose slice that comes, and why."""
    items: Sequence[Followed] = [followed(**fields)]
    for second, came in enumerate(every):
        coming = {item.incident.slice: Harm(came) for item in items}
        items, told = follow(items, sightings, coming, NOW + second, PATIENCE)
        for item in told:
            assert (item.transition == CLOSED) == bool(item.reason)
            if item.reason:
                return second, item.reason
    return len(every), ""


def test_what_is_proven_well_is_recovered() -> None:
    assert closing([GOOD] * 20) == (5, RECOVERED)


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7])
def test_what_is_well_in_thin_traffic_is_recovered_in_whichever_second_it_is_closed(
    every: int,
) -> None:
    thin = [GOOD if second % every == 0 else NONE for second in range(40)]
    assert closing(thin)[1] == RECOVERED


def test_what_is_long_tolerated_without_proof_is_calm() -> None:
    tolerated = seen(rate=0.009)
    assert closing([SOME_BAD] * 40, tolerated) == (12, CALM)


def test_a_window_with_few_attempts_is_no_calm() -> None:
    assert closing([SOME_BAD] * 40, seen(rate=0.009, attempts=59)) == (40, "")


def test_what_gets_no_payment_for_its_idle_seconds_is_silent() -> None:
    assert closing([NONE] * 40, seen()) == (30, SILENT)


def test_what_its_payments_prove_comes_before_what_their_absence_says() -> None:
    proven = {"well_since": NOW, "recovery": 9.0, "idle_since": NOW}
    waiting = {"again": 3}  # five seconds become forty: silence and recovery are due at once
    assert closing([NONE] * 60, **proven) == (5, RECOVERED)
    assert closing([NONE] * 60, **proven, **waiting) == (30, SILENT)


@pytest.mark.parametrize("signal", ["volume", "latency", "customer", "fraud"])
def test_what_is_no_rate_is_recovered_when_it_stands_out_no_more(signal: str) -> None:
    assert closing([NONE] * 40, signal=signal) == (5, RECOVERED)


def test_a_narrow_slice_that_was_silent_makes_no_wider_one_so() -> None:
    [item], [_] = follow([followed(idle_since=NOW - 29)], [seen(ISSUER)], {}, NOW, PATIENCE)
    assert (item.incident.slice, item.incident.state) == (ISSUER, INCIDENT)
    _, told = follow([item], [seen(ISSUER)], {}, NOW + 1, PATIENCE)
    assert told == []


comings = st.lists(
    st.tuples(st.sampled_from((NONE, NONE, GOOD, BAD, SOME_BAD)), st.integers(1, 40)), max_size=12
)


@given(comings, st.sampled_from((0.5, 0.009)), st.booleans())
def test_no_closing_says_silent_while_payments_came_within_the_idle_time(
    runs: list[tuple[Counts, int]], rate: float, widens: bool
) -> None:
    items: Sequence[Followed] = [followed()]
    every = [came for came, times in runs for _ in range(times)]
    latest = NOW - 1  # those for which it was opened
    for second, came in enumerate(every, NOW):
        if attempts(came):
            latest = second
        key = ISSUER if widens and second >= NOW + 20 else SEGMENT
        coming = {item.incident.slice: Harm(came) for item in items}
        items, told = follow(items, [seen(key, rate)], coming, second, PATIENCE)
        for item in told:
            _explained(item, second - latest)


def _explained(told: Announcement, seconds_without: int) -> None:
    if told.transition != CLOSED:
        assert told.reason == ""
    elif seconds_without < PATIENCE.idle_seconds:
        assert told.reason in (RECOVERED, CALM)
    else:
        assert told.reason in (RECOVERED, CALM, SILENT)
