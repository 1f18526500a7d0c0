"""The buckets: private, forgetful, and each but the last with a log of who read it."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms

from infra.storage import Storage, expire, private_bucket
from tests.infra.conftest import Deployment, empty_stack
from tests.infra.test_data import refuses_plain_text


@pytest.fixture
def buckets(dev: Deployment) -> dict[str, dict[str, Any]]:
    """The three buckets of this file, by what they are for."""
    return {
        purpose: properties
        for purpose in ("Quarantine", "Failures", "AccessLogs")
        for name, properties in dev.of("AWS::S3::Bucket").items()
        if name.startswith(f"Storage{purpose}")
    }


def test_buckets_are_private_and_forget(dev: Deployment) -> None:
    for bucket in dev.of("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        for rule in bucket["LifecycleConfiguration"]["Rules"]:
            assert rule["Status"] == "Enabled"
            assert rule["ExpirationInDays"] in {90, 365, 400}


def test_nobody_gets_in_by_an_object_of_his_own(dev: Deployment) -> None:
    for bucket in dev.of("AWS::S3::Bucket").values():
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_what_was_parked_or_given_up_can_be_sent_again_for_ninety_days(
    buckets: dict[str, dict[str, Any]],
) -> None:
    for purpose in ("Quarantine", "Failures"):
        (rule,) = buckets[purpose]["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == 90
        assert "Prefix" not in rule


def test_who_read_it_is_known_for_a_year(buckets: dict[str, dict[str, Any]]) -> None:
    (rule,) = buckets["AccessLogs"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 365


def test_uploads_that_were_cut_short_go_after_a_day(dev: Deployment) -> None:
    for bucket in dev.of("AWS::S3::Bucket").values():
        for rule in bucket["LifecycleConfiguration"]["Rules"]:
            assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_every_bucket_is_logged_under_its_name_but_the_one_that_holds_the_logs(
    dev: Deployment, buckets: dict[str, dict[str, Any]]
) -> None:
    (logs,) = (name for name in dev.of("AWS::S3::Bucket") if "AccessLogs" in name)
    assert "LoggingConfiguration" not in buckets["AccessLogs"]
    for purpose in ("Quarantine", "Failures"):
        assert buckets[purpose]["LoggingConfiguration"] == {
            "DestinationBucketName": {"Ref": logs},
            "LogFilePrefix": f"{purpose.lower()}/",
        }


@pytest.mark.parametrize(("keep", "policy"), [(True, "Retain"), (False, "Delete")])
def test_the_data_stay_or_go_with_the_stack_as_the_deployment_says(keep: bool, policy: str) -> None:
    template = stored(keep_data=keep)
    found = template.find_resources("AWS::S3::Bucket").values()
    assert len(found) == 3
    assert {bucket["DeletionPolicy"] for bucket in found} == {policy}


def test_plain_text_is_refused_only_where_the_endpoint_speaks_tls() -> None:
    for tls_only, refusing in ((True, 3), (False, 0)):
        policies = stored(tls_only=tls_only).find_resources("AWS::S3::BucketPolicy").values()
        assert sum(refuses_plain_text(policy["Properties"]) for policy in policies) == refusing


def test_a_rule_for_a_prefix_leaves_all_else_alone() -> None:
    stack = empty_stack()
    private_bucket(
        stack,
        "Bucket",
        key=kms.Key(stack, "Key"),
        logs=None,
        keep_data=False,
        tls_only=True,
        lifecycle=[expire(7, "errors/")],
    )
    assertions.Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {"LifecycleConfiguration": {"Rules": [{"Prefix": "errors/", "ExpirationInDays": 7}]}},
    )


def stored(*, keep_data: bool = False, tls_only: bool = True) -> assertions.Template:
    stack = empty_stack()
    Storage(stack, "Storage", key=kms.Key(stack, "Key"), keep_data=keep_data, tls_only=tls_only)
    return assertions.Template.from_stack(stack)
