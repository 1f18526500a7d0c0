"""The buckets: private, under our key, and forgetful."""

from __future__ import annotations

from tests.infra.conftest import Deployment


def test_buckets_are_private_and_forget(dev: Deployment) -> None:
    for bucket in dev.of("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        for rule in bucket["LifecycleConfiguration"]["Rules"]:
            assert rule["Status"] == "Enabled"
            assert rule["ExpirationInDays"] in {90, 365, 400}
