"""The command line `paywatch`. A new command is one line in COMMANDS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import typer

from functions.core.errors import PaywatchError, SettingsError
from ops.backtest.backtest import backtest
from ops.codes import codes
from ops.demo import demo
from ops.explain import classify, explain
from ops.incidents import ack, audit, incidents, rate
from ops.localise import localise
from ops.produce import produce, replay
from ops.redrive import redrive

COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "demo": demo,
    "backtest": backtest,
    "produce": produce,
    "replay": replay,
    "redrive": redrive,
    "incidents": incidents,
    "ack": ack,
    "rate": rate,
    "audit": audit,
    "codes": codes,
    "explain": explain,
    "classify": classify,
    "localise": localise,
}

EXIT_FAULT: Final = 2

app = typer.Typer(
    name="paywatch",
    help="Watches payments: simulate them, replay them, operate what watches them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


@app.callback()
def _paywatch() -> None:
    """Watches payments: simulate them, replay them, operate what watches them."""


def main() -> None:
    """Run the command line. Expected faults become clear words on stderr and exit code 2."""
    try:
        app()
    except Exception as error:
        words = fault_words(error)
        if words is None:
            raise
        typer.echo(f"paywatch: {words}", err=True)
        sys.exit(EXIT_FAULT)


def fault_words(error: Exception) -> str | None:
    """One line for an expected fault, a list where several settings are wrong; None for a bug."""
    if isinstance(error, SettingsError) and len(error.faults) == 1:
        return error.faults[0]
    if isinstance(error, PaywatchError):
        return str(error)
    if isinstance(error, BrokenPipeError):
        return "nobody reads the output any more"
    # Looked up, not imported: whoever raised a botocore error has loaded botocore.
    aws = sys.modules.get("botocore.exceptions")
    if aws is not None and isinstance(error, (aws.BotoCoreError, aws.ClientError)):
        return " ".join(str(error).split())
    return None
