"""The key: rotated, and its policy names nobody but the account and CloudWatch's alarms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.conftest import Deployment, resolved

CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}


@pytest.fixture
def key(dev: Deployment) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = dev.of("AWS::KMS::Key").values()
    return found


def test_the_key_rotates_every_year(key: dict[str, Any]) -> None:
    assert key["EnableKeyRotation"] is True
    assert "RotationPeriodInDays" not in key  # a year is what AWS does unless it is told otherwise


def test_alarms_of_this_account_reach_the_encrypted_topic(key: dict[str, Any]) -> None:
    allowed = [s for s in key["KeyPolicy"]["Statement"] if s["Principal"] == CLOUDWATCH]
    assert allowed
    for statement in allowed:
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }


def test_everybody_else_uses_it_by_a_role_that_was_granted_it(key: dict[str, Any]) -> None:
    (account,) = (s for s in key["KeyPolicy"]["Statement"] if s["Principal"] != CLOUDWATCH)
    assert resolved(account["Principal"]["AWS"]).endswith(":root")


def test_it_is_named_after_the_stack_whose_data_it_guards(key: dict[str, Any]) -> None:
    assert key["Description"] == "Paywatch: all data at rest of Paywatch-dev"
