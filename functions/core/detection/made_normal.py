"""A person says that an incident is how its slice is now: `paywatch normal ID`.

The incident is closed, what was held back for it is absorbed, and the present rate becomes both anchors
at once, so that nothing of it is told again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from functions.core.counting.counts import NONE, attempts, blamed
from functions.core.counting.signals import LATENCY, RATES, VOLUME, is_rate
from functions.core.counting.slices import Slice, disjoint, refines
from functions.core.detection.baseline import Cell, Past, restored
from functions.core.detection.flow import flow_cleared
from functions.core.detection.held_back import taints
from functions.core.detection.state import State
from functions.core.detection.tracker import Tracker, cleared
from functions.core.detection.tuning import HoldingTuning
from functions.core.troubles.incident import CLOSED, NORMAL, Announcement, Incident
from functions.core.troubles.recovery import Followed

MadeNormal = tuple[str, Slice, int, tuple[Slice, ...]]
"""The name of an incident that is normal now, its slice, the second of its first bad payment, and the
slices beyond its own that it spoils."""


def asked(state: State, names: Collection[str], tuning: HoldingTuning) -> tuple[MadeNormal, ...]:
    """What becomes normal when these incidents do; those that are not open are left out."""
    return tuple(
        (incident.id, incident.slice, incident.started_at, _spoilt(incident, state, tuning))
        for incident in state.incidents
        if incident.id in names and incident.is_open
    )


def _spoilt(incident: Incident, state: State, tuning: HoldingTuning) -> tuple[Slice, ...]:
    if not is_rate(incident.signal):
        return ()
    return tuple(
        sorted(
            key
            for key in state.tracker.known
            if not refines(key, incident.slice) and taints(incident, key, state, tuning)
        )
    )


def always_so(state: State, tuning: HoldingTuning) -> tuple[str, ...]:
    """Open incidents of slices that were so from their first payments on, and have stayed so for long:
    beside its sister slices it stood out, but nothing broke that anybody saw."""
    known, latest = state.tracker.known, state.window.clock - tuning.stayed_seconds
    return tuple(
        incident.id
        for incident in state.incidents
        if incident.is_open
        and is_rate(incident.signal)
        and not incident.again
        and incident.started_at <= latest
        and incident.started_at - known.get(incident.slice, 0) <= tuning.first_seconds
    )


def made_normal(state: State, normal: Sequence[MadeNormal], reason: str = NORMAL) -> State:
    """The state in which that is normal, with the word that its incidents are closed, and why."""
    names, clock = {name for name, *_ in normal}, state.window.clock
    gone = [one for one in state.troubles if one.id in names]
    tracker, flow = state.tracker, state.flow
    for _, key, since, spoilt in normal:
        tracker = _learned(tracker, key, since, spoilt)
        flow = flow_cleared(flow, ((VOLUME, key), (LATENCY, key)))
    return replace(
        state,
        tracker=tracker,
        flow=flow,
        # It is not remembered: what is normal is held back no more, and cannot come again.
        followed=_without(state.followed, names),
        outbox=(*state.outbox, *(_closed(one, clock, reason) for one in gone if one.is_open)),
    )


def _without(followed: Sequence[Followed], names: Collection[str]) -> tuple[Followed, ...]:
    return tuple(item for item in followed if item.incident.id not in names)


def _closed(incident: Incident, clock: int, reason: str) -> Announcement:
    closed = replace(incident, state=CLOSED, closed_at=clock, number=incident.number + 1)
    return Announcement(CLOSED, closed, reason)


def _learned(tracker: Tracker, key: Slice, since: int, spoilt: Sequence[Slice]) -> Tracker:
    """The tracker to which the slice, and what it spoilt, is as it was since then."""
    baseline = tracker.baseline
    touched = {*spoilt, *(one for one in tracker.known if refines(one, key))}
    present = {one: baseline.since(one, since) + tracker.current.get(one, NONE) for one in touched}
    present = {one: counts for one, counts in present.items() if attempts(counts)}
    cells = tuple(_as_of(cell, since, present.keys()) for cell in baseline.cells)
    past = {
        one: Past(
            max(baseline.folded, since),
            float(attempts(counts)),
            {signal: float(blamed(counts, signal)) for signal in RATES},
        )
        for one, counts in present.items()
    }
    reach = {
        signal: {one: held for one, held in by_slice.items() if one not in present}
        for signal, by_slice in baseline.reach.items()
    }
    baseline = restored(replace(baseline, cells=cells, past={**baseline.past, **past}, reach=reach))
    over = (one for one in tracker.known if not disjoint(one, key))
    gone = frozenset((signal, one) for one in over for signal in RATES)
    return cleared(replace(tracker, baseline=baseline), gone)


def _as_of(cell: Cell, since: int, keys: Collection[Slice]) -> Cell:
    """The cell, of these slices not held back if it is of the time since, held back if before."""
    if cell.mixed:
        return cell
    held = cell.held - set(keys) if cell.end > since else cell.held | (keys & cell.counts.keys())
    return replace(cell, held=frozenset(held))
