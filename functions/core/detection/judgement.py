"""The judgement of a second: which incidents there are, and what is to be told.

Five steps, each of which gives sightings: what is open, what is new, waves, flow; and then `follow`,
which makes of them what becomes of the incidents.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from functions.core.counting.counts import NONE, attempts, blamed, events
from functions.core.counting.signals import RATES, SIGNALS, is_rate
from functions.core.counting.slices import ALL, Slice, disjoint, nested
from functions.core.counting.window import Window
from functions.core.detection.card_testing import with_pattern
from functions.core.detection.drift import going_on, with_kind
from functions.core.detection.evidence import surprise
from functions.core.detection.findings import (
    as_now,
    explains,
    findings,
    reaches_further,
    suspicious,
    verdict_now,
)
from functions.core.detection.flow import flow_cleared, flow_sightings
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State, with_latest
from functions.core.detection.tracker import Tracker, calmed, cleared
from functions.core.detection.waves import customer_waves
from functions.core.troubles.head import SILENCE
from functions.core.troubles.incident import (
    CLOSED,
    RECOVERING,
    Announcement,
    Incident,
    about,
)
from functions.core.troubles.life import Sighting, follow
from functions.core.troubles.recovery import is_proven_well
from functions.core.troubles.recurrence import recurs, remembered
from functions.core.troubles.severity import CRITICAL_SCORE, WARNING_SCORE, Verdict, below


def judged(state: State, rules: Rules, normals: Normals) -> State:
    """The state with its incidents as of the second that its clock has entered."""
    state = _excusing(state, normals)
    moment = Moment(state.window, state.tracker, normals)
    flow = [] if state.learning else flow_sightings(state.flow, moment, state.incidents)
    waves = [] if state.learning else customer_waves(moment, state.incidents)
    if not (state.tracker.hot or _is_followed(state, rules) or flow or waves):
        return state if state.worst is None else replace(state, worst=None)
    open_ = [item for item in state.incidents if item.is_open and is_rate(item.signal)]
    known = [
        _tempered(going_on(as_now(moment, one, _beside(one, open_)), one, moment), state, rules)
        for one in open_
    ]
    ill, over = _ill_and_over(state, rules)
    found, explained = findings(moment, ill, over)
    found = [with_kind(item, moment) for item in found]
    news = [
        _with_harm(_tempered(item, state, rules), moment, state.incidents)
        for item in (*_wider(moment, ill), *found)
    ]
    unexplained = [item for item in flow if _is_unexplained(item, state, rules)]
    followed, told = follow(
        state.followed,
        [with_pattern(item, moment, state.amounts) for item in (*known, *news, *waves)]
        + unexplained,
        state.came,
        state.window.clock,
        rules.patience,
        rules.tuning.recovery,
    )
    closed = [item for item in followed if item.incident.closed_at == state.window.clock]
    tracker = _cleared(moment, explained, [item.incident for item in closed])
    return replace(
        state,
        flow=flow_cleared(
            state.flow, ((item.incident.signal, item.incident.slice) for item in closed)
        ),
        tracker=calmed(tracker, state.window.clock, normals),
        worst=_worst(moment, [item.incident for item in followed], [*known, *news, *flow]),
        followed=tuple(followed),
        recurrences=remembered(state.recurrences, closed, rules.tuning.recurrence),
        came={},
        outbox=(*state.outbox, *(_as_it_stands(item, state.window, rules) for item in told)),
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
        is_ill = incident.state != RECOVERING
        wider = reaches_further(moment, incident, _beside(incident, incidents)) if is_ill else None
        if wider is not None:
            found.append(going_on(wider, incident, moment))
    return found


def _ill_and_over(state: State, rules: Rules) -> tuple[list[Incident], list[Incident]]:
    """The incidents about rates that are open, and those that are over, as of when: what is proven well
    and only waits to be believed explains no more than what is closed."""
    clock, tuning = state.window.clock, rules.tuning.recovery
    ill: list[Incident] = []
    over: list[Incident] = []
    for item in state.followed:
        incident = item.incident
        if not is_rate(incident.signal):
            continue
        if incident.closed_at:
            over.append(incident)
        elif is_proven_well(item, clock, rules.patience, tuning):
            over.append(replace(incident, closed_at=item.life.well_since))
        elif incident.is_open:
            ill.append(incident)
    return ill, over


def _beside(incident: Incident, incidents: Sequence[Incident]) -> list[Slice]:
    return [other.slice for other in incidents if other.id != incident.id]


def _tempered(sighting: Sighting, state: State, rules: Rules) -> Sighting:
    """The sighting, no more severe than it can be: denials without a code may be the customers' own,
    and what a merchant had at this time before is no news."""
    tuning, found, total = rules.tuning, sighting.verdict, sum(sighting.causes.values())
    if found.signal == "denied" and sighting.causes.get("unknown", 0) >= (
        tuning.figures.uncoded * max(1, total)
    ):
        found = below(found, CRITICAL_SCORE)
    clock = state.window.clock
    if recurs(state.recurrences, found, sighting.began, clock, tuning.recurrence):
        found = below(found, WARNING_SCORE)
    return sighting if found is sighting.verdict else replace(sighting, verdict=found)


def _is_followed(state: State, rules: Rules) -> bool:
    """Whether an incident lasts, or one that is over is to be forgotten: until then it says nothing."""
    least = min(rules.patience.quiet_seconds, rules.patience.again_seconds)
    return any(
        not incident.closed_at or state.window.clock - incident.closed_at >= least
        for incident in state.incidents
    )


def _is_unexplained(flow: Sighting, state: State, rules: Rules) -> bool:
    """Whether no incident about a rate explains what goes missing or slow. One that shares payments
    does, while it lasts and for the quiet seconds; but where the one slice lies in the other, what
    goes missing or slow is part of an open incident's trouble. What is told goes on as it is."""
    key, quiet = flow.verdict.slice, rules.patience.quiet_seconds
    told = about(key, flow.verdict.signal)
    if any(incident.is_open and incident.about == told for incident in state.incidents):
        return True
    return all(
        disjoint(incident.slice, key)
        or (incident.is_open and nested(incident.slice, key))
        or (incident.closed_at and state.window.clock - incident.closed_at >= quiet)
        for incident in state.incidents
        if is_rate(incident.signal)
    )


