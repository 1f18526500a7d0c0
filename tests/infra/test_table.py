"""The state table: how items are found, when they go, how it is restored, who may use it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.actions import KEY_OF_ITEMS, granted
from tests.infra.conftest import Deployment
from tests.state_table import create_state_table


@pytest.fixture
def table(dev: Deployment) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = dev.of("AWS::DynamoDB::Table").values()
    return found


def test_items_are_found_by_two_texts(table: dict[str, Any]) -> None:
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {
        "pk": "S",
        "sk": "S",
    }
    assert table["TableName"] == "paywatch-dev-state"


def test_the_adapters_are_tested_on_this_very_table(table: dict[str, Any]) -> None:
    asked = CreatedTable()
    create_state_table(asked)
    for name in ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode"):
        assert asked.given[name] == table[name]


def test_the_table_forgets_by_itself_and_can_be_restored(table: dict[str, Any]) -> None:
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_its_items_are_under_our_key(dev: Deployment, table: dict[str, Any]) -> None:
    (key,) = dev.of("AWS::KMS::Key")
    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Fn::GetAtt": [key, "Arn"]},
    }


def test_it_cannot_be_deleted_where_its_data_are_kept(dev: Deployment, prod: Deployment) -> None:
    for deployment, protected in ((dev, False), (prod, True)):
        (table,) = deployment.of("AWS::DynamoDB::Table").values()
        assert table["DeletionProtectionEnabled"] is protected


@pytest.mark.parametrize("function", ["tally", "detect", "notify"])
def test_who_may_use_the_table_may_use_the_key_that_it_is_under(
    dev: Deployment, function: str
) -> None:
    (key,) = dev.of("AWS::KMS::Key")
    (table,) = dev.of("AWS::DynamoDB::Table")
    assert {"Fn::GetAtt": [table, "Arn"]} in granted(dev, function, "dynamodb:GetItem")
    for action in KEY_OF_ITEMS:
        assert {"Fn::GetAtt": [key, "Arn"]} in granted(dev, function, action)


class CreatedTable:
    """DynamoDB, as far as it is asked for a table."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def create_table(self, **given: Any) -> None:
        self.given = given
