"""What a mute covers is noted and told to nobody; everything else is told as ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from functions.core.paging.desk import Desk
from functions.core.paging.muted import HELD, held_words
from functions.core.paging.page import RESOLVE, TRIGGER, Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import AGAIN, CLOSED, WORSE, Incident
from functions.core.troubles.mutes import Mute, MuteEnd
from functions.core.troubles.record import Note
from tests.builders import NOW, announcement, change, incident
from tests.core.paging.hearing import MANNERS

HOUR = 3600
MUTE = Mute("MU-1120-1343-4f2", "issuer=HDFC", NOW - 60, NOW + HOUR, "asha", "HDFC maintenance")
ALL = replace(MUTE, slice="")
WIDER = announcement(WORSE, slice="", severity="critical")
SUSPECT = incident(announced="", detected_at=0)
CLOSE = announcement(CLOSED, closed_at=NOW + 60)


def hear(
    *messages: Message,
    desk: Desk | None = None,
    knows: Sequence[Incident] = (),
    quiet: int = 0,
    now: int = NOW,
) -> tuple[Desk, list[Page], list[Note]]:
    """The desk, the pages and the notes after the messages; `knows`: what detect knows."""
    after, before = desk or Desk(), len(desk.outbox) if desk else 0
    head = Head(clock=now - quiet, incidents=tuple(knows))
    for message in messages:
        after = take(after, message, head, now, MANNERS)
    added = after.outbox[before:]
    pages = [item.page for item in added if item.page is not None]
    return after, pages, [note for item in added for note in item.notes]


@pytest.mark.parametrize("transition", ["opened", WORSE, AGAIN, "narrowed"])
def test_what_a_mute_covers_is_noted_with_who_muted_it_and_paged_to_nobody(transition: str) -> None:
    desk, pages, notes = hear(MUTE, announcement(transition))
    assert pages == []
    [note] = notes
    assert note.entry.text.endswith("(held back: muted by asha, HDFC maintenance)")
    assert not note.entry.paged
    assert note.incident == incident()
    assert desk.threads == {}


@pytest.mark.parametrize("key", ["", "network=VISA", "issuer=ICICI", "gateway=payu"])
def test_another_slice_and_a_wider_one_are_paged(key: str) -> None:
    assert len(hear(MUTE, announcement(slice=key))[1]) == 1


@pytest.mark.parametrize("now", [MUTE.since - 1, MUTE.until])
def test_before_and_after_the_mute_it_is_paged(now: int) -> None:
    desk = hear(MUTE)[0]
    assert len(hear(announcement(), desk=desk, now=now)[1]) == 1


def test_the_end_of_what_nobody_heard_of_is_told_to_nobody() -> None:
    desk, pages, notes = hear(MUTE, announcement(), CLOSE)
    assert pages == []
    assert [note.entry.what for note in notes] == ["opened", "closed"]
    assert desk.mutes[MUTE.id].muted[0].closed_at == NOW + 60


def test_an_end_that_comes_after_the_mute_is_told_to_nobody_either() -> None:
    desk = hear(MUTE, announcement())[0]
    desk, pages, _ = hear(MuteEnd(MUTE.id), CLOSE, desk=desk, now=MUTE.until)
    assert [page.thread for page in pages] == [MUTE.id]


def test_the_end_of_what_people_were_told_of_before_is_told() -> None:
    desk, pages, _ = hear(announcement())
    assert len(pages) == 1
    _, pages, _ = hear(MUTE, announcement(WORSE, slice="issuer=HDFC"), CLOSE, desk=desk)
    assert [page.kind for page in pages] == [RESOLVE]


def test_what_reaches_further_than_the_mute_is_told_as_a_beginning_with_the_mute() -> None:
    _, pages, _ = hear(MUTE, announcement(), WIDER)
    [page] = pages
    assert page.kind == TRIGGER
    assert (HELD, "muted by asha, HDFC maintenance") in page.facts


def test_what_was_not_held_back_says_nothing_of_mutes() -> None:
    [page] = hear(MUTE, announcement(slice=""))[1]
    assert HELD not in dict(page.facts)


def test_a_wave_of_customers_is_recorded_as_ever() -> None:
    wave = announcement(severity="info", signal="customer", score=40.0, causes={"customer": 9})
    desk, pages, [note] = hear(ALL, wave)
    assert pages == []
    assert "held back" not in note.entry.text
    assert desk.mutes[MUTE.id].count == 0


def test_an_alarm_that_shows_a_muted_suspect_is_held_back_and_noted() -> None:
    desk, pages, [note] = hear(MUTE, change(), knows=[SUSPECT])
    assert pages == []
    assert note.rule == "FailureRate-critical"
    assert note.entry.text.endswith(f"({held_words(MUTE)})")
    assert [red.alarm.name for red in desk.mutes[MUTE.id].alarms] == ["FailureRate-critical"]


def test_an_alarm_that_shows_a_muted_incident_joins_it_without_a_word() -> None:
    desk, pages, notes = hear(MUTE, announcement(), change(), knows=[incident()])
    assert pages == []
    assert [(note.id, note.entry.what) for note in notes] == [
        (incident().id, "opened"),
        (incident().id, "alarm"),
    ]
    assert desk.mutes[MUTE.id].alarms == ()


def test_an_alarm_that_comes_soon_after_a_muted_incident_is_over_is_held_back() -> None:
    late, later = change(at=NOW + 60 + 299), change(at=NOW + 60 + 300)
    assert hear(MUTE, announcement(), CLOSE, late)[1] == []
    assert len(hear(MUTE, announcement(), CLOSE, later)[1]) == 1


def test_an_alarm_that_may_show_something_else_is_told() -> None:
    other = incident(id="PW-1120-1343-aaa", slice="issuer=ICICI", announced="", detected_at=0)
    assert len(hear(MUTE, change(), knows=[SUSPECT, other])[1]) == 1
    assert len(hear(MUTE, change())[1]) == 1


def test_an_alarm_is_told_when_detect_is_down_unless_all_traffic_is_muted() -> None:
    assert len(hear(MUTE, change(), knows=[SUSPECT], quiet=91)[1]) == 1
    assert hear(ALL, change(), change("NoTraffic"), quiet=91)[1] == []


@pytest.mark.parametrize("name", ["EventLag", "tally-errors", "ParkedNew"])
def test_alarms_on_the_pipeline_are_told_whatever_is_muted(name: str) -> None:
    assert len(hear(ALL, change(name), knows=[SUSPECT])[1]) == 1


def test_an_alarm_that_was_held_back_is_green_without_a_word_and_over_on_its_record() -> None:
    green = change(state="OK", at=NOW + 300)
    desk, pages, notes = hear(MUTE, change(), green, knows=[SUSPECT])
    assert pages == []
    assert [note.entry.what for note in notes] == ["alarm", "over"]
    assert len({note.id for note in notes}) == 1
    assert desk.mutes[MUTE.id].alarms == ()
    assert desk.mutes[MUTE.id].muted[0].closed_at == NOW + 300


def test_an_alarm_that_was_told_before_the_mute_is_told_to_be_green() -> None:
    desk = hear(change())[0]
    _, pages, _ = hear(MUTE, change(state="OK", at=NOW + 300), desk=desk)
    assert [page.kind for page in pages] == [RESOLVE]
