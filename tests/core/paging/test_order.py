"""Announcements and alarms come late, twice, and in any order: what people read last is how things stand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.paging.alarm_threads import AROUND_SECONDS
from functions.core.paging.channels import alertmanager, pagerduty
from functions.core.paging.channels.delivery import ChannelMemory, is_outdated, mark
from functions.core.paging.desk import Desk
from functions.core.paging.page import RESOLVE, TRIGGER, UPDATE, Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import OVER_SECONDS, Head
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    NARROWED,
    OPENED,
    TRANSITIONS,
    WORSE,
    Announcement,
)
from functions.core.troubles.record import TroubleRecord, noted
from functions.core.troubles.severity import RANK
from tests.builders import NOW, announcement, change
from tests.core.paging.hearing import MANNERS

ALARMS = ("AnomalyScore-warning", "AnomalyScore-critical", "FailureRate-critical", "DeniedRate-warning")  # fmt: skip
LATEST = OVER_SECONDS - 300
"""So late come what is drawn here: 10 minutes."""


class Said(NamedTuple):
    """A message, when it was published."""

    at: int
    message: Message


def transitions(*what: str, severities: Sequence[str] = ()) -> list[Announcement]:
    """The incident's life, a transition every 40 seconds from its third second on."""
    told: list[Announcement] = []
    again = 0
    for n, transition in enumerate(what):
        at, back = NOW + 3 + 40 * n, transition == AGAIN
        again += back
        severity = severities[n] if n < len(severities) else "critical"
        told.append(
            announcement(
                transition,
                number=n + 1,
                updated_at=at,
                closed_at=at if transition == CLOSED else 0,
                again=again,
                back_at=at if back else 0,
                severity=severity,
                narrowed="gateway=G&issuer=HDFC&network=VISA" if transition == NARROWED else "",
            )
        )
    return told


def when(told: Announcement) -> int:
    return told.incident.closed_at or told.incident.updated_at


def head(life: Sequence[Announcement], now: int) -> Head:
    """What detect knows at a time."""
    known = [one for one in life if when(one) <= now]
    if not known:
        return Head(clock=now)
    newest = known[-1]
    if newest.transition != CLOSED:
        return Head(clock=now, incidents=(newest.incident,))
    is_young = now - when(newest) <= OVER_SECONDS
    return Head(clock=now, over=(newest,) if is_young else ())


class Heard(NamedTuple):
    desk: Desk
    pages: list[Page]
    at: list[int]


def hear(life: Sequence[Announcement], arrivals: Sequence[Said]) -> Heard:
    """What is told, and when, if these messages arrive then."""
    desk, pages, at = Desk(), list[Page](), list[int]()
    for arrived, message in sorted(arrivals, key=lambda said: said.at):
        before = len(desk.outbox)
        desk = take(desk, message, head(life, arrived), arrived, MANNERS)
        new = [item.page for item in desk.outbox[before:] if item.page is not None]
        pages += new
        at += [arrived] * len(new)
    return Heard(desk, pages, at)


def published(life: Sequence[Announcement], alarms: Sequence[Said] = ()) -> list[Said]:
    return [*(Said(when(one), one) for one in life), *alarms]


_middle = st.lists(st.sampled_from(((WORSE,), (NARROWED,), (CLOSED, AGAIN))), max_size=3)
_lives = st.builds(
    lambda middle, is_over, warnings: transitions(
        OPENED,
        *(one for some in middle for one in some),
        *((CLOSED,) if is_over else ()),
        severities=["warning"] * warnings,
    ),
    _middle,
    st.booleans(),
    st.integers(0, 3),
)
_alarms = st.lists(
    st.tuples(st.sampled_from(ALARMS), st.integers(0, 240), st.integers(1, 200)),
    max_size=3,
    unique_by=lambda drawn: drawn[0],
)
_delays = st.integers(0, 9) | st.integers(0, LATEST)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Announcement], list[Said], list[Said]]:
    """An incident's life, all that is published of it, and the same as it arrives: each message once or
    more often, each later than it was published."""
    life = draw(_lives)
    lasts = when(life[-1]) - NOW if life[-1].transition == CLOSED else LATEST
    alarms: list[Said] = []
    for name, red_after, lasted in draw(_alarms):
        red = NOW + min(red_after, lasts + AROUND_SECONDS)
        if alarms:
            # Of several that come before the incident, none may know that the others come.
            red = max(red, when(life[0]))
        # What it shows is an incident by the time that it is green.
        green = max(red + lasted, when(life[0]) + 1)
        alarms.append(Said(red, change(name, at=red)))
        alarms.append(Said(green, change(name, "OK", green)))
    said = published(life, alarms)
    arrivals = [
        Said(one.at + delay, one.message)
        for one in said
        for delay in draw(st.lists(_delays, min_size=1, max_size=3))
    ]
    return life, said, arrivals


