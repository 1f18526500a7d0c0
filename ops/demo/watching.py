"""Watching an act until everything is told: what detect counts, what is red, which pages come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rich.console import Console
from rich.live import Live

from functions.core.troubles.response import Acknowledgement
from ops.demo.acts import Act, phase
from ops.demo.screen import line, live_panel, page_panel
from ops.demo.seen import Seen
from ops.deployment import Deployment

SETTLE_SECONDS: Final = 30.0
"""How long the last payments may take to be counted."""
LOOK_SECONDS: Final = 0.5
LINE_SECONDS: Final = 5.0
"""Between lines where the output is no terminal, which shows a panel instead."""
ONCALL: Final = "you"
"""Who takes the demo's incident over."""


class Mailbox(Protocol):
    def new(self) -> list[tuple[float, str, str]]:
        """The pages that came since: when (epoch seconds), subject, body."""


class Traffic(Protocol):
    """Payments on their way, since `start` in epoch seconds."""

    start: float

    @property
    def lasts(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Stage:
    """Where an act is performed. console: where it is shown; deployment, cloudwatch: whom it is asked
    of; oncall: whom the pages reach."""

    console: Console
    deployment: Deployment
    cloudwatch: Any
    oncall: Mailbox


def watch(
    stage: Stage,
    act: Act,
    sending: Traffic,
    seen: Seen,
    *,
    now: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Look, show and note on `seen`, until all is told and counted, or the time is over."""
    console = stage.console
    deadline: float | None = None
    next_line = 0.0
    with Live(live_panel(seen), console=console, auto_refresh=False, transient=True) as live:
        while deadline is None or now() < deadline:
            elapsed = now() - sending.start
            seen.phase = phase(act, elapsed)
            look(stage, act, seen, int(now()))
            for page in stage.oncall.new():
                seen.pages.append(page)
                live.console.print(page_panel(*page))
                if len(seen.pages) == 1:
                    take_over(stage, int(now()))
            if console.is_terminal:
                live.update(live_panel(seen), refresh=True)
            elif elapsed >= next_line:
                console.print(line(seen, elapsed))
                next_line = elapsed + LINE_SECONDS
            is_over = seen.told_over if act.pages else seen.recorded_over
            if is_over:
                sending.stop()
            if not sending.lasts:
                deadline = deadline or now() + SETTLE_SECONDS
                if is_over and seen.counted >= seen.sent:
                    return
            pause(LOOK_SECONDS)


def look(stage: Stage, act: Act, seen: Seen, now: int) -> None:
    """Note what the deployment says now, in epoch seconds."""
    head = seen.head = stage.deployment.heads.head()
    seen.rates.append(100 * head.failed / head.attempts if head.attempts else 0.0)
    red = stage.cloudwatch.describe_alarms(StateValue="ALARM", MaxRecords=100)["MetricAlarms"]
    seen.red = {alarm["AlarmName"] for alarm in red}
    seen.ever_red |= seen.red
    if not act.pages:
        seen.records = stage.deployment.records.since(now - 3600, now)


def take_over(stage: Stage, now: int) -> None:
    """What somebody on call does first: say that it is theirs."""
    for incident in stage.deployment.heads.head().incidents:
        if incident.is_open and incident.pages:
            stage.deployment.responses.respond(
                Acknowledgement(incident.id, ONCALL, now, "looking into it")
            )
            stage.console.print(
                f"[dim]$ paywatch ack {incident.id} --by {ONCALL}[/]", highlight=False
            )
