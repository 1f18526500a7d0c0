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
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Lets EventBridge Scheduler call tick",
        )
        scheduler.Schedule(
            self,
            "Minute",
            description="Paywatch: a heartbeat into every shard of the events stream",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(1)),
            # The next heartbeat comes in a minute: a late one is of no use.
            target=targets.LambdaInvoke(function, role=role, retry_attempts=0),
        )
        accept(
            role,
            f"AwsSolutions-IAM5[Resource::<{logical_id(function)}.Arn>:*]",
            "CDK's target grants the versions of tick, and of no other function",
        )


class Minutes(Construct):
    """notify hears that a minute has passed, so that the end of a mute is told though nothing else
    happens. A schedule for each mute would need leave to make schedules, and to pass a role on."""

    def __init__(self, scope: Construct, construct_id: str, *, function: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description="Lets EventBridge Scheduler call notify",
        )
        scheduler.Schedule(
            self,
            "Minute",
            description="Paywatch: what is due is told though nothing else happens",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.minutes(1)),
            target=targets.LambdaInvoke(
                function,
                role=role,
                input=scheduler.ScheduleTargetInput.from_object({MINUTE: True}),
                # The next minute does the same.
                retry_attempts=0,
            ),
        )
        accept(
            role,
            f"AwsSolutions-IAM5[Resource::<{logical_id(function)}.Arn>:*]",
            "CDK's target grants the versions of notify, and of no other function",
        )
