"""Amounts: read where they can mean one thing, else left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.amounts import AMBIGUOUS, LARGEST_AMOUNT, read_amount


@pytest.mark.parametrize(
    ("raw", "currency", "value"),
    [
        ("12.50", None, 12.5), ("12,50", "EUR", 12.5), ("1.234,50", "EUR", 1234.5),
        ("1,077.03", "USD", 1077.03), ("$12.50", "USD", 12.5), ("US$ 12", None, 12.0),
        ("EUR 12,50", None, 12.5), ("12.50 €", None, 12.5), ("12.50EUR", None, 12.5),
        ("Rs. 500", "INR", 500.0), ("₹1,00,000.50", None, 100000.5), ("R$ 1.234,56", None, 1234.56),
        ("1 234,50", "EUR", 1234.5), ("1\u00a0234,50", "EUR", 1234.5), ("1'234.50", "CHF", 1234.5),
        ("1.234.567", None, 1234567.0), ("1,234,567", None, 1234567.0), ("1,234", "USD", 1234.0),
        ("0,125", None, 0.125), (".5", None, 0.5), ("1e3", None, 1000.0), ("٤٢", None, 42.0),
        ("-12.50", None, -12.5), ("-$12.50", "USD", -12.5), ("$-12.50", "USD", -12.5),
        ("12.50-", None, -12.5), ("(12.50)", None, -12.5), (500, "JPY", 500.0),
        ({"value": "10.00", "currency": "EUR"}, None, 10.0), ({"value": 12.5}, "EUR", 12.5),
        ({"value": 1250, "currency": "JPY"}, None, 1250.0),
        ({"amount": "12,50", "currency_code": "EUR"}, None, 12.5),
        ("₹ 500/-", None, 500.0), ("CHF 12.-", None, 12.0), ("12,- EUR", None, 12.0), ("Rs.500/-", "INR", 500.0),
        ("CA$12.50", None, 12.5), ("99 999,99 Kč", None, 99999.99), ("١٢٫٥٠", "AED", 12.5),
        ("0.125", "EUR", 0.125), ("1234.567", "USD", 1234.567), ("12.345", "KWD", 12.345),
        ({"total": "7.47", "currency": "USD"}, None, 7.47), ({"minor": 1250, "currency": "EUR"}, None, 12.5),
        ({"centAmount": 1250, "currencyCode": "EUR", "fractionDigits": 2}, None, 12.5),
        ({"value": 1250, "currency": "KWD", "exponent": 3}, None, 1.25),
        ({"value": 1250, "currency": "EUR", "unit": "minor"}, None, 12.5),
    ],
)  # fmt: skip
def test_an_amount_is_read_however_it_is_written(
    raw: Any, currency: str | None, value: float
) -> None:
    assert read_amount(raw, currency).value == pytest.approx(value)


def test_decimals_beside_a_number_with_decimals_do_not_make_it_small() -> None:
    assert read_amount("12.50", "EUR", None, 2).value == 12.5
    assert read_amount(12.5, "EUR", None, 2).value == 12.5
    assert read_amount(1250, "EUR", None, 2).value == 12.5


@pytest.mark.parametrize(
    ("raw", "currency"),
    [("1,234", None), ("1,234", "KWD"), ("10.000", "JPY"), ("Rp10.000", None),
     ("EUR 12.50", "USD"), ({"value": "12.50", "currency": "EUR"}, "USD"), ({"value": 1250, "currency": "USD"}, None), ({"value": 1250}, "EUR")],
)  # fmt: skip
def test_what_may_mean_two_amounts_is_not_read(raw: Any, currency: str | None) -> None:
    assert read_amount(raw, currency)[::2] == (None, AMBIGUOUS)


@pytest.mark.parametrize(
    "raw",
    ["", "much", "12 apples", "12.50.1", "1,2,3", "12,5,0", "1.23.456", "EUR 12 USD", "(12", "--5", "5 5",
     "9" * 100, "1e999", True, [], {}, {"value": None}, {"value": {}}, 1e13, 10**400, float("inf"),
     float("nan"), None],
    ids=lambda raw: str(raw)[:12],
)  # fmt: skip
def test_what_is_no_amount_is_not_read_and_says_why(raw: Any) -> None:
    found = read_amount(raw, None)
    assert found.value is None
    assert found.fault


@pytest.mark.parametrize(
    ("raw", "currency", "exponent", "value"),
    [(4200, "USD", None, 42.0), (500, "JPY", None, 500.0), (12345, "KWD", None, 12.345),
     ("4200", "EUR", None, 42.0), (4200, None, None, 42.0), (4200, "JPY", 2, 42.0), (42, "USD", "0", 42.0),
     ({"value": 1250, "currency": "USD"}, None, None, 12.5)],
)  # fmt: skip
def test_the_smallest_unit_has_the_decimals_of_its_currency_or_those_given(
    raw: Any, currency: str | None, exponent: Any, value: float
) -> None:
    assert read_amount(raw, currency, "minor", exponent).value == pytest.approx(value)


def test_an_exponent_alone_says_that_the_amount_is_of_the_smallest_unit() -> None:
    assert read_amount(4200, "EUR", None, 2).value == 42.0
    assert read_amount(42, "EUR", "major", 2).value == 42.0


def test_an_amount_names_its_currency_where_nothing_else_does() -> None:
    assert read_amount("EUR 5", None).currency == "EUR"
    assert read_amount("$5", "CAD").currency == "CAD"
    assert read_amount({"value": "5.00", "currency": "sek"}, None).currency == "SEK"


@pytest.mark.parametrize("raw", ["5 €", {"value": "5.00", "currency": "EUR"}])
def test_an_amount_of_another_currency_is_not_taken_for_the_payments(raw: Any) -> None:
    assert read_amount(raw, "EUR").value == 5.0
    assert read_amount(raw, "USD").value is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["value", "currency", "amount"]), inner)
    ),
    max_leaves=4,
)


@given(json, st.none() | st.sampled_from(["EUR", "JPY", "KWD", "x"]), json, json)
def test_whatever_comes_is_an_amount_within_bounds_or_a_fault(
    raw: Any, currency: str | None, unit: Any, exponent: Any
) -> None:
    found = read_amount(raw, currency, unit, exponent)
    assert (found.value is None) == bool(found.fault)
    assert found.value is None or abs(found.value) <= LARGEST_AMOUNT


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)))
def test_a_number_is_the_same_as_text(value: float) -> None:
    assert read_amount(f"{value:.2f}", None).value == pytest.approx(value)
    assert read_amount(f"{value:,.2f}", "EUR").value == pytest.approx(value)
