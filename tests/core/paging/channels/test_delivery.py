"""What comes from a channel's queue is told, be it a page or not; and once, in the right order."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.paging.channels.delivery import (
    ChannelMemory,
    QueuedPage,
    is_outdated,
    mark,
    read_page,
)
from functions.core.paging.channels.slack import message
from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, TRIGGER, UPDATE, Page
from tests.channel_pages import DASHBOARD, NOW, ONE_OF_EACH, TRIGGERED, page, pages


def read(text: str, fault: str = "") -> Page:
    return read_page(QueuedPage("m1", text, NOW, 1, fault), DASHBOARD)


def given_up(inner: str) -> str:
    """What Lambda puts on the on-call topic when notify failed on a message."""
    return json.dumps(
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": inner, "MessageId": "1"}}]}
    )


ALARM = json.dumps(
    {
        "AlarmName": "paywatch-prod-FailureRate-critical",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed",
        "AlarmDescription": None,
    }
)
ANNOUNCED = json.dumps(
    {
        "paywatch_announcement": {
            "transition": "opened",
            "incident": {
                "id": "PW-1120-1343-4f2",
                "signal": "failed",
                "slice": "issuer=HDFC&network=VISA",
                "score": 96.0,
            },
        }
    }
)


@given(pages)
def test_a_page_comes_out_of_the_queue_as_it_went_in(any_page: Page) -> None:
    assert read(msgspec.json.encode(any_page).decode()) == any_page


def test_an_alarm_that_notify_could_not_tell_is_told_in_words() -> None:
    told = read(given_up(ALARM), "the desk moved")
    assert (
        told.headline == "CRITICAL, told raw: the alarm paywatch-prod-FailureRate-critical is ALARM"
    )
    assert ("CloudWatch says", "Threshold Crossed") in told.facts
    assert ("notify says", "the desk moved") in told.facts


def test_an_incident_that_notify_could_not_tell_is_told_in_words() -> None:
    told = read(given_up(ANNOUNCED))
    assert "incident PW-1120-1343-4f2 opened" in told.headline
    assert ("Where", "issuer HDFC × network VISA") in told.facts


def test_an_alarm_on_its_own_is_told_in_the_same_words() -> None:
    assert read(ALARM).headline == read(given_up(ALARM)).headline


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_whatever_comes_is_told_as_a_critical_trouble_of_its_own(text: str) -> None:
    told = read(text)
    assert (told.kind, told.severity) == (TRIGGER, "critical")
    assert told.thread in told.sms
    assert message(told)["blocks"]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ("thread", "kind", "Records", "Sns", "Message", "AlarmName",
         "NewStateValue", "paywatch_announcement", "incident", "slice")), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_json_of_any_shape_is_told(value: Any) -> None:
    assert read(json.dumps(value)).headline.startswith("CRITICAL, told raw: ")


def test_json_that_is_nested_too_deep_is_told() -> None:
    assert read('{"a":' * 10_000).headline.startswith("CRITICAL, told raw: ")


def test_a_page_of_a_kind_or_severity_that_is_not_known_is_told_raw() -> None:
    for changes in ({"kind": "snooze"}, {"severity": "urgent"}):
        text = msgspec.json.encode(page(**changes)).decode()
        assert TRIGGERED.headline in dict(read(text).facts)["It says"]


def test_a_message_that_comes_again_has_its_old_thread_and_another_one_another() -> None:
    assert read(given_up(ALARM)).thread == read(given_up(ALARM)).thread
    assert read(given_up(ALARM)).thread != read(given_up(ANNOUNCED)).thread


def test_pages_of_a_thread_have_different_marks() -> None:
    marks = {mark(told) for told in ONE_OF_EACH.values()}
    assert len(marks) == len(ONE_OF_EACH)


def test_a_trigger_that_was_held_up_does_not_open_again_what_is_over() -> None:
    over = ChannelMemory(begun=NOW, over=NOW + 100)
    assert is_outdated(page(kind=TRIGGER, at=NOW), over)
    assert is_outdated(page(kind=UPDATE, at=NOW + 99), over)
    assert not is_outdated(page(kind=TRIGGER, at=NOW + 200), over)


def test_a_resolution_that_was_held_up_does_not_end_what_has_come_back() -> None:
    back = ChannelMemory(begun=NOW + 200)
    assert is_outdated(page(kind=RESOLVE, at=NOW + 100), back)
    assert not is_outdated(page(kind=RESOLVE, at=NOW + 300), back)


def numbered(number: int, kind: str = UPDATE, about: str = "PW-1") -> Page:
    return page(number=number, kind=kind, about=about)


def told(*those: Page) -> ChannelMemory:
    return ChannelMemory(marks=frozenset(map(mark, those)))


@pytest.mark.parametrize(
    ("page", "newest", "expected"),
    [
        (numbered(1, TRIGGER), numbered(2, RESOLVE), True),
        (numbered(3, TRIGGER), numbered(2, RESOLVE), False),
        (numbered(2, RESOLVE), numbered(3, TRIGGER), True),
        (numbered(2, RESOLVE), numbered(1, TRIGGER), False),
        (numbered(1, TRIGGER), numbered(2, UPDATE), True),
        (numbered(1, TRIGGER), numbered(2, UPDATE, "PW-2"), False),
        (numbered(1, UPDATE, ""), numbered(2, UPDATE, ""), False),
        (numbered(1, UPDATE), numbered(2, ACKNOWLEDGE), False),
        (numbered(1, ACKNOWLEDGE), numbered(2, UPDATE), False),
        (numbered(1, ACKNOWLEDGE), numbered(2, RESOLVE), True),
    ],
)
def test_of_pages_with_numbers_that_is_outdated_which_says_how_things_stood(
    page: Page, newest: Page, expected: bool
) -> None:
    assert is_outdated(page, told(newest)) is expected


def test_pages_with_numbers_are_told_from_those_of_the_release_before_by_their_marks() -> None:
    before = ChannelMemory(frozenset({mark(TRIGGERED)}), begun=NOW + 999, over=NOW + 999)
    assert not is_outdated(numbered(1, TRIGGER), before)


@given(pages)
def test_nothing_is_outdated_in_a_thread_never_told(any_page: Page) -> None:
    assert not is_outdated(any_page, ChannelMemory())


@given(pages, st.integers(0, 2**33), st.integers(0, 2**33))
def test_that_somebody_took_it_over_is_never_outdated(
    any_page: Page, begun: int, over: int
) -> None:
    taken = msgspec.structs.replace(any_page, kind=ACKNOWLEDGE)
    assert not is_outdated(taken, ChannelMemory(begun=begun, over=over))
