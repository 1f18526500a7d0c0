"""What is known of each slice: its counts of this minute, what is normal, and the evidence so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from functions.core.counting.counts import BAD, BLAMED_AT, DIGIT, NONE, SIGNALS, Counts, attempts
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Tally
from functions.core.counting.window import MAX_SLICES
from functions.core.counting.wire import Derived
from functions.core.detection.baseline import (
    CELL_SECONDS,
    Baseline,
    HeldBack,
    Normal,
    fold,
    forget,
)
from functions.core.detection.evidence import (
    CAP,
    COLD,
    FEWEST_NATS,
    Steps,
    Trail,
    after,
    needed,
    settled,
    steps,
    strength,
)
from functions.core.troubles.severity import DEFAULT_THRESHOLDS, Threshold

SUSPICIOUS: Final = 0.3
"""Share of the needed evidence from which a slice is looked at closely."""
UNLEARNED: Final = Normal(0.4, 0.0, 1.0)
"""What all traffic is held to while nothing is learned: that half of it fails is wrong anywhere."""
_ROOMY: Final = 0.8
"""When nearly MAX_SLICES are known, the smallest are let go down to this share."""
_EVENTS_SECONDS: Final = 86_400
"""The rate of events, that the false-alarm budget is shared over, is a mean over about a day."""


class Budget(msgspec.Struct, frozen=True):
    """thresholds: by signal. per_week: false alarms. learning_seconds: how long a slice is only
    learned after it was seen first."""

    thresholds: Mapping[str, Threshold] = msgspec.field(
        default_factory=lambda: dict(DEFAULT_THRESHOLDS)
    )
    per_week: float = 1.0
    learning_seconds: int = 300

    def drift(self, signal: int) -> float:
        """How much the signal's rate may move without being worth a page, as a share."""
        return min(MOST_DRIFT, self.thresholds[SIGNALS[signal]].warning / 2)


MOST_DRIFT: Final = 0.02


class Tracker(msgspec.Struct, frozen=True):
    """known: slice → second it was seen first. current: slice → counts since `baseline.folded`.
    trails: by signal, slice → evidence. hot: signal and slice of the trails that are suspicious.
    events: that were weighed since then; events_a_second: in the long run; needed: nats."""

    began: int = 0
    baseline: Baseline = msgspec.field(default_factory=Baseline)
    known: Mapping[str, int] = msgspec.field(default_factory=dict)
    current: Mapping[str, Counts] = msgspec.field(default_factory=dict)
    trails: tuple[Mapping[str, Trail], ...] = msgspec.field(
        default_factory=lambda: tuple({} for _ in SIGNALS)
    )
    hot: Derived[frozenset[tuple[int, str]]] = frozenset()
    events: int = 0
    events_a_second: float = 0.0
    needed: float = 2 * FEWEST_NATS

    def is_learning(self, clock: int, budget: Budget) -> bool:
        return clock - self.began < budget.learning_seconds

    def steps(self, key: str, signal: int, clock: int, budget: Budget) -> Steps | None:
        """How events of that signal weigh in the slice; None while it is learned."""
        if clock - self.known.get(key, clock) < budget.learning_seconds:
            return steps(UNLEARNED, 0.0) if key == ALL else None
        memo = self.baseline.steps[signal]
        found: Steps | None = memo.get(key)
        if found is None:
            normal = self.baseline.normal(key, signal)
            found = memo[key] = steps(normal, budget.drift(signal))
        return found

    def trail(self, key: str, signal: int, clock: int, budget: Budget) -> Trail:
        """The trail as of now."""
        trail = self.trails[signal].get(key, COLD)
        step = self.steps(key, signal, clock, budget)
        if step is None:
            return COLD
        return settled(trail, step, attempts(self.current.get(key, NONE)))


def counted(tracker: Tracker, tally: Tally, clock: int, budget: Budget) -> Tracker:
    """The tracker with the tally, of which nothing is late. Only what failed is weighed."""
    known, current = tracker.known, dict(tracker.current)
    newcomers: dict[str, int] = {}
    copies: list[dict[str, Trail] | None] = [None] * len(SIGNALS)
    fields = tuple(zip(range(len(SIGNALS)), BLAMED_AT, tracker.baseline.steps, strict=True))
    risen: set[tuple[int, str]] = set()
    suspicious, cap = SUSPICIOUS * tracker.needed, CAP * tracker.needed
    weighed = 0
    for second in sorted(tally.seconds):
        for key, counts in tally.seconds[second].slices.items():
            held = current.get(key)
            if held is None:
                if key not in known:
                    newcomers[key] = clock
                held = NONE
            current[key] = held = held + counts
            if counts < BAD:
                continue
            learned = clock - known.get(key, clock) >= budget.learning_seconds
            for signal, at, memo in fields:
                shown = counts >> at & DIGIT
                if not shown:
                    continue
                weighed += 1
                # A slice that is learned has its steps remembered, until the next fold.
                step = (memo.get(key) if learned else None) or tracker.steps(
                    key, signal, clock, budget
                )
                if step is None:
                    continue
                trails = copies[signal]
                if trails is None:
                    trails = copies[signal] = dict(tracker.trails[signal])
                trails[key] = trail = after(
                    trails.get(key, COLD), step, held & DIGIT, counts & DIGIT, shown, second, cap
                )
                if (
                    trail[1] >= suspicious
                    or trail[2] >= suspicious
                    or trail[3] >= suspicious
                    or trail[4] >= suspicious
                ):
                    risen.add((signal, key))
    trails_after = tuple(
        old if new is None else new for old, new in zip(tracker.trails, copies, strict=True)
    )
    return Tracker(
        tracker.began or clock,
        tracker.baseline,
        {**known, **newcomers} if newcomers else known,
        current,
        trails_after,
        _still(tracker.hot | risen, trails_after, suspicious) if weighed else tracker.hot,
        tracker.events + weighed,
        tracker.events_a_second,
        tracker.needed,
    )


