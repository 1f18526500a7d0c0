"""The state table: every write is conditional, and what is read is what was written."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.records import Records
from functions.core.counting.window import merge_into
from functions.core.detection.journal import LARGEST_CHUNK, Head
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import Delta, replay, step
from functions.core.errors import StateConflict
from functions.core.paging.record_notes import incident_note, response_note
from functions.core.troubles.incident import OPENED, WORSE, spoken_id
from functions.core.troubles.record import KEPT_DAYS, Note
from functions.core.troubles.response import Rating
from tests.builders import (
    NOW,
    announcement,
    approved,
    counts,
    partial,
    tally,
)

TABLE = "paywatch-dev-state"
RULES = Rules()
START = initial(RULES)


@pytest.fixture
def journal(dynamodb: Any) -> Journal:
    return Journal(dynamodb, TABLE, clock=lambda: NOW)


def write_steps(journal: Journal, state: State, numbers: range) -> State:
    """So many steps with a payment each, stored."""
    for number in numbers:
        state, delta = step(state, [partial(number, approved(NOW + number), NOW + number)], RULES)
        journal.append(delta, state)
    return state


def test_a_journal_without_steps_gives_the_initial_state(journal: Journal) -> None:
    assert journal.load(START, RULES) == START
    assert journal.head() == Head()


def test_the_state_is_what_the_steps_made_of_it(journal: Journal) -> None:
    state = write_steps(journal, START, range(1, 6))
    assert journal.load(START, RULES) == state
    assert journal.head().payments == 5


def test_a_step_is_stored_once(journal: Journal) -> None:
    state = write_steps(journal, START, range(1, 3))
    _, delta = step(state, [], RULES)
    journal.append(delta, state)
    with pytest.raises(StateConflict):
        journal.append(delta, state)


def test_the_state_is_the_snapshot_and_the_steps_after_it(journal: Journal, dynamodb: Any) -> None:
    state = write_steps(journal, START, range(1, 4))
    journal.write_snapshot(state)
    for version in (1, 2, 3):
        key = {"pk": {"S": "detect"}, "sk": {"S": f"delta#{version:012d}"}}
        dynamodb.delete_item(TableName=TABLE, Key=key)
    state = write_steps(journal, state, range(4, 6))
    assert journal.load(START, RULES) == state


def snapshot_keys(dynamodb: Any) -> list[dict[str, Any]]:
    items = dynamodb.scan(TableName=TABLE)["Items"]
    keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items if "piece" in item]
    return sorted(keys, key=lambda key: str(key["sk"]["S"]))


def random_state(journal: Journal, size: int) -> State:
    """A state whose snapshot takes more than one piece, since it does not compress."""
    drawn = random.Random(size)
    state, delta = step(START, [partial(1, approved(NOW))], RULES)
    journal.append(delta, state)
    slices = {drawn.randbytes(400).hex(): counts(approved=1) for _ in range(size)}
    window = merge_into(state.window, tally({NOW: slices}))
    return msgspec.structs.replace(state, window=window)


def test_a_large_snapshot_is_stored_in_pieces_and_comes_back_whole(
    journal: Journal, dynamodb: Any
) -> None:
    state = random_state(journal, 2 * LARGEST_CHUNK // 400)
    journal.write_snapshot(state)
    assert len(snapshot_keys(dynamodb)) > 1
    assert journal.load(START, RULES) == state


def test_a_snapshot_of_which_a_piece_is_missing_is_passed_over_for_an_older_one(
    journal: Journal, dynamodb: Any
) -> None:
    old = write_steps(journal, START, range(1, 4))
    journal.write_snapshot(old)
    state = write_steps(journal, old, range(4, 6))
    window = random_state(Journal(FakeTable(), TABLE), 2 * LARGEST_CHUNK // 400).window
    journal.write_snapshot(msgspec.structs.replace(state, window=window))
    dynamodb.delete_item(TableName=TABLE, Key=snapshot_keys(dynamodb)[-1])
    assert journal.load(START, RULES) == state


class FakeTable:
    """A table that takes everything and keeps nothing."""

    def put_item(self, **_: Any) -> None:
        pass


def test_more_steps_than_one_answer_of_dynamodb_holds_are_all_read(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, 12))
    assert Journal(Paged(dynamodb), TABLE).load(START, RULES) == state


@dataclass
class Paged:
    """A client whose queries answer three items at most, as DynamoDB does after 1 MB."""

    client: Any

    def query(self, **request: Any) -> Any:
        return self.client.query(**{**request, "Limit": min(request.get("Limit", 3), 3)})


def test_a_step_that_another_container_stores_during_the_load_is_not_lost(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, 4))
    interloper = Interloper(dynamodb, lambda: write_steps(journal, state, range(4, 6)))
    loaded = Journal(interloper, TABLE).load(START, RULES)
    assert loaded.totals.payments == 5
    assert loaded.positions == journal.load(START, RULES).positions


@dataclass
class Interloper:
    """A client during whose third query another container writes."""

    client: Any
    write: Any
    queries: int = 0

    def query(self, **request: Any) -> Any:
        self.queries += 1
        if self.queries == 3:
            self.write()
        return self.client.query(**request)


def test_steps_of_an_unknown_format_are_passed_over_and_their_version_is_kept(
    journal: Journal, dynamodb: Any
) -> None:
    before = write_steps(journal, START, range(1, 3))
    item = {
        "pk": {"S": "detect"},
        "sk": {"S": "delta#000000000003"},
        "delta": {"B": b"\xffnewer"},
        "head": {"S": "{}"},
    }
    dynamodb.put_item(TableName=TABLE, Item=item)
    assert journal.load(START, RULES) == msgspec.structs.replace(before, version=3)


def test_a_delta_comes_back_as_it_was_stored(journal: Journal, dynamodb: Any) -> None:
    _, delta = step(START, [partial(1, approved(NOW))], RULES)
    told = msgspec.structs.replace(delta, outbox=(announcement(),))
    journal.append(told, START)
    assert journal.load(START, RULES) == replay(START, told, RULES)
    assert isinstance(told, Delta)


DAY = 86_400


@pytest.fixture
def records(dynamodb: Any) -> Records:
    return Records(dynamodb, TABLE, clock=lambda: NOW)


def opened(days_ago: int = 0, transition: str = OPENED) -> Note:
    began = NOW - days_ago * DAY
    name = spoken_id("x", began)
    told = announcement(transition, id=name, started_at=began, updated_at=began)
    return incident_note(told, name, None)


def test_a_record_grows_by_notes_and_is_found_by_its_name(records: Records) -> None:
    note = opened()
    assert records.note(note)
    assert records.note(opened(transition=WORSE))
    found = records.read(note.id, NOW + DAY)
    assert found is not None
    assert [entry.what for entry in found.entries] == [OPENED, WORSE]
    assert found.incident == note.incident


def test_a_note_that_comes_again_writes_nothing(records: Records, dynamodb: Any) -> None:
    for _ in range(2):
        records.note(opened())
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["version"] == {"N": "1"}


def test_a_record_is_found_for_more_than_a_year(records: Records) -> None:
    note = opened()
    records.note(note)
    for days in (0, 1, 200, 364, 366, 399):
        assert records.read(note.id, NOW + days * DAY) is not None, days


def test_a_trouble_that_began_just_after_the_clocks_midnight_has_one_record(
    records: Records,
) -> None:
    began = NOW - NOW % DAY + DAY
    told = announcement(OPENED, id=spoken_id("x", began), started_at=began, updated_at=began - 30)
    for transition in (OPENED, WORSE):
        note = incident_note(
            msgspec.structs.replace(told, transition=transition), told.incident.id, None
        )
        assert records.note(note)
    found = records.read(told.incident.id, began - 30)
    assert found is not None
    assert len(found.entries) == 2


def test_a_record_is_kept_for_four_hundred_days_after_its_last_note(
    records: Records, dynamodb: Any
) -> None:
    records.note(opened())
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(NOW + KEPT_DAYS * DAY)}


def test_a_response_to_what_has_no_record_writes_nothing(records: Records, dynamodb: Any) -> None:
    assert not records.note(response_note(Rating("PW-1120-1343-4f2", "noise", "asha", NOW)))
    assert dynamodb.scan(TableName=TABLE)["Items"] == []


def test_a_response_finds_the_record_of_a_trouble_that_began_in_another_month(
    records: Records,
) -> None:
    note = opened(days_ago=45)
    records.note(note)
    assert records.note(response_note(Rating(note.id, "noise", "asha", NOW)))
    found = records.read(note.id, NOW)
    assert found is not None
    assert found.rating == "noise"


def test_the_records_since_a_day_come_newest_first(records: Records) -> None:
    for days in (0, 3, 40, 100):
        records.note(opened(days))
    found = records.since(NOW - 60 * DAY, NOW)
    assert [(NOW - record.started_at) // DAY for record in found] == [0, 3, 40]


def test_of_two_writers_of_a_record_one_is_told(records: Records, dynamodb: Any) -> None:
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

    racing = Records(Racing(dynamodb, opened(transition=WORSE)), TABLE, clock=lambda: NOW)
    with pytest.raises(StateConflict):
        racing.note(opened())
    assert racing.note(opened())
    found = records.read(opened().id, NOW)
    assert found is not None
    assert [entry.what for entry in found.entries] == [WORSE, OPENED]
