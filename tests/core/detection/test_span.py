"""The payments of a stretch of time against what is normal, and what a mix shift makes of it."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import attempts
from functions.core.counting.partial import Partial
from functions.core.counting.slices import ALL, DEFAULT_SLICING
from functions.core.counting.tally import Tally
from functions.core.detection.evidence import surprise
from functions.core.detection.explanation import Suspect
from functions.core.detection.normals import Memory
from functions.core.detection.span import Moment, Span
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.detection.tuning import EvidenceTuning
from functions.core.troubles.incident import OPENED
from tests.builders import FIRST_SEQUENCE, NOW, SHARD, counts, payment
from tests.steady_traffic import (
    SINCE,
    UNLIKE,
    A,
    B,
    X,
    Y,
    changed,
    moment,
    seen,
    segments,
    whole,
)

FEWEST_EVENTS = EvidenceTuning().fewest_events

FAILED = "failed"
AX, AY, BX = "issuer=A&network=X", "issuer=A&network=Y", "issuer=B&network=X"
SECONDS = 10

WELL = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
ILL = changed(
    WELL, segments(AX=seen(100, 0.4), AY=seen(100, 0.1), BX=seen(100), BY=seen(100)), SECONDS
)
# Issuer A always fails 30 %, issuer B hardly; A has a thirtieth of the traffic, and then a sixth.
LAME = whole(A=seen(10, 0.3), B=seen(290))
SHIFTED = changed(LAME, whole(A=seen(50, 0.3), B=seen(250)), 60, UNLIKE)
RISE = 0.3 * (50 / 300 - 10 / 300)


def span(start: int = SINCE) -> Span:
    return moment(ILL).since(start)


def left(of: str, *known: str) -> Suspect | None:
    """What is left of the slice beside these."""
    return span().rest(of, FAILED, known)


def test_a_moment_looks_at_each_stretch_once() -> None:
    now = moment(ILL)
    assert now.since(SINCE) is now.since(SINCE)
    assert now.since(SINCE) is not now.since(SINCE + 1)


def test_a_moment_knows_the_slices_of_each_dimension() -> None:
    parts = moment(ILL).parts
    assert {name: sorted(keys) for name, keys in parts.items()} == {
        "issuer": [A, B],
        "network": [X, Y],
    }


def test_a_moment_knows_which_routes_lie_in_a_slice_by_their_other_dimension() -> None:
    pairs = moment(ILL).pairs
    assert set(pairs) == {A, B, X, Y}
    assert {name: sorted(keys) for name, keys in pairs[A].items()} == {"network": [AX, AY]}
    assert {name: sorted(keys) for name, keys in pairs[X].items()} == {"issuer": [AX, BX]}


def test_within_the_window_payments_are_counted_to_the_second() -> None:
    clock = SINCE + SECONDS - 1
    for seconds in range(1, ILL.window.width + ILL.window.lateness + 1):
        assert attempts(span(clock + 1 - seconds).counts(ALL)) == 400 * seconds


def test_before_the_window_payments_are_counted_to_the_minute() -> None:
    clock = SINCE + SECONDS - 1
    assert attempts(span(NOW).counts(ALL)) == 400 * (clock - NOW + 1)
    for start in range(NOW, ILL.window.oldest):
        counted = attempts(span(start).counts(ALL)) // 400
        assert 0 <= counted - (clock + 1 - start) < 60


def test_a_suspect_has_the_attempts_and_failures_since_then_and_what_is_usual() -> None:
    found = span().suspect(AX, FAILED)
    assert (found.slice, found.signal) == (AX, FAILED)
    assert (found.attempts, found.events) == (100 * SECONDS, 40 * SECONDS)
    usual = moment(ILL).normals.normal(AX, FAILED).rate
    assert found.expected == pytest.approx(100 * SECONDS * usual)
    assert found.nats > 0.0
    assert found.sure > 1.0


def test_what_fails_no_more_than_usual_is_no_suspicion() -> None:
    found = span().suspect(B, FAILED)
    assert (found.events, found.nats, found.sure) == (0, 0.0, 0.0)


def test_a_few_failures_make_nobody_sure_however_unusual_they_are() -> None:
    empty = span().suspect("issuer=none", FAILED)
    few = span().weigh(empty, FEWEST_EVENTS - 1, FEWEST_EVENTS - 1)
    assert few.nats > 0.0
    assert few.sure == 0.0
    assert span().weigh(empty, FEWEST_EVENTS, FEWEST_EVENTS).sure > 0.0


def test_where_failures_cluster_the_same_evidence_is_less_sure() -> None:
    baseline = ILL.tracker.baseline
    clusters = msgspec.structs.replace(baseline, dispersion={FAILED: {AX: 4.3}})
    other = msgspec.structs.replace(
        ILL, tracker=msgspec.structs.replace(ILL.tracker, baseline=clusters)
    )
    now = moment(other)
    once, clustered = span().suspect(AX, FAILED), now.since(SINCE).suspect(AX, FAILED)
    normal, drift = now.normals.normal(AX, FAILED), now.normals.drift(FAILED)
    nats = surprise(clustered.events, clustered.attempts, normal, drift)
    assert clustered.sure == pytest.approx(nats / 4.0 / now.tracker.needed)
    assert clustered.sure < once.sure / 3


def test_of_two_slices_that_never_failed_the_larger_one_does_not_explain_more_for_being_known_better() -> (
    None
):
    calm = segments(AX=seen(10), AY=seen(1000), BX=seen(10), BY=seen(10))
    ill = segments(AX=seen(10, 0.4), AY=seen(1000), BX=seen(10), BY=seen(10))
    now = moment(changed(calm, ill, SECONDS)).since(SINCE)
    assert now.suspect(AX, FAILED).nats > now.suspect(A, FAILED).nats + 5.0


@given(st.integers(0, 300), st.integers(0, 300))
def test_more_failures_of_as_many_payments_are_never_less_evidence(one: int, two: int) -> None:
    fewer, more = sorted((one, two))
    empty = span().suspect(AX, FAILED)
    low, high = span().weigh(empty, 300, fewer), span().weigh(empty, 300, more)
    assert low.nats <= high.nats
    assert low.sure <= high.sure


def test_nothing_is_left_of_a_known_slice() -> None:
    assert left(AX, AX) is None
    assert left(AX, AX, B) is None


def test_beside_what_is_not_known_all_is_left() -> None:
    assert left(AX) == span().suspect(AX, FAILED)
    assert left(AX, BX) == span().suspect(AX, FAILED)


def test_from_a_wider_slice_the_payments_of_the_known_one_are_taken() -> None:
    rest = left(A, AX)
    assert rest is not None
    assert (rest.attempts, rest.events) == (100 * SECONDS, 10 * SECONDS)


def test_what_crosses_a_known_slice_loses_what_both_hold() -> None:
    rest = left(X, A)
    assert rest is not None
    assert (rest.attempts, rest.events) == (100 * SECONDS, 0)


@pytest.mark.parametrize(("share", "is_sure"), [(0.2, False), (0.38, False), (0.8, True)])
def test_inside_of_a_known_slice_twice_its_failures_are_explained_and_no_more(
    share: float, is_sure: bool
) -> None:
    #  the issuer as a whole fails at 20 %, whatever the share of this route is
    ill = segments(AX=seen(100, share), AY=seen(300, (80 - 100 * share) / 300), BX=seen(100))
    state = changed(segments(AX=seen(100), AY=seen(300), BX=seen(100)), ill, SECONDS)
    now = moment(state).since(SINCE)
    rest = now.rest(AX, FAILED, [A])
    assert rest is not None
    assert rest.attempts == 100 * SECONDS
    assert rest.events == pytest.approx(max(0, 100 * share - 40) * SECONDS, abs=0.02 * 1000)
    assert (rest.sure >= 1.0) is is_sure


def test_a_known_slice_that_is_no_longer_counted_explains_nothing() -> None:
    inside = f"{AX}&region=EU"
    state = changed({**WELL, inside: seen(10)}, {**WELL, inside: seen(10, 0.5)}, SECONDS)
    now = moment(state).since(SINCE)
    own = now.suspect(inside, FAILED)
    rest = now.rest(inside, FAILED, ["issuer=A&region=EU"])
    assert rest is not None
    assert rest.events == own.events


def test_what_two_slices_hold_in_common_is_known_where_it_is_counted() -> None:
    now = span()
    a, x = now.suspect(A, FAILED), now.suspect(X, FAILED)
    assert now.crossing(a, x) == now.suspect(AX, FAILED)
    assert now.crossing(a, now.suspect("network=none", FAILED)).attempts == 0


def since(now: Moment) -> Span:
    return now.since(now.window.start)


def test_without_a_shift_of_traffic_nothing_is_shifted() -> None:
    now = since(moment(ILL))
    assert [now.shift(key, FAILED) for key in (ALL, A, AX)] == [0.0, 0.0, 0.0]


def test_a_slice_that_always_fails_and_takes_more_of_the_traffic_shifts_the_rate_of_all() -> None:
    assert since(moment(SHIFTED)).shift(ALL, FAILED) == pytest.approx(RISE, rel=0.1)


def test_traffic_that_leaves_a_slice_that_always_fails_shifts_nothing_up() -> None:
    leaving = changed(LAME, whole(A=seen(1, 0.3), B=seen(299)), 60, UNLIKE)
    assert since(moment(leaving)).shift(ALL, FAILED) == 0.0


def test_a_slice_is_not_shifted_by_its_own_dimension() -> None:
    now = since(moment(SHIFTED))
    assert (now.shift(A, FAILED), now.shift(B, FAILED)) == (0.0, 0.0)


def test_a_signal_that_no_slice_usually_shows_is_not_shifted() -> None:
    now = since(moment(SHIFTED))
    assert now.shift(ALL, "reversed") == pytest.approx(0.0, abs=0.001)


def test_where_a_slice_always_fails_others_may_fail_as_many_times_more_as_it_grew() -> None:
    #  how the network's payments are spread over the issuers is not counted here
    usual = {**LAME, X: seen(300, 0.01)}
    state = changed(usual, {**whole(A=seen(50, 0.3), B=seen(250)), X: seen(300, 0.01)}, 60, UNLIKE)
    now = since(moment(state))
    usually = moment(state).normals.normal(X, FAILED).rate
    assert now.shift(X, FAILED) == pytest.approx(usually * (5 - 1), rel=0.1)
    assert now.shift(X, FAILED) < now.shift(ALL, FAILED) * 1.5


def test_the_shift_of_all_traffic_is_counted_and_not_guessed_from_what_grew() -> None:
    usual = whole(A=seen(10, 0.3), B=seen(140), C=seen(150, 0.2))
    grown = whole(A=seen(50, 0.3), B=seen(100), C=seen(150, 0.2))
    assert since(moment(changed(usual, grown, 60, UNLIKE))).shift(ALL, FAILED) == pytest.approx(
        RISE, rel=0.1
    )


def test_a_shift_that_hardly_moves_all_traffic_says_nothing_of_other_slices() -> None:
    usual = {**whole(A=seen(1, 1.0), B=seen(9_999)), X: seen(10_000, 0.01)}
    grown = {**whole(A=seen(5, 1.0), B=seen(9_995)), X: seen(10_000, 0.01)}
    now = since(moment(changed(usual, grown, 60, UNLIKE)))
    assert 0.0 < now.shift(ALL, FAILED) < 0.001
    assert now.shift(X, FAILED) == now.shift(ALL, FAILED)


def test_where_routes_are_counted_a_slice_is_shifted_by_its_own() -> None:
    usual = segments(AX=seen(40, 0.3), BX=seen(160), AY=seen(40, 0.3), BY=seen(160))
    moved = segments(AX=seen(80, 0.3), BX=seen(160), BY=seen(160))
    now = since(moment(changed(usual, moved, 60, UNLIKE)))
    assert now.shift(ALL, FAILED) == pytest.approx(0.0, abs=0.001)
    assert now.shift(X, FAILED) == pytest.approx(0.3 * (80 / 240 - 40 / 200), rel=0.1)
    assert now.shift(Y, FAILED) == 0.0


def test_a_slice_that_is_new_grew_from_nothing_and_gives_no_factor() -> None:
    usual = {**whole(B=seen(290)), X: seen(290, 0.01)}
    grown = {**whole(B=seen(290), N=counts(failed=100, gateway=100)), X: seen(290, 0.01)}
    now = since(moment(changed(usual, grown, 20, UNLIKE)))
    assert now.shift(X, FAILED) <= now.shift(ALL, FAILED)


def test_a_suspect_with_the_shift_is_held_against_that_much_more() -> None:
    now = since(moment(SHIFTED))
    before = now.suspect(ALL, FAILED)
    with_shift = now.with_shift(before)
    shift = now.shift(ALL, FAILED)
    assert (with_shift.attempts, with_shift.events) == (before.attempts, before.events)
    assert with_shift.expected == pytest.approx(before.expected + before.attempts * shift)
    assert before.sure > 1.0 > with_shift.sure


def test_a_shift_never_makes_more_usual_than_that_everything_fails() -> None:
    usual = {**whole(A=seen(10, 0.3), B=seen(290)), X: seen(300, 0.3)}
    grown = {**whole(A=seen(200, 0.3), B=seen(100)), X: seen(300, 1.0)}
    now = since(moment(changed(usual, grown, 60, UNLIKE)))
    assert now.shift(X, FAILED) > 1.0
    suspect = now.with_shift(now.suspect(X, FAILED))
    assert suspect.expected <= suspect.attempts


def test_a_rate_is_worth_speaking_of_above_what_is_tolerated_and_shifted() -> None:
    now, shifted = since(moment(ILL)), since(moment(SHIFTED))
    empty = now.suspect(ALL, FAILED)
    tolerated = now.moment.normals.tolerated(ALL, FAILED)
    assert not now.is_worth(now.weigh(empty, 10**6, int(tolerated * 10**6)))
    assert now.is_worth(now.weigh(empty, 10**6, int(tolerated * 10**6) + 1))
    #  usually 1 %, and 4 % more for the shift
    assert not shifted.is_worth(shifted.weigh(empty, 1000, 50))
    assert shifted.is_worth(shifted.weigh(empty, 1000, 70))


def test_a_whole_that_fails_explains_more_than_the_part_of_it_that_usually_fails_less() -> None:
    calm = whole(A=seen(200), B=seen(40, 0.3), C=seen(60, 0.05))
    broken = whole(A=seen(200, 0.9), B=seen(40, 0.93), C=seen(60, 0.9))
    span = moment(changed(calm, broken, 2)).since(SINCE)
    every, part = span.suspect(ALL, "failed"), span.suspect(A, "failed")
    composed = span.composed(every)
    assert composed.nats > max(every.nats, part.nats)
    assert (composed.events, composed.attempts) == (every.events, every.attempts)


def test_parts_of_which_one_alone_fails_do_not_make_the_whole_explain_more_than_it() -> None:
    calm = whole(A=seen(200), B=seen(40, 0.3), C=seen(60, 0.05))
    broken = whole(A=seen(200, 0.5), B=seen(40, 0.3), C=seen(60, 0.05))
    span = moment(changed(calm, broken, 2)).since(SINCE)
    assert span.composed(span.suspect(ALL, "failed")).nats < span.suspect(A, "failed").nats


def crossed(seconds: int, merchant_fails: float, method_fails: float, seed: int) -> list[str]:
    """What is opened where a merchant with most of the traffic fails from second 420 on, and 100 seconds
    later a method that it alone offers. Merchant × method is not counted."""
    chance = random.Random(seed)
    state, memory, opened = initial(Rules()), Memory(), list[str]()
    keys: tuple[str, ...] = ()
    for second in range(420 + seconds):
        tally = Tally()
        for _ in range(40):
            merchant = "M0" if chance.random() < 0.7 else "M1"
            method = "UPI" if merchant == "M0" and chance.random() < 0.1 else "CARD"
            rate = 0.01
            if second >= 420 and merchant == "M0":
                rate = merchant_fails
            if second >= 520 and method == "UPI":
                rate = method_fails
            names = {"merchant": merchant, "method": method, "issuer": chance.choice("ABC")}
            failed = chance.random() < rate
            paid = payment(NOW + second, "failed" if failed else "approved", **names)
            tally.add(paid, "gateway" if failed else "", DEFAULT_SLICING)
        number, at_ms = str(FIRST_SEQUENCE + second), (NOW + second) * 1000
        coming = Partial(SHARD, number, number, at_ms + 1000, at_ms, tally)
        state, _ = step(state, [coming], Rules(), keys, memory)
        keys = tuple(item.key for item in state.outbox)
        opened += [i.incident.slice for i in state.outbox if i.transition == OPENED]
    return opened


@pytest.mark.parametrize("seed", range(3))
def test_what_fails_as_its_merchant_does_is_explained_by_it_though_both_are_not_counted(
    seed: int,
) -> None:
    assert crossed(300, 0.3, 0.3, seed) == ["merchant=M0"]


@pytest.mark.parametrize("seed", range(3))
def test_what_fails_far_more_than_the_merchant_it_lies_in_is_a_trouble_of_its_own(
    seed: int,
) -> None:
    assert crossed(300, 0.15, 0.75, seed) == ["merchant=M0", "method=UPI"]


def outage(**names: str) -> list[str]:
    """What is opened where twelve payments come in a minute, and after ten minutes most of them fail."""
    state, memory, opened = initial(Rules()), Memory(), list[str]()
    keys: tuple[str, ...] = ()
    for number in range(150):
        second = 5 * number
        failed = second >= 600 and number % 5 != 4
        tally = Tally()
        paid = payment(NOW + second, "failed" if failed else "approved", **names)
        tally.add(paid, "unknown" if failed else "", DEFAULT_SLICING)
        at_ms = (NOW + second) * 1000
        sequence = str(FIRST_SEQUENCE + second)
        coming = Partial(SHARD, sequence, sequence, at_ms + 1000, at_ms, tally)
        state, _ = step(state, [coming], Rules(), keys, memory)
        keys = tuple(item.key for item in state.outbox)
        opened += [i.incident.slice for i in state.outbox if i.transition == OPENED]
    return opened


@pytest.mark.parametrize(
    "names", [{}, {"currency": "INR"}, {"currency": "INR", "country": "IN", "gateway": "G"}]
)
def test_a_dimension_of_one_value_hides_nothing(names: dict[str, str]) -> None:
    assert outage(**names) == [ALL]
