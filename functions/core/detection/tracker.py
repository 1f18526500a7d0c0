"""What is known of each slice: its counts of this minute, what is normal, and the evidence so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from functions.core.counting.counts import BAD, BLAMED_AT, DIGIT, NONE, Counts, attempts
from functions.core.counting.failing import add_failing, few
from functions.core.counting.signals import RATES
from functions.core.counting.slices import ALL, Slice, is_judged
from functions.core.counting.tally import Tally
from functions.core.counting.window import KEPT_FREE, MAX_SLICES
from functions.core.counting.wire import Derived
from functions.core.detection.baseline import CELL_SECONDS, Baseline, Stretch
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import (
    COLD,
    Steps,
    Trail,
    after,
    at_cell_start,
    needed,
    settled,
    strength,
)
from functions.core.detection.folding import HeldBack, fold, forget
from functions.core.detection.normals import Normals
from functions.core.detection.tuning import EvidenceTuning, NormalTuning


def _no_trails() -> dict[str, dict[str, Trail]]:
    return {signal: {} for signal in RATES}


class Tracker(msgspec.Struct, frozen=True):
    """known: slice → second it was seen first. current: slice → counts since `baseline.folded`.
    evidence: by signal, slice → its trail. hot: signal and slice of the trails that are suspicious.
    events: that were weighed since then; events_a_second: in the long run; needed: nats. failing: leaf →
    counts since then of what did not succeed."""

    began: int = 0
    baseline: Baseline = msgspec.field(default_factory=Baseline)
    known: Mapping[str, int] = msgspec.field(default_factory=dict)
    current: Mapping[str, Counts] = msgspec.field(default_factory=dict)
    evidence: Mapping[str, Mapping[str, Trail]] = msgspec.field(default_factory=_no_trails)
    hot: Derived[frozenset[tuple[str, str]]] = frozenset()
    events: int = 0
    events_a_second: float = 0.0
    needed: float = 2 * EvidenceTuning().fewest_nats
    failing: Mapping[str, Counts] = msgspec.field(default_factory=dict)

    def is_learning(self, clock: int, budget: Budget) -> bool:
        return clock - self.began < budget.learning_seconds

    def steps(self, key: Slice, signal: str, clock: int, normals: Normals) -> Steps:
        """How events of that signal weigh in the slice. All traffic has no sister slices that show what
        is normal, and before the first fold nothing does."""
        if (key == ALL and self.is_learning(clock, normals.budget)) or not self.baseline.folded:
            return normals.unlearned_steps()
        return normals.steps(key, signal)

    def trail(self, key: Slice, signal: str, clock: int, normals: Normals) -> Trail:
        """The trail as of now."""
        step = self.steps(key, signal, clock, normals)
        trail = self.evidence[signal].get(key, COLD)
        return settled(trail, step, attempts(self.current.get(key, NONE)))


def unlearned(tuning: EvidenceTuning) -> Tracker:
    """The tracker of which nothing is known yet, not even how many events there are."""
    return Tracker(needed=2 * tuning.fewest_nats)


def counted(tracker: Tracker, tally: Tally, clock: int, normals: Normals) -> Tracker:
    """The tracker with the tally, of which nothing is late. Only what failed is weighed."""
    known, current = tracker.known, dict(tracker.current)
    newcomers: dict[Slice, int] = {}
    weighing = _Weighing(tracker, clock, normals)
    for second in sorted(tally.seconds):
        for key, counts in tally.seconds[second].slices.items():
            held = current.get(key)
            if held is None:
                if key not in known:
                    newcomers[key] = clock
                held = NONE
            current[key] = held = held + counts
            if counts >= BAD and is_judged(key):
                weighing.weigh(key, counts, held & DIGIT, second)
    trails, hot = weighing.outcome()
    return Tracker(
        tracker.began or clock,
        tracker.baseline,
        {**known, **newcomers} if newcomers else known,
        current,
        trails,
        hot,
        tracker.events + weighing.weighed,
        tracker.events_a_second,
        tracker.needed,
        _failing(tracker.failing, tally, 2 * normals.tuning.leaf.cell_leaves),
    )


def _failing(before: Mapping[Slice, Counts], tally: Tally, most: int) -> Mapping[Slice, Counts]:
    """What failed, with the tally's, of which so many leaves are told apart."""
    failing = before
    for bucket in tally.seconds.values():
        if bucket.failing:
            failing = add_failing(failing, bucket.failing)
    return few(dict(failing), most) if len(failing) > 2 * most else failing


