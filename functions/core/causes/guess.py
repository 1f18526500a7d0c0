"""The cause of a failure that no table knows, guessed from its words: a code's, a message's.

First rules, which hold in so many words; then a linear model over words and pairs of words, trained
on the names and codes of the knowledge base by `python -m benchmarks.codes --train`. Its weights
are the table guess_words.csv: one row a word, one column a class, in tenths of a nat.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import msgspec

SURE: Final = 0.5
"""A guess that is less sure says `unknown`."""


class Advice(msgspec.Struct, frozen=True):
    """Who can remove a guessed cause, whether to try again, what to do first."""

    owner: str
    retry: str
    action: str


_ASK: Final = "Add the code to the knowledge base"
ADVICE: Final[Mapping[str, Advice]] = {
    "customer": Advice("customer", "later", f"None for one payment. {_ASK} when it is frequent."),
    "fraud": Advice("issuer", "never", f"Check the fraud rules and look for card testing. {_ASK}."),
    "issuer": Advice("issuer", "later", f"See whether one issuer alone answers so. {_ASK}."),
    "network": Advice("network", "later", f"See whether one network alone answers so. {_ASK}."),
    "gateway": Advice(
        "gateway",
        "after_reconciliation",
        f"Check the gateway's status; ask for the payment's status before repeating. {_ASK}.",
    ),
    "merchant": Advice(
        "merchant",
        "after_fix",
        f"Compare with the last deployment and the merchant account's set-up. {_ASK}.",
    ),
    "timeout": Advice(
        "gateway",
        "after_reconciliation",
        f"Find the slow hop by latency; ask for the payment's status before repeating. {_ASK}.",
    ),
    "unknown": Advice(
        "gateway",
        "after_reconciliation",
        f"Ask who sent the code what it means. {_ASK}.",
    ),
}
"""What follows from a cause alone. A guess never says that nothing was charged."""

CUSTOMER_RETRIES: Final = ("later", "after_fix", "never")
CLASSES: Final = (
    *(f"customer {retry}" for retry in CUSTOMER_RETRIES),
    *(cause for cause in ADVICE if cause != "customer"),
)
"""What the model tells apart. Only a customer's causes differ in when to try again."""


class Guess(msgspec.Struct, frozen=True, gc=False):
    """`confidence`: from 0 to 1, that the cause is right. `why`: the words that decided."""

    cause: str
    owner: str
    retry: str
    action: str
    confidence: float
    why: str


class Model(msgspec.Struct, frozen=True):
    """Weights in nats, by feature, in the order of CLASSES. `bias` is the feature of every text."""

    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]


@lru_cache(maxsize=4096)
def guess(text: str) -> Guess:
    """What a message, or the words of a code, tells: by the rules, then by the shipped model."""
    return judge(text, shipped())


def judge(text: str, model: Model) -> Guess:
    """What a text tells: by the rules, then by this model."""
    text = text[:LONGEST].replace("_", " ")
    shares, deciding = _read(text, model)
    for cause, pattern, unless in _RULES:
        if (found := pattern.search(text)) and not (unless and unless.search(text)):
            return _guess(cause, shares, RULE_CONFIDENCE, f"it says {found[0]!r}")
    by_cause = by_causes(shares)
    best = max(by_cause, key=by_cause.__getitem__)
    confidence = by_cause[best] * (1.0 - _DOUBT)
    if not deciding:
        return _guess("unknown", shares, 0.0, "none of its words is known")
    words = ", ".join(deciding)
    if confidence < SURE:
        return _guess("unknown", shares, confidence, f"its words ({words}) do not tell enough")
    return _guess(best, shares, confidence, f"its words: {words}")


def _guess(cause: str, shares: Mapping[str, float], confidence: float, why: str) -> Guess:
    advice = ADVICE[cause]
    retry = advice.retry
    if cause == "customer":
        retry = max(CUSTOMER_RETRIES, key=lambda word: shares[f"customer {word}"])
    return Guess(cause, advice.owner, retry, advice.action, round(confidence, 3), why)


