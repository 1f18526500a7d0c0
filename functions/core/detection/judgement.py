"""The judgement of a second: which incidents there are, and what is to be told.

Five steps, each of which gives sightings: what is open, what is new, waves, flow; and then `follow`,
which makes of them what becomes of the incidents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from functions.core.counting.counts import NONE, attempts, blamed, events
from functions.core.counting.signals import RATES, is_rate
from functions.core.counting.slices import ALL, Slice, disjoint, refines
from functions.core.counting.window import Window
from functions.core.detection.evidence import surprise
from functions.core.detection.findings import (
    as_now,
    findings,
    reaches_further,
    suspicious,
    verdict_now,
)
from functions.core.detection.flow import flow_cleared, flow_sightings
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State
from functions.core.detection.tracker import Tracker, calmed, cleared
from functions.core.detection.waves import customer_waves
from functions.core.troubles.head import SILENCE
from functions.core.troubles.incident import (
    CLOSED,
    RECOVERING,
    Announcement,
    Incident,
    Latest,
    about,
)
from functions.core.troubles.life import Sighting, follow
from functions.core.troubles.severity import Verdict


def judged(state: State, rules: Rules, normals: Normals) -> State:
    """The state with its incidents as of the second that its clock has entered."""
    state = _excusing(state, normals)
    moment = Moment(state.window, state.tracker, normals)
    flow = [] if state.learning else flow_sightings(state.flow, moment, state.incidents)
    waves = [] if state.learning else customer_waves(moment, state.incidents)
    if not (state.tracker.hot or state.incidents or flow or waves):
        return state if state.worst is None else replace(state, worst=None)
    open_ = [item for item in state.incidents if item.is_open and is_rate(item.signal)]
    known = [as_now(moment, incident) for incident in open_]
    found, explained = findings(moment, open_)
    news = [_with_harm(item, moment, state.incidents) for item in (*_wider(moment, open_), *found)]
    unexplained = [item for item in flow if _is_unexplained(item, state.incidents)]
    followed, told = follow(
        state.followed,
        [*known, *news, *waves, *unexplained],
        state.came,
        state.window.clock,
        rules.patience,
        rules.tuning.recovery,
    )
    tracker = _cleared(state.tracker, explained, told)
    over = [item.incident for item in told if item.transition == CLOSED]
    return replace(
        state,
        flow=flow_cleared(state.flow, ((item.signal, item.slice) for item in over)),
        tracker=calmed(tracker, state.window.clock, normals),
        worst=_worst(moment, [item.incident for item in followed], [*known, *flow]),
        followed=tuple(followed),
        came={},
        outbox=(*state.outbox, *(_with_latest(item, state.window, rules) for item in told)),
    )


def _excusing(state: State, normals: Normals) -> State:
    """The state that knows what an alarm with a fixed threshold would cry about just now, and that is
    no news; and whether it is learning."""
    learning = state.tracker.is_learning(state.window.clock, normals.budget)
    seen = [*_silence(state), *_rates_as_usual(state, learning, normals)]
    if not seen and learning == state.learning:
        return state
    excused = {**state.excused, **dict.fromkeys(seen, state.window.clock)}
    return replace(state, excused=excused, learning=learning)


def _silence(state: State) -> list[str]:
    """SILENCE, while no payment comes and none was to be expected."""
    window, baseline = state.window, state.tracker.baseline
    if attempts(window.sums.get(ALL, NONE)):
        return []
    learned = sum(cell.end - cell.start for cell in baseline.cells if cell.absorbed)
    silent = window.clock - state.newest_ms // 1000
    expected = attempts(baseline.absorbed.get(ALL, NONE)) * silent / max(1, learned)
    return [SILENCE] if expected < state.tracker.needed else []


def _rates_as_usual(state: State, learning: bool, normals: Normals) -> list[str]:
    """The signals whose rate lies beyond the warning and is normal here, or the customers' own doing."""
    counts, needed = state.window.sums.get(ALL, NONE), state.tracker.needed
    total, seen = attempts(counts), list[str]()
    for signal in RATES:
        if events(counts, signal) <= normals.budget.thresholds[signal].warning * total:
            continue
        normal = normals.unlearned if learning else normals.normal(ALL, signal)
        shown, drift = blamed(counts, signal), normals.drift(signal)
        nats = surprise(shown, total, normal, drift, normals.tuning.evidence)
        if nats < needed * normal.dispersion:
            seen.append(signal)
    return seen


