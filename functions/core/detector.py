"""One step of detect: merge what is new, roll the window, score, localise, decide. Pure.

`step` is the same for the deployed function, for tests and for a replay of history: what it does
depends on the partials and their order only, not on how they came in batches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from functions.core.incident import CLOSED, Announcement, Incident, Patience, Sighting, follow
from functions.core.localise import causes, without
from functions.core.partial import Partial, Position, fresh
from functions.core.score import (
    DEFAULT_THRESHOLDS,
    SLICE_SIGNALS,
    SURE,
    WARNING_SCORE,
    Threshold,
    Verdict,
    judge,
)
from functions.core.slices import ALL
from functions.core.tally import (
    SIGNALS,
    Counts,
    Tally,
    attempts,
    by_cause,
    events,
    merge,
    minus,
    no_counts,
    payments,
    risen,
    shown,
)
from functions.core.window import Window, merge_counted, merge_into, roll


class Rules(msgspec.Struct, frozen=True):
    """What detect judges by. Thresholds are shares of attempts; alpha is the error probability of
    the bound that an incident is opened on: it is looked at every second in every slice, so it is
    far smaller than the 5 % of the published bounds. width and lateness are seconds."""

    thresholds: Mapping[str, Threshold] = msgspec.field(
        default_factory=lambda: dict(DEFAULT_THRESHOLDS)
    )
    alpha: float = 1e-6
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
    and is not known to be told."""

    version: int = 0
    positions: dict[str, Position] = msgspec.field(default_factory=dict)
    window: Window = Window()
    totals: Totals = Totals()
    worst: Verdict | None = None
    incidents: tuple[Incident, ...] = ()
    outbox: tuple[Announcement, ...] = ()
    newest_ms: int = 0


