"""What a deployment to the emulator goes without, and that it is nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

from infra.app import build_app
from infra.emulated import ASSETS_BUCKET, LEFT_OUT, has
from infra.settings import project_context, settings_from
from tests.infra.conftest import Deployment, listed


def test_what_is_left_out_must_stand_in_the_table() -> None:
    with pytest.raises(KeyError, match="tls-only"):
        has(settings_from(project_context()), "tls")


def test_a_deployment_to_aws_has_every_property_and_one_to_the_emulator_none() -> None:
    for name in LEFT_OUT:
        assert has(settings_from(project_context()), name)
        assert not has(settings_from({**project_context(), "emulated": "true"}), name)


def test_every_property_says_what_the_emulator_cannot_do() -> None:
    assert LEFT_OUT.keys() == _TAKE_AWAY.keys()
    for name, why in LEFT_OUT.items():
        assert len(why.split()) > 5, name


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


def test_the_emulator_finds_its_assets_in_the_bucket_that_is_made_for_it(
    dev: Deployment, emulated: Deployment
) -> None:
    def buckets(deployment: Deployment) -> set[str]:
        return {str(p["Code"]["S3Bucket"]) for p in deployment.functions().values()}

    assert buckets(emulated) == {ASSETS_BUCKET}
    assert ASSETS_BUCKET not in buckets(dev)


def test_a_fault_stops_a_synthesis_for_aws_and_none_for_the_emulator() -> None:
    def with_fault(**given: str) -> cdk.App:
        app = build_app({**project_context(), **given, "aws:cdk:bundling-stacks": []})
        stack = app.node.find_child("Paywatch-dev")
        sns.Topic(cast(cdk.Stack, stack), "TakesPlainText")
        return app

    with_fault(emulated="true").synth()
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        with_fault().synth()


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
