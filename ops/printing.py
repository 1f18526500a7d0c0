"""How commands print: texts of payments and files steer no terminal and are no markup."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from functions.core.texts import terminal, terminal_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def say(text: str, *, err: bool = False) -> None:
    """Print a text, of one line or several."""
    typer.echo(terminal(text), err=err)


def say_json(text: str) -> None:
    """Print JSON, on one line: what a terminal would obey is escaped, and means the same."""
    sys.stdout.write(terminal_json(text) + "\n")


def console(**options: Any) -> Console:
    """A console for tables, on which no text is markup."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, **options)


def cell(text: str, style: str = "") -> Text:
    """A text of a table, or of a line."""
    from rich.text import Text

    return Text(terminal(text), style=style)
