"""What the command line asks AWS for, and what it says when something is missing."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.core.errors import PaywatchError
from ops import aws
from producer.aws_faults import NO_REGION


def test_a_stack_that_does_not_exist_is_named_with_what_to_do() -> None:
    cloudformation = boto3.client(
        "cloudformation",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    answer = Stubber(cloudformation)
    answer.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id Paywatch-nowhere does not exist"
    )
    with answer, pytest.raises(PaywatchError, match=r"no stack Paywatch-nowhere .*: deploy it"):
        aws.outputs(cloudformation, "nowhere")


def test_without_credentials_the_words_say_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(PaywatchError, match="no AWS credentials: log in"):
        aws.client("s3", region="us-east-1")


def test_without_a_region_the_words_say_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(PaywatchError) as told:
        aws.client("s3")
    assert str(told.value) == NO_REGION


def test_a_client_speaks_to_the_endpoint_and_region_that_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    client = aws.client("dynamodb", endpoint_url="http://localhost:4566", region="eu-west-1")
    assert client.meta.endpoint_url == "http://localhost:4566"
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.service_model.service_name == "dynamodb"


def stubbed() -> tuple[object, Stubber]:
    cloudformation = boto3.client(
        "cloudformation",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return cloudformation, Stubber(cloudformation)


def test_the_outputs_of_the_environments_stack_are_read() -> None:
    cloudformation, answer = stubbed()
    stack = {
        "StackName": "Paywatch-prod",
        "CreationTime": 0,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [
            {"OutputKey": "StateTable", "OutputValue": "table"},
            {"OutputKey": "EventsStream", "OutputValue": "stream"},
        ],
    }
    answer.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "Paywatch-prod"})
    with answer:
        found = aws.outputs(cloudformation, "prod")
    assert found == {"StateTable": "table", "EventsStream": "stream"}


def test_what_else_aws_refuses_is_not_called_a_missing_stack() -> None:
    cloudformation, answer = stubbed()
    answer.add_client_error("describe_stacks", "AccessDenied", "not you")
    with answer, pytest.raises(ClientError, match="not you"):
        aws.outputs(cloudformation, "prod")
