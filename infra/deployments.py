"""EventBridge rules: deployments of this account and region become markers."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.core.troubles.deployments import (
    CLOUDFORMATION,
    CODEDEPLOY,
    DEPLOYMENT_STATES,
    KINDS,
    STACK_STATUSES,
)


class DeploymentRules(Construct):
    """CodeDeploy's deployments and CloudFormation's stacks → `function`. Only what it makes markers of
    is passed on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, prefix: str, function: lambda_.IFunction
    ) -> None:
        super().__init__(scope, construct_id)
        details: dict[str, dict[str, Any]] = {
            CODEDEPLOY: {"state": list(DEPLOYMENT_STATES)},
            CLOUDFORMATION: {"status-details": {"status": list(STACK_STATUSES)}},
        }
        for source, detail in details.items():
            name = source.removeprefix("aws.")
            events.Rule(
                self,
                name.title(),
                rule_name=f"{prefix}-{name}",
                description="Paywatch: what was deployed, for the pages of what begins after it",
                event_pattern=events.EventPattern(
                    source=[source], detail_type=[KINDS[source]], detail=detail
                ),
                targets=[targets.LambdaFunction(function)],
            )
