"""Where data rests: encrypted, private, bounded in time, and not lost by a rename."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.conftest import Deployment

STATEFUL = {
    "AWS::KMS::Key": {"EncryptionKey3A692D6E"},
    "AWS::Kinesis::Stream": {"StreamsEvents2F1094E5", "StreamsTalliesBA997E77"},
    "AWS::DynamoDB::Table": {"StateTable962DE04C"},
    "AWS::S3::Bucket": {
        "Archive57A50521",
        "StorageAccessLogs96FB524C",
        "StorageFailures3FF38EE5",
        "StorageQuarantine381A7D7C",
    },
}
"""Frozen: under a new logical id, a deployment would make an empty resource and leave or delete
the old one. To rename on purpose, move the data first, and say so in docs/operations.md."""


@pytest.mark.parametrize("kind", STATEFUL)
def test_what_holds_data_keeps_its_logical_id(dev: Deployment, prod: Deployment, kind: str) -> None:
    assert set(dev.of(kind)) == set(prod.of(kind)) == STATEFUL[kind]


@pytest.mark.parametrize("kind", STATEFUL)
def test_prod_keeps_its_data_when_the_stack_goes_and_dev_does_not(
    dev: Deployment, prod: Deployment, kind: str
) -> None:
    for name in STATEFUL[kind]:
        assert prod.template["Resources"][name]["DeletionPolicy"] == "Retain"
        assert prod.template["Resources"][name]["UpdateReplacePolicy"] == "Retain"
        assert dev.template["Resources"][name]["DeletionPolicy"] == "Delete"


def test_prod_cannot_be_deleted_by_mistake(dev: Deployment, prod: Deployment) -> None:
    assert prod.manifest["properties"]["terminationProtection"] is True
    assert not dev.manifest["properties"].get("terminationProtection")
    (table,) = prod.of("AWS::DynamoDB::Table").values()
    assert table["DeletionProtectionEnabled"] is True


def test_everything_is_under_our_key_which_rotates(dev: Deployment) -> None:
    (key_id,) = STATEFUL["AWS::KMS::Key"]
    arn = {"Fn::GetAtt": [key_id, "Arn"]}
    assert dev.of("AWS::KMS::Key")[key_id]["EnableKeyRotation"] is True
    for stream in dev.of("AWS::Kinesis::Stream").values():
        assert stream["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": arn}
    for topic in dev.of("AWS::SNS::Topic").values():
        assert topic["KmsMasterKeyId"] == arn
    for table in dev.of("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["KMSMasterKeyId"] == arn
    for name, bucket in dev.of("AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        how = rule["ServerSideEncryptionByDefault"]
        if "AccessLogs" in name:  # S3 delivers its logs under its own key only
            assert how == {"SSEAlgorithm": "AES256"}
        else:
            assert how == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
            assert rule["BucketKeyEnabled"] is True


def test_buckets_and_topics_refuse_what_is_not_tls(dev: Deployment) -> None:
    buckets = {
        policy["Bucket"]["Ref"]
        for policy in dev.of("AWS::S3::BucketPolicy").values()
        if refuses_plain_text(policy)
    }
    topics = {
        topic["Ref"]
        for policy in dev.of("AWS::SNS::TopicPolicy").values()
        if refuses_plain_text(policy)
        for topic in policy["Topics"]
    }
    assert buckets == set(dev.of("AWS::S3::Bucket"))
    assert topics == set(dev.of("AWS::SNS::Topic"))


def refuses_plain_text(policy: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["PolicyDocument"]["Statement"]
    )
