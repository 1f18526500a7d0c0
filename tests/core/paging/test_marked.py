"""What was changed before a trouble stands on its pages, in every channel, and on its record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.paging.channels import alertmanager, pagerduty, slack
from functions.core.paging.desk import Desk
from functions.core.paging.incident_page import incident_page
from functions.core.paging.marked import CHANGED, marker_words, wanted, with_markers
from functions.core.paging.page import SMS_LENGTH, Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import AGAIN, CLOSED, WORSE
from functions.core.troubles.markers import LATE_SECONDS, Marker
from functions.core.troubles.mutes import LONGEST_SECONDS, MuteEnd
from functions.core.troubles.record import Note
from tests.builders import DASHBOARD, NOW, announcement, change, incident
from tests.core.paging.hearing import MANNERS

MARKER = Marker("router 4.2 deployed", NOW - 190, "issuer=HDFC", "asha")
SAID = "3 min after: router 4.2 deployed (asha)"


def told(message: Message, *markers: Marker, desk: Desk | None = None) -> tuple[Page, list[Note]]:
    desk = take(desk or Desk(), message, Head(clock=NOW), NOW, MANNERS, markers or (MARKER,))
    [*_, item] = desk.outbox
    assert item.page is not None
    return item.page, list(item.notes)


@pytest.mark.parametrize("transition", ["opened", WORSE, CLOSED])
def test_every_page_of_an_incident_says_what_it_came_after(transition: str) -> None:
    closed = {"closed_at": NOW + 60} if transition == CLOSED else {}
    page, notes = told(announcement(transition, **closed))
    assert (CHANGED, f"it began {SAID}") in page.facts
    assert [note.markers for note in notes] == [(MARKER,)]


def test_it_stands_behind_when_the_incident_began() -> None:
    names = [name for name, _ in told(announcement())[0].facts]
    assert names.index(CHANGED) == names.index("Since") + 1


def test_what_came_back_is_held_against_when_it_came_back() -> None:
    back = announcement(AGAIN, again=1, back_at=NOW + 900)
    page, _ = told(back, MARKER, Marker("4.2 rolled back", NOW + 880))
    assert (CHANGED, "it began 20 s after: 4.2 rolled back") in page.facts


def test_a_finer_name_is_the_incidents_slice() -> None:
    narrowed = announcement(slice="issuer=HDFC", narrowed="gateway=payu&issuer=HDFC", share=0.3)
    page, _ = told(narrowed, Marker("stripe 3.1", NOW - 60, "gateway=stripe"))
    assert CHANGED not in dict(page.facts)


def test_an_alarm_on_payments_that_no_incident_explains_says_it_too() -> None:
    page, _ = told(change("FailureRate-critical", at=NOW))
    assert (CHANGED, f"it began {SAID}") in page.facts


def test_an_alarm_that_joins_an_incident_adds_nothing_to_its_record() -> None:
    desk = take(Desk(), change(), Head(clock=NOW, incidents=(incident(),)), NOW, MANNERS, (MARKER,))
    assert [note.markers for item in desk.outbox for note in item.notes] == [()]


def test_an_alarm_on_the_pipeline_says_nothing_of_it() -> None:
    assert CHANGED not in dict(told(change("tally-errors"))[0].facts)


def test_the_end_of_a_mute_needs_the_markers_of_all_its_time() -> None:
    whole = (NOW - LONGEST_SECONDS - MANNERS.marker_seconds, NOW)
    assert wanted(MuteEnd("MU-1120-1343-4f2"), NOW, MANNERS) == whole
    assert wanted(announcement(), NOW, MANNERS) == (NOW - 600, NOW + LATE_SECONDS)
    assert wanted(change(state="OK"), NOW, MANNERS) is None


def test_every_channel_shows_it() -> None:
    page, _ = told(announcement())
    assert SAID in page.body
    assert any(SAID in str(block) for block in slack.message(page)["blocks"])
    assert SAID in pagerduty.event(page, "paywatch-dev")["payload"]["custom_details"][CHANGED]
    notification = alertmanager.notification(page)
    assert notification is not None
    assert SAID in notification["alerts"][0]["annotations"]["description"]


def test_an_sms_says_it_where_there_is_room() -> None:
    short = announcement(slice="issuer=HDFC")
    page, _ = told(short)
    assert f", {SAID}" in page.sms
    assert page.sms.endswith(f". {incident().id}")
    assert len(page.sms) <= SMS_LENGTH
    long = told(short, Marker("x" * 120, NOW - 190))[0]
    assert long.sms == incident_page(short, DASHBOARD).sms


def test_an_sms_that_it_is_over_says_nothing_of_it() -> None:
    over = announcement(CLOSED, slice="issuer=HDFC", closed_at=NOW + 60)
    assert told(over)[0].sms == incident_page(over, DASHBOARD, is_untold=True).sms


@pytest.mark.parametrize(
    ("at", "by", "words"),
    [
        (NOW, "", "0 s after: x"),
        (NOW - 119, "", "1 min 59 s after: x"),
        (NOW - 185, "asha", "3 min after: x (asha)"),
        (NOW + 20, "asha", "20 s before: x (asha)"),
    ],
)
def test_how_long_before_is_said_in_words(at: int, by: str, words: str) -> None:
    assert marker_words(Marker("x", at, by=by), NOW) == words


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_marker_writes_a_line_of_its_own_or_lengthens_an_sms(text: str, by: str) -> None:
    page = incident_page(announcement(), DASHBOARD)
    marked = with_markers(page, (Marker(text, NOW - 60, by=by),), NOW)
    assert marked.body.count("\n") == page.body.count("\n") + 1
    assert len(marked.sms) <= SMS_LENGTH
    assert "\n" not in marked.sms
