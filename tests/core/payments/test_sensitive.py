"""What may not be kept of a payment is found by name and by form, and all else is left alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.sensitive import (
    DROPPED,
    is_secret,
    kept,
    kept_value,
    quoted,
    without_secret_bytes,
    without_secrets,
)

SECRET_NAMES = (
    "cvv", "cvv2", "cvc", "cvc2", "cid", "csc", "security_code", "card_security_code", "pin",
    "pin_block", "encrypted_pin_block", "track1", "track2", "track_data", "track2_equivalent_data",
    "magstripe", "emv_data", "icc_data", "tag_57", "de_55", "authorization", "token", "access_token",
    "client_secret", "password", "api_key",
)  # fmt: skip
HARMLESS_NAMES = (
    "cvv_result", "cvc_check", "avs_result", "token_type", "shipping", "spin", "pin_entry_mode",
    "authorization_code", "incident", "card_id", "customer_id", "order_id", "interest", "tracking_number",
    "decide", "accident", "sku", "card_type", "opinion", "basket", "code", "data", "number", "note",
)  # fmt: skip
CARD = "4111111111111111"


@st.composite
def spelt(draw: st.DrawFn) -> str:
    """A secret's name as somebody may write it, alone or after other words."""
    words = draw(st.sampled_from(SECRET_NAMES)).split("_")
    if draw(st.booleans()):
        words = ["payment", "card", *words]
    form = draw(st.sampled_from(["_", "-", ".", " ", "camel", "Pascal"]))
    if form in ("camel", "Pascal"):
        first = words[0] if form == "camel" else words[0].title()
        return first + "".join(word.title() for word in words[1:])
    name = form.join(words)
    return draw(st.sampled_from([name, name.upper(), name.title()]))


@given(spelt())
def test_a_secrets_name_is_known_in_every_spelling(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["cardcvv", "CVVCODE", "pinblock", "TRACK2DATA", "c_v_v", "ＣＶＶ"]
)
def test_a_secrets_name_is_known_in_one_word_or_many(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["Card Verification Value 2", "cvv_2", "cvc3", "trackData1", "track_2_data", "DE 55", "Tag57", "PINData",
     "ICCSystemRelatedData", "encryptedSecurityCode", "pin1", "card_cvv_code_2"],
)  # fmt: skip
def test_a_number_or_a_filler_after_it_changes_nothing(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-ghi_jkl", f"Authorization: {DROPPED}"),
        ("sent with Basic dXNlcjpwYXNz", f"sent with {DROPPED}"),
        ("sk_live_0123456789abcdef", DROPPED),
        ("https://user:hunter22@host/x", f"https://{DROPPED}@host/x"),
        ("https://host/x?token=abc&a=1", f"https://host/x?token={DROPPED}&a=1"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", DROPPED),
    ],
)
def test_what_lets_in_is_dropped_by_its_form(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert kept(text, 64) == shown


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_what_only_sounds_like_a_secret_is_kept(name: str) -> None:
    assert not is_secret(name)
    assert kept_value({name: "x"}) == {name: "x"}


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**6) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def planted(name: str, around: Any, secret: Any) -> dict[str, Any]:
    return {"a": around, "b": [{"c": {name: secret}}], name: secret}


@given(spelt(), values, st.sampled_from(["S3CR3T", ["S3CR3T"], {"x": "S3CR3T", "y": ["}]{"]}]))
def test_a_secret_is_dropped_from_a_value_however_deep(name: str, around: Any, secret: Any) -> None:
    assert "S3CR3T" not in json.dumps(kept_value(planted(name, around, secret)))


@given(spelt(), values, st.sampled_from(["S3CR3T", ["S3CR3T"], {"x": "S3CR3T", "y": ["}]{"]}]))
def test_a_secret_is_dropped_from_json_text_which_stays_json(
    name: str, around: Any, secret: Any
) -> None:
    text = json.dumps(planted(name, around, secret))
    assert "S3CR3T" not in json.dumps(json.loads(without_secrets(text)))
    assert "S3CR3T" not in without_secrets(text[:-1])
    assert "S3CR3T" not in without_secrets(text[3:])


@given(spelt())
def test_a_secret_that_is_told_as_a_name_and_a_value_is_dropped(name: str) -> None:
    told = {"fields": [{"name": name, "value": "S3CR3T"}, {"name": "note", "value": "kept"}]}
    assert kept_value(told) == {"fields": [{"name": name}, {"name": "note", "value": "kept"}]}
    shown = json.loads(without_secrets(json.dumps(told)))
    assert shown["fields"] == [{"name": name, "value": None}, {"name": "note", "value": "kept"}]


