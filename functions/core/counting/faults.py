"""What of events could not be read or is not known, by kind, for somebody to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from functions.core.counting.tally import Tally

PARKED_AS: Final = "parked: "
"""Before the reason, as the kind of fault of what was parked."""
MOST_KINDS: Final = 64
"""Kinds that are kept: those seen last."""
DAY_SECONDS: Final = 86_400
"""A kind that has not come for so long is new when it comes again."""
NEW_SECONDS: Final = 600
"""So long a kind is new."""


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """events: that had it; first, last: the seconds of the first and the newest, by their arrival."""

    events: int
    first: int
    last: int


def seen(known: dict[str, Fault], tally: Tally) -> dict[str, Fault]:
    """What was known, with the tally's faults."""
    if not any(bucket.faults for bucket in tally.seconds.values()):
        return known
    after = dict(known)
    for second in sorted(tally.seconds):
        for kind, events in tally.seconds[second].faults.items():
            held = after.get(kind)
            if held is None or second - held.last > DAY_SECONDS:
                held = Fault(0, second, second)
            after[kind] = Fault(
                held.events + events, min(held.first, second), max(held.last, second)
            )
    newest = sorted(after, key=lambda kind: (-after[kind].last, -after[kind].events, kind))
    return {kind: after[kind] for kind in newest[:MOST_KINDS]}


def new(known: Mapping[str, Fault], clock: int, prefix: str = "") -> int:
    """Events of the new kinds whose name begins so."""
    return sum(
        fault.events
        for kind, fault in known.items()
        if kind.startswith(prefix) and clock - fault.first <= NEW_SECONDS
    )
