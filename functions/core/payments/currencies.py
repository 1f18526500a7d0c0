"""How many decimals a currency has, and amounts in its smallest unit as major units.

Source: ISO 4217, list one; what is not named here has two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

USUAL_EXPONENT: Final = 2
EXPONENTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
"""Currency → decimals, where they are not two."""


def major_units(
    amount: Any, currency: Any, exceptions: Mapping[str, int] | None = None
) -> float | None:
    """An amount in the smallest unit, a number or a text of one, in major units: 4200 of USD is 42.

    exceptions: where a provider departs from ISO 4217. None for what is no finite number.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return None
    code = currency.strip().upper() if isinstance(currency, str) else ""
    exponent = EXPONENTS.get(code, USUAL_EXPONENT)
    if exceptions is not None:
        exponent = exceptions.get(code, exponent)
    try:
        number = float(amount) / 10**exponent
    except (ValueError, OverflowError):
        return None
    return round(number, exponent) if math.isfinite(number) else None


CURRENCIES: Final = frozenset(
    ("AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
     "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD",
     "CDF", "CHF", "CLF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP",
     "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF",
     "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
     "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
     "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
     "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB",
     "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD",
     "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
     "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYI",
     "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF",
     "YER", "ZAR", "ZMW", "ZWG")
)  # fmt: skip
"""The codes of money in use, ISO 4217 list one: what amounts are summed by."""
