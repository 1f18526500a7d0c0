"""detect's step as a whole: traffic in, incidents out, whatever the batches are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, payments
from functions.core.counting.partial import Partial
from functions.core.counting.slices import ALL, refines, slice_key
from functions.core.counting.tally import Tally
from functions.core.counting.window import roll
from functions.core.detection.budget import Budget
from functions.core.detection.journal import decode_state, encode, restore
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, Totals, initial, under
from functions.core.detection.step import Delta, newest_counted, passed_over, replay, step
from functions.core.paging.incident_page import incident_page
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    OPENED,
    RECOVERED,
    WORSE,
    Announcement,
)
from tests.builders import DASHBOARD, NOW, SHARD, approved, counts, in_batches, partial, tally
from tests.traffic import Fault, Traffic

# Learning takes half a minute here; faults begin at second 100, unless they say otherwise.
RULES = Rules(budget=Budget(learning_seconds=30))
HDFC_VISA = {"issuer": "HDFC", "network": "VISA"}
KEY = "issuer=HDFC&network=VISA"


def run(partials: Sequence[Partial], batches: Sequence[int] = ()) -> tuple[State, list[Delta]]:
    """The state after all partials, in batches of these sizes, and the deltas."""
    state, deltas = initial(RULES), []
    for batch in in_batches(partials, batches):
        state, delta = step(state, batch, RULES)
        deltas.append(delta)
    return state, deltas


def told(traffic: Traffic, seconds: int, rules: Rules = RULES) -> list[tuple[int, Announcement]]:
    """Second → what was announced in it."""
    state, said = initial(rules), []
    for second, coming in enumerate(traffic(seconds)):
        state, _ = step(state, [coming], rules, [item.key for item in state.outbox])
        said += [(second, item) for item in state.outbox]
    return said


def transitions(said: Sequence[tuple[int, Announcement]]) -> list[tuple[str, str]]:
    return [(item.transition, item.incident.slice) for _, item in said]


def opened(said: Sequence[tuple[int, Announcement]]) -> list[str]:
    return [key for transition, key in transitions(said) if transition == OPENED]


def test_twenty_minutes_of_ordinary_traffic_open_no_incident() -> None:
    assert told(Traffic(), 1200) == []


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_traffic_that_always_fails_a_lot_opens_no_incident(seed: int) -> None:
    always = {"failed": 0.12, "denied": 0.3, "reversed": 0.05}
    assert told(Traffic(healthy=always, seed=seed), 600) == []


@pytest.mark.parametrize("rate", [1, 5, 20])
def test_thin_ordinary_traffic_opens_no_incident(rate: int) -> None:
    assert told(Traffic(rate=rate), 600) == []


def test_half_of_a_route_failing_opens_one_incident_that_names_it_within_ten_seconds() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5),)), 160)
    assert opened(said) == [KEY]
    assert said[0][0] <= 110


def test_a_route_that_fails_a_little_more_is_found_within_the_window() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.05),)), 160)
    assert opened(said) == [KEY]


def test_an_incident_began_with_the_first_bad_payment_of_its_slice() -> None:
    for share in (0.05, 0.5):
        [(_, item), *_] = told(Traffic(faults=(Fault(HDFC_VISA, share),)), 160)
        assert item.incident.started_at == NOW + 100
        assert item.incident.suspected_at <= item.incident.detected_at


def test_a_gateway_outage_names_the_gateway_although_most_of_it_is_one_method() -> None:
    said = told(Traffic(faults=(Fault({"gateway": "alpha"}, 0.3, cause="gateway"),)), 160)
    assert opened(said) == ["gateway=alpha"]


def test_failures_everywhere_are_blamed_on_all_traffic() -> None:
    assert opened(told(Traffic(faults=(Fault({}, 0.1, cause="gateway"),)), 160)) == [ALL]


def test_two_outages_are_two_incidents() -> None:
    other = {"issuer": "SBI", "network": "RUPAY"}
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.4), Fault(other, 0.6))), 160)
    assert sorted(opened(said)) == [KEY, "issuer=SBI&network=RUPAY"]


ICICI, VISA = ({"issuer": "ICICI"}, 0.3), ({"network": "VISA"}, 0.2)
BETA, UPI = ({"gateway": "beta"}, 0.2), ({"method": "upi"}, 0.5)
MASTERCARD = ({"network": "MASTERCARD"}, 0.3)


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [
        (ICICI, VISA, 5),  # what both hold is counted
        (VISA, ICICI, 60),
        (BETA, UPI, 0),
        (UPI, BETA, 5),
        (UPI, MASTERCARD, 0),  # it is estimated
        (MASTERCARD, UPI, 60),
    ],
)
def test_two_outages_that_cross_are_told_by_their_own_names(
    one: tuple[dict[str, str], float], other: tuple[dict[str, str], float], gap: int
) -> None:
    faults = (Fault(*one), Fault(*other, start=100 + gap))
    said = told(Traffic(rate=60, faults=faults), 150 + gap)
    names = [slice_key(where) for where, _ in (one, other)]
    assert sorted(transitions(said)) == sorted((OPENED, name) for name in names)


def test_an_outage_is_told_once_when_it_opens_and_once_when_it_is_over() -> None:
    #  100 ──── outage ──── 160 ─ failures still in the window ─ 220 ──── 360
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, end=160),)), 360)
    assert transitions(said) == [(OPENED, KEY), (CLOSED, KEY)]


def test_the_end_of_an_outage_is_told_within_forty_seconds_and_not_before_it_is_sure() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, end=160),)), 360)
    assert 160 + RULES.patience.recover_seconds <= said[-1][0] <= 200


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_long_outage_in_thin_traffic_is_one_incident(seed: int) -> None:
    fault = Fault(HDFC_VISA, 0.6, start=100, end=500)
    said = told(Traffic(rate=2, faults=(fault,), seed=seed), 900)
    assert [item.transition for _, item in said] == [OPENED, CLOSED]
    [place] = opened(said)
    assert refines(KEY, place)  # two payments a second may not tell the segment from its issuer
    assert place != ALL


def test_an_outage_of_most_of_an_hour_is_one_incident_and_never_becomes_normal() -> None:
    well, ill = counts(approved=40), counts(approved=20, failed=20, issuer=20)
    state = initial(RULES)
    for second in range(3000):
        came = ill if 100 <= second < 2900 else well
        slices = {ALL: 4 * well + came, "issuer=HDFC": well + came, KEY: came}
        what = partial(second + 1, tally({NOW + second: slices}), NOW + second)
        state, _ = step(state, [what], RULES)
    opening, closing = state.outbox
    assert (opening.transition, opening.incident.slice) == (OPENED, KEY)
    assert (closing.transition, closing.incident.slice) == (CLOSED, KEY)
    assert closing.incident.closed_at >= NOW + 2900
    assert closing.incident.worst.normal < 0.02


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7])
def test_a_recovery_in_thin_traffic_is_told_as_one_whichever_second_proves_it(every: int) -> None:
    # Twelve payments every few seconds on one issuer, half failing from 300 to 380; others as ever.
    state = initial(RULES)
    for second in range(700):
        ill = 300 <= second < 380
        came = counts(approved=6, failed=6, issuer=6) if ill else counts(approved=12)
        thin = {"issuer=HDFC": came} if second % every == 0 else {}
        slices = {ALL: counts(approved=40) + sum(thin.values()), "issuer=SBI": counts(approved=40)}
        what = partial(second + 1, tally({NOW + second: {**slices, **thin}}), NOW + second)
        state, _ = step(state, [what], RULES)
    opening, closing = state.outbox
    assert (opening.transition, opening.reason) == (OPENED, "")
    assert (closing.transition, closing.reason) == (CLOSED, RECOVERED)
    assert incident_page(closing, DASHBOARD).headline.startswith("OK: recovered after")


def test_an_outage_that_comes_back_soon_after_it_was_over_is_the_same_incident_again() -> None:
    faults = (Fault(HDFC_VISA, 0.5, end=140), Fault(HDFC_VISA, 0.5, start=185, end=240))
    said = told(Traffic(faults=faults), 340)
    assert [item.transition for _, item in said] == [OPENED, CLOSED, AGAIN, CLOSED]
    assert len({item.incident.id for _, item in said}) == 1


def test_an_outage_that_reaches_further_stays_one_incident_and_is_told_as_worse() -> None:
    faults = (Fault(HDFC_VISA, 0.5), Fault({"issuer": "HDFC"}, 0.5, start=140))
    said = told(Traffic(faults=faults), 200)
    assert transitions(said) == [(OPENED, KEY), (WORSE, "issuer=HDFC")]
    assert len({item.incident.id for _, item in said}) == 1


@pytest.mark.parametrize("cause", ["customer", "fraud"])
def test_a_wave_of_declines_for_funds_or_by_fraud_rules_is_recorded_and_pages_nobody(
    cause: str,
) -> None:
    wave = Fault({}, 0.15, status="denied", cause=cause, end=220)
    said = told(Traffic(faults=(wave,)), 400)
    assert [item.transition for _, item in said] == [OPENED, CLOSED]
    assert {(item.incident.slice, item.incident.signal) for _, item in said} == {(ALL, cause)}
    assert not any(item.incident.pages for _, item in said)


def test_a_wave_of_one_issuers_customers_is_recorded_as_that_issuers() -> None:
    wave = Fault({"issuer": "HDFC"}, 0.4, status="denied", cause="customer")
    [(_, item), *_] = told(Traffic(faults=(wave,)), 300)
    assert (item.incident.slice, item.incident.severity) == ("issuer=HDFC", "info")


@pytest.mark.parametrize("seed", range(4))
def test_a_wave_that_ebbs_leaves_no_others_behind(seed: int) -> None:
    wave = Fault({}, 0.25, status="denied", cause="customer", end=145)
    said = told(Traffic(faults=(wave,), seed=seed), 320)
    assert transitions(said) == [(OPENED, ALL), (CLOSED, ALL)]


def test_a_wave_does_not_become_usual_while_it_lasts() -> None:
    wave = Fault({}, 0.15, status="denied", cause="customer")
    said = told(Traffic(faults=(wave,)), 900)
    assert [item.transition for _, item in said] == [OPENED]


def test_an_issuer_that_declines_by_its_own_fault_is_attributed() -> None:
    fault = Fault({"issuer": "HDFC"}, 0.5, status="denied", cause="issuer")
    [(_, item), *_] = told(Traffic(faults=(fault,)), 160)
    assert (item.incident.slice, item.incident.signal) == ("issuer=HDFC", "attributable")


def test_an_outage_during_a_wave_of_declines_is_found_all_the_same() -> None:
    wave = Fault({}, 0.15, status="denied", cause="customer")
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=160), wave)), 220)
    assert opened([item for item in said if item[1].incident.pages]) == [KEY]


@pytest.mark.parametrize("seconds", [50, 400])
def test_silence_of_the_slice_is_no_recovery(seconds: int) -> None:
    outage = list(Traffic(faults=(Fault(HDFC_VISA, 1.0),))(120))
    silence = [partial(121 + n, Tally(), NOW + 120 + n) for n in range(seconds)]
    state, _ = run([*outage, *silence])
    assert CLOSED not in {item.transition for item in state.outbox}
    assert state.outbox[0].incident.slice == KEY
    assert len({item.incident.id for item in state.outbox}) == 1


@pytest.mark.parametrize("start", [0, 10, 120])
@pytest.mark.parametrize("seed", range(2))
def test_what_is_broken_while_all_is_learned_is_told_by_what_its_sister_slices_show(
    start: int, seed: int
) -> None:
    fault = Fault(HDFC_VISA, 0.25, start=start)
    [(second, item)] = told(Traffic(faults=(fault,), seed=seed), start + 60, Rules())
    assert second <= start + 30
    assert (item.transition, item.incident.slice) == (OPENED, KEY)
    assert item.incident.worst.normal < 0.02


@pytest.mark.parametrize("rate", [2, 20])
@pytest.mark.parametrize("base", [0.001, 0.01, 0.05])
def test_a_healthy_start_pages_nobody_though_slices_differ(rate: int, base: float) -> None:
    faults = (
        Fault({"gateway": "alpha"}, 1.5 * base, start=0, cause="gateway"),
        Fault({"issuer": "HDFC"}, 0.12, start=0, status="denied", cause="unknown"),
        Fault({}, 0.08, start=0, status="denied", cause="unknown"),
    )
    healthy = {"failed": base, "reversed": 0.003}
    for seed in range(2):
        assert (
            told(Traffic(rate=rate, healthy=healthy, faults=faults, seed=seed), 330, Rules()) == []
        )


def test_what_fails_from_the_first_second_on_everywhere_is_told_while_all_is_learned() -> None:
    [(second, item)] = told(Traffic(faults=(Fault({}, 0.8, start=0),)), 60, Rules())
    assert second <= 5
    assert (item.transition, item.incident.slice) == (OPENED, ALL)


def test_a_slice_that_always_fails_more_is_its_own_normal() -> None:
    always = Fault(HDFC_VISA, 0.03, start=0)
    assert told(Traffic(faults=(always,)), 600) == []


def test_a_slice_that_always_fails_and_then_fails_more_is_found() -> None:
    faults = (Fault(HDFC_VISA, 0.3, start=300), Fault(HDFC_VISA, 0.03, start=0))
    said = told(Traffic(faults=faults), 340)
    assert opened(said) == [KEY]
    assert said[0][1].incident.worst.normal == pytest.approx(0.03, abs=0.01)


def low_base(base: float, storm: float, a_minute: int, seed: int) -> list[tuple[int, Announcement]]:
    """What is told of a storm that begins after 40 minutes, by seconds since it began."""
    drawn, state, memory, said = random.Random(seed), initial(Rules()), Memory(), []
    calm, minutes = 2400, 20
    gateways = ("gateway=A", "gateway=B", "gateway=C")
    for second in range(0, calm + 60 * minutes, 2):
        slices = dict.fromkeys((ALL, *gateways), NONE)
        rate = base if second < calm else base + storm
        for _ in range(a_minute // 30):
            failed = int(drawn.random() < rate)
            came = counts(approved=1 - failed, failed=failed, gateway=failed)
            for key in (ALL, drawn.choice(gateways)):
                slices[key] += came
        coming = partial(second + 1, tally({NOW + second: slices}), NOW + second)
        sent = [item.key for item in state.outbox]
        state, _ = step(state, [coming], Rules(), sent, memory)
        said += [(second - calm, item) for item in state.outbox]
        if said and second > calm + 600:
            break
    return said


@pytest.mark.parametrize(
    ("base", "storm", "a_minute", "within"),
    [
        (5e-5, 0.01, 450, 240),
        (1e-4, 0.015, 450, 180),
        (1e-4, 0.03, 120, 300),
        (5e-4, 0.02, 450, 180),
        (1e-4, 0.005, 900, 300),
    ],
)
def test_a_storm_over_a_low_base_is_one_incident_and_never_becomes_normal(
    base: float, storm: float, a_minute: int, within: int
) -> None:
    (second, item), *more = low_base(base, storm, a_minute, seed=round(storm * 1000))
    assert 0 <= second <= within
    assert (item.transition, item.incident.slice) == (OPENED, ALL)
    assert OPENED not in [later.transition for _, later in more]
    assert CLOSED not in [later.transition for _, later in more]


# A short, fierce minute from two shards: enough to open, worsen, widen and close.
FAULTS = (
    Fault(HDFC_VISA, 0.9, start=50, end=80),
    Fault({"issuer": "HDFC"}, 0.9, start=65, end=80),
    Fault({}, 0.3, start=55, end=90, status="reversed", cause="unknown"),
)
STORM = [
    item
    for pair in zip(
        Traffic(rate=20, faults=FAULTS, seed=1)(150),
        Traffic(rate=20, faults=FAULTS, seed=2, shard="shardId-1")(150),
        strict=True,
    )
    for item in pair
]
ONE_BY_ONE, STEPS = run(STORM, [1] * len(STORM))


def latecomers() -> list[Partial]:
    """Traffic in which a new slice, that fails a lot, is seen first in the middle of a minute."""
    partials = []
    for second in range(150):
        slices = {ALL: counts(approved=20)}
        if second >= 70:
            slices = {ALL: counts(approved=22, failed=2), "issuer=B": counts(approved=2, failed=2)}
        partials.append(partial(second + 1, tally({NOW + second: slices}), NOW + second))
    return partials


LATECOMERS = latecomers()


def timeless(state: State) -> State:
    """The state but for its number of writes, which batches do change."""
    return msgspec.structs.replace(state, version=0)


@settings(max_examples=6)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_the_batches_make_no_difference_to_what_is_found(sizes: list[int]) -> None:
    state, _ = run(STORM, sizes)
    assert timeless(state) == timeless(ONE_BY_ONE)
    assert len(state.outbox) >= 4


@settings(max_examples=6)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_replaying_the_deltas_gives_the_state(sizes: list[int]) -> None:
    state, deltas = run(STORM, sizes)
    replayed = initial(RULES)
    for delta in deltas:
        replayed = replay(replayed, delta, RULES)
    assert replayed == state


@settings(max_examples=6)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_a_step_that_is_done_again_comes_to_the_same(sizes: list[int]) -> None:
    #  its delta could not be stored: the batch comes again to the state before
    state = initial(RULES)
    for batch in in_batches(LATECOMERS, sizes):
        step(state, batch, RULES)
        state, _ = step(state, batch, RULES)
    assert timeless(state) == timeless(run(LATECOMERS, [1] * len(LATECOMERS))[0])


def restored(state: State) -> State:
    return decode_state(encode(state))


@settings(max_examples=12)
@given(st.integers(0, len(STORM)), st.integers(1, 30))
def test_a_state_from_a_snapshot_and_deltas_goes_on_as_if_nothing_had_happened(
    snapshot_at: int, deltas_after: int
) -> None:
    state, _ = run(STORM[:snapshot_at], [1] * len(STORM))
    resumed = restore(restored(state), STEPS[snapshot_at : snapshot_at + deltas_after], RULES)
    for coming in STORM[snapshot_at + deltas_after :]:
        resumed, _ = step(resumed, [coming], RULES)
    assert resumed == ONE_BY_ONE


def test_at_every_moment_of_a_storm_the_state_comes_back_from_its_bytes() -> None:
    state = initial(RULES)
    for coming in STORM:
        state, _ = step(state, [coming], RULES)
        assert restored(state) == state


def test_suspicion_that_falls_again_within_its_second_is_not_remembered() -> None:
    def came(number: int, second: int, approved: int, failed: int) -> Partial:
        seen = counts(approved=approved, failed=failed)
        return partial(number, tally({NOW + second: {ALL: seen}}), NOW + second)

    calm = [came(number, number, 200, 0) for number in range(1, 100)]
    suspected, _ = run([*calm, came(100, 100, 190, 10)])
    assert suspected.tracker.hot
    state, _ = run([*calm, came(100, 100, 190, 10), came(101, 100, 20_000, 1)])
    assert not state.tracker.hot
    assert restored(state) == state


def test_rules_that_have_changed_meanwhile_change_nothing_of_what_was_said() -> None:
    numb = Rules(budget=Budget(per_week=1e-300, learning_seconds=90))
    replayed = restore(initial(RULES), STEPS, numb)
    assert replayed.outbox == ONE_BY_ONE.outbox
    assert replayed.incidents == ONE_BY_ONE.incidents
    assert replayed.totals == ONE_BY_ONE.totals
    assert replayed.window == ONE_BY_ONE.window


seconds = st.integers(-90, 70)
wild = st.lists(
    st.tuples(st.integers(0, 90), st.lists(st.tuples(seconds, st.integers(1, 3)), max_size=4)),
    min_size=1,
    max_size=12,
)


@given(wild, st.lists(st.integers(1, 4)))
def test_replay_equals_the_step_for_late_early_and_jumping_partials(
    arrivals: list[tuple[int, list[tuple[int, int]]]], sizes: list[int]
) -> None:
    partials, clock = [], NOW
    for number, (gap, events) in enumerate(arrivals, 1):
        clock += gap - 20
        what = Tally()
        for offset, count in events:
            what.seconds |= approved(clock + offset, count).seconds
        partials.append(partial(number, what, clock))
    state, deltas = run(partials, sizes)
    replayed = initial(RULES)
    for delta in deltas:
        replayed = replay(replayed, delta, RULES)
    assert replayed == state
    came = sum(payments(item.tally.total) for item in partials)
    assert state.totals.payments + state.totals.late == came


def test_a_partial_that_comes_twice_is_counted_once() -> None:
    once = partial(1, approved(NOW, 5))
    state, _ = run([once, once])
    assert state.totals == Totals(payments=5, partials=1)


def test_the_delta_of_a_step_names_only_the_shards_that_moved() -> None:
    state, _ = run([partial(1, shard="shardId-1"), partial(1, shard="shardId-2")])
    _, delta = step(state, [partial(2, shard="shardId-2")], RULES)
    assert list(delta.positions) == ["shardId-2"]


def test_parked_events_are_counted_apart_from_payments() -> None:
    what = approved(NOW, 2)
    what.park(NOW, 3)
    state, _ = run([partial(1, what)])
    assert state.totals == Totals(payments=2, parked=3, partials=1)


def test_what_was_told_leaves_the_outbox_and_the_rest_stays() -> None:
    state = ONE_BY_ONE
    first, *rest = state.outbox
    after, _ = step(state, [], RULES, [first.key])
    assert list(after.outbox) == rest


def test_the_clock_is_the_newest_arrival_and_never_goes_back() -> None:
    state, _ = run([partial(1, second=NOW + 9), partial(2, second=NOW)])
    assert state.window.clock == NOW + 9


def test_the_newest_payment_is_remembered_through_ticks() -> None:
    tick = msgspec.structs.replace(partial(2, second=NOW + 60), newest_ms=0)
    state, _ = run([partial(1, approved(NOW)), tick])
    assert state.newest_ms == NOW * 1000


@pytest.mark.parametrize(
    ("what", "newest"),
    [(approved(NOW - 1), NOW * 1000), (approved(NOW - 500), NOW * 1000), (Tally(), 0)],
    ids=["counted", "too late", "nothing"],
)
def test_the_newest_payment_is_told_of_steps_that_count_one(what: Tally, newest: int) -> None:
    before, _ = run([partial(1, approved(NOW))])
    _, delta = step(before, [partial(2, what)], RULES)
    assert newest_counted(before.totals, delta) == newest


def test_what_is_parked_and_what_says_nothing_new_has_no_age() -> None:
    before, _ = run([partial(1, approved(NOW))])
    what = Tally()
    what.park(NOW, 3)
    what.bucket(NOW).repeats = 2
    _, delta = step(before, [partial(2, what)], RULES)
    assert newest_counted(before.totals, delta) == 0


def test_a_shorter_lateness_lets_go_of_what_is_now_too_old() -> None:
    state, _ = run([partial(1, approved(NOW - 100)), partial(2, approved(NOW))])
    shorter = under(state, Rules(lateness=10))
    assert list(shorter.window.seconds) == [NOW]
    assert roll(shorter.window, NOW + 200).seconds == {}


def test_of_an_incident_it_is_said_how_the_rest_of_the_traffic_fares() -> None:
    [(_, item), *_] = told(Traffic(faults=(Fault(HDFC_VISA, 0.5),)), 160)
    assert item.incident.worst.elsewhere == pytest.approx(0.003, abs=0.002)


def test_an_opening_names_the_cause_of_what_has_just_begun_and_not_of_the_minute_before() -> None:
    for seed in range(1, 6):
        [(_, item), *_] = told(Traffic(faults=(Fault(HDFC_VISA, 0.5),), seed=seed), 160)
        assert (
            max(item.incident.worst.causes, key=lambda cause: item.incident.worst.causes[cause])
            == "issuer"
        )


def test_the_worst_slice_is_known_while_something_stands_out_and_not_before() -> None:
    calm, _ = run(list(Traffic()(100)))
    assert calm.worst is None
    stormy, _ = run(list(Traffic(faults=(Fault(HDFC_VISA, 0.5),))(130)))
    assert stormy.worst is not None
    assert stormy.worst.slice == KEY


def test_shards_are_counted_side_by_side() -> None:
    def of(shard: str, number: int) -> Any:
        return partial(number, approved(NOW, number), shard=shard)

    state, _ = run([of(SHARD, 1), of("shardId-9", 2), of(SHARD, 3), of("shardId-9", 4)])
    assert state.totals.payments == 10


def test_an_opening_says_the_rate_since_it_stands_out_undiluted_by_the_window() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5),)), 160)
    incident = said[0][1].incident
    assert 0.35 < incident.worst.rate < 0.65
    assert incident.latest is not None
    assert 0.35 < incident.latest.rate < 0.65
    assert incident.latest.seconds == RULES.patience.confirm_seconds + 1


def test_of_few_attempts_no_latest_rate_is_said() -> None:
    said = told(Traffic(rate=4, faults=(Fault(HDFC_VISA, 1.0),)), 300)
    assert opened(said) == [KEY]
    assert said[0][1].incident.latest is None


@pytest.mark.parametrize("gap", [1, 600, 1500, 90_000])
def test_seconds_of_which_the_steps_cannot_be_read_are_no_silence(gap: int) -> None:
    steady = list(Traffic(rate=40)(900 + 120))
    before, _ = run(steady[:900])
    state = passed_over(before, 950, NOW + 899 + gap, RULES)
    said: list[Announcement] = []
    for number, coming in enumerate(steady[900:]):
        moved = msgspec.structs.replace(
            partial(901 + gap + number, second=NOW + 900 + gap + number),
            tally=Tally({s + gap: bucket for s, bucket in coming.tally.seconds.items()}),
        )
        state, _ = step(state, [moved], RULES)
        said += state.outbox
    assert said == []
    assert all(cell.end - cell.start <= 61 for cell in state.tracker.baseline.cells)
    assert state.totals.payments == sum(payments(item.tally.total) for item in steady)
    assert state.tracker.known.keys() == before.tracker.known.keys()


def test_an_incident_goes_on_after_steps_that_cannot_be_read() -> None:
    outage = Traffic(rate=60, faults=(Fault(HDFC_VISA, 0.9),))
    state, _ = run(list(outage(130)))
    [incident] = state.incidents
    after = passed_over(state, 200, NOW + 200, RULES)
    assert (after.version, after.incidents, after.outbox) == (200, state.incidents, state.outbox)
    assert after.positions[SHARD].gap
    later = [item for second, item in enumerate(outage(330)) if second > 200]
    for coming in later:
        after, _ = step(after, [coming], RULES)
    assert [item.id for item in after.incidents] == [incident.id]


def test_where_nothing_was_counted_there_is_nothing_to_pass_over_but_versions() -> None:
    start = initial(RULES)
    assert passed_over(start, 7, NOW, RULES) == msgspec.structs.replace(start, version=7)
