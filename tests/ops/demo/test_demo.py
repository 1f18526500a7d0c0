"""`paywatch demo`: its options, and how it ends. The deployment itself is tested end to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from functions.core.troubles.head import Head
from functions.core.troubles.record import TroubleRecord
from infra.settings import project_context, settings_from
from ops.cli import app, loaded
from ops.demo.acts import ACTS, Breakage
from ops.demo.demo import CONTEXT, told
from ops.demo.seen import Seen
from ops.demo.watching import Stage
from ops.deployment import Deployment
from producer.run import Report
from tests.builders import NOW

SEGMENT = ACTS[Breakage.SEGMENT]
RED = (NOW + 32.5, "CRITICAL: HDFC", "CRITICAL: 56 % of payments fail")
OK = (NOW + 70.0, "OK: HDFC", "OK: it is over")
RECORD = TroubleRecord(id="PW-1128-0801-305", started_at=NOW, rule="x", title="a", thread="")


@dataclass
class FakeRecords:
    def since(self, start: int, now: int) -> list[TroubleRecord]:
        assert now - start == 3600
        return [RECORD]


def ended(*pages: tuple[float, str, str]) -> tuple[int, str]:
    """The exit code and the words of a demo with these pages."""
    seen = Seen(head=Head(payments=400), pages=list(pages), first_bad=NOW + 30.0)
    report = Report(
        sent=400, failed=0, retried=0, malformed=0, payments=400, records=9, bytes=9, requests=9,
        duration_s=9.0, rate=9.0, p50_ms=None, p99_ms=None, behind_s=0.0, ended="done",
    )  # fmt: skip
    console = Console(width=100, color_system=None)
    port: Any = None
    records: Any = FakeRecords()
    stage = Stage(console, Deployment(records, port, port, port), port, port)
    with console.capture() as capture:
        code = told(stage, SEGMENT, seen, report, 98.4)
    return code, capture.get()


def test_it_ends_well_when_all_was_told() -> None:
    code, words = ended(RED, OK)
    assert code == 0
    assert "wrong:" not in words
    assert words.index("paywatch incidents PW-1128-0801-305") < words.index("the demo took")


def test_it_fails_and_says_why_when_something_was_not_told() -> None:
    code, words = ended(RED)
    assert code == 1
    assert "wrong: the recovery was not told" in words


@pytest.mark.parametrize(
    "options", [["--break", "bank"], ["--rate", "19"], ["--port", "0"], ["--port", "65536"]]
)
def test_what_cannot_be_performed_is_refused_before_anything_is_deployed(
    options: list[str],
) -> None:
    result = CliRunner().invoke(app, ["demo", *options])
    assert result.exit_code == 2
    assert "AWS emulator" not in result.stdout


def test_a_route_is_broken_unless_something_else_is_asked_for() -> None:
    given = loaded("demo").make_context("demo", []).params
    assert ACTS[given["breakage"]] is ACTS[Breakage.ROUTE]


def test_what_it_deploys_with_are_settings_of_a_deployment() -> None:
    assert settings_from({**project_context(), **CONTEXT}).learning_seconds == 15
