"""The judgement of a second: which incidents there are, and what is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.counts import (
    NONE,
    SIGNALS,
    attempts,
    blamed,
    events,
    minus,
    risen,
    shown,
)
from functions.core.counting.slices import ALL, disjoint
from functions.core.counting.window import Window
from functions.core.detection.evidence import surprise
from functions.core.detection.findings import (
    Finding,
    findings,
    reaches_further,
    suspicious,
    verdict,
)
from functions.core.detection.flow import Flow
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State
from functions.core.detection.tracker import UNLEARNED, calmed, cleared
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


def _excused(state: State, learning: bool, rules: Rules) -> dict[str, int]:
    """What an alarm with a fixed threshold would cry about, and that is no news: a rate that is
    normal here or its customers' own doing, and a silence in which no payment was to be expected."""
    window, tracker = state.window, state.tracker
    counts = window.sums.get(ALL, NONE)
    total = attempts(counts)
    seen: list[str] = []
    if not total:
        baseline = tracker.baseline
        learned = sum(cell.end - cell.start for cell in baseline.cells if cell.absorbed)
        silent = window.clock - state.newest_ms // 1000
        expected = attempts(baseline.absorbed.get(ALL, NONE)) * silent / max(1, learned)
        if expected < tracker.needed:
            seen.append(SILENCE)
    for number, signal in enumerate(SIGNALS):
        if events(counts, signal) > rules.budget.thresholds[signal].warning * total:
            normal = UNLEARNED if learning else tracker.baseline.normal(ALL, number)
            drift = rules.budget.drift(number)
            if (
                surprise(blamed(counts, signal), total, normal, drift)
                < tracker.needed * normal.dispersion
            ):
                seen.append(signal)
    if not seen:
        return state.excused
    return {**state.excused, **dict.fromkeys(seen, window.clock)}


def judged(state: State, rules: Rules) -> State:
    """The state with its incidents as of the second that its clock has entered."""
    learning = state.tracker.is_learning(state.window.clock, rules.budget)
    excused = _excused(state, learning, rules)
    if excused is not state.excused or learning != state.learning:
        state = msgspec.structs.replace(state, excused=excused, learning=learning)
    tracker = state.tracker
    moment = Moment(state.window, tracker, rules.budget)
    waves = [] if learning else customer_waves(moment, state.incidents)
    if not (tracker.hot or state.incidents or state.flow.found or waves):
        return state if state.worst is None else msgspec.structs.replace(state, worst=None)
    open_ = [
        incident for incident in state.incidents if incident.is_open and incident.signal in SIGNALS
    ]
    found, explained = findings(moment, open_)
    known = [_as_now(moment, incident) for incident in open_]
    further = [
        wider
        for incident in open_
        if incident.state != RECOVERING
        and (
            wider := reaches_further(
                moment, incident, [other.slice for other in open_ if other.id != incident.id]
            )
        )
    ]
    news = (*further, *found)
    followed, told = follow(
        state.followed,
        [
            *(_sighting(finding, moment) for finding in known),
            *(_with_harm(_sighting(finding, moment), moment, state.incidents) for finding in news),
            *waves,
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
        over = {key for key in tracker.known if not all(disjoint(key, c) for c in closed)}
        explained |= {(signal, key) for signal in range(len(SIGNALS)) for key in over}
    if explained:
        tracker = cleared(tracker, explained)
    return msgspec.structs.replace(
        state,
        tracker=calmed(tracker, state.window.clock, rules.budget),
        worst=_worst(moment, [item.incident for item in followed], state.flow),
        followed=tuple(followed),
        came={},
        outbox=(*state.outbox, *(_with_latest(item, state.window, rules) for item in told)),
    )


def _as_now(moment: Moment, incident: Incident) -> Finding:
    """The open incident as the window shows it; that it is one, is proven."""
    span = moment.since(moment.window.start)
    suspect = span.suspect(incident.slice, SIGNALS.index(incident.signal))
    return Finding(verdict(span, replace(suspect, sure=1.0)), incident.stands_since)


def _worst(moment: Moment, incidents: Sequence[Incident], flow: Flow) -> Verdict | None:
    """The verdict with the highest score, of incidents that last or are about to be told, and of
    what is suspicious."""
    verdicts = [
        _as_now(moment, incident).verdict
        for incident in incidents
        if not incident.closed_at and incident.signal in SIGNALS
    ]
    verdicts += [found for found, _ in flow.found]
    doubtful = suspicious(moment)
    if doubtful is not None:
        verdicts.append(doubtful)
    return max(verdicts, key=lambda item: (item.score, item.slice), default=None)


FEWEST_FOR_A_RATE: Final = 20
"""Attempts in the latest seconds, below which their rate would say more about luck."""


def _with_latest(item: Announcement, window: Window, rules: Rules) -> Announcement:
    """The announcement with the incident's rate since it stands out, for people to read."""
    incident = item.incident
    stands_out = window.clock - incident.stands_since + 1
    seconds = min(rules.patience.recent_seconds, stands_out)
    counts = window.since(incident.slice, window.clock + 1 - seconds)
    total = attempts(counts)
    is_rate = incident.signal in SIGNALS
    if item.transition == CLOSED or total < FEWEST_FOR_A_RATE or not is_rate:
        return item
    latest = Latest(blamed(counts, incident.signal) / total, seconds)
    incident = msgspec.structs.replace(incident, latest=latest)
    return msgspec.structs.replace(item, incident=incident)


def _with_harm(sighting: Sighting, moment: Moment, incidents: Sequence[Incident]) -> Sighting:
    """The sighting with the harm that no incident of before has counted. What is open counts its own
    as it comes."""
    found = sighting.verdict
    subject = about(found.slice, found.signal)
    counted = max(
        (i.closed_at + 1 for i in incidents if i.closed_at and i.about == subject), default=0
    )
    harm = moment.window.harm_since(found.slice, max(sighting.began, counted))
    return msgspec.structs.replace(sighting, harm=harm)


def _sighting(finding: Finding, moment: Moment) -> Sighting:
    """The finding with its causes since it stands out, for the window dilutes what has begun."""
    found, sums = finding.verdict, moment.window.sums
    counts = moment.since(max(finding.began, moment.window.start)).counts(found.slice)
    outside = minus(sums.get(ALL, NONE), sums.get(found.slice, NONE))
    total = attempts(outside)
    if found.slice == ALL or not total:
        return Sighting(found, finding.began, shown(counts, found.signal), None)
    elsewhere = blamed(outside, found.signal) / total
    return Sighting(found, finding.began, risen(counts, outside, found.signal), elsewhere)
