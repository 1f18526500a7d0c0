"""The deployments that the tests look at: each is synthesised once, offline, without bundling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.app import build_app
from infra.settings import project_context

ONCALL = {"oncall_email": "oncall@example.org", "oncall_sms": "+14155550100"}
SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:paywatch/pd-AbC123"


@dataclass(frozen=True)
class Deployment:
    """A synthesised deployment. accepted: by construct, the rules whose findings it accepts, with
    the reasons. folder: the cloud assembly.
    """

    template: dict[str, Any]
    manifest: dict[str, Any]
    accepted: dict[str, dict[str, str]]
    folder: Path

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of the resources of a CloudFormation type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == kind
        }

    def functions(self) -> dict[str, Any]:
        """The functions' properties by their short names."""
        return {
            properties["FunctionName"].rsplit("-", 1)[1]: properties
            for properties in self.of("AWS::Lambda::Function").values()
        }


def synthesise(**given: str) -> Deployment:
    """The deployment that `cdk -c key=value …` would make."""
    context = {**project_context(), **ONCALL, **given, "aws:cdk:bundling-stacks": []}
    assembly = build_app(context).synth()
    folder = Path(assembly.directory)
    stack = f"Paywatch-{given.get('environment', 'dev')}"
    return Deployment(
        template=json.loads((folder / f"{stack}.template.json").read_text()),
        manifest=json.loads((folder / "manifest.json").read_text())["artifacts"][stack],
        accepted=_accepted(json.loads((folder / f"{stack}.metadata.json").read_text())),
        folder=folder,
    )


def empty_stack() -> cdk.Stack:
    """A stack to try one construct in, with the flags of cdk.json."""
    return cdk.Stack(cdk.App(context=project_context(), analytics_reporting=False), "Test")


def _accepted(metadata: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, str]]:
    return {
        construct: dict(sorted(rules.items()))
        for construct, entries in sorted(metadata.items())
        if (
            rules := {
                rule.removeprefix("Annotation::"): reason
                for entry in entries
                if entry["type"] == "aws:cdk:acknowledged-rules"
                for rule, reason in entry["data"].items()
            }
        )
    }


@pytest.fixture(scope="session")
def dev() -> Deployment:
    return synthesise(environment="dev")


@pytest.fixture(scope="session")
def prod() -> Deployment:
    return synthesise(environment="prod")


@pytest.fixture(scope="session")
def emulated() -> Deployment:
    return synthesise(environment="dev", emulated="true")


def statements(deployment: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role's policies, with the policy's logical id."""
    for name, policy in deployment.of("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield name, statement


def listed(value: Any) -> list[Any]:
    """What CloudFormation lets be one thing or a list of things, as a list."""
    return value if isinstance(value, list) else [value]


def resolved(value: Any) -> str:
    """A token of CloudFormation as the text that it might become."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        glue, parts = value["Fn::Join"]
        return str(glue.join(map(resolved, parts)))
    return "resolved"


@pytest.fixture(scope="session")
def with_channels() -> Deployment:
    """A deployment with every channel."""
    return synthesise(
        slack_secret="paywatch/slack", pagerduty_secret=SECRET_ARN, webhook_secret="hook"
    )


@pytest.fixture(scope="session")
def only_slack() -> Deployment:
    return synthesise(slack_secret="paywatch/slack")


def queues(deployment: Deployment) -> dict[str, tuple[str, dict[str, Any]]]:
    """The queues by name, with their logical ids."""
    return {p["QueueName"]: (name, p) for name, p in deployment.of("AWS::SQS::Queue").items()}


def subscriptions(deployment: Deployment, protocol: str) -> list[dict[str, Any]]:
    found = deployment.of("AWS::SNS::Subscription").values()
    return [subscription for subscription in found if subscription["Protocol"] == protocol]


def channel_functions(deployment: Deployment) -> dict[str, Any]:
    """The properties of the deliver functions by channel."""
    return {
        properties["FunctionName"].removeprefix("paywatch-dev-deliver-"): properties
        for properties in deployment.of("AWS::Lambda::Function").values()
        if "-deliver-" in properties["FunctionName"]
    }


def environment(deployment: Deployment, function: str) -> dict[str, Any]:
    """The variables that the function finds."""
    variables: dict[str, Any] = deployment.functions()[function]["Environment"]["Variables"]
    return variables