class Delta(msgspec.Struct, frozen=True, array_like=True):
    """What one step changed: enough to go from the state before to the state after it."""

    version: int
    clock: int
    counted: Tally
    positions: dict[str, Position]
    totals: Totals
    incidents: tuple[Incident, ...]
    outbox: tuple[Announcement, ...]
    newest_ms: int
    worst: Verdict | None = None


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

    The window is judged once for each second that the clock enters.
    """
    taken, positions = fresh(state.positions, partials)
    after = msgspec.structs.replace(
        state,
        version=state.version + 1,
        positions=positions,
        outbox=tuple(item for item in state.outbox if item.key not in told),
    )
    counted: list[Tally] = []
    for partial in taken:
        after, tally = _count(after, partial, rules)
        counted.append(tally)
    delta = Delta(
        version=after.version,
        clock=after.window.clock,
        counted=merge(counted),
        positions={
            shard: position
            for shard, position in positions.items()
            if state.positions.get(shard) != position
        },
        totals=after.totals,
        incidents=after.incidents,
        outbox=after.outbox,
        newest_ms=after.newest_ms,
        worst=after.worst,
    )
    return after, delta


def replay(state: State, delta: Delta) -> State:
    """The state after the step that was stored as `delta`. Nothing is judged again."""
    return msgspec.structs.replace(
        state,
        version=delta.version,
        positions={**state.positions, **delta.positions},
        window=roll(merge_counted(state.window, delta.counted), delta.clock),
        totals=delta.totals,
        incidents=delta.incidents,
        outbox=delta.outbox,
        newest_ms=delta.newest_ms,
        worst=delta.worst,
    )


def _count(state: State, partial: Partial, rules: Rules) -> tuple[State, Tally]:
    clock = max(state.window.clock, partial.arrived_ms // 1000)
    entered = clock > state.window.clock
    window, counted, late = merge_into(roll(state.window, clock), partial.tally)
    totals = state.totals
    state = msgspec.structs.replace(
        state,
        window=window,
        totals=Totals(
            payments=totals.payments + payments(partial.tally.total) - late,
            late=totals.late + late,
            parked=totals.parked + partial.tally.parked,
            partials=totals.partials + 1,
        ),
        newest_ms=max(state.newest_ms, partial.newest_ms),
    )
    return (_judged(state, rules) if entered else state), counted


def _judged(state: State, rules: Rules) -> State:
    window = state.window
    sums = window.sums

    def failing(key: str, counts: Counts) -> Verdict:
        return judge(key, counts, SLICE_SIGNALS, rules.thresholds, rules.alpha)

    def recent(incident: Incident) -> Verdict:
        """By a bound that is likely, not sure: what opened on proof does not close for lack of it.
        Silence is not health: until the window is silent too, the window is judged."""
        counts = window.recent(incident.slice, rules.patience.recent_seconds)
        if not attempts(counts):
            counts = sums.get(incident.slice, no_counts())
        return judge(incident.slice, counts, _signals(incident), rules.thresholds, SURE)

    known = [
        judge(
            incident.slice,
            sums.get(incident.slice, no_counts()),
            _signals(incident),
            rules.thresholds,
            rules.alpha,
        )
        for incident in state.incidents
        if incident.announced
    ]
    new = [
        # What contains a known cause was found by what that does not explain; it is told whole.
        failing(cause.slice, sums[cause.slice])
        for cause in causes(sums, failing, _failing(known))
    ]
    found = [*known, *new, *_other_signals([*known, *new], sums, rules)]
    incidents, told = follow(
        state.incidents,
        [_sighting(verdict, sums) for verdict in found],
        recent,
        window.clock,
        rules.patience,
    )
    return msgspec.structs.replace(
        state,
        worst=max(found, key=lambda verdict: verdict.score, default=None),
        incidents=tuple(incidents),
        outbox=(*state.outbox, *(_with_latest(item, window, rules) for item in told)),
    )


FEWEST_FOR_A_RATE: Final = 20
"""Attempts in the latest seconds, below which their rate would say more about luck."""


def _with_latest(item: Announcement, window: Window, rules: Rules) -> Announcement:
    """The announcement with the incident's rate since it stands out, for people to read."""
    incident = item.incident
    stands_out = window.clock - incident.started_at + 1
    seconds = min(rules.patience.recent_seconds, stands_out)
    counts = window.recent(incident.slice, seconds)
    total = attempts(counts)
    if item.transition == CLOSED or total < FEWEST_FOR_A_RATE:
        return item
    rate = events(counts, incident.signal) / total
    latest = msgspec.structs.replace(incident, latest_rate=rate, latest_seconds=seconds)
    return msgspec.structs.replace(item, incident=latest)


def _signals(incident: Incident) -> Sequence[str]:
    """What the incident is judged by: failing payments one way or the other, or its own signal."""
    return SLICE_SIGNALS if incident.signal in SLICE_SIGNALS else (incident.signal,)


def _failing(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.signal in SLICE_SIGNALS]


def _other_signals(
    found: Sequence[Verdict], sums: Mapping[str, Counts], rules: Rules
) -> list[Verdict]:
    """All traffic's verdicts on the signals that no slice is judged by, where they stand out and
    are not found yet. What the failing slices explain of them is taken out first."""
    left = dict(sums)
    for cause in _failing(found):
        left = without(left, sums, cause)
    if ALL not in left:
        return []
    verdicts = [
        judge(ALL, left[ALL], (signal,), rules.thresholds, rules.alpha)
        for signal in SIGNALS
        if signal not in SLICE_SIGNALS and all(signal != verdict.signal for verdict in found)
    ]
    return [verdict for verdict in verdicts if verdict.score >= WARNING_SCORE]


def _sighting(verdict: Verdict, sums: Mapping[str, Counts]) -> Sighting:
    counts = sums.get(verdict.slice, no_counts())
    if verdict.slice == ALL or ALL not in sums:
        return Sighting(verdict, by_cause(shown(counts, verdict.signal)), None)
    outside = minus(sums[ALL], counts)
    total = attempts(outside)
    if not total:
        return Sighting(verdict, by_cause(shown(counts, verdict.signal)), None)
    elsewhere = events(outside, verdict.signal) / total
    return Sighting(verdict, risen(counts, outside), elsewhere)
