"""`paywatch mute`, `mutes` and `unmute`: they go over the alarms topic, and notify is waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.markers import Markers
from functions.core.errors import PaywatchError
from functions.core.paging.desk import Desk
from functions.core.paging.muting import MOST_MUTES, Muted, Muting
from functions.core.paging.take import take
from functions.core.troubles.head import Head
from functions.core.troubles.mutes import Mute, Unmute, mute_id
from ops.cli import app
from ops.deployment import Board
from ops.mutes import TAKEN_SECONDS, as_line, muted, read_mute, shown, unmuted
from tests.builders import NOW
from tests.core.paging.hearing import MANNERS
from tests.state_table import TABLE

HOUR = 3600
MUTE = Mute(
    mute_id("issuer=HDFC", "asha", NOW), "issuer=HDFC", NOW, NOW + 2 * HOUR, "asha", "maintenance"
)


class Phoned:
    """An alarms topic whose words notify takes at once; or never."""

    def __init__(self, desks: Desks, *, hears: bool) -> None:
        self.desks, self.hears = desks, hears

    def say(self, word: Mute | Unmute) -> None:
        if self.hears:
            desk, version = self.desks.read()
            self.desks.write(take(desk, word, Head(), NOW, MANNERS), version)


def board(table: Any, *, hears: bool = True) -> Board:
    desks = Desks(table, TABLE)
    topic: Any = Phoned(desks, hears=hears)
    return Board(Markers(table, TABLE), desks, topic)


def _never(_: float) -> None:
    raise AssertionError("it need not wait")


def read(**given: Any) -> Mute:
    whole = {
        "place": "issuer=hdfc",
        "since": "now",
        "until": None,
        "length": "2h",
        "zone": "",
        "by": "asha",
        "reason": "maintenance",
        "now": NOW,
        **given,
    }
    return read_mute(**whole)


def test_what_is_typed_becomes_a_mute() -> None:
    assert read() == MUTE
    assert read(length=None, until="15:43") == MUTE
    assert read(length=None, until="21:13", zone="Asia/Kolkata") == MUTE
    assert read(since="13:43", length=None, until="2025-11-20T15:43Z") == MUTE


def test_an_end_before_the_beginning_of_the_day_is_tomorrows() -> None:
    night = read(since="23:00", length=None, until="01:00")
    assert night.until - night.since == 2 * HOUR


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"length": None}, "say until when: --to TIME, or --for LENGTH"),
        ({"until": "15:00"}, "say until when: --to TIME, or --for LENGTH"),
        ({"length": "8d"}, r"a week at most.*from 13:43:00 UTC, Thu 20 Nov until 13:43:00 UTC"),
        ({"length": "soon"}, "--for 'soon' is no length of time: want 90m"),
        ({"since": "2h ago", "length": "1h"}, "would be over already"),
        ({"length": None, "until": "2025-11-20T10:00Z"}, "must end after it begins"),
        ({"since": "in 31 days"}, "begins within 30 days"),
        ({"since": "later"}, "--from 'later' is no time: want now"),
        ({"place": "bank=HDFC"}, "dimensions: region, device, method"),
        ({"reason": " "}, "needs a reason"),
    ],
)
def test_what_is_typed_wrong_is_told_with_what_to_type(given: dict[str, Any], why: str) -> None:
    with pytest.raises(PaywatchError, match=why):
        read(**given)


def test_a_mute_is_known_before_the_command_ends(table: Any) -> None:
    words = muted(board(table), MUTE, NOW, "Asia/Kolkata", pause=_never)
    assert words.startswith(
        f"{MUTE.id}: issuer HDFC is muted from now on until 15:43:00 UTC, Thu 20 Nov (21:13, Thu 20"
        " Nov in Asia/Kolkata) (asha: maintenance)\n"
    )
    assert f"paywatch unmute {MUTE.id}" in words
    assert Desks(table, TABLE).read()[0].mutes == {MUTE.id: Muting(MUTE)}


def test_one_that_begins_later_says_when(table: Any) -> None:
    later = replace(MUTE, since=NOW + HOUR)
    assert "is muted from 14:43:00 UTC" in muted(board(table), later, NOW, pause=_never)


def test_a_mute_that_nobody_takes_is_said_to_be_on_its_way(table: Any) -> None:
    pauses: list[float] = []
    words = muted(board(table, hears=False), MUTE, NOW, pause=pauses.append)
    assert "see whether notify works" in words
    assert sum(pauses) == TAKEN_SECONDS


def test_too_many_mutes_are_refused(table: Any) -> None:
    many = (replace(MUTE, id=mute_id(f"{n}", "asha", NOW + 60 * n)) for n in range(MOST_MUTES))
    Desks(table, TABLE).write(Desk(mutes={one.id: Muting(one) for one in many}), 0)
    with pytest.raises(PaywatchError, match=f"there are {MOST_MUTES} mutes already"):
        muted(board(table), MUTE, NOW, pause=_never)


def test_a_mute_is_ended_and_what_was_held_back_is_said(table: Any) -> None:
    held = Muted("PW-1120-1343-4f2", "critical", 90.0, "x", NOW)
    Desks(table, TABLE).write(Desk(mutes={MUTE.id: Muting(MUTE, (held,))}), 0)
    name = MUTE.id.lower()
    words = unmuted(board(table), f" {name} ", "ravi", NOW + 60, pause=_never)
    assert words == (
        f"{MUTE.id} is over, issuer HDFC is paged again; 1 trouble held back: it is told"
    )
    desk, _ = Desks(table, TABLE).read()
    assert desk.mutes[MUTE.id].ended_by == "ravi"
    with pytest.raises(PaywatchError, match=f"{MUTE.id} is over already, since 13:43:00 UTC"):
        unmuted(board(table), MUTE.id, "ravi", NOW + 90, pause=_never)


@pytest.mark.parametrize("name", ["MU-1120-1343-fff", "all", "", "PW-1120-1343-4f2"])
def test_a_name_that_no_mute_has_is_told_with_what_to_do(table: Any, name: str) -> None:
    with pytest.raises(PaywatchError, match="`paywatch mutes` lists them"):
        unmuted(board(table), name, "asha", NOW, pause=_never)


def test_a_mute_is_listed_with_where_it_stands() -> None:
    held = Muted("PW-1120-1343-4f2", "critical", 90.0, "x", NOW)
    assert shown(Muting(MUTE, (held,)), NOW, "") == (
        f"{MUTE.id}  in effect  issuer HDFC, from 13:43:00 UTC, Thu 20 Nov until 15:43:00 UTC, Thu 20"
        " Nov\n    asha: maintenance; 1 trouble held back"
    )
    assert "  scheduled  " in shown(Muting(MUTE), NOW - 1, "")
    over = shown(Muting(MUTE, ended_at=NOW + 60, ended_by="ravi"), NOW + 90, "")
    assert "  over  " in " ".join(over.split(" "))
    assert "until 13:44:00 UTC, Thu 20 Nov, ended by ravi" in over


def test_a_mute_is_printed_as_json() -> None:
    assert json.loads(as_line(Muting(MUTE), NOW)) == {
        "id": MUTE.id,
        "state": "in effect",
        "slice": "issuer=HDFC",
        "since": NOW,
        "until": NOW + 2 * HOUR,
        "by": "asha",
        "reason": "maintenance",
        "held_back": 0,
        "ended_at": None,
        "ended_by": None,
    }


def test_a_wrong_use_is_told_before_aws_is_asked() -> None:
    result = CliRunner().invoke(
        app, ["mute", "--slice", "issuer=HDFC", "--for", "8d", "--reason", "x", "--by", "asha"]
    )
    assert isinstance(result.exception, PaywatchError)
    assert "a week at most" in str(result.exception)
