"""The desk: how it is stored, and what of it is whose to send."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from functions.core.errors import StateConflict
from functions.core.paging.desk import (
    STALE_SECONDS,
    Desk,
    Pending,
    Thread,
    decode,
    is_awaited,
    sent,
    to_send,
    worse,
)
from functions.core.paging.page import RESOLVE
from tests.builders import NOW
from tests.channel_pages import TRIGGERED, page

THREAD = Thread("PW-1", "s", "t", "critical", NOW)
DESK = Desk({"k": NOW}, {"all": THREAD}, (Pending("k", TRIGGERED, NOW), Pending("l", None, NOW)))


def stored(**parts: Any) -> str:
    """The desk as stored, with these parts as another release would store them."""
    return json.dumps({**msgspec.to_builtins(DESK), **parts})


def test_a_desk_comes_back_as_it_was_stored() -> None:
    assert decode(stored()) == (DESK, ())


def test_what_another_release_added_to_the_desk_is_left_out() -> None:
    assert decode(stored(newer=[1, 2])) == (DESK, ())


@pytest.mark.parametrize("part", ["threads", "over"])
def test_of_a_desk_of_another_release_the_rest_is_kept_and_what_is_lost_is_named(part: str) -> None:
    default = getattr(Desk(), part)
    assert decode(stored(**{part: 7})) == (
        msgspec.structs.replace(DESK, **{part: default}),
        (part,),
    )


KEY = "PW-1/opened"


def decided(key: str, at: int = NOW) -> Pending:
    return Pending(key, None, at)


def test_whoever_takes_a_message_sends_what_it_causes() -> None:
    after = Desk({KEY: NOW}, outbox=(decided(KEY),))
    assert to_send(Desk(), after, KEY, NOW) == [decided(KEY)]


def test_what_another_message_caused_is_left_to_whoever_took_that() -> None:
    before = Desk({"other": NOW}, outbox=(decided("other"),))
    after = Desk({**before.taken, KEY: NOW}, outbox=(*before.outbox, decided(KEY)))
    assert to_send(before, after, KEY, NOW) == [decided(KEY)]


def test_what_others_left_for_long_is_sent_by_whoever_comes() -> None:
    left = decided("other", NOW - STALE_SECONDS)
    young = decided("third", NOW - STALE_SECONDS + 1)
    before = Desk({"other": left.at, "third": young.at}, outbox=(left, young))
    after = Desk({**before.taken, KEY: NOW}, outbox=(*before.outbox, decided(KEY)))
    assert to_send(before, after, KEY, NOW) == [decided(KEY), left]


def test_a_message_that_another_invocation_may_be_sending_comes_again() -> None:
    desk = Desk({KEY: NOW}, outbox=(decided(KEY),))
    with pytest.raises(StateConflict, match=f"another invocation is sending the page for {KEY}"):
        to_send(desk, desk, KEY, NOW + STALE_SECONDS - 1)


def test_a_message_that_was_taken_and_left_is_sent_when_it_comes_again() -> None:
    desk = Desk({KEY: NOW}, outbox=(decided(KEY),))
    assert to_send(desk, desk, KEY, NOW + STALE_SECONDS) == [decided(KEY)]


def test_a_message_that_was_sent_causes_nothing_when_it_comes_again() -> None:
    desk = Desk({KEY: NOW})
    assert to_send(desk, desk, KEY, NOW + 60) == []


def test_a_message_that_causes_nothing_sends_nothing() -> None:
    assert to_send(Desk(), Desk({KEY: NOW}), KEY, NOW) == []


@pytest.mark.parametrize(("one", "two"), [("info", "warning"), ("critical", "warning")])
def test_of_two_severities_the_graver_one_counts(one: str, two: str) -> None:
    assert worse(one, two) == worse(two, one) == max(one, two, key=("info warning critical").index)


def test_where_what_was_not_told_cannot_be_read_a_message_that_comes_again_is_told() -> None:
    page = {"thread": "PW-1", "subject": "s", "body": "CRITICAL: x", "severity": "critical"}
    desk, lost = decode(stored(outbox=[{"key": "k", "page": page, "at": NOW}]))
    assert (desk.taken, desk.outbox, desk.threads) == ({}, (), DESK.threads)
    assert lost == ("outbox",)


@pytest.mark.parametrize("text", ["", "[]", "no JSON"])
def test_what_is_no_desk_is_an_empty_one_and_that_is_said(text: str) -> None:
    desk, lost = decode(text)
    assert desk == Desk()
    assert lost


def paged(key: str, number: int, at: int = NOW, **fields: Any) -> Pending:
    return Pending(key, page(number=number, about="PW-1", **fields), at)


BEGUN, ENDED = paged("begun", 1), paged("ended", 2, kind=RESOLVE)


def test_what_was_left_is_not_sent_after_what_supersedes_it() -> None:
    before = Desk({"begun": NOW}, outbox=(BEGUN,))
    after = Desk({"begun": NOW, "ended": NOW}, outbox=(BEGUN, ENDED))
    late = NOW + STALE_SECONDS
    assert to_send(before, after, "ended", late) == [ENDED, replace(BEGUN, page=None)]


def test_what_is_sent_takes_out_of_the_outbox_what_was_to_be_heard_before() -> None:
    desk = sent(Desk(outbox=(BEGUN, ENDED)), ["ended"])
    assert desk.outbox == (replace(BEGUN, page=None),)


def test_a_page_is_awaited_that_another_invocation_may_be_sending() -> None:
    desk = Desk(outbox=(BEGUN, ENDED))
    assert is_awaited(desk, [ENDED], NOW)
    assert not is_awaited(desk, [ENDED], NOW + STALE_SECONDS)
    assert not is_awaited(desk, [BEGUN], NOW)
    assert not is_awaited(Desk(outbox=(ENDED,)), [ENDED], NOW)
