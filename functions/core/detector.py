"""One step of detect: merge what is new, roll the window, weigh, find causes, decide. Pure.

`step` is the same for the deployed function, for tests and for a backtest: what it does depends on
the partials and their order only, not on how they came in batches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.baseline import HeldBack
from functions.core.counts import (
    NONE,
    SIGNALS,
    Counts,
    attempts,
    blamed,
    events,
    minus,
    payments,
    risen,
    shown,
)
from functions.core.evidence import began, strength, surprise
from functions.core.findings import (
    SHIFTED,
    Finding,
    View,
    findings,
    reaches_further,
    suspicious,
    verdict,
)
from functions.core.flow import FLOW_SIGNALS, Flow
from functions.core.flow import judged as flow_after
from functions.core.incident import CLOSED, Announcement, Incident, Patience, Sighting, follow
from functions.core.partial import Partial, Position, fresh
from functions.core.score import Verdict
from functions.core.slices import ALL, disjoint, refines
from functions.core.tally import Tally
from functions.core.watch import Budget, Watch, calmed, cleared, counted, folded, is_due
from functions.core.window import Window, countable, merge_into, roll


class Rules(msgspec.Struct, frozen=True):
    """What detect judges by. width and lateness are seconds."""

    budget: Budget = Budget()
    width: int = 60
    lateness: int = 60
    patience: Patience = Patience()


class Totals(msgspec.Struct, frozen=True, array_like=True):
    """Since the first record ever: payments that were counted in their window, payments that came
    too late for it, events that were parked, partials that were counted."""

    payments: int = 0
    late: int = 0
    parked: int = 0
    partials: int = 0


class State(msgspec.Struct, frozen=True):
    """Everything that detect knows. `version` counts its writes; `outbox` holds what was decided
    and is not known to be told. came: what was counted of open incidents' slices since the last
    judgement. usual: what
    all traffic showed beyond a threshold and that is usual nevertheless (a signal, or SILENCE), and
    when it did so last."""

    version: int = 0
    positions: dict[str, Position] = msgspec.field(default_factory=dict)
    window: Window = Window()
    watch: Watch = msgspec.field(default_factory=Watch)
    totals: Totals = Totals()
    worst: Verdict | None = None
    incidents: tuple[Incident, ...] = ()
    came: dict[str, Counts] = msgspec.field(default_factory=dict)
    usual: dict[str, int] = msgspec.field(default_factory=dict)
    flow: Flow = Flow()
    outbox: tuple[Announcement, ...] = ()
    newest_ms: int = 0


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """What was counted of one partial: nothing of it is late, nothing is to be pooled."""

    arrived_ms: int
    newest_ms: int
    counted: Tally


class Delta(msgspec.Struct, frozen=True, array_like=True):
    """What one step took in and what came of it: enough to go from the state before to the one
    after, and to say the same as was said then even when the rules have changed meanwhile."""

    version: int
    arrivals: tuple[Arrival, ...]
    positions: dict[str, Position]
    totals: Totals
    incidents: tuple[Incident, ...]
    outbox: tuple[Announcement, ...]


def initial(rules: Rules) -> State:
    return State(window=Window(width=rules.width, lateness=rules.lateness))


def under(state: State, rules: Rules) -> State:
    """The state with the rules' lateness, which may have changed since it was stored."""
    window = msgspec.structs.replace(state.window, lateness=rules.lateness)
    kept = {second: bucket for second, bucket in window.seconds.items() if second >= window.oldest}
    window = msgspec.structs.replace(window, seconds=kept)
    return msgspec.structs.replace(state, window=window)


def step(
    state: State, partials: Sequence[Partial], rules: Rules, told: Collection[str] = ()
) -> tuple[State, Delta]:
    """The state after the partials, and the delta to store. `told` are the keys of announcements
    that were sent since the last step; they leave the outbox.

    The payments are judged once for each second that the clock enters.
    """
    taken, positions = fresh(state.positions, partials)
    after = msgspec.structs.replace(
        state,
        version=state.version + 1,
        positions=positions,
        outbox=tuple(item for item in state.outbox if item.key not in told),
    )
    arrivals: list[Arrival] = []
    for partial in taken:
        after, arrival = _arrived(after, partial, rules)
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
        incidents=after.incidents,
        outbox=after.outbox,
    )
    return after, delta


