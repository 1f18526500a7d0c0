"""heartbeat → tick → events."""

from __future__ import annotations

from aws_cdk import aws_kms as kms

from infra.functions.function import Function, Functions
from infra.streams import Streams


class TickFunction(Function):
    """The heartbeat itself is infra/schedule.py."""

    def __init__(self, functions: Functions, *, streams: Streams, key: kms.IKey) -> None:
        super().__init__(
            functions,
            "tick",
            description="Puts a heartbeat into every shard, so that silence is seen too",
            memory_mb=512,
            timeout_seconds=30,
            reserved=1,
            environment={"EVENTS_STREAM": streams.events.stream_name},
        )
        streams.events.grant(self, "kinesis:ListShards", "kinesis:PutRecords")
        key.grant(self, "kms:GenerateDataKey")
