"""How Lambda reads the streams, and what becomes of a batch that keeps failing."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept_put

BATCH_SIZE: Final = 1000
"""What a shard takes in a second, so that one invocation a second keeps up with a full shard."""

RETRIES: Final = 10
"""Enough for a service to recover; handlers park what is malformed, so few retries are in vain."""

MAX_AGE_MINUTES: Final = 60
"""After a longer outage the present matters more: the past waits in the bucket to be sent again."""


class Consumer(Construct):
    """`stream` → `function`: in order, one batch of a shard at a time. A batch that fails is halved
    until the culprit is alone, retried, and then stored in `failures`; the shard goes on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: kinesis.IStream,
        function: lambda_.Function,
        failures: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        source = sources.KinesisEventSource(
            stream,
            # What was put before the mapping became active counts like everything after it.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH_SIZE,
            # Lambda polls a shard once a second anyway; the window makes batches full.
            max_batching_window=cdk.Duration.seconds(1),
            # More lanes would break the ledger's order of sequence numbers: scale by shards.
            parallelization_factor=1,
            bisect_batch_on_error=True,
            retry_attempts=RETRIES,
            max_record_age=cdk.Duration.minutes(MAX_AGE_MINUTES),
            on_failure=_StoreIn(failures),
            metrics_config=lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]),
        )
        function.add_event_source(source)
        self._mapping = source.event_source_mapping_id
        accept_put(function, failures, "given-up batches")

    def metric(self, name: str) -> cloudwatch.Metric:
        """A metric of the mapping: what Lambda counts of it apart from the function."""
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name=name,
            dimensions_map={"EventSourceMappingUUID": self._mapping},
        )


@jsii.implements(lambda_.IEventSourceDlq)
class _StoreIn:
    """An on-failure bucket. CDK's own would let the function read and delete in it, too."""

    def __init__(self, bucket: s3.IBucket) -> None:
        self._bucket = bucket

    def bind(
        self, target: lambda_.IEventSourceMapping, target_handler: lambda_.IFunction
    ) -> lambda_.DlqDestinationConfig:
        self._bucket.grant_put(target_handler)
        # Lambda checks that the bucket is there before it puts the batch.
        target_handler.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn])
        )
        return lambda_.DlqDestinationConfig(destination=self._bucket.bucket_arn)
