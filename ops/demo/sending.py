"""The payments of an act, sent from a thread of their own while the demo watches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Final, Self

from functions.core.errors import PaywatchError
from ops.demo.acts import CALM_SECONDS, Act, scenario
from ops.demo.seen import Seen
from producer.pacing import Clock, Timed
from producer.run import Progress, Report, run
from producer.sinks import Sink
from producer.traffic import traffic

SEED: Final = 7


class Sending:
    """Sends from entering it to leaving it, or until its payments end. Notes on `seen` what is sent.

    start: epoch seconds of the first payment. rate: payments a second.
    """

    def __init__(
        self, act: Act, rate: float, start: float, sink: Sink, clock: Clock, seen: Seen
    ) -> None:
        self.start = start
        made = traffic(scenario(act, rate), seed=SEED, start_ms=int(start * 1000))
        self._events = noting(made, start, act, seen)
        self._sink = sink
        self._clock = clock
        self._seen = seen
        self._report: Report | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="producer")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()

    @property
    def lasts(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to end soon."""
        self._stop.set()

    def report(self) -> Report:
        """What became of it, once it is left. Raises PaywatchError when it broke down."""
        if self._report is None:
            raise PaywatchError("the producer ended without a report: its fault is printed above")
        return self._report

    def _run(self) -> None:
        def progress(at: Progress) -> None:
            self._seen.sent = at.sent

        self._report = run(
            self._events, self._sink, self._clock, stop=self._stop.is_set, on_second=progress
        )


def noting(events: Iterable[Timed], start: float, act: Act, seen: Seen) -> Iterator[Timed]:
    """The events as they are; the time of the first that the outage made fail is noted."""
    for timed in events:
        payment = timed.event
        if (
            seen.first_bad is None
            and not isinstance(payment, bytes)
            and timed.at >= CALM_SECONDS
            and payment.status == act.outage.status
            and all(getattr(payment, name) == value for name, value in act.outage.slice.items())
        ):
            seen.first_bad = start + timed.at
        yield timed
