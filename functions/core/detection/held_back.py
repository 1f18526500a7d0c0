"""What is kept out of what is normal, so that a trouble does not become it."""

from __future__ import annotations

from typing import Final

from functions.core.counting.counts import NONE, attempts
from functions.core.counting.signals import RATES, is_rate
from functions.core.counting.slices import ALL, Slice, disjoint, refines
from functions.core.detection.evidence import began, strength
from functions.core.detection.folding import HeldBack
from functions.core.detection.normals import Normals
from functions.core.detection.span import SHIFTED, Moment
from functions.core.detection.state import Rules, State
from functions.core.troubles.incident import Incident

HELD_BACK: Final = 0.5
"""Share of the needed evidence from which a slice's counts are kept out of what is normal."""
SUSPECTED_SECONDS: Final = 1200
"""So long after it began: what is not proven by then may as well be how the slice is."""


def held_back(state: State, rules: Rules) -> HeldBack:
    """Whether a slice's counts of some seconds are to stay out of what is normal."""
    tracker, lasting = state.tracker, rules.patience.lasting_seconds
    doubtful: dict[Slice, list[int]] = {}
    for signal, key in tracker.hot:
        trail = tracker.trails[signal][key]
        if strength(trail) >= HELD_BACK * tracker.needed:
            doubtful.setdefault(key, []).append(began(trail))
    incidents = [
        incident
        for incident in state.incidents
        if state.window.clock - incident.stands_since < lasting and is_rate(incident.signal)
    ]

    def held_back(key: str, start: int, end: int) -> bool:
        if any(since < end <= since + SUSPECTED_SECONDS for since in doubtful.get(key, ())):
            return True
        return any(
            incident.started_at < end
            and start <= (incident.closed_at or end)
            and _taints(incident, key, state)
            for incident in incidents
        )

    return held_back


def is_mixed(state: State, normals: Normals) -> bool:
    """Whether traffic is spread as it usually is not, so that all of it fails more; not for long,
    for then that is how it is."""
    moment = Moment(state.window, state.tracker, normals)
    if moment.since(state.window.start).shift(ALL, RATES[0]) <= SHIFTED:
        return False
    cells = state.tracker.baseline.cells
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
    worst = incident.worst
    excess = (worst.rate - worst.normal) * attempts(sums.get(incident.slice, NONE))
    return excess > TAINTED * max(0.01, worst.normal) * total
