"""The clock: how often it calls, whom, and who may call."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.paging.message import Minute, parse
from tests.infra.conftest import Deployment, listed


def schedules(dev: Deployment) -> dict[str, dict[str, Any]]:
    """The schedules, by the function that they call."""
    return {name_of(dev, p): p for p in dev.of("AWS::Scheduler::Schedule").values()}


def name_of(dev: Deployment, schedule: dict[str, Any]) -> str:
    function = schedule["Target"]["Arn"]["Fn::GetAtt"][0]
    name: str = dev.of("AWS::Lambda::Function")[function]["FunctionName"]
    return name.rsplit("-", 1)[1]


@pytest.fixture
def schedule(dev: Deployment) -> dict[str, Any]:
    return schedules(dev)["tick"]


@pytest.fixture
def tick(dev: Deployment) -> str:
    """The logical id of tick."""
    return logical_id(dev, "tick")


def logical_id(dev: Deployment, function: str) -> str:
    (found,) = (
        name
        for name, p in dev.of("AWS::Lambda::Function").items()
        if p["FunctionName"].endswith(f"-{function}")
    )
    return found


def test_nothing_else_is_called_by_the_clock(dev: Deployment) -> None:
    assert set(schedules(dev)) == {"tick", "notify"}


def test_notify_hears_once_a_minute_that_one_has_passed(dev: Deployment) -> None:
    minute = schedules(dev)["notify"]
    assert minute["ScheduleExpression"] == "rate(1 minute)"
    assert minute["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert parse(minute["Target"]["Input"], "paywatch-dev-", {}) == Minute()


@pytest.mark.parametrize("function", ["tick", "notify"])
def test_the_scheduler_may_call_that_function_and_no_other(dev: Deployment, function: str) -> None:
    role = schedules(dev)[function]["Target"]["RoleArn"]["Fn::GetAtt"][0]
    (trust,) = dev.of("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    (statement,) = (
        statement
        for policy in dev.of("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    )
    assert listed(statement["Action"]) == ["lambda:InvokeFunction"]
    arn = {"Fn::GetAtt": [logical_id(dev, function), "Arn"]}
    assert listed(statement["Resource"]) == [arn, {"Fn::Join": ["", [arn, ":*"]]}]


def test_the_heart_beats_every_minute(schedule: dict[str, Any]) -> None:
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["State"] == "ENABLED"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_tick_is_called_and_a_late_heartbeat_is_not_made_up_for(
    schedule: dict[str, Any], tick: str
) -> None:
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": [tick, "Arn"]}
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
