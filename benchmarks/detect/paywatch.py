"""Paywatch under test: the deployed step, fed with one partial a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.core.counting.counts import Counts, one
from functions.core.counting.failing import few
from functions.core.counting.partial import Partial
from functions.core.counting.tally import Bucket, Tally
from functions.core.detection import step as detector
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, initial
from functions.core.troubles.incident import AGAIN, NARROWED, OPENED, WORSE, as_named

UNITS: Final = (
    one("approved", ""),
    one("failed", "issuer"),
    one("failed", "customer"),
    one("failed", "unknown"),
    one("denied", "customer"),
    one("denied", "fraud"),
    one("reversed", "unknown"),
    one("backend_reversed", "unknown"),
    one("denied", "unknown"),
)
"""One payment of each of population.OUTCOMES."""


@dataclass(frozen=True)
class Said:
    """An announcement that pages (opened, or again) or adds to a page (worse). ident: its incident.
    also: further names of its payments."""

    second: int
    transition: str
    slice: str
    ident: str
    signal: str
    also: tuple[str, ...] = ()


def counts_of(outcomes: Sequence[int]) -> Counts:
    """The counts of so many payments of each of population.OUTCOMES."""
    return sum(unit * n for unit, n in zip(UNITS, outcomes, strict=True) if n)


class Paywatch:
    """Partials arrive at the end of the second that they count."""

    name = "Paywatch"

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._state = initial(self._rules)
        self._told: set[str] = set()
        self._memory = Memory()

    @property
    def showing(self) -> frozenset[str]:
        """The signals that open incidents show, as the strongest or as a part."""
        return frozenset(
            incident.signal
            for incident in self._state.incidents
            if incident.is_open and incident.pages
        )

    def second(
        self,
        second: int,
        slices: Mapping[str, Counts],
        failing: Mapping[str, Counts] | None = None,
    ) -> list[Said]:
        """What is newly announced after this second. failing: leaf → counts of what did not succeed."""
        number = str(second)
        partial = Partial(
            shard="bench",
            first=number,
            last=number,
            arrived_ms=(second + 1) * 1000,
            newest_ms=second * 1000 + 999,
            tally=Tally({second: Bucket(dict(slices), failing=few(dict(failing or {})))}),
        )
        self._state, delta = detector.step(
            self._state, [partial], self._rules, self._told, self._memory
        )
        news = [item for item in delta.outbox if item.key not in self._told]
        self._told = {item.key for item in delta.outbox}
        return [
            Said(
                second,
                OPENED if item.transition == AGAIN else item.transition,
                as_named(item.incident).slice,
                item.incident.id,
                item.incident.signal,
                item.incident.also,
            )
            for item in news
            if item.transition in (OPENED, WORSE, AGAIN, NARROWED) and item.incident.pages
        ]
