"""The heartbeat: how often, who is called, and who may call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.conftest import Deployment, listed


@pytest.fixture
def schedule(dev: Deployment) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = dev.of("AWS::Scheduler::Schedule").values()
    return found


@pytest.fixture
def tick(dev: Deployment) -> str:
    """The logical id of tick."""
    (found,) = (
        name
        for name, p in dev.of("AWS::Lambda::Function").items()
        if p["FunctionName"].endswith("-tick")
    )
    return found


def test_the_heart_beats_every_minute(schedule: dict[str, Any]) -> None:
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["State"] == "ENABLED"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_tick_is_called_and_a_late_heartbeat_is_not_made_up_for(
    schedule: dict[str, Any], tick: str
) -> None:
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": [tick, "Arn"]}
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_scheduler_may_call_tick_and_no_other_function(
    dev: Deployment, schedule: dict[str, Any], tick: str
) -> None:
    role = schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]
    (trust,) = dev.of("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    (statement,) = (
        statement
        for policy in dev.of("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    )
    assert listed(statement["Action"]) == ["lambda:InvokeFunction"]
    arn = {"Fn::GetAtt": [tick, "Arn"]}
    assert listed(statement["Resource"]) == [arn, {"Fn::Join": ["", [arn, ":*"]]}]