def replay(state: State, delta: Delta, rules: Rules) -> State:
    """The state after the step that was stored as `delta`."""
    after = state
    for arrival in delta.arrivals:
        clock = after.window.clock
        after = _entered(after, arrival.arrived_ms // 1000, rules)
        after = _weighed(after, arrival, after.window.clock > clock, rules)
    return msgspec.structs.replace(
        after,
        version=delta.version,
        positions={**state.positions, **delta.positions},
        totals=delta.totals,
        incidents=delta.incidents,
        outbox=delta.outbox,
    )


def _arrived(state: State, partial: Partial, rules: Rules) -> tuple[State, Arrival]:
    clock = state.window.clock
    state = _entered(state, partial.arrived_ms // 1000, rules)
    tally, late = countable(state.window, partial.tally, state.watch.known)
    arrival = Arrival(partial.arrived_ms, partial.newest_ms, tally)
    totals = state.totals
    state = _weighed(state, arrival, state.window.clock > clock, rules)
    return msgspec.structs.replace(
        state,
        totals=Totals(
            payments=totals.payments + payments(partial.tally.total) - late,
            late=totals.late + late,
            parked=totals.parked + partial.tally.parked,
            partials=totals.partials + 1,
        ),
    ), arrival


def _entered(state: State, clock: int, rules: Rules) -> State:
    """The state when the clock enters `clock`, or as it is when that is past."""
    if clock <= state.window.clock:
        return state
    watch, flow = state.watch, state.flow
    if is_due(watch, clock, rules.budget):
        watch = folded(
            watch, clock, rules.budget, _held_back(state, rules), mixed=_is_mixed(state, rules)
        )
        if not watch.is_learning(clock, rules.budget):
            flow = flow_after(flow, watch.baseline, watch.needed)
    window = roll(state.window, clock)
    return msgspec.structs.replace(state, window=window, watch=watch, flow=flow)


HELD_BACK: Final = 0.5
"""Share of the needed evidence from which a slice's counts are kept out of what is normal."""
SUSPECTED_SECONDS: Final = 1200
"""So long after it began: what is not proven by then may as well be how the slice is."""


def _held_back(state: State, rules: Rules) -> HeldBack:
    """Whether a slice's counts of some seconds are to stay out of what is normal."""
    watch, lasting = state.watch, rules.patience.lasting_seconds
    doubtful = {
        key: began(watch.trails[signal][key])
        for signal, key in watch.hot
        if strength(watch.trails[signal][key]) >= HELD_BACK * watch.needed
    }
    incidents = [
        incident
        for incident in state.incidents
        if state.window.clock - incident.started_at < lasting
        and incident.signal not in FLOW_SIGNALS
    ]

    def held_back(key: str, start: int, end: int) -> bool:
        if key in doubtful and doubtful[key] < end <= doubtful[key] + SUSPECTED_SECONDS:
            return True
        return any(
            incident.started_at < end
            and start <= (incident.closed_at or end)
            and _taints(incident, key, state)
            for incident in incidents
        )

    return held_back


def _is_mixed(state: State, rules: Rules) -> bool:
    """Whether traffic is spread as it usually is not, so that all of it fails more; not for long,
    for then that is how it is."""
    view = View(state.window, state.watch, rules.budget)
    if view.since(state.window.start).shift(ALL, 0) <= SHIFTED:
        return False
    cells = state.watch.baseline.cells
    return sum(cell.end - cell.start for cell in cells if cell.mixed) < SUSPECTED_SECONDS


TAINTED: Final = 0.1
"""Share of its normal failures, or of what may drift, that an incident may add to another slice's
before that is held back too."""


def _taints(incident: Incident, key: str, state: State) -> bool:
    """Whether the incident's failures would spoil what is normal for the slice."""
    if refines(key, incident.slice):
        return True
    if disjoint(key, incident.slice):
        return False
    sums = state.window.sums
    wider = key if refines(incident.slice, key) else ALL
    total = attempts(sums.get(wider, NONE))
    excess = (incident.rate - incident.normal) * attempts(sums.get(incident.slice, NONE))
    return excess > TAINTED * max(0.01, incident.normal) * total


def _weighed(state: State, arrival: Arrival, entered: bool, rules: Rules) -> State:
    """The state with what arrived counted and weighed, and judged where the clock moved."""
    clock = state.window.clock
    state = msgspec.structs.replace(
        state,
        window=merge_into(state.window, arrival.counted),
        watch=counted(state.watch, arrival.counted, clock, rules.budget),
        came=_came(state, arrival.counted),
        newest_ms=max(state.newest_ms, arrival.newest_ms),
    )
    return _judged(state, rules) if entered else state


def _came(state: State, tally: Tally) -> dict[str, Counts]:
    watched = {incident.slice for incident in state.incidents if incident.is_open}
    if not watched:
        return {}
    came = dict(state.came)
    for bucket in tally.seconds.values():
        for key in watched:
            counts = bucket.slices.get(key)
            if counts:
                came[key] = came.get(key, NONE) + counts
    return came


SILENCE: Final = "silence"


def _usual(state: State, rules: Rules) -> dict[str, int]:
    """What an alarm with a fixed threshold would cry about, and that is no news: a rate that is
    normal here or its customers' own doing, and a silence in which no payment was to be expected."""
    window, watch = state.window, state.watch
    counts = window.sums.get(ALL, NONE)
    total = attempts(counts)
    seen: list[str] = []
    if not total:
        baseline = watch.baseline
        learned = sum(cell.end - cell.start for cell in baseline.cells if cell.absorbed)
        silent = window.clock - state.newest_ms // 1000
        expected = attempts(baseline.absorbed.get(ALL, NONE)) * silent / max(1, learned)
        if expected < watch.needed:
            seen.append(SILENCE)
    for number, signal in enumerate(SIGNALS):
        if events(counts, signal) > rules.budget.thresholds[signal].warning * total:
            normal = watch.baseline.normal(ALL, number)
            drift = rules.budget.drift(number)
            if (
                surprise(blamed(counts, signal), total, normal, drift)
                < watch.needed * normal.dispersion
            ):
                seen.append(signal)
    if not seen:
        return state.usual
    return {**state.usual, **dict.fromkeys(seen, window.clock)}


def _judged(state: State, rules: Rules) -> State:
    usual = _usual(state, rules)
    if usual is not state.usual:
        state = msgspec.structs.replace(state, usual=usual)
    watch = state.watch
    if not (watch.hot or state.incidents or state.flow.found):
        return state if state.worst is None else msgspec.structs.replace(state, worst=None)
    view = View(state.window, watch, rules.budget)
    open_ = [
        incident
        for incident in state.incidents
        if incident.is_open and incident.signal not in FLOW_SIGNALS
    ]
    found, explained = findings(view, open_)
    known = [_as_now(view, incident) for incident in open_]
    known += [
        wider
        for incident in open_
        if not incident.well_since
        and (
            wider := reaches_further(
                view, incident, [other.slice for other in open_ if other.id != incident.id]
            )
        )
    ]
    incidents, told = follow(
        state.incidents,
        [
            *(_sighting(finding, view) for finding in (*known, *found)),
            *(
                Sighting(found, since, {}, None)
                for found, since in state.flow.found
                if not any(
                    incident.signal in SIGNALS and not disjoint(incident.slice, found.slice)
                    for incident in state.incidents
                )
            ),
        ],
        state.came,
        state.window.clock,
        rules.patience,
    )
    closed = [item.incident.slice for item in told if item.transition == CLOSED]
    if closed:
        over = {key for key in watch.known if not all(disjoint(key, c) for c in closed)}
        explained |= {(signal, key) for signal in range(len(SIGNALS)) for key in over}
    if explained:
        watch = cleared(watch, explained)
    return msgspec.structs.replace(
        state,
        watch=calmed(watch, state.window.clock, rules.budget),
        worst=_worst(view, incidents, state.flow),
        incidents=tuple(incidents),
        came={},
        outbox=(*state.outbox, *(_with_latest(item, state.window, rules) for item in told)),
    )


def _as_now(view: View, incident: Incident) -> Finding:
    """The open incident as the window shows it; that it is one, is proven."""
    span = view.since(view.window.start)
    suspect = span.suspect(incident.slice, SIGNALS.index(incident.signal))
    return Finding(verdict(span, replace(suspect, sure=1.0)), incident.started_at)


def _worst(view: View, incidents: Sequence[Incident], flow: Flow) -> Verdict | None:
    """The verdict with the highest score, of incidents that last or are about to be told, and of
    what is suspicious."""
    verdicts = [
        _as_now(view, incident).verdict
        for incident in incidents
        if not incident.closed_at and incident.signal in SIGNALS
    ]
    verdicts += [found for found, _ in flow.found]
    doubtful = suspicious(view)
    if doubtful is not None:
        verdicts.append(doubtful)
    return max(verdicts, key=lambda item: (item.score, item.slice), default=None)


FEWEST_FOR_A_RATE: Final = 20
"""Attempts in the latest seconds, below which their rate would say more about luck."""


def _with_latest(item: Announcement, window: Window, rules: Rules) -> Announcement:
    """The announcement with the incident's rate since it stands out, for people to read."""
    incident = item.incident
    stands_out = window.clock - incident.started_at + 1
    seconds = min(rules.patience.recent_seconds, stands_out)
    counts = window.since(incident.slice, window.clock + 1 - seconds)
    total = attempts(counts)
    is_rate = incident.signal in SIGNALS
    if item.transition == CLOSED or total < FEWEST_FOR_A_RATE or not is_rate:
        return item
    rate = blamed(counts, incident.signal) / total
    latest = msgspec.structs.replace(incident, latest_rate=rate, latest_seconds=seconds)
    return msgspec.structs.replace(item, incident=latest)


def _sighting(finding: Finding, view: View) -> Sighting:
    """The finding with its causes since it stands out, for the window dilutes what has begun."""
    found, sums = finding.verdict, view.window.sums
    counts = view.since(max(finding.began, view.window.start)).counts(found.slice)
    outside = minus(sums.get(ALL, NONE), sums.get(found.slice, NONE))
    total = attempts(outside)
    if found.slice == ALL or not total:
        return Sighting(found, finding.began, shown(counts, found.signal), None)
    elsewhere = blamed(outside, found.signal) / total
    return Sighting(found, finding.began, risen(counts, outside, found.signal), elsewhere)