@given(histories())
@settings(max_examples=300, derandomize=True)
def test_the_last_message_says_how_things_stand_and_none_is_told_more_than_in_order(
    history: tuple[list[Announcement], list[Said], list[Said]],
) -> None:
    life, said, arrivals = history
    heard, in_order = hear(life, arrivals), hear(life, said)
    newest = life[-1]
    assert len(heard.pages) <= len(in_order.pages)
    last = heard.pages[-1]
    if newest.transition == CLOSED:
        assert last.kind == RESOLVE
        after = [page for page, at in zip(heard.pages, heard.at, strict=True) if at > when(newest)]
        assert {page.kind for page in after} <= {RESOLVE}, "nothing rises after the end"
    else:
        told = [page for page in heard.pages if page.about]
        assert told[-1].kind in (TRIGGER, UPDATE)
        heard_of = max(RANK[page.severity] for page in heard.pages)
        assert heard_of >= RANK[newest.incident.severity]
    for thread in {page.thread for page in heard.pages}:
        of_it = [page for page in heard.pages if page.thread == thread]
        is_open = newest.transition != CLOSED and any(page.about for page in of_it)
        assert alert(of_it) == ("open" if is_open else "resolved")


def alert(pages: Sequence[Page]) -> str:
    """The state of PagerDuty's alert after these pages."""
    state = ""
    for page in pages:
        for event in pagerduty.events(page, "paywatch-prod"):
            state = {"trigger": "open", "resolve": "resolved"}[event["event_action"]]
    return state


def shown(pages: Sequence[Page]) -> list[Page]:
    """What a channel tells of the pages of a thread that it gets in this order."""
    memory, told = ChannelMemory(), list[Page]()
    for page in pages:
        if mark(page) in memory.marks or is_outdated(page, memory):
            continue
        memory = replace(memory, marks=memory.marks | {mark(page)})
        told.append(page)
    return told


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=150, derandomize=True)
def test_a_channel_whose_pages_come_late_twice_and_in_any_order_ends_as_things_stand(
    history: tuple[list[Announcement], list[Said], list[Said]], chance: random.Random
) -> None:
    life, _, arrivals = history
    pages = hear(life, arrivals).pages
    for thread in {page.thread for page in pages}:
        of_it = [page for page in pages if page.thread == thread]
        come = [*of_it, *of_it]
        chance.shuffle(come)
        told = shown(come)
        assert (told[-1].kind == RESOLVE) == (of_it[-1].kind == RESOLVE)
        assert alert(told) == alert(of_it)
        assert len(told) <= len(of_it)
        webhook = [note for page in told if (note := alertmanager.notification(page))]
        is_over = of_it[-1].kind == RESOLVE
        assert webhook[-1]["status"] == ("resolved" if is_over else "firing")


@given(histories())
@settings(max_examples=150, derandomize=True)
def test_the_record_is_the_same_in_whatever_order_its_notes_come(
    history: tuple[list[Announcement], list[Said], list[Said]],
) -> None:
    life, _, arrivals = history
    desk = hear(life, arrivals).desk
    record: TroubleRecord | None = None
    for item in desk.outbox:
        for note in item.notes:
            if note.id == life[0].incident.id:
                record = noted(record, note)
    assert record is not None
    told = [entry.what for entry in record.entries if entry.what in TRANSITIONS]
    assert (told[0], told[-1] == CLOSED) == (OPENED, life[-1].transition == CLOSED)
    in_order = iter(one.transition for one in life)
    assert all(what in in_order for what in told), "a part of them: alike ones are taken once"
    assert record.closed_at == life[-1].incident.closed_at
    assert record.severity == life[-1].incident.severity


OUTAGE = transitions(OPENED, CLOSED)
OPEN, CLOSE = OUTAGE
OVER_AT = when(CLOSE)


def test_an_incident_whose_end_comes_first_is_told_in_one_message() -> None:
    told = hear(OUTAGE, [Said(OVER_AT, CLOSE), Said(OVER_AT + 1, OPEN)]).pages
    [page] = told
    assert page.headline == (
        "CRITICAL: 49 % of payments fail on issuer HDFC × network VISA, recovered after 43 s."
        " Likely cause: issuer"
    )
    assert (page.kind, page.untold) == (RESOLVE, True)
    assert "recovered after 43 s" in page.sms


