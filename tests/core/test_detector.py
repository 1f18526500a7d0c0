"""detect's step as a whole: traffic in, incidents out, whatever the batches are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.detector import Delta, Rules, State, Totals, initial, replay, step, under
from functions.core.incident import CLOSED, OPENED, WORSE, Announcement
from functions.core.partial import Partial
from functions.core.slices import ALL
from functions.core.tally import Tally, payments
from functions.core.window import roll
from tests.builders import NOW, SHARD, approved, in_batches, partial
from tests.traffic import Fault, Traffic

RULES = Rules()
HDFC_VISA = {"issuer": "HDFC", "network": "VISA"}
KEY = "issuer=HDFC&network=VISA"


def run(partials: Sequence[Partial], batches: Sequence[int] = ()) -> tuple[State, list[Delta]]:
    """The state after all partials, in batches of these sizes, and the deltas."""
    state, deltas = initial(RULES), []
    for batch in in_batches(partials, batches):
        state, delta = step(state, batch, RULES)
        deltas.append(delta)
    return state, deltas


def told(traffic: Traffic, seconds: int) -> list[tuple[int, Announcement]]:
    """Second → what was announced in it."""
    state, said = initial(RULES), []
    for second, coming in enumerate(traffic(seconds)):
        state, _ = step(state, [coming], RULES, [item.key for item in state.outbox])
        said += [(second, item) for item in state.outbox]
    return said


def transitions(said: Sequence[tuple[int, Announcement]]) -> list[tuple[str, str]]:
    return [(item.transition, item.incident.slice) for _, item in said]


def opened(said: Sequence[tuple[int, Announcement]]) -> list[str]:
    return [key for transition, key in transitions(said) if transition == OPENED]


def test_twenty_minutes_of_ordinary_traffic_open_no_incident() -> None:
    assert told(Traffic(), 1200) == []


@pytest.mark.parametrize("rate", [1, 5, 20])
def test_thin_ordinary_traffic_opens_no_incident(rate: int) -> None:
    assert told(Traffic(rate=rate), 600) == []


def test_half_of_a_route_failing_opens_one_incident_that_names_it_within_ten_seconds() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=60),)), 120)
    assert opened(said) == [KEY]
    assert said[0][0] <= 70


def test_a_route_that_fails_a_little_more_is_found_within_the_window() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.05, start=60),)), 120)
    assert opened(said) == [KEY]


def test_a_gateway_outage_names_the_gateway_although_most_of_it_is_one_method() -> None:
    said = told(Traffic(faults=(Fault({"gateway": "alpha"}, 0.3, cause="gateway"),)), 120)
    assert opened(said) == ["gateway=alpha"]


def test_failures_everywhere_are_blamed_on_all_traffic() -> None:
    assert opened(told(Traffic(faults=(Fault({}, 0.1, cause="gateway"),)), 120)) == [ALL]


def test_two_outages_are_two_incidents() -> None:
    other = {"issuer": "SBI", "network": "RUPAY"}
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.4), Fault(other, 0.6))), 120)
    assert sorted(opened(said)) == [KEY, "issuer=SBI&network=RUPAY"]


def test_an_outage_is_told_once_when_it_opens_and_once_when_it_is_over() -> None:
    #  60 ──── outage ──── 120 ─ failures still in the window ─ 180 ──── 300
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=60, end=120),)), 300)
    assert transitions(said) == [(OPENED, KEY), (CLOSED, KEY)]


def test_the_end_of_an_outage_is_told_within_forty_seconds() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=60, end=120),)), 300)
    assert 120 < said[-1][0] <= 160


def test_a_long_outage_in_thin_traffic_is_one_incident() -> None:
    fault = Fault(HDFC_VISA, 0.6, start=100, end=500)
    said = told(Traffic(rate=2, faults=(fault,)), 700)
    assert opened(said) == [KEY]
    assert [item.transition for _, item in said].count(CLOSED) == 1


def test_an_outage_that_comes_back_soon_after_it_was_over_is_told_again() -> None:
    faults = (Fault(HDFC_VISA, 0.5, start=60, end=100), Fault(HDFC_VISA, 0.5, start=145, end=200))
    said = told(Traffic(faults=faults), 300)
    assert [item.transition for _, item in said] == [OPENED, CLOSED, OPENED, CLOSED]
    assert len({item.incident.id for _, item in said}) == 2


def test_an_outage_that_reaches_further_stays_one_incident_and_is_told_as_worse() -> None:
    faults = (Fault(HDFC_VISA, 0.5, start=60), Fault({"issuer": "HDFC"}, 0.5, start=100))
    said = told(Traffic(faults=faults), 160)
    assert transitions(said) == [(OPENED, KEY), (WORSE, "issuer=HDFC")]
    assert len({item.incident.id for _, item in said}) == 1


def test_a_wave_of_declines_for_funds_raises_no_failing_payments() -> None:
    wave = Fault({}, 0.15, status="denied", cause="customer")
    said = told(Traffic(faults=(wave,)), 160)
    assert {item.incident.signal for _, item in said} == {"denied"}


def test_an_issuer_that_declines_by_its_own_fault_is_attributed() -> None:
    fault = Fault({"issuer": "HDFC"}, 0.5, status="denied", cause="issuer")
    [(_, item), *_] = told(Traffic(faults=(fault,)), 120)
    assert (item.incident.slice, item.incident.signal) == ("issuer=HDFC", "attributable")


def test_an_outage_during_a_wave_of_declines_is_found_all_the_same() -> None:
    wave = Fault({}, 0.15, start=60, status="denied", cause="customer")
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=120), wave)), 180)
    assert opened(said) == [ALL, KEY]


def test_silence_of_the_slice_is_no_recovery_while_its_failures_are_in_the_window() -> None:
    outage = list(Traffic(faults=(Fault(HDFC_VISA, 1.0, start=60),))(80))
    silence = [partial(81 + n, Tally(), NOW + 80 + n) for n in range(50)]
    state, _ = run([*outage, *silence])
    assert [item.transition for item in state.outbox] == [OPENED]


# A short, fierce minute: enough to open, worsen, widen and close within 150 partials.
STORM = list(
    Traffic(
        rate=40,
        faults=(
            Fault(HDFC_VISA, 0.9, start=20, end=50),
            Fault({"issuer": "HDFC"}, 0.9, start=35, end=50),
            Fault({}, 0.3, start=25, end=60, status="denied", cause="customer"),
        ),
    )(150)
)
ONE_BY_ONE, _ = run(STORM, [1] * len(STORM))


def timeless(state: State) -> State:
    """The state but for its number of writes, which batches do change."""
    return msgspec.structs.replace(state, version=0)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_the_batches_make_no_difference_to_what_is_found(sizes: list[int]) -> None:
    state, _ = run(STORM, sizes)
    assert timeless(state) == timeless(ONE_BY_ONE)
    assert len(state.outbox) >= 4


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=30))
def test_replaying_the_deltas_gives_the_state(sizes: list[int]) -> None:
    state, deltas = run(STORM, sizes)
    replayed = initial(RULES)
    for delta in deltas:
        replayed = replay(replayed, delta)
    assert replayed == state


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
        replayed = replay(replayed, delta)
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


def test_a_shorter_lateness_lets_go_of_what_is_now_too_old() -> None:
    state, _ = run([partial(1, approved(NOW - 100)), partial(2, approved(NOW))])
    shorter = under(state, Rules(lateness=10))
    assert list(shorter.window.seconds) == [NOW]
    assert roll(shorter.window, NOW + 200).seconds == {}


def test_of_an_incident_it_is_said_how_the_rest_of_the_traffic_fares() -> None:
    [(_, item), *_] = told(Traffic(faults=(Fault(HDFC_VISA, 0.5),)), 100)
    assert item.incident.elsewhere == pytest.approx(0.003, abs=0.002)
    assert max(item.incident.causes, key=lambda cause: item.incident.causes[cause]) == "issuer"


def test_the_worst_slice_is_known_while_something_stands_out_and_not_before() -> None:
    calm, _ = run(list(Traffic()(30)))
    assert calm.worst is None
    stormy, _ = run(list(islice(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=10),))(40), 40)))
    assert stormy.worst is not None
    assert stormy.worst.slice == KEY


def test_shards_are_counted_side_by_side() -> None:
    def of(shard: str, number: int) -> Any:
        return partial(number, approved(NOW, number), shard=shard)

    state, _ = run([of(SHARD, 1), of("shardId-9", 2), of(SHARD, 3), of("shardId-9", 4)])
    assert state.totals.payments == 10


def test_an_opening_says_the_rate_since_it_stands_out_which_the_window_dilutes() -> None:
    said = told(Traffic(faults=(Fault(HDFC_VISA, 0.5, start=60),)), 120)
    incident = said[0][1].incident
    assert incident.latest_rate is not None
    assert incident.rate < 0.15
    assert 0.4 < incident.latest_rate < 0.6
    assert incident.latest_seconds == RULES.patience.confirm_seconds + 1


def test_of_few_attempts_no_latest_rate_is_said() -> None:
    said = told(Traffic(rate=4, faults=(Fault(HDFC_VISA, 1.0, start=60),)), 300)
    assert opened(said) == [KEY]
    assert said[0][1].incident.latest_rate is None