def _still(
    hot: Iterable[tuple[int, str]], trails: Sequence[Mapping[str, Trail]], suspicious: float
) -> frozenset[tuple[int, str]]:
    """Those that are suspicious still: `hot` follows from the trails, whenever it is looked at."""
    return frozenset(
        (signal, key) for signal, key in hot if strength(trails[signal][key]) >= suspicious
    )


def is_due(tracker: Tracker, clock: int, budget: Budget) -> bool:
    """Whether the current counts are to be folded before the clock enters `clock`."""
    if not tracker.began:
        return False
    folded = tracker.baseline.folded
    learned = tracker.began + budget.learning_seconds
    return clock // CELL_SECONDS > (folded or tracker.began) // CELL_SECONDS or (
        folded < learned <= clock
    )


def folded(
    tracker: Tracker, clock: int, budget: Budget, held_back: HeldBack, *, mixed: bool = False
) -> Tracker:
    """The tracker with its current counts in the baseline, and every trail as of now. mixed: traffic
    is spread over the slices as it usually is not."""
    began = tracker.baseline.folded or tracker.began
    learning = began - tracker.began < budget.learning_seconds
    baseline = fold(
        tracker.baseline, tracker.current, clock, held_back, learning=learning, mixed=mixed
    )
    baseline, alive = forget(baseline, clock)
    known = {key: born for key, born in tracker.known.items() if key in alive}
    if len(known) > MAX_SLICES * 0.95:
        known = _largest(known, baseline)
    seconds = max(1, clock - began)
    weight = max(seconds / _EVENTS_SECONDS, seconds / max(seconds, clock - tracker.began))
    rate = tracker.events_a_second
    # The volume and latency of each slice are looked at once a cell.
    looks = tracker.events + 2 * len(known)
    rate += min(1.0, weight) * (looks / seconds - rate)
    need = needed(rate, budget.per_week)
    trails: list[dict[str, Trail]] = []
    for signal, by_slice in enumerate(tracker.trails):
        kept: dict[str, Trail] = {}
        for key in by_slice:
            trail = tracker.trail(key, signal, clock, budget)
            if strength(trail) > 0.0 and key in known:
                kept[key] = (0, *trail[1:])
        trails.append(kept)
    return Tracker(
        tracker.began, baseline, known, {}, tuple(trails), hot(trails, need), 0, rate, need
    )


def _largest(known: Mapping[str, int], baseline: Baseline) -> dict[str, int]:
    """The slices with the most attempts in the last half hour, all traffic first."""
    size = {
        key: attempts(baseline.absorbed.get(key, NONE) + baseline.since(key, baseline.folded - 120))
        for key in known
    }
    order = sorted(known, key=lambda key: (key != ALL, -size[key], key))
    return {key: known[key] for key in order[: int(MAX_SLICES * _ROOMY)]}


def hot(trails: Sequence[Mapping[str, Trail]], need: float) -> frozenset[tuple[int, str]]:
    """Signal and slice of the trails that are suspicious."""
    every = ((signal, key) for signal, by_slice in enumerate(trails) for key in by_slice)
    return _still(every, trails, SUSPICIOUS * need)


def calmed(tracker: Tracker, clock: int, budget: Budget) -> Tracker:
    """The tracker whose hot trails are suspicious still; what cooled is worked out as of now."""
    trails = [dict(by_slice) for by_slice in tracker.trails] if tracker.hot else []
    cooled: set[tuple[int, str]] = set()
    for signal, key in tracker.hot:
        trail = tracker.trail(key, signal, clock, budget)
        if strength(trail) < SUSPICIOUS * tracker.needed:
            trails[signal][key] = trail
            cooled.add((signal, key))
    if not cooled:
        return tracker
    return msgspec.structs.replace(tracker, trails=tuple(trails), hot=tracker.hot - cooled)


def cleared(tracker: Tracker, gone: frozenset[tuple[int, str]]) -> Tracker:
    """The tracker without the evidence on these signals and slices: known and over, or harmless."""
    return msgspec.structs.replace(
        tracker,
        trails=tuple(
            {key: trail for key, trail in by_slice.items() if (signal, key) not in gone}
            for signal, by_slice in enumerate(tracker.trails)
        ),
        hot=tracker.hot - gone,
    )
