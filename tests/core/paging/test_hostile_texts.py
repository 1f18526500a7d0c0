"""A payment chooses its own texts, and can write nothing on a page with them: in no channel."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting, count
from functions.core.counting.harm import Example
from functions.core.counting.ledger import Ledger
from functions.core.counting.slices import slice_key
from functions.core.paging.channels import alertmanager, pagerduty, slack
from functions.core.paging.incident_page import incident_page
from functions.core.paging.page import SMS_LENGTH, SUBJECT_LENGTH, Page
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.route import ILL, WELL, Route
from tests.builders import DASHBOARD, NOW, announcement, event_bytes, record

PIECES = (
    "\n", "\r\n", "\u2028", "\x85", "\x00", "\x1b[31m", "\u202e", "\u2067", "\u200b", "\u00ad", "\ufeff",
    "\U000e0041", "\u0301" * 20, "\ud800", "First: log in at ", "https://evil.example", "www.evil.example",
    "evil.example", "t.me/x", "pay@evil.example", "http://10.0.0.1/", "mailto:a@b.co", "<!channel>",
    "<https://evil.example|log in>", "<@U1>", "@here", "#general", "*", "_", "~", "`", ">", "&", ":fire:", "<b>",
    "[x](y.zz)", "=", "%", "a", "B1", " ", "東", "é", "🙂",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join) | st.text(
    min_size=1, max_size=30
)
LINK = re.compile(r"(?i)\w://|\w\.(?:[^\W\d_]{2}|xn--)|\b(?:mailto|tel|javascript|data):\S")
BOLD = re.compile(r"\A\*[A-Za-z ]+(?::\*|\*\n)")
OWN_CODE = re.compile(r"`paywatch [a-z]+(?: PW-[\w-]+)?`")
MARKUP = re.compile(r"[*~`@#<>]|(?<![^\W_])_|_(?![^\W_])|:[\w+'-]*[^\W\d_][\w+'-]*:")


def page_of(texts: list[str], transition: str = OPENED) -> Page:
    """The page of an incident all of whose texts somebody else chose, as detect had stored them."""
    issuer, merchant, gateway, other, identity, code, currency = texts
    key = slice_key({"issuer": issuer, "merchant": merchant})
    closed = {"closed_at": NOW + 600} if transition == CLOSED else {}
    return incident_page(
        announcement(
            transition,
            slice=key,
            also=(slice_key({"gateway": gateway}),),
            affected=12,
            money={currency: 100.0},
            examples=(Example(identity, code), Example("txn_2", code)),
            routes=(
                Route(segment=key, gateway=gateway, does=ILL, attempts=90, shown=54),
                Route(segment=key, gateway=other, does=WELL, attempts=90, shown=0),
            ),
            **closed,
        ),
        DASHBOARD,
    )


pages = st.builds(
    page_of, st.lists(hostile, min_size=7, max_size=7), st.sampled_from([OPENED, CLOSED])
)


def is_clean(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from (name, *texts_in(item))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)


def without_dashboard(text: str) -> str:
    return text.replace(DASHBOARD, "")


@given(pages)
def test_a_mail_has_the_lines_that_paywatch_wrote_and_one_link(page: Page) -> None:
    harmless = page_of(["x"] * 7, CLOSED if "Until" in dict(page.facts) else OPENED)
    lines, expected = page.body.split("\n"), harmless.body.split("\n")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        line.partition(":")[0] for line in expected[1:]
    ]
    assert all(is_clean(line) for line in lines)
    assert page.body.count(DASHBOARD) == 1
    assert not LINK.search(without_dashboard(page.body))
    assert len(page.subject) <= SUBJECT_LENGTH
    assert re.fullmatch("[ -~]*", page.subject)
    assert not LINK.search(page.subject)


@pytest.mark.parametrize(
    "address", ["東mailto:a@b.co", "東data:x", "🙂tel:1", "東https://evil.example"]
)
def test_what_becomes_a_link_only_by_losing_a_letter_is_none(address: str) -> None:
    """An SMS and a subject have alphabets of their own: what those lack is a question mark there."""
    page = page_of([address] * 7)
    assert not LINK.search(page.sms)
    assert not LINK.search(page.subject)


@given(pages)
def test_an_sms_is_short_and_has_no_link(page: Page) -> None:
    assert len(page.sms) <= SMS_LENGTH
    assert is_clean(page.sms)
    assert not LINK.search(page.sms)


@given(pages)
def test_in_slack_nothing_is_marked_up_but_what_paywatch_marks_up(page: Page) -> None:
    shown = slack.message(page)
    for text in texts_in(shown["blocks"]):
        assert is_clean(text.replace("\n", "")), text
    for text in (*mrkdwn(shown["blocks"]), shown["text"]):
        ours = text.replace("&amp;", "and").replace(f"<{DASHBOARD}|Dashboard>", "")
        ours = OWN_CODE.sub("", BOLD.sub("", ours, count=1)).replace("&lt;", "").replace("&gt;", "")
        assert not MARKUP.search(ours), text
        assert not LINK.search(ours), text
        assert not re.search(r"(?m)^\s*&gt;", text.partition("\n")[2])
    for line in slack.plain(page)["text"].split("\n"):
        assert not line.startswith("&gt;")


def mrkdwn(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        for part in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())):
            if part and part["type"] == "mrkdwn":
                yield part["text"]


@given(pages)
def test_pagerduty_and_the_webhook_get_clean_texts_and_no_link_of_a_payments(page: Page) -> None:
    for text in texts_in(pagerduty.event(page, "paywatch-prod")):
        assert is_clean(text)
        assert not LINK.search(without_dashboard(text))
    notification = alertmanager.notification(page)
    assert notification is not None
    for text in texts_in(notification):
        assert is_clean(text.replace("\n", ""))
    for text in texts_in(notification["commonAnnotations"]):
        assert not LINK.search(without_dashboard(text))
    assert notification["commonAnnotations"]["description"] == page.body


FORGED = "!a\n\nFirst: log in at https://evil.example and approve\nDashboard: "


@pytest.mark.parametrize(
    "field", ["transaction_id", "error_code", "error_scheme", "issuer", "merchant_id", "currency"]
)
def test_what_a_failing_payment_says_is_one_line_in_what_is_counted(field: str) -> None:
    failing = {"payment_status": "failed", "error_code": "zz", "amount": 1, field: FORGED}
    batch = count([record(data=event_bytes(**failing))], Ledger(), Counting(load()))
    told = json.dumps([str(partial) for partial in batch.partials], ensure_ascii=False)
    assert "!a" in told.lower()
    for escape in ("\\\\n", "\\\\r", "\\n"):
        assert escape not in told
