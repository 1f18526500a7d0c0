"""detect's newest step in brief, for whoever reads and does not detect."""

from __future__ import annotations

from typing import Any

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import say_lost
from functions.core.counting.wire import from_json
from functions.core.troubles.head import Head


class Heads:
    """Each step of detect is stored with its head (functions/adapters/dynamodb/journal.py)."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def head(self) -> Head:
        """The newest step in brief; an empty Head before the first."""
        item = newest_step(self._client, self._table, "head")
        if item is None:
            return Head()
        head, lost = from_json(Head, item["head"]["S"])
        say_lost("detect's head", lost)
        return head


def newest_step(client: Any, table: str, *attributes: str) -> dict[str, Any] | None:
    """These attributes of the item of detect's newest step; None before the first."""
    names = {f"#{name}": name for name in attributes}
    with calling("read detect's newest step"):
        answer = client.query(
            TableName=table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": "detect"}, ":prefix": {"S": "delta#"}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )
    items: list[dict[str, Any]] = answer["Items"]
    return items[0] if items else None
