"""`paywatch mute`, `mutes` and `unmute`: silence on purpose, for a slice and a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
import typer

from functions.core.counting.slices import read_slice, words
from functions.core.errors import PaywatchError
from functions.core.paging.muting import MOST_MUTES, Muting
from functions.core.troubles.mutes import Mute, Unmute, is_mute_name
from functions.core.troubles.mutes import mute as mute_of
from ops.deployment import Board, board
from ops.incidents.answers import person
from ops.moments import checked_zone, second_of, seconds_of, told
from ops.options import (
    ByOption,
    EndpointOption,
    EnvironmentOption,
    JsonOption,
    RegionOption,
    ZoneOption,
)
from ops.printing import say, say_json

TAKEN_SECONDS: Final = 20.0
"""How long notify may take to know of a mute before we say that it does not yet."""
SCHEDULED, IN_EFFECT, OVER = "scheduled", "in effect", "over"


def mute(
    place: Annotated[
        str, typer.Option("--slice", help="Of what: issuer=HDFC, gateway=payu,method=upi, or all.")
    ],
    reason: Annotated[str, typer.Option(help="Why, for the others.")],
    since: Annotated[
        str, typer.Option("--from", help="From when: now, in 2h, 14:30, or 2026-12-01T14:30+05:30.")
    ] = "now",
    until: Annotated[
        str | None,
        typer.Option("--to", help="Until when: the same; 14:30 is the next after --from."),
    ] = None,
    length: Annotated[
        str | None,
        typer.Option("--for", help="For how long, instead of --to: 90m, 2h; a week at most."),
    ] = None,
    zone: ZoneOption = "",
    by: ByOption = None,
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Page nobody about a slice for a time, a week at most; all is recorded, and its end tells what was held back."""
    zone, who, now = checked_zone(zone), person(by), int(time.time())
    said = read_mute(place, since, until, length, zone, who, reason, now)
    say(muted(board(environment, endpoint_url, region), said, now, zone))


def mutes(
    zone: ZoneOption = "",
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """List the mutes: those in effect, those to come, and those that were over within a week."""
    zone, now = checked_zone(zone), int(time.time())
    desk, _ = board(environment, endpoint_url, region).desks.read()
    found = sorted(desk.mutes.values(), key=lambda one: (bool(one.ended_at), one.mute.since))
    for one in found:
        (say_json if as_json else say)(as_line(one, now) if as_json else shown(one, now, zone))
    if not found and not as_json:
        typer.echo("nothing is muted")


def unmute(
    identity: Annotated[str, typer.Argument(help="The mute's name: MU-1120-1343-4f2.")],
    by: ByOption = None,
    environment: EnvironmentOption = "dev",
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """End a mute before its time: what it held back is told, and what lasts is paged."""
    who, now = person(by), int(time.time())
    say(unmuted(board(environment, endpoint_url, region), identity, who, now))


def read_mute(
    place: str,
    since: str,
    until: str | None,
    length: str | None,
    zone: str,
    by: str,
    reason: str,
    now: int,
) -> Mute:
    """The mute of what was typed. Raises PaywatchError that says what is wrong."""
    if (until is None) == (length is None):
        raise PaywatchError("say until when: --to TIME, or --for LENGTH such as 2h")
    begin = second_of(since, now, zone, "--from")
    if length is not None:
        end = begin + seconds_of(length, "--for")
    else:
        end = second_of(until or "", now, zone, "--to", after=begin)
    try:
        return mute_of(read_slice(place), begin, end, by, reason, now)
    except ValueError as error:
        span = (
            f" (from {told(begin, zone)} until {told(end, zone)})" if "mute" in str(error) else ""
        )
        raise PaywatchError(f"{error}{span}") from None


def muted(
    kept: Board,
    said: Mute,
    now: int,
    zone: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Pass the mute on and wait until notify knows of it: what was done, or that it is on its way. Raises
    PaywatchError where there are too many."""
    desk, _ = kept.desks.read()
    if sum(not one.ended_at for one in desk.mutes.values()) >= MOST_MUTES:
        raise PaywatchError(
            f"there are {MOST_MUTES} mutes already: end some, or mute one wider slice"
        )
    kept.topic.say(said)
    if _waited(kept, lambda one: one.mute == said, said.id, pause):
        begins = "from now on" if said.since <= now else f"from {told(said.since, zone)}"
        return (
            f"{said.id}: {words(said.slice)} is muted {begins} until {told(said.until, zone)}"
            f" ({said.by}: {said.reason})\n"
            f"what goes wrong there is recorded, and told when the mute is over; to end it now:"
            f" paywatch unmute {said.id}"
        )
    return f"passed on, but not known after {TAKEN_SECONDS:.0f} s: see whether notify works"


def unmuted(
    kept: Board,
    identity: str,
    by: str,
    now: int,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Pass the end of a mute on and wait for it: what was done, or that it is on its way. Raises
    PaywatchError where no mute is called so, or it is over."""
    name = identity.strip()
    name = name[:2].upper() + name[2:].lower()
    desk, _ = kept.desks.read()
    found = desk.mutes.get(name) if is_mute_name(name) else None
    if found is None:
        raise PaywatchError(f"no mute is called {identity}; `paywatch mutes` lists them")
    if found.ended_at:
        raise PaywatchError(f"{name} is over already, since {told(found.ended_at)}")
    kept.topic.say(Unmute(name, by, now))
    if not _waited(kept, lambda one: bool(one.ended_at), name, pause):
        return f"passed on, but not known after {TAKEN_SECONDS:.0f} s: see whether notify works"
    held = "nothing was held back" if not found.count else f"{_held(found)} held back: it is told"
    return f"{name} is over, {words(found.mute.slice)} is paged again; {held}"


def _waited(
    kept: Board, is_so: Callable[[Muting], bool], name: str, pause: Callable[[float], None]
) -> bool:
    waited = 0.0
    while waited < TAKEN_SECONDS:
        desk, _ = kept.desks.read()
        if (found := desk.mutes.get(name)) is not None and is_so(found):
            return True
        pause(0.5)
        waited += 0.5
    return False


def state(one: Muting, now: int) -> str:
    if one.ended_at or one.mute.until <= now:
        return OVER
    return SCHEDULED if now < one.mute.since else IN_EFFECT


def shown(one: Muting, now: int, zone: str) -> str:
    """Two lines: which, where and until when; by whom, why, and what it held back."""
    mute, until = one.mute, one.ended_at or one.mute.until
    early = f", ended by {one.ended_by}" if one.ended_by else ""
    return (
        f"{mute.id}  {state(one, now):<9}  {words(mute.slice)}, from {told(mute.since, zone)}"
        f" until {told(until, zone)}{early}\n    {mute.by}: {mute.reason}; {_held(one)} held back"
    )


def _held(one: Muting) -> str:
    return f"{one.count} trouble{'' if one.count == 1 else 's'}"


def as_line(one: Muting, now: int) -> str:
    """What `--json` prints of a mute, on one line."""
    mute = one.mute
    line = {
        "id": mute.id,
        "state": state(one, now),
        "slice": mute.slice,
        "since": mute.since,
        "until": mute.until,
        "by": mute.by,
        "reason": mute.reason,
        "held_back": one.count,
        "ended_at": one.ended_at or None,
        "ended_by": one.ended_by or None,
    }
    return msgspec.json.encode(line).decode()
