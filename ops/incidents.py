"""`paywatch incidents`, `ack`, `rate` and `audit`: what went wrong, who took it, was it worth a page."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from functions.core.errors import PaywatchError
from functions.core.payments.cards import mask
from functions.core.troubles import record as incident_record
from functions.core.troubles.record import TroubleRecord, as_now, is_name
from functions.core.troubles.record import audit as audited
from functions.core.troubles.response import Acknowledgement, Rating, Response
from functions.core.views.incident import trouble_view
from ops.deployment import (
    Deployment,
    EndpointOption,
    EnvironmentOption,
    JsonOption,
    RegionOption,
    connected,
)

if TYPE_CHECKING:
    from functions.core.troubles.head import Head

DAY: Final = 86_400
ANSWER_SECONDS: Final = 20.0
"""How long notify may take to note an answer before we say that it did not yet."""
LONGEST_NAME: Final = 40
LONGEST_COMMENT: Final = 300

IdArgument = Annotated[str, typer.Argument(help="Its name, as on the page: PW-1120-1343-4f2.")]
ByOption = Annotated[str | None, typer.Option(help="Who. [default: your user name]")]
CommentOption = Annotated[str, typer.Option(help="A few words for the others.")]


class Worth(StrEnum):
    USEFUL = incident_record.USEFUL
    NOISE = incident_record.NOISE


def incidents(
    identity: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One of them, with its timeline.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How far back.")] = 7,
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """List what went wrong, newest first, or show one trouble with its timeline."""
    from rich.console import Console

    from ops.incident_view import incident_table, timeline

    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    if identity is not None:
        record = found(deployment, identity, now)
        if as_json:
            typer.echo(as_line(record))
            return
        Console(highlight=False).print(timeline(record, now))
        return
    records = recent(deployment, now - days * DAY, now)
    if as_json:
        for record in records:
            typer.echo(as_line(record))
        return
    if not records:
        typer.echo(f"no trouble in the last {days} days")
        return
    Console(highlight=False).print(incident_table(records, now))


def ack(
    identity: IdArgument,
    by: ByOption = None,
    comment: CommentOption = "",
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Say that you take a trouble over; PagerDuty and Slack hear of it, and later pages name you."""
    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    record = found(deployment, identity, now)
    if record.closed_at:
        raise PaywatchError(
            f"{record.id} is over: there is nothing to take. Was it worth a page? `paywatch rate`"
        )
    message = Acknowledgement(record.id, person(by), now, _short(comment, LONGEST_COMMENT))
    typer.echo(answer(deployment, message, now, f"{record.id} is yours, {message.by}"))


def rate(
    identity: IdArgument,
    worth: Annotated[Worth, typer.Argument(help="Were its pages worth it?")],
    by: ByOption = None,
    comment: CommentOption = "",
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Say whether a trouble was worth its pages: `paywatch audit` shows how often each rule is right."""
    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    record = found(deployment, identity, now)
    message = Rating(record.id, worth.value, person(by), now, _short(comment, LONGEST_COMMENT))
    typer.echo(answer(deployment, message, now, f"{record.id} is rated {worth.value}"))


def audit(
    days: Annotated[int, typer.Option(min=1, max=400, help="How far back.")] = 90,
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """How often each rule paged, how often it was worth it, and what was at stake."""
    from rich.console import Console

    from ops.incident_view import audit_table

    deployment, now = connected(environment, endpoint_url, region), int(time.time())
    rules = audited(recent(deployment, now - days * DAY, now), now)
    if as_json:
        for rule in rules:
            line = {**msgspec.to_builtins(rule), "precision": rule.precision}
            typer.echo(msgspec.json.encode(line).decode())
        return
    if not rules:
        typer.echo(f"no trouble in the last {days} days")
        return
    Console(highlight=False).print(audit_table(rules, days))


def recent(deployment: Deployment, start: int, now: int) -> list[TroubleRecord]:
    """The records of the troubles that began since `start`, newest first; of those that last, with the
    figures that detect has now."""
    head: Head = deployment.heads.head()
    records = deployment.records.since(start, now)
    return [as_now(record, head.incidents) for record in records]


def as_line(record: TroubleRecord) -> str:
    """What `--json` prints of a trouble: the object of docs/incident-object.md, on one line."""
    return msgspec.json.encode(trouble_view(record)).decode()


def found(deployment: Deployment, identity: str, now: int) -> TroubleRecord:
    """The record of that name. Raises PaywatchError that says what to do when there is none."""
    name = identity.strip()
    name = name[:2].upper() + name[2:].lower()
    record = deployment.records.read(name, now) if is_name(name) else None
    if record is None:
        raise PaywatchError(f"no trouble is called {identity}; `paywatch incidents` lists them")
    return as_now(record, deployment.heads.head().incidents)


def answer(
    deployment: Deployment,
    message: Response,
    now: int,
    done: str,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Pass the answer on and wait until it is noted: `done` then, else that it is on its way."""
    deployment.responses.respond(message)
    waited = 0.0
    while waited < ANSWER_SECONDS:
        record = deployment.records.read(message.id, now)
        if record is not None and any(entry.key == message.key for entry in record.entries):
            return done
        pause(0.5)
        waited += 0.5
    return f"passed on, but not noted after {ANSWER_SECONDS:.0f} s: see whether notify works"


def person(name: str | None) -> str:
    """The name given, or the user's. Raises PaywatchError when neither says anything."""
    who = _short(name if name is not None else getpass.getuser(), LONGEST_NAME)
    if not who:
        raise PaywatchError("say who you are: --by NAME")
    return who


def _short(text: str, longest: int) -> str:
    """One line of it, without card numbers."""
    return mask(" ".join(text.split()))[:longest]
