"""What is noted on the record of a trouble."""

from __future__ import annotations

import pytest

from functions.core.paging.alarm_page import alarm_page
from functions.core.paging.record_notes import alarm_note, incident_note, over_note, response_note
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.record import ACKNOWLEDGED, ALARM, OVER, RATED
from functions.core.troubles.response import Acknowledgement, Rating
from tests.builders import DASHBOARD, NOW, alarm, announcement, change, incident
from tests.core.paging.shown import thread_of

ID = incident().id


@pytest.mark.parametrize("paged", [True, False])
def test_a_transition_is_noted_in_the_words_of_its_page_and_says_whether_that_was_sent(
    paged: bool,
) -> None:
    note = incident_note(announcement(OPENED), "CRITICAL: payments fail", ID, paged=paged)
    assert (note.entry.what, note.entry.text) == (OPENED, "CRITICAL: payments fail")
    assert (note.entry.severity, note.entry.paged) == ("critical", paged)


def test_a_transition_is_noted_on_the_incident_under_the_thread_that_told_of_it() -> None:
    note = incident_note(announcement(), "", "PW-1120-1340-abc", paged=True)
    assert (note.id, note.thread, note.rule) == (ID, "PW-1120-1340-abc", "failed")
    assert (note.started_at, note.incident) == (NOW, incident())
    assert note.title == f"{ID}: payments failing on issuer HDFC x network VISA"


def test_a_transition_is_noted_when_it_happened() -> None:
    opened = incident_note(announcement(updated_at=NOW + 3), "", ID, paged=True)
    closed = incident_note(announcement(CLOSED, closed_at=NOW + 60), "", ID, paged=True)
    assert (opened.entry.at, closed.entry.at) == (NOW + 3, NOW + 60)


def test_an_alarm_that_was_told_counts_with_its_severity_and_one_that_joined_does_not() -> None:
    red = change("FailureRate-critical", at=NOW + 9)
    told = alarm_page(red, thread_of(red.alarm), DASHBOARD)
    noted = [alarm_note(red, ID, NOW, page).entry for page in (told, None)]
    assert [(entry.severity, entry.paged) for entry in noted] == [("critical", True), ("", False)]
    assert {(entry.what, entry.at) for entry in noted} == {(ALARM, NOW + 9)}


def test_the_record_of_an_alarm_is_called_by_the_alarms_words() -> None:
    note = alarm_note(change("detect-errors"), ID, NOW, None)
    assert (note.id, note.thread, note.rule) == (ID, ID, "detect-errors")
    assert note.title == alarm("detect-errors").title
    assert note.entry.text == f"alarm detect-errors: {note.title}"


def test_the_end_of_a_trouble_is_another_entry_than_the_message_that_ended_it() -> None:
    note = over_note(ID, "detect fails", NOW, NOW + 600, "detect-errors/OK/1")
    assert (note.entry.key, note.entry.what) == ("detect-errors/OK/1/over", OVER)
    assert (note.entry.text, note.entry.at) == ("over: detect fails", NOW + 600)


def test_who_took_a_trouble_over_is_noted_with_what_they_said() -> None:
    entry = response_note(Acknowledgement(ID, "asha", NOW + 5, "calling HDFC")).entry
    assert (entry.what, entry.by, entry.text) == (ACKNOWLEDGED, "asha", "calling HDFC")


@pytest.mark.parametrize(("comment", "text"), [("", "noise"), ("a campaign", "noise: a campaign")])
def test_a_rating_is_noted_before_its_comment(comment: str, text: str) -> None:
    entry = response_note(Rating(ID, "noise", "asha", NOW + 5, comment)).entry
    assert (entry.what, entry.by, entry.text) == (RATED, "asha", text)


def test_a_response_names_no_rule_so_that_it_makes_no_record() -> None:
    note = response_note(Rating(ID, "useful", "asha", NOW))
    assert (note.id, note.rule) == (ID, "")
