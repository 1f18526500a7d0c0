"""The state table: every write is conditional, and what is read is what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.ledgers import Ledgers
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.core.counting.ledger import Ledger
from functions.core.errors import StateConflict
from functions.core.paging.desk import Desk, Manners
from functions.core.paging.record_notes import incident_note, response_note
from functions.core.paging.take import take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import OPENED, WORSE, spoken_id
from functions.core.troubles.record import KEPT_DAYS, Note
from functions.core.troubles.response import Rating
from tests.builders import (
    DASHBOARD,
    FIRST_SEQUENCE,
    NOW,
    SHARD,
    announcement,
    change,
)

TABLE = "paywatch-dev-state"


@pytest.fixture
def ledgers(dynamodb: Any) -> Ledgers:
    return Ledgers(dynamodb, TABLE, clock=lambda: NOW)


@pytest.fixture
def desks(dynamodb: Any) -> Desks:
    return Desks(dynamodb, TABLE)


def test_a_shard_never_seen_has_an_empty_ledger(ledgers: Ledgers) -> None:
    assert ledgers.read(SHARD) == Ledger()


def test_a_ledger_comes_back_with_every_digit_of_its_boundaries(ledgers: Ledgers) -> None:
    ledger = Ledger(1, (FIRST_SEQUENCE, FIRST_SEQUENCE + 1, 10**128 + 7))
    ledgers.write(SHARD, ledger)
    assert ledgers.read(SHARD) == ledger
    assert ledgers.read("shardId-9") == Ledger()


@pytest.mark.parametrize("version", [1, 3])
def test_a_ledger_is_written_over_the_version_before_it_alone(
    ledgers: Ledgers, version: int
) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    with pytest.raises(StateConflict):
        ledgers.write(SHARD, Ledger(version, (6,)))
    assert ledgers.read(SHARD) == Ledger(1, (5,))


def test_the_next_version_of_a_ledger_is_written(ledgers: Ledgers) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    ledgers.write(SHARD, Ledger(2, (5, 6)))
    assert ledgers.read(SHARD) == Ledger(2, (5, 6))


def test_what_is_stored_of_a_shard_expires(ledgers: Ledgers, dynamodb: Any) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == NOW + 30 * 86_400


def test_a_desk_never_written_is_empty(desks: Desks) -> None:
    assert desks.read() == (Desk(), 0)


def test_a_desk_comes_back_as_it_was_written(desks: Desks) -> None:
    desk = Desk()
    for message in (announcement(), change("tally-errors")):
        desk = take(desk, message, Head(), NOW, Manners(DASHBOARD))
    assert desks.write(desk, 0) == 1
    assert desks.read() == (desk, 1)


def test_a_desk_that_somebody_else_wrote_is_not_written_over(desks: Desks) -> None:
    desks.write(Desk(), 0)
    for stale in (0, 5):
        with pytest.raises(StateConflict):
            desks.write(Desk({"mine": 1}), stale)
    assert desks.read() == (Desk(), 1)


DAY = 86_400


@pytest.fixture
def records(dynamodb: Any) -> TroubleRecords:
    return TroubleRecords(dynamodb, TABLE, clock=lambda: NOW)


def opened(days_ago: int = 0, transition: str = OPENED) -> Note:
    began = NOW - days_ago * DAY
    name = spoken_id("x", began)
    told = announcement(transition, id=name, started_at=began, updated_at=began)
    return incident_note(told, "CRITICAL: payments fail", name, paged=False)


def test_a_record_grows_by_notes_and_is_found_by_its_name(records: TroubleRecords) -> None:
    note = opened()
    assert records.note(note)
    assert records.note(opened(transition=WORSE))
    found = records.read(note.id, NOW + DAY)
    assert found is not None
    assert [entry.what for entry in found.entries] == [OPENED, WORSE]
    assert found.incident == note.incident


def test_a_note_that_comes_again_writes_nothing(records: TroubleRecords, dynamodb: Any) -> None:
    for _ in range(2):
        records.note(opened())
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["version"] == {"N": "1"}


def test_a_record_is_found_for_more_than_a_year(records: TroubleRecords) -> None:
    note = opened()
    records.note(note)
    for days in (0, 1, 200, 364, 366, 399):
        assert records.read(note.id, NOW + days * DAY) is not None, days


def test_a_trouble_that_began_just_after_the_clocks_midnight_has_one_record(
    records: TroubleRecords,
) -> None:
    began = NOW - NOW % DAY + DAY
    told = announcement(OPENED, id=spoken_id("x", began), started_at=began, updated_at=began - 30)
    for transition in (OPENED, WORSE):
        message = msgspec.structs.replace(told, transition=transition)
        note = incident_note(message, "CRITICAL: payments fail", told.incident.id, paged=False)
        assert records.note(note)
    found = records.read(told.incident.id, began - 30)
    assert found is not None
    assert len(found.entries) == 2


def test_a_record_is_kept_for_four_hundred_days_after_its_last_note(
    records: TroubleRecords, dynamodb: Any
) -> None:
    records.note(opened())
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(NOW + KEPT_DAYS * DAY)}


def test_a_response_to_what_has_no_record_writes_nothing(
    records: TroubleRecords, dynamodb: Any
) -> None:
    assert not records.note(response_note(Rating("PW-1120-1343-4f2", "noise", "asha", NOW)))
    assert dynamodb.scan(TableName=TABLE)["Items"] == []


def test_a_response_finds_the_record_of_a_trouble_that_began_in_another_month(
    records: TroubleRecords,
) -> None:
    note = opened(days_ago=45)
    records.note(note)
    assert records.note(response_note(Rating(note.id, "noise", "asha", NOW)))
    found = records.read(note.id, NOW)
    assert found is not None
    assert found.rating == "noise"


def test_the_records_since_a_day_come_newest_first(records: TroubleRecords) -> None:
    for days in (0, 3, 40, 100):
        records.note(opened(days))
    found = records.since(NOW - 60 * DAY, NOW)
    assert [(NOW - record.started_at) // DAY for record in found] == [0, 3, 40]


def test_of_two_writers_of_a_record_one_is_told(records: TroubleRecords, dynamodb: Any) -> None:
    @dataclass
    class Racing:
        """Lets somebody else write between a read and the write after it."""

        client: Any
        meanwhile: Note | None = None

        def __getattr__(self, name: str) -> Any:
            if name == "put_item" and self.meanwhile is not None:
                note, self.meanwhile = self.meanwhile, None
                assert records.note(note)
            return getattr(self.client, name)

    racing = TroubleRecords(Racing(dynamodb, opened(transition=WORSE)), TABLE, clock=lambda: NOW)
    with pytest.raises(StateConflict):
        racing.note(opened())
    assert racing.note(opened())
    found = records.read(opened().id, NOW)
    assert found is not None
    assert [entry.what for entry in found.entries] == [WORSE, OPENED]
