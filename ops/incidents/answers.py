"""`paywatch ack` and `paywatch rate`: who took a trouble over, and whether it was worth a page."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Final

import typer

from functions.core.errors import PaywatchError
from functions.core.payments.sensitive import kept
from functions.core.troubles.record import NOISE, USEFUL
from functions.core.troubles.response import Acknowledgement, Rating, Response
from ops.deployment import Deployment, connected
from ops.incidents.incidents import found
from ops.options import ByOption, EndpointOption, EnvironmentOption, RegionOption

ANSWER_SECONDS: Final = 20.0
"""How long notify may take to note an answer before we say that it did not yet."""
LONGEST_NAME: Final = 40
LONGEST_COMMENT: Final = 300

IdArgument = Annotated[str, typer.Argument(help="Its name, as on the page: PW-1120-1343-4f2.")]
CommentOption = Annotated[str, typer.Option(help="A few words for the others.")]


class Worth(StrEnum):
    USEFUL = USEFUL
    NOISE = NOISE


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
    """One line of it, without card numbers and secrets."""
    return kept(" ".join(text.split()), longest)
