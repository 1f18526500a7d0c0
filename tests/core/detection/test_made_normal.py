"""A person says that an incident is how its slice is now."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from functions.core.counting.partial import WORD_SHARD, word
from functions.core.counting.slices import ALL
from functions.core.detection.flow import Flow
from functions.core.detection.journal import decode_delta, encode
from functions.core.detection.latency import Slow
from functions.core.detection.made_normal import asked, made_normal
from functions.core.detection.normals import Normals
from functions.core.detection.state import State, initial
from functions.core.detection.step import Delta, replay, step
from functions.core.detection.volume import Drop
from functions.core.troubles.incident import CLOSED, NORMAL, OPENED
from tests.builders import NOW
from tests.steady_traffic import RULES, A, B, Slices, arrived, seen, segments

AX, AY, BX, X = "issuer=A&network=X", "issuer=A&network=Y", "issuer=B&network=X", "network=X"
CALM = segments(AX=seen(50, 0.02), AY=seen(50, 0.02), BX=seen(50, 0.02), BY=seen(50, 0.02))
ILL = segments(AX=seen(50, 0.3), AY=seen(50, 0.3), BX=seen(50, 0.02), BY=seen(50, 0.02))
AT_MS = (NOW + 1) * 1000
FAILED = "failed"


def on(state: State, slices: Slices, seconds: int) -> State:
    first = max(NOW - 1, state.window.clock) - NOW + 1
    for number in range(first, first + seconds):
        state = arrived(state, number, slices)
    return state


@cache
def ill(seconds: int = 600) -> State:
    """Ten calm minutes, and so many seconds in which a third of issuer A's payments fail."""
    return on(on(State(), CALM, 600), ILL, seconds)


def incident_of(state: State) -> str:
    [name] = [one.id for one in state.incidents if one.is_open and one.slice == A]
    return name


def said(state: State, name: str) -> tuple[State, Delta]:
    return step(state, [word(name, AT_MS)], RULES)


def rate(state: State, key: str = A) -> float:
    return Normals(state.tracker.baseline, RULES.budget).normal(key, FAILED).rate


def test_an_incident_that_is_normal_now_is_closed_for_that_reason_and_not_remembered() -> None:
    state = ill()
    name = incident_of(state)
    after, _ = said(state, name)
    [closed] = [item for item in after.outbox if item.transition == CLOSED]
    told = [item.incident.number for item in after.outbox]
    assert told == [*range(1, len(told) + 1)], "it is the last that is told, and numbered so"
    assert (closed.incident.id, closed.reason) == (name, NORMAL)
    assert closed.incident.closed_at == state.window.clock
    assert not [one for one in after.incidents if one.id == name]


def test_the_present_rate_is_normal_at_once() -> None:
    assert rate(ill()) < 0.05
    after, _ = said(ill(), incident_of(ill()))
    assert rate(after) == pytest.approx(0.3, rel=0.02)
    assert rate(after, AX) == pytest.approx(0.3, rel=0.05)
    assert rate(after, ALL) == pytest.approx(0.16, rel=0.05)
    assert rate(after, B) == pytest.approx(0.02, rel=0.05)
    past = after.tracker.baseline.past[A]
    assert past.events[FAILED] / past.attempts == pytest.approx(0.3, rel=0.01)
    assert Normals(after.tracker.baseline).reach(A, FAILED) >= 0.3


@pytest.mark.parametrize("seconds", [40, 130, 600])
def test_what_is_normal_now_is_not_told_again_and_what_is_worse_is(seconds: int) -> None:
    state = ill(seconds)
    after, _ = said(state, incident_of(state))
    later = on(replace(after, outbox=()), ILL, 900)
    assert later.outbox == ()
    worse = segments(AX=seen(50, 0.9), AY=seen(50, 0.9), BX=seen(50, 0.02), BY=seen(50, 0.02))
    told = on(later, worse, 30).outbox
    assert [(item.transition, item.incident.slice) for item in told][:1] == [(OPENED, A)]


