"""What is kept out of what is normal, so that a trouble does not become it."""

from __future__ import annotations

import math

from functions.core.counting.counts import NONE, attempts
from functions.core.counting.signals import LATENCY, RATES, is_rate
from functions.core.counting.slices import ALL, Slice, disjoint, refines
from functions.core.detection.evidence import began, strength
from functions.core.detection.folding import HeldBack
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State
from functions.core.detection.tuning import HoldingTuning
from functions.core.troubles.incident import Incident


def held_back(state: State, rules: Rules) -> HeldBack:
    """Whether a slice's counts of some seconds are to stay out of what is normal."""
    tracker, lasting, tuning = state.tracker, rules.patience.lasting_seconds, rules.tuning.holding
    doubtful: dict[Slice, list[int]] = {}
    for signal, key in tracker.hot:
        trail = tracker.trails[signal][key]
        if strength(trail) >= tuning.doubtful * tracker.needed:
            doubtful.setdefault(key, []).append(began(trail))
    incidents = [
        incident
        for incident in state.incidents
        if state.window.clock - incident.stands_since < lasting
        and (is_rate(incident.signal) or incident.signal == LATENCY)
    ]

    def held_back(key: Slice, start: int, end: int) -> bool:
        if any(since < end <= since + tuning.suspected_seconds for since in doubtful.get(key, ())):
            return True
        return any(
            incident.started_at < end
            and start <= (incident.closed_at or end)
            and _taints(incident, key, state, tuning)
            for incident in incidents
        )

    return held_back


def is_mixed(state: State, normals: Normals) -> bool:
    """Whether traffic is spread as it usually is not, so that all of it fails more; not for long,
    for then that is how it is."""
    moment, tuning = Moment(state.window, state.tracker, normals), normals.tuning
    rise = moment.since(state.window.start).shift(ALL, RATES[0])
    if rise <= tuning.explanation.shifted or rise <= _by_chance(moment):
        return False
    cells = state.tracker.baseline.cells
    mixed = sum(cell.end - cell.start for cell in cells if cell.mixed)
    return mixed < tuning.holding.suspected_seconds


def _by_chance(moment: Moment) -> float:
    """By how much few payments may come from slices that fail more without any reason: some standard
    errors of the mean of their slices' normal rates."""
    counts, normals = moment.window.sums, moment.normals
    most = 0.0
    for parts in moment.parts.values():
        came = [
            (attempts(counts.get(key, NONE)), normals.normal(key, RATES[0]).rate) for key in parts
        ]
        total = max(1, sum(number for number, _ in came))
        mean = sum(number * rate for number, rate in came) / total
        squared = sum(number * (rate - mean) ** 2 for number, rate in came) / total
        most = max(most, math.sqrt(squared / total))
    return normals.tuning.holding.by_chance * most


def _taints(incident: Incident, key: Slice, state: State, tuning: HoldingTuning) -> bool:
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
    return excess > tuning.tainted * max(tuning.low_rate, worst.normal) * total