def _cleared(
    moment: Moment, explained: frozenset[tuple[str, Slice]], over: Sequence[Incident]
) -> Tracker:
    """The tracker without evidence that says nothing new: what was explained, and what it gathered of
    incidents that are over. What goes on beside them keeps its evidence."""
    tracker = moment.tracker
    for incident in over:
        signals = [name for name in RATES if explains(incident.signal, SIGNALS[name].trouble)]
        within = {
            (name, key) for key in tracker.known for name in signals if nested(incident.slice, key)
        }
        beside = {
            (name, key)
            for name, key in tracker.hot
            if name in signals and not _goes_on(moment, name, key, incident)
        }
        explained |= within | beside
    return cleared(tracker, explained) if explained else tracker


def _goes_on(moment: Moment, signal: str, key: Slice, over: Incident) -> bool:
    """Whether the slice is suspicious without the payments that it shares with an incident's."""
    if disjoint(key, over.slice):
        return True
    left = moment.beside(key, signal, [over.slice])
    return left is not None and left[0].sure >= moment.normals.tuning.evidence.suspicious


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


def _as_it_stands(item: Announcement, window: Window, rules: Rules) -> Announcement:
    """The announcement with the incident's rate since it stands out, for people to read."""
    if item.transition == CLOSED:
        return item
    return replace(item, incident=with_latest(item.incident, window, rules))


def _with_harm(sighting: Sighting, moment: Moment, incidents: Sequence[Incident]) -> Sighting:
    """The sighting with the harm that no incident of before has counted. What is open counts its own
    as it comes."""
    found = sighting.verdict
    family = SIGNALS[found.signal].trouble
    counted = max(
        (
            incident.closed_at + 1
            for incident in incidents
            if incident.closed_at
            and incident.family == family
            and nested(incident.slice, found.slice)
        ),
        default=0,
    )
    harm = moment.window.harm_since(found.slice, max(sighting.began, counted))
    return replace(sighting, harm=harm)
