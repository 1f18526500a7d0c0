"""What the demo measured, and whether all of it is as it should be."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from functions.core.troubles.record import TroubleRecord
from ops.demo.acts import Act
from ops.demo.seen import Seen
from ops.incidents.tables import incident_table, timeline
from producer.run import Report


def faults(seen: Seen, report: Report, act: Act) -> list[str]:
    """What is not as it should be, in words."""
    found = []
    if seen.counted != report.payments:
        found.append(f"sent {report.payments:,} payments, counted {seen.counted:,}")
    if report.ended == "error":
        found.append(f"the producer stopped: {report.error}")
    if act.pages and seen.delay is None:
        found.append("no page came")
    elif act.pages and not seen.told_over:
        found.append("the recovery was not told")
    if not act.pages and seen.pages:
        found.append(f"{len(seen.pages)} pages came, and nobody was to be woken")
    if not act.pages and not seen.recorded_over:
        found.append("the wave is not on record")
    return found


def measured(seen: Seen, report: Report, act: Act, seconds: float) -> Table:
    """seconds: that the demo took."""
    table = Table.grid(padding=(0, 2))
    table.add_row("payments sent", f"{report.payments:,}")
    table.add_row("payments counted", f"{seen.counted:,} ({seen.head.late:,} of them late)")
    if act.pages:
        delay = f"{seen.delay:.1f} s" if seen.delay is not None else "no page came"
        table.add_row("first bad payment to page", delay)
    table.add_row("alarms that went red", f"{len(seen.ever_red)}")
    table.add_row("pages, the OK included", f"{len(seen.pages)}")
    table.add_row("the demo took", f"{seconds:.0f} s")
    return table


def show_incidents(console: Console, kept: Sequence[TroubleRecord], now: int) -> None:
    """As `paywatch incidents` does: the list, and the timeline of the last."""
    console.rule("[bold]paywatch incidents")
    console.print(incident_table(kept, now), highlight=False)
    for record in kept[-1:]:
        console.rule(f"[bold]paywatch incidents {record.id}")
        console.print(timeline(record, now), highlight=False)


def show_summary(console: Console, table: Table, wrong: Sequence[str]) -> None:
    console.rule("[bold]summary")
    console.print(table)
    for fault in wrong:
        console.print(f"[bold red]wrong:[/] {fault}")
    console.print(
        "\nNext: [bold]docs/architecture.md[/] follows one payment through the code,\n"
        "[bold]docs/operations.md[/] explains every alarm, [bold]make demo DEMO=--stay[/] keeps "
        "it running,\n[bold]make demo DEMO='--break gateway'[/] and [bold]'--break funds'[/] break "
        "other things,\n[bold]README.md[/] says how to deploy to AWS."
    )
