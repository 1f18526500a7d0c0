"""Pages against labels: what was found, how late, and what paged for nothing.

A page is true when it opens in [onset, end + 120 s] of a fault, says what the fault is (payments fail,
do not come, are slow; who does not say is believed) and its slice is the fault's, holds the same
payments, refines it or contains it. Further pages of a found fault are repetitions: they burden, but
are not false. So are pages of slices that merely cross the fault's, and of other signals, since they
show its payments; of a fault that was not found they are false. All else is false; false pages within
60 seconds count once, as a pager that groups would send them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq
from typing import Final

from benchmarks.detect.labels import (
    BURST,
    FIRST_RENEWALS,
    SILENCE,
    SLOWNESS,
    TRAPS,
    Label,
    bound_seconds,
)
from benchmarks.detect.oracle import evidence, is_detectable
from functions.core.counting.signals import LATENCY, VOLUME
from functions.core.counting.slices import disjoint, refines

GRACE: Final = 120
"""Seconds after its end in which an incident may still be found."""
GROUPED: Final = 60
WEEK: Final = 7 * 24 * 3600
QUIET, MISPLACED = "quiet", "wrong slice"


Alike = Callable[[str, str], bool]
"""Whether two slices hold the same payments, the first one a label's."""


@dataclass(frozen=True)
class Page:
    """A page that opened after `second`. settled: the slice of the last update that named one. signal:
    what is wrong, empty where the detector looks at failures and says no more. also: further names
    that the page gives the same payments."""

    second: int
    slice: str
    settled: str | None = None
    signal: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What became of a fault. evidence: the oracle's, over what is needed. delay: seconds from onset to
    page, None when it was missed; payments, before: the slice's own in that time, and without its last
    second. pages: all that it brought about. exact, settled: the page, and its last update, name the
    fault's slice; equal: or one that holds the same payments."""

    label: Label
    bound: float | None
    delay: int | None = None
    payments: int = 0
    before: int = 0
    pages: int = 0
    exact: bool = False
    settled: bool = False
    equal: bool = False

    @property
    def evidence(self) -> float:
        return evidence(self.label)

    @property
    def detectable(self) -> bool:
        return is_detectable(self.label)

    @property
    def over_bound(self) -> float:
        """Delay over the information bound, both in whole seconds: the finest that anybody sees. Of a
        missed fault what its end would be."""
        seconds = self.label.seconds if self.delay is None else self.delay
        return seconds / math.ceil(self.bound or self.label.seconds)

    def delay_since(self, severity: float) -> float:
        """Seconds from when so much was added to the rate, or all of it, to the page; at least 0.
        Infinite when it was missed."""
        label = self.label
        rising = label.ramp * min(1.0, severity / label.severity)
        return math.inf if self.delay is None else max(0.0, self.delay - rising)


@dataclass
class Result:
    """Of one detector over one or more streams. false: pages for nothing by where they came. unjudged:
    pages of which nobody can say whether they are right (labels.FIRST_RENEWALS). watched, spent: seconds of traffic, seconds of computing."""

    found: list[Found] = field(default_factory=list)
    false: dict[str, int] = field(default_factory=dict)
    watched: int = 0
    spent: float = 0.0
    steps: int = 0
    unjudged: int = 0

    def add(self, other: Result) -> None:
        self.found += other.found
        for kind, pages in other.false.items():
            self.false[kind] = self.false.get(kind, 0) + pages
        self.watched += other.watched
        self.spent += other.spent
        self.steps += other.steps
        self.unjudged += other.unjudged

    @property
    def false_pages(self) -> int:
        return sum(self.false.values())

    @property
    def trap_pages(self) -> int:
        return sum(self.false.get(kind, 0) for kind in TRAPS)

    @property
    def false_a_week(self) -> float:
        return self.false_pages * WEEK / self.watched if self.watched else math.nan

    @property
    def caught(self) -> list[Found]:
        return [item for item in self.found if item.delay is not None]

    @property
    def precision(self) -> float:
        true = len(self.caught)
        return share(true, true + self.false_pages)

    @property
    def recall(self) -> float:
        return share(len(self.caught), len(self.found))

    @property
    def recall_detectable(self) -> float:
        return share(
            sum(item.detectable for item in self.caught),
            sum(item.detectable for item in self.found),
        )

    @property
    def f1(self) -> float:
        """Of precision and recall over the detectable incidents; 0 of who finds nothing."""
        if not self.caught:
            return 0.0
        both = self.precision + self.recall_detectable
        return 2 * self.precision * self.recall_detectable / both if both else 0.0

    @property
    def delays(self) -> list[int]:
        return sorted(item.delay for item in self.found if item.delay is not None)

    @property
    def detectable(self) -> list[Found]:
        return [item for item in self.found if item.detectable]

    @property
    def pages_each(self) -> float:
        """Pages that a found fault brought about, on average."""
        return share(sum(item.pages for item in self.caught), len(self.caught))

    @property
    def kinds(self) -> list[str]:
        """Kinds of the faults that there were."""
        return list(dict.fromkeys(item.label.kind for item in self.found))

    def of_kind(self, kind: str) -> list[Found]:
        """The detectable faults of that kind."""
        return [item for item in self.found if item.label.kind == kind and item.detectable]


def delay_quantile(found: Iterable[Found], q: float) -> float:
    """The delay that the share `q` of the faults does not exceed (seconds), by Kaplan and Meier: a
    missed one might have been found after its end, so it is censored there."""
    return kaplan_meier(
        [
            (item.label.seconds, False) if item.delay is None else (item.delay, True)
            for item in found
        ],
        q,
    )


