"""What the command line asks AWS for: clients, and the outputs of a deployment."""

from __future__ import annotations

from typing import Any

from functions.core.errors import PaywatchError
from producer.aws_faults import NO_CREDENTIALS, NO_REGION


def client(service: str, *, endpoint_url: str | None = None, region: str | None = None) -> Any:
    """A client for the service. Raises PaywatchError when there are no credentials or no region."""
    import boto3

    session = boto3.Session(region_name=region)
    if session.get_credentials() is None:
        raise PaywatchError(NO_CREDENTIALS)
    if session.region_name is None:
        raise PaywatchError(NO_REGION)
    return session.client(service, endpoint_url=endpoint_url)  # type: ignore[call-overload]


def outputs(cloudformation: Any, environment: str) -> dict[str, str]:
    """The outputs of the environment's stack. Raises PaywatchError when there is no such stack."""
    from botocore.exceptions import ClientError

    stack = f"Paywatch-{environment}"
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            raise PaywatchError(
                f"there is no stack {stack} in this account and region: deploy it, or say which "
                "with --environment and --region"
            ) from error
        raise
    return {item["OutputKey"]: item["OutputValue"] for item in found[0].get("Outputs", [])}