def _wider(moment: Moment, incidents: Sequence[Incident]) -> list[Sighting]:
    """What open incidents turn out to be about, where they reach further than they seemed."""
    found: list[Sighting] = []
    for incident in incidents:
        others = [other.slice for other in incidents if other.id != incident.id]
        is_ill = incident.state != RECOVERING
        wider = reaches_further(moment, incident, others) if is_ill else None
        if wider is not None:
            found.append(wider)
    return found


def _is_unexplained(flow: Sighting, incidents: Iterable[Incident]) -> bool:
    """Whether no incident about a rate may be the reason for what goes missing or slow: one in a part of
    its payments is not, that shares none with it, or lies in it and is smaller."""
    found = flow.verdict.slice
    return all(
        disjoint(incident.slice, found)
        or (incident.slice != found and refines(incident.slice, found))
        for incident in incidents
        if is_rate(incident.signal)
    )


def _cleared(
    tracker: Tracker, explained: frozenset[tuple[str, Slice]], told: Sequence[Announcement]
) -> Tracker:
    """The tracker without evidence that says nothing new: what was explained, and what it gathered of
    incidents that are over."""
    closed = [item.incident.slice for item in told if item.transition == CLOSED]
    if closed:
        over = [key for key in tracker.known if not all(disjoint(key, one) for one in closed)]
        explained |= {(signal, key) for signal in RATES for key in over}
    return cleared(tracker, explained) if explained else tracker


def _worst(
    moment: Moment, incidents: Sequence[Incident], sightings: Sequence[Sighting]
) -> Verdict | None:
    """The verdict with the highest score, of incidents that last or are about to be told, of flow, and of
    what is suspicious."""
    known = {(item.verdict.slice, item.verdict.signal): item.verdict for item in sightings}
    verdicts = [item.verdict for item in sightings if not is_rate(item.verdict.signal)]
    verdicts += [
        known.get((incident.slice, incident.signal)) or verdict_now(moment, incident)
        for incident in incidents
        if not incident.closed_at and is_rate(incident.signal)
    ]
    doubtful = suspicious(moment)
    if doubtful is not None:
        verdicts.append(doubtful)
    return max(verdicts, key=lambda item: (item.score, item.slice), default=None)


def _with_latest(item: Announcement, window: Window, rules: Rules) -> Announcement:
    """The announcement with the incident's rate since it stands out, for people to read."""
    incident = item.incident
    stands_out = window.clock - incident.stands_since + 1
    seconds = min(rules.patience.recent_seconds, stands_out)
    counts = window.since(incident.slice, window.clock + 1 - seconds)
    total = attempts(counts)
    is_little = total < rules.tuning.figures.latest_attempts
    if item.transition == CLOSED or is_little or not is_rate(incident.signal):
        return item
    latest = Latest(blamed(counts, incident.signal) / total, seconds)
    incident = replace(incident, latest=latest)
    return replace(item, incident=incident)


def _with_harm(sighting: Sighting, moment: Moment, incidents: Sequence[Incident]) -> Sighting:
    """The sighting with the harm that no incident of before has counted. What is open counts its own
    as it comes."""
    found = sighting.verdict
    subject = about(found.slice, found.signal)
    counted = max(
        (i.closed_at + 1 for i in incidents if i.closed_at and i.about == subject), default=0
    )
    harm = moment.window.harm_since(found.slice, max(sighting.began, counted))
    return replace(sighting, harm=harm)
