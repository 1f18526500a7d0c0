"""A code or a message as its words, whichever way its sender writes: sentences, snake_case, CamelCase,
ALL_CAPS, markup, placeholders, ids at the end, English or bits of other languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

LONGEST: Final = 300
"""So many characters of a text are read."""


def cleaned(text: str) -> str:
    """The part of a text that is read, without markup, accents and ids: texts that differ in their ids
    alone are one."""
    text = text[:LONGEST]
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    text = _ID.sub("#", text).replace("_", " ")
    return _STATUS.sub(lambda found: _SAID_BY_STATUS.get(found[1], f" http{found[1][0]}xx "), text)


def features(text: str) -> dict[str, str]:
    """Feature → how the text spells it: the stem of each word, and each pair of neighbours."""
    found: dict[str, str] = {}
    previous = ""
    previous_word = ""
    for word in words(cleaned(text)):
        stem = stemmed(word)
        if not stem:
            continue
        found.setdefault(stem, word)
        if previous:
            found.setdefault(f"{previous} {stem}", f"{previous_word} {word}")
        previous, previous_word = stem, word
    return found


def words(text: str) -> Iterator[str]:
    """In small letters; what is written as one, such as `cardnumber`, is taken apart."""
    for word in _WORD.findall(_HUMP.sub(" ", text).lower().replace("'s", "").replace("'", "")):
        if len(word) >= _SHORTEST_GLUED and _GLUED.fullmatch(word):
            yield from _PART.findall(word)
        else:
            yield word


@lru_cache(maxsize=8192)
def stemmed(word: str) -> str:
    """What a word is known by; empty for one that tells nothing."""
    if word in _SILENT:
        return ""
    word = _SAME.get(word, word)
    stem = word[: _LONGER.get(word[:_STEM], _STEM)]
    return _SAME_STEM.get(stem, stem)


def feature(term: str) -> str:
    """A word, or two neighbours, as the feature of a text that has it."""
    return " ".join(filter(None, map(stemmed, term.split())))


_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_MARKUP: Final = re.compile(r"<[^<>]{1,40}>")
_ID: Final = re.compile(
    r"\b(?=[A-Za-z_-]*[0-9])(?:[A-Za-z]{2,8}_)?[0-9A-Za-z-]{12,}\b|\b[0-9][0-9*.,x-]{4,}\b"
)
"""Made of letters and digits and long, or digits alone."""
_STATUS: Final = re.compile(
    r"\b(?:http|status|error|code|err)\W{0,3}([45][0-9][0-9])\b", re.IGNORECASE
)
_SAID_BY_STATUS: Final[Mapping[str, str]] = {
    "401": " unauthorized ",
    "403": " forbidden ",
    "408": " timeout ",
    "429": " too many requests ",
    "504": " timeout ",
}
"""HTTP statuses as words; others by their first digit, as `5xx`."""
_WORD: Final = re.compile(r"[a-z]+[0-9]?\b|[a-z]+|[0-9]+[a-z]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STEM: Final = 5
"""Letters that are enough to know a word by: expired, expiry and expires are one."""

_LONGER: Final[Mapping[str, int]] = {
    "activ": 6,
    "block": 6,
    "check": 8,
    "compl": 6,
    "confi": 6,
    "conta": 6,
    "contr": 6,
    "count": 6,
    "inter": 8,
    "permi": 6,
    "refer": 6,
    "secur": 6,
    "tempo": 6,
    "termi": 8,
    "trans": 6,
    "valid": 6,
}
"""Stems that are too short to tell: complete and compliance, country and counterfeit."""

_PART: Final = re.compile(
    r"account|address|amount|authentication|authorization|bank|billing|blocked|card|cardholder|code"
    r"|country|currency|customer|cvv|cvc|date|declined|email|error|exceeded|expiration|expired|expiry"
    r"|failed|fraud|funds|holder|id|insufficient|invalid|issuer|limit|merchant|method|month|name|not"
    r"|number|order|payment|phone|pin|postal|reference|refund|request|required|security|supported"
    r"|terminal|timeout|token|transaction|type|unavailable|year|zip"
)
_GLUED: Final = re.compile(rf"(?:{_PART.pattern}){{2,}}")
_SHORTEST_GLUED: Final = 8

_SILENT: Final = frozenset(
    ("a", "an", "and", "are", "as", "at", "be", "been", "code", "das", "de", "del", "der",
     "des", "die", "do", "el", "err", "fail", "failed", "failing", "fails", "failure", "for", "has",
     "have", "in", "is", "ist", "it", "la", "le", "of", "on", "or", "our", "please", "the", "that",
     "this", "to", "u0027", "was", "we", "were", "with", "you", "your")
)  # fmt: skip
_SAME: Final[Mapping[str, str]] = {
    "3d": "3ds",
    "3dsecure": "3ds",
    "accnt": "account",
    "acct": "account",
    "addr": "address",
    "agotado": "timeout",
    "esgotado": "timeout",
    "excedido": "exceeded",
    "nao": "not",
    "operator": "provider",
    "amt": "amount",
    "auth": "authorization",
    "cannot": "not",
    "cant": "not",
    "cav": "cavv",
    "cid": "cvv",
    "client": "merchant",
    "couldnt": "not",
    "csc": "cvv",
    "cvc2": "cvv",
    "cvc": "cvv",
    "cvd": "cvv",
    "cvn": "cvv",
    "cvv2": "cvv",
    "didnt": "not",
    "doesnt": "not",
    "exp": "expired",
    "fund": "funds",
    "invld": "invalid",
    "isnt": "not",
    "issue": "problem",
    "issues": "problem",
    "issuing": "issuer",
    "kart": "card",
    "mandatory": "required",
    "mpin": "pin",
    "mustnt": "not",
    "nicht": "not",
    "niet": "not",
    "nbr": "number",
    "nsf": "funds",
    "num": "number",
    "param": "parameter",
    "params": "parameter",
    "refer": "referral",
    "securecode": "3ds",
    "term": "terminal",
    "threeds": "3ds",
    "refused": "declined",
    "sca": "3ds",
    "tran": "transaction",
    "trans": "transaction",
    "trn": "transaction",
    "txn": "transaction",
    "tx": "transaction",
    "unable": "not",
    "unpaid": "declined",
    "unreachable": "unavailable",
    "user": "customer",
    "wasnt": "not",
    "wont": "not",
}  # fmt: skip
"""Other words for the same thing, and words that only look like another one's beginning."""
_SAME_STEM: Final[Mapping[str, str]] = {
    "abgel": "decli",
    "afgew": "decli",
    "annul": "cance",
    "auten": "authe",
    "banco": "bank",
    "banks": "bank",
    "banqu": "bank",
    "betra": "amoun",
    "bloqu": "blocke",
    "autor": "autho",
    "buyer": "custo",
    "caduc": "expir",
    "campo": "field",
    "cardh": "custo",
    "cards": "card",
    "carta": "card",
    "carte": "card",
    "champ": "field",
    "comer": "merch",
    "consu": "custo",
    "deneg": "decli",
    "denie": "decli",
    "depas": "excee",
    "emett": "issue",
    "emiso": "issue",
    "emiss": "issue",
    "erfor": "requi",
    "exced": "excee",
    "feld": "field",
    "fondi": "funds",
    "fondo": "funds",
    "fonds": "funds",
    "fundo": "funds",
    "gecer": "inval",
    "gespe": "blocke",
    "gesto": "stole",
    "haend": "merch",
    "handl": "merch",
    "honou": "honor",
    "impor": "amoun",
    "kaart": "card",
    "karte": "card",
    "kunde": "custo",
    "lojis": "merch",
    "monta": "amoun",
    "monto": "amoun",
    "negad": "decli",
    "oblig": "requi",
    "ongel": "inval",
    "manca": "missi",
    "onvol": "insuf",
    "pagam": "payme",
    "paiem": "payme",
    "pagos": "payme",
    "payer": "custo",
    "perdi": "lost",
    "perdu": "lost",
    "recha": "decli",
    "recus": "decli",
    "refus": "decli",
    "rejec": "decli",
    "rifiu": "decli",
    "robad": "stole",
    "rouba": "stole",
    "saldo": "balan",
    "scadu": "expir",
    "shopp": "custo",
    "storn": "cance",
    "tarje": "card",
    "ungul": "inval",
    "unzur": "insuf",
    "vence": "expir",
    "usuar": "custo",
    "venci": "expir",
    "yeter": "insuf",
    "zahlu": "payme",
}  # fmt: skip
"""The same for stems: words of other languages, and those whose forms differ too early."""
