"""What becomes of alarms: what joins, what opens a thread, what ends one."""

from __future__ import annotations

from functions.core.paging.alarm_threads import AROUND_SECONDS
from functions.core.paging.desk import Desk
from functions.core.troubles.incident import OPENED
from tests.builders import NOW, announcement, change, incident
from tests.core.paging.hearing import CLOSE, CRITICAL, GREEN, RED, hear, pages

LONG_AFTER = NOW + 60 + AROUND_SECONDS + 1
"""Of what was over at NOW + 60."""


def test_a_payment_alarm_during_an_open_incident_is_silent() -> None:
    assert pages(CRITICAL, knows=[incident()]) == []


def test_a_payment_alarm_during_a_suspected_incident_is_told() -> None:
    assert len(pages(CRITICAL, knows=[incident(announced="")])) == 1


def test_the_alarm_on_the_score_joins_a_suspected_incident_silently() -> None:
    assert pages(change("AnomalyScore-critical"), knows=[incident(announced="")]) == []


def test_a_pipeline_alarm_is_told_whatever_incident_is_open() -> None:
    assert len(pages(change("detect-errors"), knows=[incident()])) == 1


def test_silence_is_told_whatever_incident_is_open() -> None:
    assert len(pages(change("NoTraffic"), knows=[incident()])) == 1


def test_payment_alarms_share_one_thread_and_one_page() -> None:
    told = pages(RED, change("DeniedRate-warning"), change("ReversedRate-warning"))
    assert len(told) == 1


def test_a_more_severe_alarm_is_told_as_an_update_of_the_same_thread() -> None:
    told = pages(RED, CRITICAL)
    assert [page.severity for page in told] == ["warning", "critical"]
    assert len({(page.thread, page.subject) for page in told}) == 1


def test_a_less_severe_alarm_adds_nothing() -> None:
    assert [page.severity for page in pages(CRITICAL, RED)] == ["critical"]


def test_pipeline_alarms_have_threads_of_their_own() -> None:
    told = pages(change("tally-errors"), change("detect-errors"))
    assert len({page.thread for page in told}) == 2


def test_five_hundred_alarms_make_one_page() -> None:
    alarms = [change("FailureRate-warning", at=NOW + second) for second in range(500)]
    assert len(pages(*alarms)) == 1


def test_when_the_last_red_alarm_is_green_that_is_told_once() -> None:
    both = hear(Desk(), RED, change("DeniedRate-warning"))[0]
    desk, first = hear(both, GREEN)
    desk, last = hear(desk, change("DeniedRate-warning", "OK", NOW + 700))
    assert (first, len(last)) == ([], 1)
    assert last[0].body.startswith("OK: over after 11 min 40 s")
    assert desk.threads == {}


def test_an_alarm_that_is_green_without_having_been_red_is_silent() -> None:
    assert pages(GREEN) == []


def test_a_recovery_is_not_told_again_when_the_alarms_follow() -> None:
    desk, told = hear(Desk(), RED, announcement(OPENED), CLOSE)
    assert [page.body.split(":")[0] for page in told] == ["WARNING", "CRITICAL", "OK"]
    desk, after = hear(desk, GREEN)
    assert (after, desk.threads) == ([], {})


def test_what_goes_red_after_a_recovery_is_news() -> None:
    desk, _ = hear(Desk(), RED, announcement(OPENED), CLOSE)
    desk, news = hear(desk, change("DeniedRate-warning", at=LONG_AFTER))
    assert len(news) == 1
    _, over = hear(desk, GREEN, change("DeniedRate-warning", "OK", NOW + 900), knows=[])
    assert len(over) == 1


def test_an_alarm_stays_silent_when_green_while_its_incident_is_open() -> None:
    desk, _ = hear(Desk(), RED, announcement(OPENED))
    desk, told = hear(desk, GREEN, knows=[incident()])
    assert told == []
    assert hear(desk, CLOSE)[1][0].body.startswith("OK: recovered")


def test_an_incident_that_detect_forgot_does_not_swallow_later_alarms() -> None:
    desk, _ = hear(Desk(), RED, announcement(OPENED))
    desk, _ = hear(desk, GREEN, knows=[incident()])
    _, told = hear(desk, change("FailureRate-warning", at=NOW + 9000), knows=[])
    assert len(told) == 1


def test_the_same_alarm_may_page_again_after_it_was_green() -> None:
    desk, _ = hear(Desk(), RED, GREEN)
    assert len(hear(desk, change("FailureRate-warning", at=NOW + 900))[1]) == 1


def test_an_alarm_does_not_join_an_incident_that_pages_nobody() -> None:
    assert len(pages(RED, knows=[incident(severity="info", signal="customer")])) == 1


def test_an_alarm_that_joins_an_incident_is_noted_on_its_record() -> None:
    desk, _ = hear(Desk(), CRITICAL, knows=[incident()])
    [pending] = desk.outbox
    assert pending.page is None
    assert [note.id for note in pending.notes] == [incident().id]


def test_the_first_page_of_a_thread_triggers_and_a_more_severe_one_updates() -> None:
    assert [page.kind for page in pages(RED, CRITICAL)] == ["trigger", "update"]


def test_an_alarm_after_the_recovery_of_its_thread_triggers_again() -> None:
    desk, _ = hear(Desk(), RED, announcement(OPENED), CLOSE)
    _, [news] = hear(desk, change("DeniedRate-warning", at=LONG_AFTER))
    assert news.kind == "trigger"
