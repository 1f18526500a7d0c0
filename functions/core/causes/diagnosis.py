"""Why a payment failed: its code, its message and its latency told as a cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from functions.core.causes import schemes
from functions.core.causes.guess import ADVICE, SURE, Guess, guess
from functions.core.causes.knowledge import (
    Code,
    CodeMeaning,
    Diagnosis,
    KnowledgeBase,
    weight,
)
from functions.core.causes.vocabulary import PATH_CAUSES, SAYS_NOTHING
from functions.core.causes.wording import LONGEST
from functions.core.payments.event import ATTEMPT_STATUSES, STATUSES, Payment


def classify(payment: Payment, knowledge: KnowledgeBase) -> str:
    """The payment's cause, one of CAUSES; `""` when it did not fail."""
    return diagnose(payment, knowledge).cause


def diagnose(payment: Payment, knowledge: KnowledgeBase) -> Diagnosis:
    """The payment's cause, and how sure it is.

    By its code; then, where the code says nothing, by its message and the words of its code; then
    by its latency.
    """
    if payment.status in _WITHOUT_CAUSE:
        return _NO_CAUSE
    found = knowledge.diagnosed.get((payment.error_scheme, payment.error_code))
    return found or _diagnosed(payment, knowledge)


def _diagnosed(payment: Payment, knowledge: KnowledgeBase) -> Diagnosis:
    scheme, code, message = payment.error_scheme, payment.error_code, payment.error_message
    told = _by_code(scheme, code, knowledge)
    known = told.known or not code
    if told.known and told.cause not in SAYS_NOTHING:
        if _could_be_anybodys(told, scheme, code):
            told = _outvoted(told, scheme, code, message, guess) or told
            return Diagnosis(told.cause, told.owner, known, told.confidence)
        found = Diagnosis(told.cause, told.owner, known, told.confidence)
        if len(knowledge.diagnosed) < _REMEMBERED:
            knowledge.diagnosed[scheme, code] = found
        return found
    # A code for approval tells nothing of a payment that failed.
    told = _by_words(_nothing("", "") if told.cause == "" else told, message, guess)
    waited = payment.status == "failed" and (payment.latency_ms or 0.0) >= TIMEOUT_MS
    if told.cause == "unknown" and not code and waited:
        # Nobody answered with a reason, and it took longer than any hop waits: nobody answered.
        return Diagnosis("timeout", ADVICE["timeout"].owner, known, _WAITED_IN_VAIN)
    return Diagnosis(told.cause, told.owner, known, told.confidence)


TIMEOUT_MS: Final = 30_000.0
"""A failed payment with neither code nor message that took so long timed out."""

_WITHOUT_CAUSE: Final = frozenset(STATUSES) - ATTEMPT_STATUSES | {"approved"}
_NO_CAUSE: Final = Diagnosis("", "", True, 1.0)
_REMEMBERED: Final = 10_000
_WAITED_IN_VAIN: Final = 0.7
_DIGITS_OF_NETWORKS: Final = 2
_LIKELY_SCHEME: Final = 0.85
"""How sure it is, of a bare number, that it is of the likeliest scheme that has it."""
_SAME_WORD: Final = 0.85
"""How sure it is that a word means in one scheme what it means in others."""


def explain(
    scheme: str | None,
    code: str | None,
    knowledge: KnowledgeBase,
    message: str | None = None,
    *,
    guesser: Callable[[str], Guess] = guess,
) -> CodeMeaning:
    """What is known of a code, else what its words and the message's tell.

    Without a scheme, all tables are asked: the likeliest scheme that has the code is taken, and the
    confidence is the weight of those that agree with it on the cause, of all that have it; a message
    that says something else decides. Case, spaces and hyphens do not matter.
    """
    told = _by_code(scheme, code, knowledge)
    if told.known and told.cause != "unknown":
        return _outvoted(told, scheme, code, message, guesser) or told
    return _by_words(told, message, guesser)


def _by_code(scheme: str | None, code: str | None, knowledge: KnowledgeBase) -> CodeMeaning:
    key = (scheme or "", code or "")
    told = knowledge.explained.get(key)
    if told is None:
        told = _known(*key, knowledge)
        if schemes.says_nothing(code):
            told = _whatever(*key, told)
        told = told or _same_word(*key, knowledge) or _nothing(*key)
        if len(knowledge.explained) < _REMEMBERED:
            knowledge.explained[key] = told
    return told


def _known(scheme: str, code: str, knowledge: KnowledgeBase) -> CodeMeaning | None:
    name = schemes.folded(scheme)
    if not schemes.folded(code):
        return None
    if not name or name in schemes.FAMILIES:
        rows = knowledge.everywhere(code, schemes.FAMILIES.get(name, ()))
        if not rows:
            return None
        share, why = _agreement(rows)
        return _told(rows[0], True, share, why)
    asked = schemes.tables(name)
    for find in (knowledge.find, knowledge.any_other):
        for table in asked:
            if (row := find(table, code)) is not None:
                return _told(row, True, 1.0, f"{row.scheme} has this code")
    return None


