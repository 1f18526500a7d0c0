"""`paywatch codes`: the decline codes that are known, or those that came and are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import CodeMeaning, load
from functions.core.counting.unknown_codes import UnknownCode, scheme_and_code
from functions.core.detection.state import Rules, State, initial
from ops.deployment import Deployment, connected
from ops.options import EndpointOption, EnvironmentOption, JsonOption, RegionOption
from ops.printing import cell, console, say_json


class UnknownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A code that came and that no table has; cause: as it is guessed. first, last: ISO 8601."""

    scheme: str
    code: str
    payments: int
    first: str
    last: str
    cause: str
    confidence: float


def codes(
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Those that came in traffic and that no table has.")
    ] = False,
    environment: EnvironmentOption = "dev",
    as_json: JsonOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """List the schemes whose decline codes are known; with --unknown, the codes to be added."""
    if not unknown:
        known(as_json=as_json)
        return
    lines = unknown_lines(state_of(connected(environment, endpoint_url, region)).unknown)
    if as_json:
        for line in lines:
            say_json(msgspec.json.encode(line).decode())
        return
    if not lines:
        typer.echo("every decline code that came is known")
        return
    _print(lines)


def known(*, as_json: bool) -> None:
    """How many codes of each scheme are known."""
    schemes = Counter(code.scheme for code in load().values())
    if as_json:
        typer.echo(msgspec.json.encode(dict(schemes)).decode())
        return
    for scheme, count in schemes.items():
        typer.echo(f"{count:6,}  {scheme}")
    typer.echo(f"{schemes.total():6,}  in all; `paywatch explain SCHEME CODE` tells about one")


def state_of(deployment: Deployment) -> State:
    """detect's whole state."""
    rules = Rules()
    return deployment.journal.load(initial(rules), rules).state


def unknown_lines(seen: Mapping[str, UnknownCode]) -> list[UnknownLine]:
    """The codes, those seen most often first, each with what is guessed of it."""
    knowledge = load()
    lines: list[UnknownLine] = []
    for name, found in seen.items():
        scheme, code = scheme_and_code(name)
        guessed: CodeMeaning = explain(scheme or None, code, knowledge)
        lines.append(
            UnknownLine(
                scheme=scheme,
                code=code,
                payments=found.payments,
                first=_iso(found.first),
                last=_iso(found.last),
                cause=guessed.cause,
                confidence=round(guessed.confidence, 3),
            )
        )
    return sorted(lines, key=lambda line: (-line.payments, line.scheme, line.code))


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print(lines: list[UnknownLine]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    table.add_column("payments", justify="right")
    for column in ("scheme", "code", "first", "last", "guessed"):
        table.add_column(column)
    for line in lines:
        guess = f"{line.cause} ({100 * line.confidence:.0f} %)"
        table.add_row(
            f"{line.payments:,}",
            cell(line.scheme or "-"),
            cell(line.code),
            line.first,
            line.last,
            guess,
        )
    console().print(table)
    typer.echo("Add them to functions/core/causes/codes/<scheme>.csv, each with its source.")
