"""tally: decode, classify and count the records of one shard; park what is malformed.

The order of the four writes is what makes the counts exact (docs/decisions/0003):

    park → write the ledger ahead → send the partials → read the ledger again
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from functions.adapters import aws
from functions.adapters.dynamodb.ledgers import Ledgers
from functions.adapters.kinesis.records import records
from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.adapters.s3 import Quarantine
from functions.core.causes.diagnosis import load
from functions.core.counting.batch import Counting, count
from functions.core.counting.ledger import Ledger
from functions.core.counting.partial import Partial
from functions.core.counting.record import Record
from functions.core.errors import Malformed, StateConflict
from functions.settings.tally import TallySettings

logger = Logger()


class LedgerStore(Protocol):
    def read(self, shard: str) -> Ledger: ...
    def write(self, shard: str, ledger: Ledger) -> None: ...


class PartialSink(Protocol):
    def send(self, partials: Sequence[Partial]) -> None: ...


class ParkingPlace(Protocol):
    def park(self, parked: Sequence[tuple[Record, Sequence[Malformed]]]) -> None: ...


@dataclass(frozen=True)
class TallyFunction:
    ledgers: LedgerStore
    tallies: PartialSink
    quarantine: ParkingPlace
    counting: Counting

    def __call__(self, batch: Sequence[Record]) -> None:
        """Count the batch. Raises Transient or StateConflict: then Lambda brings it again."""
        shard = batch[0].shard
        ledger = self.ledgers.read(shard)
        counted = count(batch, ledger, self.counting)
        self.quarantine.park(counted.parked)
        if counted.ledger != ledger:
            self.ledgers.write(shard, counted.ledger)
        self.tallies.send(counted.partials)
        if self.ledgers.read(shard).version != counted.ledger.version:
            raise StateConflict(f"another reader of {shard} cut it while this one was sending")
        for record, refused in counted.parked:
            logger.warning(
                "parked",
                shard=record.shard,
                sequence_number=record.sequence_number,
                reasons=sorted({item.reason for item in refused}),
                events=len(refused),
            )


@cache
def _function() -> TallyFunction:
    settings = TallySettings.from_env(os.environ)
    return TallyFunction(
        ledgers=Ledgers(aws.client("dynamodb"), settings.state_table),
        tallies=TalliesStream(aws.client("kinesis"), settings.tallies_stream),
        quarantine=Quarantine(aws.client("s3"), settings.quarantine_bucket),
        counting=Counting(
            knowledge=load(),
            slicing=settings.slicing,
            bounds=settings.bounds,
        ),
    )


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    _function()(records(event))
