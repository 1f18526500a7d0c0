"""The incidents of a history, one line each, however often one got worse, closed and came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import slice_values
from functions.core.troubles.blame import likely_cause
from functions.core.troubles.incident import CLOSED, Announcement, Incident, Part, as_named
from functions.core.troubles.severity import RANK
from ops.backtest.report import IncidentLine, PartLine, TransitionLine, WaveLine


@dataclass
class _Told:
    """What was told of an incident. worst: as it was when its figures were the worst. shown: by family
    of signals, what it showed until now, as a part."""

    incident: Incident
    worst: Incident
    shown: dict[str, Part] = field(default_factory=dict)
    transitions: list[TransitionLine] = field(default_factory=list)
    pages: int = 0


class IncidentLines:
    """Takes what is told in the order of time, and has a line an incident."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def told(self, announcement: Announcement, at: int) -> None:
        """A transition, at that second."""
        incident = announcement.incident
        self.seen(incident)
        self._told[incident.id].transitions.append(
            TransitionLine(
                transition=announcement.transition,
                at=iso(at),
                severity=incident.severity,
                reason=announcement.reason,
            )
        )

    def seen(self, incident: Incident) -> None:
        """The incident as it is now."""
        held = self._told.get(incident.id)
        if held is None:
            held = self._told[incident.id] = _Told(incident, incident)
        held.incident = incident
        for part in (_as_part(incident), *incident.parts):
            family = SIGNALS[part.signal].trouble
            held.shown[family] = _joint(held.shown.get(family, part), part)
        if _badness(incident) >= _badness(held.worst):
            held.worst = incident

    def paged(self, incident: Incident) -> None:
        """It caused a page."""
        self._told[incident.id].pages += 1

    def lines(self, resolution: int = 1) -> list[IncidentLine]:
        """In the order in which they were detected; those that page nobody are WaveLines."""
        found = [
            line_of(
                told.incident,
                worst=told.worst,
                parts=tuple(
                    part for family, part in told.shown.items() if family != told.worst.family
                ),
                transitions=tuple(told.transitions),
                pages=told.pages,
                resolution=resolution,
            )
            for told in self._told.values()
        ]
        return sorted(found, key=lambda line: (line.detected_at, line.id))


def _badness(incident: Incident) -> tuple[int, float, float]:
    """A score stays the same while the last windows get better: then the larger departure is worse."""
    worst = incident.worst
    return RANK[incident.severity], worst.score, abs(worst.rate - worst.normal)


def _as_part(incident: Incident) -> Part:
    return Part(
        slice=incident.slice,
        signal=incident.signal,
        severity=incident.severity,
        rate=incident.worst.rate,
        normal=incident.worst.normal,
        since=incident.stands_since,
        until=incident.closed_at,
    )


def _joint(before: Part, now: Part) -> Part:
    """One that was seen before, as it is now, from its first beginning on and with its worst figures."""
    worst = max(now, before, key=lambda part: (RANK[part.severity], abs(part.rate - part.normal)))
    return replace(worst, since=before.since, until=now.until)


def line_of(
    incident: Incident,
    *,
    worst: Incident | None = None,
    parts: tuple[Part, ...] | None = None,
    transitions: tuple[TransitionLine, ...] = (),
    pages: int = 0,
    resolution: int = 1,
) -> IncidentLine:
    """The incident as it is printed; a WaveLine where it pages nobody. worst: as it was when its
    figures were the worst. parts: what else it showed at any time; without, what it shows now."""
    parts = incident.parts if parts is None else parts
    incident, worst = as_named(incident), as_named(worst or incident)
    named = incident if incident.family == worst.family else worst
    kind = IncidentLine if worst.pages else WaveLine
    is_over = not transitions or transitions[-1].transition == CLOSED
    return kind(
        id=incident.id,
        opened_at=iso(incident.started_at),
        detected_at=iso(incident.detected_at),
        closed_at=iso(incident.closed_at) if incident.closed_at and is_over else None,
        severity=worst.severity,
        score=round(worst.worst.score, 1),
        signal=named.signal,
        slice=dict(slice_values(named.slice)),
        also=tuple(dict(slice_values(key)) for key in named.also),
        parts=tuple(map(_part, parts)),
        kind=incident.kind,
        cause=likely_cause(worst),
        observed_rate=round(worst.worst.rate, 6),
        baseline_rate=round(worst.worst.normal, 6),
        units=SIGNALS[named.signal].unit,
        attempts=worst.worst.attempts,
        resolution_seconds=resolution,
        pages=pages,
        transitions=transitions,
        affected=incident.affected.payments,
        retries=round(incident.affected.retries_each or 0.0, 2),
        lost=incident.affected.lost,
        times=incident.times,
        pattern=incident.pattern,
    )


def _part(part: Part) -> PartLine:
    return PartLine(
        signal=part.signal,
        slice=dict(slice_values(part.slice)),
        severity=part.severity,
        observed_rate=round(part.rate, 6),
        baseline_rate=round(part.normal, 6),
        units=SIGNALS[part.signal].unit,
        opened_at=iso(part.since),
        closed_at=iso(part.until) if part.until else None,
    )


def iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
