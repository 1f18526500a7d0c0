"""Whatever a text holds, what leaves is one line of text, and only text, in each channel's terms."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.texts import (
    MOST_MARKS,
    cleaned,
    header,
    mrkdwn,
    phone,
    plain,
    terminal,
    terminal_json,
    unlinked,
)

HIDDEN = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u200c\u200d"
    "\u2060\u2061\u2064\ufeff\u00ad\u034f\u180e\u115f\u1160\u3164\uffa0\u2800\ufe0f"
    "\U000e0001\U000e0041\U000e007f\U000e0100\ufff9"
)
BREAKS = "\n\r\t\v\f\x00\x07\x08\x1b\x7f\x85\x9b\u2028\u2029"
hostile = st.text(
    st.sampled_from(f"{HIDDEN}{BREAKS}aB1 *_~`<>&:|@#[]()./\\\u0301\u0338\u20dd\ud800é東🙂")
    | st.characters(),
    max_size=60,
) | st.lists(
    st.sampled_from(
        ["https://", "www.", "evil", ".example", "t.me", "a@b.co", ":fire:", "<!channel>", "*", "_b_",
         "`", "\x1b[31m", "[bold]", "10.0.0.1", "mailto:", " ", "\n", "\u200b", "。", "xn--p1ai", "<b>"]
    ),
    max_size=10,
).map("".join)  # fmt: skip
LINK = re.compile(
    r"(?i)\w://|\w\.(?:[^\W\d_]{2}|xn--)|\b(?:mailto|tel|javascript|data):\S|\d\.\d+\.\d+\.\d"
)


def is_clean(text: str) -> bool:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in HIDDEN or marks > MOST_MARKS:
            return False
    return len(text.splitlines()) <= 1


@given(hostile, st.integers(1, 80))
def test_a_cleaned_text_is_one_line_of_what_can_be_seen(text: str, longest: int) -> None:
    shown = cleaned(text, longest)
    assert is_clean(shown)
    assert len(shown) <= longest
    assert shown == shown.strip()
    assert cleaned(shown, longest) == shown


@pytest.mark.parametrize(
    "text",
    [
        "HDFC",
        "txn_82473",
        "Müller & Söhne",
        "東京 銀行",
        "ธนาคารกรุงไทย",
        "Ngân hàng",
        "בַּנְק",
        "🙂 Pay",
        "a  b",
    ],
)
def test_an_ordinary_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert cleaned(text, 64) == unicodedata.normalize("NFC", text) or cleaned(text, 64) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\nFirst: log in", "a First: log in"),
        ("HD\u200bFC\u202e", "HDFC"),
        ("\x1b[31mX\x00", "[31mX"),
        ("a\u00a0\u3000b", "a b"),
        ("\ud83d", "\ufffd"),
        ("o" + "\u0301" * 40 + "x", "o" + "\u0301" * MOST_MARKS + "x"),
        ("\u0338a", "a"),
        ("a \u0338b", "a b"),
    ],
)
def test_what_would_write_hide_or_overlay_is_taken_out(text: str, shown: str) -> None:
    assert cleaned(text, 64) == shown


@given(hostile)
def test_mail_shows_one_clean_line_without_a_link(text: str) -> None:
    assert is_clean(plain(text))
    assert not LINK.search(plain(text))
    assert plain(plain(text)) == plain(text)


@given(hostile)
def test_an_sms_has_no_link_and_no_bracket_that_its_alphabet_lacks(text: str) -> None:
    shown = phone(text)
    assert is_clean(shown)
    assert not LINK.search(shown)
    assert shown.count("[") <= text.count("[")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://evil.example/a", "https[:]//evil[.]example/a"),
        ("www.evil.co.in", "www[.]evil[.]co[.]in"),
        ("pay@evil.example", "pay@evil[.]example"),
        ("mailto:pay@x", "mailto[:]pay@x"),
        ("http://10.0.0.1", "http[:]//10[.]0.0.1"),
        ("amazon.in", "amazon[.]in"),
        ("58.4 % of 1.204", "58.4 % of 1.204"),
        ("since 13:43:00 UTC. Next", "since 13:43:00 UTC. Next"),
        ("issuer HDFC: razorpay 43 %", "issuer HDFC: razorpay 43 %"),
    ],
)
def test_a_name_that_is_an_address_is_shown_and_is_no_link(text: str, shown: str) -> None:
    assert unlinked(text) == shown


MARKUP = re.compile(r"[*~`@#]|(?<![^\W_])_|_(?![^\W_])|:[\w+'-]*[^\W\d_][\w+'-]*:")


@given(hostile)
def test_slack_finds_nothing_to_format_link_quote_or_make_an_emoji_of(text: str) -> None:
    shown = mrkdwn(text)
    assert is_clean(shown)
    assert not LINK.search(shown)
    assert not MARKUP.search(shown)
    assert not shown.startswith(">")
    assert not re.search(r":[\w+'-]*[^\W\d_][\w+'-]*:", header(text))


def test_what_paywatch_itself_sets_as_code_stays_code() -> None:
    own = "`paywatch normal PW-1120-1343-4f2` makes it normal, `paywatch incidents` lists"
    assert mrkdwn(own) == own
    assert "`" not in mrkdwn("`paywatch normal; rm` `x`")


@given(hostile)
def test_a_terminal_gets_nothing_that_steers_it_and_keeps_its_lines(text: str) -> None:
    shown = terminal(text)
    assert all(is_clean(line) for line in shown.split("\n"))
    assert shown.count("\n") == text.count("\n")
    assert terminal("a\n  - b\x1b[2J") == "a\n  - b [2J"


@given(st.text() | hostile)
def test_json_for_a_terminal_says_the_same_and_steers_nothing(text: str) -> None:
    told = json.dumps({"a": text}, ensure_ascii=False)
    shown = terminal_json(told)
    assert json.loads(shown) == json.loads(told)
    assert all(is_clean(character) for character in shown if character not in "\u0338\u20dd")
    assert terminal_json(shown) == shown