def test_what_is_well_again_is_normal_after_half_an_hour() -> None:
    after, _ = said(ill(), incident_of(ill()))
    assert rate(on(after, CALM, 2100)) < 0.03


def test_a_word_moves_no_clock_counts_no_payment_and_counts_once() -> None:
    state = ill()
    after, delta = said(state, incident_of(state))
    assert after.window == state.window
    assert after.totals.payments == state.totals.payments
    assert set(delta.positions) == {f"{WORD_SHARD}{incident_of(state)}"}
    again, nothing = said(after, incident_of(state))
    assert nothing.arrivals == ()
    assert again.outbox == after.outbox


@pytest.mark.parametrize("name", ["PW-0101-0000-fff", ""])
def test_a_name_that_no_open_incident_has_changes_nothing(name: str) -> None:
    state = ill()
    after, delta = said(state, name)
    assert delta.arrivals[0].normal == ()
    assert (after.tracker.baseline, after.followed) == (state.tracker.baseline, state.followed)


def test_a_step_with_a_word_is_replayed_to_the_same_state() -> None:
    state = ill()
    after, delta = said(state, incident_of(state))
    assert replay(state, decode_delta(encode(delta)), RULES) == after


def test_a_word_is_replayed_by_what_it_meant_also_where_no_incident_would_be_found_now() -> None:
    """Other rules found it, so its name is in no state that is gone on from."""
    state = ill()
    _, delta = said(state, incident_of(state))
    other = replay(replace(state, followed=()), delta, RULES)
    assert rate(other) == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("signal", ["volume", "latency"])
def test_what_is_missing_or_slow_is_suspected_no_more(signal: str) -> None:
    state = ill()
    flow = Flow(volume={A: Drop(nats=9.0, since=NOW), B: Drop(nats=9.0, since=NOW)})
    if signal == "latency":
        slow = Slow(9.0, NOW, 5, 0.1, 9)
        flow = Flow(latency=({A: slow, B: slow}, {}))
    meant = asked(state, [incident_of(state)], RULES.tuning.holding)
    after = made_normal(replace(state, flow=flow), meant)
    missing = {key for key, drop in after.flow.volume.items() if drop.nats}
    assert {*missing, *(key for slows in after.flow.latency for key in slows)} == {B}


def at_once(**parts: float) -> Slices:
    """Segments of 50 payments of which these shares fail."""
    return segments(**{name: seen(50, share) for name, share in parts.items()})


ALWAYS = at_once(AX=0.4, AY=0.4, BX=0.02, BY=0.02)
FINE = at_once(AX=0.02, AY=0.02, BX=0.02, BY=0.02)
STAYED = RULES.tuning.holding.stayed_seconds


def going_on(state: State) -> set[str]:
    return {one.slice for one in state.incidents if one.is_open}


def lasting(before: int, minutes: int) -> State:
    """So many seconds of what is fine, and then issuer A fails, minute by minute."""
    state = on(initial(RULES), FINE, before) if before else initial(RULES)
    state = on(state, ALWAYS, 60)
    for _ in range(minutes):
        state = replace(state, outbox=())
        state = arrived(state, state.window.clock - NOW + 60, ALWAYS)
    return state


def test_what_was_so_from_its_first_payments_on_is_taken_for_usual_after_long() -> None:
    state = lasting(0, STAYED // 60 - 3)
    assert A in going_on(state)
    state = lasting(0, STAYED // 60 + 1)
    assert A not in going_on(state)
    assert rate(state) == pytest.approx(0.4, rel=0.1)


def test_what_broke_while_it_was_looked_at_is_never_taken_for_usual() -> None:
    state = lasting(180, STAYED // 60 + 10)
    assert A in going_on(state)


def test_what_came_back_is_not_taken_for_usual_however_early_it_was_there_first() -> None:
    state = lasting(0, STAYED // 60 - 3)
    followed = tuple(
        replace(one, incident=replace(one.incident, again=1, back_at=state.window.clock - 60))
        for one in state.followed
    )
    later = replace(state, followed=followed)
    for _ in range(5):
        later = arrived(later, later.window.clock - NOW + 60, ALWAYS)
    assert A in going_on(later)
