"""Deployments as EventBridge tells of them, as markers: CodeDeploy and CloudFormation.

Formats: AWS CodeDeploy User Guide, "Monitoring deployments with Amazon CloudWatch Events"; AWS
CloudFormation User Guide, "Managing events using Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from functions.core.troubles.markers import Marker, marker

CODEDEPLOY, CLOUDFORMATION = "aws.codedeploy", "aws.cloudformation"
KINDS: Final[Mapping[str, str]] = {
    CODEDEPLOY: "CodeDeploy Deployment State-change Notification",
    CLOUDFORMATION: "CloudFormation Stack Status Change",
}
"""Source → the detail-type of its events that are markers."""

DEPLOYMENT_STATES: Final[Mapping[str, str]] = {
    "START": "deployment started",
    "SUCCESS": "deployed",
    "FAILURE": "deployment failed",
    "STOP": "deployment stopped",
}
"""CodeDeploy's state → in words. READY changes nothing yet."""

STACK_STATUSES: Final[Mapping[str, str]] = {
    "CREATE_COMPLETE": "created",
    "DELETE_IN_PROGRESS": "is being deleted",
    "UPDATE_IN_PROGRESS": "update started",
    "UPDATE_COMPLETE": "updated",
    "UPDATE_ROLLBACK_IN_PROGRESS": "update failed, is being rolled back",
    "UPDATE_ROLLBACK_COMPLETE": "rolled back",
    "IMPORT_COMPLETE": "took resources in",
}
"""CloudFormation's status of a stack → in words; others change nothing that payments could meet."""


class _Deployment(msgspec.Struct):
    application: str
    state: str
    deploymentGroup: str = ""  # noqa: N815 - CodeDeploy's name


class _Status(msgspec.Struct):
    status: str


class _Stack(msgspec.Struct, rename={"id": "stack-id", "details": "status-details"}):
    id: str
    details: _Status


def marker_of(event: Mapping[str, Any]) -> Marker | None:
    """The marker that an event of EventBridge is; None for one that tells of no deployment."""
    source = event.get("source")
    if not isinstance(source, str) or KINDS.get(source) != event.get("detail-type"):
        return None
    try:
        at = int(datetime.fromisoformat(str(event.get("time"))).timestamp())
        text = (_of_codedeploy if source == CODEDEPLOY else _of_stack)(event.get("detail"))
        return marker(text, at) if text else None
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None


def _of_codedeploy(detail: Any) -> str:
    """`router/prod: deployed, by CodeDeploy`; empty where nothing is changed yet."""
    found = msgspec.convert(detail, _Deployment)
    what = DEPLOYMENT_STATES.get(found.state)
    name = "/".join(filter(None, (found.application, found.deploymentGroup)))
    return f"{name}: {what}, by CodeDeploy" if what else ""


def _of_stack(detail: Any) -> str:
    """`stack router: updated`; of the ARN `…:stack/router/51af3dc0-…` the name alone."""
    found = msgspec.convert(detail, _Stack)
    what = STACK_STATUSES.get(found.details.status)
    name = found.id.partition(":stack/")[2].partition("/")[0] or found.id
    return f"stack {name}: {what}" if what else ""
