"""The state table: how items are found, when they go, and how it is restored."""

from __future__ import annotations

from tests.infra.conftest import Deployment


def test_the_table_forgets_by_itself_and_can_be_restored(dev: Deployment) -> None:
    (table,) = dev.of("AWS::DynamoDB::Table").values()
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
