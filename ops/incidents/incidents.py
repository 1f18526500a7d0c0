"""`paywatch incidents` and `paywatch audit`: what went wrong, and how often each rule was right."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from functions.core.errors import PaywatchError
from functions.core.troubles.record import TroubleRecord, as_now, is_name
from functions.core.troubles.record import audit as audited
from functions.core.views.incident import trouble_view
from ops.deployment import Deployment, connected
from ops.options import DaysOption, EndpointOption, EnvironmentOption, JsonOption, RegionOption
from ops.printing import console, say, say_json

if TYPE_CHECKING:
    from functions.core.counting.signals import Threshold
    from functions.core.troubles.head import Head

DAY: Final = 86_400


def incidents(
    identity: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One of them, with its timeline.")
    ] = None,
    days: DaysOption = 7,
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """List what went wrong, newest first, or show one trouble with its timeline."""
    from ops.incidents.tables import incident_table, timeline

    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    if identity is not None:
        record = found(deployment, identity, now)
        if as_json:
            say_json(as_line(record))
            return
        console().print(timeline(record, now))
        return
    head = deployment.heads.head()
    records = _as_now(deployment, now - days * DAY, now, head)
    if as_json:
        for record in records:
            say_json(as_line(record))
        return
    if told := usually_red(head, deployment.thresholds):
        say(told)
    if not records:
        typer.echo(f"no trouble in the last {days} days")
        return
    console().print(incident_table(records, now))


def audit(
    days: DaysOption = 90,
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """How often each rule paged, how often it was worth it, and what was at stake."""
    from ops.incidents.tables import audit_table

    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    rules = audited(recent(deployment, now - days * DAY, now), now)
    if as_json:
        for rule in rules:
            line = {**msgspec.to_builtins(rule), "precision": rule.precision}
            say_json(msgspec.json.encode(line).decode())
        return
    if not rules:
        typer.echo(f"no trouble in the last {days} days")
        return
    console().print(audit_table(rules, days))


def recent(deployment: Deployment, start: int, now: int) -> list[TroubleRecord]:
    """The records of the troubles that began since `start`, newest first; of those that last, with the
    figures that detect has now."""
    return _as_now(deployment, start, now, deployment.heads.head())


def _as_now(deployment: Deployment, start: int, now: int, head: Head) -> list[TroubleRecord]:
    records = deployment.records.since(start, now)
    return [as_now(record, head.incidents) for record in records]


def usually_red(head: Head, thresholds: Mapping[str, Threshold]) -> str:
    """What the list begins with where a threshold lies below what is usual, and the setting that would
    mend it; empty where none does."""
    from functions.settings.thresholds import format_thresholds
    from ops.proposed_thresholds import raised

    proposed = raised(thresholds, head.usual)
    if proposed == thresholds:
        return ""
    found = [
        f"{signal} is usually {100 * head.usual[signal]:.2g} %, above its warning threshold of"
        f" {100 * thresholds[signal].warning:g} %"
        for signal in thresholds
        if proposed[signal] != thresholds[signal]
    ]
    return f"{'; '.join(found)}: deploy with -c thresholds={format_thresholds(proposed)}"


def found(deployment: Deployment, identity: str, now: int) -> TroubleRecord:
    """The record of that name. Raises PaywatchError that says what to do when there is none."""
    name = identity.strip()
    name = name[:2].upper() + name[2:].lower()
    record = deployment.records.read(name, now) if is_name(name) else None
    if record is None:
        raise PaywatchError(f"no trouble is called {identity}; `paywatch incidents` lists them")
    return as_now(record, deployment.heads.head().incidents)


def as_line(record: TroubleRecord) -> str:
    """What `--json` prints of a trouble: the object of docs/incident-object.md, on one line."""
    return msgspec.json.encode(trouble_view(record)).decode()
