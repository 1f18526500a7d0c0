"""Waves that customers or fraud rules make: recorded, and never more than that."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from functions.core.counting.slices import ALL
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, surprise
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.detection.waves import customer_waves
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import INFO, WARNING_SCORE
from tests.builders import NOW, counts, incident, partial, tally
from tests.steady_traffic import (
    CALM_SECONDS,
    SINCE,
    A,
    B,
    Slices,
    X,
    after,
    changed,
    moment,
    seen,
    segments,
    whole,
)

WAVES = ["customer", "fraud"]
RULES = Rules(budget=Budget(learning_seconds=300))
QUIET_SECONDS = 1200


def denied(total: int, share: float, cause: str = "customer") -> int:
    return seen(total, share, "denied", cause)


def wave(calm: Slices, then: Slices, seconds: int = 60) -> State:
    return changed(calm, then, seconds)


def waves(state: State, incidents: Sequence[Incident] = ()) -> list[Sighting]:
    return customer_waves(moment(state), incidents)


def places(state: State, incidents: Sequence[Incident] = ()) -> list[str]:
    return [item.verdict.slice for item in waves(state, incidents)]


def known(key: str, signal: str = "customer", **fields: object) -> Incident:
    return incident(**{"slice": key, "signal": signal, "severity": INFO, "normal": 0.05, **fields})


def alone(share: float) -> Slices:
    return {ALL: denied(1000, share)}


def two(one: float, other: float, cause: str = "customer") -> Slices:
    return whole(A=denied(1000, one, cause), B=denied(1000, other, cause))


ONE_ISSUER = wave(two(0.05, 0.05), two(0.4, 0.05), 10)


def test_without_a_wave_none_is_told() -> None:
    assert waves(wave(two(0.05, 0.05), two(0.05, 0.05))) == []


@pytest.mark.parametrize("cause", WAVES)
def test_a_wave_is_told_with_its_share_and_what_is_usual(cause: str) -> None:
    [found] = waves(wave(two(0.05, 0.05, cause), two(0.4, 0.05, cause), 60))
    verdict = found.verdict
    assert (verdict.slice, verdict.signal, verdict.attempts) == (A, cause, 60_000)
    assert verdict.rate == pytest.approx(0.4)
    assert verdict.at_least < verdict.rate
    assert verdict.normal == pytest.approx(0.05, rel=0.01)
    assert found.causes == {cause: 24_000}
    assert found.elsewhere is None


def test_a_wave_is_worth_no_warning_however_sure_it_is() -> None:
    [weak] = waves(wave(two(0.05, 0.05), two(0.25, 0.05), 30))
    [strong] = waves(wave(two(0.05, 0.05), two(1.0, 0.05)))
    assert weak.verdict.score < strong.verdict.score < WARNING_SCORE
    assert strong.verdict.severity == INFO


def test_a_wave_began_in_the_second_from_which_its_share_is_above_what_is_tolerated() -> None:
    [found] = waves(wave(two(0.05, 0.05), two(0.4, 0.05), 17))
    assert found.began == SINCE


def test_a_wave_that_fills_the_window_began_no_later_than_that() -> None:
    [found] = waves(wave(two(0.05, 0.05), two(0.4, 0.05), 90))
    assert found.began == SINCE + 90 - 60


def test_a_wave_that_is_past_its_height_still_began_when_it_began() -> None:
    calm, high, ebb = two(0.05, 0.05), two(0.6, 0.05), two(0.0, 0.05)
    [found] = waves(after([calm] * CALM_SECONDS + [high] * 12 + [ebb] * 20))
    assert found.began == SINCE


def test_a_wave_before_and_a_lull_are_not_where_the_newest_one_began() -> None:
    calm, high, lull = two(0.05, 0.05), two(0.5, 0.05), two(0.0, 0.05)
    [found] = waves(after([calm] * CALM_SECONDS + [high] * 3 + [lull] * 40 + [high] * 15))
    assert found.began == SINCE + 43


def test_a_wave_that_is_just_what_is_tolerated_begins_no_later_than_now() -> None:
    state = wave(two(0.25, 0.25), two(0.5, 0.25))
    [found] = waves(state, [known(A, normal=0.25)])
    assert found.verdict.rate == found.verdict.tolerated
    assert found.began == state.window.clock


@pytest.mark.parametrize(("usual", "share"), [(0.01, 0.029), (0.05, 0.098), (0.2, 0.39)])
def test_what_adds_less_than_two_points_or_less_than_doubles_is_no_wave(
    usual: float, share: float
) -> None:
    assert waves(wave(alone(usual), alone(share))) == []


@pytest.mark.parametrize(("usual", "share"), [(0.01, 0.031), (0.05, 0.102), (0.2, 0.41)])
def test_what_adds_two_points_and_doubles_is_a_wave(usual: float, share: float) -> None:
    assert places(wave(alone(usual), alone(share))) == [ALL]


@pytest.mark.parametrize(("paid", "told"), [(19, []), (20, [A])])
def test_fewer_than_twenty_payments_are_no_wave(paid: int, told: list[str]) -> None:
    others = counts(approved=100)
    calm, silent = {ALL: others, A: counts(approved=1)}, {ALL: others}
    burst = {ALL: others, A: counts(denied=paid, customer=paid)}
    assert places(after([calm] * CALM_SECONDS + [silent] * 60 + [burst])) == told


@pytest.mark.parametrize(("seconds", "told"), [(4, []), (60, [ALL])])
def test_a_wave_needs_more_evidence_than_failures_because_customers_act_together(
    seconds: int, told: list[str]
) -> None:
    calm, then = {ALL: denied(100, 0.05)}, {ALL: denied(100, 0.15)}
    silent: list[Slices] = [{}] * 60
    state = after([calm] * CALM_SECONDS + silent + [then] * seconds)
    nats = surprise(15 * seconds, 100 * seconds, Normal(0.05, 0.0, 1.0), 0.02)
    assert nats > state.tracker.needed
    assert places(state) == told


def test_a_slice_that_is_only_learned_has_no_wave() -> None:
    calm = {ALL: denied(10_000, 0.05)}
    then = {**calm, "issuer=new": denied(300, 0.5)}
    assert places(wave(calm, then, 30)) == []
    assert places(wave(calm, then, 31)) == ["issuer=new"]


def test_what_is_no_doing_of_the_customers_is_no_wave() -> None:
    calm, then = whole(A=seen(1000), B=seen(1000)), whole(A=seen(1000, 0.4), B=seen(1000))
    assert waves(wave(calm, then)) == []


def test_a_wave_of_customers_and_one_of_fraud_are_two() -> None:
    both = counts(approved=400, denied=600, customer=300, fraud=300)
    calm = counts(approved=900, denied=100, customer=50, fraud=50)
    found = waves(wave(whole(A=calm, B=calm), whole(A=both, B=calm)))
    assert [(item.verdict.slice, item.verdict.signal) for item in found] == [
        (A, "customer"),
        (A, "fraud"),
    ]


def test_waves_that_share_no_payment_are_told_apart_the_clearest_first() -> None:
    def three(a: float, b: float) -> Slices:
        return whole(A=denied(100, a), B=denied(100, b), C=denied(99_800, 0.05))

    assert places(wave(three(0.05, 0.05), three(0.5, 0.8))) == [B, A]
    assert places(wave(three(0.05, 0.05), three(0.8, 0.5))) == [A, B]
    assert places(wave(three(0.05, 0.05), three(0.6, 0.6))) == [A, B]


def test_waves_that_are_alike_are_told_in_the_same_order_whichever_came_first() -> None:
    def backwards(share: float) -> Slices:
        return {B: denied(100, share), A: denied(100, share), ALL: denied(100_000, 0.05)}

    assert places(wave(backwards(0.05), backwards(0.6))) == [A, B]


def test_a_wave_of_one_slice_is_not_told_of_what_shares_its_payments() -> None:
    calm = segments(AX=denied(500, 0.05), AY=denied(500, 0.05), BX=denied(500, 0.05))
    then = {**segments(AX=denied(500, 0.5), AY=denied(500, 0.5), BX=denied(500, 0.05))}
    assert places(wave(calm, then)) == [A]


def test_a_wave_everywhere_is_told_of_all_traffic_though_a_part_is_clearer() -> None:
    #  issuer A usually has none: it is the least likely, and holds half of the wave
    assert places(wave(two(0.0, 0.2), two(0.3, 0.5))) == [ALL]


def test_a_wave_whose_wider_slice_holds_little_more_is_the_narrow_ones() -> None:
    assert places(wave(two(0.05, 0.05), two(0.5, 0.06))) == [A]


def test_a_wave_that_is_not_yet_worth_it_everywhere_is_waited_for() -> None:
    #  all traffic shows thrice what issuer A does, and does not add two points
    def spread(a: float, b: float) -> Slices:
        return whole(A=denied(500, a), B=denied(9_500, b))

    assert places(wave(spread(0.0, 0.0), spread(0.06, 0.006))) == []
    assert places(wave(spread(0.0, 0.0), spread(0.06, 0.0))) == [A]


def test_while_a_wave_is_waited_for_everywhere_the_part_that_is_told_goes_on() -> None:
    def spread(a: float, b: float) -> Slices:
        return whole(A=denied(500, a), B=denied(9_500, b))

    swelling = wave(spread(0.0, 0.0), spread(0.06, 0.006))
    assert places(swelling, [known(A, normal=0.0)]) == [A]
    assert places(swelling, [known(A, normal=0.0, closed_at=SINCE)]) == []


def test_two_waves_in_a_part_of_all_traffic_are_told_apart_and_not_swallowed() -> None:
    #  together they are much more than either, and all traffic adds less than two points
    def spread(share: float) -> Slices:
        return whole(A=denied(500, share), B=denied(300, share), C=denied(19_200, 0.0))

    assert sorted(places(wave(spread(0.0), spread(0.3)))) == [A, B]


def test_a_part_of_a_known_wave_is_not_told() -> None:
    assert places(ONE_ISSUER, [known(ALL)]) == []
    assert places(wave(routes_of(0.05), routes_of(0.5)), [known(X)]) == []


def routes_of(share: float) -> Slices:
    """Route AX as narrow as its issuer, in which so much is denied."""
    return segments(AX=denied(500, share), BX=denied(500, 0.05), BY=denied(500, 0.05))


def test_a_part_of_a_known_wave_is_not_told_while_it_is_remembered() -> None:
    assert places(ONE_ISSUER, [known(ALL, closed_at=SINCE)]) == []


def test_a_known_wave_itself_is_seen_again() -> None:
    assert places(ONE_ISSUER, [known(A)]) == [A]


def test_what_shares_no_payment_with_a_known_wave_is_told() -> None:
    assert places(ONE_ISSUER, [known(B)]) == [A]


def test_a_known_wave_that_reaches_further_is_told_of_the_wider_slice() -> None:
    assert places(wave(two(0.05, 0.05), two(0.4, 0.4)), [known(A)]) == [ALL]


def test_incidents_about_something_else_hide_no_wave() -> None:
    assert places(ONE_ISSUER, [known(ALL, "failed"), known(ALL, "fraud")]) == [A]


def test_of_an_open_wave_that_is_usual_which_was_so_before_it() -> None:
    usual = 0.02
    [found] = waves(ONE_ISSUER, [known(A, normal=usual)])
    assert found.verdict.normal == usual
    assert waves(ONE_ISSUER, [known(A, normal=0.3)]) == []


def test_of_a_wave_that_is_over_that_is_usual_which_was_learned() -> None:
    [found] = waves(ONE_ISSUER, [known(A, normal=0.3, closed_at=SINCE)])
    assert found.verdict.normal == pytest.approx(0.05, rel=0.01)


def thin(share: float, seconds: int, cause: str = "customer") -> State:
    """One payment a second while all is calm, and then for so many seconds with that share of a wave."""
    state = initial(RULES)
    drawn = random.Random(3)
    for second in range(QUIET_SECONDS + seconds):
        is_taken = drawn.random() < (share if second >= QUIET_SECONDS else 0.02)
        counted = counts(denied=1, **{cause: 1}) if is_taken else counts(approved=1)
        coming = tally({NOW + second: {ALL: counted, A: counted}})
        state, _ = step(state, [partial(second + 1, coming, NOW + second)], RULES)
    return state


@pytest.mark.parametrize("cause", WAVES)
def test_a_wave_of_few_payments_a_minute_is_told_over_a_longer_stretch(cause: str) -> None:
    state = thin(0.3, 480, cause)
    [found] = [item for item in state.incidents if item.is_open]
    assert (found.signal, found.severity) == (cause, INFO)
    assert abs(found.started_at - NOW - QUIET_SECONDS) <= 120


def test_what_few_payments_usually_show_is_no_wave_over_a_longer_stretch_either() -> None:
    assert thin(0.03, 900).incidents == ()


def test_a_wave_of_few_payments_a_minute_is_over_minutes_after_it_was() -> None:
    state = thin(0.3, 480)
    for second in range(QUIET_SECONDS + 480, QUIET_SECONDS + 480 + 240):
        coming = tally({NOW + second: {ALL: counts(approved=1), A: counts(approved=1)}})
        state, _ = step(state, [partial(second + 1, coming, NOW + second)], RULES)
    assert not [item for item in state.incidents if item.is_open]
