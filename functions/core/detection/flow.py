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

from functions.core.counting.counts import NONE, Counts, slower
from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import ALL, Slice, dimensions, disjoint, is_judged, refines
from functions.core.counting.tally import Tally
from functions.core.detection.baseline import CELL_SECONDS
from functions.core.detection.explanation import Suspect, causes, without
from functions.core.detection.latency import (
    CUTS,
    Slow,
    Slowed,
    slow_after,
    slow_fields,
)
from functions.core.detection.span import Moment
from functions.core.detection.tuning import ExplanationTuning, Tuning
from functions.core.detection.volume import (
    Drop,
    Missing,
    counted_from,
    drops_after,
    drops_at_cell_start,
    silent,
)
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import Verdict


def _nothing_slow() -> tuple[Mapping[str, Slow], ...]:
    return tuple({} for _ in CUTS)


class Flow(msgspec.Struct, frozen=True):
    """What is known of volume and latency, by slice. at: the second that it was looked at last; looks:
    how many tests began since the last fold; latency: by cut."""

    at: int = 0
    looks: int = 0
    volume: dict[str, Drop] = msgspec.field(default_factory=dict)
    latency: tuple[Mapping[str, Slow], ...] = msgspec.field(default_factory=_nothing_slow)


def flow_after(flow: Flow, moment: Moment, clock: int, *, is_whole: bool) -> Flow:
    """The flow when the clock enters `clock`, after what came before; the moment is the one before.
    is_whole: its cell ends, and slices of two dimensions are looked at too. Nothing is suspected while
    no cell is absorbed: then nothing is known."""
    baseline, current = moment.normals.baseline, moment.tracker.current
    if len(baseline.cells) < moment.normals.tuning.volume.lately_cells or not baseline.absorbed:
        return replace(flow, at=clock)
    volume, looks = drops_after(flow.volume, moment, flow.at, clock, is_whole=is_whole)
    flow = replace(flow, at=clock, looks=flow.looks + looks, volume=volume)
    if not is_whole:
        return flow
    pairs = [
        (key, baseline.folded, counts)
        for key, counts in current.items()
        if len(dimensions(key)) > 1 and is_judged(key)
    ]
    return _slower(
        flow, moment, *([item for item in pairs if item[0] not in slow] for slow in flow.latency)
    )


def flow_weighed(flow: Flow, moment: Moment, tally: Tally) -> Flow:
    """The flow after what has just come, of which nothing is late: slow payments, of slices of at most
    one dimension and of those that are slow already."""
    if not moment.normals.baseline.absorbed:
        return flow
    masks, normals = moment.normals.slow_fields, moment.normals
    watched = set(chain.from_iterable(flow.latency))
    came: list[tuple[Slice, int, Counts]] = []
    for second in sorted(tally.seconds):
        for key, counts in tally.seconds[second].slices.items():
            mask = masks.get(key)
            if mask is None:
                mask = masks[key] = slow_fields(normals, key) if len(dimensions(key)) < 2 else NONE
            if counts & mask:
                watched.add(key)  # what is slow in one second counts in the next
            elif key not in watched:
                continue
            came.append((key, second, counts))
    return _slower(flow, moment, *[came] * len(CUTS)) if came else flow


def _slower(flow: Flow, moment: Moment, *came: Sequence[tuple[Slice, int, Counts]]) -> Flow:
    after = [
        slow_after(held, cut, moment, some)
        for cut, held, some in zip(CUTS, flow.latency, came, strict=True)
    ]
    if all(one is other for (one, _), other in zip(after, flow.latency, strict=True)):
        return flow
    looks = flow.looks + sum(begun for _, begun in after)
    return replace(flow, looks=looks, latency=tuple(slow for slow, _ in after))


def flow_at_cell_start(flow: Flow, tuning: Tuning = Tuning()) -> Flow:
    """The flow when a new cell begins, of which nothing has come yet."""
    return replace(flow, looks=0, volume=drops_at_cell_start(flow.volume, tuning.volume))


def passed_by(flow: Flow, clock: int, tuning: Tuning = Tuning()) -> Flow:
    """The flow when nothing is known of the seconds until `clock`: they are no silence."""
    return replace(flow_at_cell_start(flow, tuning), at=clock)


