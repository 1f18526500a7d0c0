"""What is kept out of what is normal, so that a trouble does not become it.

An incident is, for as long as it lasts: it ends when its slice is well again, or when a person says that
this is normal now (functions/core/detection/made_normal.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from functions.core.counting.counts import NONE, attempts, blamed
from functions.core.counting.signals import LATENCY, RATES, is_rate
from functions.core.counting.slices import ALL, Slice, disjoint, refines
from functions.core.detection.baseline import Stretch
from functions.core.detection.evidence import (
    Normal,
    Trail,
    began,
    settled,
    steps,
    strength,
    surprise,
)
from functions.core.detection.folding import HeldBack
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State
from functions.core.detection.tracker import Tracker
from functions.core.detection.tuning import HoldingTuning
from functions.core.troubles.incident import Incident


def held_back(state: State, rules: Rules, normals: Normals) -> HeldBack:
    """Whether a slice's counts of some seconds are to stay out of what is normal, which is `normals` so
    far."""
    tracker, tuning = state.tracker, rules.tuning.holding
    doubtful: dict[Slice, list[int]] = {}
    for signal, by_slice in tracker.evidence.items():
        for key, trail in by_slice.items():
            if _is_doubtful(trail, key, signal, tracker, normals):
                doubtful.setdefault(key, []).append(began(trail))
    beside = _beside_sisters(state, rules)
    slow_since = state.window.clock - rules.tuning.latency.lasting_seconds
    incidents = [
        incident
        for incident in state.incidents
        if is_rate(incident.signal)
        or (incident.signal == LATENCY and incident.stands_since > slow_since)
    ]

    def held_back(key: Slice, start: int, end: int) -> bool:
        if any(since < end <= since + tuning.suspected_seconds for since in doubtful.get(key, ())):
            return True
        if beside(key):
            return True
        return any(
            incident.started_at < end
            and start <= (incident.closed_at or end)
            and taints(incident, key, state, tuning)
            for incident in incidents
        )

    return held_back


def _is_doubtful(trail: Trail, key: Slice, signal: str, tracker: Tracker, normals: Normals) -> bool:
    """Whether so much is proven that it may be a trouble. Little will do where even a normal rate some
    standard errors higher would not explain it: if a slow storm became normal minute by minute, its
    evidence would fall. Where normal is not well known, little says that it was taken too low."""
    tuning, held = normals.tuning.holding, strength(trail)
    if held >= tuning.doubtful * tracker.needed:
        return True
    little = tuning.early * tracker.needed
    if held < little:
        return False
    known = normals.normal(key, signal)
    # A day's rise is learned as it comes: held back, it would soon look like a trouble.
    rate = known.rate + normals.an_hour(key, signal)
    most = Normal(rate, tuning.unsure * known.error, known.dispersion)
    step = steps(most, normals.drift(signal), normals.tuning.evidence)
    return strength(settled(trail, step, trail[0])) >= little


def _beside_sisters(state: State, rules: Rules) -> Callable[[Slice], bool]:
    """While all is learned: whether all that came of a slice is much worse than what its sister slices
    show. What is absorbed is its own normal, which would hide that it was broken from the start."""
    tracker, evidence = state.tracker, rules.tuning.evidence
    if not tracker.is_learning(state.window.clock, rules.budget):
        return lambda _: False
    normals = Normals(tracker.baseline, rules.budget, rules.tuning, tracker.current)
    enough = rules.tuning.holding.unlike

    def is_worse(key: Slice, signal: str) -> bool:
        counts = normals.counted(key)
        shown, drift = blamed(counts, signal), normals.drift(signal)
        if not shown:
            return False
        normal = normals.unseen(key, signal)
        return surprise(shown, attempts(counts), normal, drift, evidence) >= enough

    return lambda key: key != ALL and any(is_worse(key, signal) for signal in RATES)


def tainted(state: State, rules: Rules) -> list[Stretch]:
    """What incidents spoil, from their first bad payment on: what was absorbed of it by the time they were
    found is taken out."""
    tuning, end = rules.tuning.holding, state.window.clock
    cells = state.tracker.baseline.cells
    oldest = cells[0].start if cells else end
    return [
        Stretch(
            incident.started_at,
            incident.closed_at or end,
            frozenset(key for key in state.tracker.known if taints(incident, key, state, tuning)),
        )
        for incident in state.incidents
        if is_rate(incident.signal) and not 0 < incident.closed_at < oldest
    ]


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


def taints(incident: Incident, key: Slice, state: State, tuning: HoldingTuning) -> bool:
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
