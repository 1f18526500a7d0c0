"""What the demo shows while it runs: the live panel, and the pages as they come."""

from __future__ import annotations

import time
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from functions.core.counting.slices import words
from functions.core.troubles.incident import as_named
from ops.demo.seen import Seen
from ops.printing import cell

_BARS: Final = " ▁▂▃▄▅▆▇█"


def live_panel(seen: Seen) -> RenderableType:
    """What is sent, counted, failing, red and open just now."""
    head = seen.head
    top = max((*seen.rates, 4.0))
    chart = "".join(_BARS[round(rate / top * (len(_BARS) - 1))] for rate in seen.rates)
    table = Table.grid(padding=(0, 2))
    table.add_row("sent", f"{seen.sent:,} payments")
    table.add_row("counted", f"{seen.counted:,} payments")
    rate = seen.failing
    colour = "red" if rate >= 2 else "yellow" if rate >= 1 else "green"
    table.add_row("failure rate", Text(f"{rate:.2f} %  {chart}", style=colour))
    score = "learning what is normal" if head.learning else f"{head.score:.0f} of 100"
    table.add_row("score", score)
    alarms = ", ".join(sorted(name.removeprefix("paywatch-dev-") for name in seen.red))
    table.add_row("alarms", Text(alarms, style="red") if alarms else Text("none", style="green"))
    for incident in head.incidents:
        state = incident.state if incident.pages else "customer-side"
        table.add_row(
            "incident",
            cell(f"{incident.id} {state}: {words(as_named(incident).slice)}, {incident.severity}"),
        )
    return Panel(Group(Text(seen.phase, style="bold"), table), title="live", title_align="left")


def line(seen: Seen, elapsed: float) -> str:
    """The same in short, where the output is no terminal. elapsed: seconds."""
    return (
        f"{elapsed:4.0f} s  sent {seen.sent:,}  counted {seen.counted:,}  "
        f"failing {seen.failing:.2f} %  red {len(seen.red)}"
        f"{'  learning' if seen.head.learning else ''}"
    )


def page_panel(at: float, subject: str, body: str) -> Panel:
    """A page as e-mail shows it. at: epoch seconds."""
    colour = "green" if body.startswith("OK") else "red"
    clock = time.strftime("%H:%M:%S", time.gmtime(at))
    return Panel(
        cell(body),
        title=f"e-mail to on-call, {clock} UTC",
        subtitle=cell(f"Subject: {subject}"),
        title_align="left",
        subtitle_align="left",
        border_style=colour,
        width=80,
    )
