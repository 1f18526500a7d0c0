"""Trains the guesser: multinomial logistic regression, by AdaGrad, in plain Python.

The same tables give the same weights on every machine, but for the last tenth.
"""

from __future__ import annotations

import csv
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.codes.sentences import sentences
from functions.core.causes import schemes
from functions.core.causes.guess import ADVICE, CLASSES, CUSTOMER_RETRIES, Model, softmax
from functions.core.causes.knowledge import Code
from functions.core.causes.wording import features

PHRASES: Final = Path(__file__).with_name("phrases.csv")

EPOCHS: Final = 25
RATE: Final = 0.5
PENALTY: Final = 0.002
SEED: Final = 1
_FEWEST_WORDS: Final = 2
_FEWEST_PAIRS: Final = 3
"""What is seen less often teaches only its own example."""


class Example(NamedTuple):
    text: str
    cause: str
    retry: str


def phrases() -> list[Example]:
    """What failures are called in general, written for the training: cause, retry, phrase."""
    with PHRASES.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        ours = [Example(row["phrase"], row["cause"], row["retry"]) for row in rows]
    return [*ours, *(Example(*said) for said in sentences())]


def examples(codes: Iterable[Code]) -> list[Example]:
    """A code's name, and the code itself where it is made of words."""
    found: list[Example] = []
    for code in codes:
        if code.cause:
            found.append(Example(code.name, code.cause, code.retry))
            if schemes.speaks(code.code):
                found.append(Example(code.code, code.cause, code.retry))
    return found


def train(rows: Sequence[Example], general: Sequence[Example]) -> Model:
    """The weights that make the examples likeliest, less a penalty on their squares.

    Of `rows`, a word that occurs once is not learned: it may be an accident of how a name was put.
    The words of `general` phrases were chosen, so each is learned.
    """
    samples = [
        (list(features(item.text)), CLASSES.index(_class(item))) for item in (*rows, *general)
    ]
    seen = Counter(feature for named, _ in samples for feature in named)
    seen.update(word for item in general for word in features(item.text) if " " not in word)
    kept = {
        feature
        for feature, count in seen.items()
        if count >= (_FEWEST_PAIRS if " " in feature else _FEWEST_WORDS)
    }
    weights = {feature: [0.0] * len(CLASSES) for feature in ("", *sorted(kept))}
    squares = {feature: [1e-6] * len(CLASSES) for feature in weights}
    cleaned = [
        (["", *(feature for feature in named if feature in kept)], truth)
        for named, truth in samples
    ]
    order = random.Random(SEED)
    for _ in range(EPOCHS):
        order.shuffle(cleaned)
        for named, truth in cleaned:
            of_word = [weights[feature] for feature in named]
            shares = softmax([sum(column) for column in zip(*of_word, strict=True)])
            shares[truth] -= 1.0
            for feature, row in zip(named, of_word, strict=True):
                penalty = PENALTY if feature else 0.0
                past = squares[feature]
                for index, error in enumerate(shares):
                    slope = error + penalty * row[index]
                    past[index] += slope * slope
                    row[index] -= RATE * slope / math.sqrt(past[index])
    bias = tuple(weights.pop(""))
    return Model(bias, {feature: tuple(row) for feature, row in weights.items()})


def _class(item: Example) -> str:
    if item.cause != "customer":
        return item.cause
    retry = item.retry if item.retry in CUSTOMER_RETRIES else ADVICE["customer"].retry
    return f"customer {retry}"
