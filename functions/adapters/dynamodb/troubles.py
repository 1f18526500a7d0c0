"""The records of troubles, by the month in which they began."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import Clock, expiry, key, paged, put_over, say_lost
from functions.core.counting.wire import from_json
from functions.core.troubles.record import (
    KEPT_DAYS,
    Note,
    TroubleRecord,
    month_of,
    months_of,
    noted,
)


class TroubleRecords:
    """The records of troubles, in partitions by the month in which they began."""

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, identity: str, at: int) -> TroubleRecord | None:
        """The record of the trouble that is called so at epoch second `at`, or None."""
        found = self._read(identity, at)
        return found[0] if found else None

    def note(self, note: Note) -> bool:
        """Put the note on its record; False when there is none to put it on. A record of which nothing
        can be read stays as it is, without the note. Raises StateConflict when somebody else wrote
        the record meanwhile."""
        try:
            found = self._read(note.id, note.entry.at)
        except msgspec.MsgspecError as error:
            say_lost(f"the record of {note.id}", [f"{note.entry.what}: {error}"])
            return True
        if found is None and not note.rule:
            return False
        record, version, month = found or (None, 0, month_of(note.started_at))
        after = noted(record, note)
        if after == record:
            return True
        item = {
            **key(f"incident#{month}", note.id),
            "record": {"S": msgspec.json.encode(after).decode()},
            "version": {"N": str(version + 1)},
            "expires_at": expiry(self._clock, KEPT_DAYS),
        }
        put_over(self._client, self._table, item, version)
        return True

    def since(self, start: int, until: int) -> list[TroubleRecord]:
        """The records of troubles that began from `start` to `until` (epoch seconds), newest first."""
        records: list[TroubleRecord] = []
        for month in _months(start, until):
            records += self._of_month(month)
        found = [record for record in records if start <= record.started_at <= until]
        return sorted(found, key=lambda record: (record.started_at, record.id), reverse=True)

    def _read(self, identity: str, at: int) -> tuple[TroubleRecord, int, str] | None:
        """The record with its version and its month; of a year before, where this has none."""
        for month in months_of(identity, at):
            with calling(f"read the record of {identity}"):
                answer = self._client.get_item(
                    TableName=self._table,
                    Key=key(f"incident#{month}", identity),
                    ConsistentRead=True,
                )
            item = answer.get("Item")
            if item is not None:
                return _record(item), int(item["version"]["N"]), month
        return None

    def _of_month(self, month: str) -> Iterator[TroubleRecord]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"incident#{month}"}},
        }
        for item in paged(self._client, request, f"read the records of {month}"):
            try:
                yield _record(item)
            except msgspec.MsgspecError as error:
                say_lost(f"the record of {item['sk']['S']}", [str(error)])


def _record(item: dict[str, Any]) -> TroubleRecord:
    """Raises msgspec.MsgspecError where another release wrote it and too little can be read."""
    record, lost = from_json(TroubleRecord, item["record"]["S"])
    say_lost(f"the record of {record.id}", lost)
    return record


def _months(start: int, until: int) -> list[str]:
    """`2026-11`, …: the months from epoch second `start` to `until`, the newest first."""
    first, last = (datetime.fromtimestamp(at, UTC) for at in (start, until))
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in reversed(numbers)]
