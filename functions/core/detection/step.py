"""One step of detect: merge what is new, roll the window, weigh, judge. Pure.

`step` is the same for the deployed function, for tests and for a backtest: what it does depends on
the partials and their order only, not on how they came in batches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from functions.core.counting import faults
from functions.core.counting.counts import field, payments
from functions.core.counting.harm import NO_HARM, Harm, joined
from functions.core.counting.partial import Partial, Position, fresh
from functions.core.counting.slices import Slice, elements
from functions.core.counting.tally import Tally
from functions.core.counting.unknown_codes import seen
from functions.core.counting.window import countable, harm_in, merge_into, roll
from functions.core.detection.card_testing import Amounts, amounts_of, with_amounts
from functions.core.detection.flow import flow_after, flow_at_cell_start, flow_weighed, passed_by
from functions.core.detection.held_back import held_back, is_mixed, tainted
from functions.core.detection.judgement import judged
from functions.core.detection.made_normal import MadeNormal, always_so, asked, made_normal
from functions.core.detection.normals import Memory, Normals
from functions.core.detection.remembered import NOTHING_SEEN, Seen, as_of, settled, with_seen
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State, Totals
from functions.core.detection.tracker import counted, folded, is_due
from functions.core.troubles.incident import USUAL, Announcement
from functions.core.troubles.recovery import Followed


class CountedPartial(msgspec.Struct, frozen=True, array_like=True):
    """What was counted of one partial: nothing of it is late, nothing is to be pooled, and no payment is
    in it twice. normal: what became normal by it, because a person says so. seen: its payments;
    amounts: of those that did not succeed."""

    arrived_ms: int
    newest_ms: int
    counted: Tally
    normal: tuple[MadeNormal, ...] = ()
    seen: Seen = NOTHING_SEEN
    amounts: Amounts = msgspec.field(default_factory=dict)


class Delta(msgspec.Struct, frozen=True, array_like=True):
    """What one step took in and what came of it: enough to go from the state before to the one
    after, and to say the same as was said then even when the rules have changed meanwhile."""

    version: int
    arrivals: tuple[CountedPartial, ...]
    positions: dict[str, Position]
    totals: Totals
    followed: tuple[Followed, ...]
    outbox: tuple[Announcement, ...]


def step(
    state: State,
    partials: Sequence[Partial],
    rules: Rules,
    told: Collection[str] = (),
    memory: Memory | None = None,
) -> tuple[State, Delta]:
    """The state after the partials, and the delta to store. `told` are the keys of announcements
    that were sent since the last step; they leave the outbox. memory: of whoever steps, from step to
    step; without one everything is worked out anew.

    The payments are judged once for each second that the clock enters.
    """
    memory = memory or Memory()
    taken, positions = fresh(state.positions, partials)
    after = msgspec.structs.replace(
        state,
        version=state.version + 1,
        positions=positions,
        outbox=tuple(item for item in state.outbox if item.key not in told),
    )
    arrivals: list[CountedPartial] = []
    for partial in taken:
        after, arrival = _arrived(after, partial, rules, memory)
        arrivals.append(arrival)
    delta = Delta(
        version=after.version,
        arrivals=tuple(arrivals),
        positions={
            shard: position
            for shard, position in positions.items()
            if state.positions.get(shard) != position
        },
        totals=after.totals,
        followed=after.followed,
        outbox=after.outbox,
    )
    return after, delta


def newest_counted(before: Totals, delta: Delta) -> int:
    """The newest event time, epoch milliseconds, of what the step counted, whether in its window or too
    late for it; 0 where it counted nothing: a tick, what is parked, a message that says nothing new."""
    after = delta.totals
    came = after.payments + after.late + after.words + after.retries
    if came <= before.payments + before.late + before.words + before.retries:
        return 0
    return max(arrival.newest_ms for arrival in delta.arrivals)


def replay(state: State, delta: Delta, rules: Rules, memory: Memory | None = None) -> State:
    """The state after the step that was stored as `delta`."""
    memory = memory or Memory()
    after = state
    for arrival in delta.arrivals:
        clock = after.window.clock
        after = _entered(after, arrival.arrived_ms // 1000, rules, memory)
        after = _weighed(after, arrival, after.window.clock > clock, rules, memory)
    return msgspec.structs.replace(
        after,
        version=delta.version,
        positions={**state.positions, **delta.positions},
        totals=delta.totals,
        followed=delta.followed,
        outbox=delta.outbox,
    )


def passed_over(state: State, version: int, clock: int, rules: Rules) -> State:
    """The state as of `version`, at second `clock`, when the steps from it to there are not known.

    What they counted is acknowledged and does not come again, so nobody waits for it. Their time is
    in no cell: it is neither silence nor calm. Evidence, incidents and the outbox stay as they were.
    """
    tracker, flow = state.tracker, state.flow
    if tracker.began:
        flow = passed_by(flow, max(clock, state.window.clock + 1), rules.tuning)
        end = state.window.clock + 1
        normals = Normals(tracker.baseline, rules.budget, rules.tuning)
        tracker = folded(
            tracker,
            end,
            normals,
            held_back(state, rules, normals),
            mixed=is_mixed(state, normals),
            tainted=tainted(state, rules),
        )
        baseline = msgspec.structs.replace(tracker.baseline, folded=max(clock, end))
        tracker = msgspec.structs.replace(tracker, baseline=baseline)
    return msgspec.structs.replace(
        state,
        version=version,
        positions={
            shard: msgspec.structs.replace(position, gap=True)
            for shard, position in state.positions.items()
        },
        tracker=tracker,
        flow=flow,
    )


def _arrived(
    state: State, partial: Partial, rules: Rules, memory: Memory
) -> tuple[State, CountedPartial]:
    clock = state.window.clock
    state = _entered(state, partial.arrived_ms // 1000, rules, memory)
    now = state.window.clock
    state = msgspec.structs.replace(state, remembered=as_of(state.remembered, now))
    index = memory.index.of(state.remembered)
    amounts = amounts_of(partial.messages, index)
    new, seen_now, words = settled(partial.tally, partial.messages, index, now)
    tally, late = countable(state.window, new, state.tracker.known)
    normal = asked(state, partial.normal, rules.tuning.holding)
    arrival = CountedPartial(
        partial.arrived_ms, partial.newest_ms, tally, normal, seen_now, amounts
    )
    totals, total = state.totals, new.total
    state = _weighed(state, arrival, state.window.clock > clock, rules, memory)
    return msgspec.structs.replace(
        state,
        totals=Totals(
            payments=totals.payments + payments(total) - late - words,
            late=totals.late + late,
            parked=totals.parked + new.parked,
            partials=totals.partials + 1,
            retries=totals.retries + field(total, "retries"),
            repeats=totals.repeats + new.repeats,
            tests=totals.tests + new.tests,
            words=totals.words + words,
        ),
    ), arrival


def _entered(state: State, clock: int, rules: Rules, memory: Memory) -> State:
    """The state when the clock enters `clock`, or as it is when that is past."""
    if clock <= state.window.clock:
        return state
    tracker = state.tracker
    normals = memory.of(tracker.baseline, rules.budget, rules.tuning)
    due = is_due(tracker, clock, rules.budget, rules.tuning.normal)
    flow = flow_after(state.flow, Moment(state.window, tracker, normals), clock, is_whole=due)
    if due:
        # While all is learned, how traffic is spread is not known either.
        mixed = not tracker.is_learning(clock, rules.budget) and is_mixed(state, normals)
        tracker = folded(
            tracker,
            clock,
            normals,
            held_back(state, rules, normals),
            mixed=mixed,
            tainted=tainted(state, rules),
            looks=flow.looks,
        )
        memory.fold(normals, tracker.baseline)
        flow = flow_at_cell_start(flow, rules.tuning)
    window = roll(state.window, clock)
    return msgspec.structs.replace(state, window=window, tracker=tracker, flow=flow)


def _weighed(
    state: State, arrival: CountedPartial, entered: bool, rules: Rules, memory: Memory
) -> State:
    """The state with what arrived counted and weighed, and judged where the clock moved."""
    clock = state.window.clock
    normals = memory.of(state.tracker.baseline, rules.budget, rules.tuning)
    state = msgspec.structs.replace(
        state,
        window=merge_into(state.window, arrival.counted),
        tracker=counted(state.tracker, arrival.counted, clock, normals),
        came=_came(state, arrival.counted),
        newest_ms=max(state.newest_ms, arrival.newest_ms),
        unknown=seen(state.unknown, arrival.counted),
        faults=faults.seen(state.faults, arrival.counted),
        remembered=with_seen(state.remembered, arrival.seen),
        amounts=with_amounts(
            state.amounts, arrival.amounts, clock, _tested(state), rules.tuning.card_testing
        ),
    )
    moment = Moment(state.window, state.tracker, normals)
    state = msgspec.structs.replace(state, flow=flow_weighed(state.flow, moment, arrival.counted))
    state = judged(state, rules, normals) if entered else state
    if arrival.normal:
        state = made_normal(state, arrival.normal)
    usual = always_so(state, rules.tuning.holding) if entered else ()
    if not usual:
        return state
    return made_normal(state, asked(state, usual, rules.tuning.holding), USUAL)


def _tested(state: State) -> list[Slice]:
    """The merchants at which cards are tested now."""
    return [
        element
        for incident in state.incidents
        if incident.pattern and incident.is_open
        for key in (incident.slice, incident.narrowed, *incident.also)
        for element in elements(key)
    ]


def _came(state: State, tally: Tally) -> dict[str, Harm]:
    watched = {incident.slice for incident in state.incidents if incident.is_open}
    if not watched:
        return {}
    came = dict(state.came)
    for bucket in tally.seconds.values():
        for key in watched:
            harm = harm_in(bucket, key)
            if harm.counts:
                came[key] = joined((came.get(key, NO_HARM), harm))
    return came