def by_causes(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares by class → by cause."""
    causes = dict.fromkeys(ADVICE, 0.0)
    for name, share in shares.items():
        causes[name.partition(" ")[0]] += share
    return causes


RULE_CONFIDENCE: Final = 0.9
"""How often a rule that matches is right; `python -m benchmarks.codes` measures it."""

LONGEST: Final = 300
"""So many characters of a text are read."""

_SHOWN_WORDS: Final = 3
_SHARPNESS: Final = 2
"""Held-out schemes are told better than the model's penalised weights believe."""
_DOUBT: Final = 0.05
"""How many of a strange scheme's words mean something else there, however sure the model is.

With both, a guess is right about as often as it says, see `python -m benchmarks.codes`."""


def _read(text: str, model: Model) -> tuple[dict[str, float], list[str]]:
    """The share of each class, and the words of the text that speak most for the likeliest.

    With h the part of the text's words that the model knows,
    shares = h × softmax(sharpness × (bias + Σ weights)) + (1 − h) × softmax(bias).
    """
    spelt = features(text)
    known = {feature: word for feature, word in spelt.items() if feature in model.weights}
    words = [feature for feature in spelt if " " not in feature]
    heard = sum(word in known for word in words) / max(1, len(words))
    columns = zip(model.bias, *(model.weights[feature] for feature in known), strict=True)
    told = softmax([_SHARPNESS * sum(column) for column in columns])
    usual = softmax(model.bias)
    shares = [heard * a + (1.0 - heard) * b for a, b in zip(told, usual, strict=True)]
    best = max(range(len(shares)), key=shares.__getitem__)

    def for_it(feature: str) -> float:
        return model.weights[feature][best]

    deciding = [known[it] for it in sorted(known, key=for_it, reverse=True) if for_it(it) > 0]
    shown = deciding or list(known.values())
    return dict(zip(CLASSES, shares, strict=True)), shown[:_SHOWN_WORDS]


def softmax(sums: Iterable[float]) -> list[float]:
    sums = list(sums)
    highest = max(sums)
    powers = [math.exp(value - highest) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]


def features(text: str) -> dict[str, str]:
    """Feature → how the text spells it: the stem of each word, and each pair of neighbours."""
    found: dict[str, str] = {}
    previous = ""
    previous_word = ""
    for word in _WORD.findall(_HUMP.sub(" ", text).lower()):
        if word in _SILENT:
            continue
        stem = _SAME.get(word, word)[:_STEM]
        found.setdefault(stem, word)
        if previous:
            found.setdefault(f"{previous} {stem}", f"{previous_word} {word}")
        previous, previous_word = stem, word
    return found


_WORD: Final = re.compile(r"[a-z]+|[0-9]+[a-z]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STEM: Final = 5
"""Letters that are enough to know a word by: expired, expiry and expires are one."""

_SILENT: Final = frozenset(
    ("a", "an", "and", "at", "be", "been", "by", "code", "err", "fail", "failed", "failing",
     "failure", "for", "has", "have", "in", "is", "it", "of", "on", "or", "that", "the", "this",
     "to", "was", "with")
)  # fmt: skip
_SAME: Final[Mapping[str, str]] = {
    "authorisation": "authorization",
    "buyer": "customer",
    "cardholder": "customer",
    "csc": "cvv",
    "cvc": "cvv",
    "cvn": "cvv",
    "honour": "honor",
    "issue": "problem",
    "issues": "problem",
    "issuing": "issuer",
    "mpin": "pin",
    "payer": "customer",
    "shopper": "customer",
    "unreachable": "unavailable",
    "user": "customer",
}
"""Other words for the same thing, and words that only look like another one's beginning."""


@cache
def shipped() -> Model:
    """The model that comes with the package."""
    table = resources.files("functions.core.causes") / "guess_words.csv"
    return parse(table.read_text(encoding="utf-8"))


def parse(table: str) -> Model:
    """A model from its table, see the module. Raises ValueError when its columns are others."""
    rows = csv.reader(table.splitlines())
    columns = tuple(next(rows, ()))
    if columns != ("word", *CLASSES):
        raise ValueError(f"guess_words.csv: the columns must be word,{','.join(CLASSES)}")
    weights = {word: tuple(int(value or 0) / 10 for value in tenths) for word, *tenths in rows}
    return Model(weights.pop(""), weights)


def render(model: Model) -> str:
    """The model's table; words whose weights all round to nothing are left out."""
    lines = [",".join(("word", *CLASSES))]
    for word, weights in (("", model.bias), *sorted(model.weights.items())):
        tenths = [round(10 * weight) for weight in weights]
        if not word or any(tenths):
            lines.append(",".join((word, *(str(value) if value else "" for value in tenths))))
    return "\n".join(lines) + "\n"


_DOWN: Final = (
    r"(unavailable|not available|inoperative|\bdown\b|offline|unreachable|technical|malfunction)"
)

_MATCH: Final = re.IGNORECASE

_RULES: Final = tuple(
    (cause, re.compile(pattern, _MATCH), re.compile(unless, _MATCH) if unless else None)
    for cause, pattern, unless in (
        # What a customer lets lapse is no timeout of the path, so customers come first.
        ("customer", r"\b(otp|session|customer|user|payer|shopper|cardholder|3ds|authentication)\b"
                     r"(?!'?s? bank).{0,25}\b(timed? ?-?out|expired|exceeded|abandon|cancel)", ""),
        ("timeout", r"time[ds]?[ -]?out|deadline exceeded|no (response|reply|answer)"
                    r"|did not (respond|answer|reply)|took too long|response .{0,20}too late", ""),
        ("fraud", r"fraud|stolen|lost card|suspicious|\brisk\b|security violation", ""),
        ("customer", r"insufficient|not enough (funds|balance|money)|expired card"
                     r"|card .{0,10}expired|do not honou?r"
                     r"|(invalid|incorrect|wrong) (cvv|cvc|pin|otp|upi pin|card number|expir)"
                     r"|(cancell?ed|abandoned|dropped) by (the )?(user|customer|payer|shopper)",
         ""),
        ("customer", r"(limit|frequency|velocity).{0,20}exceed|exceed.{0,30}limit",
         r"\b(rate|api|merchant|terminal|seller|refund|time)\b"),
        ("merchant", r"(invalid|unknown|inactive|disabled|blocked) (merchant|terminal|api key|cred)"
                     r"|merchant .{0,30}(not|inactive|disabled|blocked|invalid|suspended)"
                     r"|mis-?config|config(uration)? (error|fault|invalid|missing)", ""),
        ("issuer", rf"\b(issuer|issuing bank|remitter|customer'?s? bank)\b.{{0,40}}{_DOWN}", ""),
        ("issuer", rf"\bbank\b.{{0,25}}{_DOWN}", r"\b(acquir|beneficiary|partner|payee|psp)"),
        ("network", rf"\b(card network|card scheme|switch|npci|visa|mastercard|rupay)\b.{{0,40}}"
                    rf"{_DOWN}"
                    r"|unable to route|cannot route|no route|routing (error|fail)"
                    r"|\b(3ds|3d secure|directory server)\b.{0,20}(malfunction|unavailable|down)",
         ""),
        ("gateway", r"connection .{0,20}(refused|reset|error|fail|abort|clos|lost)"
                    r"|could not connect|network error|\bdns\b|\b(tls|ssl|certificate)\b"
                    r"|\b(http|status|error|code)\W{0,3}50[0-3]\b|bad gateway"
                    r"|(internal|processing|system|technical|server|gateway|upstream) "
                    r"(error|fail|malfunction|issue|unavailable)"
                    r"|service .{0,20}unavailable|too many requests|rate[ -]?limit|throttl"
                    rf"|gateway .{{0,20}}{_DOWN}", ""),
    )
)  # fmt: skip
"""Cause, what tells it, and what must not stand beside it."""
