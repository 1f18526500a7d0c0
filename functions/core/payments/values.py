"""Values of dimensions: what says nothing is absent, and what differs only in how it is written is one.

The spelling follows from the value alone, so that every batch and every restart gives a value the same
slice (docs/decisions/0029).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from functions.core import texts
from functions.core.payments.sensitive import kept

LONGEST_VALUE: Final = 64
"""Characters of a dimension's value that are kept."""
_LONGEST_LOOKED_AT: Final = 4 * LONGEST_VALUE
"""Characters that are looked at: what lies beyond can change nothing of what is kept but its mask."""

_BLANKS: Final = re.compile(r"\s+")
_LETTERS: Final = re.compile(r"[\W_]+")

ABSENT: Final = frozenset(
    ("", "-", "--", "---", "n/a", "na", "n.a.", "n.a", "#n/a", "nan", "null", "none", "nil", "(null)",
     "<null>", "(none)", "undefined", "unknown", "(unknown)", "not available", "not applicable",
     "not set", "(not set)", "unspecified", "?", "\\n", "missing", "empty", "(empty)")
)  # fmt: skip
"""What stands, in any case, for a value that is not there."""


def is_absent(text: str) -> bool:
    """Whether the text stands for nothing."""
    if len(text) > _LONGEST_ABSENT or text[-1:].isdigit():
        return False
    return text.strip().lower() in ABSENT


_LONGEST_ABSENT: Final = 40


def _same(names: Mapping[str, str]) -> Mapping[str, str]:
    """Letters of a name → the name it goes by. names: name → its other names."""
    return {
        _LETTERS.sub("", other).lower(): name
        for name, others in names.items()
        for other in (name, *filter(None, others.split(",")))
    }


KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "network": _same(
        {
            "VISA": "visa card,visa credit,visa debit,visa electron,vi,vis,visacard",
            "MASTERCARD": "mc,master card,master,mastercard credit,mastercard debit,eurocard,mcrd",
            "MAESTRO": "maestro card",
            "AMEX": "american express,americanexpress,amx,ax,amex card,americanexpresscard",
            "RUPAY": "ru pay,rupay card,rupay debit,rupay credit",
            "DISCOVER": "discover card,disc,discover network",
            "DINERS": "diners club,diners club international,dinersclub,dci,diner,dc",
            "JCB": "jcb card,japan credit bureau",
            "UNIONPAY": "union pay,china union pay,china unionpay,cup,upop,upi international",
            "ELO": "elo card",
            "HIPERCARD": "hiper card,hiper",
            "CARTES BANCAIRES": "carte bancaire,cartes bancaires,cartebancaire",
            "INTERAC": "interac card",
            "MIR": "mir card",
            "TROY": "troy card",
            "DANKORT": "dankort card",
            "BANCONTACT": "bancontact card,mister cash,bcmc",
            "EFTPOS": "eftpos au,eftpos australia",
        }
    ),
    "method": _same(
        {
            "card": "cards,card payment,bank card,payment card,scheme",
            "credit_card": "credit card,cc,credit,creditcard",
            "debit_card": "debit card,debitcard,debit",
            "upi": "upi collect,upi intent,upi payment,unified payments interface",
            "netbanking": "net banking,nb,internet banking,online banking",
            "wallet": "wallets,e-wallet,ewallet,digital wallet,mobile wallet",
            "emi": "emi card,cardless emi",
            "bank_transfer": "bank transfer,banktransfer,wire transfer,wire",
            "paylater": "pay later,pay_later,bnpl,buy now pay later",
            "apple_pay": "apple pay,applepay",
            "google_pay": "google pay,googlepay,gpay,g pay,paywithgoogle",
            "samsung_pay": "samsung pay",
            "paypal": "pay pal",
            "ideal": "i deal",
            "sepa_debit": "sepa debit,sepa direct debit,sepadirectdebit,sdd",
            "direct_debit": "direct debit",
            "ach_debit": "ach,ach debit,us bank account",
            "klarna": "klarna pay later",
            "bancontact": "bancontact card,bcmc",
            "pix": "pix payment",
            "boleto": "boleto bancario",
            "cod": "cash on delivery",
        }
    ),
    "device": _same(
        {
            "mobile": "mobile phone,smartphone,phone",
            "desktop": "pc,computer",
            "web": "browser,website,web browser",
            "ios": "iphone,apple ios",
            "android": "android phone",
            "tablet": "tab",
            "pos": "point of sale,pos terminal",
        }
    ),
    "gateway": _same(
        dict.fromkeys(
            (
                "stripe", "adyen", "razorpay", "payu", "paypal", "braintree", "checkout.com",
                "worldpay", "cybersource", "authorize.net", "square", "paytm", "phonepe", "cashfree",
                "ccavenue", "billdesk", "juspay", "mollie", "klarna", "dlocal", "mercadopago",
                "fiserv", "nuvei", "globalpayments", "worldline", "ingenico", "elavon", "nets",
                "rapyd", "xendit", "midtrans", "paystack", "flutterwave", "pinelabs", "easebuzz",
                "instamojo", "atom", "payfort", "tap", "moneris", "bambora", "payoneer",
            ),
            "",
        )
    ),
}  # fmt: skip
"""Dimension → letters of a name → what it is called here."""

_INNER: Final = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Z][a-z]+[A-Z]")
"""Capitals inside of a word that is spelt small: gwA. Somebody chose that spelling; it stays. What is spelt
in capitals, IndusInd, comes from many hands, and each spells it otherwise."""


def _upper(text: str) -> str:
    return text.upper()


def _lower(text: str) -> str:
    return text.lower()


_FOLD: Final[Mapping[str, Callable[[str], str]]] = {
    "network": _upper,
    "issuer": _upper,
    "region": _upper,
    "country": _upper,
    "currency": _upper,
    "method": _lower,
    "device": _lower,
    "gateway": _lower,
}
"""Dimension → how its plain words are spelt, as usual traffic spells them. A merchant's id stays as it is:
ids of some providers differ in case alone."""


def cleaned(dimension: str, text: str) -> str | None:
    """A dimension's value as it may be kept: one bounded line, in the spelling that all its writings
    share. None where it says nothing."""
    if len(text) <= LONGEST_VALUE:
        return _short_cleaned(dimension, text)
    return _cleaned(dimension, text[:_LONGEST_LOOKED_AT])


@lru_cache(maxsize=16_384)
def _short_cleaned(dimension: str, text: str) -> str | None:
    return _cleaned(dimension, text)


def _cleaned(dimension: str, text: str) -> str | None:
    if not text.isascii():
        # What is invisible goes first: between a letter and its mark it would keep them apart.
        text = unicodedata.normalize("NFKC", texts.cleaned(text, _LONGEST_LOOKED_AT))
    text = kept(text, LONGEST_VALUE, is_acceptor=dimension == "merchant")
    text = _BLANKS.sub(" ", text)
    if is_absent(text):
        return None
    known = KNOWN.get(dimension)
    if known is not None and (name := known.get(_LETTERS.sub("", text).lower())) is not None:
        return name
    fold = _FOLD.get(dimension)
    if fold is None or (fold is _lower and _INNER.search(text)):
        return text or None
    folded = fold(text)
    # Some letters change their number or never come back: those values stay as they are.
    plain = len(folded) == len(text) and fold(folded) == folded and text.upper() == folded.upper()
    return (folded if plain else text) or None