def _same_word(scheme: str, code: str, knowledge: KnowledgeBase) -> CodeMeaning | None:
    """What a word means in the schemes that have it, where the scheme given does not."""
    rows = knowledge.everywhere(code) if scheme and schemes.speaks(code) else []
    if not rows or rows[0].cause in SAYS_NOTHING:
        return None
    share, why = _agreement(rows)
    confidence = _SAME_WORD * share
    if confidence < SURE:
        return None
    told = _told(rows[0], False, confidence, f"{scheme} is not known to have it; {why}")
    # Elsewhere nothing was charged; here nobody said so.
    retry = "after_reconciliation" if told.retry == "another_route" else told.retry
    return msgspec.structs.replace(told, scheme=scheme, code=code, retry=retry)


def _nothing(scheme: str, code: str) -> CodeMeaning:
    advice = ADVICE["unknown"]
    return CodeMeaning(
        scheme, code, "", "unknown", advice.owner, advice.retry, advice.action, False, False, 0.0,
        "no table has it" if code else "there is no code",
    )  # fmt: skip


def _whatever(scheme: str, code: str, row: CodeMeaning | None) -> CodeMeaning:
    """A code that is sent whatever the reason was. row: what a table has for it."""
    if row is not None and row.cause == "unknown":
        return row
    advice = ADVICE["unknown"]
    return CodeMeaning(
        row.scheme if row else scheme, row.code if row else code, row.name if row else "",
        "unknown", advice.owner, advice.retry, advice.action, False, True, 1.0,
        "this code is sent whatever the reason was",
    )  # fmt: skip


def _agreement(rows: list[Code]) -> tuple[float, str]:
    """The weight of the schemes that agree with the first row on the cause, of all; in words."""
    agreeing = [row.scheme for row in rows if row.cause == rows[0].cause]
    others = [
        f"{row.scheme} ({row.cause or 'no failure'})" for row in rows if row.scheme not in agreeing
    ]
    share = sum(map(weight, agreeing)) / sum(weight(row.scheme) for row in rows)
    why = f"as {' and '.join(agreeing[:3])} ha{'s' if len(agreeing) == 1 else 've'} it"
    if others:
        why += f", the likeliest; other meanings in {', '.join(others)}"
    return share, why


def _told(row: Code, known: bool, confidence: float, why: str) -> CodeMeaning:
    return CodeMeaning(
        row.scheme, row.code, row.name, row.cause, row.owner, row.retry, row.action,
        row.attributable, known, round(confidence, 3), why, row.source,
    )  # fmt: skip


def _by_words(
    told: CodeMeaning, message: str | None, guesser: Callable[[str], Guess]
) -> CodeMeaning:
    """What message and code tell in words, where the code itself tells no cause for sure."""
    asked = told.code if told.cause == "unknown" and not told.known else ""
    said = "" if schemes.says_nothing(message) else message or ""
    found = _heard(said[:LONGEST].strip(), asked, guesser)
    if found is None or (not asked and found.cause == "unknown" and told.code):
        return told
    if told.cause != "unknown" and found.confidence <= told.confidence:
        return told
    why = found.why if told.known or not told.code else f"{told.why}; {found.why}"
    return CodeMeaning(
        told.scheme, told.code, told.name if told.known else "", found.cause, found.owner,
        found.retry, found.action, found.cause in PATH_CAUSES, False, found.confidence, why,
        kind=found.kind,
    )  # fmt: skip


def _could_be_anybodys(told: CodeMeaning, scheme: str | None, code: str | None) -> bool:
    """Whether a code comes without a scheme and is no word: many have such a number, few a table here.
    Two digits on which all tables agree are the networks'."""
    if scheme or not code or schemes.speaks(code):
        return False
    return told.confidence < 1.0 or len(told.code) != _DIGITS_OF_NETWORKS


def _outvoted(
    told: CodeMeaning,
    scheme: str | None,
    code: str | None,
    message: str | None,
    guesser: Callable[[str], Guess],
) -> CodeMeaning | None:
    """What the message tells, where it says by a rule that the code is another scheme's than the likeliest."""
    if not message or not told.cause or not _could_be_anybodys(told, scheme, code):
        return None
    found = guesser(message[:LONGEST])
    if not found.kind or found.cause in (told.cause, "unknown"):
        return None
    if found.confidence <= told.confidence * _LIKELY_SCHEME:
        return None
    why = f"{found.why}; the code may be another scheme's than {told.scheme}'s"
    return CodeMeaning(
        "", code or "", "", found.cause, found.owner, found.retry, found.action,
        found.cause in PATH_CAUSES, False, found.confidence, why, kind=found.kind,
    )  # fmt: skip


def _heard(message: str, code: str, guesser: Callable[[str], Guess]) -> Guess | None:
    """What a message and the words of a code tell: the surer rule of the two, else both together."""
    if not message or not code:
        return guesser(message or code) if message or code else None
    by_rule = [found for text in (message, code) if (found := guesser(text)).kind]
    if by_rule:
        return max(by_rule, key=lambda found: found.confidence)
    return guesser(f"{message}\n{code}")
