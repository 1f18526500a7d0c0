"""Everything that detect knows, and its head: the same in brief."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from functions.core.counting.signals import RATES
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules, State, head, initial
from functions.core.detection.step import step
from functions.core.troubles.head import OVER_SECONDS, Head
from functions.core.troubles.incident import CALM, CLOSED
from functions.core.troubles.recovery import Life
from tests.builders import NOW, approved, followed, partial
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
OUTAGE = Fault({"issuer": "HDFC"}, 0.9, start=50, end=80)


def state_after(seconds: int) -> State:
    """The state after so many seconds with an outage in them."""
    state = initial(RULES)
    for coming in Traffic(rate=40, faults=(OUTAGE,))(seconds):
        state, _ = step(state, [coming], RULES)
    return state


STATE = state_after(70)


def test_the_head_is_the_state_in_brief() -> None:
    brief = head(STATE)
    assert (brief.version, brief.clock, brief.payments) == (70, NOW + 69, 2800)
    assert 0 < brief.failed < brief.attempts == 2400
    assert brief.score > 75
    [now] = brief.incidents
    assert now.latest is not None, "how it is doing now, for a page that was held up"
    assert (replace(now, latest=None),) == STATE.incidents


def test_the_head_of_a_new_state_is_empty() -> None:
    assert head(State()) == Head()


def test_a_closed_incident_is_not_in_the_head() -> None:
    closed = msgspec.structs.replace(STATE, followed=(followed(closed_at=NOW),))
    assert head(closed).incidents == ()


def test_the_head_says_learning_until_it_is_known_what_is_normal() -> None:
    rules = Rules(budget=Budget(learning_seconds=10))
    state, said = initial(rules), []
    for second in range(20):
        state, _ = step(state, [partial(second + 1, approved(NOW + second), NOW + second)], rules)
        said.append(head(state).learning)
    assert said == [True] * 10 + [False] * 10


def test_the_head_says_what_is_usual_once_it_is_learned_whoever_caused_it() -> None:
    customers = Fault({}, 0.2, 0, 10_000, "denied", "customer")
    state = initial(RULES)
    assert head(state).usual == {}
    for coming in Traffic(rate=40, faults=(customers,))(300):
        state, _ = step(state, [coming], RULES)
    usual = head(state).usual
    assert set(usual) == set(RATES)
    assert 0.15 <= usual["denied"] <= 0.25
    assert usual["reversed"] < 0.02


def test_the_head_says_what_ended_lately_and_why() -> None:
    item = STATE.followed[0]
    over = replace(item.incident, state=CLOSED, closed_at=STATE.window.clock - 9, number=2)
    closed = replace(STATE, followed=(replace(item, incident=over, life=Life(closed_for=CALM)),))
    [ending] = head(closed).over
    assert (ending.transition, ending.incident, ending.reason) == (CLOSED, over, CALM)
    later = replace(closed, window=replace(closed.window, clock=over.closed_at + OVER_SECONDS + 1))
    assert head(later).over == ()
