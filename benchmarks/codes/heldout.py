"""Codes of schemes that the knowledge base is not allowed to know, told from their words alone."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.codes.train import examples, phrases, train
from functions.core.causes import schemes
from functions.core.causes.diagnosis import explain
from functions.core.causes.guess import Guess, Model, judge
from functions.core.causes.knowledge import CodeMeaning, KnowledgeBase
from functions.core.causes.vocabulary import PATH_CAUSES

FOREIGN: Final = Path(__file__).with_name("foreign.csv")
_DATA: Final = Path(os.environ.get("PAYWATCH_DATA", "../shared/data"))
DATA: Final = _DATA / "decline_codes"
MESSAGES: Final = _DATA / "messages"
"""Real messages as people labelled them, where there are any: CSVs with the columns scheme, code, message,
cause. Nothing is ever trained on them."""

PROVIDERS: Final[Mapping[str, str]] = {
    "braintree_gateway_rejection": "braintree",
    "mastercard_limit": "mastercard",
    "mastercard_mac": "mastercard",
    "mastercard_response": "mastercard",
    "razorpay_card": "razorpay",
    "razorpay_other": "razorpay",
    "razorpay_upi": "razorpay",
    "stripe_advice": "stripe",
}
"""Tables of one provider are held out together: they share words. Others are their own."""


class Told(NamedTuple):
    """One held-out code: as it was asked, what the table says, what was told without it."""

    scheme: str
    code: str
    message: str
    truth: str
    told: CodeMeaning

    @property
    def right(self) -> bool:
        return self.told.cause == self.truth

    @property
    def kind(self) -> str:
        """The failure kind that told it, if one did."""
        return self.told.kind

    @property
    def attributed_rightly(self) -> bool:
        return self.told.attributable == (self.truth in PATH_CAUSES)


def leave_one_out(knowledge: KnowledgeBase) -> Iterator[tuple[str, list[Told]]]:
    """Provider → its codes, each asked of everything but this provider.

    The message is the provider's own name of the code where PAYWATCH_DATA holds it, else ours.
    """
    names = published_names()
    for provider in sorted({provider_of(code.scheme) for code in knowledge.values()}):
        rest = {key: row for key, row in knowledge.items() if provider_of(row.scheme) != provider}
        model = train(examples(rest.values()), phrases())
        asked = [
            (row.scheme, row.code, names.get(key, row.name), row.cause)
            for key, row in knowledge.items()
            if provider_of(row.scheme) == provider and row.cause
        ]
        yield provider, list(_ask(asked, KnowledgeBase(rest), model))


def foreign(knowledge: KnowledgeBase) -> list[Told]:
    """Codes and messages of providers without a table. No phrase of the training is one of them."""
    with FOREIGN.open(newline="", encoding="utf-8") as file:
        rows = [(r["scheme"], r["code"], r["message"], r["cause"]) for r in csv.DictReader(file)]
    asked = {schemes.folded(text) for _, code, message, _ in rows for text in (code, message)}
    unlike = [item for item in phrases() if schemes.folded(item.text) not in asked]
    model = train(examples(knowledge.values()), unlike)
    return list(_ask(rows, knowledge, model))


def labelled(knowledge: KnowledgeBase, folder: Path = MESSAGES) -> Iterator[tuple[str, list[Told]]]:
    """File → its messages, each asked of everything but the tables of its provider. Nothing where the
    folder is not there."""
    models: dict[str, tuple[KnowledgeBase, Model]] = {}
    for path in sorted(folder.glob("*.csv")):
        told: list[Told] = []
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                provider = provider_of(schemes.folded(row["scheme"]))
                if provider not in models:
                    models[provider] = _without(provider, knowledge, models)
                asked = (row["scheme"], row["code"], row["message"], row["cause"])
                told += _ask([asked], *models[provider])
        yield path.stem, told


def _without(
    provider: str,
    knowledge: KnowledgeBase,
    models: dict[str, tuple[KnowledgeBase, Model]],
) -> tuple[KnowledgeBase, Model]:
    """All but this provider's tables; for one that has none, all, trained once."""
    if not any(provider_of(row.scheme) == provider for row in knowledge.values()):
        if "" not in models:
            models[""] = (knowledge, train(examples(knowledge.values()), phrases()))
        return models[""]
    rest = {key: row for key, row in knowledge.items() if provider_of(row.scheme) != provider}
    return KnowledgeBase(rest), train(examples(rest.values()), phrases())


def _ask(
    rows: Iterable[tuple[str, str, str, str]], knowledge: KnowledgeBase, model: Model
) -> Iterator[Told]:
    guesser: Callable[[str], Guess] = partial(judge, model=model)
    for scheme, code, message, truth in rows:
        told = explain(f"held-out {scheme}", code, knowledge, message, guesser=guesser)
        yield Told(scheme, code, message, truth, told)


def provider_of(scheme: str) -> str:
    return PROVIDERS.get(scheme, scheme)


def published_names() -> dict[tuple[str, str], str]:
    """(scheme, code) → the name that its source gives it; empty without the data."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(DATA.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found[row["scheme"], row["code"]] = row["name"]
    return found