def flow_cleared(flow: Flow, closed: Iterable[tuple[str, Slice]]) -> Flow:
    """The flow without what it gathered of incidents that are over: signals and slices."""
    for signal, over in closed:
        if signal == VOLUME:
            volume = {
                key: drop if disjoint(key, over) else replace(drop, nats=0.0, proven=False)
                for key, drop in flow.volume.items()
            }
            flow = replace(flow, volume=volume)
        if signal == LATENCY:
            latency = tuple(
                {key: held for key, held in slows.items() if disjoint(key, over)}
                for slows in flow.latency
            )
            flow = replace(flow, latency=latency)
    return flow


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
        missing = Missing(moment, drops, counted_from(moment, max(start, first)))
        is_most = key == ALL or ALL in standing
        return _sighting(missing.verdict(key, is_most=is_most), start)

    goes_on, news = _apart(standing, known)
    found = [told(key, standing[key].since) for key in goes_on if key in standing]
    if not news:
        return found
    surest = max(news, key=lambda key: (standing[key].nats, standing[key].expected, key))
    # Outside of all traffic nothing goes on that a level could be taken from.
    surest = ALL if ALL in news else surest
    start = standing[surest].since
    missing = Missing(moment, drops, counted_from(moment, start))
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
    for cause in _causes(missing, keys, known, explanation):
        own = standing.get(cause.slice)
        # What known slices miss is not proven again of one around them.
        is_own = own is not None and all(disjoint(cause.slice, one) for one in known)
        if is_own or missing.is_worth(cause):
            found.append(told(cause.slice, own.since if own else start))
    return found


def _slowed(
    slows: tuple[Mapping[str, Slow], ...], moment: Moment, known: Sequence[Slice]
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
        held = max(_of(standing, key), key=lambda item: (item.nats, item.cut))
        slowed = Slowed(moment, slows, max(held.since, moment.window.start), held.cut)
        if key in standing or slowed.is_worth(slowed.suspect(key)):
            found.append(_sighting(slowed.verdict(key), held.since))
    if not news:
        return found

    began = {
        (held.since, held.cut): Slowed(moment, slows, held.since, held.cut)
        for key in news
        for held in standing[key]
    }
    slowed, _ = max(
        ((began[held.since, held.cut], key) for key in sorted(news) for held in standing[key]),
        key=lambda item: item[0].suspect(item[1]).nats,
    )
    keys = _rivals(moment, _slow_enough(moment, slowed.cut), news)
    explanation = replace(tuning.explanation, small_part=tuning.latency.small_part)
    for cause in _causes(slowed, keys, known, explanation):
        if slowed.is_worth(cause):
            own = min((item.since for item in standing.get(cause.slice, ())), default=slowed.start)
            found.append(_sighting(slowed.verdict(cause.slice), own))
    return found


def _apart(
    standing: Mapping[Slice, object], known: Sequence[Slice]
) -> tuple[list[Slice], list[Slice]]:
    """What is known and stands out, itself or a slice around it; and what stands out beside it."""
    goes_on = [key for key in known if any(refines(key, one) for one in standing)]
    return goes_on, [key for key in standing if not any(refines(key, one) for one in known)]


def _of(standing: Mapping[Slice, list[Slow]], key: Slice) -> list[Slow]:
    """What stands out of the slice; else of those around it, for it was not yet looked at by itself."""
    if key in standing:
        return standing[key]
    around = (held for one, held in standing.items() if refines(key, one))
    return list(chain.from_iterable(around))


def _rivals(moment: Moment, watched: Iterable[Slice], news: Sequence[Slice]) -> list[Slice]:
    """Whatever may explain it: all that is looked at, and the slices of two dimensions in what stands
    out."""
    keys = {ALL, *watched, *news}
    for key in news:
        if len(dimensions(key)) == 1:
            keys.update(chain.from_iterable(moment.pairs.get(key, {}).values()))
    return sorted(key for key in keys if is_judged(key))


def _slow_enough(moment: Moment, cut: int) -> list[Slice]:
    """Slices of at most one dimension with enough slow payments in the window to be told of."""
    fewest = moment.normals.tuning.evidence.fewest_events
    return [
        key
        for key, counts in moment.window.sums.items()
        if len(dimensions(key)) < 2 and slower(counts, cut) >= fewest
    ]


def _causes(
    stretch: Missing | Slowed,
    keys: Sequence[Slice],
    known: Sequence[Slice],
    tuning: ExplanationTuning,
) -> list[Suspect]:
    """The causes of what is missing or slow beside what is known."""
    suspects: dict[Slice, Suspect] = {}
    for key in keys:
        if any(refines(key, one) for one in known):
            continue  # nothing is left of it
        left: Suspect | None = stretch.suspect(key)
        for one in known:
            if left is not None:
                left = without(left, stretch.known(one), stretch.weigh, stretch.crossing)
        if left is not None and left.nats > 0.0:
            suspects[key] = left
    if not any(one.sure >= 1.0 for one in suspects.values()):
        return []
    # Of two slices that are ill together, all that holds both is proven first: it waits for them.
    nearly = [
        replace(one, sure=1.0) if tuning.fair_part <= one.sure < 1.0 else one
        for one in suspects.values()
    ]
    found = causes(nearly, stretch.weigh, stretch.crossing, tuning)
    return [cause for cause in found if suspects[cause.slice].sure >= 1.0]


def _sighting(found: Verdict, began: int) -> Sighting:
    return Sighting(found, began, {}, None)
