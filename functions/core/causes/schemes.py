"""Names and spellings of schemes and their codes, as they come in payments and in logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from functions.core.payments import reasons

ISO8583: Final = "iso8583"
GATEWAY: Final = "gateway"

_ISO: Final = (ISO8583,)
_CARD_NETWORKS: Final = ("amex", "diners", "discover", "elo", "jcb", "rupay", "unionpay")

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "iso": _ISO,
    "iso_8583": _ISO,
    "iso8583_extended": _ISO,
    **dict.fromkeys(_CARD_NETWORKS, _ISO),
    "visa": ("visa", ISO8583),
    "mastercard": ("mastercard_response", ISO8583, "mastercard_mac", "mastercard_limit"),
    "mastercard_response": ("mastercard_response", ISO8583),
    "mac": ("mastercard_mac",),
    "merchant_advice_code": ("mastercard_mac",),
    "stripe": ("stripe", "stripe_error", "stripe_advice"),
    "npci": ("upi_npci",),
    "upi": ("upi_npci",),
    "checkout": ("checkout_com",),
    "checkout.com": ("checkout_com",),
    "cko": ("checkout_com",),
    "braintree": ("braintree", "braintree_gateway_rejection", "braintree_settlement"),
    "paypal": ("paypal", "braintree", "braintree_gateway_rejection"),
    "razorpay_card": ("razorpay_card", "razorpay_other"),
    "razorpay_upi": ("razorpay_upi", "razorpay_other", "razorpay_card"),
    **dict.fromkeys(("errno", "grpc", "http", "https", "http_status"), (GATEWAY,)),
}
"""Name of a scheme, folded → tables to look into: the first that has the code is right."""

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "razorpay": ("razorpay_card", "razorpay_upi", "razorpay_other"),
}
"""Names that stand for several tables, where nothing tells which of them is meant."""

WEIGHTS: Final[Mapping[str, float]] = {
    ISO8583: 100.0,
    "stripe": 40.0,
    GATEWAY: 30.0,
    "upi_npci": 30.0,
    "visa": 20.0,
    "checkout_com": 20.0,
    "braintree": 20.0,
    "razorpay_card": 20.0,
    "razorpay_upi": 15.0,
    "adyen": 10.0,
    "paypal": 10.0,
    "razorpay_other": 10.0,
    "mastercard_response": 5.0,
    "mastercard_mac": 2.0,
    "braintree_gateway_rejection": 2.0,
    "stripe_error": 5.0,
    "braintree_settlement": 1.0,
    "razorpay_source": 1.0,
    "stripe_advice": 1.0,
    "mastercard_limit": 1.0,
}
"""How often a code that comes without a scheme is this scheme's, relative to the others.

A judgement, not a measurement: acquirers and networks pass ISO 8583 codes on bare; an advice code
comes beside a response code, hardly ever alone. Only the order and the rough sizes matter.
"""
OTHER_WEIGHT: Final = 5.0

_TWO_DIGITS: Final = frozenset(
    (ISO8583, "visa", "mastercard_response", "mastercard_mac")
)  # fmt: skip
_WRITTEN_OUT: Final = re.compile(
    r"(?:(?:rc|iso|iso8583|code|resp|response|response_code)[_:]*)?([0-9]{2})(?:[_:.]+[a-z].*)?",
    re.ASCII,
)
"""RC05, ISO-91, `51: Insufficient funds`."""
_ANY_OTHER: Final = re.compile(r"[0-9a-z]{2}", re.ASCII)
_WORD: Final = re.compile(r"[a-z]+(_[a-z0-9]+)*", re.ASCII)
_SHORTEST_WORD: Final = 5
_HTTP_STATUS: Final = re.compile(
    r"(?:(?:http|err|error|status|http_status|http_error)_?)?([45][0-9][0-9])"
)
_UPI_PAIR: Final = re.compile(r"([a-z][0-9]{2})[_/|:]+([0-9a-z]{2,3})", re.ASCII)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WRAPPING: Final = re.compile(r"^err_(?=[a-z])|_(exception|error)$")


def folded(word: str) -> str:
    """Case, spaces around and inside, hyphens and underscores make no difference."""
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def tables(scheme: str) -> tuple[str, ...]:
    """Where to look for the codes of a scheme, by any of its names, folded."""
    return TABLES.get(scheme, (scheme,))


def spellings(table: str, code: str) -> list[str]:
    """What the table may call this code, likeliest first, folded."""
    word = folded(code)
    if table in _TWO_DIGITS:
        written = _WRITTEN_OUT.fullmatch(word)
        return [written[1] if written else word.zfill(2) if word.isdigit() else word]
    if table == "upi_npci" and (both := _UPI_PAIR.fullmatch(word)):
        # U30-Z9: NPCI says that the debit failed, the bank says why.
        return [both[2], both[1]]
    if table == GATEWAY:
        split = split_humps(word if code.isupper() else code)
        return [word, _http_word(word), split, _WRAPPING.sub("", split)]
    return [word, split_humps(code)]


def split_humps(code: str) -> str:
    """`InsufficientFunds` as `insufficient_funds`."""
    return folded(_HUMP.sub("_", code.strip()))


def says_nothing(code: str | None) -> bool:
    """Whether the code is sent for whatever the customer, the bank or the request did: what a table has
    for it is one of its meanings."""
    return code is not None and reasons.says_nothing(code)


def is_any_other(code: str) -> bool:
    """Whether a table's row `*`, any other code, may stand for it: two letters or digits."""
    return _ANY_OTHER.fullmatch(folded(code)) is not None


def speaks(code: str) -> bool:
    """Whether a code is a word, which means the same in every scheme, or names an HTTP status."""
    word = folded(code)
    if not word.isdigit() and _http_word(word) != word:
        return True
    return len(word) >= _SHORTEST_WORD and _WORD.fullmatch(split_humps(code)) is not None


def _http_word(word: str) -> str:
    found = _HTTP_STATUS.fullmatch(word)
    return f"err_{found[1]}" if found else word
