"""What can be done for a payment that failed, by its cause: whether trying again helps, when, and whether
money may have moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class RetryAdvice(msgspec.Struct, frozen=True, gc=False):
    """again: whether another try helps, and when. is_unclear: whether such a payment may have been
    charged all the same, so that it is reconciled before anybody repeats it."""

    again: str
    is_unclear: bool


RETRY_ADVICE: Final[Mapping[str, RetryAdvice]] = {
    "customer": RetryAdvice(
        "not as it stands: the customer needs funds, right data or another card", False
    ),
    "fraud": RetryAdvice("never: repeats of refused cards are fined", False),
    "issuer": RetryAdvice("once the issuer is well again; another card or method helps now", False),
    "network": RetryAdvice(
        "by another network or method now, by this one once it is well again", True
    ),
    "gateway": RetryAdvice("by another gateway, after asking for the payment's status", True),
    "merchant": RetryAdvice("not before the set-up or the request is mended", False),
    "timeout": RetryAdvice(
        "only after asking for the payment's status: it may have gone through", True
    ),
    "unknown": RetryAdvice(
        "only after asking for the payment's status: nobody said that it failed", True
    ),
}
"""By cause. Of a single code its row says more."""

MONEY: Final[Mapping[str, str]] = {
    "never": "nothing was charged",
    "after_fix": "nothing was charged",
    "later": "nothing was charged",
    "another_route": "nothing was charged",
    "after_reconciliation": "may have been charged: ask for its status, reconcile before repeating",
}
"""By when to try again, what that says of the money."""
