"""The app: what a context becomes, and how it ends when the context is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import aws_cdk as cdk

from infra.app import build_app
from infra.settings import ROOT, project_context
from tests.infra.conftest import Deployment

NAMES = {
    "AlarmName",
    "DashboardName",
    "DeliveryStreamName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "TableName",
    "TopicName",
}
"""Properties whose value no second resource of the account may have."""


def test_a_wrong_setting_ends_the_synth_with_a_message_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"oncall_email": "nobody"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("settings are wrong:\n  - oncall_email='nobody'")
    assert "Traceback" not in done.stderr


def test_an_environment_is_a_stack_of_its_own_name() -> None:
    for environment in ("dev", "prod"):
        app = build_app(offline(environment=environment))
        assert [child.node.id for child in app.node.children if isinstance(child, cdk.Stack)] == [
            f"Paywatch-{environment}"
        ]


def test_two_environments_share_no_name_of_an_account(dev: Deployment, prod: Deployment) -> None:
    assert names(dev)
    assert not names(dev) & names(prod)
    assert all("dev" in name for name in names(dev))


def test_what_the_cdk_command_is_told_wins_over_cdk_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"environment": "staging"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "environment='staging' has no defaults in cdk.json; known: dev, prod" in done.stderr


def test_only_a_stack_that_keeps_its_data_is_protected() -> None:
    for kept in (True, False):
        app = build_app(offline(environment="dev", keep_data=str(kept).lower()))
        stack = app.node.find_child("Paywatch-dev")
        assert isinstance(stack, cdk.Stack)
        assert bool(stack.termination_protection) is kept


def offline(**given: str) -> dict[str, object]:
    """A context that bundles nothing."""
    return {**project_context(), **given, "aws:cdk:bundling-stacks": []}


def names(deployment: Deployment) -> set[str]:
    """The names that the template gives to its resources."""
    return {
        value
        for resource in deployment.template["Resources"].values()
        for key, value in resource.get("Properties", {}).items()
        if key in NAMES and isinstance(value, str)
    }
