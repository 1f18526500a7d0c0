"""What another release stored: the rest is gone on with, and what cannot be read is logged."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.items import say_lost
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.core.detection.state import Rules, head, initial
from functions.core.detection.step import step
from functions.core.paging.desk import Desk
from functions.core.paging.record_notes import incident_note
from functions.core.troubles.head import Head
from functions.core.troubles.incident import OPENED, WORSE, spoken_id
from functions.core.troubles.record import Note
from tests.builders import NOW, announcement, approved, partial

TABLE = "paywatch-dev-state"
NAME = spoken_id("x", NOW)


def rewrite(dynamodb: Any, attribute: str, **fields: Any) -> None:
    """Makes the one stored item that has the attribute that of another release."""
    [item] = [i for i in dynamodb.scan(TableName=TABLE)["Items"] if attribute in i]
    stored = json.loads(item[attribute]["S"])
    item[attribute] = {"S": json.dumps({**stored, **fields})}
    dynamodb.put_item(TableName=TABLE, Item=item)


def note(transition: str) -> Note:
    told = announcement(transition, id=NAME, started_at=NOW)
    return incident_note(told, "", NAME, paged=False)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.message for line in caplog.records if line.levelname == "ERROR"]


def test_a_desk_is_read_without_what_cannot_be_and_written_over(
    dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desks = Desks(dynamodb, TABLE)
    desks.write(Desk({"k": NOW}), 0)
    assert desks.read() == (Desk({"k": NOW}), 1)
    assert errors(caplog) == []
    rewrite(dynamodb, "desk", threads=[{"newer": 1}])
    assert desks.read() == (Desk({"k": NOW}), 1)
    said = "notify's desk was stored by another release; gone on without its threads"
    assert errors(caplog) == [said]
    assert desks.write(Desk(), 1) == 2


def test_a_head_is_read_without_what_cannot_be(
    dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    state, delta = step(initial(Rules()), [partial(1, approved(NOW))], Rules())
    Journal(dynamodb, TABLE).append(delta, state)
    rewrite(dynamodb, "head", incidents=[{"newer": 1}], excused=["failed"], score="high")
    assert Heads(dynamodb, TABLE).head() == msgspec.structs.replace(
        head(state), excused=("failed",), score=Head().score
    )
    said = "detect's head was stored by another release; gone on without its score, incidents"
    assert errors(caplog) == [said]


def test_a_record_goes_on_without_what_cannot_be_read(
    dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    records = TroubleRecords(dynamodb, TABLE, clock=lambda: NOW)
    records.note(note(OPENED))
    rewrite(dynamodb, "record", incident={"newer": 1})
    assert records.note(note(WORSE))
    [record] = records.since(NOW, NOW)
    assert [entry.what for entry in record.entries] == [OPENED, WORSE]
    assert record.incident == note(WORSE).incident
    said = f"the record of {NAME} was stored by another release; gone on without its incident"
    assert errors(caplog) == [said]


def test_a_record_of_which_too_little_can_be_read_stays_as_it_is(
    dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    records = TroubleRecords(dynamodb, TABLE, clock=lambda: NOW)
    records.note(note(OPENED))
    rewrite(dynamodb, "record", title=7)
    before = dynamodb.scan(TableName=TABLE)["Items"]
    assert records.note(note(WORSE)), "nobody waits for it"
    assert records.since(NOW, NOW) == []
    assert dynamodb.scan(TableName=TABLE)["Items"] == before
    assert [NAME in said for said in errors(caplog)] == [True, True]


def test_where_nothing_is_lost_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    say_lost("notify's desk", ())
    assert errors(caplog) == []
