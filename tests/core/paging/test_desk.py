"""The desk as it is stored."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from functions.core.paging.desk import Desk, Pending, Thread, decode
from tests.builders import NOW
from tests.channel_pages import TRIGGERED

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
