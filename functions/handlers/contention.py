"""Writes that several invocations want at once: tried again, each after a pause of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from functions.core.errors import StateConflict

TRIES: Final = 12
LONGEST_PAUSE: Final = 0.25
"""Seconds. The alarms of one outage come within the same second and all want the desk."""

T = TypeVar("T")


@dataclass(frozen=True)
class Contention:
    """pause: waits so many seconds. jitter: a number from 0 to 1, so that those who met once do not
    meet again."""

    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def retried(self, action: Callable[[], T], what: str, meanwhile: str = "meanwhile") -> T:
        """What the action gives when nobody else writes meanwhile. Raises StateConflict when `what`
        was written by others TRIES times."""
        for attempt in range(TRIES):
            if attempt:
                self.pause(LONGEST_PAUSE * self.jitter())
            try:
                return action()
            except StateConflict:
                continue
        raise StateConflict(f"{what} was written {TRIES} times {meanwhile}")
