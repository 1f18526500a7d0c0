"""Volume and latency of the slices, judged once a minute, when a cell is folded.

Silence and collapse: the attempts of a cell are held against what came in the minutes before, with
the same test as the failures (functions/core/detection/evidence.py), of a Poisson rate: a slice is expected to
keep its share of all traffic, so that a quiet night is no collapse; all traffic is expected to
change by less than nine tenths within minutes. Latency: the share of payments slower than the
slice's usual 95th percentile, as a rate like any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from statistics import fmean

import msgspec

from functions.core.counting.counts import NONE, SPEEDS, attempts, speeds
from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import ALL, Slice, dimensions, disjoint, is_judged
from functions.core.detection.baseline import Baseline, Cell
from functions.core.detection.evidence import Normal, surprise
from functions.core.detection.normals import Normals
from functions.core.detection.tuning import LatencyTuning, Tuning, VolumeTuning
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import Verdict


class Drop(msgspec.Struct, frozen=True, array_like=True):
    """A slice with fewer attempts than `expected` a second since `since`, by so much evidence."""

    expected: float
    nats: float
    since: int
    share: float


class Slow(msgspec.Struct, frozen=True, array_like=True):
    """A slice of whose payments `share` are slow since `since`, `usual` normally. cut: the first
    latency field that is slow; timed: payments that this and `usual` were learned from, before."""

    nats: float
    since: int
    share: float
    usual: float
    attempts: int
    cut: int = 0
    timed: int = 0


class Flow(msgspec.Struct, frozen=True):
    """What is suspicious, by slice."""

    drops: dict[str, Drop] = msgspec.field(default_factory=dict)
    slow: dict[str, Slow] = msgspec.field(default_factory=dict)


def flow_after(flow: Flow, normals: Normals, needed: float) -> Flow:
    """The flow after the baseline's newest cell. Nothing is suspected while there are no cells that
    are absorbed: then nothing is known."""
    baseline, tuning = normals.baseline, normals.tuning
    if len(baseline.cells) < tuning.volume.lately_cells + 1 or not baseline.absorbed:
        return flow
    cell = baseline.cells[-1]
    if cell.end - cell.start < tuning.volume.shortest_cell:
        return flow
    return Flow(_drops(flow.drops, normals, cell, needed), _slow(flow.slow, baseline, cell, tuning))


def flow_sightings(flow: Flow, needed: float, tuning: Tuning = Tuning()) -> list[Sighting]:
    """What of it stands out, and since which second."""
    return [
        *_collapsed(flow.drops, needed, tuning.volume),
        *_slowed(flow.slow, needed, tuning.latency),
    ]


def _drops(
    before: Mapping[Slice, Drop], normals: Normals, cell: Cell, needed: float
) -> dict[Slice, Drop]:
    expected, seconds = _Expected(normals), cell.end - cell.start
    tuning, most = normals.tuning.volume, normals.tuning.evidence.cap * needed
    came_all = attempts(cell.counts.get(ALL, NONE))
    all_expected = before[ALL].expected if ALL in before else expected.of(ALL)
    still = min(1.0, came_all / (all_expected * seconds)) if all_expected else 0.0
    drops: dict[Slice, Drop] = {}
    for key in dict.fromkeys((*normals.baseline.spread, *before)):
        held = before.get(key)
        rate = held.expected if held else expected.of(key)
        if rate * 60 < tuning.fewest_expected or (cell.mixed and key != ALL) or not is_judged(key):
            continue
        wanted = rate * seconds * (1.0 if key == ALL else still)
        drop = _drop(key, held, rate, wanted, normals.baseline, tuning)
        if drop and (drop.nats >= needed or cell.end - drop.since <= tuning.doubtful_seconds):
            drops[key] = msgspec.structs.replace(drop, nats=min(drop.nats, most))
    return drops


class _Expected:
    """Attempts a second that are expected of a slice: what came lately, or usually if that is less."""

    def __init__(self, normals: Normals) -> None:
        cells = normals.baseline.cells
        self._normals = normals
        self._lately = cells[-normals.tuning.volume.lately_cells - 1 : -1]
        self._lately_seconds = max(1, sum(c.end - c.start for c in self._lately))
        self._known_seconds = max(1, sum(c.end - c.start for c in cells if c.absorbed))

    def of(self, key: Slice) -> float:
        usual = self._normals.baseline.spread.get(key, 0) / self._known_seconds
        recent = sum(attempts(c.counts.get(key, NONE)) for c in self._lately)
        usual = min(usual, recent / self._lately_seconds)
        season = self._normals.season(key)
        return usual if season is None else min(usual, season.attempts)


def _drop(
    key: Slice,
    held: Drop | None,
    rate: float,
    wanted: float,
    baseline: Baseline,
    tuning: VolumeTuning,
) -> Drop | None:
    """The drop with the newest cell's evidence, which is of a Poisson rate; None where there is none.
    rate: attempts a second that are expected; wanted: in this cell, as far as traffic goes on."""
    cell, left = baseline.cells[-1], _left(key, tuning)
    came = attempts(cell.counts.get(key, NONE))
    if not held and came > tuning.lately_cells * left * wanted:
        return None
    nats = (wanted * (1 - left) + came * math.log(left)) / _dispersion(baseline, key)
    nats += held.nats if held else 0.0
    if nats <= 0.0:
        return None
    share = came / wanted if wanted else 0.0
    return Drop(rate, nats, held.since if held else cell.start, share)


def _left(key: Slice, tuning: VolumeTuning) -> float:
    """What a collapse leaves of the slice, as a share of what is expected."""
    return tuning.left_of_all if key == ALL else tuning.left_of_slice


def _dispersion(baseline: Baseline, key: Slice) -> float:
    """The variance of the attempts a cell over their mean, from differences of neighbours."""
    counts = [attempts(cell.counts.get(key, NONE)) for cell in baseline.cells if cell.absorbed]
    mean = fmean(counts) if counts else 0.0
    if len(counts) < 2 or not mean:
        return 1.0
    squared = fmean((b - a) ** 2 for a, b in pairwise(counts))
    return max(1.0, squared / 2 / mean)


def _collapsed(drops: Mapping[Slice, Drop], needed: float, tuning: VolumeTuning) -> list[Sighting]:
    """The widest of the slices that collapsed: what lies in them, or shares their payments, went
    with them. All traffic is none of them while it goes on outside of one."""
    standing = [(key, drop) for key, drop in drops.items() if drop.nats >= needed]
    standing.sort(key=lambda item: (-item[1].expected, len(dimensions(item[0])), item[0]))
    whole = dict(standing).get(ALL)
    most = {key for key, drop in standing if whole and key != ALL and _goes_on(whole, drop, tuning)}
    found: list[Sighting] = []
    for key, drop in standing:
        if key == ALL and most:
            continue
        if all(disjoint(key, other.verdict.slice) for other in found):
            is_most = key == ALL or key in most
            score = (75.0 if is_most else 50.0) + 20.0 * (1.0 - min(1.0, drop.share))
            verdict = Verdict(
                slice=key,
                signal=VOLUME,
                score=score,
                rate=drop.share,
                at_least=drop.share,
                normal=1.0,
                tolerated=_left(key, tuning),
                attempts=round(drop.expected * 60),
            )
            found.append(Sighting(verdict, drop.since, {}, None))
    return found


def _goes_on(whole: Drop, part: Drop, tuning: VolumeTuning) -> bool:
    """Whether traffic comes outside of the part. The part's share is one of what is left of all."""
    expected = whole.expected - part.expected
    came = whole.share * (whole.expected - part.share * part.expected)
    return expected * 60 >= tuning.fewest_expected and came >= tuning.still_comes * expected


