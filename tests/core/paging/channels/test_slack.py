"""A page in Slack: what is shown, within every limit, whatever the page says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from functions.core.paging.channels.slack import (
    ABOUT_BLOCKS,
    ABOUT_THREAD,
    PASSING,
    TEXT_LENGTH,
    advice,
    escape,
    is_broadcast,
    message,
    plain,
)
from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, TRIGGER, UPDATE, Page
from tests import channel_schemas
from tests.channel_pages import ALARM, ONE_OF_EACH, TRIGGERED, page, pages


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_page_as_slack_gets_it(name: str, snapshot: SnapshotAssertion) -> None:
    shown = message(ONE_OF_EACH[name])
    assert shown == snapshot(extension_class=JSONSnapshotExtension)


@given(pages)
def test_slack_takes_any_page(any_page: Page) -> None:
    channel_schemas.slack({"channel": "C0123456789", **message(any_page)})


@given(pages)
def test_slack_takes_any_page_as_plain_text(any_page: Page) -> None:
    channel_schemas.slack(plain(any_page))


@given(pages)
def test_no_page_can_mention_people_or_make_links_of_its_own(any_page: Page) -> None:
    """`<!channel>`, `<@U…>` and `<https://…>` begin with a bare `<`; only our dashboard's may stay."""
    for text in _mrkdwn(any_page):
        without_ours = re.sub(r"<https://[^|<>]*\|[^<>]*>", "", text)
        assert not set("<>") & set(without_ours)


@given(pages)
def test_every_ampersand_is_escaped_whole_however_the_text_is_cut(any_page: Page) -> None:
    for text in _mrkdwn(any_page):
        assert not re.search(r"&(?!(amp|lt|gt);)", text)


def _mrkdwn(any_page: Page) -> list[str]:
    """Every text in which Slack looks for its own signs."""
    shown = message(any_page)
    texts = [shown["text"], plain(any_page)["text"]]
    for block in shown["blocks"]:
        parts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        texts += [part["text"] for part in parts if part and part["type"] == "mrkdwn"]
    return texts


def test_a_text_that_fits_is_shown_whole() -> None:
    assert escape("a & b", 9) == "a &amp; b"


def test_a_text_that_does_not_fit_is_cut_before_an_escape() -> None:
    assert escape("a & b", 8) == "a &amp;…"
    assert escape("a & b", 7) == "a …"


def test_a_headline_too_long_for_a_header_is_told_whole_below_it() -> None:
    told = "x" * 400
    header, whole, *_ = message(page(headline=told))["blocks"]
    assert len(header["text"]["text"]) == 150
    assert whole["text"]["text"] == told


def test_every_fact_of_an_incident_is_shown_in_its_order() -> None:
    shown = [text for text in _mrkdwn(TRIGGERED) if text.startswith("*")]
    names = [re.split(r"[:*]", text)[1] for text in shown]
    assert names == [*(name for name, _ in TRIGGERED.facts), "First"]


def test_a_long_fact_has_the_whole_width() -> None:
    (wide,) = (block for block in message(ALARM)["blocks"] if "CloudWatch says" in str(block))
    assert "fields" not in wide


def test_the_sign_tells_severity_and_that_it_is_over_or_taken() -> None:
    signs = {
        message(page(kind=kind, severity=severity))["text"][0]
        for kind, severity in (
            (TRIGGER, "critical"),
            (TRIGGER, "warning"),
            (TRIGGER, "info"),
            (ACKNOWLEDGE, "critical"),
            (RESOLVE, "critical"),
        )
    }
    assert len(signs) == 5


def test_the_channel_sees_a_return_and_the_end_and_only_the_thread_the_rest() -> None:
    shown = {kind for kind in (TRIGGER, UPDATE, ACKNOWLEDGE, RESOLVE) if is_broadcast(page(kind=kind))}  # fmt: skip
    assert shown == {TRIGGER, RESOLVE}


def test_what_slack_calls_an_error_is_of_one_kind() -> None:
    assert not PASSING & ABOUT_BLOCKS
    assert not PASSING & ABOUT_THREAD
    assert not ABOUT_BLOCKS & ABOUT_THREAD


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("invalid_auth", "bot_token"),
        ("channel_not_found", "ID"),
        ("not_in_channel", "invite"),
        ("missing_scope", "chat:write"),
        ("no_service", "webhook_url"),
        ("something_new", "chat.postMessage"),
    ],
)
def test_a_refusal_says_what_to_do(error: str, what: str) -> None:
    assert what in advice(error)


def test_plain_text_says_all_that_the_layout_says() -> None:
    assert "Surely: more than 31 %" in plain(TRIGGERED)["text"]
    assert len(plain(page(headline="&" * 4000))["text"]) <= TEXT_LENGTH
