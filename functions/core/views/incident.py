"""A trouble and its incident as anybody may read them: what `--json` prints and what goes over a wire.

Made of what is stored, and apart from it, so that the store may change while who reads need not. A
field is added without a word; one that goes, or means something else, takes a new VERSION.
docs/incident-object.md lists the fields.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from functions.core.counting.slices import slice_values
from functions.core.troubles.blame import blame
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CARD_TESTING,
    CLOSED,
    DRIFT,
    INCIDENT,
    NARROWED,
    NORMAL,
    OPENED,
    RECOVERED,
    RECOVERING,
    SILENT,
    SUSPECT,
    USUAL,
    WORSE,
    Incident,
    Part,
    as_named,
)
from functions.core.troubles.markers import Marker
from functions.core.troubles.record import (
    ACKNOWLEDGED,
    ALARM,
    NOISE,
    OPEN,
    OVER,
    RATED,
    USEFUL,
    Entry,
    TroubleRecord,
)
from functions.core.troubles.route import ILL, UNSURE, WELL
from functions.core.troubles.severity import CRITICAL, INFO, WARNING

VERSION: Final = 1


def _one_of(*words: str) -> dict[str, object]:
    return {"enum": list(words)}


Severity = Annotated[
    str, Meta(description="How bad it is.", extra_json_schema=_one_of(INFO, WARNING, CRITICAL))
]
Share = Annotated[float, Meta(ge=0, le=1)]
Second = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=0)]


class ExampleView(msgspec.Struct, frozen=True):
    """A payment that failed."""

    transaction_id: Annotated[str, Meta(description="As the event says it, masked.")]
    code: Annotated[str | None, Meta(description="Its decline code; null where it said none.")]


class RouteView(msgspec.Struct, frozen=True):
    """How an incident's payments do by one gateway."""

    segment: Annotated[
        str,
        Meta(description="Which payments: the incident's slice, or more than that; no gateway."),
    ]
    gateway: Annotated[str, Meta(description="By which gateway they went.")]
    attempts: Annotated[Number, Meta(description="Attempts since the incident began.")]
    rate: Annotated[Share, Meta(description="Share of them with the incident's signal.")]
    does: Annotated[
        str,
        Meta(
            description="Whether that is well, surely worse than is tolerated there, or not sure.",
            extra_json_schema=_one_of(WELL, ILL, UNSURE),
        ),
    ]


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """What else an incident's trouble shows: a further signal, where the one slice lies in the other."""

    slice: Annotated[str, Meta(description="Where, in one text; empty for all traffic.")]
    dimensions: Annotated[
        dict[str, str], Meta(description="The same by dimension; empty for all traffic.")
    ]
    signal: Annotated[str, Meta(description="What payments show there.")]
    severity: Severity
    rate: Annotated[Share, Meta(description="Share of attempts with the signal, at its worst.")]
    normal: Annotated[Share, Meta(description="The rate that is usual there.")]
    since: Annotated[Second, Meta(description="The second of its first bad payment.")]
    until: Annotated[Second | None, Meta(description="When it was over; null while it goes on.")]


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One cause of failures, as detect knows it. Times are seconds since the epoch, in UTC; rates are
    shares of attempts, 0 to 1."""

    id: Annotated[str, Meta(description="Its name, as on the page: PW-1120-1343-4f2.")]
    state: Annotated[
        str,
        Meta(
            description="Where it stands: only suspected, announced, on its way to be well, over.",
            extra_json_schema=_one_of(SUSPECT, INCIDENT, RECOVERING, CLOSED),
        ),
    ]
    slice: Annotated[
        str, Meta(description="What it is about, in one text: issuer=HDFC; empty for all traffic.")
    ]
    dimensions: Annotated[
        dict[str, str], Meta(description="The same by dimension; empty for all traffic.")
    ]
    also: Annotated[
        tuple[str, ...],
        Meta(description="Slices that hold the same payments, or all of them and more."),
    ]
    signal: Annotated[
        str, Meta(description="What its payments show: failed, denied, volume, … (the glossary).")
    ]
    severity: Severity
    score: Annotated[float, Meta(ge=0, le=100, description="How sure and how bad, at its worst.")]
    rate: Annotated[Share, Meta(description="Share of attempts with the signal, at its worst.")]
    at_least: Annotated[Share, Meta(description="What that rate surely is, at the least.")]
    attempts: Annotated[Number, Meta(description="Attempts that the rate is of.")]
    normal: Annotated[Share, Meta(description="The rate that is usual there.")]
    tolerated: Annotated[
        float, Meta(ge=0, description="The rate up to which nothing is worth a page.")
    ]
    elsewhere: Annotated[
        Share | None,
        Meta(description="The rate outside of the slice; null where nothing is outside of it."),
    ]
    latest_rate: Annotated[
        Share | None,
        Meta(description="The rate when it was last announced; null where that is not known."),
    ]
    latest_seconds: Annotated[
        Number | None, Meta(description="The seconds before that, which the latest rate is of.")
    ]
    causes: Annotated[
        dict[str, int],
        Meta(description="Attempts by cause, as far as they are more than elsewhere."),
    ]
    cause: Annotated[str, Meta(description="The cause of most of them; unknown without any.")]
    owner: Annotated[
        str | None,
        Meta(description="Whose trouble it is: issuer, gateway, customers, …; null while unclear."),
    ]
    owner_name: Annotated[
        str | None, Meta(description="The owner's name; null where the slice does not say it.")
    ]
    owner_sure: Annotated[
        Share, Meta(description="At least this share of the failures fits the owner.")
    ]
    affected: Annotated[
        Number, Meta(description="Payments with the signal that were not the customer's own doing.")
    ]
    money: Annotated[
        dict[str, float],
        Meta(description="Their amounts by currency, in major units, as far as events say them."),
    ]
    examples: Annotated[tuple[ExampleView, ...], Meta(description="Some of these payments.")]
    routes: Annotated[
        tuple[RouteView, ...],
        Meta(description="How the same payments do by each gateway; empty where nobody counts it."),
    ]
    parts: Annotated[
        tuple[PartView, ...],
        Meta(description="What else its trouble shows, the strongest first; mostly empty."),
    ]
    started_at: Annotated[Second, Meta(description="The second of its first bad payment.")]
    detected_at: Annotated[
        Second | None, Meta(description="When it was announced first; null while suspected.")
    ]
    updated_at: Annotated[Second, Meta(description="When its figures were looked at last.")]
    closed_at: Annotated[Second | None, Meta(description="When it was over; null before.")]
    again: Annotated[Number, Meta(description="How many times it came back.")]
    back_at: Annotated[
        Second | None, Meta(description="When it came back last; null if it never did.")
    ]
    kind: Annotated[
        str | None,
        Meta(
            description="How it came: a drift came slowly; null for any other.",
            extra_json_schema={"enum": [DRIFT, None]},
        ),
    ]
    pattern: Annotated[
        str | None,
        Meta(
            description="What it looks like: card_testing; null for any other.",
            extra_json_schema={"enum": [CARD_TESTING, None]},
        ),
    ]
    retries: Annotated[
        float, Meta(description="Tries after the first, per payment that failed; 0 without any.")
    ]
    lost: Annotated[
        Number, Meta(description="Payments whose first try failed and that no later one saved.")
    ]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a trouble's timeline."""

    at: Annotated[Second, Meta(description="When it happened.")]
    what: Annotated[
        str,
        Meta(
            description="What happened.",
            extra_json_schema=_one_of(
                OPENED, WORSE, NARROWED, AGAIN, CLOSED, ALARM, ACKNOWLEDGED, RATED, OVER
            ),
        ),
    ]
    text: Annotated[str, Meta(description="The same in words, as people were told it.")]
    severity: Annotated[
        str | None,
        Meta(
            description="How bad it was then; null where that was not said.",
            extra_json_schema={"enum": [INFO, WARNING, CRITICAL, None]},
        ),
    ]
    by: Annotated[str | None, Meta(description="Who did it; null where that was no person.")]
    paged: Annotated[bool, Meta(description="Whether people were told.")]


