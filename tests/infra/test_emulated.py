"""What a deployment to the emulator goes without, and that it is nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra import emulated
from infra.emulated import LEFT_OUT
from infra.settings import project_context, settings_from
from tests.infra.conftest import Deployment, listed


def test_what_is_left_out_must_stand_in_the_table() -> None:
    with pytest.raises(KeyError, match="tls-only"):
        emulated.has(settings_from(project_context()), "tls")


def test_the_emulator_goes_without_what_the_table_says_and_nothing_else(
    dev: Deployment, emulated: Deployment
) -> None:
    """Taking the table's properties from the real deployment gives the emulated one."""
    template = copy.deepcopy(dev.template)
    expected = copy.deepcopy(emulated.template)
    for name in LEFT_OUT:
        _TAKE_AWAY[name](template)
        _TAKE_AWAY[name](expected)
    assert template == expected


def test_the_emulator_takes_the_callers_own_credentials(
    dev: Deployment, emulated: Deployment
) -> None:
    assert "assumeRoleArn" in dev.manifest["properties"]
    assert "assumeRoleArn" not in emulated.manifest["properties"]


def _tls_only(template: dict[str, Any]) -> None:
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] in {"AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}:
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [
                {key: value for key, value in statement.items() if key != "Sid"}
                for statement in document["Statement"]
                if statement.get("Condition") != {"Bool": {"aws:SecureTransport": "false"}}
            ]
            if not document["Statement"]:
                del template["Resources"][name]


def _metric_namespace(template: dict[str, Any]) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            for statement in document["Statement"]:
                if "cloudwatch:namespace" in str(statement.get("Condition")):
                    del statement["Condition"]
            # CDK merges and sorts statements; without its condition one may stand elsewhere.
            document["Statement"] = sorted(_merged(document["Statement"]), key=str)


def _merged(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements on `*` without a condition, as one."""
    broad = [s for s in statements if s["Resource"] == "*" and "Condition" not in s]
    actions = sorted(action for s in broad for action in listed(s["Action"]))
    rest = [s for s in statements if s not in broad]
    return [*rest, {"Action": actions, "Effect": "Allow", "Resource": "*"}] if broad else rest


def _lambda_platform(template: dict[str, Any]) -> None:
    for resource in template["Resources"].values():
        for name in ("Runtime", "Architectures", "CompatibleArchitectures"):
            resource["Properties"].pop(name, None)
        if resource["Type"] == "AWS::Lambda::LayerVersion":
            resource["Properties"].pop("Content")


def _deployment_roles(template: dict[str, Any]) -> None:
    for name in ("Parameters", "Rules"):
        template.pop(name, None)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"].pop("Code")


def _archive(template: dict[str, Any]) -> None:
    for name, resource in list(template["Resources"].items()):
        if "archive" in name.lower():
            del template["Resources"][name]
        elif str(resource["Properties"].get("DashboardName")).endswith("-pipeline"):
            resource["Properties"].pop("DashboardBody")  # it shows the archive among the others
        elif resource["Type"] == "AWS::S3::BucketPolicy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [  # that the archive's access is logged, too
                s for s in document["Statement"] if "/archive/*" not in str(s["Resource"])
            ]
    for name in ("ArchiveBucket", "ArchiveTable"):
        template["Outputs"].pop(name, None)


def _nothing(template: dict[str, Any]) -> None:
    """cdk-nag judges templates and does not change them."""


_TAKE_AWAY: dict[str, Callable[[dict[str, Any]], None]] = {
    "tls-only": _tls_only,
    "metric-namespace": _metric_namespace,
    "lambda-platform": _lambda_platform,
    "deployment-roles": _deployment_roles,
    "archive": _archive,
    "nag": _nothing,
}
