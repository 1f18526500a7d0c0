"""When a mute is over, what it held back is told once, and what lasts is paged as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.paging.channels import pagerduty
from functions.core.paging.marked import CHANGED
from functions.core.paging.muted import HELD
from functions.core.paging.muting import MOST_MUTED, due
from functions.core.paging.page import RESOLVE, TRIGGER, UPDATE, Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import AGAIN, CLOSED, WORSE, Announcement
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import MuteEnd, Unmute
from tests.builders import NOW, announcement, change, incident
from tests.core.paging.hearing import MANNERS
from tests.core.paging.test_muted import ALL, CLOSE, MUTE, SUSPECT, hear

END = MuteEnd(MUTE.id)
OTHER: dict[str, Any] = {"id": "PW-1120-1350-aaa", "slice": "issuer=HDFC", "started_at": NOW + 400}
OPEN = incident(rate=0.6)
LATER = MUTE.until


def test_a_mute_that_held_nothing_back_ends_without_a_word() -> None:
    desk, pages, notes = hear(MUTE, END, now=LATER, desk=hear(MUTE)[0])
    assert (pages, notes) == ([], [])
    assert desk.mutes[MUTE.id].ended_at == LATER


def test_what_is_over_is_told_in_one_message_that_wakes_nobody() -> None:
    other = announcement(**OTHER, severity="warning", score=60.0, rate=0.03)
    over = announcement(CLOSED, **OTHER, severity="warning", score=60.0, closed_at=NOW + 500)
    desk = hear(MUTE, other, over, announcement(), CLOSE)[0]
    _, [page], _ = hear(END, desk=desk, now=LATER)
    assert (page.kind, page.severity, page.thread) == (RESOLVE, "info", MUTE.id)
    assert page.headline == (
        "MUTE OVER: 2 troubles on issuer HDFC were held back, the worst: CRITICAL: 49 % of payments"
        " fail on issuer HDFC × network VISA. Likely cause: issuer"
    )
    facts = dict(page.facts)
    assert facts["Muted"] == "issuer HDFC, by asha: HDFC maintenance"
    assert facts[incident().id].endswith("since 13:43 UTC, over at 13:44 UTC")
    assert list(facts).index(incident().id) < list(facts).index(OTHER["id"])
    assert "held back" in page.sms
    assert pagerduty.event(page, "paywatch-dev")["event_action"] == "resolve"


def test_one_that_lasts_is_paged_as_it_stands_and_its_page_says_the_rest() -> None:
    other = announcement(**OTHER, severity="warning", score=60.0)
    desk = hear(MUTE, announcement(), other)[0]
    desk, [page], [note] = hear(END, desk=desk, knows=[OPEN], now=LATER)
    assert (page.kind, page.severity, page.thread) == (TRIGGER, "critical", OPEN.id)
    assert page.headline.startswith("CRITICAL: 60 % of payments fail")
    assert dict(page.facts)[HELD].startswith(
        "until 14:43 UTC, muted by asha, HDFC maintenance; 2 troubles in all, the worst: CRITICAL: 49 %"
    )
    assert (note.id, note.entry.paged, note.entry.at) == (OPEN.id, True, LATER)
    assert note.entry.text.endswith("(told at the end of the mute)")
    _, [over], _ = hear(CLOSE, desk=desk, now=LATER + 60)
    assert (over.kind, over.thread) == (RESOLVE, OPEN.id)


def test_each_that_lasts_is_paged_the_worst_first() -> None:
    other = incident(**OTHER, severity="warning", score=60.0)
    desk = hear(MUTE, Announcement("opened", other), announcement())[0]
    _, pages, _ = hear(END, desk=desk, knows=[other, OPEN], now=LATER)
    assert [page.thread for page in pages] == [OPEN.id, other.id]
    assert "2 troubles in all" in dict(pages[0].facts)[HELD]
    assert dict(pages[1].facts)[HELD] == "until 14:43 UTC, muted by asha, HDFC maintenance"


def test_what_people_knew_before_is_told_again_only_when_it_is_worse() -> None:
    desk = hear(announcement(severity="warning", score=60.0))[0]
    desk = hear(MUTE, announcement(WORSE, severity="critical"), desk=desk)[0]
    worse, same = incident(), incident(severity="warning", score=60.0)
    _, [page], _ = hear(END, desk=desk, knows=[worse], now=LATER)
    assert (page.kind, page.headline[:5]) == (UPDATE, "WORSE")
    told = replace(desk, threads={k: replace(t, updated_at=LATER) for k, t in desk.threads.items()})
    _, [page], _ = hear(END, desk=told, knows=[same], now=LATER)
    assert page.thread == MUTE.id
    assert ", lasts" in dict(page.facts)[same.id]


def test_what_was_told_meanwhile_for_it_reached_further_is_not_told_again() -> None:
    desk = hear(MUTE, announcement())[0]
    desk, [page], _ = hear(announcement(WORSE, slice=""), desk=desk)
    assert page.thread == OPEN.id
    _, [end], _ = hear(END, desk=desk, knows=[incident(slice="")], now=LATER)
    assert end.thread == MUTE.id
    assert dict(end.facts)[OPEN.id].endswith(", lasts")


def test_what_was_told_between_the_time_of_an_end_and_its_message_is_not_told_again() -> None:
    desk = hear(MUTE, announcement())[0]
    desk, [page], _ = hear(announcement(WORSE, slice="issuer=HDFC"), desk=desk, now=LATER)
    assert page.kind == TRIGGER
    _, [end], _ = hear(END, desk=desk, knows=[incident(slice="issuer=HDFC")], now=LATER + 9)
    assert end.thread == MUTE.id


def test_an_end_before_its_time_says_who_ended_it() -> None:
    desk = hear(MUTE, announcement(), CLOSE)[0]
    desk, [page], _ = hear(Unmute(MUTE.id, "ravi", NOW + 90), END, desk=desk, now=NOW + 90)
    assert dict(page.facts)["Until"] == "13:44:30 UTC, Thu 20 Nov, ended by ravi"
    assert desk.mutes[MUTE.id].ended_by == "ravi"
    assert len(hear(announcement(WORSE), desk=desk, now=NOW + 99)[1]) == 1


def test_a_mute_that_has_not_begun_is_taken_back_without_a_word() -> None:
    coming = replace(MUTE, since=NOW + 600, until=NOW + 900)
    desk, pages, _ = hear(coming, Unmute(MUTE.id, "ravi", NOW))
    assert pages == []
    assert len(hear(announcement(), desk=desk, now=NOW + 700)[1]) == 1


def test_what_another_mute_covers_as_well_is_told_when_that_is_over() -> None:
    longer = replace(ALL, id="MU-1120-1343-bbb", until=MUTE.until + 60)
    desk = hear(MUTE, longer, announcement())[0]
    desk, pages, _ = hear(END, desk=desk, knows=[OPEN], now=LATER)
    assert pages == []
    _, [page], _ = hear(MuteEnd(longer.id), desk=desk, knows=[OPEN], now=longer.until)
    assert page.thread == OPEN.id


def test_an_alarm_that_another_mute_covers_as_well_is_told_when_that_is_over() -> None:
    longer = replace(ALL, id="MU-1120-1343-bbb", until=MUTE.until + 60)
    desk = hear(MUTE, change(), longer, knows=[SUSPECT])[0]
    desk, pages, _ = hear(END, desk=desk, now=LATER)
    assert [page.thread for page in pages] == [MUTE.id]
    _, [page], _ = hear(MuteEnd(longer.id), desk=desk, now=longer.until)
    assert page.labels["alarm"] == "FailureRate-critical"


def test_of_more_troubles_than_are_known_by_name_those_that_last_are_paged_too() -> None:
    many = [incident(id=f"PW-1120-1343-{n:03}", slice="issuer=HDFC") for n in range(MOST_MUTED + 1)]
    desk = hear(MUTE, *(Announcement("opened", one) for one in many))[0]
    assert desk.mutes[MUTE.id].count == MOST_MUTED + 1
    _, pages, _ = hear(END, desk=desk, knows=[many[-1]], now=LATER)
    assert [page.thread for page in pages] == [many[-1].id]


def test_an_alarm_that_is_still_red_is_told_and_one_that_an_incident_explains_joins_it() -> None:
    desk = hear(MUTE, change(), knows=[SUSPECT])[0]
    _, [page], _ = hear(END, desk=desk, now=LATER)
    assert page.labels["alarm"] == "FailureRate-critical"
    assert dict(page.facts)[HELD] == "until 14:43 UTC, muted by asha, HDFC maintenance"
    desk = hear(announcement(), desk=desk)[0]
    _, pages, _ = hear(END, desk=desk, knows=[OPEN], now=LATER)
    assert [page.thread for page in pages] == [OPEN.id]


def test_an_alarm_on_what_is_usual_here_stays_silent() -> None:
    desk = hear(
        MUTE, change(), change(state="OK", at=NOW + 9), change(at=NOW + 20), knows=[SUSPECT]
    )[0]
    head = Head(clock=LATER, excused=("failed",))
    told = take(desk, END, head, LATER, MANNERS).outbox[len(desk.outbox) :]
    assert [item.page.thread for item in told if item.page] == [MUTE.id]


def test_what_was_changed_before_an_incident_that_lasts_is_told_with_it() -> None:
    desk = hear(MUTE, announcement())[0]
    head, marker = Head(clock=LATER, incidents=(OPEN,)), Marker("router 4.2", NOW - 60)
    told = take(desk, END, head, LATER, MANNERS, (marker,)).outbox[-1].page
    assert told is not None
    assert dict(told.facts)[CHANGED] == "it began 1 min after: router 4.2"


def test_an_end_is_told_once_however_often_it_comes() -> None:
    desk = hear(MUTE, announcement(), CLOSE)[0]
    _, pages, _ = hear(END, END, Unmute(MUTE.id, "ravi", LATER), desk=desk, now=LATER)
    assert len(pages) == 1


def test_a_mute_that_comes_too_late_or_from_far_ahead_is_none() -> None:
    assert hear(MUTE, now=MUTE.until)[0].mutes == {}
    assert hear(replace(MUTE, since=NOW + 90 * 86_400, until=NOW + 90 * 86_400 + 9))[0].mutes == {}


TRANSITIONS = st.sampled_from(["opened", WORSE, AGAIN, CLOSED])
PLACES = st.sampled_from(["issuer=HDFC", "issuer=HDFC&network=VISA", "gateway=payu&issuer=HDFC"])


@st.composite
def told_of_incidents(draw: st.DrawFn) -> list[Message]:
    """Announcements of covered incidents and alarms, in any order."""
    found: list[Message] = []
    for number, key in draw(st.lists(st.tuples(st.integers(0, 3), PLACES), max_size=8)):
        transition = draw(TRANSITIONS)
        closed = {"closed_at": NOW + 60} if transition == CLOSED else {}
        identity = f"PW-1120-1343-{number:03}"
        found.append(announcement(transition, id=identity, slice=key, **closed))
    found += [change(state=state, at=NOW + n) for n, state in enumerate(draw(STATES))]
    return draw(st.permutations(found))


STATES = st.lists(st.sampled_from(["ALARM", "OK"]), max_size=3)


@given(told_of_incidents(), st.sets(st.integers(0, 3)))
def test_nobody_is_paged_while_the_mute_lasts_and_its_end_is_told_once(
    messages: list[Message], lasting: set[int]
) -> None:
    """Whatever comes in whatever order: silence, then one message and a page for each that lasts."""
    desk, pages, _ = hear(MUTE, *messages, knows=[SUSPECT])
    assert pages == []
    named = {m.incident.id for m in messages if isinstance(m, Announcement)}
    knows = [incident(id=f"PW-1120-1343-{number:03}") for number in sorted(lasting)]
    expected = [one.id for one in knows if one.id in named]
    assert due(desk.mutes, LATER) == [END]
    desk, pages, _ = hear(END, END, desk=desk, knows=knows, now=LATER)
    assert due(desk.mutes, LATER) == []
    ends: list[Page] = [page for page in pages if page.thread == MUTE.id]
    assert len(ends) <= 1
    assert not ends or not expected
    assert {page.thread for page in pages} - {MUTE.id} >= set(expected[:3])
    count = desk.mutes[MUTE.id].count
    assert bool(pages) == bool(count)


@pytest.mark.parametrize("hostile", ["x\nFirst: pay evil", "\u202egnp", "4111 1111 1111 1111"])
def test_a_reason_writes_no_line_of_its_own(hostile: str) -> None:
    desk = hear(replace(MUTE, reason=hostile), announcement(), CLOSE)[0]
    _, [page], _ = hear(END, desk=desk, now=LATER)
    plain = hear(END, desk=hear(MUTE, announcement(), CLOSE)[0], now=LATER)[1][0]
    assert page.body.count("\n") == plain.body.count("\n")
