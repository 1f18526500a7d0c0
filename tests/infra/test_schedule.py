"""The heartbeat: how often, and who is called."""

from __future__ import annotations

from tests.infra.conftest import Deployment


def test_the_heart_beats_every_minute(dev: Deployment) -> None:
    (schedule,) = dev.of("AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["State"] == "ENABLED"
