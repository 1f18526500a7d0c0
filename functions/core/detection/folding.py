"""Once a minute: the counts of the current minute become a cell, and what is ripe becomes normal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from functions.core.counting.counts import BAD, NONE, Counts, attempts, blamed
from functions.core.counting.failing import add_failing, few
from functions.core.counting.signals import RATES
from functions.core.counting.slices import ALL, Slice
from functions.core.detection.baseline import CELL_SECONDS, Baseline, Cell, Past, Reach, Stretch
from functions.core.detection.normals import Normals
from functions.core.detection.season import noted
from functions.core.detection.surges import Surges, surging
from functions.core.detection.tuning import NormalTuning

HeldBack = Callable[[Slice, int, int], bool]
"""Whether the slice's counts of [start, end) are to be kept out of what is normal."""


def fold(
    normals: Normals,
    current: Mapping[Slice, Counts],
    second: int,
    held_back: HeldBack,
    *,
    learning: bool,
    mixed: bool = False,
    began: int = 0,
    failing: Mapping[Slice, Counts] | None = None,
    tainted: Iterable[Stretch] = (),
) -> Baseline:
    """The baseline of `normals` with the current counts as a new cell that ends at `second`.

    While learning, what is not held back is absorbed at once, and a minute's cell grows with every
    fold. mixed: traffic is spread as it usually is not, and has not been for long. began: the second
    of the first payment ever. failing: what of the current counts did not succeed, by leaf. tainted:
    what was absorbed and turns out to be part of an incident.
    """
    baseline, tuning = normals.baseline, normals.tuning.normal
    start = baseline.folded or began or second - CELL_SECONDS
    ripe = second if learning else second - tuning.guard_seconds
    learned = _Learned(normals)
    kept: list[Cell] = []
    before: Cell | None = None
    leaves = few(dict(failing or {}), normals.tuning.leaf.cell_leaves)
    cells, new = (
        baseline.cells,
        Cell(start, second, dict(current), mixed=mixed, failing=leaves),
    )
    if learning and cells and cells[-1].start // CELL_SECONDS == start // CELL_SECONDS:
        new = _grown(cells[-1], new, normals.tuning.leaf.cell_leaves)
        learned.take_back(cells[-1])
        cells = cells[:-1]
    for cell in (*cells, new):
        if not cell.absorbed and cell.end <= ripe:
            cell = _ripened(cell, held_back)
            learned.absorb(cell, before)
        elif cell.absorbed and not cell.mixed:
            cell = learned.take_out(cell, tainted)
        before = cell
        if cell.end > second - tuning.guard_seconds - tuning.memory_seconds:
            kept.append(cell)
        elif cell.absorbed:
            learned.let_go(cell)
    return learned.baseline(second, tuple(kept))


def _grown(cell: Cell, more: Cell, most_leaves: int) -> Cell:
    counts = dict(cell.counts)
    for key, came in more.counts.items():
        counts[key] = counts.get(key, NONE) + came
    failing = few(dict(add_failing(cell.failing, more.failing)), most_leaves)
    return Cell(cell.start, more.end, counts, failing=failing)


def _ripened(cell: Cell, held_back: HeldBack) -> Cell:
    held = frozenset(
        key for key in cell.counts if cell.mixed or held_back(key, cell.start, cell.end)
    )
    return msgspec.structs.replace(cell, absorbed=True, held=cell.held | held)


