"""What tally does with a batch of one shard.

The order of the four writes is what makes the counts exact (docs/decisions/0003):

    park → write the ledger ahead → send the partials → read the ledger again
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from functions.core.counting.batch import Counting, count
from functions.core.counting.record import Record
from functions.core.errors import StateConflict
from functions.handlers.ports import LedgerStore, ParkingPlace, PartialSink

logger = Logger()


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
