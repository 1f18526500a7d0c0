"""Markers, by time."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import Clock, expiry, key, paged, say_lost
from functions.core.counting.wire import from_json
from functions.core.troubles.markers import KEPT_DAYS, Marker

_PARTITION: Final = "marker"


class Markers:
    """What people and deployments changed: one partition, sorted by time."""

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, marker: Marker) -> None:
        """Store it; one that comes twice is one. Raises Transient."""
        item = {
            **key(_PARTITION, marker.key),
            "marker": {"S": msgspec.json.encode(marker).decode()},
            "expires_at": expiry(self._clock, KEPT_DAYS),
        }
        with calling("store a marker"):
            self._client.put_item(TableName=self._table, Item=item)

    def between(self, start: int, until: int) -> list[Marker]:
        """Those from `start` to `until` (epoch seconds, both included), by time. Raises Transient."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :start AND :until",
            "ExpressionAttributeValues": {
                ":pk": {"S": _PARTITION},
                ":start": {"S": f"{max(0, start):012d}"},
                ":until": {"S": f"{max(0, until):012d}~"},
            },
        }
        found: list[Marker] = []
        for item in paged(self._client, request, "read markers"):
            try:
                marker, lost = from_json(Marker, item["marker"]["S"])
            except msgspec.MsgspecError as error:
                say_lost(f"the marker {item['sk']['S']}", [str(error)])
                continue
            say_lost(f"the marker {item['sk']['S']}", lost)
            found.append(marker)
        return found
