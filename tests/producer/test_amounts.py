"""Amounts as people write them: a number whatever its marks, its currency, and its unit."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.amounts import DECIMAL_MARKS, currency_of, decimal_of, number


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,50", 12.5),
        ("12.50", 12.5),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u202f234,50", 1234.5),
        ("12'345.60", 12345.6),
        ("12\u2019345.60", 12345.6),
        ("₹1,00,000.00", 100_000.0),
        ("1.234.567", 1_234_567.0),
        ("€12,50", 12.5),
        ("12,50 €", 12.5),
        ("EUR 12,50", 12.5),
        ("R$ 1.234,00", 1234.0),
        ("Rs. 500", 500.0),
        ("(12.50)", -12.5),
        ("-€5", -5.0),
        ("€-5", -5.0),
        ("\u22125", -5.0),
        ("5-", -5.0),
        ("+5", 5.0),
        (".5", 0.5),
        ("0,123", 0.123),
        ("1e3", 1000.0),
    ],
)
def test_a_number_that_is_told_by_itself_is_read_whatever_the_columns_mark(
    text: str, amount: float
) -> None:
    for decimal in DECIMAL_MARKS:
        assert number(text, decimal) == pytest.approx(amount)
    assert number(text) == pytest.approx(amount)


def test_one_mark_with_three_digits_behind_it_is_what_the_column_says() -> None:
    assert (number("1.234", "."), number("1.234", ",")) == (1.234, 1234.0)
    assert (number("1,234", "."), number("1,234", ",")) == (1234.0, 1.234)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "nan", "inf", "12a5", "12,50,1", "1.2.3", "--5", "{}", "1_0", "१२", "1,2,3.4.5",
     "see note", "9" * 33 + ",5", "€", "12 of 13"],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 its words are for nobody
        number(text)


@given(st.decimals(0, 10**9, places=2), st.sampled_from([".", ","]), st.booleans())
def test_an_amount_is_the_same_however_its_groups_and_its_mark_are_written(
    amount: object, mark: str, grouped: bool
) -> None:
    text = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    if mark == ",":
        text = text.translate(str.maketrans(".,", ",."))
    assert number(text, mark) == float(str(amount))


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(ValueError):
        number(text, ",")


def test_a_columns_decimal_mark_is_what_its_values_show() -> None:
    assert decimal_of(["1.234", "12,50", "x"]) == ","
    assert decimal_of(["1,234", "12.50"]) == "."
    assert decimal_of(["12", "1.234", ""]) == "."


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12,50 €", "EUR"), ("₹5", "INR"), ("$5", None), ("USD 5", "USD"), ("5.00 GBP", "GBP"),
     ("¥500", None), ("12.50", None), ("R$ 5", "BRL")],
)  # fmt: skip
def test_a_currency_is_told_by_its_code_or_a_sign_that_no_other_has(
    text: str, currency: str | None
) -> None:
    assert currency_of(text) == currency
