"""Card numbers are found wherever they hide, and nothing else is touched."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.cards import is_acceptor_id, mask

PREFIXES = (
    ("4", (13, 16, 18, 19)), ("51", (16,)), ("55", (16,)), ("2221", (16,)), ("2720", (16,)),
    ("34", (15,)), ("37", (15,)), ("300", (14, 16)), ("36", (14,)), ("38", (16,)),
    ("6011", (16, 19)), ("644", (16,)), ("65", (16,)), ("62", (16, 17, 18, 19)), ("81", (16,)),
    ("3528", (16,)), ("3589", (16, 19)), ("6759", (13, 16, 19)), ("5018", (13, 16)),
    ("60", (16,)), ("82", (16,)), ("508", (16,)), ("2200", (16, 19)), ("5067", (16,)),
    ("9792", (16,)), ("9860", (16,)), ("9704", (19,)), ("1800", (15,)),
)  # fmt: skip
"""What card networks give out: the first digits, and how many there are in all."""
BETWEEN = (
    " ", "-", ".", ",", "/", "_", "\t", "\u00a0", "  ", " - ", "\u2013", "\u2014", "\u2011",
    "\u2009", "\u3000", "\u200b", "\u00ad", "%20", "%2D", "+", "\\t", "\\u00a0", "\\u2013", "\x00",
)  # fmt: skip
DIGITS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९")


def with_check_digit(digits: str) -> str:
    """The digits with Luhn's check digit after them."""
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


@st.composite
def drawn_cards(draw: st.DrawFn) -> str:
    prefix, lengths = draw(st.sampled_from(PREFIXES))
    rest = draw(st.sampled_from(lengths)) - len(prefix) - 1
    return with_check_digit(prefix + draw(st.text(string.digits, min_size=rest, max_size=rest)))


cards = drawn_cards()


def digits_of(text: str) -> str:
    """The digits in it, of whatever script, whatever stands between them."""
    return "".join(str(int(c)) for c in text if c.isdecimal())


def in_groups(card: str, sizes: list[int], between: list[str]) -> str:
    parts, at = [], 0
    for size, gap in zip(sizes, between, strict=True):
        if at + size >= len(card):
            break
        parts += [card[at : at + size], gap]
        at += size
    return "".join((*parts, card[at:]))


@given(cards)
def test_all_but_the_last_four_digits_of_a_card_number_are_masked(card: str) -> None:
    assert mask(f"card {card}!") == f"card {'*' * (len(card) - 4)}{card[-4:]}!"


@given(
    cards,
    st.lists(st.integers(1, 6), min_size=19, max_size=19),
    st.lists(st.sampled_from(BETWEEN), min_size=19, max_size=19),
)
def test_a_card_number_is_masked_however_it_is_grouped(
    card: str, sizes: list[int], between: list[str]
) -> None:
    masked = mask(f"no. {in_groups(card, sizes, between)}; paid")
    assert masked.count("*") == len(card) - 4
    assert masked.endswith(f"{card[-1]}; paid")


@given(cards, st.sampled_from(DIGITS), st.sampled_from(BETWEEN))
def test_a_card_number_is_masked_in_the_digits_of_any_script(
    card: str, digits: str, between: str
) -> None:
    written = card.translate(str.maketrans(string.digits, digits))
    for text in (written, between.join((written[:4], written[4:8], written[8:12], written[12:]))):
        assert mask(text).count("*") == len(card) - 4


@given(
    cards,
    st.integers(1, 12),
    st.integers(26, 39),
    st.sampled_from(["{month:02}{year}", "{year}{month:02}", "{month:02}20{year}", "20{year}{month:02}"]),
)  # fmt: skip
def test_an_expiry_date_run_on_hides_no_card_number(
    card: str, month: int, year: int, form: str
) -> None:
    expiry = form.format(month=month, year=year)
    assert mask(card + expiry).startswith("*" * (len(card) - 4))
    assert mask(f"0000{card}") == f"0000{'*' * (len(card) - 4)}{card[-4:]}"


