"""The desk as it is stored."""

from __future__ import annotations

import json

import msgspec
import pytest

from functions.core.paging.desk import Desk, Pending, decode
from tests.builders import NOW
from tests.channel_pages import TRIGGERED


def test_a_desk_comes_back_as_it_was_stored() -> None:
    desk = Desk({"k": NOW}, outbox=(Pending("k", TRIGGERED, NOW), Pending("l", None, NOW)))
    assert decode(msgspec.json.encode(desk).decode()) == desk


def test_a_page_that_the_release_before_did_not_send_is_taken_over_word_for_word() -> None:
    page = {
        "thread": "PW-1",
        "subject": "s",
        "body": "CRITICAL: x",
        "sms": "x",
        "severity": "critical",
    }
    stored = {"taken": {"k": NOW}, "outbox": [{"key": "k", "page": page, "at": NOW}]}
    [pending] = decode(json.dumps(stored)).outbox
    assert pending.page is not None
    assert (pending.page.body, pending.page.sms, pending.page.thread) == (
        "CRITICAL: x",
        "x",
        "PW-1",
    )


def test_what_is_no_desk_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode('{"taken": 7}')
