"""events → tally → tallies."""

from __future__ import annotations

from functions.core.counting.slices import format_slicing
from infra.consumers import Consumer
from infra.functions.function import Function, Functions, mapping_of
from infra.nag import accept_put
from infra.storage import Storage
from infra.streams import Streams
from infra.table import State


class TallyFunction(Function):
    """Keeps its ledger in the state table, parks what is malformed."""

    def __init__(
        self, functions: Functions, *, streams: Streams, state: State, storage: Storage
    ) -> None:
        settings = functions.settings
        super().__init__(
            functions,
            "tally",
            description="Counts the payments of a shard and passes the partial tally on",
            memory_mb=settings.memory_mb,
            timeout_seconds=60,
            reserved=settings.events_shards,
            environment={
                "TALLIES_STREAM": streams.tallies.stream_name,
                "STATE_TABLE": state.table.table_name,
                "QUARANTINE_BUCKET": storage.quarantine.bucket_name,
                "SLICING": format_slicing(settings.slicing),
                "SKEW_SECONDS": str(settings.skew_seconds),
                "OLDEST_DAYS": str(settings.oldest_days),
                **mapping_of(settings),
            },
        )
        streams.tallies.grant(self, "kinesis:PutRecord")
        state.grant(self, "dynamodb:GetItem", "dynamodb:PutItem")
        storage.quarantine.grant_put(self)
        accept_put(self, storage.quarantine, "parked records")
        events = Consumer(
            self, "Consumer", stream=streams.events, function=self, failures=storage.failures
        )
        self.sources = {**self.sources, "tally-mapping": events.metric}
