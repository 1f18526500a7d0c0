"""What notify remembers."""

from __future__ import annotations

from typing import Any

import msgspec

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import key, put_over, say_lost
from functions.core.paging.desk import Desk, decode


class Desks:
    """notify's desk, with the version that it was read at."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> tuple[Desk, int]:
        with calling("read notify's desk"):
            answer = self._client.get_item(
                TableName=self._table, Key=key("notify", "desk"), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Desk(), 0
        desk, lost = decode(item["desk"]["S"])
        say_lost("notify's desk", lost)
        return desk, int(item["version"]["N"])

    def write(self, desk: Desk, version: int) -> int:
        """Write the desk over `version`, the one it was read at; the new version.

        Raises StateConflict when somebody else wrote meanwhile.
        """
        item = {
            **key("notify", "desk"),
            "desk": {"S": msgspec.json.encode(desk).decode()},
            "version": {"N": str(version + 1)},
        }
        put_over(self._client, self._table, item, version)
        return version + 1
