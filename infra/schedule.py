"""What happens once a minute, the finest that EventBridge Scheduler knows: the heartbeat calls tick, and
notify tells what is due."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from functions.core.paging.message import MINUTE
from infra.nag import accept, logical_id


class Heartbeat(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, function: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        _every_minute(
            self, function, "tick", "a heartbeat into every shard of the events stream", None
        )


class Minutes(Construct):
    """notify hears that a minute has passed, so that the end of a mute is told though nothing else
    happens. A schedule for each mute would need leave to make schedules, and to pass a role on."""

    def __init__(self, scope: Construct, construct_id: str, *, function: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        said = scheduler.ScheduleTargetInput.from_object({MINUTE: True})
        _every_minute(
            self, function, "notify", "what is due is told though nothing else happens", said
        )


def _every_minute(
    scope: Construct,
    function: lambda_.Function,
    name: str,
    purpose: str,
    said: scheduler.ScheduleTargetInput | None,
) -> None:
    """A schedule that calls the function, people's `name` of it, once a minute, and a role that may do
    nothing else."""
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        description=f"Lets EventBridge Scheduler call {name}",
    )
    scheduler.Schedule(
        scope,
        "Minute",
        description=f"Paywatch: {purpose}",
        schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(1)),
        # The next call comes in a minute: a late one is of no use.
        target=targets.LambdaInvoke(function, role=role, input=said, retry_attempts=0),
    )
    accept(
        role,
        f"AwsSolutions-IAM5[Resource::<{logical_id(function)}.Arn>:*]",
        f"CDK's target grants the versions of {name}, and of no other function",
    )