class _Weighing:
    """Trails on their way from one Tracker to the next; the Tracker's own are not touched."""

    def __init__(self, tracker: Tracker, clock: int, normals: Normals) -> None:
        self._tracker, self._clock, self._normals = tracker, clock, normals
        self._learned = not tracker.is_learning(clock, normals.budget)
        tuning = normals.tuning.evidence
        self._suspicious = tuning.suspicious * tracker.needed
        self._level = min(self._suspicious, normals.tuning.holding.early * tracker.needed)
        self._cap = tuning.cap * tracker.needed
        self._most_starts = tuning.most_starts
        self._fields = [(signal, BLAMED_AT[signal], normals.weighs[signal]) for signal in RATES]
        self._copies: dict[str, dict[Slice, Trail]] = {}
        self._risen: set[tuple[str, Slice]] = set()
        self.weighed = 0

    def weigh(self, key: Slice, counts: Counts, seen: int, second: int) -> None:
        """What failed of the slice in that second. seen: its attempts in the current cell."""
        tracker, clock = self._tracker, self._clock
        for signal, at, weighs in self._fields:
            shown = counts >> at & DIGIT
            if not shown:
                continue
            self.weighed += 1
            # Steps are remembered until the next fold; of all traffic, once it is learned.
            step = (weighs.get(key) if self._learned else None) or tracker.steps(
                key, signal, clock, self._normals
            )
            trails = self._copies.get(signal)
            if trails is None:
                trails = self._copies[signal] = dict(tracker.evidence[signal])
            trails[key] = trail = after(
                trails.get(key, COLD),
                step,
                seen,
                counts & DIGIT,
                shown,
                second,
                self._level,
                self._cap,
                self._most_starts,
            )
            if strength(trail) >= self._suspicious:
                self._risen.add((signal, key))

    def outcome(self) -> tuple[Mapping[str, Mapping[Slice, Trail]], frozenset[tuple[str, Slice]]]:
        """The trails, and which are hot."""
        if not self.weighed:
            return self._tracker.evidence, self._tracker.hot
        trails = {**self._tracker.evidence, **self._copies}
        return trails, _still(self._tracker.hot | self._risen, trails, self._suspicious)


def _still(
    hot: Iterable[tuple[str, str]], trails: Mapping[str, Mapping[str, Trail]], suspicious: float
) -> frozenset[tuple[str, str]]:
    """Those that are suspicious still: `hot` follows from the trails, whenever it is looked at."""
    return frozenset(
        (signal, key) for signal, key in hot if strength(trails[signal][key]) >= suspicious
    )


def is_due(
    tracker: Tracker, clock: int, budget: Budget, tuning: NormalTuning = NormalTuning()
) -> bool:
    """Whether the current counts are to be folded before the clock enters `clock`."""
    if not tracker.began:
        return False
    folded = tracker.baseline.folded or tracker.began
    learned = tracker.began + budget.learning_seconds
    if clock // CELL_SECONDS > folded // CELL_SECONDS or folded < learned <= clock:
        return True
    return clock < learned and clock - folded >= tuning.first_cells


