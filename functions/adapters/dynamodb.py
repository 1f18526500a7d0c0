"""DynamoDB: the state table with its ledgers, detect's journal and notify's desk.

    pk                sk                          what
    ledger            <shard>                     where tally cut the shard's batches
    detect            delta#<version>             one step of detect, and the head in brief
    detect            snapshot#<version>#<chunk>  detect's whole state, every so many steps
    notify            desk                        what notify remembers
    incident#<month>  <id>                        the record of a trouble that began in that month
    <channel>         <thread>                    what slack, pagerduty or webhook was told

Every write is conditional on the version that was read, so that of two writers one is told; but
for snapshots, which repeat what the deltas of their version say, and for what a channel was told,
which is only added to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from botocore.exceptions import ClientError
from msgspec.structs import replace

from functions.adapters.aws import calling, error_code
from functions.core import journal
from functions.core.delivery import Told, mark
from functions.core.detector import Delta
from functions.core.errors import StateConflict
from functions.core.incident_record import (
    KEPT_DAYS,
    IncidentRecord,
    Note,
    month_of,
    noted,
)
from functions.core.journal import Head
from functions.core.ledger import Ledger
from functions.core.page import RESOLVE, TRIGGER, Page
from functions.core.state import Rules, State
from functions.core.threads import Desk

DELTA_DAYS: Final = 2
"""Longer than the tallies stream keeps what a lost state would have to be rebuilt from."""
SNAPSHOT_DAYS: Final = 30
LEDGER_DAYS: Final = 30
THREAD_DAYS: Final = 30

Clock = Callable[[], float]


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
                TableName=self._table, Key=_key("ledger", shard), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Ledger()
        boundaries = tuple(int(number["S"]) for number in item["boundaries"]["L"])
        return Ledger(version=int(item["version"]["N"]), boundaries=boundaries)

    def write(self, shard: str, ledger: Ledger) -> None:
        """Write the ledger over the version before it. Raises StateConflict if that is gone."""
        item = {
            **_key("ledger", shard),
            "version": {"N": str(ledger.version)},
            "boundaries": {"L": [{"S": str(number)} for number in ledger.boundaries]},
            "expires_at": _expiry(self._clock, LEDGER_DAYS),
        }
        _put_over(self._client, self._table, item, ledger.version - 1)


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
        item = self._newest_delta("sk")
        return int(item["sk"]["S"].split("#")[1]) if item else 0

    def append(self, delta: Delta, state: State) -> None:
        """Store one step. Raises StateConflict when a step of that version is stored already."""
        item = {
            **_key("detect", f"delta#{delta.version:012d}"),
            "delta": {"B": journal.encode(delta)},
            "head": {"S": msgspec.json.encode(journal.head(state)).decode()},
            "expires_at": _expiry(self._clock, DELTA_DAYS),
        }
        try:
            with calling("store a step of detect"):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(sk)",
                )
        except ClientError as error:
            raise _conflict(error, f"step {delta.version} is stored already") from error

    def write_snapshot(self, state: State) -> None:
        """Store the whole state, in as many items as it needs."""
        pieces = journal.chunks(journal.encode(state))
        for number, piece in enumerate(pieces):
            with calling("store a snapshot of detect"):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **_key("detect", f"snapshot#{state.version:012d}#{number:02d}"),
                        "piece": {"B": piece},
                        "pieces": {"N": str(len(pieces))},
                        "expires_at": _expiry(self._clock, SNAPSHOT_DAYS),
                    },
                )

    def head(self) -> Head:
        """The newest step in brief; an empty Head before the first."""
        item = self._newest_delta("head")
        return msgspec.json.decode(item["head"]["S"], type=Head) if item else Head()

    def _newest_delta(self, attribute: str) -> dict[str, Any] | None:
        with calling("read detect's newest step"):
            answer = self._client.query(
                **self._query("delta#"),
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
                ProjectionExpression="#attribute",
                ExpressionAttributeNames={"#attribute": attribute},
            )
        items: list[dict[str, Any]] = answer["Items"]
        return items[0] if items else None

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
        while True:
            with calling("read detect's journal"):
                answer = self._client.query(**request, ConsistentRead=True)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _query(self, prefix: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": "detect"}, ":prefix": {"S": prefix}},
        }


class Desks:
    """notify's desk, with the version that it was read at."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> tuple[Desk, int]:
        with calling("read notify's desk"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key("notify", "desk"), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Desk(), 0
        return msgspec.json.decode(item["desk"]["S"], type=Desk), int(item["version"]["N"])

    def write(self, desk: Desk, version: int) -> int:
        """Write the desk over `version`, the one it was read at; the new version.

        Raises StateConflict when somebody else wrote meanwhile.
        """
        item = {
            **_key("notify", "desk"),
            "desk": {"S": msgspec.json.encode(desk).decode()},
            "version": {"N": str(version + 1)},
        }
        _put_over(self._client, self._table, item, version)
        return version + 1


class Records:
    """The records of troubles, in partitions by the month in which they began."""

    def __init__(self, client: Any, table: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, identity: str, at: int) -> IncidentRecord | None:
        """The record of the trouble that is called so at epoch second `at`, or None."""
        found = self._read(identity, at)
        return found[0] if found else None

    def note(self, note: Note) -> bool:
        """Put the note on its record; False when there is none to put it on. Raises StateConflict
        when somebody else wrote the record meanwhile."""
        found = self._read(note.id, note.entry.at)
        if found is None and not note.rule:
            return False
        record, version, month = found or (None, 0, month_of(note.id, note.started_at))
        after = noted(record, note)
        if after == record:
            return True
        item = {
            **_key(f"incident#{month}", note.id),
            "record": {"S": msgspec.json.encode(after).decode()},
            "version": {"N": str(version + 1)},
            "expires_at": _expiry(self._clock, KEPT_DAYS),
        }
        _put_over(self._client, self._table, item, version)
        return True

    def since(self, start: int, until: int) -> list[IncidentRecord]:
        """The records of troubles that began from `start` to `until` (epoch seconds), newest first."""
        records: list[IncidentRecord] = []
        for month in _months(start, until):
            records += self._of_month(month)
        found = [record for record in records if start <= record.started_at <= until]
        return sorted(found, key=lambda record: (record.started_at, record.id), reverse=True)

    def _read(self, identity: str, at: int) -> tuple[IncidentRecord, int, str] | None:
        """The record with its version and its month; of a year before, where this has none."""
        for month in (month_of(identity, at), month_of(identity, at - _YEAR)):
            with calling(f"read the record of {identity}"):
                answer = self._client.get_item(
                    TableName=self._table,
                    Key=_key(f"incident#{month}", identity),
                    ConsistentRead=True,
                )
            item = answer.get("Item")
            if item is not None:
                record = msgspec.json.decode(item["record"]["S"], type=IncidentRecord)
                return record, int(item["version"]["N"]), month
        return None

    def _of_month(self, month: str) -> Iterator[IncidentRecord]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"incident#{month}"}},
        }
        while True:
            with calling(f"read the records of {month}"):
                answer = self._client.query(**request, ConsistentRead=True)
            for item in answer["Items"]:
                yield msgspec.json.decode(item["record"]["S"], type=IncidentRecord)
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


