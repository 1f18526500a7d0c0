"""The options that several commands have. A command's own stand beside it."""

from __future__ import annotations

from typing import Annotated

import typer

EnvironmentOption = Annotated[str, typer.Option(help="Which deployment.")]
EndpointOption = Annotated[str | None, typer.Option(help="Such as the emulator's.")]
RegionOption = Annotated[
    str | None, typer.Option(help="AWS region.", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"])
]
DaysOption = Annotated[int, typer.Option(min=1, max=400, help="How far back.")]
"""Records of troubles are kept for 400 days."""

ByOption = Annotated[str | None, typer.Option(help="Who; your user name where it is not said.")]
ZoneOption = Annotated[
    str,
    typer.Option(help="Of times that say no zone, such as Asia/Kolkata; UTC where it is not said."),
]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonObjectOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
