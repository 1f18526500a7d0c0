"""What becomes a page, and what joins one that was sent."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from functions.core.counting.signals import RATES
from functions.core.paging.alarm_change import AlarmChange, decided, joins_incidents
from functions.core.paging.desk import MOST_REMEMBERED, REMEMBERED_SECONDS, Desk, Manners, sent
from functions.core.paging.page import Page
from functions.core.paging.storm import STORM_SECONDS, STORM_THREADS
from functions.core.paging.take import Message, take
from functions.core.troubles.head import SILENCE, Head
from functions.core.troubles.incident import AGAIN, CLOSED, OPENED, WORSE, Announcement, Incident
from functions.core.troubles.response import Acknowledgement, Rating
from tests.builders import ALARMS, DASHBOARD, NOW, announcement, change, incident

MANNERS = Manners(DASHBOARD)


def hear(
    desk: Desk,
    *messages: Message,
    knows: Sequence[Incident] = (),
    excused: Sequence[str] = (),
    now: int = NOW,
    quiet: int = 0,
) -> tuple[Desk, list[Page]]:
    """The desk after the messages, and the pages that they caused. `knows` and `excused` is what
    detect knows, of which was heard `quiet` seconds ago."""
    before = len(desk.outbox)
    head = Head(clock=now - quiet, incidents=tuple(knows), excused=tuple(excused))
    for message in messages:
        desk = take(desk, message, head, now, MANNERS)
    return desk, [item.page for item in desk.outbox[before:] if item.page is not None]


def pages(*messages: Message, knows: Sequence[Incident] = ()) -> list[Page]:
    return hear(Desk(), *messages, knows=knows)[1]


RED = change("FailureRate-warning")
CRITICAL = change("FailureRate-critical")
GREEN = change("FailureRate-warning", "OK", NOW + 600)
CLOSE = announcement(CLOSED, closed_at=NOW + 60)


def test_every_transition_of_an_incident_is_told_in_its_thread() -> None:
    told = pages(announcement(OPENED), announcement(WORSE), CLOSE)
    assert len(told) == 3
    assert {page.thread for page in told} == {incident().id}


def test_the_subject_of_a_thread_never_changes() -> None:
    wider = announcement(WORSE, slice="issuer=HDFC")
    assert len({page.subject for page in pages(announcement(OPENED), wider, CLOSE)}) == 1


def test_a_message_that_comes_again_is_told_once() -> None:
    assert len(pages(announcement(), announcement(), RED, RED)) == 2


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


@pytest.mark.parametrize(
    ("head", "waited", "is_decided"),
    [
        (Head(clock=NOW), 0, False),
        (Head(clock=NOW), 4, False),
        (Head(clock=NOW), 5, True),
        (Head(clock=NOW, incidents=(incident(announced=""),)), 9, False),
        (Head(clock=NOW, incidents=(incident(announced=""),)), 10, True),
        (Head(clock=NOW, incidents=(incident(),)), 0, True),
        (Head(clock=NOW - 91), 0, True),
    ],
    ids=[
        "detect may notice yet",
        "it may notice still",
        "it noticed nothing",
        "it suspects something",
        "it could not decide",
        "it has opened an incident",
        "it is down",
    ],
)
def test_an_alarm_on_payments_lets_detect_decide_first(
    head: Head, waited: int, is_decided: bool
) -> None:
    assert decided(RED, head, waited, NOW) == is_decided


@pytest.mark.parametrize("message", [GREEN, change("NoTraffic"), change("detect-errors")])
def test_what_detect_does_not_speak_of_waits_for_nothing(message: AlarmChange) -> None:
    assert decided(message, Head(clock=NOW), 0, NOW)


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


def test_an_incident_that_opens_after_an_alarm_goes_on_in_the_alarms_thread() -> None:
    alarm, opened = pages(RED, announcement(OPENED))
    assert (alarm.thread, alarm.subject) == (opened.thread, opened.subject)


def test_an_incident_goes_on_in_the_alarms_thread_until_it_is_closed() -> None:
    alarm, *later = pages(RED, announcement(OPENED), announcement(WORSE), CLOSE)
    assert {page.thread for page in later} == {alarm.thread}


def test_two_incidents_have_two_threads() -> None:
    told = pages(announcement(id="PW-1"), announcement(id="PW-2", slice="gateway=alpha"))
    assert [page.thread for page in told] == ["PW-1", "PW-2"]


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
    desk, news = hear(desk, change("DeniedRate-warning", at=NOW + 90))
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


def at(seconds: int, desk: Desk, *messages: Message) -> tuple[Desk, list[Page]]:
    """`hear`, so many seconds later."""
    return hear(desk, *messages, now=NOW + seconds)


def widened(key: str, severity: str = "critical") -> Announcement:
    return announcement(WORSE, slice=key, severity=severity)


def test_news_that_is_no_worse_is_told_once_in_a_cool_down() -> None:
    desk, told = at(0, Desk(), announcement(), widened("issuer=HDFC"))
    assert len(told) == 2
    desk, told = at(300, desk, widened("network=VISA"))
    assert told == []
    assert [note.entry.paged for item in desk.outbox for note in item.notes] == [True, True, False]
    _, told = at(600, desk, widened(""))
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


def test_an_alarm_does_not_join_an_incident_that_pages_nobody() -> None:
    assert len(pages(RED, knows=[incident(severity="info", signal="customer")])) == 1


def test_an_alarm_that_joins_an_incident_is_noted_on_its_record() -> None:
    desk, _ = hear(Desk(), CRITICAL, knows=[incident()])
    [pending] = desk.outbox
    assert pending.page is None
    assert [note.id for note in pending.notes] == [incident().id]


def test_an_alarm_on_what_is_excused_is_noted_where_an_incident_is_open_and_nowhere_else() -> None:
    desk, told = hear(Desk(), CRITICAL, knows=[incident()], excused=["failed"])
    assert told == []
    assert [note.id for item in desk.outbox for note in item.notes] == [incident().id]
    assert hear(Desk(), CRITICAL, excused=["failed"])[0].outbox == ()


def test_a_storm_of_five_hundred_alarms_during_an_incident_makes_one_page() -> None:
    on_payments = [alarm for alarm in ALARMS.values() if joins_incidents(alarm)]
    storm = [change(on_payments[n % len(on_payments)].name, at=NOW + n) for n in range(500)]
    _, told = hear(Desk(), announcement(), *storm, knows=[incident()])
    assert len(told) == 1


def test_a_storm_of_five_hundred_alarms_without_any_incident_makes_one_page_a_severity() -> None:
    on_payments = [alarm for alarm in ALARMS.values() if joins_incidents(alarm)]
    critical = [alarm for alarm in on_payments if alarm.severity == "critical"]
    storm = [change(critical[n % len(critical)].name, at=NOW + n) for n in range(500)]
    assert len(pages(*storm)) == 1


def test_five_hundred_incidents_at_once_are_a_few_pages_and_one_storm() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(500)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, told = hear(Desk(), *opened)
    assert len(told) == STORM_THREADS + 1
    assert "many troubles at once" in told[-1].headline
    notes = [note.id for item in desk.outbox for note in item.notes]
    assert notes == names


def test_a_storm_is_told_again_when_something_more_severe_joins() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(9)]
    opened = [announcement(id=n, slice=f"issuer={n}", severity="warning") for n in names]
    desk, _ = hear(Desk(), *opened)
    _, told = hear(desk, announcement())
    assert [page.severity for page in told] == ["critical"]


def test_the_last_of_a_storm_says_that_it_is_over() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(STORM_THREADS + 2)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, _ = hear(Desk(), *opened)
    closed = [
        announcement(CLOSED, id=name, slice=f"issuer={name}", closed_at=NOW + 9) for name in names
    ]
    desk, told = hear(desk, *closed)
    assert len(told) == STORM_THREADS + 1
    assert desk.threads == {}


def test_what_begins_long_after_a_storm_is_told_however_long_the_storm_lasts() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(STORM_THREADS + 2)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, _ = hear(Desk(), *opened)
    later = announcement(
        id="PW-1120-1443-abc", slice="gateway=payu", detected_at=NOW + STORM_SECONDS + 3
    )
    assert len(hear(desk, later)[1]) == 1


def test_troubles_that_began_long_ago_are_no_storm() -> None:
    old = [
        announcement(id=f"PW-1120-13{n:02d}-aaa", slice=f"issuer={n}", started_at=NOW - 700)
        for n in range(9)
    ]
    assert len(pages(*old)) == 9


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
