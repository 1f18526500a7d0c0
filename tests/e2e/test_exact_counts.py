"""Counts stay exact on real interfaces while functions fail half way and lose their memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from producer.scenario import SCENARIOS
from producer.traffic import traffic
from tests.e2e.conftest import Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.enable_socket]


@contextmanager
def forbidden(deployment: Deployment, function: str, action: str) -> Iterator[None]:
    """While it lasts, the function may not do this, whatever it is granted."""
    iam = deployment.client("iam")
    arn = deployment.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    role = arn.rsplit("/", 1)[1]
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="fault", PolicyDocument=policy)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="fault")


def sent(deployment: Deployment, seed: int, seconds: float) -> int:
    scenario = replace(SCENARIOS["steady"], rate=150.0, duration_s=seconds)
    events = traffic(scenario, seed=seed, start_ms=int(time.time() * 1000))
    return deployment.send(events).payments


def logged(deployment: Deployment, function: str, words: str) -> int:
    """How many lines of the function's log have these words."""
    pages = deployment.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/aws/lambda/{function}")
    return sum(words in event["message"] for page in found for event in page["events"])


@pytest.mark.parametrize(
    ("function", "action"),
    [
        ("paywatch-dev-tally", "kinesis:PutRecord"),
        ("paywatch-dev-tally", "dynamodb:PutItem"),
        ("paywatch-dev-detect", "dynamodb:PutItem"),
        ("paywatch-dev-detect", "cloudwatch:PutMetricData"),
    ],
)
def test_counts_are_exact_after_a_function_was_refused_a_write(
    deployment: Deployment, function: str, action: str
) -> None:
    before = deployment.head
    refusals = logged(deployment, function, action)
    total = sent(deployment, 1, 2.0)
    with forbidden(deployment, function, action):
        total += sent(deployment, 2, 4.0)
        deployment.fact(
            lambda: logged(deployment, function, action) > refusals or None,
            "the function is refused a write",
            lambda: str(refusals),
        )
    total += sent(deployment, 3, 2.0)

    expected = before.messages + total
    head = deployment.until(lambda head: head.messages >= expected, "every payment is counted")
    time.sleep(2.0)
    head = deployment.head
    assert head.messages == expected
    assert head.parked == before.parked


def test_counts_are_exact_after_detect_lost_its_memory(deployment: Deployment) -> None:
    before = deployment.head
    starts = logged(deployment, "paywatch-dev-detect", "state restored")
    total = sent(deployment, 4, 3.0)
    # Changed settings need a new container, with nothing in memory.
    deployment.client("lambda").update_function_configuration(
        FunctionName="paywatch-dev-detect", Timeout=59
    )
    total += sent(deployment, 5, 3.0)

    expected = before.messages + total
    head = deployment.until(lambda head: head.messages >= expected, "every payment is counted")
    assert head.messages == expected
    assert logged(deployment, "paywatch-dev-detect", "state restored") > starts, "it began anew"
    assert head.attempts >= 0.9 * total, "the window of before is still there: no blind minute"
