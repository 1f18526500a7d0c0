"""What becomes of incidents: each is told in one thread."""

from __future__ import annotations

from functions.core.paging.desk import Desk
from functions.core.paging.page import TRIGGER, UPDATE
from functions.core.troubles.incident import AGAIN, NARROWED, OPENED, WORSE, Announcement
from tests.builders import NOW, announcement, incident
from tests.core.paging.hearing import CLOSE, GREEN, RED, at, hear, pages


def widened(key: str, severity: str = "critical", after: int = 3) -> Announcement:
    return announcement(WORSE, slice=key, severity=severity, updated_at=NOW + after)


def test_every_transition_of_an_incident_is_told_in_its_thread() -> None:
    told = pages(announcement(OPENED), announcement(WORSE), CLOSE)
    assert len(told) == 3
    assert {page.thread for page in told} == {incident().id}


def test_the_subject_of_a_thread_never_changes() -> None:
    wider = announcement(WORSE, slice="issuer=HDFC")
    assert len({page.subject for page in pages(announcement(OPENED), wider, CLOSE)}) == 1


def test_an_incident_that_opens_after_an_alarm_goes_on_in_the_alarms_thread() -> None:
    alarm, opened = pages(RED, announcement(OPENED))
    assert (alarm.thread, alarm.subject) == (opened.thread, opened.subject)


def test_an_incident_goes_on_in_the_alarms_thread_until_it_is_closed() -> None:
    alarm, *later = pages(RED, announcement(OPENED), announcement(WORSE), CLOSE)
    assert {page.thread for page in later} == {alarm.thread}


def test_two_incidents_have_two_threads() -> None:
    told = pages(announcement(id="PW-1"), announcement(id="PW-2", slice="gateway=alpha"))
    assert [page.thread for page in told] == ["PW-1", "PW-2"]


def test_news_that_is_no_worse_is_told_once_in_a_cool_down() -> None:
    desk, told = at(0, Desk(), announcement(), widened("issuer=HDFC"))
    assert len(told) == 2
    desk, told = at(303, desk, widened("network=VISA", after=303))
    assert told == []
    assert [note.entry.paged for item in desk.outbox for note in item.notes] == [True, True, False]
    _, told = at(603, desk, widened("", after=603))
    assert len(told) == 1


def test_a_rise_in_severity_is_told_in_the_midst_of_a_cool_down() -> None:
    desk, _ = at(0, Desk(), announcement(severity="warning"), widened("issuer=HDFC", "warning"))
    _, told = at(5, desk, widened("", "critical"))
    assert len(told) == 1


def test_an_incident_that_comes_back_goes_on_in_its_thread_and_is_told_as_new() -> None:
    desk, first = at(0, Desk(), RED, announcement(), GREEN)
    desk, _ = at(60, desk, CLOSE)
    assert desk.threads == {}
    _, [page] = at(120, desk, announcement(AGAIN, again=1))
    assert (page.thread, page.subject) == (first[0].thread, first[0].subject)
    assert page.kind == "trigger"


def test_a_thread_is_over_only_when_its_last_incident_is() -> None:
    other = announcement(id="PW-1120-1343-bbb", slice="gateway=payu")
    desk, _ = hear(Desk(), RED, announcement(), other)
    _, [page] = hear(desk, CLOSE)
    assert page.kind == "update"


def test_an_incident_of_severity_info_has_no_thread_and_no_page_and_a_note() -> None:
    desk, told = hear(Desk(), announcement(severity="info", signal="customer"))
    assert (told, desk.threads) == ([], {})
    assert [note.id for item in desk.outbox for note in item.notes] == [incident().id]


def test_an_incident_updates_the_thread_that_an_alarm_triggered() -> None:
    assert [page.kind for page in pages(RED, announcement(OPENED))] == ["trigger", "update"]


def test_an_incident_that_comes_back_triggers_even_in_a_thread_that_lasts() -> None:
    desk, _ = hear(Desk(), RED, announcement(OPENED), CLOSE)
    _, [back] = hear(desk, announcement(AGAIN, again=1))
    assert back.kind == "trigger"


def test_a_finer_name_is_told_in_the_thread_and_not_again_in_the_cool_down() -> None:
    narrow = "gateway=G&issuer=HDFC&network=VISA"
    first = announcement(NARROWED, narrowed=narrow)
    wider = announcement(WORSE, slice="issuer=HDFC")
    told = pages(announcement(OPENED), first, wider)
    assert [page.kind for page in told] == [TRIGGER, UPDATE]
    assert "NARROWED DOWN" in told[1].headline
