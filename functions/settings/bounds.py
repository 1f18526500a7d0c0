"""The bounds of the event time, as two settings."""

from __future__ import annotations

from functions.core.counting.bounds import Bounds


class Bounded:
    """With these two settings, the bounds of the event time: tally parks what lies outside, and it
    is not archived."""

    skew_seconds: int
    oldest_days: int

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.skew_seconds * 1000, self.oldest_days * 86_400_000)
