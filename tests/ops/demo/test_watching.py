"""The demo watches until everything is told and counted, on a clock of its own here."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from functions.core.troubles.head import Head
from functions.core.troubles.incident import Incident
from functions.core.troubles.record import TroubleRecord
from functions.core.troubles.response import Acknowledgement, Response
from ops.demo.acts import ACTS, Act, Breakage
from ops.demo.seen import Seen
from ops.demo.watching import ONCALL, SETTLE_SECONDS, Stage, watch
from ops.deployment import Deployment
from tests.builders import NOW, incident

SEGMENT, FUNDS = ACTS[Breakage.SEGMENT], ACTS[Breakage.FUNDS]
RED = (NOW + 30.0, "CRITICAL: HDFC", "CRITICAL: 56 % of payments fail")
OK = (NOW + 60.0, "OK: HDFC", "OK: it is over")
RECORD = TroubleRecord(id="PW-1", started_at=NOW, rule="customer", title="", thread="")


@dataclass
class World:
    """The deployment, its mailbox and its traffic, as they are at the second that its clock shows.

    pages: come at their times. traffic_s: how long payments are sent, unless they are to stop.
    """

    pages: tuple[tuple[float, str, str], ...] = ()
    red: tuple[float, float] = (0.0, 0.0)
    counted: int = 100
    incidents: tuple[Incident, ...] = ()
    closes_at: int = 0
    traffic_s: float = 120.0
    start: float = NOW
    time: float = NOW
    responses: list[Response] = field(default_factory=list)
    read: int = 0

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds
        assert self.time < NOW + 600, "it never ends"

    def new(self) -> list[tuple[float, str, str]]:
        came = [page for page in self.pages[self.read :] if page[0] <= self.time]
        self.read += len(came)
        return came

    def head(self) -> Head:
        return Head(payments=self.counted, attempts=200, failed=30, incidents=self.incidents)

    def describe_alarms(self, **_: Any) -> dict[str, Any]:
        begin, end = self.red
        is_red = begin <= self.time - NOW < end
        return {"MetricAlarms": [{"AlarmName": "paywatch-dev-Rate"}] if is_red else []}

    def since(self, start: int, now: int) -> list[TroubleRecord]:
        assert now - start == 3600
        closed = self.closes_at if now >= self.closes_at else 0
        return [replace(RECORD, closed_at=closed)] if self.closes_at else []

    def respond(self, response: Response) -> None:
        self.responses.append(response)

    @property
    def lasts(self) -> bool:
        return self.time < NOW + self.traffic_s

    def stop(self) -> None:
        self.traffic_s = min(self.traffic_s, self.time - NOW)


def watched(world: World, act: Act = SEGMENT, *, terminal: bool = False) -> tuple[Seen, str]:
    """What was seen of the world, of 100 payments sent, and what was printed."""
    out, seen = io.StringIO(), Seen(sent=100)
    console = Console(file=out, width=100, force_terminal=terminal)
    deployment = Deployment(world, world, world, world)  # type: ignore[arg-type]  # as ports
    stage = Stage(console, deployment, world, world)
    watch(stage, act, world, seen, now=world.now, pause=world.pause)
    return seen, out.getvalue()


def test_it_ends_when_the_recovery_is_told_and_all_is_counted() -> None:
    world = World(pages=(RED, OK), red=(31, 59))
    seen, _ = watched(world)
    assert world.time == NOW + 60
    assert seen.pages == [RED, OK]
    assert (seen.red, seen.ever_red) == (set(), {"paywatch-dev-Rate"})
    assert seen.rates[-1] == 15.0


def test_it_does_not_end_while_an_alarm_is_red() -> None:
    world = World(pages=(RED, OK), red=(31, 75))
    watched(world)
    assert world.time == NOW + 75


def test_the_last_payments_have_so_long_to_be_counted() -> None:
    world = World(pages=(RED, OK), counted=99)
    watched(world)
    assert world.time == NOW + 60 + SETTLE_SECONDS


def test_it_ends_after_the_traffic_when_nothing_is_told() -> None:
    world = World(traffic_s=80.0)
    seen, _ = watched(world)
    assert world.time == NOW + 80 + SETTLE_SECONDS
    assert seen.pages == []


def test_an_act_that_wakes_nobody_ends_when_its_record_is_closed() -> None:
    world = World(closes_at=NOW + 90)
    seen, _ = watched(world, FUNDS)
    assert world.time == NOW + 90
    assert [record.closed_at for record in seen.records] == [NOW + 90]


def test_whoever_is_on_call_takes_the_incident_over_at_the_first_page() -> None:
    world = World(pages=(RED, OK), incidents=(incident(),))
    _, printed = watched(world)
    assert world.responses == [Acknowledgement(incident().id, ONCALL, NOW + 30, "looking into it")]
    assert f"$ paywatch ack {incident().id} --by {ONCALL}" in printed


@pytest.mark.parametrize(
    "other", [incident(closed_at=NOW + 20), incident(signal="customer", severity="info")]
)
def test_nobody_takes_over_what_is_over_or_pages_nobody(other: Incident) -> None:
    world = World(pages=(RED, OK), incidents=(other,))
    watched(world)
    assert world.responses == []


def test_every_page_is_printed_when_it_comes() -> None:
    _, printed = watched(World(pages=(RED, OK)))
    assert "Subject: CRITICAL: HDFC" in printed
    assert "Subject: OK: HDFC" in printed


def test_without_a_terminal_a_line_tells_every_five_seconds() -> None:
    _, printed = watched(World(pages=(RED, OK)))
    lines = [line for line in printed.splitlines() if "  sent 100  counted 100  " in line]
    assert [int(line.split()[0]) for line in lines] == list(range(0, 61, 5))
    assert "live" not in printed


def test_on_a_terminal_a_panel_lives_instead() -> None:
    _, printed = watched(World(pages=(RED, OK)), terminal=True)
    assert "live" in printed
    assert "all is well; in 25 s 60 % of the payments" in printed
    assert "  sent 100  counted 100  " not in printed
