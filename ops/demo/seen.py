"""What the demo has seen so far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from functions.core.troubles.head import Head
from functions.core.troubles.record import TroubleRecord


@dataclass
class Seen:
    """Times are epoch seconds. pages: when, subject, body. first_bad: when the first payment was made
    that the outage broke."""

    sent: int = 0
    head: Head = Head()
    red: set[str] = field(default_factory=set)
    ever_red: set[str] = field(default_factory=set)
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    pages: list[tuple[float, str, str]] = field(default_factory=list)
    first_bad: float | None = None
    phase: str = ""
    records: list[TroubleRecord] = field(default_factory=list)

    @property
    def recorded_over(self) -> bool:
        """Whether something is on record, and all of it is over."""
        return bool(self.records) and all(record.closed_at for record in self.records)

    @property
    def counted(self) -> int:
        """Payments that detect has seen, late ones and what is said again of them too."""
        return self.head.messages

    @property
    def told_over(self) -> bool:
        """Whether the outage was paged, its end too, and nothing is red any more."""
        return any(body.startswith("OK") for _, _, body in self.pages) and not self.red

    @property
    def delay(self) -> float | None:
        """Seconds from the first payment that the outage broke to the first page."""
        first = next((at for at, _, body in self.pages if not body.startswith("OK")), None)
        return first - self.first_bad if first and self.first_bad else None

    @property
    def failing(self) -> float:
        """Percent of attempts in the window, just now."""
        return self.rates[-1] if self.rates else 0.0
