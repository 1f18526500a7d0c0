"""Card numbers are found wherever they hide, and nothing else is touched."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.cards import mask, mask_bytes


def with_check_digit(digits: str) -> str:
    """The digits with Luhn's check digit after them."""
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


cards = st.builds(
    lambda first, rest: with_check_digit(first + rest),
    st.sampled_from("2345689"),
    st.text(string.digits, min_size=12, max_size=17),
)


@given(cards)
def test_all_but_the_last_four_digits_of_a_card_number_are_masked(card: str) -> None:
    assert mask(f"card {card}!") == f"card {'*' * (len(card) - 4)}{card[-4:]}!"


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
    ],
)
def test_a_card_number_is_found_in_groups_and_beside_other_digits(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "1752087790123456",  # epoch microseconds
        "1752087790123456789",  # epoch nanoseconds
        "4111111111111112",  # fails Luhn's test
        "41111111111111111111111",  # longer than any card number
        "txn_82473",
        "2025-07-09 19:03:10",
    ],
)
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert mask(text) == text


@given(st.text(st.sampled_from(string.digits + " -x"), max_size=80))
def test_masking_keeps_the_length_and_every_character_but_digits(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, masked, strict=True))
    assert mask(masked) == masked


@given(st.binary(max_size=80), cards)
def test_bytes_are_masked_as_text_is_and_keep_their_length(around: bytes, card: str) -> None:
    data = around + b"\xff" + card.encode() + b"\xfe" + around
    masked = mask_bytes(data)
    assert len(masked) == len(data)
    assert card.encode() not in masked


def test_masking_takes_no_longer_for_digits_in_very_many_groups() -> None:
    assert mask("2 " * 100_000).startswith("2 2 ")
