"""Card testing: whoever tries stolen cards does so at one merchant, with cards of many issuers, for amounts
that are small or all alike.

Of payments that did not succeed their amounts are counted by merchant, in classes of an eighth of an octave
(9 %) of a currency. Those of the last minutes are held against those of before. A wave of the
merchant's own customers has the amounts that its payments usually have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from functions.core.counting.counts import attempts
from functions.core.counting.harm import NO_CURRENCY, THOUSANDTHS
from functions.core.counting.marks import NO_MARK
from functions.core.counting.messages import Messages
from functions.core.counting.slices import Slice, dimensions, elements, slice_key
from functions.core.detection.remembered import Index
from functions.core.detection.span import Moment
from functions.core.detection.tuning import CardTestingTuning
from functions.core.payments.currencies import CURRENCIES
from functions.core.payments.event import Payment
from functions.core.troubles.incident import CARD_TESTING
from functions.core.troubles.life import Sighting

Amounts = dict[Slice, dict[str, float]]
"""Merchant's slice → class of amount → payments that did not succeed."""
MINUTE: Final = 60
_A_DOUBLING: Final = 8
_BAD: Final = frozenset(("failed", "denied"))
MOST_MERCHANTS: Final = 256
MOST_CLASSES: Final = 64
"""What is kept of one minute, and of before: the largest."""


class Shown(msgspec.Struct, frozen=True):
    """Amounts of payments that did not succeed. lately: minute since the epoch → amounts; usual: those of
    before, fading."""

    lately: dict[int, Amounts] = msgspec.field(default_factory=dict)
    usual: Amounts = msgspec.field(default_factory=dict)


def amounts_of(messages: Messages, index: Index) -> Amounts:
    """Of the payments that these messages are the first word of, and that did not succeed."""
    found: Amounts = {}
    seen: set[int] = set()
    for message in messages.others:
        payment, mark = message.payment, message.mark
        kind = amount_class(payment)
        if payment.status not in _BAD or not kind or not payment.merchant:
            continue
        if mark != NO_MARK and (mark in seen or index.payment(mark)):
            continue
        seen.add(mark)
        by_class = found.setdefault(slice_key({"merchant": payment.merchant}), {})
        by_class[kind] = by_class.get(kind, 0) + payment.count
    return found


def amount_class(payment: Payment) -> str:
    """`INR 83`: the currency, and where the amount lies; empty where it says none that is more than 0."""
    if payment.amount is None or payment.amount <= 0.0:
        return ""
    currency = payment.currency if payment.currency in CURRENCIES else NO_CURRENCY
    return f"{currency} {round(_A_DOUBLING * math.log2(payment.amount * THOUSANDTHS))}"


def with_amounts(
    shown: Shown, came: Amounts, clock: int, tested: Iterable[Slice], tuning: CardTestingTuning
) -> Shown:
    """With what came in the second `clock`. What was a test of cards (`tested`: of these merchants) is not
    learned."""
    minute = clock // MINUTE
    ripe = [at for at in shown.lately if at < minute - tuning.guard_seconds // MINUTE]
    if not came and not ripe:
        return shown
    lately = dict(shown.lately)
    usual = shown.usual
    if ripe:
        left_out = set(tested)
        usual = {
            key: {kind: n * tuning.fading for kind, n in kinds.items() if n > tuning.forgotten}
            for key, kinds in usual.items()
        }
        for at in sorted(ripe):
            for key, kinds in lately.pop(at).items():
                if key not in left_out:
                    usual[key] = _most_classes(_totalled(usual.get(key, {}), kinds))
        usual = _most_merchants(usual)
    if came:
        now = dict(lately.get(minute, {}))
        for key, kinds in came.items():
            now[key] = _totalled(now.get(key, {}), kinds)
        lately[minute] = _most_merchants({key: _most_classes(kinds) for key, kinds in now.items()})
    return Shown(lately, usual)


def _totalled(*every: Mapping[str, float]) -> dict[str, float]:
    total: dict[str, float] = {}
    for kinds in every:
        for kind, n in kinds.items():
            total[kind] = total.get(kind, 0) + n
    return total


def _most_classes(kinds: Mapping[str, float]) -> dict[str, float]:
    order = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    return {kind: kinds[kind] for kind in order[:MOST_CLASSES]}


def _most_merchants(shown: Amounts) -> Amounts:
    if len(shown) <= MOST_MERCHANTS:
        return shown
    order = sorted(shown, key=lambda key: (-sum(shown[key].values()), key))
    return {key: shown[key] for key in order[:MOST_MERCHANTS]}


def with_pattern(seen: Sighting, moment: Moment, shown: Shown) -> Sighting:
    """The sighting, said to look like card testing where it does. Then it is no wave of customers that
    nobody need know of."""
    tuning = moment.normals.tuning.card_testing
    key = _merchant_of(seen)
    if not key or not _is_tested(key, moment.clock, shown, tuning):
        return seen
    if not _from_many_issuers(key, moment, tuning):
        return seen
    found = seen.verdict
    verdict = msgspec.structs.replace(found, score=max(found.score, tuning.score))
    return msgspec.structs.replace(seen, verdict=verdict, pattern=CARD_TESTING)


def _merchant_of(seen: Sighting) -> Slice:
    """The merchant that the sighting is about; empty where there is none."""
    for key in (seen.narrowed or "", seen.verdict.slice, *seen.also):
        for element in elements(key):
            if dimensions(element) == ("merchant",):
                return element
    return ""


def _is_tested(key: Slice, clock: int, shown: Shown, tuning: CardTestingTuning) -> bool:
    """Whether the amounts of the last minutes are small, or alike, as those of before are not."""
    since = clock // MINUTE - tuning.lately_seconds // MINUTE
    now = _totalled(
        *(kinds.get(key, {}) for minute, kinds in shown.lately.items() if minute > since)
    )
    total = sum(now.values())
    if total < tuning.fewest:
        return False
    usual = shown.usual.get(key, {})
    if sum(usual.values()) < tuning.fewest:  # what all merchants show, where little is known of it
        usual = _totalled(*shown.usual.values())
    before = sum(usual.values())
    kind = max(now, key=lambda one: (now[one], one))
    share = now[kind] / total
    if share >= tuning.alike and usual.get(kind, 0.0) * tuning.times <= share * max(1.0, before):
        return True
    if before < tuning.fewest:
        return False
    small = sum(n for one, n in now.items() if _below(one, usual, before, tuning))
    return small >= tuning.small * total


def _below(kind: str, usual: Mapping[str, float], before: float, tuning: CardTestingTuning) -> bool:
    """Whether hardly any usual amount of the currency is as low."""
    currency, place = kind.split(" ")
    as_low = sum(
        n
        for one, n in usual.items()
        if one.startswith(f"{currency} ") and int(one.split(" ")[1]) <= int(place)
    )
    return as_low <= tuning.seldom * before


def _from_many_issuers(key: Slice, moment: Moment, tuning: CardTestingTuning) -> bool:
    """Whether what does not succeed there comes from many issuers, as far as issuers are told."""
    by_issuer: Counter[Slice] = Counter()
    for bucket in moment.window.seconds.values():
        for leaf, counts in bucket.failing.items():
            parts = elements(leaf)
            if key in parts:
                issuer = next((one for one in parts if dimensions(one) == ("issuer",)), "")
                by_issuer[issuer] += attempts(counts)
    del by_issuer[""]
    total = sum(by_issuer.values())
    if not total:
        return True
    return len(by_issuer) >= tuning.issuers and max(by_issuer.values()) <= tuning.of_one * total
