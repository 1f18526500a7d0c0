"""Why a payment failed, of all that it says: a code that says why comes before one that says that.

Razorpay sends BAD_REQUEST_ERROR for whatever a customer does and the reason beside it, Stripe
card_declined and a decline code, Adyen "Refused" and the acquirer's own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

LONGEST_CODE: Final = 128
LONGEST_MESSAGE: Final = 1000
"""Characters of a code and of a message that are kept."""

GENERIC: Final = frozenset(
    (
        "badrequesterror", "carddeclined", "genericdecline", "generic",
        "refused", "declined", "decline", "denied", "rejected", "failed", "failure", "fail", "error",
        "paymentfailed", "paymentdeclined", "paymenterror", "transactionfailed",
        "transactiondeclined", "txnfailed", "notauthorized", "notauthorised", "unsuccessful",
        "carderror", "apierror", "requesterror", "processordeclined", "issuerdeclined", "bankdeclined",
        "paymentintentpaymentattemptfailed", "other", "others", "cardrefused", "cardrejected",
        "paymentrefused", "paymentrejected", "transactionrefused", "transactionrejected", "ccrejectedotherreason",
        "yourcardwasdeclined", "thecardwasdeclined", "cardwasdeclined", "paymentwasdeclined",
        "transactionwasdeclined", "yourpaymentfailed", "paymenthasfailed", "transactionhasfailed",
        "thetransactionwasdeclined", "thepaymentwasdeclined", "declinedbyissuer", "declinedbybank",
        "generalerror", "generalfailure", "generaldecline", "unknownerror", "unspecified",
        "instrumentdeclined", "unprocessableentity",
    )
)  # fmt: skip
"""Letters of codes and messages that say that a payment failed, and nothing else: sent for whatever the
customer, the bank or the request did."""

VAGUE: Final = frozenset(
    ("gatewayerror", "servererror", "acquirererror", "paymentintentauthenticationfailure")
)
"""Letters of codes that say whose it was and not why: any that says why comes before them."""

GENERIC_OF: Final[Mapping[str, frozenset[str]]] = {
    "braintree": frozenset(("2038", "2046")),
    "paypal": frozenset(("5100", "0000")),
}
"""Scheme → its codes for a refusal without a reason. Another code beside them says more; alone they are
what their table says: an issuer's do not honour."""

SCHEME_OF: Final = {"refusalReasonCode": "adyen", "refusal_reason_code": "adyen"}
"""Names of a code that say whose it is."""

_SILENT: Final = re.compile(r"[\W_]+")
_RAW: Final = re.compile(r"\s*([0-9A-Z]{2,4})\s*(?::|-\s|\s-)\s*([A-Za-z].*)", re.ASCII | re.DOTALL)
"""An acquirer's own words: `51 : Insufficient funds`."""
_BEFORE_RAW: Final = re.compile(r"\s*(?:refused|declined|failed|error)\s*:\s*", re.IGNORECASE)
_WHERE: Final = {
    "customer": "customer", "user": "customer", "issuer": "issuer", "bank": "issuer",
    "issuerbank": "issuer", "customerbank": "issuer", "gateway": "gateway", "internal": "gateway",
    "acquirer": "gateway", "acquirerbank": "gateway", "psp": "gateway", "provider": "gateway",
    "network": "network switch", "npci": "network switch", "business": "merchant",
    "merchant": "merchant",
}  # fmt: skip
"""Letters of a source → the word that tells its cause."""


class Reason(NamedTuple):
    """The code, whose it is, and the message; None for what nobody said."""

    code: str | None
    scheme: str | None
    message: str | None


def says_nothing(code: str) -> bool:
    """Whether a code or a message says no more than that the payment failed."""
    return len(code) <= LONGEST_CODE and _SILENT.sub("", code).lower() in GENERIC


def is_generic(code: str, scheme: str = "") -> bool:
    """Whether any code beside it may say more: it says nothing, or only whose it was."""
    if len(code) > LONGEST_CODE:
        return False
    letters = _SILENT.sub("", code).lower()
    return letters in GENERIC or letters in VAGUE or code in GENERIC_OF.get(scheme, ())


def most_telling(codes: Sequence[str], scheme: str = "") -> str:
    """The first code that says why; else the first that says whose it was, else the first."""
    there = [code for code in codes if code]
    for is_silent in (lambda code: is_generic(code, scheme), says_nothing):
        if found := next((code for code in there if not is_silent(code)), ""):
            return found
    return there[0] if there else ""


def raw_words(text: str) -> tuple[str, str] | None:
    """Code and words of an acquirer's own text, `51 : Insufficient funds`; None of another text."""
    text = text[:LONGEST_MESSAGE]
    if before := _BEFORE_RAW.match(text):
        text = text[before.end() :]
        if text.strip().isalnum() and len(text.strip()) in (2, 3):
            return text.strip(), ""
    found = _RAW.fullmatch(text)
    return (found[1], found[2].strip()) if found and _is_code(found[1]) else None


def _is_code(word: str) -> bool:
    return any(c.isdigit() for c in word)


def reason_of(
    codes: list[tuple[str, str]],
    scheme: str | None,
    message: str | None,
    source: str | None = None,
    step: str | None = None,
) -> Reason:
    """codes: what came as a code, under which name, the one that counts first before the others."""
    chosen: tuple[str, str] | None = None
    for name, text in codes:
        if words := raw_words(text):
            chosen, message = (name, words[0]), message or words[1] or None
            break
        if not is_generic(text):
            chosen = name, text
            break
    if chosen is None and message is not None and (words := raw_words(message)):
        return Reason(words[0], scheme, message)
    if chosen is not None:
        return Reason(chosen[1], scheme or SCHEME_OF.get(chosen[0]), message)
    where = _WHERE.get(_SILENT.sub("", source or "").lower()) if source else None
    if where is not None:
        told = f"source: {where}" if where == "customer" else where
        message = f"{message} ({told})" if message else told
    if codes:
        return Reason(codes[0][1], scheme, message)
    return Reason(None, scheme, message)