@given(spelt(), st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]))
def test_a_secret_is_dropped_from_utf_16(name: str, encoding: str) -> None:
    data = json.dumps({"a": 1, name: "S3CR3T", "pan": CARD}).encode(encoding)
    shown = without_secret_bytes(data).decode(encoding)
    assert json.loads(shown) == {"a": 1, name: None, "pan": "************1111"}


@given(spelt(), st.integers(1, 4), st.sampled_from(["S3CR3T", 'S3C"R3T', "S3CR3T\\", ["S3CR3T"]]))
def test_a_secret_is_dropped_from_json_inside_of_json(
    name: str, times: int, secret: object
) -> None:
    text = json.dumps({"a": 1, name: secret, "b": "kept"})
    for _ in range(times):
        text = json.dumps({"payload": text, "c": "kept"})
    shown = without_secrets(text)
    assert not {"S3C", "R3T", "S3CR3T"} & set(re.findall(r"\w+", shown))
    if isinstance(secret, str):
        assert shown.count("kept") == 1 + times


@pytest.mark.parametrize("sign", [":", "=", " => ", " := ", "==", " : "])
def test_a_secret_is_dropped_after_any_sign_of_equality(sign: str) -> None:
    assert "123" not in without_secrets(f"x cvv{sign}123 y 'pin'{sign}'1234'")


@given(spelt().filter(lambda name: " " not in name))
def test_a_secret_is_dropped_from_pairs_and_tags(name: str) -> None:
    assert without_secrets(f"a=1&{name}=S3CR3T&b=2") == f"a=1&{name}={DROPPED}&b=2"
    assert without_secrets(f"{name}: 'S3CR3T', b") == f"{name}: {DROPPED}, b"
    assert without_secrets(f"<a><{name}>S3CR3T</{name}>") == f"<a><{name}>{DROPPED}</{name}>"


@pytest.mark.parametrize(
    "track",
    [
        f";{CARD}=29121010000012300000?",
        f"{CARD}=2912",
        f"%B{CARD}^DOE/JANE^29121010000012300000?",
        f"B{CARD}^DOE/JANE^2912101",
        f"{CARD}D29121010000012300000F",
        ";378282246310005=29121010000012300000?",
        "cvv 123", "CVC: 1234", "(csc)123", "pin 1234", "security code 123",
    ],
)  # fmt: skip
def test_a_track_or_a_code_in_words_is_dropped_by_its_form(track: str) -> None:
    shown = without_secrets(f"before {track} after")
    assert "123" not in shown
    assert "2912" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "txn_82473",
        "51",
        "51 : Insufficient funds",
        "pay_Nx8Q2b71LkZs90",
        "a=b",
        "HDFC Bank",
        "É · 東京",
    ],
)
def test_an_ordinary_text_is_kept_as_it_is(text: str) -> None:
    assert without_secrets(text) == text
    assert kept(text, 64) == text


def test_a_field_that_says_that_it_holds_a_card_number_is_masked_though_it_is_none() -> None:
    found = kept_value({"pan": "1234567890123456", "cardNumber": 1234567890123, "card_no": "1234"})
    assert kept_value({"billing_card_number": "1234567890123456"}) == {
        "billing_card_number": "************3456"
    }
    assert found == {"pan": "************3456", "cardNumber": "*********0123", "card_no": "1234"}


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_bytes_that_are_no_secret_are_kept(before: bytes, after: bytes) -> None:
    data = before + b'\n"cvv":"S3CR3T"\n' + after
    assert b"S3CR3T" not in without_secret_bytes(data)
    plain = bytes(set(range(128, 256)))
    assert without_secret_bytes(plain) == plain


@given(st.text(max_size=200), st.integers(1, 64))
def test_what_is_kept_is_one_line_no_longer_than_asked_and_stays_the_same(
    text: str, longest: int
) -> None:
    shown = kept(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
    assert kept(shown, longest) == shown


@given(st.integers(0, 60))
def test_what_a_message_quotes_is_cleared_before_it_is_cut(before: int) -> None:
    assert "411" not in quoted(f"{'x' * before} {CARD}")
    assert quoted(CARD) == quoted(int(CARD)) == "'************1111'"
    assert quoted("a\n") == "'a'"


@given(st.integers(0, 70), st.sampled_from(["", " ", "\u200b", "\n"]))
def test_nothing_is_cut_before_it_is_masked(before: int, between: str) -> None:
    parts = between.join((CARD[:4], CARD[4:8], CARD[8:]))
    shown = kept("x" * before + " " + parts, 64)
    assert "4" not in shown


@pytest.mark.parametrize(
    "piece", ["a", '"', '"a":', "cvv:", '"cvv":{', "<a>", "%B1", "=1", "a ", "\\u0061", "pin "]
)
def test_a_megabyte_of_anything_is_searched(piece: str) -> None:
    assert "S3CR3T" not in without_secrets(piece * (1_000_000 // len(piece)) + '\n"cvv":"S3CR3T"')
