"""What is known of currencies."""

from __future__ import annotations

from functions.core.payments.currencies import CURRENCIES, EXPONENTS, major_units


def test_a_currencys_decimals_are_those_of_a_currency_in_use() -> None:
    assert EXPONENTS.keys() <= CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)


def test_an_amount_in_the_smallest_unit_is_told_in_major_units() -> None:
    assert [major_units(4200, code) for code in ("USD", "JPY", "KWD")] == [42.0, 4200.0, 4.2]
    assert major_units("x", "USD") is None
