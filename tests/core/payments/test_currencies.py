"""Amounts in the smallest unit of a currency become major units."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.payments.currencies import CURRENCIES, EXPONENTS, major_units


@pytest.mark.parametrize(
    ("amount", "currency", "major"),
    [
        (4200, "USD", 42.0),
        (4200, "usd ", 42.0),
        (500, "JPY", 500.0),
        (12345, "KWD", 12.345),
        (12345, "CLF", 1.2345),
        ("4990", "EUR", 49.9),
        (" 4990 ", "EUR", 49.9),
        (4990, None, 49.9),
        (4990, 978, 49.9),
        (-300, "EUR", -3.0),
        (1, "EUR", 0.01),
        (0, "EUR", 0.0),
    ],
)
def test_an_amount_is_divided_as_its_currency_has_decimals(
    amount: Any, currency: Any, major: float
) -> None:
    assert major_units(amount, currency) == major


@pytest.mark.parametrize(
    "amount", [None, True, "", "12,50", "nan", "1e999", float("inf"), 10**400, {}, []]
)
def test_what_is_no_finite_number_is_no_amount(amount: Any) -> None:
    assert major_units(amount, "EUR") is None


def test_a_provider_may_count_a_currency_in_its_own_way() -> None:
    assert major_units(27_900, "ISK", {"ISK": 2}) == 279.0
    assert major_units(279, "ISK") == 279.0


def test_a_currencys_decimals_are_those_of_a_currency_in_use() -> None:
    assert EXPONENTS.keys() <= CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
