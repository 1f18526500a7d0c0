"""The two Kinesis streams: payment events, and the partial tallies counted from them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.alarms import Sources
from infra.nag import accept


class Streams(Construct):
    """`events` has the shards that the traffic needs; `tallies` has one, for one order.
    `by_name`: both. `sources`: what an alarm may watch of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        shards: int,
        key: kms.IKey,
        keep_data: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        removal = cdk.RemovalPolicy.RETAIN if keep_data else cdk.RemovalPolicy.DESTROY

        def stream(name: str, shard_count: int) -> kinesis.Stream:
            created = kinesis.Stream(
                self,
                name.title(),
                stream_name=f"{prefix}-{name}",
                shard_count=shard_count,
                stream_mode=kinesis.StreamMode.PROVISIONED,
                retention_period=cdk.Duration.hours(24),
                encryption=kinesis.StreamEncryption.KMS,
                encryption_key=key,
                removal_policy=removal,
            )
            accept(
                created,
                "AwsSolutions-KDS3",
                "the key is Paywatch's own, so that its policy decides who reads payments",
            )
            return created

        self.events = stream("events", shards)
        self.tallies = stream("tallies", 1)
        self.by_name = {"events": self.events, "tallies": self.tallies}
        self.sources: Sources = {name: stream.metric for name, stream in self.by_name.items()}
