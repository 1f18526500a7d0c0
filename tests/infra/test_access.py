"""Who may do what: the least that works."""

from __future__ import annotations

from typing import Any

from tests.infra.conftest import Deployment, listed, statements

WITHOUT_RESOURCES = {
    "xray:PutTraceSegments": "X-Ray knows no resources",
    "xray:PutTelemetryRecords": "X-Ray knows no resources",
    "cloudwatch:PutMetricData": "CloudWatch knows no resources; bound by the namespace",
}
"""The actions that may be allowed on `*`, and why."""


def test_no_role_may_do_everything(dev: Deployment) -> None:
    for name, statement in statements(dev):
        for action in listed(statement["Action"]):
            assert action != "*", name
            assert not action.endswith(":*"), name


def test_all_resources_are_meant_only_where_aws_knows_none(dev: Deployment) -> None:
    for name, statement in statements(dev):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= set(WITHOUT_RESOURCES), name


def test_metrics_may_be_put_into_our_namespace_only(dev: Deployment) -> None:
    (condition,) = (
        statement["Condition"]
        for _, statement in statements(dev)
        if "cloudwatch:PutMetricData" in listed(statement["Action"])
    )
    assert condition == {"StringEquals": {"cloudwatch:namespace": "Paywatch/dev"}}


def test_roles_have_no_managed_policies(dev: Deployment) -> None:
    for role in dev.of("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_everybody_may_be_nobody(dev: Deployment) -> None:
    """A policy that names everybody only refuses."""
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key"):
        for properties in dev.of(kind).values():
            document: Any = properties.get("PolicyDocument") or properties["KeyPolicy"]
            for statement in document["Statement"]:
                if statement["Principal"] in ("*", {"AWS": "*"}):
                    assert statement["Effect"] == "Deny"
