"""Accepting a cdk-nag finding, with its reason, at the construct that it is about."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import IConstruct


def accept(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept exactly one finding, such as `AwsSolutions-IAM5[Resource::*]`."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def accept_key_actions(function: lambda_.Function) -> None:
    """Accept that a grant of the key is written with wildcards."""
    for action in ("kms:GenerateDataKey*", "kms:ReEncrypt*"):
        accept(
            function.role or function,
            f"AwsSolutions-IAM5[Action::{action}]",
            "CDK's grant on Paywatch's own key; DynamoDB needs every variant of the action",
        )


def accept_put(function: lambda_.Function, bucket: s3.IBucket, what: str) -> None:
    """Accept that a grant to put objects covers every name in the bucket. `what` is put there."""
    accept(
        function.role or function,
        f"AwsSolutions-IAM5[Resource::<{logical_id(bucket)}.Arn>/*]",
        f"the names of {what} are made at run time; reading and deleting are not granted",
    )
    accept(
        function.role or function,
        "AwsSolutions-IAM5[Action::s3:Abort*]",
        "CDK's grant to put objects: aborts uploads that the same role began",
    )


def logical_id(construct: IConstruct) -> str:
    """The name of the construct's resource in the template: findings are named after it."""
    resource = cast(cdk.CfnElement, construct.node.default_child)
    return str(cdk.Stack.of(construct).resolve(resource.logical_id))
