"""What the demo shows: the live panel, the pages as they come, the summary."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from functions.core.counting.slices import words
from functions.core.troubles.head import Head
from functions.core.troubles.record import TroubleRecord


@dataclass
class Seen:
    """What the demo has seen so far; the view draws it. Times are epoch seconds."""

    sent: int = 0
    head: Head = Head()
    red: set[str] = field(default_factory=set)
    ever_red: set[str] = field(default_factory=set)
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    pages: list[tuple[float, str, str]] = field(default_factory=list)
    first_bad: float | None = None
    phase: str = ""
    records: list[TroubleRecord] = field(default_factory=list)

    @property
    def recorded_over(self) -> bool:
        """Whether something is on record, and all of it is over."""
        return bool(self.records) and all(record.closed_at for record in self.records)

    @property
    def counted(self) -> int:
        """Payments that detect has seen, late ones too."""
        return self.head.payments + self.head.late

    @property
    def told_over(self) -> bool:
        """Whether the outage was paged, its end too, and nothing is red any more."""
        return any(body.startswith("OK") for _, _, body in self.pages) and not self.red

    @property
    def delay(self) -> float | None:
        """Seconds from the first payment that the outage broke to the first page."""
        first = next((at for at, _, body in self.pages if not body.startswith("OK")), None)
        return first - self.first_bad if first and self.first_bad else None

    @property
    def failing(self) -> float:
        """Percent of attempts in the window, just now."""
        return self.rates[-1] if self.rates else 0.0


_BARS: Final = " ▁▂▃▄▅▆▇█"


def live_panel(seen: Seen) -> RenderableType:
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
            "incident", f"{incident.id} {state}: {words(incident.slice)}, {incident.severity}"
        )
    return Panel(Group(Text(seen.phase, style="bold"), table), title="live", title_align="left")


def line(seen: Seen, elapsed: float) -> str:
    return (
        f"{elapsed:4.0f} s  sent {seen.sent:,}  counted {seen.counted:,}  "
        f"failing {seen.failing:.2f} %  red {len(seen.red)}"
        f"{'  learning' if seen.head.learning else ''}"
    )


def page_panel(at: float, subject: str, body: str) -> Panel:
    colour = "green" if body.startswith("OK") else "red"
    clock = time.strftime("%H:%M:%S", time.gmtime(at))
    return Panel(
        Text(body),
        title=f"e-mail to on-call, {clock} UTC",
        subtitle=f"Subject: {subject}",
        title_align="left",
        subtitle_align="left",
        border_style=colour,
        width=80,
    )
