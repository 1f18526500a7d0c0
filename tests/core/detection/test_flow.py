"""Volume and latency: who fell silent, who became slow, and what is no news."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts
from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import ALL, disjoint
from functions.core.counting.tally import Tally
from functions.core.detection.baseline import CELL_SECONDS, Baseline
from functions.core.detection.budget import Budget
from functions.core.detection.flow import (
    Flow,
    flow_after,
    flow_sightings,
)
from functions.core.detection.folding import fold
from functions.core.detection.normals import Normals
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.detection.tuning import EvidenceTuning, LatencyTuning, VolumeTuning
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.severity import CRITICAL, WARNING
from tests.builders import NOW, counts, partial, tally

FEWEST_EXPECTED = VolumeTuning().fewest_expected
MOST_NATS, CAP = LatencyTuning().most_nats, EvidenceTuning().cap

RULES = Rules(budget=Budget(learning_seconds=120))
STEP_SECONDS = 10
TICK_SECONDS = 60
NEEDED = 16.0
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


def drawn(random_: random.Random, mean: float) -> int:
    """A Poisson number, by the normal approximation where it is large."""
    if mean > 50:
        return max(0, round(random_.gauss(mean, math.sqrt(mean))))
    number, product, limit = 0, random_.random(), math.exp(-mean)
    while product > limit:
        number, product = number + 1, product * random_.random()
    return number


def paid(random_: random.Random, route: Route, minutes: float) -> Counts:
    """What came through the route: half within 250 ms, nearly all within 500, unless it is slow."""
    total = drawn(random_, route.a_minute * minutes)
    failed = min(total, drawn(random_, total * route.failing))
    slow = min(total, drawn(random_, total * route.slow)) if route.slow < 1.0 else total
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
    assert 21 <= said[0][0] <= 23
    assert 41 <= said[1][0] <= 46


def test_a_gateway_that_is_silent_for_hours_is_told_once() -> None:
    said, state = told(4 * HOUR, between(20, 10_000, without("beta")))
    assert what(said) == [(OPENED, "gateway=beta", VOLUME)]
    assert [incident.is_open for incident in state.incidents] == [True]


def test_a_gateway_that_halves_is_no_collapse() -> None:
    assert told(40, between(20, 40, without("beta", left=0.5)))[0] == []


def test_all_traffic_that_stops_is_one_incident_about_all_of_it_though_only_ticks_come() -> None:
    said, _ = told(60, between(20, 40, ()))
    assert what(said) == [(OPENED, ALL, VOLUME), (CLOSED, ALL, VOLUME)]
    assert 21 <= said[0][0] <= 22
    assert 41 <= said[1][0] <= 46


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
    assert 21 <= said[0][0] <= 23
    assert 41 <= said[1][0] <= 46


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


def of_minutes(*minutes: Mapping[str, Counts]) -> tuple[Baseline, Flow]:
    """The baseline and the flow after minutes in which this came."""
    baseline, flow = Baseline(), Flow()
    for number, came in enumerate(minutes, 1):
        second = NOW + number * CELL_SECONDS
        baseline = fold(Normals(baseline), came, second, lambda *_: False, learning=False)
        flow = flow_after(flow, Normals(baseline), NEEDED)
    return baseline, flow


def named(flow: Flow) -> list[tuple[str, str]]:
    """What stands out, and how severe it is."""
    found = [item.verdict for item in flow_sightings(flow, NEEDED)]
    return [(verdict.slice, verdict.severity) for verdict in found]


def plain(**a_minute: int) -> dict[str, Counts]:
    slices = {f"gateway={name}": counts(approved=n) for name, n in a_minute.items() if n}
    return {ALL: counts(approved=sum(a_minute.values())), **slices}


@given(
    before=st.lists(st.integers(20, 3000), min_size=2, max_size=4),
    factor=st.floats(0.35, 10.0),
)
def test_what_changes_alike_everywhere_and_by_less_than_a_third_of_it_is_no_collapse(
    before: list[int], factor: float
) -> None:
    names = [f"g{number}" for number in range(len(before))]
    usual = plain(**dict(zip(names, before, strict=True)))
    changed = plain(**{name: round(factor * n) for name, n in zip(names, before, strict=True)})
    _, flow = of_minutes(*[usual] * 10, *[changed] * 5)
    assert flow_sightings(flow, NEEDED) == []


@given(
    before=st.lists(st.integers(200, 3000), min_size=2, max_size=4),
    silent=st.data(),
)
def test_one_that_falls_silent_among_others_is_found_and_named(
    before: list[int], silent: st.DataObject
) -> None:
    names = [f"g{number}" for number in range(len(before))]
    gone = silent.draw(st.sampled_from(names[1:]))
    usual = dict(zip(names, before, strict=True))
    _, flow = of_minutes(*[plain(**usual)] * 10, plain(**{**usual, gone: 0}))
    assert [
        (found.verdict.slice, found.verdict.signal, found.began)
        for found in flow_sightings(flow, NEEDED)
    ] == [(f"gateway={gone}", VOLUME, NOW + 10 * CELL_SECONDS)]


def test_the_collapse_of_what_carries_nearly_all_traffic_names_it_and_is_critical() -> None:
    _, flow = of_minutes(*[plain(a=950, b=50)] * 10, plain(a=0, b=50))
    assert named(flow) == [("gateway=a", CRITICAL)]
    _, flow = of_minutes(*[plain(a=950, b=50)] * 10, plain(a=0, b=0))
    assert named(flow) == [(ALL, CRITICAL)]


@given(st.lists(st.integers(0, 500), min_size=3, max_size=3), st.integers(0, 2**32))
def test_what_is_found_of_volume_shares_no_payment(left: list[int], seed: int) -> None:
    random_ = random.Random(seed)
    names = ("a", "b", "c")
    minutes = [plain(**{name: drawn(random_, 500) for name in names}) for _ in range(10)]
    _, flow = of_minutes(*minutes, plain(**dict(zip(names, left, strict=True))))
    keys = [key for key, _ in named(flow)]
    assert all(disjoint(one, two) for one in keys for two in keys if one != two)
    assert len(set(keys)) == len(keys)


def test_a_slice_keeps_its_share_of_what_still_comes_and_no_more_is_expected() -> None:
    _, flow = of_minutes(*[plain(a=1000, b=1000)] * 10, plain(a=50, b=850))
    assert named(flow) == []


def test_what_came_for_a_minute_only_is_not_expected_to_go_on() -> None:
    usual, surge = plain(a=20, b=1000), plain(a=2000, b=1000)
    _, flow = of_minutes(*[usual] * 20, surge, usual)
    assert named(flow) == []


def test_all_traffic_collapsed_where_hardly_anything_comes_beside_the_slice_that_did() -> None:
    _, flow = of_minutes(*[plain(a=1000, b=9)] * 10, *[plain(a=0, b=9)] * 3)
    assert named(flow) == [(ALL, CRITICAL)]


def test_a_slice_whose_payments_come_in_batches_may_be_silent_for_long() -> None:
    batches = [plain(a=90 if minute % 6 == 0 else 0, b=500) for minute in range(31)]
    for silent in range(30):
        _, flow = of_minutes(*batches, *[plain(a=0, b=500)] * silent)
        assert named(flow) == []
        # It is doubtful for twenty minutes, and then it is not.
        assert ("gateway=a" in flow.drops) is (1 <= silent <= 20)


def closing_cell(seconds: int, *, mixed: bool = False, **a_minute: int) -> Flow:
    """The flow after ten ordinary minutes and a cell of so many seconds in which this came."""
    baseline, flow = of_minutes(*[plain(a=500, b=500)] * 10)
    second = baseline.folded + seconds
    came = plain(**a_minute)
    baseline = fold(Normals(baseline), came, second, lambda *_: False, learning=False, mixed=mixed)
    return flow_after(flow, Normals(baseline), NEEDED)


@pytest.mark.parametrize(("seconds", "is_found"), [(44, False), (45, True)])
def test_of_a_part_of_a_minute_nothing_is_said(seconds: int, is_found: bool) -> None:
    assert bool(named(closing_cell(seconds, a=0, b=400))) is is_found


def test_while_traffic_is_mixed_only_all_of_it_can_be_found_missing() -> None:
    assert named(closing_cell(60, a=0, b=500)) == [("gateway=a", WARNING)]
    assert named(closing_cell(60, mixed=True, a=0, b=500)) == []
    assert named(closing_cell(60, mixed=True, a=0, b=0)) == [(ALL, CRITICAL)]


def timed(total: int, late: int = 0) -> dict[str, Counts]:
    """So many payments, of which so many are slow."""
    return {ALL: counts(approved=total, within_250=total - late, within_1000=late)}


def is_slow(*minutes: Mapping[str, Counts]) -> bool:
    """Whether all traffic is found to be slow after these minutes."""
    found = flow_sightings(of_minutes(*minutes)[1], NEEDED)
    return (ALL, LATENCY) in [(item.verdict.slice, item.verdict.signal) for item in found]


def test_half_of_a_thin_minute_that_is_slow_is_not_enough() -> None:
    assert not is_slow(*[timed(20)] * 20, timed(20, 12))
    assert is_slow(*[timed(20)] * 20, *[timed(20, 12)] * 5)


def test_that_one_in_twenty_is_slow_is_usual_even_where_it_never_was_seen() -> None:
    assert not is_slow(*[timed(40)] * 20, *[timed(40, 10)] * 3)


def test_what_is_slow_stays_so_while_too_few_payments_come_to_tell() -> None:
    slow = [*[timed(100)] * 20, *[timed(100, 90)] * 3]
    assert is_slow(*slow, timed(19))
    assert not is_slow(*slow, timed(20))


def test_what_is_usual_of_few_payments_is_not_known_well_enough_to_be_slower() -> None:
    assert not is_slow(*[timed(5)] * 11, *[timed(100, 90)] * 2)
    assert is_slow(*[timed(5)] * 12, *[timed(100, 90)] * 2)


def test_the_evidence_that_a_slice_is_missing_or_slow_has_an_end() -> None:
    _, flow = of_minutes(*[timed(500)] * 10, *[timed(500, 400)] * 9)
    assert flow.slow[ALL].nats == MOST_NATS
    _, flow = of_minutes(*[plain(a=500, b=500)] * 10, *[plain(a=0, b=500)] * 9)
    assert flow.drops["gateway=a"].nats == CAP * NEEDED


def test_nothing_is_found_before_there_is_something_to_compare_with() -> None:
    assert of_minutes(plain(a=500), plain(a=500), plain(a=0))[1] == Flow()


def test_a_shop_that_closes_at_the_same_hour_every_night_is_known_from_the_fourth_night_on() -> (
    None
):
    baseline, flow, nights = Baseline(), Flow(), set()
    open_ = plain(a=60)
    closed: dict[str, Counts] = {}
    for minute in range(4 * 24 * HOUR):
        hour = minute // HOUR % 24
        second = NOW // 86_400 * 86_400 + (minute + 1) * CELL_SECONDS
        came = open_ if 8 <= hour < 22 else closed
        baseline = fold(Normals(baseline), came, second, lambda *_: False, learning=False)
        flow = flow_after(flow, Normals(baseline), NEEDED)
        if flow_sightings(flow, NEEDED):
            nights.add((minute - 12 * HOUR) // (24 * HOUR))  # from noon to noon
    assert nights == {0, 1, 2}
