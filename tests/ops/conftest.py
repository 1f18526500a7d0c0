"""Services of AWS for commands that look into a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.state_table import create_state_table


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def table(services: None) -> Any:
    """A client of DynamoDB, with the state table there."""
    dynamodb = boto3.client("dynamodb")
    create_state_table(dynamodb)
    return dynamodb