@given(cards, st.sets(st.integers(0, 18)))
def test_digits_that_json_escapes_are_masked_and_it_stays_json(
    card: str, escaped: set[int]
) -> None:
    text = "".join(f"\\u003{c}" if n in escaped else c for n, c in enumerate(card))
    masked = mask(f'{{"a":"{text}"}}')
    assert len(masked) == len(text) + 8
    assert masked.count("*") + masked.count("\\u002a") == len(card) - 4


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("3782 822463 10005", "**** ****** *0005"),
        ("4111111111111111 123", "************1111 123"),
        ("4111 1111 1111 1111 12 27", "**** **** **** 1111 12 27"),
        ("5 4111111111111111", "5 ************1111"),
        ("4111111111111111-5555555555554444", "************1111-************4444"),
        ("a4111111111111111b", "a************1111b"),
        ("41111111111111111229", "************11111229"),
        ("4222222222222", "*********2222"),
        ("4111\\n1111\\n1111\\n1111", "****\\n****\\n****\\n1111"),
    ],
)
def test_a_card_number_is_found_in_groups_and_beside_other_digits(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "1752087790123",  # epoch milliseconds
        "1752087790123456",  # epoch microseconds
        "1752087790123456789",  # epoch nanoseconds
        "20251120134300123456",  # a date and a time
        "4111111111111112",  # fails Luhn's test
        "41111111111111111111111",  # longer than any card number
        "74537604221222132710572",  # an acquirer reference number
        "531913000123",  # a retrieval reference number, 12 digits
        "417500000000003",  # 15 digits that begin as no card number of 15 does
        "0012345678901234",
        "7992739871380000",  # passes Luhn's test, and no issuer has the prefix
        "9199999999999990",
        "txn_82473",
        "2025-07-09 19:03:10",
        "+91 98765 43210",
        "arn:aws:kinesis:eu-central-1:123456789012:stream/events",
        "DE89 3704 0044 0532 0130 00",
        "8b0e5c6e-5b1f-4a57-9d3c-2f4b6a8c0d1e",
        "192.168.100.200",
    ],
)
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert mask(text) == text


@given(st.text(st.sampled_from(string.digits + " -x.,\u00a0٤"), max_size=80))
def test_masking_keeps_the_length_and_every_character_but_digits(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, masked, strict=True))
    assert mask(masked) == masked


def mask_bytes(data: bytes) -> bytes:
    """As it is done with what is parked: what is no text stays as it is."""
    return mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


@given(st.binary(max_size=80), cards)
def test_bytes_are_masked_as_text_is_and_all_others_are_kept(around: bytes, card: str) -> None:
    data = around + b"\xff|" + card.encode() + b"|\xfe" + around
    masked = mask_bytes(data)
    assert len(masked) == len(data)
    assert card.encode() not in masked
    assert b"*" * (len(card) - 4) + card[-4:].encode() in masked


@given(cards, st.sampled_from(["utf-16-le", "utf-16-be", "utf-16", "utf-32-le"]))
def test_a_card_number_is_masked_in_utf_16_and_32(card: str, encoding: str) -> None:
    for text in (f"pan {card} x", f"pan {card[:4]} {card[4:8]} {card[8:]} x"):
        masked = mask_bytes(text.encode(encoding)).decode(encoding)
        assert masked.count("*") == len(card) - 4


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("371449635398431", True), ("37144963539843", False), ("4111111111111111", False), ("a", False)],
)  # fmt: skip
def test_a_merchants_id_with_its_acquirer_has_15_digits(text: str, is_one: bool) -> None:
    assert is_acceptor_id(text) is is_one


@pytest.mark.parametrize(
    "piece", ["2 ", "4", "4 ", "41 ", "\\", "0", "%20", "4\\u0034", "4, ", "٤ "]
)
def test_masking_takes_no_longer_for_digits_in_very_many_groups(piece: str) -> None:
    card = "4111111111111111"
    masked = mask(f"{card} x {piece * 100_000} x {card}")
    assert masked.startswith("************1111 x")
    assert masked.endswith("x ************1111")


def test_a_card_number_is_found_anywhere_in_a_long_chain_of_digits() -> None:
    for before in range(900, 1100):
        assert mask("2 " * before + "378282246310005").endswith("*0005")
