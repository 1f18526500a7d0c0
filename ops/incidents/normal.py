"""`paywatch normal`: a person says that an incident is how its slice is now."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from functions.core.errors import PaywatchError
from ops.deployment import Deployment, connected, tallies
from ops.incidents.incidents import found
from ops.options import EndpointOption, EnvironmentOption, RegionOption

if TYPE_CHECKING:
    from functions.adapters.kinesis.tallies_stream import TalliesStream
    from functions.core.troubles.incident import Incident

TAKEN_SECONDS: Final = 20.0
"""How long detect may take to close the incident before we say that it did not yet."""


def normal(
    identity: Annotated[str, typer.Argument(help="Its name, as on the page: PW-1120-1343-4f2.")],
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Say that an incident is normal now: it is closed, and its present rate pages nobody any more."""
    deployment = connected(environment, endpoint_url, region)
    incident = still_open(deployment, identity, int(time.time()))
    stream = tallies(environment, endpoint_url, region)
    typer.echo(made_normal(deployment, stream, incident, time.time_ns() // 1_000_000))


def still_open(deployment: Deployment, identity: str, now: int) -> Incident:
    """The open incident of that name, as detect knows it. Raises PaywatchError that says what to do when there
    is none."""
    record = found(deployment, identity, now)
    if record.incident is None:
        raise PaywatchError(
            f"{record.id} is of alarms alone: no incident is behind it that could be normal; "
            "a threshold that is too low is a setting of the deployment"
        )
    head = deployment.heads.head()
    for incident in head.incidents:
        if incident.id == record.id and incident.is_open:
            return incident
    raise PaywatchError(
        f"{record.id} is over already: there is nothing to make normal. If it was not worth a page: "
        f"`paywatch rate {record.id} noise`"
    )


def made_normal(
    deployment: Deployment,
    stream: TalliesStream,
    incident: Incident,
    now_ms: int,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Pass the word on to detect and wait until the incident is closed: what was done, or that it is on
    its way."""
    from functions.core.counting.partial import word
    from functions.core.counting.slices import words
    from functions.core.paging.page import percent

    stream.send([word(incident.id, now_ms)])
    waited = 0.0
    while waited < TAKEN_SECONDS:
        if all(other.id != incident.id for other in deployment.heads.head().incidents):
            rate = incident.worst.rate if incident.latest is None else incident.latest.rate
            return (
                f"{incident.id} is closed: what {words(incident.slice)} shows now is normal "
                f"(it was told with {percent(rate)}, normal was {percent(incident.worst.normal)})"
            )
        pause(0.5)
        waited += 0.5
    return f"passed on, but {incident.id} is still open after {TAKEN_SECONDS:.0f} s: see whether detect works"
