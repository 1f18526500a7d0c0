"""Each message is taken once, and becomes a page, a note, both, or nothing."""

from __future__ import annotations

from functions.core.counting.signals import RATES
from functions.core.paging.desk import MOST_REMEMBERED, REMEMBERED_SECONDS, Desk, sent
from functions.core.troubles.head import SILENCE
from functions.core.troubles.response import Acknowledgement, Rating
from tests.builders import NOW, announcement, change, incident
from tests.core.paging.hearing import CLOSE, CRITICAL, GREEN, RED, hear, pages


def test_a_message_that_comes_again_is_told_once() -> None:
    assert len(pages(announcement(), announcement(), RED, RED)) == 2


def test_an_alarm_on_a_rate_that_is_excused_here_is_silent() -> None:
    assert hear(Desk(), RED, CRITICAL, excused=["failed"])[1] == []


def test_an_alarm_on_another_rate_than_the_usual_one_is_told() -> None:
    assert len(hear(Desk(), RED, excused=["denied"])[1]) == 1


def test_a_silence_in_which_no_payment_was_to_be_expected_is_no_news() -> None:
    assert hear(Desk(), change("NoTraffic"), excused=[SILENCE])[1] == []
    assert len(hear(Desk(), change("NoTraffic"), excused=["failed"])[1]) == 1


def test_a_pipeline_alarm_is_told_whatever_is_excused() -> None:
    every = [*RATES, SILENCE]
    assert len(hear(Desk(), change("detect-errors"), excused=every)[1]) == 1


def test_what_detect_knew_to_be_usual_counts_for_nothing_when_it_is_down() -> None:
    assert hear(Desk(), RED, excused=["failed"], quiet=90)[1] == []
    assert len(hear(Desk(), RED, excused=["failed"], quiet=91)[1]) == 1


def test_an_alarm_that_was_silent_as_usual_is_silent_when_it_is_green() -> None:
    desk, _ = hear(Desk(), RED, excused=["failed"])
    assert hear(desk, GREEN)[1] == []


def test_what_was_sent_leaves_the_outbox() -> None:
    desk, _ = hear(Desk(), RED, change("tally-errors"))
    assert [item.key for item in sent(desk, [RED.key]).outbox] == [change("tally-errors").key]


def test_messages_are_remembered_for_a_week() -> None:
    desk, _ = hear(Desk(), RED)
    later = NOW + REMEMBERED_SECONDS
    assert RED.key in hear(desk, change("tally-errors"), now=later - 1)[0].taken
    assert RED.key not in hear(desk, change("tally-errors"), now=later)[0].taken


def test_an_alarm_that_flaps_does_not_fill_the_desk() -> None:
    desk = Desk()
    for second in range(MOST_REMEMBERED + 10):
        desk, _ = hear(desk, change("FailureRate-warning", at=NOW + second))
    assert len(desk.taken) == MOST_REMEMBERED
    assert hear(desk, change("FailureRate-warning", at=NOW + MOST_REMEMBERED + 9))[0] == desk


def test_an_alarm_on_what_is_excused_is_noted_where_an_incident_is_open_and_nowhere_else() -> None:
    desk, told = hear(Desk(), CRITICAL, knows=[incident()], excused=["failed"])
    assert told == []
    assert [note.id for item in desk.outbox for note in item.notes] == [incident().id]
    assert hear(Desk(), CRITICAL, excused=["failed"])[0].outbox == ()


def test_who_took_a_trouble_over_is_told_to_the_channels_once_and_stands_on_later_pages() -> None:
    taken = Acknowledgement(incident().id, "asha", NOW + 5)
    again = Acknowledgement(incident().id, "asha", NOW + 9)
    told = pages(announcement(), taken, again, CLOSE)
    assert [page.kind for page in told] == ["trigger", "acknowledge", "resolve"]
    assert ("Taken by", "asha") in told[-1].facts


def test_a_response_to_what_is_over_is_noted_and_told_to_nobody() -> None:
    desk, told = hear(
        Desk(),
        Acknowledgement(incident().id, "asha", NOW),
        Rating(incident().id, "noise", "asha", NOW),
    )
    assert told == []
    assert [note.entry.what for item in desk.outbox for note in item.notes] == [
        "acknowledged",
        "rated",
    ]
