"""The Lambda functions: one factory for what they share, one line of difference each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.dependencies import Target
from infra.nag import accept
from infra.settings import LOG_RETENTION, ROOT

RUNTIMES: Final = {
    "3.11": lambda_.Runtime.PYTHON_3_11,
    "3.12": lambda_.Runtime.PYTHON_3_12,
    "3.13": lambda_.Runtime.PYTHON_3_13,
    "3.14": lambda_.Runtime.PYTHON_3_14,
}


class Functions(Construct):
    """A factory of functions that share the code asset, the layer and the operating rules."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        layer: lambda_.ILayerVersion,
        target: Target,
        log_retention_days: int,
        log_level: str,
        keep_data: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._prefix = prefix
        self._layer = layer
        self._target = target
        self._retention = logs.RetentionDays[LOG_RETENTION[log_retention_days]]
        self._log_level = log_level
        self._removal = cdk.RemovalPolicy.RETAIN if keep_data else cdk.RemovalPolicy.DESTROY
        self._code = lambda_.Code.from_asset(
            str(ROOT),
            exclude=["*", "!functions", "**/__pycache__"],
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )

    def add(
        self,
        name: str,
        *,
        description: str,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        reserved: int | None,
        handler: str = "",
        dead_letters: sns.ITopic | None = None,
    ) -> lambda_.Function:
        """The function `name`, whose handler is functions/handlers/`handler`.py, by default that of its
        name. dead_letters: where the events go that it failed at, however often it was tried."""
        function_name = f"{self._prefix}-{name}"
        log_group = logs.LogGroup(
            self,
            f"{name.title()}Log",
            log_group_name=f"/aws/lambda/{function_name}",
            retention=self._retention,
            removal_policy=self._removal,
        )
        role = iam.Role(
            self,
            f"{name.title()}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do",
        )
        log_group.grant_write(role)
        function = lambda_.Function(
            self,
            name.title(),
            function_name=function_name,
            description=description,
            runtime=RUNTIMES[self._target.python],
            architecture=self._target.architecture,
            code=self._code,
            handler=f"functions.handlers.{handler or name}.handler",
            layers=[self._layer],
            role=role,
            log_group=log_group,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            tracing=lambda_.Tracing.ACTIVE,
            reserved_concurrent_executions=reserved,
            dead_letter_topic=dead_letters,
            environment={
                **environment,
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": self._log_level,
            },
        )
        accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray's and CloudWatch's put actions know no resources; PutMetricData, where granted,"
            " is bound to the deployment's namespace",
        )
        accept(
            function,
            "AwsSolutions-L1",
            "python3.13 is supported until June 2029, and the layer is cut for it",
        )
        return function
