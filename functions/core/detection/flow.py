"""Volume and latency of the slices: looked at each second, and told of the slice that explains it.

Slices of at most one dimension are looked at each second, those of two dimensions when a cell ends and
while something is missing or slow in them. Once it is proven of one, all that may explain it is counted over
the same seconds and goes through the same localiser as failures (functions/core/detection/explanation.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import msgspec
from msgspec.structs import replace

from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import ALL, Slice, dimensions, is_judged, refines
from functions.core.detection.baseline import CELL_SECONDS
from functions.core.detection.explanation import Suspect, causes, without
from functions.core.detection.latency import (
    CUTS,
    Slow,
    Slowed,
    slow_after,
    slow_at_cell_start,
)
from functions.core.detection.span import Moment
from functions.core.detection.tuning import ExplanationTuning, Tuning
from functions.core.detection.volume import (
    Drop,
    Missing,
    drops_after,
    drops_at_cell_start,
    silent,
)
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import Verdict


def _nothing_slow() -> tuple[dict[str, Slow], ...]:
    return tuple({} for _ in CUTS)


class Flow(msgspec.Struct, frozen=True):
    """What is known of volume and latency, by slice. at: the second that it was looked at last; looks:
    how many tests began since the last fold; latency: by cut."""

    at: int = 0
    looks: int = 0
    volume: dict[str, Drop] = msgspec.field(default_factory=dict)
    latency: tuple[dict[str, Slow], ...] = msgspec.field(default_factory=_nothing_slow)


def flow_after(flow: Flow, moment: Moment, clock: int, *, is_whole: bool) -> Flow:
    """The flow when the clock enters `clock`; the moment is the one before. is_whole: its cell ends.
    Nothing is suspected while no cell is absorbed: then nothing is known."""
    baseline = moment.normals.baseline
    if len(baseline.cells) < moment.normals.tuning.volume.lately_cells or not baseline.absorbed:
        return replace(flow, at=clock)
    volume, looks = drops_after(flow.volume, moment, flow.at, clock, is_whole=is_whole)
    latency: list[dict[str, Slow]] = []
    for cut in CUTS:
        slow, begun = slow_after(flow.latency[cut], cut, moment, flow.at, clock, is_whole=is_whole)
        latency.append(slow)
        looks += begun
    return Flow(clock, flow.looks + looks, volume, tuple(latency))


def at_cell_start(flow: Flow, tuning: Tuning = Tuning()) -> Flow:
    """The flow when a new cell begins, of which nothing has come yet."""
    volume = drops_at_cell_start(flow.volume, tuning.volume)
    return Flow(flow.at, 0, volume, tuple(map(slow_at_cell_start, flow.latency)))


def passed_by(flow: Flow, clock: int, tuning: Tuning = Tuning()) -> Flow:
    """The flow when nothing is known of the seconds until `clock`: they are no silence."""
    return replace(at_cell_start(flow, tuning), at=clock)


def flow_sightings(
    flow: Flow, moment: Moment, incidents: Iterable[Incident] = ()
) -> list[Sighting]:
    """What of it stands out, and since which second: the incidents that are open and go on, and the
    causes of what they do not explain."""
    open_ = [incident for incident in incidents if not incident.closed_at]
    return [
        *_missing(flow.volume, moment, [i.slice for i in open_ if i.signal == VOLUME]),
        *_slowed(flow.latency, moment, [i.slice for i in open_ if i.signal == LATENCY]),
    ]


def _missing(drops: dict[str, Drop], moment: Moment, known: Sequence[Slice]) -> list[Sighting]:
    tracker, tuning = moment.tracker, moment.normals.tuning
    standing = silent(drops, moment.clock, tracker.needed, tuning.volume)
    if not standing:
        return []

    def told(key: Slice, start: int) -> Sighting:
        # Of what lasts for hours the cells that are kept tell.
        first = moment.clock - moment.normals.tuning.normal.memory_seconds
        missing = Missing(moment, drops, max(start, first))
        is_most = key == ALL or ALL in standing
        return _sighting(missing.verdict(key, is_most=is_most), start)

    goes_on, news = _apart(standing, known)
    found = [told(key, standing[key].since) for key in goes_on]
    if not news:
        return found
    surest = max(news, key=lambda key: (standing[key].nats, standing[key].expected, key))
    surest = ALL if ALL in news else surest
    start = standing[surest].since
    missing = Missing(moment, drops, start)
    if surest != ALL:
        missing = missing.without(surest)
    fewest = tuning.volume.fewest_expected / CELL_SECONDS
    outside = missing.rate(ALL) - fewest
    keys = [
        key
        for key in _rivals(moment, drops, news)
        if fewest <= missing.rate(key) and (key == ALL or missing.rate(key) <= outside)
    ]
    explanation = replace(tuning.explanation, small_part=tuning.volume.small_part)
    for cause in _causes(missing, keys, goes_on, explanation):
        own = standing.get(cause.slice)
        if own is not None or missing.is_worth(cause):
            found.append(told(cause.slice, own.since if own else start))
    return found


def _slowed(
    slows: tuple[dict[str, Slow], ...], moment: Moment, known: Sequence[Slice]
) -> list[Sighting]:
    tracker, tuning = moment.tracker, moment.normals.tuning
    needed = tracker.needed
    standing: dict[Slice, list[Slow]] = {}
    for key, held in chain.from_iterable(by_slice.items() for by_slice in slows):
        if held.nats >= needed:
            standing.setdefault(key, []).append(held)
    if not standing:
        return []
    goes_on, news = _apart(standing, known)
    found: list[Sighting] = []
    for key in goes_on:
        held = max(standing[key], key=lambda item: (item.nats, item.cut))
        start = max(held.since, moment.window.start)
        found.append(_sighting(Slowed(moment, slows, start, held.cut).verdict(key), held.since))
    if not news:
        return found

    slowed = max(
        (
            (Slowed(moment, slows, held.since, held.cut), key)
            for key in sorted(news)
            for held in standing[key]
        ),
        key=lambda item: item[0].suspect(item[1]).nats,
    )[0]
    keys = _rivals(moment, dict.fromkeys(chain.from_iterable(slows)), news)
    explanation = replace(tuning.explanation, small_part=tuning.latency.small_part)
    for cause in _causes(slowed, keys, goes_on, explanation):
        if slowed.is_worth(cause):
            own = min((item.since for item in standing.get(cause.slice, ())), default=slowed.start)
            found.append(_sighting(slowed.verdict(cause.slice), own))
    return found


def _apart(
    standing: Mapping[Slice, object], known: Sequence[Slice]
) -> tuple[list[Slice], list[Slice]]:
    """Of what stands out: what is known and goes on, and what that does not hold."""
    goes_on = [key for key in known if key in standing]
    return goes_on, [key for key in standing if not any(refines(key, one) for one in goes_on)]


def _rivals(moment: Moment, watched: Iterable[Slice], news: Iterable[Slice]) -> list[Slice]:
    """Whatever may explain it: all that is looked at, and the slices of two dimensions in what stands
    out."""
    keys = {ALL, *watched}
    for key in news:
        if len(dimensions(key)) == 1:
            keys.update(chain.from_iterable(moment.pairs.get(key, {}).values()))
    return sorted(key for key in keys if is_judged(key))


def _causes(
    stretch: Missing | Slowed,
    keys: Sequence[Slice],
    known: Sequence[Slice],
    tuning: ExplanationTuning,
) -> list[Suspect]:
    """The causes of what is missing or slow beside what is known."""
    suspects: list[Suspect] = []
    for key in keys:
        left: Suspect | None = stretch.suspect(key)
        for one in known:
            if left is not None:
                left = without(left, stretch.suspect(one), stretch.weigh, stretch.crossing)
        if left is not None and left.nats > 0.0:
            suspects.append(left)
    return causes(suspects, stretch.weigh, stretch.crossing, tuning) if suspects else []


def _sighting(found: Verdict, began: int) -> Sighting:
    return Sighting(found, began, {}, None)
