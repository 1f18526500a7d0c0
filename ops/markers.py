"""`paywatch mark` and `paywatch marks`: what was changed, so that a page can say what it came after."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
import typer

from functions.core.counting.slices import read_slice, words
from functions.core.errors import PaywatchError
from functions.core.troubles.markers import Marker, marker
from ops.deployment import Board, board
from ops.incidents.answers import person
from ops.moments import DAY, checked_zone, second_of, told
from ops.options import (
    ByOption,
    DaysOption,
    EndpointOption,
    EnvironmentOption,
    JsonOption,
    RegionOption,
    ZoneOption,
)
from ops.printing import say, say_json

NOTED_SECONDS: Final = 20.0
"""How long notify may take to keep a marker before we say that it did not yet."""
AHEAD_DAYS: Final = 7

SliceOption = Annotated[
    str,
    typer.Option(
        "--slice", help="What it touches: gateway=payu, issuer=HDFC,network=VISA, or all."
    ),
]


def mark(
    text: Annotated[str, typer.Argument(help='What was changed: "router 4.2 deployed".')],
    place: SliceOption = "all",
    at: Annotated[
        str, typer.Option(help="When: now, 10min ago, 14:30, or 2026-12-01T14:30+05:30.")
    ] = "now",
    zone: ZoneOption = "",
    by: ByOption = None,
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Say what was changed: an incident that begins within minutes of it says so on its page."""
    found = read_marker(text, place, at, checked_zone(zone), person(by), int(time.time()))
    kept = board(environment, endpoint_url, region)
    say(marked(kept, found, zone))


def marks(
    days: DaysOption = 7,
    zone: ZoneOption = "",
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """List what was changed, newest first: what people marked, and what EventBridge told of."""
    zone = checked_zone(zone)
    now = int(time.time())
    found = board(environment, endpoint_url, region).markers.between(
        now - days * DAY, now + AHEAD_DAYS * DAY
    )
    for one in reversed(found):
        (say_json if as_json else say)(as_line(one) if as_json else shown(one, zone))
    if not found and not as_json:
        typer.echo(f"nothing was marked in the last {days} days")


def read_marker(text: str, place: str, at: str, zone: str, by: str, now: int) -> Marker:
    """The marker of what was typed. Raises PaywatchError that says what is wrong."""
    when = second_of(at, now, zone, "--at")
    if when > now + AHEAD_DAYS * DAY:
        raise PaywatchError(f"--at {told(when, zone)} is more than {AHEAD_DAYS} days ahead")
    try:
        return marker(text, when, read_slice(place), by)
    except ValueError as error:
        raise PaywatchError(str(error)) from None


def marked(
    kept: Board, found: Marker, zone: str = "", pause: Callable[[float], None] = time.sleep
) -> str:
    """Pass the marker on and wait until it is kept: what was done, or that it is on its way."""
    kept.topic.say(found)
    waited = 0.0
    while waited < NOTED_SECONDS:
        if found in kept.markers.between(found.at, found.at):
            return (
                f"marked at {told(found.at, zone)}, {words(found.slice)}: {found.text} ({found.by})"
            )
        pause(0.5)
        waited += 0.5
    return f"passed on, but not kept after {NOTED_SECONDS:.0f} s: see whether notify works"


def shown(one: Marker, zone: str) -> str:
    who = f" ({one.by})" if one.by else ""
    return f"{told(one.at, zone)}  {words(one.slice)}: {one.text}{who}"


def as_line(one: Marker) -> str:
    """What `--json` prints of a marker, on one line."""
    return msgspec.json.encode(
        {"at": one.at, "text": one.text, "slice": one.slice, "by": one.by or None}
    ).decode()