def _slow(
    before: Mapping[str, Slow], baseline: Baseline, cell: Cell, every: Tuning
) -> dict[str, Slow]:
    tuning, lately = every.latency, every.volume.lately_cells
    slow: dict[str, Slow] = {}
    for key, counts in cell.counts.items():
        now = speeds(counts)
        timed = sum(now)
        if not is_judged(key):
            continue
        if timed < tuning.fewest_timed:
            if key in before:
                slow[key] = before[key]
            continue
        held = before.get(key)
        if held and held.timed and cell.end - held.since < tuning.lasting_seconds:
            # What is slow must not become usual while it lasts.
            cut, total, normal = held.cut, held.timed, held.usual
        else:
            usual = speeds(baseline.absorbed.get(key, NONE))
            total = sum(usual)
            if total < tuning.fewest_timed * lately:
                continue
            cut = _cut(usual, total, tuning)
            normal = sum(usual[cut:]) / total
        share = sum(now[cut:]) / timed
        if share < tuning.clearly_slower:
            continue
        limit = min(every.evidence.highest, max(tuning.usually_slower, normal))
        error = math.sqrt(limit * (1 - limit) / total)
        usually = Normal(limit, error, tuning.dispersion)
        nats = surprise(sum(now[cut:]), timed, usually, 0.0, every.evidence)
        nats = nats / tuning.dispersion + (held.nats if held else 0.0)
        since = held.since if held else cell.start
        slow[key] = Slow(min(nats, tuning.most_nats), since, share, normal, timed, cut, total)
    return slow


def _cut(usual: list[int], total: int, tuning: LatencyTuning) -> int:
    """The first latency field of which, with all slower ones, as few are usual as may be."""
    slower = 0
    for index in range(len(SPEEDS), 0, -1):
        slower += usual[index]
        if slower > tuning.usually_slower * total:
            return min(len(SPEEDS), index + 1)
    return 1


def _slowed(slow: Mapping[Slice, Slow], needed: float, tuning: LatencyTuning) -> list[Sighting]:
    standing = [(key, item) for key, item in slow.items() if item.nats >= needed]
    standing.sort(key=lambda i: (-i[1].nats, -i[1].attempts, len(dimensions(i[0])), i[0]))
    found: list[Sighting] = []
    for key, item in standing:
        if all(disjoint(key, other.verdict.slice) for other in found):
            verdict = Verdict(
                slice=key,
                signal=LATENCY,
                score=50.0 + 24.0 * item.share,
                rate=item.share,
                at_least=item.share,
                normal=item.usual,
                tolerated=tuning.clearly_slower,
                attempts=item.attempts,
            )
            found.append(Sighting(verdict, item.since, {}, None))
    return found
