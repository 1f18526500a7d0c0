"""What a mute held back is bounded, at its worst, and listed for a week."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from functions.core.paging.desk import Desk, decode
from functions.core.paging.muting import (
    LISTED_SECONDS,
    MOST_MUTED,
    MOST_MUTES,
    Muted,
    Muting,
    added,
    due,
    ended,
    in_effect,
    muted_incident,
    with_trouble,
    worst_first,
)
from functions.core.troubles.mutes import Mute, MuteEnd, mute_id
from tests.builders import NOW, change, incident

HOUR = 3600
MUTE = Mute("MU-1120-1343-4f2", "issuer=HDFC", NOW, NOW + HOUR, "asha", "maintenance")
TROUBLE = Muted("PW-1120-1343-4f2", "warning", 60.0, "WARNING: 3 %", NOW + 60)


def another(number: int) -> Mute:
    return replace(MUTE, id=mute_id(str(number), "asha", NOW + 60 * number))


def test_a_mute_is_in_effect_from_its_beginning_until_its_end() -> None:
    mutes = {MUTE.id: Muting(MUTE)}
    times = (NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR)
    assert [bool(list(in_effect(mutes, at))) for at in times] == [False, True, True, False]
    assert not list(in_effect(ended(mutes, MUTE.id, NOW + 1, "asha"), NOW + 2))


def test_an_end_is_due_once() -> None:
    mutes = {MUTE.id: Muting(MUTE)}
    assert due(mutes, NOW + HOUR - 1) == []
    assert due(mutes, NOW + HOUR) == [MuteEnd(MUTE.id)]
    assert due(ended(mutes, MUTE.id, NOW + HOUR, ""), NOW + HOUR) == []


def test_a_trouble_is_kept_once_at_its_worst_with_its_end() -> None:
    worse = replace(TROUBLE, severity="critical", score=90.0, headline="CRITICAL: 60 %")
    muting = with_trouble(Muting(MUTE), TROUBLE, is_new=True)
    muting = with_trouble(muting, worse, is_new=False)
    muting = with_trouble(muting, replace(TROUBLE, closed_at=NOW + 90), is_new=False)
    assert muting.muted == (replace(worse, closed_at=NOW + 90),)
    assert muting.count == 1


def test_what_there_is_no_room_for_is_counted_once() -> None:
    muting = Muting(MUTE)
    for number in range(MOST_MUTED + 2):
        for is_new in (True, False):
            found = replace(TROUBLE, id=f"PW-{number}")
            muting = with_trouble(muting, found, is_new=is_new)
    assert (len(muting.muted), muting.count) == (MOST_MUTED, MOST_MUTED + 2)


def test_the_worst_comes_first() -> None:
    critical = replace(TROUBLE, id="b", severity="critical", score=76.0)
    muting = Muting(MUTE, (TROUBLE, critical, replace(TROUBLE, id="c", score=70.0)))
    assert [one.id for one in worst_first(muting)] == ["b", "c", TROUBLE.id]


def test_an_incident_is_kept_by_its_worst_figures_and_when_it_began() -> None:
    found = muted_incident(incident(again=1, back_at=NOW + 9), "x")
    assert found == Muted(incident().id, "critical", 98.75, "x", NOW + 9)


def test_there_is_room_for_so_many_mutes_and_those_that_are_over_make_it() -> None:
    mutes: dict[str, Muting] = {}
    for number in range(MOST_MUTES + 1):
        mutes = added(mutes, another(number), NOW)
    assert len(mutes) == MOST_MUTES
    mutes = ended(mutes, another(3).id, NOW + 9, "asha")
    mutes = added(mutes, another(MOST_MUTES), NOW + 10)
    assert another(MOST_MUTES).id in mutes
    assert another(3).id not in mutes
    assert len(mutes) == MOST_MUTES


def test_a_mute_that_is_over_is_listed_for_a_week() -> None:
    over = ended({MUTE.id: Muting(MUTE)}, MUTE.id, NOW, "asha")
    assert MUTE.id in added(over, another(1), NOW + LISTED_SECONDS - 1)
    assert MUTE.id not in added(over, another(1), NOW + LISTED_SECONDS)


def test_a_name_is_given_once() -> None:
    first = {MUTE.id: Muting(MUTE)}
    assert added(first, replace(MUTE, until=NOW + 9), NOW) == first


def test_a_desk_full_of_mutes_is_a_small_item_and_comes_back_from_its_text() -> None:
    """DynamoDB takes 400 KB an item."""
    muting = Muting(MUTE, alarms=(change(),))
    for number in range(MOST_MUTED):
        found = Muted(f"PW-1120-1343-{number:03}", "critical", 98.7512, "x" * 500, NOW, NOW)
        muting = with_trouble(muting, found, is_new=True)
    desk = Desk(mutes={another(n).id: replace(muting, mute=another(n)) for n in range(MOST_MUTES)})
    text = msgspec.json.encode(desk).decode()
    assert len(text) < 200_000
    assert decode(text) == (desk, ())


def test_a_desk_of_the_release_before_has_no_mutes() -> None:
    assert decode('{"taken": {"k": 1}}') == (Desk({"k": 1}), ())
