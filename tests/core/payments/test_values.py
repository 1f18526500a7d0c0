"""One spelling for what differs only in how it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.event import DIMENSIONS
from functions.core.payments.values import ABSENT, KNOWN, LONGEST_VALUE, cleaned, is_absent

dimensions = st.sampled_from(DIMENSIONS)


@pytest.mark.parametrize(
    ("dimension", "writings", "shown"),
    [
        ("network", "VISA|visa|Visa| visa |ＶＩＳＡ|Visa Credit", "VISA"),
        ("network", "mc|MC|master card|MasterCard|MASTERCARD|master-card", "MASTERCARD"),
        ("network", "American Express|amex|AMEX", "AMEX"),
        ("network", "pulse|Pulse|PULSE", "PULSE"),
        ("issuer", "HDFC|hdfc|Hdfc", "HDFC"),
        ("issuer", "hdfc bank|HDFC  Bank|Hdfc\tBank", "HDFC BANK"),
        ("method", "CARD|card|Cards", "card"),
        ("method", "Credit Card|credit_card|CREDIT-CARD|cc", "credit_card"),
        ("gateway", "PayU|payu|PAYU", "payu"),
        ("gateway", "g1|G1", "g1"),
        ("device", "Mobile|mobile|MOBILE", "mobile"),
        ("country", "in|IN", "IN"),
        ("currency", "usd|USD", "USD"),
        ("region", "us-west|US-WEST", "US-WEST"),
    ],
)
def test_writings_of_a_value_are_one(dimension: str, writings: str, shown: str) -> None:
    assert {cleaned(dimension, text) for text in writings.split("|")} == {shown}


@pytest.mark.parametrize(
    ("dimension", "value"), [("gateway", "gwA"), ("merchant", "acct_1aB"), ("merchant", "M05")]
)
def test_a_chosen_spelling_and_a_merchants_id_stay(dimension: str, value: str) -> None:
    assert cleaned(dimension, value) == value


@pytest.mark.parametrize("text", sorted(ABSENT))
def test_what_says_nothing_is_absent_in_any_case(text: str) -> None:
    assert is_absent(text)
    assert cleaned("issuer", f" {text.upper()} ") is None


def test_no_letters_mean_two_names() -> None:
    for dimension, names in KNOWN.items():
        for name in set(names.values()):
            assert cleaned(dimension, name) == name


@given(dimensions, st.text(max_size=300))
def test_a_value_stays_as_it_is_once_it_is_clean(dimension: str, text: str) -> None:
    value = cleaned(dimension, text)
    if value is not None:
        assert cleaned(dimension, value) == value
        assert 0 < len(value) <= LONGEST_VALUE
        assert value == " ".join(value.split())


@given(dimensions, st.from_regex(r"[A-Za-z]{1,12}( [A-Za-z]{1,12})?", fullmatch=True))
def test_the_case_of_plain_words_makes_no_difference(dimension: str, text: str) -> None:
    if dimension != "merchant":
        assert cleaned(dimension, text.lower()) == cleaned(dimension, text.upper())


def test_a_value_without_end_is_cut_before_it_is_looked_at() -> None:
    assert cleaned("merchant", "4" * 15_000_000) == "4" * LONGEST_VALUE


@pytest.mark.parametrize("dimension", ["issuer", "network", "region", "country"])
def test_what_is_spelt_in_capitals_is_one_value_with_capitals_inside_too(dimension: str) -> None:
    written = ("IndusInd", "INDUSIND", "indusind", "IndusIND ")
    assert {cleaned(dimension, text) for text in written} == {"INDUSIND"}
