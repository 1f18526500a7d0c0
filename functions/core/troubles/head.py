"""detect's newest step in brief: what whoever reads and does not detect may know of it."""

from __future__ import annotations

from typing import Final

import msgspec

from functions.core.troubles.incident import Announcement, Incident

SILENCE: Final = "silence"
"""In `Head.excused`: no payment came, and none was to be expected."""


class Head(msgspec.Struct, frozen=True):
    """The newest step in brief, for whoever reads and does not detect. `incidents` are suspected
    or open. learning: what is normal is not known yet. excused: what all traffic showed within
    EXCUSED_SECONDS beyond a threshold, and that is usual nevertheless: a signal, or SILENCE. usual:
    signal → share of all traffic's attempts that usually show it, whoever caused it. retries, repeats,
    tests: since the first record, as late and parked: further tries, messages that said nothing new,
    payments of a test system; words: of counted payments, such as a refund. faults: kind → events, lately.
    over: the last word on what ended within OVER_SECONDS, the latest first, MOST_OVER at most."""

    version: int = 0
    clock: int = 0
    payments: int = 0
    late: int = 0
    parked: int = 0
    attempts: int = 0
    failed: int = 0
    score: float = 0.0
    incidents: tuple[Incident, ...] = ()
    excused: tuple[str, ...] = ()
    learning: bool = True
    usual: dict[str, float] = msgspec.field(default_factory=dict)
    over: tuple[Announcement, ...] = ()
    retries: int = 0
    repeats: int = 0
    tests: int = 0
    words: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def messages(self) -> int:
        """Whatever was said of payments since the first record, counted or not."""
        return self.payments + self.late + self.retries + self.repeats + self.words


OVER_SECONDS: Final = 900
"""So late may come what an incident's payments made CloudWatch and detect say."""
MOST_OVER: Final = 8
EXCUSED_SECONDS: Final = 120
"""An alarm is evaluated on what was published before, and then told: so long detect's word holds."""