def folded(
    tracker: Tracker,
    clock: int,
    normals: Normals,
    held_back: HeldBack,
    *,
    mixed: bool = False,
    tainted: Sequence[Stretch] = (),
    looks: int = 0,
) -> Tracker:
    """The tracker with its current counts in the baseline, and every trail as of now. mixed: traffic
    is spread over the slices as it usually is not. tainted: what incidents spoil of what was absorbed.
    looks: at volume and latency, since the last fold."""
    began = tracker.baseline.folded or tracker.began
    budget, tuning = normals.budget, normals.tuning
    learning = began - tracker.began < budget.learning_seconds
    baseline = fold(
        normals,
        tracker.current,
        clock,
        held_back,
        learning=learning,
        mixed=mixed,
        began=began,
        failing=tracker.failing,
        tainted=tainted,
    )
    baseline, alive = forget(baseline, clock, tuning.normal)
    known = {key: born for key, born in tracker.known.items() if key in alive}
    if len(known) > (MAX_SLICES - KEPT_FREE) * tuning.normal.full:
        known = _largest(known, baseline, tuning.normal)
    seconds = max(1, clock - began)
    mean_over = tuning.evidence.events_seconds
    weight = max(seconds / mean_over, seconds / max(seconds, clock - tracker.began))
    rate = tracker.events_a_second
    rate += min(1.0, weight) * ((tracker.events + looks) / seconds - rate)
    need = needed(rate, budget.per_week, tuning.evidence)
    trails: dict[str, dict[str, Trail]] = {}
    for signal, by_slice in tracker.evidence.items():
        kept: dict[str, Trail] = {}
        for key in by_slice:
            trail = tracker.trail(key, signal, clock, normals)
            if strength(trail) > 0.0 and key in known:
                kept[key] = at_cell_start(trail)
        trails[signal] = kept
    suspected = hot(trails, need, tuning.evidence)
    return Tracker(tracker.began, baseline, known, {}, trails, suspected, 0, rate, need)


def _largest(known: Mapping[str, int], baseline: Baseline, tuning: NormalTuning) -> dict[str, int]:
    """The slices with the most attempts in the last half hour, all traffic first."""
    ripe = baseline.folded - tuning.guard_seconds
    size = {
        key: attempts(baseline.absorbed.get(key, NONE) + baseline.since(key, ripe)) for key in known
    }
    order = sorted(known, key=lambda key: (key != ALL, -size[key], key))
    return {key: known[key] for key in order[: int(MAX_SLICES * tuning.roomy)]}


def hot(
    trails: Mapping[str, Mapping[str, Trail]],
    need: float,
    tuning: EvidenceTuning = EvidenceTuning(),
) -> frozenset[tuple[str, str]]:
    """Signal and slice of the trails that are suspicious."""
    every = ((signal, key) for signal, by_slice in trails.items() for key in by_slice)
    return _still(every, trails, tuning.suspicious * need)


def calmed(tracker: Tracker, clock: int, normals: Normals) -> Tracker:
    """The tracker whose hot trails are suspicious still; what cooled is worked out as of now."""
    if not tracker.hot:
        return tracker
    trails = {signal: dict(by_slice) for signal, by_slice in tracker.evidence.items()}
    suspicious = normals.tuning.evidence.suspicious * tracker.needed
    cooled: set[tuple[str, str]] = set()
    for signal, key in tracker.hot:
        trail = tracker.trail(key, signal, clock, normals)
        if strength(trail) < suspicious:
            trails[signal][key] = trail
            cooled.add((signal, key))
    if not cooled:
        return tracker
    return msgspec.structs.replace(tracker, evidence=trails, hot=tracker.hot - cooled)


def cleared(tracker: Tracker, gone: frozenset[tuple[str, str]]) -> Tracker:
    """The tracker without the evidence on these signals and slices: known and over, or harmless."""
    return msgspec.structs.replace(
        tracker,
        evidence={
            signal: {key: trail for key, trail in by_slice.items() if (signal, key) not in gone}
            for signal, by_slice in tracker.evidence.items()
        },
        hot=tracker.hot - gone,
    )