def ratio_quantile(found: Iterable[Found], q: float) -> float:
    """The same of delay over bound."""
    return kaplan_meier([(item.over_bound, item.delay is not None) for item in found], q)


def kaplan_meier(times: Iterable[tuple[float, bool]], q: float) -> float:
    """The time by which the share `q` has come, by the product-limit estimate (Kaplan, Meier, J. Am.
    Stat. Assoc. 53, 1958), of times and whether it came then, or was not waited for any longer. Infinite
    where the estimate does not reach `q`; NaN of none."""
    ordered = sorted(times, key=lambda item: (item[0], not item[1]))
    if not ordered:
        return math.nan
    left = 1.0
    for place, (time, came) in enumerate(ordered):
        if came:
            left *= 1.0 - 1.0 / (len(ordered) - place)
        # Products of fractions are not exact.
        if left <= 1.0 - q + 1e-9:
            return time
    return math.inf


def score(
    labels: Sequence[Label],
    pages: Iterable[Page],
    exposure: Mapping[Label, Sequence[int]],
    learned: int,
    end: int,
    alike: Alike = eq,
) -> Result:
    """`exposure`: of each fault the slice's attempts by second from its onset on. Pages before
    `learned` find what breaks by then, and are nobody's otherwise: everybody is still learning."""
    faults = [label for label in labels if label.is_fault]
    first: dict[Label, Page] = {}
    more = dict.fromkeys(faults, 0)
    crossing: list[tuple[Page, list[Label]]] = []
    false: list[tuple[str, Page]] = []
    for page in sorted(pages, key=lambda page: page.second):
        now = [label for label in faults if _open(label, page.second)]
        related = [
            label
            for label in now
            if _says(page, label) and _related(page.slice, label.slice, alike)
        ]
        if related:
            label = min(
                related,
                key=lambda label: (label in first, not _names(page, label, alike), label.onset),
            )
            more[label] += 1
            first.setdefault(label, page)
        elif page.second < learned:
            continue
        elif beside := [label for label in now if not disjoint(page.slice, label.slice)]:
            crossing.append((page, beside))
        else:
            false.append((_where(page, labels, alike), page))
    for page, beside in crossing:
        excused = next((label for label in beside if label in first), None)
        if excused is None:
            false.append((MISPLACED, page))
        else:
            more[excused] += 1
    found = [
        _found(label, first.get(label), more[label], exposure[label], alike) for label in faults
    ]
    groups = _grouped(false)
    unjudged = groups.pop(FIRST_RENEWALS, 0)
    return Result(found, groups, end - learned, unjudged=unjudged)


def _found(
    label: Label, page: Page | None, pages: int, exposure: Sequence[int], alike: Alike
) -> Found:
    bound = bound_seconds(label)
    if page is None:
        return Found(label, bound)
    delay = page.second + 1 - label.onset
    return Found(
        label=label,
        bound=bound,
        delay=delay,
        payments=sum(exposure[:delay]),
        before=sum(exposure[: delay - 1]),
        pages=pages,
        exact=page.slice == label.slice,
        settled=(page.settled if page.settled is not None else page.slice) == label.slice,
        equal=_names(page, label, alike),
    )


def _open(label: Label, second: int) -> bool:
    return label.onset <= second <= label.end + GRACE


def _says(page: Page, label: Label) -> bool:
    """Whether the page is about what the fault is."""
    if label.kind == SILENCE:
        return page.signal in ("", VOLUME)
    if label.kind == SLOWNESS:
        return page.signal in ("", LATENCY)
    return page.signal not in (VOLUME, LATENCY)


def _names(page: Page, label: Label, alike: Alike) -> bool:
    """Whether one of the page's names is the fault's slice, or holds the same payments."""
    return any(alike(label.slice, name) for name in (page.slice, *page.also))


def _related(page: str, fault: str, alike: Alike) -> bool:
    return refines(page, fault) or refines(fault, page) or alike(fault, page)


def _where(page: Page, labels: Sequence[Label], alike: Alike) -> str:
    """The kind of the trap that the page fell into."""
    for label in labels:
        touched = label.kind != BURST or _related(page.slice, label.slice, alike)
        if not label.is_fault and touched and _open(label, page.second):
            return label.kind
    return QUIET


def _grouped(false: Iterable[tuple[str, Page]]) -> dict[str, int]:
    groups: dict[str, int] = {}
    began: dict[str, int] = {}
    for kind, page in sorted(false, key=lambda item: item[1].second):
        if kind not in began or page.second - began[kind] > GROUPED:
            began[kind] = page.second
            groups[kind] = groups.get(kind, 0) + 1
    return groups


def share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def quantile(ordered: Sequence[float], q: float) -> float:
    """The smallest value that at least the share `q` of them does not exceed; NaN of none."""
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else math.nan


def poisson_bounds(events: int, confidence: float = 0.95) -> tuple[float, float]:
    """The means between which a Poisson count of `events` leaves no doubt: the exact two-sided bounds
    (Garwood, Biometrika 28, 1936)."""
    doubt = (1.0 - confidence) / 2
    low = poisson_upper(events - 1, doubt) if events else 0.0
    return low, poisson_upper(events, 1.0 - doubt)


def poisson_upper(events: int, confidence: float = 0.95) -> float:
    """The mean that a Poisson count of `events` excludes to be higher: the exact one-sided bound
    (Garwood, Biometrika 28, 1936), by bisection."""
    low, high = 0.0, events + 10.0 * math.sqrt(events + 1.0) + 10.0
    while high - low > 1e-9 * high:
        mean = (low + high) / 2
        terms = (
            math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1)
        )
        if sum(terms) > 1.0 - confidence:
            low = mean
        else:
            high = mean
    return high
