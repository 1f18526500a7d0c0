"""AWS in memory: moto answers inside of the process, no socket is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from tests.state_table import create_state_table


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


@cache
def client(service: str) -> Any:
    """One client of each service for all tests: making one takes longer than a test."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def refused() -> Iterator[Callable[[str, str, str, int], Any]]:
    """A client that answers an operation with an error: service, operation, code, HTTP status."""
    with ExitStack() as stack:

        def answering(service: str, operation: str, code: str, status: int) -> Any:
            stubber = Stubber(client(service))
            stubber.add_client_error(operation, code, "no", http_status_code=status)
            stack.enter_context(stubber)
            return client(service)

        yield answering


@pytest.fixture
def dynamodb() -> Any:
    """A client, with the state table there."""
    made = client("dynamodb")
    create_state_table(made)
    return made


@pytest.fixture
def kinesis() -> Any:
    return client("kinesis")


@pytest.fixture
def s3() -> Any:
    made = client("s3")
    made.create_bucket(
        Bucket="quarantine", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return made


@pytest.fixture
def sns() -> Any:
    return client("sns")


@pytest.fixture
def sqs() -> Any:
    return client("sqs")


@pytest.fixture
def cloudwatch() -> Any:
    return client("cloudwatch")
