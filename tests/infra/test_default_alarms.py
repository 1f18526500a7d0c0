"""The alarms that the backtest judges by default are those of a default production deployment."""

from __future__ import annotations

from infra.default_alarms import FILE, text
from ops.backtest.alarm_rules import DEFAULT_ALARMS
from tests.infra.conftest import Deployment


def test_the_committed_alarms_are_the_synthesised_ones(prod: Deployment) -> None:
    assert FILE.read_text(encoding="utf-8") == text(prod.template), (
        "the alarms have changed: write the file anew with `python -m infra.default_alarms`"
    )


def test_the_backtest_reads_the_file_that_is_written() -> None:
    assert DEFAULT_ALARMS.samefile(FILE)