def test_an_incident_that_is_known_to_be_over_when_it_is_told_is_told_in_one_message() -> None:
    heard = hear(OUTAGE, [Said(OVER_AT + 30, OPEN), Said(OVER_AT + 31, CLOSE)])
    [page] = heard.pages
    assert "recovered after 43 s" in page.headline
    notes = [note.entry for item in heard.desk.outbox for note in item.notes]
    assert [(note.what, note.paged) for note in notes][:2] == [(OPENED, True), (CLOSED, False)]


def test_a_page_that_was_held_up_tells_what_is_true_now_and_when_it_began() -> None:
    opened = transitions(OPENED)
    now = replace(opened[0].incident, worst=replace(opened[0].incident.worst, rate=0.8))
    late = NOW + 700
    desk = take(Desk(), opened[0], Head(clock=late, incidents=(now,)), late, MANNERS)
    page = desk.outbox[0].page
    assert page is not None
    assert page.headline.startswith("CRITICAL: 80 % of payments fail on issuer HDFC")
    assert "since 13:43 UTC" in page.headline


def test_news_that_came_before_what_it_is_news_of_is_told_as_new() -> None:
    life = transitions(OPENED, WORSE, severities=["warning", "critical"])
    at = when(life[1]) + 1
    [page] = hear(life, [Said(at, life[1]), Said(at + 1, life[0])]).pages
    assert (page.kind, page.severity) == (TRIGGER, "critical")
    assert page.headline.startswith("CRITICAL: ")


@pytest.mark.parametrize("after", [-20, 0, 60, AROUND_SECONDS])
@pytest.mark.parametrize("late", [0, 240])
def test_an_alarm_whose_datapoints_lie_in_an_incident_that_is_over_joins_it(
    after: int, late: int
) -> None:
    red = change("AnomalyScore-critical", at=OVER_AT + after)
    green = change("AnomalyScore-critical", "OK", OVER_AT + after + 60)
    arrivals = [*published(OUTAGE), Said(red.at + late, red), Said(green.at + late, green)]
    heard = hear(OUTAGE, arrivals)
    assert [page.kind for page in heard.pages] == [TRIGGER, RESOLVE]
    noted_on = [note.id for item in heard.desk.outbox for note in item.notes]
    assert set(noted_on) == {OPEN.incident.id}


def test_an_alarm_joins_an_incident_whose_end_detect_has_not_told_yet() -> None:
    red = change("AnomalyScore-critical", at=OVER_AT + 2)
    heard = hear(OUTAGE, [Said(when(OPEN), OPEN), Said(red.at, red), Said(OVER_AT + 5, CLOSE)])
    assert len({page.thread for page in heard.pages}) == 1
    assert [page.kind for page in heard.pages] == [TRIGGER, RESOLVE]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("BackendReversedRate-critical", 60), ("FailureRate-critical", AROUND_SECONDS + 1)],
)
def test_an_alarm_on_another_matter_or_of_another_time_is_told(name: str, seconds: int) -> None:
    red = change(name, at=OVER_AT + seconds)
    told = hear(OUTAGE, [*published(OUTAGE), Said(red.at, red)]).pages
    assert [page.kind for page in told] == [TRIGGER, RESOLVE, TRIGGER]


def test_an_alarm_that_is_green_before_it_was_red_is_told_as_one_that_was() -> None:
    red, green = change(at=NOW), change(state="OK", at=NOW + 60)
    [page] = hear([], [Said(NOW + 61, green), Said(NOW + 62, red)]).pages
    assert (page.kind, page.untold) == (RESOLVE, True)
    assert page.headline.endswith("and over again")


def test_an_incident_that_ends_while_its_alarm_is_red_is_resolved_in_every_channel() -> None:
    red = change(at=NOW)
    told = hear(OUTAGE, [Said(NOW, red), *published(OUTAGE)]).pages
    assert [page.kind for page in told] == [TRIGGER, UPDATE, RESOLVE]


def test_announcements_of_a_release_that_did_not_number_them_are_told_as_they_come() -> None:
    plain = [replace(one, incident=replace(one.incident, number=0)) for one in OUTAGE]
    told = hear([], published(plain)).pages
    assert [page.kind for page in told] == [TRIGGER, RESOLVE]
    [page] = hear([], [Said(OVER_AT, plain[1]), Said(OVER_AT + 1, plain[0])]).pages
    assert page.kind == RESOLVE
