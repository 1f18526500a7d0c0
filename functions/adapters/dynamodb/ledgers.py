"""Where tally cut each shard's batches."""

from __future__ import annotations

import time
from typing import Any, Final

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import Clock, expiry, key, put_over
from functions.core.counting.ledger import Ledger

LEDGER_DAYS: Final = 30


class Ledgers:
    """The ledger of each shard."""

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, shard: str) -> Ledger:
        """The shard's ledger as it is now; an empty one for a shard never seen."""
        with calling(f"read the ledger of {shard}"):
            answer = self._client.get_item(
                TableName=self._table, Key=key("ledger", shard), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Ledger()
        boundaries = tuple(int(number["S"]) for number in item["boundaries"]["L"])
        return Ledger(version=int(item["version"]["N"]), boundaries=boundaries)

    def write(self, shard: str, ledger: Ledger) -> None:
        """Write the ledger over the version before it. Raises StateConflict if that is gone."""
        item = {
            **key("ledger", shard),
            "version": {"N": str(ledger.version)},
            "boundaries": {"L": [{"S": str(number)} for number in ledger.boundaries]},
            "expires_at": expiry(self._clock, LEDGER_DAYS),
        }
        put_over(self._client, self._table, item, ledger.version - 1)
