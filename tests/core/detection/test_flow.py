"""Volume and latency: who fell silent, who became slow, and what is no news."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from functions.core.counting.counts import NONE, Counts
from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.detection.tuning import VolumeTuning
from functions.core.troubles.incident import CLOSED, OPENED
from tests.builders import NOW, counts, partial, tally
from tests.drawn_traffic import poisson

FEWEST_EXPECTED = VolumeTuning().fewest_expected

RULES = Rules(budget=Budget(learning_seconds=120))
STEP_SECONDS = 10
TICK_SECONDS = 60
HOUR = 60


@dataclass(frozen=True)
class Route:
    """Payments a minute through a gateway to an issuer; shares of them that fail, and that take
    twice as long as usual."""

    gateway: str
    issuer: str
    a_minute: float
    failing: float = 0.002
    slow: float = 0.0

    @property
    def slices(self) -> tuple[str, ...]:
        return ALL, f"gateway={self.gateway}", f"issuer={self.issuer}"


ORDINARY = (
    Route("alpha", "HDFC", 300),
    Route("alpha", "SBI", 200),
    Route("beta", "HDFC", 120),
    Route("beta", "SBI", 80),
    Route("gamma", "HDFC", 60),
    Route("gamma", "SBI", 40),
)


def times(factor: float, routes: Iterable[Route] = ORDINARY) -> list[Route]:
    return [Route(r.gateway, r.issuer, factor * r.a_minute, r.failing, r.slow) for r in routes]


def without(gateway: str, left: float = 0.0) -> list[Route]:
    """Ordinary traffic, of which so much is left at that gateway."""
    return [
        Route(r.gateway, r.issuer, left * r.a_minute) if r.gateway == gateway else r
        for r in ORDINARY
    ]


def slowed(gateway: str, share: float = 1.0, failing: float = 0.002) -> list[Route]:
    return [
        Route(r.gateway, r.issuer, r.a_minute, failing, share) if r.gateway == gateway else r
        for r in ORDINARY
    ]


def paid(random_: random.Random, route: Route, minutes: float) -> Counts:
    """What came through the route: half within 250 ms, nearly all within 500, unless it is slow."""
    total = poisson(random_, route.a_minute * minutes)
    failed = min(total, poisson(random_, total * route.failing))
    slow = min(total, poisson(random_, total * route.slow)) if route.slow < 1.0 else total
    quick = total - slow
    tail, slow_tail = round(0.03 * quick), round(0.03 * slow)
    return counts(
        approved=total - failed,
        failed=failed,
        gateway=failed,
        within_250=quick // 2,
        within_500=quick - quick // 2 - tail + slow // 2,
        within_1000=tail + slow - slow // 2 - slow_tail,
        within_2000=slow_tail,
    )


Told = list[tuple[int, str, str, str]]
"""Minute, transition, slice, signal."""


def told(
    minutes: int, routes_at: Callable[[float], Iterable[Route]], seed: int = 1
) -> tuple[Told, State]:
    """What is announced when these routes are in use at each minute. Where nothing comes, only
    ticks do."""
    random_ = random.Random(seed)
    state, said = initial(RULES), Told()
    for number in range(1, minutes * 60 // STEP_SECONDS + 1):
        second = NOW + number * STEP_SECONDS
        slices: dict[str, Counts] = {}
        for route in routes_at((second - NOW - 1) / 60):
            came = paid(random_, route, STEP_SECONDS / 60)
            for key in route.slices if came else ():
                slices[key] = slices.get(key, NONE) + came
        if not slices and second % TICK_SECONDS:
            continue
        what = tally({second - 1: slices}) if slices else Tally()
        keys = [item.key for item in state.outbox]
        state, _ = step(state, [partial(number, what, second)], RULES, keys)
        said += [
            ((second - NOW) // 60, item.transition, item.incident.slice, item.incident.signal)
            for item in state.outbox
        ]
    return said, state


def between(start: int, end: int, then: Iterable[Route]) -> Callable[[float], Iterable[Route]]:
    return lambda minute: then if start <= minute < end else ORDINARY


def what(said: Told) -> list[tuple[str, str, str]]:
    return [item[1:] for item in said]


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_traffic_opens_nothing(seed: int) -> None:
    assert told(HOUR, lambda _: ORDINARY, seed)[0] == []


@pytest.mark.parametrize("gateway", ["alpha", "gamma"])
def test_a_gateway_that_falls_silent_is_one_incident_until_it_is_back(gateway: str) -> None:
    said, _ = told(60, between(20, 40, without(gateway)))
    key = f"gateway={gateway}"
    assert what(said) == [(OPENED, key, VOLUME), (CLOSED, key, VOLUME)]
    assert said[0][0] in (20, 21)
    assert 40 <= said[1][0] <= 43


def test_a_gateway_that_is_silent_for_hours_is_told_once() -> None:
    said, state = told(4 * HOUR, between(20, 10_000, without("beta")))
    assert what(said) == [(OPENED, "gateway=beta", VOLUME)]
    assert [incident.is_open for incident in state.incidents] == [True]


def test_a_gateway_that_halves_is_no_collapse() -> None:
    assert told(40, between(20, 40, without("beta", left=0.5)))[0] == []


def test_all_traffic_that_stops_is_one_incident_about_all_of_it_though_only_ticks_come() -> None:
    said, _ = told(60, between(20, 40, ()))
    assert what(said) == [(OPENED, ALL, VOLUME), (CLOSED, ALL, VOLUME)]
    assert said[0][0] == 21
    assert 40 <= said[1][0] <= 42


def test_all_traffic_that_stops_for_hours_is_told_once() -> None:
    said, state = told(4 * HOUR, between(20, 10_000, ()))
    assert what(said) == [(OPENED, ALL, VOLUME)]
    assert [incident.is_open for incident in state.incidents] == [True]


def test_a_quiet_night_is_none() -> None:
    def night(minute: float) -> list[Route]:
        return times(0.02 + 0.98 * (0.5 + 0.5 * math.cos(2 * math.pi * minute / (8 * HOUR))))

    assert told(8 * HOUR, night)[0] == []


def test_a_sale_that_brings_ten_times_the_traffic_within_twenty_minutes_and_ends_as_fast_is_none() -> (
    None
):
    def sale(minute: float) -> list[Route]:
        up, down = (minute - 30) / 20, (90 - minute) / 20
        return times(10.0 ** max(0.0, min(1.0, up, down)))

    assert told(2 * HOUR, sale)[0] == []


def test_a_slice_of_few_payments_may_be_silent() -> None:
    few = Route("tiny", "HDFC", 0.5 * FEWEST_EXPECTED)
    said, _ = told(60, lambda minute: ORDINARY if 20 <= minute < 40 else (*ORDINARY, few))
    assert said == []


def test_a_gateway_that_takes_twice_as_long_is_one_incident_until_it_is_quick_again() -> None:
    said, _ = told(60, between(20, 40, slowed("beta")))
    assert what(said) == [(OPENED, "gateway=beta", LATENCY), (CLOSED, "gateway=beta", LATENCY)]
    assert said[0][0] in (20, 21)
    assert 40 <= said[1][0] <= 43


def test_a_gateway_that_stays_slow_is_told_once_and_is_excused_after_six_hours() -> None:
    said, _ = told(8 * HOUR, between(20, 10_000, slowed("beta")))
    assert what(said) == [(OPENED, "gateway=beta", LATENCY), (CLOSED, "gateway=beta", LATENCY)]
    assert said[1][0] == pytest.approx(20 + 6 * HOUR, abs=5)


def test_latency_in_the_slice_of_a_failing_incident_is_not_told_apart() -> None:
    said, _ = told(60, between(20, 40, slowed("beta", failing=0.5)))
    assert what(said) == [(OPENED, "gateway=beta", "failed"), (CLOSED, "gateway=beta", "failed")]


def test_a_single_slow_minute_in_thin_traffic_is_none() -> None:
    thin = Route("alpha", "HDFC", 25)
    slow = Route("alpha", "HDFC", 25, slow=0.5)
    assert told(60, lambda minute: [slow if 30 <= minute < 31 else thin])[0] == []
