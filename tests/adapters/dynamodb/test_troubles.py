"""The records of troubles: a note is taken once, and every write is conditional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.core.errors import StateConflict
from functions.core.paging.record_notes import incident_note, response_note
from functions.core.troubles.incident import OPENED, WORSE, spoken_id
from functions.core.troubles.record import KEPT_DAYS, Note
from functions.core.troubles.response import Rating
from tests.builders import NOW, announcement

TABLE = "paywatch-dev-state"
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
