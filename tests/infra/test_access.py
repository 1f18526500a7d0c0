"""Who may do what: the least that works."""

from __future__ import annotations

from typing import Any

from .conftest import Deployment, listed, statements

KEY_OF_ITEMS = {"kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"}
LOGS_AND_TRACES = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
READ_A_STREAM = {
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamConsumer",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
}
PUT_OBJECTS = {
    "s3:Abort*",
    "s3:PutObject",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
}
ALLOWED = {
    "tally": {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        *READ_A_STREAM,
        *PUT_OBJECTS,
        "s3:ListBucket",
        "kinesis:PutRecord",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    },
    "detect": {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        *READ_A_STREAM,
        *PUT_OBJECTS,
        "s3:ListBucket",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "cloudwatch:PutMetricData",
        "sns:Publish",
    },
    "notify": {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "sns:Publish",
    },
    "tick": {
        *LOGS_AND_TRACES,
        "kms:GenerateDataKey",
        "kinesis:ListShards",
        "kinesis:PutRecords",
    },
    "archive": LOGS_AND_TRACES,
}

WITHOUT_RESOURCES = {
    "xray:PutTraceSegments": "X-Ray knows no resources",
    "xray:PutTelemetryRecords": "X-Ray knows no resources",
    "cloudwatch:PutMetricData": "CloudWatch knows no resources; bound by the namespace",
}
"""The actions that may be allowed on `*`, and why."""


def allowed(deployment: Deployment, function: str) -> set[str]:
    """The actions of the policies of the function's role."""
    role = deployment.functions()[function]["Role"]["Fn::GetAtt"][0]
    return {
        action
        for policy in deployment.of("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }


def test_every_function_may_do_what_it_does_and_nothing_else(dev: Deployment) -> None:
    for function, actions in ALLOWED.items():
        assert allowed(dev, function) == actions, function


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