_YEAR: Final = 366 * 86_400


def _months(start: int, until: int) -> list[str]:
    """`2026-11`, …: the months from epoch second `start` to `until`, the newest first."""
    first, last = (datetime.fromtimestamp(at, UTC) for at in (start, until))
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in reversed(numbers)]


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _expiry(clock: Clock, days: int) -> dict[str, str]:
    return {"N": str(int(clock()) + days * 86_400)}


def _put_over(client: Any, table: str, item: dict[str, Any], version: int) -> None:
    """Put the item if the stored one is of `version`; 0 means that there is none."""
    condition: dict[str, Any] = (
        {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
        if version
        else {"ConditionExpression": "attribute_not_exists(pk)"}
    )
    what = f"{item['pk']['S']} {item['sk']['S']}"
    try:
        with calling(f"write {what}"):
            client.put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        raise _conflict(error, f"{what} is no longer at version {version}") from error


def _conflict(error: ClientError, message: str) -> Exception:
    if error_code(error) == "ConditionalCheckFailedException":
        return StateConflict(message)
    return error


_REMEMBERED_AS: Final = {TRIGGER: "begun_at", RESOLVE: "over_at"}


class ChannelThreads:
    """What a channel was told of each thread; the pk is the channel's name, the sk the thread."""

    def __init__(self, client: Any, table: str, channel: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._channel = channel
        self._clock = clock

    def recall(self, thread: str) -> Told:
        """An empty Told for a thread never told. Raises Transient."""
        with calling(f"read what {self._channel} was told"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(self._channel, thread), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Told()
        return Told(
            marks=frozenset(item["marks"]["SS"]),
            begun=int(item.get("begun_at", {"N": "0"})["N"]),
            over=int(item.get("over_at", {"N": "0"})["N"]),
            root=item.get("root", {"S": ""})["S"],
        )

    def remember(self, page: Page, root: str = "") -> None:
        """That the page was told; `root` names the post that began the thread, the first one stays.

        One update, so that of two deliveries at once none forgets the other. Raises Transient.
        """
        changes = ["expires_at = :expires_at"]
        values = {":mark": {"SS": [mark(page)]}, ":expires_at": _expiry(self._clock, THREAD_DAYS)}
        if page.kind in _REMEMBERED_AS:
            changes.append(f"{_REMEMBERED_AS[page.kind]} = :at")
            values[":at"] = {"N": str(page.at)}
        if root:
            changes.append("root = if_not_exists(root, :root)")
            values[":root"] = {"S": root}
        with calling(f"store what {self._channel} was told"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(self._channel, page.thread),
                UpdateExpression=f"ADD marks :mark SET {', '.join(changes)}",
                ExpressionAttributeValues=values,
            )
