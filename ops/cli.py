"""The command line `paywatch`. A new command is one line in COMMANDS.

It starts fast: what a command needs is loaded when it is called, and listing them loads none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup

from functions.core.errors import PaywatchError, SettingsError
from functions.core.texts import terminal
from ops.parameters import taken_as_given


class Command(NamedTuple):
    """place: `module:function`. help: the first paragraph of its docstring, in one line."""

    place: str
    help: str


COMMANDS: Final = {
    "demo": Command(
        "ops.demo.demo:demo",
        "Deploy to an emulator here, break something, show the page and the recovery, and clean up.",
    ),
    "backtest": Command(
        "ops.backtest.backtest:backtest",
        "Tell whom Paywatch would have paged, and when, from a file of past payments.",
    ),
    "try": Command(
        "ops.try_:try_",
        "Tell what becomes of each field of a file's first rows, and what is not understood.",
    ),
    "produce": Command(
        "ops.produce:produce",
        "Simulate payments, with outages, and send them.",
    ),
    "replay": Command(
        "ops.produce:replay",
        "Send the payments of a file as if they happened now: the first row is now, and the time"
        " between rows is divided by --speed.",
    ),
    "redrive": Command(
        "ops.redrive:redrive",
        "Send parked events and given-up batches again; their objects move to redriven/.",
    ),
    "incidents": Command(
        "ops.incidents.incidents:incidents",
        "List what went wrong, newest first, or show one trouble with its timeline.",
    ),
    "ack": Command(
        "ops.incidents.answers:ack",
        "Say that you take a trouble over; PagerDuty and Slack hear of it, and later pages name you.",
    ),
    "rate": Command(
        "ops.incidents.answers:rate",
        "Say whether a trouble was worth its pages: `paywatch audit` shows how often each rule is right.",
    ),
    "normal": Command(
        "ops.incidents.normal:normal",
        "Say that an incident is normal now: it is closed, and its present rate pages nobody any more.",
    ),
    "mark": Command(
        "ops.markers:mark",
        "Say what was changed: an incident that begins within minutes of it says so on its page.",
    ),
    "marks": Command(
        "ops.markers:marks",
        "List what was changed, newest first: what people marked, and what EventBridge told of.",
    ),
    "mute": Command(
        "ops.mutes:mute",
        "Page nobody about a slice for a time, a week at most; all is recorded, and its end tells what"
        " was held back.",
    ),
    "mutes": Command(
        "ops.mutes:mutes",
        "List the mutes: those in effect, those to come, and those that were over within a week.",
    ),
    "unmute": Command(
        "ops.mutes:unmute",
        "End a mute before its time: what it held back is told, and what lasts is paged.",
    ),
    "audit": Command(
        "ops.incidents.incidents:audit",
        "How often each rule paged, how often it was worth it, and what was at stake.",
    ),
    "codes": Command(
        "ops.codes:codes",
        "List the schemes whose decline codes are known; with --unknown, the codes to be added.",
    ),
    "explain": Command(
        "ops.explain:explain",
        "Tell what a decline code means: whose matter it is, whether to try again, what to do first.",
    ),
    "classify": Command(
        "ops.explain:classify",
        "Tell the cause of each code in a file, and which codes the knowledge base does not have.",
    ),
    "localise": Command(
        "ops.localise:localise",
        "Tell which slices explain that more payments fail than in the baseline.",
    ),
}

EXIT_FAULT: Final = 2


class Commands(TyperGroup):
    """Knows its commands by name and help, and loads the one that is called, or completed."""

    def get_params(self, ctx: Any) -> list[Any]:
        return taken_as_given(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else loaded(name), rest


class Called(TyperCommand):
    """A command whose options are known."""

    def get_params(self, ctx: Any) -> list[Any]:
        return taken_as_given(super().get_params(ctx))


def loaded(name: str) -> Called:
    """The command of that name, with its options; what it needs is imported."""
    module, function = COMMANDS[name].place.split(":")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, cls=Called)(getattr(import_module(module), function))
    return cast(Called, typer.main.get_command(alone))


app = typer.Typer(
    name="paywatch",
    cls=Commands,
    help="Watches payments: simulate them, replay them, operate what watches them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _listed() -> None:
    """Stands for a command that is not loaded."""


for _name, _command in COMMANDS.items():
    app.command(_name, help=_command.help)(_listed)


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
        typer.echo(f"paywatch: {terminal(words)}", err=True)
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
