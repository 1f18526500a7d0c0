"""Amounts as they are written: with a decimal comma, a symbol, a currency's code, in the smallest unit.

What can be read in two ways is not read: a wrong amount of money is worse than none.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from functions.core.payments.currencies import CURRENCIES, EXPONENTS, USUAL_EXPONENT
from functions.core.payments.nested import typed

LARGEST_AMOUNT: Final = 1e12
"""Of one payment, in major units. More is another number in the wrong field."""

NOT_A_NUMBER: Final = "not a number"
OUT_OF_RANGE: Final = "out of range"
AMBIGUOUS: Final = "may mean two amounts"

_LONGEST: Final = 64
_SYMBOLS: Final[Mapping[str, str]] = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₫": "VND",
    "₱": "PHP", "฿": "THB", "₦": "NGN", "₪": "ILS", "R$": "BRL", "ZŁ": "PLN", "RS": "INR", "US$": "USD",
    "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "S$": "SGD", "HK$": "HKD", "NZ$": "NZD",
    "NT$": "TWD", "MX$": "MXN", "RP": "IDR", "RM": "MYR", "KČ": "CZK", "FT": "HUF", "KSH": "KES",
}  # fmt: skip
"""Symbols that only one currency has; `$`, `¥` and `kr` have several."""
_WRITTEN: Final = re.compile(
    r"(?P<minus>[-\u2212(+]?)\s*(?P<before>(?:[^\d\s.,+()\u2212-]{1,5}\.?)?)\s*(?P<sign>[-\u2212+]?)\s*"
    r"(?P<digits>\d[\d.,'\u2019_ ]*|\.\d+)"
    r"(?P<power>[eE][+-]?\d+)?\s*(?P<after>(?:[^\d\s.,+()\u2212-]{1,5}\.?)?)\s*(?P<end>[-\u2212)]?)"
)
_ARABIC: Final = {0x066B: ".", 0x066C: ","}
_NO_DECIMALS: Final = re.compile(r"(\d)(?:[.,/]\s?[-\u2013\u2014]|/=)(?=\s*\D{0,5}$)")
"""A dash in the place of decimals: `12.-`, `500/-`."""
_THOUSANDS: Final = re.compile(r"\d{1,3}([.,'\u2019_ ]\d{3})+|\d{1,2}(,\d{2})+,\d{3}")
_MINOR: Final = frozenset(
    ("minor", "minor unit", "minor units", "cent", "cents", "paise", "paisa", "penny", "pence",
     "subunit", "subunits", "smallest")
)  # fmt: skip
_MAJOR: Final = frozenset(("major", "major unit", "major units", "unit", "units", "decimal"))


_CODES: Final = ("currency", "currency_code", "currencyCode", "currencyIsoCode", "cur")
_IN_MINOR: Final = ("minor", "cents", "centAmount", "minor_units", "minorUnits", "amount_minor")
_DECIMALS: Final = ("exponent", "fractionDigits", "decimals", "scale", "precision")
"""What objects of money call the currency, a number of its smallest unit, and its decimals."""


class Amount(NamedTuple):
    """In major units; None where it cannot be read: then `fault` says why. currency: that it named."""

    value: float | None
    currency: str | None = None
    fault: str = ""


def exponent_of(currency: str | None) -> int:
    """Decimals of a currency; those of most where it is not known."""
    return EXPONENTS.get(currency or "", USUAL_EXPONENT)


def read_amount(raw: Any, currency: str | None, unit: Any = None, exponent: Any = None) -> Amount:
    """An amount: a number, a text, or an object of a value and a currency.

    currency: as the payment says it. unit: `minor` where the number is of the smallest unit; exponent:
    how many decimals that has, where the payment says so; else ISO 4217 does.
    """
    asked = currency
    in_minor = _in_minor(unit)
    if isinstance(raw, Mapping):
        inner = next((raw[n] for n in _CODES if isinstance(raw.get(n), str)), None)
        named = inner.strip().upper()[:8] if inner is not None else None
        asked = currency or named
        if named in CURRENCIES and asked != named and asked in CURRENCIES:
            return Amount(None, named, AMBIGUOUS)
        if "nanos" in raw or ("units" in raw and asked is not None):
            return _of_google(raw, asked)
        value = next((raw[n] for n in ("value", "amount", "total") if raw.get(n) is not None), None)
        value = typed(value)
        if (
            value is None
            and (found_minor := next((raw[n] for n in _IN_MINOR if n in raw), None)) is not None
        ):
            value, in_minor = found_minor, True
        if in_minor is None:
            in_minor = _in_minor(next((raw[n] for n in ("unit", "amount_unit") if n in raw), None))
        if exponent is None:
            exponent = next((raw[n] for n in _DECIMALS if n in raw), None)
        found = _number(value, asked)
        if found.value is None:
            return found._replace(currency=asked)
        is_decimal = isinstance(value, str) and re.search(r"[.,]\d{1,4}\D*$", value) is not None
        whole = found.value == int(found.value) and not is_decimal
        if in_minor is None and whole and exponent is None and exponent_of(asked) and found.value:
            return Amount(None, asked, AMBIGUOUS)
    else:
        found = _number(raw, asked)
        asked = asked or found.currency
    if found.value is None:
        return found
    value = found.value
    # Who says how many decimals the smallest unit has, and sends some, means major units.
    is_whole = value == int(value) and not (isinstance(raw, str) and "." in raw)
    if in_minor or (is_whole and in_minor is None and _decimals(exponent) is not None):
        decimals = _decimals(exponent)
        value = value / 10 ** (exponent_of(asked) if decimals is None else decimals)
    if not -LARGEST_AMOUNT <= value <= LARGEST_AMOUNT:
        return Amount(None, found.currency, OUT_OF_RANGE)
    return Amount(value, asked)


def _of_google(raw: Mapping[str, Any], currency: str | None) -> Amount:
    """google.type.Money: whole units, as a number or its text, and 10^-9 of them, of the same sign."""
    parts = [_number(typed(raw.get(name, 0)), None).value for name in ("units", "nanos")]
    if parts[0] is None or parts[1] is None or abs(parts[1]) >= 1e9 or parts[0] * parts[1] < 0:
        return Amount(None, currency, NOT_A_NUMBER)
    value = parts[0] + parts[1] / 1e9
    if not -LARGEST_AMOUNT <= value <= LARGEST_AMOUNT:
        return Amount(None, currency, OUT_OF_RANGE)
    return Amount(round(value, 9), currency)


def _in_minor(unit: Any) -> bool | None:
    word = unit.strip().lower().replace("_", " ") if isinstance(unit, str) else ""
    return True if word in _MINOR else False if word in _MAJOR else None


def _decimals(exponent: Any) -> int | None:
    try:
        number = int(exponent) if not isinstance(exponent, (bool, float)) else None
    except (TypeError, ValueError):
        return None
    return number if number is not None and 0 <= number <= 8 else None


def _number(raw: Any, currency: str | None) -> Amount:
    if isinstance(raw, str):
        return _written(raw, currency)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return Amount(None, None, NOT_A_NUMBER)
    try:
        value = float(raw)
    except OverflowError:
        return Amount(None, None, OUT_OF_RANGE)
    return Amount(value) if math.isfinite(value) else Amount(None, None, OUT_OF_RANGE)


def _written(text: str, currency: str | None) -> Amount:
    """`12.50`, `12,50`, `1.234,50`, `1,234.50`, `$12.50`, `EUR 12.50`, `(12.50)`, `1,00,000.00`."""
    if len(text) > _LONGEST:
        return Amount(None, None, NOT_A_NUMBER)
    text = unicodedata.normalize("NFKC", text).strip().translate(_ARABIC)
    text = _NO_DECIMALS.sub(r"\1", text)
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return Amount(None, None, NOT_A_NUMBER)
    named = [name for part in ("before", "after") if (name := found[part].strip(". ").upper())]
    if len(named) > 1 and _currency(named[0]) != _currency(named[1]):
        return Amount(None, None, NOT_A_NUMBER)
    if named and _currency(named[0]) is None and named[0] not in _SEVERAL:
        return Amount(None, None, NOT_A_NUMBER)
    told = _currency(named[0]) if named else None
    if told is not None and currency is not None and told != currency:
        return Amount(None, told, AMBIGUOUS)
    digits = _plain(found["digits"].rstrip(" "), currency or told)
    if not digits:
        return Amount(None, told, AMBIGUOUS if digits is None else NOT_A_NUMBER)
    try:
        value = float(digits + (found["power"] or ""))
    except (ValueError, OverflowError):
        return Amount(None, told, NOT_A_NUMBER)
    if not math.isfinite(value):
        return Amount(None, told, OUT_OF_RANGE)
    minus = sum(
        found[part] in ("-", "\u2212", "(") and found[part] != "" for part in ("minus", "sign")
    )
    minus += found["end"] in ("-", "\u2212") and found["end"] != ""
    if (found["minus"] == "(") != (found["end"] == ")") or minus > 1:
        return Amount(None, told, NOT_A_NUMBER)
    return Amount(-value if minus else value, told)


_SEVERAL: Final = frozenset(("$", "¥", "KR", "FR", "£E"))


def _currency(name: str) -> str | None:
    return name if name in CURRENCIES else _SYMBOLS.get(name)


def _plain(digits: str, currency: str | None) -> str | None:
    """The digits as Python reads a number; None where they may mean two, empty where none."""
    separators = [c for c in digits if not c.isdigit()]
    if not separators:
        return digits
    last = separators[-1]
    whole, _, decimals = digits.rpartition(last)
    if len(separators) == 1 and last in ".,":
        if last == "." and _may_be_thousands(whole, decimals, currency):
            return None
        if last == "." or len(decimals) != 3:
            return f"{whole}.{decimals}" if decimals or last == "." else ""
        if exponent_of(currency) == 3 or currency is None or whole == "0":
            return f"{whole}.{decimals}" if whole == "0" else None
        return whole + decimals
    if separators.count(last) > 1 or last not in ".,":
        return re.sub(r"\D", "", digits) if _THOUSANDS.fullmatch(digits) else ""
    if len(set(separators[:-1])) != 1 or not _THOUSANDS.fullmatch(whole):
        return ""
    return re.sub(r"\D", "", whole) + "." + decimals


def _may_be_thousands(whole: str, decimals: str, currency: str | None) -> bool:
    """`10.000` of a currency without decimals: ten, or ten thousand as half the world writes it."""
    looks_so = len(decimals) == 3 and 0 < len(whole) <= 3 and not whole.startswith("0")
    return looks_so and currency is not None and (currency == "IDR" or exponent_of(currency) == 0)
