"""What roles are allowed: the sets of actions that belong together, and those of one function."""

from __future__ import annotations

from typing import Any

from tests.infra.conftest import Deployment, listed

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


def granted(deployment: Deployment, function: str, action: str) -> list[Any]:
    """The resources on which the function may do so."""
    role = deployment.functions()[function]["Role"]["Fn::GetAtt"][0]
    return [
        resource
        for policy in deployment.of("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