class MarkerView(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed shortly before a trouble began: a hint, not a proof."""

    at: Annotated[Second, Meta(description="When it was changed.")]
    text: Annotated[str, Meta(description="What, in the words of who marked it.")]
    slice: Annotated[str, Meta(description="Which payments it touches; empty for all traffic.")]
    by: Annotated[str | None, Meta(description="Who did it; null where nobody says.")]


class TroubleView(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble: an incident, or alarms that no incident explains. Times are seconds since the epoch,
    in UTC."""

    version: Annotated[Literal[1], Meta(description="Of this object; another may mean otherwise.")]
    id: Annotated[str, Meta(description="Its name, as on the page: PW-1120-1343-4f2.")]
    state: Annotated[
        str,
        Meta(
            description="Whether it lasts, and whether somebody has taken it over.",
            extra_json_schema=_one_of(OPEN, ACKNOWLEDGED, CLOSED),
        ),
    ]
    severity: Severity
    rule: Annotated[str, Meta(description="What found it: a signal of detect, or an alarm's name.")]
    title: Annotated[str, Meta(description="The trouble in one line.")]
    thread: Annotated[str, Meta(description="The name of the thread in which it was told.")]
    started_at: Annotated[Second, Meta(description="When it began.")]
    updated_at: Annotated[Second, Meta(description="The time of the newest line of its timeline.")]
    closed_at: Annotated[Second | None, Meta(description="When it was over; null while it lasts.")]
    reason: Annotated[
        str | None,
        Meta(
            description="Why its incident was closed: proven well, long tolerated, no payments, said to be normal, so from its first payments on.",
            extra_json_schema={"enum": [RECOVERED, CALM, SILENT, NORMAL, USUAL, None]},
        ),
    ]
    pages: Annotated[Number, Meta(description="Messages about it that people were sent.")]
    acknowledged_at: Annotated[
        Second | None, Meta(description="When somebody took it over; null while nobody has.")
    ]
    acknowledged_by: Annotated[str | None, Meta(description="Who did.")]
    rating: Annotated[
        str | None,
        Meta(
            description="Whether its pages were worth it; null while nobody said.",
            extra_json_schema={"enum": [USEFUL, NOISE, None]},
        ),
    ]
    rated_by: Annotated[str | None, Meta(description="Who said so.")]
    entries: Annotated[tuple[EntryView, ...], Meta(description="Its timeline, oldest first.")]
    incident: Annotated[
        IncidentView | None, Meta(description="As detect knows it; null where only alarms spoke.")
    ]
    markers: Annotated[
        tuple[MarkerView, ...], Meta(description="What was changed shortly before it began.")
    ]


def trouble_view(record: TroubleRecord) -> TroubleView:
    incident = record.incident
    return TroubleView(
        version=VERSION,
        id=record.id,
        state=record.state,
        severity=record.severity,
        rule=record.rule,
        title=record.title,
        thread=record.thread,
        started_at=record.started_at,
        updated_at=record.updated_at,
        closed_at=record.closed_at or None,
        reason=record.reason or None,
        pages=record.pages,
        acknowledged_at=record.acknowledged_at or None,
        acknowledged_by=record.acknowledged_by or None,
        rating=record.rating or None,
        rated_by=record.rated_by or None,
        entries=tuple(_entry(entry) for entry in record.entries),
        incident=incident_view(incident) if incident is not None else None,
        markers=tuple(map(_marker, record.markers)),
    )


def incident_view(incident: Incident) -> IncidentView:
    incident = as_named(incident)
    worst, latest, affected = incident.worst, incident.latest, incident.affected
    found = blame(incident)
    return IncidentView(
        id=incident.id,
        state=incident.state,
        slice=incident.slice,
        dimensions=dict(slice_values(incident.slice)),
        also=incident.also,
        signal=incident.signal,
        severity=incident.severity,
        score=worst.score,
        rate=worst.rate,
        at_least=worst.at_least,
        attempts=worst.attempts,
        normal=worst.normal,
        tolerated=worst.tolerated,
        elsewhere=worst.elsewhere,
        latest_rate=latest.rate if latest else None,
        latest_seconds=latest.seconds if latest else None,
        causes=worst.causes,
        cause=found.cause,
        owner=found.owner or None,
        owner_name=found.name or None,
        owner_sure=found.sure,
        affected=affected.payments,
        money=affected.money,
        examples=tuple(
            ExampleView(one.transaction_id, one.code or None) for one in affected.examples
        ),
        routes=tuple(
            RouteView(one.segment, one.gateway, one.attempts, one.rate, one.does)
            for one in incident.routes
        ),
        parts=tuple(map(_part, incident.parts)),
        started_at=incident.started_at,
        detected_at=incident.detected_at or None,
        updated_at=incident.updated_at,
        closed_at=incident.closed_at or None,
        again=incident.times - 1,
        back_at=incident.back_at or None,
        kind=incident.kind or None,
        pattern=incident.pattern or None,
        retries=round(affected.retries_each or 0.0, 2),
        lost=affected.lost,
    )


def _part(part: Part) -> PartView:
    return PartView(
        slice=part.slice,
        dimensions=dict(slice_values(part.slice)),
        signal=part.signal,
        severity=part.severity,
        rate=part.rate,
        normal=part.normal,
        since=part.since,
        until=part.until or None,
    )


def _marker(marker: Marker) -> MarkerView:
    return MarkerView(at=marker.at, text=marker.text, slice=marker.slice, by=marker.by or None)


def _entry(entry: Entry) -> EntryView:
    return EntryView(
        at=entry.at,
        what=entry.what,
        text=entry.text,
        severity=entry.severity or None,
        by=entry.by or None,
        paged=entry.paged,
    )
