"""detect's state: a delta each step, a snapshot now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from botocore.exceptions import ClientError
from msgspec.structs import replace

from functions.adapters.aws import calling
from functions.adapters.dynamodb.heads import newest_step
from functions.adapters.dynamodb.items import Clock, conflict, expiry, key, paged
from functions.core.detection import journal
from functions.core.detection.state import Rules, State, head
from functions.core.detection.step import Delta

DELTA_DAYS: Final = 2
"""Longer than the tallies stream keeps what a lost state would have to be rebuilt from."""
SNAPSHOT_DAYS: Final = 30


class Journal:
    """detect's state: the newest snapshot and the deltas after it."""

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def load(self, initial: State, rules: Rules) -> State:
        """The state after the newest step; `initial` when there is none.

        Steps that another release wrote and this one cannot read are passed over: the state is the
        one before them at their version, so that what follows has a version of its own.
        """
        state = self._snapshot() or initial
        while True:
            restored = journal.restore(state, self._deltas(state.version), rules)
            newest = self._newest_version()
            if restored.version >= newest:
                return restored
            if restored.version == state.version:
                return replace(restored, version=newest)
            state = restored  # another container stored a step meanwhile, or one cannot be read

    def _newest_version(self) -> int:
        item = newest_step(self._client, self._table, "sk")
        return int(item["sk"]["S"].split("#")[1]) if item else 0

    def append(self, delta: Delta, state: State) -> None:
        """Store one step. Raises StateConflict when a step of that version is stored already."""
        item = {
            **key("detect", f"delta#{delta.version:012d}"),
            "delta": {"B": journal.encode(delta)},
            "head": {"S": msgspec.json.encode(head(state)).decode()},
            "expires_at": expiry(self._clock, DELTA_DAYS),
        }
        try:
            with calling("store a step of detect"):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(sk)",
                )
        except ClientError as error:
            raise conflict(error, f"step {delta.version} is stored already") from error

    def write_snapshot(self, state: State) -> None:
        """Store the whole state, in as many items as it needs."""
        pieces = journal.chunks(journal.encode(state))
        for number, piece in enumerate(pieces):
            with calling("store a snapshot of detect"):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **key("detect", f"snapshot#{state.version:012d}#{number:02d}"),
                        "piece": {"B": piece},
                        "pieces": {"N": str(len(pieces))},
                        "expires_at": expiry(self._clock, SNAPSHOT_DAYS),
                    },
                )

    def _snapshot(self) -> State | None:
        """The newest snapshot that is whole and readable."""
        pieces: dict[str, list[dict[str, Any]]] = {}
        newest_first = {**self._query("snapshot#"), "ScanIndexForward": False, "Limit": 8}
        for item in self._paged(newest_first):
            version = item["sk"]["S"].split("#")[1]
            group = pieces.setdefault(version, [])
            group.append(item)
            if len(group) == int(item["pieces"]["N"]):
                group.sort(key=lambda piece: str(piece["sk"]["S"]))
                data = b"".join(bytes(piece["piece"]["B"]) for piece in group)
                try:
                    return journal.decode_state(data)
                except journal.UnknownFormat:
                    return None
        return None

    def _deltas(self, after: int) -> Iterator[Delta]:
        request = self._query("delta#")
        request["KeyConditionExpression"] = "pk = :pk AND sk BETWEEN :from AND :to"
        request["ExpressionAttributeValues"] = {
            ":pk": {"S": "detect"},
            ":from": {"S": f"delta#{after + 1:012d}"},
            ":to": {"S": "delta#~"},
        }
        for item in self._paged(request):
            try:
                yield journal.decode_delta(bytes(item["delta"]["B"]))
            except journal.UnknownFormat:
                return

    def _paged(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return paged(self._client, request, "read detect's journal")

    def _query(self, prefix: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": "detect"}, ":prefix": {"S": prefix}},
        }
