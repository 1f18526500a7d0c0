"""When to send what: a schedule kept on any clock, without flooding after a stall."""

from __future__ import annotations

import time
from typing import Final, Protocol

import msgspec

from functions.core.payments.codec import encode
from functions.core.payments.event import Payment


class Timed(msgspec.Struct, frozen=True, gc=False):
    """An event and when it is to be sent: seconds from the start. Bytes are a malformed event."""

    at: float
    event: Payment | bytes

    @property
    def line(self) -> bytes:
        return self.event if isinstance(self.event, bytes) else encode(self.event)

    @property
    def key(self) -> str:
        """The payment's id: its messages are to stay in order. Empty of a malformed event."""
        return "" if isinstance(self.event, bytes) else self.event.transaction_id


class Clock(Protocol):
    def now(self) -> float:
        """Seconds, from any origin, never backwards."""

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ScheduleClock:
    """A clock on which waiting takes no time: what is scheduled over an hour is done at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


CATCH_UP: Final = 2.0
"""After a stall the schedule is run through at most so many times as fast as it was meant."""

BURST_S: Final = 1.0
"""At most so many seconds of the schedule become due at once, however long the stall was."""


class Pacer:
    """How far in the schedule one may send. Starts when it is made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = self._last = clock.now()
        self._position = 0.0
        self.behind_s = 0.0
        """Seconds that the schedule is behind the clock since the last `position`."""

    def position(self) -> float:
        """What is scheduled up to here, in seconds from the start, may be sent now."""
        now = self._clock.now()
        step = min(CATCH_UP * (now - self._last), BURST_S)
        self._position = min(now - self._start, self._position + step)
        self._last = now
        self.behind_s = now - self._start - self._position
        return self._position
