"""The cause of a failure that no table knows, guessed from its words: a code's, a message's.

First rules, which hold in so many words (functions/core/causes/failure_kinds.py); then a linear model over
words and pairs of words, trained on the names and codes of the knowledge base and on sentences of our own
by `python -m benchmarks.codes --train`. Its weights are the table guess_words.csv: one row a word, one
column a class, in tenths of a nat. docs/decisions/0035 says why in this order, and how sure each is.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import msgspec

from functions.core.causes.failure_kinds import told
from functions.core.causes.wording import cleaned, features

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
    """`confidence`: from 0 to 1, that the cause is right. `why`: the words that decided. `kind`: one of
    KINDS where a rule told it."""

    cause: str
    owner: str
    retry: str
    action: str
    confidence: float
    why: str
    kind: str = ""


class Model(msgspec.Struct, frozen=True):
    """Weights in nats, by feature, in the order of CLASSES. `bias` is the feature of every text."""

    bias: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]


@lru_cache(maxsize=4096)
def guess(text: str) -> Guess:
    """What a message, or the words of a code, tells: by the rules, then by the shipped model."""
    return _guessed(cleaned(text))


@lru_cache(maxsize=4096)
def _guessed(text: str) -> Guess:
    # By the cleaned text: messages that differ in their ids alone are judged once.
    return judge(text, shipped())


def judge(text: str, model: Model) -> Guess:
    """What a text tells: by the rules, then by this model."""
    spelt = features(text)
    shares, deciding = _read(spelt, model)
    by_cause = by_causes(shares)
    if (found := told(spelt)) is not None:
        kind, why = found
        # Two that read apart from each other and agree are surer than one.
        agreeing = by_cause[kind.cause] >= _SIDES
        sure = kind.sure if agreeing else kind.sure - _ALONE
        return Guess(
            kind.cause,
            kind.owner,
            kind.retry,
            kind.action,
            round(sure, 3),
            why,
            kind.name,
        )
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


_SIDES: Final = 0.35
"""The model's share from which it is on the side of a rule."""
_ALONE: Final = 0.2
"""How much less sure a rule is that the model does not agree with."""

_SHOWN_WORDS: Final = 3
SHARPNESS: Final = 1.3
"""Held-out schemes are told better than the model's penalised weights believe."""
_DOUBT: Final = 0.05
"""How many of a strange scheme's words mean something else there, however sure the model is.

With both, a guess is right about as often as it says, see `python -m benchmarks.codes`."""


def _read(spelt: Mapping[str, str], model: Model) -> tuple[dict[str, float], list[str]]:
    """The share of each class, and the words of the text that speak most for the likeliest.

    With h the part of the text's words that the model knows,
    shares = h × softmax(sharpness × (bias + Σ weights)) + (1 − h) × softmax(bias).
    """
    known = {feature: word for feature, word in spelt.items() if feature in model.weights}
    words = [feature for feature in spelt if " " not in feature]
    heard = sum(word in known for word in words) / max(1, len(words))
    columns = zip(model.bias, *(model.weights[feature] for feature in known), strict=True)
    told = softmax([SHARPNESS * sum(column) for column in columns])
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