class _Learned:
    """Sums on their way from one Baseline to the next; the Baseline's own are not touched."""

    def __init__(self, normals: Normals) -> None:
        baseline = normals.baseline
        self.normals = normals
        self.tuning = normals.tuning.normal
        self.absorbed = dict(baseline.absorbed)
        self.spread = dict(baseline.spread)
        self.past = dict(baseline.past)
        self.hours, self.held_hours = baseline.hours, baseline.held_hours
        self.dispersion = {signal: dict(baseline.dispersion.get(signal, {})) for signal in RATES}
        self.showing = {
            (signal, key) for signal, by_slice in baseline.reach.items() for key in by_slice
        }

    def absorb(self, cell: Cell, before: Cell | None) -> None:
        """`before`: the cell before. With what was held back of it nothing is compared."""
        for key, counts in cell.counts.items():
            if attempts(counts) and not cell.mixed:
                self.spread[key] = self.spread.get(key, 0) + attempts(counts)
            if key not in cell.held:
                is_whole = cell.end // CELL_SECONDS > cell.start // CELL_SECONDS
                if is_whole and before is not None and key not in before.held:
                    self._disperse(key, counts, before.counts.get(key, NONE))
                self.absorbed[key] = self.absorbed.get(key, NONE) + counts
                if counts >= BAD:
                    self.showing.update((sign, key) for sign in RATES if blamed(counts, sign))

    def take_out(self, cell: Cell, tainted: Iterable[Stretch]) -> Cell:
        """The absorbed cell, held back where it turns out to be part of an incident."""
        keys = {
            key
            for stretch in tainted
            if stretch.start < cell.end and cell.start <= stretch.end
            for key in stretch.slices & cell.counts.keys()
        }
        keys -= cell.held
        for key in keys:
            _take(self.absorbed, key, cell.counts[key])
        return msgspec.structs.replace(cell, held=cell.held | keys) if keys else cell

    def take_back(self, cell: Cell) -> None:
        """An absorbed cell that is absorbed anew, with what came since."""
        for key, counts in cell.counts.items():
            _take(self.spread, key, attempts(counts))
            if key not in cell.held:
                _take(self.absorbed, key, counts)

    def let_go(self, cell: Cell) -> None:
        """A cell that is older than the memory: what was not held back of it becomes part of the longer
        past and the season."""
        clean: dict[Slice, Counts] = {}
        held: dict[Slice, Counts] = {}
        for key, counts in cell.counts.items():
            if not cell.mixed:
                _take(self.spread, key, attempts(counts))
            if key in cell.held:
                held[key] = counts
            else:
                clean[key] = counts
                _take(self.absorbed, key, counts)
                self.past[key] = self._remember(key, cell.end, counts)
        noted_hours = noted(self.hours, self.held_hours, cell.start, clean, held, self.tuning)
        self.hours, self.held_hours = noted_hours

    def _disperse(self, key: Slice, counts: Counts, before: Counts) -> None:
        """The difference to the cell before, squared, over what a binomial's would be, into its running
        mean over about 30 cells (von Neumann, Annals of Mathematical Statistics 12, 1941: differences
        do not take a slow change for dispersion)."""
        tuning, total, total_before = self.tuning, attempts(counts), attempts(before)
        if not (total and total_before):
            return
        for signal, by_slice in self.dispersion.items():
            shown, shown_before = blamed(counts, signal), blamed(before, signal)
            if not (shown or shown_before or key in by_slice):
                continue
            rate = self.normals.recent_rate(key, signal)
            difference = shown / total - shown_before / total_before
            variance = rate * (1 - rate) * (1 / total + 1 / total_before)
            weight = min(1.0, min(total, total_before) * rate / 2)
            weight = weight * CELL_SECONDS / tuning.memory_seconds
            mean = by_slice.get(key, 1.0)
            squared = min(difference * difference / variance, tuning.most_dispersed)
            by_slice[key] = mean + weight * (squared - mean)

    def _remember(self, key: Slice, at: int, counts: Counts) -> Past:
        before = self.past.get(key) or Past(at, 0.0, {})
        fading = 0.5 ** ((at - before.at) / self.tuning.past_seconds)
        return Past(
            at,
            before.attempts * fading + attempts(counts),
            {
                signal: before.events.get(signal, 0.0) * fading + self._within(key, counts, signal)
                for signal in RATES
            },
        )

    def _within(self, key: Slice, counts: Counts, signal: str) -> float:
        """The events, up to what chance brings of what may be normal: one minute in which all fails,
        and that nobody found, moves no anchor far (Winsor's mean)."""
        shown = blamed(counts, signal)
        total = attempts(counts)
        if shown <= 1 or self.normals.is_near(key, signal, shown / total):
            return shown
        reach = self.normals.reach(key, signal)
        if reach >= 1.0:
            return shown
        expected = reach * total
        spread = math.sqrt(expected * self.normals.recent(key, signal).dispersion)
        return min(shown, max(1.0, expected + self.tuning.outlying * spread))

    def _reaches(self, second: int) -> dict[str, dict[str, Reach]]:
        reach: dict[str, dict[str, Reach]] = {}
        for signal, key in sorted(self.showing):
            found = self.normals.reached(key, signal, second)
            if found is not None:
                reach.setdefault(signal, {})[key] = found
        return reach

    def baseline(self, folded: int, cells: tuple[Cell, ...]) -> Baseline:
        return Baseline(
            folded,
            cells,
            self.absorbed,
            self.spread,
            self.past,
            self.hours,
            self.dispersion,
            self.held_hours,
            self._reaches(folded),
            self._surges(folded, cells),
        )

    def _surges(self, folded: int, cells: tuple[Cell, ...]) -> Surges:
        """Of slices whose hours are not known."""
        tuning, normals = self.normals.tuning.volume, self.normals
        settled = [cell for cell in cells if cell.absorbed and not cell.mixed]
        seconds = sum(cell.end - cell.start for cell in settled)
        every = self.spread.get(ALL, 0) * CELL_SECONDS
        known = self.normals.baseline.surges
        if seconds < tuning.settled_seconds or (
            ALL not in known and every < tuning.fewest_expected * seconds
        ):
            return {}  # who opens in the morning does not surge
        newest, lately = cells[-tuning.lately_cells :], Counter[Slice]()
        for cell in newest:
            for key, counts in cell.counts.items():
                lately[key] += attempts(counts)
        span = max(1, sum(cell.end - cell.start for cell in newest))
        rates = {
            key: came / span
            for key, came in lately.items()
            if came * CELL_SECONDS >= tuning.fewest_expected * span and normals.season(key) is None
        }
        return surging(
            known,
            rates,
            lambda key: self.spread.get(key, 0) / seconds,
            folded,
            tuning,
        )


def _take(sums: dict[str, int], key: Slice, value: int) -> None:
    left = sums.get(key, 0) - value
    if left:
        sums[key] = left
    else:
        sums.pop(key, None)  # what never was an attempt adds nothing to its slice


def forget(
    baseline: Baseline, second: int, tuning: NormalTuning = NormalTuning()
) -> tuple[Baseline, frozenset[str]]:
    """The baseline without the slices that had no payment for long, and those it still knows."""
    alive = set(baseline.absorbed)
    alive.update(*(cell.counts for cell in baseline.cells))
    young = second - tuning.forgotten_seconds
    past = {key: past for key, past in baseline.past.items() if past.at >= young or key in alive}
    alive.update(past)
    dispersion = {
        signal: {key: value for key, value in by_slice.items() if key in alive}
        for signal, by_slice in baseline.dispersion.items()
    }
    reach = {
        signal: {key: value for key, value in by_slice.items() if key in alive}
        for signal, by_slice in baseline.reach.items()
    }
    after = msgspec.structs.replace(baseline, past=past, dispersion=dispersion, reach=reach)
    return after, frozenset(alive)
