"""What was to be reached, whether it was, and what missed it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.detect.labels import TRAPS, bound_payments
from benchmarks.detect.quiet import Rest
from benchmarks.detect.scoring import Found, Result, quantile, ratio_quantile, share
from benchmarks.detect.watching import PAYWATCH, Name

FEW = 200
"""Payments a minute from which a delay in seconds is promised."""


@dataclass(frozen=True)
class Goal:
    """reached: None when what was measured is too little to tell."""

    what: str
    figure: str
    reached: bool | None


def goals(
    results: Mapping[Name, Result],
    matched: Mapping[str, float],
    rests: Mapping[Name, Rest],
    nights: Mapping[Name, Result],
) -> Iterator[Goal]:
    ours = results[PAYWATCH]
    yield Goal(
        "precision ≥ 0.97 at recall ≥ 0.97 of the detectable",
        f"{ours.precision:.3f} at {ours.recall_detectable:.3f}",
        min(ours.precision, ours.recall_detectable) >= 0.97,
    )
    for kind in ours.kinds:
        yield _near(ours, kind)
    yield from _speed(ours)
    yield _outages(ours)
    named = share(sum(item.equal for item in ours.caught), len(ours.caught))
    yield Goal("exact or equal slice ≥ 0.95", f"{named:.3f}", named >= 0.95)
    yield Goal("≤ 1.2 pages a fault", f"{ours.pages_each:.2f}", ours.pages_each <= 1.2)
    if PAYWATCH in rests:
        rest = rests[PAYWATCH]
        low, high = rest.bounds
        yield Goal(
            "≤ 1 false page a week over 1,000 slices",
            f"{rest.pages} in {rest.seconds / 3600:.1f} h: {rest.a_week:.1f}, "
            f"95 % sure between {low:.1f} and {high:.1f}",
            False if low > 1.0 else True if high <= 1.0 else None,
        )
    watched = [found[PAYWATCH] for found in (results, nights) if PAYWATCH in found]
    fell = [
        f"{kind} {n}" for kind in TRAPS if (n := sum(one.false.get(kind, 0) for one in watched))
    ]
    yield Goal("no page on any trap", ", ".join(fell) or "none", not fell)
    yield from _peers(results, matched)


def _near(ours: Result, kind: str) -> Goal:
    """Nearness to the information bound, of the detectable faults of a kind."""
    some = ours.of_kind(kind)
    median, late = ratio_quantile(some, 0.5), ratio_quantile(some, 0.95)
    return Goal(
        f"{kind}: delay ≤ 1.3 × bound at the median, ≤ 2 × at p95",
        f"{_times(median)}, {_times(late)} ({len(some)} faults, "
        f"{sum(item.delay is None for item in some)} missed)",
        median <= 1.3 and late <= 2.0 if some else None,
    )


def _speed(ours: Result) -> Iterator[Goal]:
    def fast(what: str, inside: Callable[[Found], bool]) -> Goal:
        some = [
            item
            for item in ours.detectable
            if item.label.fails and item.label.volume >= FEW and inside(item)
        ]
        delays = sorted(item.delay_since(0.15) for item in some)
        median, late = quantile(delays, 0.5), quantile(delays, 0.95)
        missed = sum(item.delay is None for item in some)
        return Goal(
            f"{what}, ≥ {FEW}/min: median ≤ 30 s, p95 ≤ 60 s since +15 points",
            f"{_seconds(median)}, {_seconds(late)} ({len(some)} faults, {missed} missed)",
            (median <= 30 and late <= 60) if some else None,
        )

    yield fast("15 ± 1 points", lambda item: 0.14 <= item.label.severity <= 0.16)
    yield fast("15 points or more", lambda item: item.label.severity >= 0.14)


def _outages(ours: Result) -> Goal:
    """Within 10 payments: in the second in which the tenth falls, or before. Seconds are the
    finest that anybody sees."""
    some = [
        item
        for item in ours.found
        if item.label.outage and item.label.at_once and item.label.volume >= 60
    ]
    soon = [item for item in some if item.delay is not None and item.before < 10]
    payments = sorted(item.before if item.delay is not None else math.inf for item in some)
    beyond = sum(bound_payments(item.label) > 10 for item in some)
    return Goal(
        "total outage at ≥ 60/min: declared within 10 payments",
        f"{len(soon)} of {len(some)}, of {beyond} the bound is beyond 10; payments before the "
        f"page's second: median {_number(quantile(payments, 0.5))}, "
        f"p95 {_number(quantile(payments, 0.95))}",
        share(len(soon), len(some)) >= 0.95 if some else None,
    )


def _peers(results: Mapping[Name, Result], matched: Mapping[str, float]) -> Iterator[Goal]:
    """Each column beside each rival's at the same false pages. Delays are compared over the faults that
    both found: who finds only what is easy is not the faster for it."""
    ours = results[PAYWATCH]
    for name, setting in matched.items():
        theirs = results[name, setting]
        mine, other = _both(ours.found, theirs.found)
        # As rates where more is better: NaN is never better.
        columns = {
            "precision": (ours.precision, theirs.precision),
            "recall": (ours.recall_detectable, theirs.recall_detectable),
            "F1": (ours.f1, theirs.f1),
            "median delay": (-quantile(mine, 0.5), -quantile(other, 0.5)),
            "p95 delay": (-quantile(mine, 0.95), -quantile(other, 0.95)),
            "slice": (_named(ours), _named(theirs)),
            "pages each": (-ours.pages_each, -theirs.pages_each),
            "traps": (-ours.trap_pages, -theirs.trap_pages),
        }
        behind = [column for column, (one, two) in columns.items() if two > one]
        yield Goal(
            f"behind {name} in no column",
            f"F1 {ours.f1:.3f} to {theirs.f1:.3f}; median {_seconds(quantile(mine, 0.5))} to "
            f"{_seconds(quantile(other, 0.5))} over {len(other)} that both found"
            + (f"; behind in {', '.join(behind)}" if behind else ""),
            not behind,
        )


def _named(result: Result) -> float:
    return share(sum(item.equal for item in result.caught), len(result.caught))


def _both(ours: Sequence[Found], theirs: Sequence[Found]) -> tuple[list[int], list[int]]:
    pairs = [
        (mine.delay, other.delay)
        for mine, other in zip(ours, theirs, strict=True)
        if mine.delay is not None and other.delay is not None
    ]
    return sorted(mine for mine, _ in pairs), sorted(other for _, other in pairs)


def worst(ours: Result, most: int = 10) -> Iterator[tuple[str, list[str]]]:
    """What to look at next: a heading and incidents, of each sort the gravest first."""
    missed = [item for item in ours.found if item.detectable and item.delay is None]
    missed.sort(key=lambda item: (item.bound or 0.0) / item.label.seconds)
    if missed:
        yield f"Missed although detectable, {len(missed)}, clearest first:", _lines(missed[:most])
    late = [item for item in ours.caught if item.delay and item.bound and item.delay > 60]
    late.sort(key=lambda item: (item.bound or 0.0) / (item.delay or 1))
    if late:
        yield f"Found after more than a minute, {len(late)}, latest first:", _lines(late[:most])


def _lines(items: Sequence[Found]) -> list[str]:
    return [
        f"{item.label.kind}, {item.label.slice or 'all traffic'}: {100 * item.label.normal:.1f} % "
        f"+{100 * item.label.severity:.0f} pp, {item.label.volume:,.0f}/min, "
        f"{item.label.seconds} s, ramp {item.label.ramp} s, bound {item.bound or math.inf:.0f} s"
        + (f", found after {item.delay} s" if item.delay is not None else "")
        for item in items
    ]


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.0f} s"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.0f}"


def _times(value: float) -> str:
    return "-" if math.isnan(value) else "missed" if math.isinf(value) else f"{value:.2f}"
