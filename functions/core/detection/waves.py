"""Waves of payments that end for a reason of the customer's own, or are stopped as fraud.

Nobody is paged for them: no outage on the payment path, nothing to move. They are recorded as
incidents of severity info, because whoever looks at a failure rate at such an hour asks what it is.
The window's share is held against the slice's usual one with the same test as a failure rate
(functions/core/detection/evidence.py); the slice whose window is the least likely names the wave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from functions.core.counting.confidence import lower_bound
from functions.core.counting.counts import DIGIT, NONE, Counts, attempts, bits_to, field
from functions.core.counting.signals import WAVES
from functions.core.counting.slices import Slice, dimensions, disjoint, is_judged, refines
from functions.core.detection.evidence import Normal, surprise
from functions.core.detection.span import Moment
from functions.core.detection.tuning import Tuning, WaveTuning
from functions.core.troubles.incident import Incident
from functions.core.troubles.life import Sighting
from functions.core.troubles.severity import WARNING_SCORE, Verdict

_AT: Final = {wave: bits_to(wave) for wave in WAVES}


def customer_waves(moment: Moment, incidents: Sequence[Incident]) -> list[Sighting]:
    """The waves that stand out in the window, the clearest first; none shares payments with another
    of its kind, nor lies within one that is known. What is usual for an open one is what was usual
    before it."""
    found: list[Sighting] = []
    tuning = moment.normals.tuning.wave
    usual = {
        wave: {i.slice: i.worst.normal for i in incidents if i.is_open and i.signal == wave}
        for wave in WAVES
    }
    every = _standing(moment, usual, moment.window.sums, moment.window.start)
    if moment.clock % tuning.every_seconds == 0:
        for seconds in (tuning.longer_seconds, tuning.longest_seconds):
            _add(every, _standing_longer(moment, usual, seconds), incidents)
    for wave, likely in every.items():
        if not likely:
            continue
        known = [incident.slice for incident in incidents if incident.signal == wave]
        likely = sorted(likely, key=_clearest)
        standing = [verdict for verdict, _, _ in likely]
        starts = {verdict: start for verdict, _, start in likely}
        chosen: list[Verdict] = []
        for verdict in standing:
            # What is wide may not be worth it yet, while a part of it is by chance: it is waited for,
            # unless that part is told already.
            whole = _whole(verdict, standing, tuning)
            if whole.rate < whole.tolerated:
                whole = _told_part(whole, standing, usual[wave])
            if all(disjoint(whole.slice, other.slice) for other in chosen):
                chosen.append(whole)
        found += [
            Sighting(
                verdict,
                _began(moment, verdict, starts[verdict]),
                {wave: round(verdict.rate * verdict.attempts)},
                None,
            )
            for verdict in chosen
            if verdict.rate >= verdict.tolerated and not _is_part(verdict.slice, known)
        ]
    return found


def _told_part(whole: Verdict, standing: Sequence[Verdict], told: Mapping[str, float]) -> Verdict:
    """The clearest wave inside that is open already and goes on; else the whole."""
    inside = (
        one
        for one in standing
        if one.slice in told and one.rate >= one.tolerated and refines(one.slice, whole.slice)
    )
    return next(inside, whole)


def _is_part(key: Slice, known: Sequence[str]) -> bool:
    """Whether a known wave shows in this slice: as it ebbs, it stands out longest here and there."""
    return any(not disjoint(other, key) and not refines(other, key) for other in known)


_Standing = dict[str, list[tuple[Verdict, float, int]]]
"""By wave, the verdicts on the slices that it stands out in, with their nats, and the second since which
they are counted."""


def _standing_longer(
    moment: Moment, usual: Mapping[str, Mapping[str, float]], seconds: int
) -> _Standing:
    """Over so many seconds, to the minute: of few payments a minute's window never proves a wave."""
    start = moment.clock + 1 - seconds
    every = moment.normals.baseline.cells
    cells = [cell for cell in every if cell.end > start]
    before = sum(cell.end - cell.start for cell in every if cell.absorbed and cell.end <= start)
    if not cells or before < seconds:  # what is usual must be known from before
        return {wave: [] for wave in WAVES}
    current, normals = moment.tracker.current, moment.normals
    newest = moment.clock - normals.tuning.wave.newest_seconds
    sums: dict[Slice, Counts] = {}
    usually: dict[str, dict[Slice, float]] = {wave: dict(known) for wave, known in usual.items()}
    for key in moment.tracker.known:
        if len(dimensions(key)) > 1:
            continue
        came = normals.since(key, start) + current.get(key, NONE)
        if came & DIGIT < moment.normals.tuning.wave.fewest:
            continue
        sums[key] = came
        for wave in WAVES:
            if field(came, wave) and key not in usually[wave]:
                usually[wave][key] = normals.share_before(key, wave, cells)
    found = _standing(moment, usually, sums, cells[0].start)

    def goes_on(verdict: Verdict) -> bool:
        came = moment.window.sums.get(verdict.slice, NONE)
        if attempts(came) < moment.normals.tuning.wave.fewest:
            came = normals.since(verdict.slice, newest) + current.get(verdict.slice, NONE)
        return _rate(came, verdict.signal) >= max(verdict.tolerated, verdict.rate / 2)

    # What was over minutes ago is no wave now.
    return {wave: [item for item in likely if goes_on(item[0])] for wave, likely in found.items()}


