"""The buckets: what was parked, what was given up, and who read either."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept

KEEP_DAYS = 90
"""Parked events and given-up batches can be sent again for so long."""

LOG_DAYS = 365


class Storage(Construct):
    """`quarantine`: malformed records; `failures`: batches that no retry could save;
    `access_logs`: who read them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, keep_data: bool, tls_only: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._keep_data = keep_data
        self._tls_only = tls_only
        self.access_logs = self._bucket("AccessLogs", days=LOG_DAYS, logs=None)
        accept(
            self.access_logs,
            "AwsSolutions-S1",
            "the bucket that receives access logs; logging it into itself would never end",
        )
        self.quarantine = self._bucket("Quarantine", days=KEEP_DAYS, logs=self.access_logs)
        self.failures = self._bucket("Failures", days=KEEP_DAYS, logs=self.access_logs)

    def _bucket(self, construct_id: str, *, days: int, logs: s3.IBucket | None) -> s3.Bucket:
        return private_bucket(
            self,
            construct_id,
            key=self._key,
            logs=logs,
            keep_data=self._keep_data,
            tls_only=self._tls_only,
            lifecycle=[expire(days)],
        )


def expire(days: int, prefix: str | None = None) -> s3.LifecycleRule:
    """Objects, those under the prefix or all, go after so many days; uploads cut short, after one."""
    return s3.LifecycleRule(
        prefix=prefix,
        expiration=cdk.Duration.days(days),
        abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
    )


def private_bucket(
    scope: Construct,
    construct_id: str,
    *,
    key: kms.IKey,
    logs: s3.IBucket | None,
    keep_data: bool,
    tls_only: bool,
    lifecycle: list[s3.LifecycleRule],
) -> s3.Bucket:
    """A bucket as all of Paywatch's are. Without `logs` it is the one that receives access logs."""
    return s3.Bucket(
        scope,
        construct_id,
        # S3 cannot deliver access logs into a bucket under a customer's key.
        encryption=s3.BucketEncryption.KMS if logs else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key if logs else None,
        bucket_key_enabled=True if logs else None,
        enforce_ssl=tls_only,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{construct_id.lower()}/" if logs else None,
        lifecycle_rules=lifecycle,
        removal_policy=cdk.RemovalPolicy.RETAIN if keep_data else cdk.RemovalPolicy.DESTROY,
    )
