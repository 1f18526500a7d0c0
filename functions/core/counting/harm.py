"""What failing payments did in a slice: how many, of how much money, and which, for example.

Harm adds up like counts, so it travels and is stored with them. Amounts are whole thousandths of a
currency's major unit, so that sums do not depend on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from functions.core.counting.counts import NONE, Counts
from functions.core.payments.currencies import CURRENCIES
from functions.core.payments.event import Payment
from functions.core.payments.sensitive import kept

MOST_EXAMPLES: Final = 5
LONGEST_ID: Final = 64
"""Characters of a transaction id, and of a code, that are kept."""
THOUSANDTHS: Final = 1000
NO_CURRENCY: Final = "?"
"""Stands for the currency of amounts that come without one, or with none that is in use: so there are as
many sums of money as currencies, whatever is sent."""
MOST_MONEY: Final = 1 << 60
"""Thousandths that a sum goes up to; MessagePack holds no larger number."""
_NOT_OURS: Final = frozenset(("", "customer", "fraud"))

Money = dict[str, int]
"""Currency → thousandths."""


class Example(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A payment that failed, with its decline code, empty when it said none."""

    transaction_id: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.transaction_id} ({self.code})" if self.code else self.transaction_id


class Harm(msgspec.Struct, frozen=True, array_like=True):
    """counts: of all payments of the slice. money: of those that failed and were not the customer's
    or a fraud rule's doing. examples: some of these, at most MOST_EXAMPLES."""

    counts: Counts = NONE
    money: Money = msgspec.field(default_factory=dict)
    examples: tuple[Example, ...] = ()


NO_HARM: Final = Harm()


def is_harm(cause: str) -> bool:
    """Whether a payment with this cause counts as harm."""
    return cause not in _NOT_OURS


def money_of(payment: Payment) -> tuple[str, int] | None:
    """The currency and thousandths of a payment (all of them, where it stands for several); None
    when it says no amount."""
    if payment.amount is None:
        return None
    thousandths = round(payment.amount * THOUSANDTHS) * payment.count
    currency = payment.currency if payment.currency in CURRENCIES else NO_CURRENCY
    return currency, bounded(thousandths)


def bounded(thousandths: int) -> int:
    """A sum of money that can be stored: beyond MOST_MONEY it grows no more."""
    return max(-MOST_MONEY, min(MOST_MONEY, thousandths))


def example_of(payment: Payment) -> Example:
    return Example(kept_id(payment), code_of(payment))


def kept_id(payment: Payment) -> str:
    return kept(payment.transaction_id, LONGEST_ID)


def code_of(payment: Payment) -> str:
    return _code(payment.error_code) if payment.error_code else ""


@lru_cache(maxsize=4096)
def _code(text: str) -> str:
    """A code as it is kept: the same ones come all day."""
    return kept(text, LONGEST_ID)


def add_money(one: Mapping[str, int], two: Mapping[str, int]) -> Money:
    total = dict(one)
    for currency, amount in two.items():
        total[currency] = bounded(total.get(currency, 0) + amount)
    return total


def joined(parts: Iterable[Harm]) -> Harm:
    """All of them as one; earlier examples come first."""
    counts, money = NONE, Money()
    examples: dict[Example, None] = {}
    for part in parts:
        counts += part.counts
        money = add_money(money, part.money) if part.money else money
        examples.update(dict.fromkeys(part.examples))
    return Harm(counts, money, tuple(examples)[:MOST_EXAMPLES])


def in_major_units(money: Mapping[str, int]) -> dict[str, float]:
    return {currency: amount / THOUSANDTHS for currency, amount in money.items()}
