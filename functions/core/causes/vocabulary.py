"""The words that say why a payment failed, who can mend it, and when to try again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CAUSES: Final = (
    "customer",
    "fraud",
    "issuer",
    "network",
    "gateway",
    "merchant",
    "timeout",
    "unknown",
)
PATH_CAUSES: Final = frozenset(("issuer", "network", "gateway", "merchant", "timeout"))
"""The causes that the payment path itself has: only these move traffic."""

OWNERS: Final = ("customer", "issuer", "network", "gateway", "merchant", "us")
"""Who can remove the cause. `us` is who runs the payment client: keys, settings, request rate."""

RETRIES: Final[Mapping[str, str]] = {
    "never": "the same payment will not be accepted again",
    "after_fix": "once the owner has changed something: card data, PIN, set-up",
    "later": "as it stands and by the same route, after a while",
    "another_route": "at once, by another gateway or network: nothing was charged",
    "after_reconciliation": "only after asking for its status: it may have been charged",
}
SAYS_NOTHING: Final = frozenset(("", "unknown"))
"""Causes that do not tell why a payment failed."""
