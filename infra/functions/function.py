"""What every Lambda function has: the code, the layer, a log, a role, and the operating rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms import Sources
from infra.dependencies import Target
from infra.nag import accept
from infra.settings import LOG_RETENTION, ROOT, Settings

RUNTIMES: Final = {
    "3.11": lambda_.Runtime.PYTHON_3_11,
    "3.12": lambda_.Runtime.PYTHON_3_12,
    "3.13": lambda_.Runtime.PYTHON_3_13,
    "3.14": lambda_.Runtime.PYTHON_3_14,
}


def mapping_of(settings: Settings) -> dict[str, str]:
    """What tells a function how other systems' events are read, where they are."""
    return {"MAPPING": settings.mapping_file} if settings.mapping_file else {}


class Functions(Construct):
    """What the functions of a deployment share; they, their logs and their roles are built in it.
    `by_name`: the functions so far, in the order of the dashboard.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        layer: lambda_.ILayerVersion,
        target: Target,
    ) -> None:
        super().__init__(scope, construct_id)
        self.by_name: dict[str, Function] = {}
        self.settings = settings
        self.layer = layer
        self.target = target
        self.code = lambda_.Code.from_asset(
            str(ROOT),
            exclude=["*", "!functions", "**/__pycache__"],
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )

    @property
    def sources(self) -> Sources:
        """What an alarm may watch of them."""
        return {
            name: metric
            for function in self.by_name.values()
            for name, metric in function.sources.items()
        }


class Function(lambda_.Function):
    """The function `name`, whose handler is functions/handlers/`handler`.py, by default that of its
    name. Each has a class of its own, which owns its environment and what it may do.

    reserved: the invocations at once that it owns, where the deployment reserves any; none: it
    shares. dead_letters: where the events go that it failed at, however often it was tried.
    `sources`: what an alarm may watch of it.
    """

    def __init__(
        self,
        functions: Functions,
        name: str,
        *,
        description: str,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        reserved: int | None,
        handler: str = "",
        dead_letters: sns.ITopic | None = None,
    ) -> None:
        settings = functions.settings
        function_name = f"{settings.prefix}-{name}"
        log_group = logs.LogGroup(
            functions,
            f"{name.title()}Log",
            log_group_name=f"/aws/lambda/{function_name}",
            retention=logs.RetentionDays[LOG_RETENTION[settings.log_retention_days]],
            removal_policy=(
                cdk.RemovalPolicy.RETAIN if settings.keep_data else cdk.RemovalPolicy.DESTROY
            ),
        )
        role = iam.Role(
            functions,
            f"{name.title()}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do",
        )
        log_group.grant_write(role)
        super().__init__(
            functions,
            name.title(),
            function_name=function_name,
            description=description,
            runtime=RUNTIMES[functions.target.python],
            architecture=functions.target.architecture,
            code=functions.code,
            handler=f"functions.handlers.{handler or name}.handler",
            layers=[functions.layer],
            role=role,
            log_group=log_group,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            tracing=lambda_.Tracing.ACTIVE,
            reserved_concurrent_executions=reserved if settings.reserve_concurrency else None,
            dead_letter_topic=dead_letters,
            environment={
                **environment,
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
            },
        )
        functions.by_name[name] = self
        self.sources: Sources = {name: self.metric}
        accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray's and CloudWatch's put actions know no resources; PutMetricData, where granted,"
            " is bound to the deployment's namespace",
        )
        accept(
            self,
            "AwsSolutions-L1",
            "python3.13 is supported until June 2029, and the layer is cut for it",
        )
