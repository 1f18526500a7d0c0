"""How every benchmark prints its tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table


def titled_table(out: Console, title: str, columns: Sequence[str], caption: str = "") -> Table:
    """The first column names the row, the others hold figures."""
    frame = box.ROUNDED if out.is_terminal else box.ASCII
    table = Table(title=title, caption=caption, title_justify="left", box=frame)
    table.caption_justify = "left"
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    return table


def three_digits(value: float) -> str:
    """A share, or a dash where it is not known."""
    return "-" if math.isnan(value) else f"{value:.3f}"
