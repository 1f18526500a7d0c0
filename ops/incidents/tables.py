"""How records of troubles and the audit of the rules look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import words
from functions.core.paging.first_action import first_action, routes_words
from functions.core.paging.incident_page import (
    affected_words,
    again_words,
    causes_words,
    owner_words,
    part_words,
    retries_words,
)
from functions.core.paging.marked import markers_words
from functions.core.paging.page import duration, moment, percent
from functions.core.troubles.blame import blame
from functions.core.troubles.incident import Incident, as_named
from functions.core.troubles.record import RuleAudit, TroubleRecord
from ops.printing import cell

_COLOURS: Final = {"critical": "bold red", "warning": "yellow", "info": "dim"}
_STATES: Final = {"open": "bold red", "acknowledged": "yellow", "closed": "green"}


def incident_table(records: Sequence[TroubleRecord], now: int) -> RenderableType:
    """Two lines a trouble, for terminals of 80 columns."""
    lines: list[RenderableType] = []
    for record in records:
        row = Text(f"{record.id}  ", style="bold")
        row.append(f"{record.state:<13}", style=_STATES[record.state])
        row.append(f"{record.severity:<9} ", style=_COLOURS.get(record.severity, ""))
        lasted = duration((record.closed_at or now) - record.started_at)
        began = datetime.fromtimestamp(record.started_at, UTC)
        pages = f"{record.pages} page{'' if record.pages == 1 else 's'}"
        row.append(f"{began:%d %b %H:%M:%S}  {lasted:<11} {pages}", style="not bold")
        if record.rating:
            row.append(f", {record.rating}", style="not bold")
        lines += [row, cell(f"    {_gist(record)}")]
    return Group(*lines, Text("times are UTC", style="dim"))


def _gist(record: TroubleRecord) -> str:
    """Where, whose, how much: in one line."""
    incident = record.incident
    if incident is None:
        return record.title
    incident = as_named(incident)
    where, whose = words(incident.slice), _whose(incident)
    gist = where if whose == where else f"{where}: {whose}"
    if incident.parts:
        gist += f"; also {', '.join(SIGNALS[part.signal].short for part in incident.parts)}"
    return f"{gist}; {affected_words(incident, most=1)}" if incident.affected.payments else gist


def _whose(incident: Incident) -> str:
    found = blame(incident)
    return found.words if incident.pages else f"customer-side: {found.words}"


def timeline(record: TroubleRecord, now: int) -> RenderableType:
    """Everything about one trouble, and what happened when."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    for name, value in _facts(record, now):
        facts.add_row(name, cell(value))
    steps = Table.grid(padding=(0, 2))
    for entry in record.entries:
        who = f"{entry.by}: " if entry.by else ""
        steps.add_row(
            f"{datetime.fromtimestamp(entry.at, UTC):%H:%M:%S}",
            f"+{duration(entry.at - record.started_at)}",
            Text(entry.what, style=_COLOURS.get(entry.severity, "")),
            cell(f"{who}{entry.text}"),
            "paged" if entry.paged else "",
        )
    heading = Text(f"{record.id}  ", style="bold")
    heading.append(record.state, style=_STATES[record.state])
    heading.append(f"  {record.severity}", style=_COLOURS.get(record.severity, ""))
    return Group(heading, Text(), facts, Text(), steps)


def _facts(record: TroubleRecord, now: int) -> list[tuple[str, str]]:
    incident = record.incident
    lasted = duration((record.closed_at or now) - record.started_at)
    facts = [("what", record.title.removeprefix(f"{record.id}: "))]
    if incident is not None:
        incident = as_named(incident)
        found, worst = blame(incident), incident.worst
        facts += [
            ("where", words(incident.slice)),
            ("whose", owner_words(found)),
            ("causes", causes_words(incident)),
            (
                "at worst",
                f"{percent(worst.rate)} {SIGNALS[incident.signal].says}, of "
                f"{worst.attempts:,} attempts; normally {percent(worst.normal)}",
            ),
        ]
        facts += [("also", part_words(incident, part)) for part in incident.parts]
        if incident.times > 1:
            facts.append(("comes and goes", again_words(incident)))
        if incident.routes:
            facts.append(("by gateway", routes_words(incident)))
        if incident.affected.payments:
            facts.append(("affected", affected_words(incident)))
        if incident.affected.examples:
            facts.append(("for example", ", ".join(map(str, incident.affected.examples))))
        if retries := retries_words(incident):
            facts.append(("retries", retries))
        facts.append(("first bad payment", moment(incident.started_at)))
        if incident.detected_at:
            after = duration(incident.detected_at - incident.started_at)
            facts.append(("detected", f"{moment(incident.detected_at)}, after {after}"))
    else:
        facts.append(("since", moment(record.started_at)))
    if record.markers:
        began = incident.stands_since if incident is not None else record.started_at
        facts.append(("what changed", f"it began {markers_words(record.markers, began)}"))
    if record.acknowledged_at:
        by = f"by {record.acknowledged_by}, {moment(record.acknowledged_at)}"
        facts.append(("acknowledged", by))
    until = (
        f"{moment(record.closed_at)}, after {lasted}" if record.closed_at else f"lasts, {lasted}"
    )
    facts += [("closed" if record.closed_at else "so far", until), ("pages", f"{record.pages}")]
    if record.rating:
        facts.append(("rated", f"{record.rating}, by {record.rated_by}"))
    if incident is not None and not record.closed_at:
        facts.append(("first", first_action(incident, blame(incident))))
    return facts


def audit_table(rules: Sequence[RuleAudit], days: int) -> RenderableType:
    """One line a rule: what it did, and how often it was right as far as somebody said."""
    table = Table(
        title=f"the rules in the last {days} days",
        title_justify="left",
        box=None,
        header_style="dim",
    )
    table.add_column("rule")
    for column in ("troubles", "pages", "useful", "noise", "precision", "lasted", "failed"):
        table.add_column(column, justify="right")
    table.add_column("money at risk")
    for rule in rules:
        precision = rule.precision
        money = sorted(rule.money.items(), key=lambda item: -item[1])
        table.add_row(
            cell(rule.rule),
            f"{rule.incidents:,}",
            f"{rule.pages:,}",
            f"{rule.useful:,}",
            f"{rule.noise:,}",
            "unrated" if precision is None else percent(precision, whole=True),
            duration(round(rule.minutes * 60)),
            f"{rule.affected:,}",
            cell(", ".join(f"{currency} {amount:,.0f}" for currency, amount in money)),
        )
    return table