def _rate(counts: Counts, wave: str) -> float:
    return field(counts, wave) / max(1, attempts(counts))


def _add(every: _Standing, more: _Standing, incidents: Sequence[Incident]) -> None:
    """What stands out over a longer stretch only, where no window says more; a wave that is known goes on
    by its own name."""
    for wave, likely in more.items():
        if not every[wave]:
            known = [i.slice for i in incidents if i.is_open and i.signal == wave]
            every[wave] = [
                item
                for item in likely
                if all(disjoint(item[0].slice, one) or item[0].slice == one for one in known)
            ]


def _standing(
    moment: Moment,
    usual: Mapping[str, Mapping[str, float]],
    sums: Mapping[Slice, Counts],
    start: int,
) -> _Standing:
    """What stands out of these counts since `start`. usual: by wave, slice → share, where that is known
    better."""
    every = moment.normals.tuning
    tuning = every.wave
    standing: _Standing = {wave: [] for wave in WAVES}
    # Counts below this have fewer of the waves' payments: one comparison tells.
    fewest_at = tuning.fewest << min(_AT.values())
    needed = moment.tracker.needed * tuning.dispersion
    known, learned = moment.tracker.known, moment.clock - moment.budget.learning_seconds
    fields = tuple(_AT.items())
    for key, counts in sums.items():
        if counts & DIGIT < tuning.fewest or counts < fewest_at:
            continue  # what lies in higher fields alone is as large: the next line looks closely
        for wave, at in fields:
            shown = counts >> at & DIGIT
            if shown < tuning.fewest or not is_judged(key):
                continue
            if known.get(key, moment.clock) > learned:
                continue
            total = attempts(counts)
            normal = usual[wave].get(key)
            if normal is None:
                normal = moment.normals.share(key, wave)
            if shown < total * normal:
                continue
            comparable = Normal(max(normal, every.explanation.lowest), 0.0, 1.0)
            nats = surprise(shown, total, comparable, tuning.more, every.evidence)
            if nats >= needed:
                verdict = _verdict(key, wave, shown, total, normal, nats / needed, every)
                standing[wave].append((verdict, nats, start))
    return standing


def _verdict(
    key: Slice, wave: str, shown: int, total: int, normal: float, sure: float, tuning: Tuning
) -> Verdict:
    return Verdict(
        slice=key,
        signal=wave,
        # Short of a warning, however sure it is: severity info.
        score=WARNING_SCORE * sure / (sure + 1.0),
        rate=shown / total,
        at_least=lower_bound(shown, total, tuning.figures.rate_sure),
        normal=normal,
        tolerated=max(tuning.wave.rise * normal, normal + tuning.wave.more),
        attempts=total,
    )


def _clearest(item: tuple[Verdict, float, int]) -> tuple[float, str]:
    verdict, nats, _ = item
    return -round(nats, 6), verdict.slice


def _whole(verdict: Verdict, standing: Sequence[Verdict], tuning: WaveTuning) -> Verdict:
    """The wider slice that holds much more of the wave than this one, and than those together that
    stand out inside of it and share no payment; else this one. Where these are most of its payments,
    it is one wave."""
    wider = [
        other
        for other in standing
        if other.slice != verdict.slice
        and refines(verdict.slice, other.slice)
        and _excess(other) >= tuning.much_more * _excess(verdict)
        and not _are_several(verdict, other, standing, tuning)
    ]
    return max(wider, key=lambda other: (_excess(other), other.slice), default=verdict)


def _are_several(
    verdict: Verdict, whole: Verdict, standing: Sequence[Verdict], tuning: WaveTuning
) -> bool:
    """Whether the wider slice holds little more than waves of their own, this one among them."""
    apart = [verdict]
    for other in standing:
        if other.rate < other.tolerated or other.slice == whole.slice:
            continue
        if refines(other.slice, whole.slice) and all(
            disjoint(other.slice, one.slice) for one in apart
        ):
            apart.append(other)
    return (
        len(apart) > 1
        and tuning.much_more * sum(map(_excess, apart)) > _excess(whole)
        and sum(one.attempts for one in apart) <= tuning.small_part * whole.attempts
    )


def _excess(verdict: Verdict) -> float:
    return (verdict.rate - verdict.normal) * verdict.attempts


def _began(moment: Moment, verdict: Verdict, start: int) -> int:
    """The second, or the minute, from which the share lies above what is tolerated: where Page's CUSUM of
    it left 0 for the last time."""
    if start < moment.window.start:
        began, total = start, 0.0
        for cell in moment.normals.baseline.cells:
            counts = cell.counts.get(verdict.slice, NONE) if cell.start >= start else NONE
            total += field(counts, verdict.signal) - verdict.tolerated * attempts(counts)
            if total <= 0.0:
                began, total = max(start, cell.end), 0.0
        return min(began, moment.clock)
    began, total = moment.window.start, 0.0
    for second in range(moment.window.start, moment.clock + 1):
        bucket = moment.window.seconds.get(second)
        counts = bucket.slices.get(verdict.slice, NONE) if bucket else NONE
        total += field(counts, verdict.signal) - verdict.tolerated * attempts(counts)
        if total <= 0.0:
            began, total = second + 1, 0.0
    return min(began, moment.clock)
