"""The bounds of the event time: what lies outside cannot be counted in its second any more."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.codec import encode
from functions.core.payments.event import Payment


class Bounds(msgspec.Struct, frozen=True):
    """An event time may lie `skew_ms` after its record's arrival and `oldest_ms` before it; what
    lies outside is parked, and not archived."""

    skew_ms: int = 60_000
    oldest_ms: int = 30 * 86_400_000

    def hold(self, payment: Payment, arrived_ms: int) -> bool:
        return arrived_ms - self.oldest_ms <= payment.timestamp_ms <= arrived_ms + self.skew_ms

    def hold_all(self, times_ms: Sequence[int], arrivals_ms: Sequence[int]) -> bool:
        """Whether they hold payments of all these times, whichever of these arrivals each has."""
        return (
            max(arrivals_ms) - self.oldest_ms <= min(times_ms)
            and max(times_ms) <= min(arrivals_ms) + self.skew_ms
        )

    def fault(self, payment: Payment, arrived_ms: int) -> Malformed:
        """Why a payment that they do not hold is parked."""
        ahead = (payment.timestamp_ms - arrived_ms) / 1000
        if ahead > 0:
            detail = (
                f"timestamp lies {ahead:.0f} s after arrival; {self.skew_ms / 1000:g} s are allowed"
            )
            return Malformed("future", detail, encode(payment))
        days = self.oldest_ms / 86_400_000
        detail = f"timestamp lies {-ahead / 86_400:.0f} days before arrival; {days:g} are allowed"
        return Malformed("stone_age", detail, encode(payment))
