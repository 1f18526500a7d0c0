"""detect's state: a delta each step, a snapshot now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from functions.adapters.aws import calling
from functions.adapters.dynamodb.heads import newest_step
from functions.adapters.dynamodb.items import Clock, conflict, expiry, key, paged
from functions.core.detection import journal
from functions.core.detection.journal import Restored
from functions.core.detection.remembered import REMEMBERED_SECONDS
from functions.core.detection.state import Rules, State, head
from functions.core.detection.step import Delta

DELTA_DAYS: Final = 2
"""Longer than the tallies stream keeps what a lost state would have to be rebuilt from."""
SNAPSHOT_DAYS: Final = 30


MOST_TRIED: Final = 20
"""Snapshots of a known format that are read in vain, until none is taken to be readable: each may be
more than a megabyte."""


class Newest(NamedTuple):
    """The newest that is stored of something: its version and detect's clock then (epoch seconds)."""

    version: int = 0
    clock: int = 0


class Journal:
    """detect's state: the newest snapshot and the deltas after it.

    A snapshot is its pieces and, stored after them, an item that tells its version, format and clock:
    so what another release wrote is passed over without reading it. Nothing is ever deleted or written
    over: a release that is put back finds what it wrote.
    """

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def load(self, initial: State, rules: Rules) -> Restored:
        """The newest state that can be read, or `initial`, and the steps after it that cannot be.

        Its version is above everything that is stored, so what follows has a version of its own.
        """
        snapshot, newest = self._snapshot(rules)
        # Read before the steps: what another container stores meanwhile is not taken for unreadable.
        newest = max(newest, self._newest_step())
        state = snapshot or initial
        before = self._deltas_before(state) if snapshot else ()
        state = journal.restore(state, self._deltas(state.version), rules, before)
        return journal.resumed(state, *newest, rules)

    def append(self, delta: Delta, state: State) -> None:
        """Store one step. Raises StateConflict when a step of that version is stored already."""
        item = {
            **key("detect", f"delta#{delta.version:012d}"),
            "delta": {"B": journal.encode(delta)},
            "head": {"S": msgspec.json.encode(head(state)).decode()},
            "clock": {"N": str(state.window.clock)},
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
        """Store the whole state, in as many pieces as it needs."""
        data = journal.encode(state)
        pieces = journal.chunks(data)
        for number, piece in enumerate(pieces):
            self._put(f"piece#{state.version:012d}#{number:02d}", {"piece": {"B": piece}})
        told = {"format": data[0], "pieces": len(pieces), "clock": state.window.clock}
        numbers = {name: {"N": str(value)} for name, value in told.items()}
        self._put(f"state#{state.version:012d}", numbers)

    def _put(self, sk: str, attributes: dict[str, Any]) -> None:
        item = {
            **key("detect", sk),
            **attributes,
            "expires_at": expiry(self._clock, SNAPSHOT_DAYS),
        }
        with calling("store a snapshot of detect"):
            self._client.put_item(TableName=self._table, Item=item)

    def _snapshot(self, rules: Rules) -> tuple[State | None, Newest]:
        """The newest snapshot that is whole and readable, and the newest that is stored."""
        newest, tried = Newest(), 0
        newest_first = {**self._query("state#"), "ScanIndexForward": False, "Limit": 100}
        for item in self._paged(newest_first):
            newest = max(newest, _stored(item))
            if int(item["format"]["N"]) not in journal.READ:
                continue
            state = self._whole(item, rules)
            tried += 1
            if state is not None or tried == MOST_TRIED:
                return state, newest
        return None, newest

    def _whole(self, snapshot: dict[str, Any], rules: Rules) -> State | None:
        """The snapshot's state; None where a piece is missing or damaged."""
        version = snapshot["sk"]["S"].partition("#")[2]
        pieces = list(self._paged(self._query(f"piece#{version}#")))
        if len(pieces) != int(snapshot["pieces"]["N"]):
            return None
        try:
            data = b"".join(bytes(piece["piece"]["B"]) for piece in pieces)
            return journal.decode_state(data, rules)
        except journal.UnknownFormat:
            return None

    def _newest_step(self) -> Newest:
        item = newest_step(self._client, self._table, "sk", "clock")
        return _stored(item) if item else Newest()

    def _deltas_before(self, state: State) -> Iterator[Delta]:
        """Those that led to the state in the last REMEMBERED_SECONDS, the newest first, up to one that cannot be
        read."""
        request = {**self._query("delta#"), "ScanIndexForward": False}
        request["KeyConditionExpression"] = "pk = :pk AND sk BETWEEN :from AND :to"
        request["ExpressionAttributeValues"] = {
            ":pk": {"S": "detect"},
            ":from": {"S": "delta#"},
            ":to": {"S": f"delta#{state.version:012d}"},
        }
        for item in self._paged(request):
            if _stored(item).clock <= state.window.clock - REMEMBERED_SECONDS:
                return
            try:
                yield journal.decode_delta(bytes(item["delta"]["B"]))
            except journal.UnknownFormat:
                return

    def _deltas(self, after: int) -> Iterator[Delta]:
        """Those after the version, up to the first that cannot be read."""
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


def _stored(item: Mapping[str, Any]) -> Newest:
    """The version and the clock of a step or a snapshot; a clock of 0 of a step that tells none."""
    return Newest(int(item["sk"]["S"].split("#")[1]), int(item.get("clock", {"N": "0"})["N"]))
